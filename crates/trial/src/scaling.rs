//! The loop of controllers: when each is asked, and what becomes of what it wants.
//!
//! A decision that comes while an action of the one before is under way waits for its end, and takes the place of one that
//! waits already, also when it wants nothing: nothing is done on a decision that a newer one did not confirm.

use std::collections::VecDeque;
use std::mem::discriminant;

use swarmlab_record::action::Action;

use crate::acts::ActId;
use crate::plan::Scaled;

/// Names one decision of a session, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId(pub usize);

/// A decision that is due.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Due {
    /// The one before, which was not answered in time.
    pub late: Option<DecisionId>,
    pub id: DecisionId,
    pub service: String,
}

/// The loops of all services of a trial.
#[derive(Debug, Default)]
pub(crate) struct Scaling {
    asked: usize,
    loops: Vec<Loop>,
}

#[derive(Debug)]
struct Loop {
    of: Scaled,
    /// Moments that are over.
    over: u64,
    /// The decision that is waited for.
    open: Option<DecisionId>,
    /// The action under way, and whose it is.
    under_way: Option<(ActId, DecisionId)>,
    /// What the newest decision wants and was not asked for yet.
    waiting: VecDeque<Action>,
    newest: DecisionId,
}

impl Scaling {
    /// Makes way for the loops of a trial.
    pub fn begin(&mut self, plan: &[Scaled]) {
        let fresh = |of: &Scaled| Loop {
            of: of.clone(),
            over: 0,
            open: None,
            under_way: None,
            waiting: VecDeque::new(),
            newest: DecisionId(0),
        };
        self.loops = plan.iter().map(fresh).collect();
    }

    /// What is due now; moments that were missed are passed over. All times in seconds on one clock.
    pub fn due(&mut self, start: f64, end: f64, now: f64) -> Vec<Due> {
        let mut due = Vec::new();
        for one in &mut self.loops {
            let over = one.over_at(start, end, now);
            if over <= one.over {
                continue;
            }
            one.over = over;
            let id = DecisionId(self.asked);
            self.asked += 1;
            let late = one.open.replace(id);
            due.push(Due { late, id, service: one.of.service.clone() });
        }
        due
    }

    /// When the next one is due.
    pub fn next(&self, start: f64, end: f64) -> Option<f64> {
        let next = |l: &Loop| l.moment(start, l.over + 1);
        self.loops.iter().map(next).filter(|t| *t < end).reduce(f64::min)
    }

    /// Hears a decision. What of it must not be asked for, and why.
    pub fn decided(&mut self, id: DecisionId, wants: &[Action]) -> Vec<(Action, String)> {
        let Some(one) = self.loops.iter_mut().find(|l| l.open == Some(id)) else { return Vec::new() };
        one.open = None;
        one.newest = id;
        one.waiting.clear();
        let mut refused = Vec::new();
        for action in wants {
            match one.refuses(action) {
                Some(why) => refused.push((action.clone(), why)),
                None => one.waiting.push_back(action.clone()),
            }
        }
        refused
    }

    /// The next action that may be asked for, with what takes it back; it must be told when it is [begun](Self::begun).
    pub fn next_action(&mut self) -> Option<(DecisionId, Action, Option<Action>)> {
        let one = self.loops.iter_mut().find(|l| l.under_way.is_none() && !l.waiting.is_empty())?;
        let action = one.waiting.pop_front()?;
        let undo = one.of.undo.iter().find(|u| discriminant(*u) == discriminant(&action)).cloned();
        Some((one.newest, action, undo))
    }

    /// An action was asked for.
    pub fn begun(&mut self, decision: DecisionId, act: ActId, service: &str) {
        if let Some(one) = self.loops.iter_mut().find(|l| l.of.service == service) {
            one.under_way = Some((act, decision));
        }
    }

    /// An action came to its end; what its decision wanted after it is dropped if it failed.
    pub fn ended(&mut self, act: ActId, well: bool) {
        let of = |l: &&mut Loop| l.under_way.is_some_and(|(id, _)| id == act);
        let Some(one) = self.loops.iter_mut().find(of) else { return };
        let decision = one.under_way.take().map(|(_, decision)| decision);
        if !well && decision == Some(one.newest) {
            one.waiting.clear();
        }
    }

    /// Nothing is decided or asked for any more: the decisions that were waited for.
    pub fn give_up(&mut self) -> Vec<DecisionId> {
        self.loops.iter_mut().for_each(|l| l.waiting.clear());
        self.loops.iter_mut().filter_map(|l| l.open.take()).collect()
    }
}

impl Loop {
    /// The `n`-th moment; none comes of a period that is none.
    fn moment(&self, start: f64, n: u64) -> f64 {
        if self.of.every_s > 0.0 { start + n as f64 * self.of.every_s } else { f64::INFINITY }
    }

    /// How many moments are over now. Those at the end of the load and after it never are.
    fn over_at(&self, start: f64, end: f64, now: f64) -> u64 {
        let begun = (now - start) / self.of.every_s;
        if !begun.is_finite() || begun < 0.0 {
            return 0;
        }
        // Moments are sums: a quotient may be a rounding more or less.
        let near = begun.floor() as u64;
        let over = [near + 1, near, near.saturating_sub(1)]
            .into_iter()
            .find(|n| self.moment(start, *n) <= now && self.moment(start, *n) < end);
        over.unwrap_or(self.over)
    }

    fn refuses(&self, action: &Action) -> Option<String> {
        let Scaled { service, min, max, .. } = &self.of;
        if action.service() != service {
            return Some(format!("its controller scales {service}"));
        }
        match action {
            Action::Scale { replicas, .. } if !(min..=max).contains(&replicas) => {
                Some(format!("{service} is to have {min} to {max} replicas"))
            }
            Action::Restart { .. } => Some("controllers restart nothing".to_owned()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(every_s: f64) -> Scaled {
        let undo = vec![Action::Scale { service: "web".to_owned(), replicas: 1 }];
        Scaled { service: "web".to_owned(), every_s, min: 1, max: 5, undo }
    }

    #[test]
    fn moments_are_sums_and_missed_ones_are_passed_over() {
        let mut s = Scaling::default();
        s.begin(&[scaled(1.1)]);
        assert_eq!(s.next(100.0, 110.0), Some(101.1));
        assert!(s.due(100.0, 110.0, 101.09).is_empty());
        let due = s.due(100.0, 110.0, 101.1);
        assert_eq!((due[0].id, due[0].late), (DecisionId(0), None));
        assert!(s.due(100.0, 110.0, 101.1).is_empty());
        // Nobody came for a while: one decision for all of it, and the one before is late.
        let due = s.due(100.0, 110.0, 100.0 + 4.0 * 1.1);
        assert_eq!((due.len(), due[0].late), (1, Some(DecisionId(0))));
        assert_eq!(s.next(100.0, 110.0), Some(100.0 + 5.0 * 1.1));
        assert_eq!(s.next(100.0, 105.5), None, "at the end nothing is decided any more");
        assert!(s.due(100.0, 105.5, 106.0).is_empty());
    }

    #[test]
    fn a_period_that_is_none_gives_no_moment() {
        for every_s in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let mut s = Scaling::default();
            s.begin(&[scaled(every_s)]);
            assert!(s.due(100.0, 200.0, 150.0).is_empty() && s.next(100.0, 200.0).is_none(), "{every_s}");
        }
    }

    #[test]
    fn only_the_service_within_its_bounds() {
        let mut s = Scaling::default();
        s.begin(&[scaled(1.0)]);
        s.due(0.0, 9.0, 1.0);
        let scale = |service: &str, replicas| Action::Scale { service: service.to_owned(), replicas };
        let restart = Action::Restart { service: "web".to_owned(), task: None };
        let refused = s.decided(
            DecisionId(0),
            &[scale("db", 2), scale("web", 6), scale("web", 0), restart, scale("web", 5)],
        );
        assert_eq!(refused.len(), 4);
        assert_eq!(s.next_action(), Some((DecisionId(0), scale("web", 5), Some(scale("web", 1)))));
        assert_eq!(s.next_action(), None);
    }
}
