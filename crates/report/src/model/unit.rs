//! Units of what is drawn. The unit decides the label of an axis, its prefixes and its number format.

use serde::{Deserialize, Serialize};

/// Unit of the numbers of a panel, a scatter axis or an interval plot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A plain number of things (replicas, users, connections).
    #[default]
    Count,
    /// Events per second; the text names the events, for example `requests`.
    PerS(String),
    /// Seconds.
    S,
    /// Milliseconds; drawn as seconds when the numbers are large.
    Ms,
    /// CPU cores in use (CPU seconds per second); drawn as millicores when small.
    Cores,
    /// Bytes; drawn with binary prefixes.
    Bytes,
    /// Bytes per second; drawn with binary prefixes.
    BytesPerS,
    /// A share between 0 and 1, drawn as per cent.
    Ratio,
    /// Anything else; the text is printed as it is.
    Other(String),
}
