//! A threshold that asked for it ends the load that misses it: what follows would only take longer to say the same.

use super::{Advice, Rule};
use crate::happening::IntervalSeen;

/// Ends a load as soon as it is told that a threshold is missed. Who holds the answers judges; the core decides.
#[derive(Debug)]
pub struct CheckMissed;

impl CheckMissed {
    /// The rule's stable name.
    pub const CODE: &'static str = "check-missed";
}

impl Rule for CheckMissed {
    fn code(&self) -> &'static str {
        Self::CODE
    }

    fn on_interval(&mut self, i: &IntervalSeen) -> Option<Advice> {
        i.missed.clone().map(Advice::Stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_speaks_when_a_threshold_is_missed() {
        let mut i = IntervalSeen { end_unix_s: 1.0, sent: 1, completed: 1, ..IntervalSeen::default() };
        assert_eq!(CheckMissed.on_interval(&i), None);
        i.missed = Some("p95 is 3 s".to_owned());
        assert_eq!(CheckMissed.on_interval(&i), Some(Advice::Stop("p95 is 3 s".to_owned())));
    }
}
