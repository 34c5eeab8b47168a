//! Nobody listens: a load whose first interval has nothing but connections that failed measures nothing.

use super::{Advice, Rule};
use crate::happening::IntervalSeen;

/// Ends a load whose target refuses connections from the beginning.
#[derive(Debug)]
pub struct TargetRefuses {
    target: String,
    looked: bool,
}

impl TargetRefuses {
    /// The rule's stable name.
    pub const CODE: &'static str = "target-refuses";

    /// For a load that goes to a target.
    pub fn new(target: &str) -> Self {
        Self { target: target.to_owned(), looked: false }
    }
}

impl Rule for TargetRefuses {
    fn code(&self) -> &'static str {
        Self::CODE
    }

    fn on_interval(&mut self, i: &IntervalSeen) -> Option<Advice> {
        let first = !std::mem::replace(&mut self.looked, true);
        (first && i.completed == 0 && i.sent == 0 && i.connect_errors > 0).then(|| {
            Advice::Stop(format!(
                "the target {} refuses connections: no request of the first second got through",
                self.target
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(sent: u64, completed: u64, connect_errors: u64) -> IntervalSeen {
        let failed = connect_errors;
        IntervalSeen { end_unix_s: 1.0, sent, completed, failed, connect_errors, missed: None }
    }

    #[test]
    fn only_a_first_interval_of_nothing_but_refusals_speaks() {
        let judge = |i| TargetRefuses::new("a:1").on_interval(&i);
        assert!(
            judge(interval(0, 0, 3)).is_some_and(|a| matches!(a, Advice::Stop(why) if why.contains("a:1")))
        );
        assert_eq!(judge(interval(1, 0, 3)), None);
        assert_eq!(judge(interval(0, 0, 0)), None);
        let mut later = TargetRefuses::new("a:1");
        assert_eq!(later.on_interval(&interval(1, 1, 0)), None);
        assert_eq!(later.on_interval(&interval(0, 0, 3)), None);
    }
}
