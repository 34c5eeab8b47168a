//! The testbed comes up.

use super::{State, down, trial};
use crate::command::Command;
use crate::errors::{Cut, Waited};
use crate::happening::Happening;
use crate::run::Run;

/// Waits for the testbed.
#[derive(Debug)]
pub(crate) struct Up {
    pub deadline: f64,
    cancelled: bool,
}

impl Up {
    pub fn new(run: &Run) -> Self {
        Self { deadline: run.now + run.plan.limits.up_s, cancelled: false }
    }

    pub fn on(self, happening: &Happening, run: &mut Run) -> State {
        match happening {
            Happening::CameUp { target, clock, sample_every_s } => {
                run.came_up = true;
                run.target.clone_from(target);
                run.clock = *clock;
                run.samples_every(*sample_every_s);
                // It may come up although it was cancelled.
                if run.is_cut() { down::enter(run) } else { trial::enter(run) }
            }
            Happening::UpFailed(f) => {
                run.cut(Cut::Testbed(f.clone()));
                down::enter(run)
            }
            Happening::Interrupted => self.cancel(Cut::Interrupted, run),
            Happening::Broken(f) => self.cancel(Cut::Testbed(f.clone()), run),
            Happening::RecordFailed(f) => self.cancel(Cut::Record(f.clone()), run),
            _ => State::Up(self),
        }
    }

    fn cancel(mut self, cut: Cut, run: &mut Run) -> State {
        run.cut(cut);
        if !std::mem::replace(&mut self.cancelled, true) {
            self.deadline = run.now + run.plan.limits.cancel_s;
            run.order(Command::CancelUp);
        }
        State::Up(self)
    }

    pub fn overdue(self, run: &mut Run) -> State {
        if self.cancelled {
            // The bed does not even answer to that: take down whatever there is.
            run.warn("the testbed did not say whether it cleaned up".to_owned());
            return down::enter(run);
        }
        self.cancel(Cut::Overdue(Waited::Up), run)
    }
}
