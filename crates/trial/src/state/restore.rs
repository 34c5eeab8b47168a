//! Another trial follows: what the actions of this one changed is taken back first.

use super::{State, down, trial};
use crate::errors::{Cut, Waited};
use crate::happening::Happening;
use crate::run::Run;

/// Waits until everything is as it was.
#[derive(Debug)]
pub(crate) struct Restoring {
    pub deadline: f64,
}

/// Takes back what was changed, or goes on at once.
pub(super) fn enter(run: &mut Run) -> State {
    let undo = run.acts.take_undo();
    if undo.is_empty() {
        return trial::next(run);
    }
    for action in undo {
        run.act(action, None, None);
    }
    State::Restoring(Restoring { deadline: run.now + run.plan.limits.act_s })
}

impl Restoring {
    pub fn on(self, happening: &Happening, run: &mut Run) -> State {
        let cut = match happening {
            Happening::Acted(_, Ok(())) if run.acts.quiet_since().is_some() => return trial::next(run),
            // The next trial would begin with another system than the one before.
            Happening::Acted(_, Err(f)) => Cut::Testbed(f.clone()),
            Happening::Interrupted => Cut::Interrupted,
            Happening::Broken(f) => Cut::Testbed(f.clone()),
            Happening::RecordFailed(f) => Cut::Record(f.clone()),
            _ => return State::Restoring(self),
        };
        run.cut(cut);
        down::enter(run)
    }

    pub fn overdue(self, run: &mut Run) -> State {
        run.cut(Cut::Overdue(Waited::Restored));
        down::enter(run)
    }
}
