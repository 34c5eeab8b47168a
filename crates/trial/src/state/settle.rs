//! The system is quiet: settle before the load, collect after it.

use swarmlab_record::Phase;

use super::{State, down, load, trial};
use crate::command::Command;
use crate::errors::Cut;
use crate::freshness::Source;
use crate::happening::{Happening, Part};
use crate::run::Run;

/// Waits until every source has a sample of the quiet system.
#[derive(Debug)]
pub(crate) struct Settling {
    deadline: f64,
    since: f64,
    /// After the load rather than before it.
    collects: bool,
}

/// Waits before the load; the system has been quiet since an instant.
pub(super) fn enter(since: f64, run: &mut Run) -> State {
    run.enter(Phase::Settle, None);
    Settling::new(since, false, run).look(run)
}

/// Waits after the load. Where nothing can be recorded any more, there is nothing to wait for.
pub(super) fn collect(since: f64, run: &mut Run) -> State {
    let settling = Settling::new(since, true, run);
    if run.record_failed {
        return settling.done(run);
    }
    run.enter(Phase::Collect, None);
    settling.look(run)
}

impl Settling {
    fn new(since: f64, collects: bool, run: &Run) -> Self {
        Self { deadline: run.now + run.settle_s(), since, collects }
    }

    pub fn on(self, happening: &Happening, run: &mut Run) -> State {
        let cut = match happening {
            Happening::Interrupted => Cut::Interrupted,
            Happening::Broken(f) => Cut::Testbed(f.clone()),
            Happening::RecordFailed(f) => Cut::Record(f.clone()),
            // With the passing of time actions are given up.
            Happening::Sampled(_) | Happening::Acted(..) | Happening::Tick => return self.look(run),
            _ => return State::Settling(self),
        };
        run.cut(cut);
        self.done(run)
    }

    /// Goes on if nothing is missing.
    fn look(self, run: &mut Run) -> State {
        if self.is_quiet(run) && self.missing(run).is_empty() {
            self.done(run)
        } else {
            State::Settling(self)
        }
    }

    fn missing(&self, run: &Run) -> Vec<Source> {
        // What was there before the load is expected after it without being named.
        let required = if self.collects { &[] } else { run.plan.sources.as_slice() };
        run.missing(self.since(run), required).into_iter().collect()
    }

    /// Before the load nobody else may change the system; after it nobody waits for that.
    fn is_quiet(&self, run: &Run) -> bool {
        self.collects || run.acts.quiet_since().is_some()
    }

    fn since(&self, run: &Run) -> f64 {
        match run.acts.quiet_since() {
            Some(acted) if !self.collects => self.since.max(acted),
            _ => self.since,
        }
    }

    /// Until when it is waited, seconds since the Unix epoch.
    pub fn deadline(&self, run: &Run) -> f64 {
        match run.acts.quiet_since() {
            _ if self.collects => self.deadline,
            // Actions have deadlines of their own.
            None => f64::INFINITY,
            Some(acted) => self.deadline.max(acted + run.settle_s()),
        }
    }

    pub fn overdue(self, run: &mut Run) -> State {
        let missing: Vec<String> = self.missing(run).iter().map(ToString::to_string).collect();
        run.warn(format!(
            "no sample of the quiet system within {} s: {}; counts over the load window may not be exact",
            run.settle_s(),
            missing.join(", ")
        ));
        self.done(run)
    }

    fn done(self, run: &mut Run) -> State {
        if self.collects {
            if let Some(w) = &mut run.windows {
                w.settled_unix_s = run.now.max(w.drained_unix_s);
                run.order(Command::Windows(run.windows));
            }
            return trial::leave(run);
        }
        match run.trial_plan() {
            Some(plan) if !run.is_cut() => {
                let length_s = plan.load_s;
                load::enter(Part::Load, run.grid.next(run.now), length_s, run)
            }
            _ => down::enter(run),
        }
    }
}
