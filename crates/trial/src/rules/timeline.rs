//! Actions at their times: a plan, and how much of it was asked for. Pure state; whoever knows the time asks what is due.

use crate::plan::{PlannedAction, When};

/// The actions of one trial that were not asked for yet.
#[derive(Debug, Default)]
pub(crate) struct Timeline {
    /// In the order of the plan.
    waiting: Vec<PlannedAction>,
}

impl Timeline {
    /// Everything of a plan.
    pub fn of(plan: &[PlannedAction]) -> Self {
        Self { waiting: plan.to_vec() }
    }

    /// What is due when a phase before the load begins.
    pub fn due_in(&mut self, phase: When) -> Vec<PlannedAction> {
        self.take(|when| *when == phase)
    }

    /// What is due now, in the order of time; the load's first edge and now are on one clock, in seconds.
    pub fn due_at(&mut self, start: f64, now: f64) -> Vec<PlannedAction> {
        // The sum is what was asked to be woken at: a difference may be a rounding less.
        let mut due = self.take(|when| matches!(when, When::Load(s) if start + *s <= now));
        due.sort_by(|a, b| a.at.load_s().total_cmp(&b.at.load_s()));
        due
    }

    /// When the next one of the load is due, seconds after its first edge.
    pub fn next_s(&self) -> Option<f64> {
        self.waiting.iter().map(|p| p.at.load_s()).filter(|s| s.is_finite()).reduce(f64::min)
    }

    /// What will not be asked for any more.
    pub fn rest(&mut self) -> Vec<PlannedAction> {
        std::mem::take(&mut self.waiting)
    }

    fn take(&mut self, is_due: impl Fn(&When) -> bool) -> Vec<PlannedAction> {
        let (due, waiting) = self.rest().into_iter().partition(|p| is_due(&p.at));
        self.waiting = waiting;
        due
    }
}

#[cfg(test)]
mod tests {
    use swarmlab_record::action::Action;

    use super::*;

    fn plan() -> Vec<PlannedAction> {
        let scale = |at, replicas| PlannedAction {
            at,
            action: Action::Scale { service: "web".to_owned(), replicas },
            undo: None,
        };
        vec![scale(When::Load(20.0), 1), scale(When::Load(10.0), 3), scale(When::Settle, 2)]
    }

    fn replicas(due: &[PlannedAction]) -> Vec<u64> {
        let of = |p: &PlannedAction| if let Action::Scale { replicas, .. } = p.action { replicas } else { 0 };
        due.iter().map(of).collect()
    }

    #[test]
    fn each_action_is_due_once_and_in_the_order_of_time() {
        let mut t = Timeline::of(&plan());
        assert_eq!(replicas(&t.due_in(When::WarmUp)), [0_u64; 0]);
        assert_eq!(replicas(&t.due_in(When::Settle)), [2]);
        assert_eq!(t.next_s(), Some(10.0));
        assert_eq!(replicas(&t.due_at(100.0, 109.9)), [0_u64; 0]);
        assert_eq!(replicas(&t.due_at(100.0, 125.0)), [3, 1]);
        assert_eq!(replicas(&t.due_at(100.0, 125.0)), [0_u64; 0]);
        assert_eq!(t.next_s(), None);
    }

    #[test]
    fn what_was_not_due_is_left() {
        let mut t = Timeline::of(&plan());
        t.due_at(100.0, 110.0);
        assert_eq!(replicas(&t.rest()), [1, 2]);
        assert_eq!(replicas(&t.rest()), [0_u64; 0]);
    }
}
