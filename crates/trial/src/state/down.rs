//! The testbed goes down, the record is closed.

use swarmlab_record::Phase;

use super::State;
use crate::acts::GaveUp;
use crate::command::Command;
use crate::errors::{Cut, Waited};
use crate::happening::Happening;
use crate::plan::Keep;
use crate::run::Run;

/// Waits until the testbed is down.
#[derive(Debug)]
pub(crate) struct Down {
    pub deadline: f64,
}

/// Waits until the record is closed.
#[derive(Debug)]
pub(crate) struct Closing {
    pub deadline: f64,
}

/// Takes the testbed down, or leaves it up. Every way out of a session leads through here, once.
pub(super) fn enter(run: &mut Run) -> State {
    run.give_up_acts(GaveUp::TrialOver);
    run.stop_observing();
    run.enter(Phase::Down, None);
    match run.plan.keep.clone() {
        Keep::Yes if run.came_up => {
            run.order(Command::LeaveUp);
            return close(run);
        }
        Keep::Impossible(why) if run.came_up => run.warn(why),
        _ => {}
    }
    run.order(Command::TakeDown);
    State::Down(Down { deadline: run.now + run.plan.limits.down_s })
}

fn close(run: &mut Run) -> State {
    run.order(Command::Close);
    State::Closing(Closing { deadline: run.now + run.plan.limits.close_s })
}

impl Down {
    pub fn on(self, happening: &Happening, run: &mut Run) -> State {
        match happening {
            Happening::Down(Ok(())) => return close(run),
            Happening::Down(Err(f)) => {
                run.cut(Cut::Testbed(f.clone()));
                return close(run);
            }
            Happening::RecordFailed(f) => run.cut(Cut::Record(f.clone())),
            // Everything was measured: an interrupt changes nothing, and a bed that goes down may well break.
            _ => {}
        }
        State::Down(self)
    }

    pub fn overdue(self, run: &mut Run) -> State {
        run.cut(Cut::Overdue(Waited::Down));
        close(run)
    }
}

impl Closing {
    pub fn on(self, happening: &Happening, run: &mut Run) -> State {
        match happening {
            Happening::Closed => end(run),
            Happening::RecordFailed(f) => {
                run.cut(Cut::Record(f.clone()));
                end(run)
            }
            _ => State::Closing(self),
        }
    }

    pub fn overdue(self, run: &mut Run) -> State {
        run.cut(Cut::Overdue(Waited::Close));
        end(run)
    }
}

fn end(run: &mut Run) -> State {
    run.enter(Phase::Analyse, None);
    State::Ended
}
