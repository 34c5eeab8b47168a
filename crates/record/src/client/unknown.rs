//! Which figures of a row nobody recorded.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Columns of the counts of a row, in the order of the file.
pub const COUNTS: [&str; 17] = [
    "offered",
    "sent",
    "completed",
    "succeeded",
    "failed",
    "late",
    "connect_errors",
    "in_flight",
    "queued",
    "iterations",
    "status_1xx",
    "status_2xx",
    "status_3xx",
    "status_4xx",
    "status_5xx",
    "bytes_sent",
    "bytes_received",
];

/// The figures that may be missing, by their columns.
fn all() -> impl Iterator<Item = &'static str> {
    ["users", "think_s"].into_iter().chain(COUNTS)
}

/// Figures of a row that nobody recorded. They are null in every table; the numbers that stand for them in memory are zero
/// and mean nothing. Our own load engine records all of them, other tools do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unknown(u32);

impl Unknown {
    /// So many of them; a name that is no column is none.
    pub fn of(names: &[&str]) -> Self {
        names.iter().fold(Self::default(), |all, name| all.and(name))
    }

    /// One more.
    #[must_use]
    pub fn and(self, name: &str) -> Self {
        Self(self.0 | Self::bit(name))
    }

    /// These and those.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a figure is among them.
    pub fn has(self, name: &str) -> bool {
        self.0 != 0 && self.0 & Self::bit(name) != 0
    }

    /// Whether everything was recorded.
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Their columns.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        all().filter(move |name| self.has(name))
    }

    fn bit(name: &str) -> u32 {
        all().position(|known| known == name).map_or(0, |at| 1 << at)
    }
}

impl Serialize for Unknown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.names())
    }
}

impl<'de> Deserialize<'de> for Unknown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        names.iter().try_fold(Self::default(), |all, name| match Self::bit(name) {
            0 => Err(D::Error::custom(format!("{name:?} is no figure of a client row"))),
            _ => Ok(all.and(name)),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_unknown_is_written_by_name() {
        let unknown = Unknown::of(&["queued", "users"]);
        assert!(unknown.has("users") && !unknown.has("sent") && !Unknown::default().has("users"));
        let text = serde_json::to_string(&unknown).unwrap();
        assert_eq!(text, r#"["users","queued"]"#);
        assert_eq!(serde_json::from_str::<Unknown>(&text).unwrap(), unknown);
        assert!(serde_json::from_str::<Unknown>(r#"["nothing"]"#).is_err());
    }
}
