//! Rules that watch a running load: they may end it, or change its level. Each load gets fresh ones. A new rule is a
//! file here and a name in [`all`]. The timeline of actions watches the time instead: it is asked for what is due.

mod check_missed;
mod target_refuses;
mod timeline;

pub use check_missed::CheckMissed;
pub use target_refuses::TargetRefuses;
pub(crate) use timeline::Timeline;

use crate::happening::IntervalSeen;

/// What a rule wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Advice {
    /// Stop sending and end the session; why, a sentence without a full stop.
    Stop(String),
    /// Give the load another level (users, or requests per second) than its shape says, until its end or the next
    /// change. Levels that are negative or not finite are not followed.
    Level(f64),
}

/// A rule.
pub trait Rule: std::fmt::Debug + Send {
    /// Stable name.
    fn code(&self) -> &'static str;

    /// Looks at the next interval of the load.
    fn on_interval(&mut self, interval: &IntervalSeen) -> Option<Advice>;
}

/// Makes the rules of one load; `target` says where load goes, for people.
pub type MakeRules = fn(target: &str) -> Vec<Box<dyn Rule>>;

/// The rules that every load of an experiment has.
pub fn all(target: &str) -> Vec<Box<dyn Rule>> {
    vec![Box::new(TargetRefuses::new(target)), Box::new(CheckMissed)]
}

/// Those of a load alone: whether a target that refuses is worth waiting for is for whoever asked for it to say.
pub fn alone(_: &str) -> Vec<Box<dyn Rule>> {
    vec![Box::new(CheckMissed)]
}
