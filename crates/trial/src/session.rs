//! The session: one step at a time.

use swarmlab_record::Phase;

use crate::command::Command;
use crate::happening::Happening;
use crate::plan::Plan;
use crate::rules::{self, MakeRules};
use crate::run::Run;
use crate::state::State;

/// A session under way.
#[derive(Debug)]
pub struct Session {
    run: Run,
    state: State,
    /// The instant that was asked for last.
    wake_unix_s: Option<f64>,
    interrupted: bool,
}

impl Session {
    /// Begins a session; time is in seconds since the Unix epoch, here and in each step.
    #[must_use]
    pub fn begin(plan: Plan, now_unix_s: f64) -> (Self, Vec<Command>) {
        Self::with_rules(plan, rules::all, now_unix_s)
    }

    /// Begins a session whose loads are watched by other rules than [`rules::all`].
    #[must_use]
    pub fn with_rules(plan: Plan, rules: MakeRules, now_unix_s: f64) -> (Self, Vec<Command>) {
        let mut run = Run::new(plan, rules, now_unix_s);
        run.enter(Phase::Up, None);
        run.order(Command::BringUp);
        let state = State::up(&run);
        let mut session = Self { run, state, wake_unix_s: None, interrupted: false };
        let commands = session.finish_step();
        (session, commands)
    }

    /// Takes one happening; says what to do. What comes after the end is not heard.
    pub fn step(&mut self, happening: &Happening, now_unix_s: f64) -> Vec<Command> {
        if self.has_ended() {
            return Vec::new();
        }
        // A clock that is set back must not turn the order of things around.
        self.run.now = self.run.now.max(now_unix_s);
        if !self.state.is_closing() {
            self.run.take(happening);
        }
        self.run.give_up_late_acts();
        if self.run.acted(happening) && !self.is_repeated(happening) {
            self.change(|state, run| state.on(happening, run));
        }
        if self.state.deadline(&self.run).is_some_and(|d| self.run.now >= d) {
            self.change(State::overdue);
        }
        self.state.act(&mut self.run);
        if *happening == Happening::Tick {
            // It may have come early: then it is asked for again.
            self.wake_unix_s = None;
        }
        self.finish_step()
    }

    /// Whether the session is over.
    pub fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    /// An interrupt, and a record that failed, happen once: a second one says nothing new.
    fn is_repeated(&mut self, happening: &Happening) -> bool {
        match happening {
            Happening::Interrupted => std::mem::replace(&mut self.interrupted, true),
            Happening::RecordFailed(_) => {
                std::mem::replace(&mut self.run.record_failed, true) && !self.state.is_closing()
            }
            _ => false,
        }
    }

    fn change(&mut self, to: impl FnOnce(State, &mut Run) -> State) {
        let state = std::mem::replace(&mut self.state, State::Ended);
        self.state = to(state, &mut self.run);
    }

    fn finish_step(&mut self) -> Vec<Command> {
        let deadline = self.state.deadline(&self.run);
        let acts = [self.run.acts.deadline(), self.state.next_action(&self.run)];
        let wake = acts.into_iter().flatten().fold(deadline, |wake, t| wake.map(|w| w.min(t)));
        if let Some(t) = wake
            && wake != self.wake_unix_s
        {
            self.run.order(Command::WakeAt(t));
        }
        self.wake_unix_s = wake;
        if self.has_ended() {
            let state = self.run.end_state();
            self.run.order(Command::End(state));
        }
        self.run.orders()
    }
}
