//! The seam: what a controller is.

use crate::decision::Advice;
use crate::hold::Hold;
use crate::view::View;

/// A controller of one service. Pure: no clock, no randomness, no input but these; what it remembers is in itself and
/// can be written down ([`Strategy`](crate::Strategy) is serialisable as a whole).
pub trait Controller: std::fmt::Debug + Send {
    /// What it would do now.
    ///
    /// # Errors
    /// What it needs and does not have: then everything stays as it is. The state may go on all the same.
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold>;
}
