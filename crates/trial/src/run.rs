//! What all states of a session share: plan, time, memory, and the commands of the step under way.

use std::collections::BTreeSet;

use swarmlab_record::Phase;
use swarmlab_record::action::Action;
use swarmlab_record::manifest::Windows;
use swarmlab_record::topology::ClockOffset;

use crate::acts::{Acts, GaveUp};
use crate::command::{Command, Entry};
use crate::errors::{Cut, EndState};
use crate::freshness::{Freshness, Source};
use crate::grid::Grid;
use crate::happening::{Happening, LoadId, Part};
use crate::plan::{Plan, PlannedAction, TrialPlan, When};
use crate::rules::{MakeRules, Timeline};
use crate::scaling::{DecisionId, Scaling};

/// A session apart from its state.
#[derive(Debug)]
pub(crate) struct Run {
    pub plan: Plan,
    pub rules: MakeRules,
    /// Seconds since the Unix epoch; never runs backwards.
    pub now: f64,
    /// Number of the trial under way.
    pub trial: usize,
    pub grid: Grid,
    pub windows: Option<Windows>,
    pub target: String,
    pub clock: Option<ClockOffset>,
    /// What a source may take longer between two samples than a second.
    slower_s: f64,
    /// Whether the testbed came up.
    pub came_up: bool,
    /// Whether nothing can be recorded any more.
    pub record_failed: bool,
    pub acts: Acts,
    pub timeline: Timeline,
    pub scaling: Scaling,
    observing: bool,
    freshness: Freshness,
    warned: BTreeSet<String>,
    cut: Option<Cut>,
    out: Vec<Command>,
}

impl Run {
    pub fn new(plan: Plan, rules: MakeRules, now: f64) -> Self {
        Self {
            plan,
            rules,
            now,
            trial: 0,
            grid: Grid::at(now, 1.0),
            windows: None,
            target: String::new(),
            clock: None,
            slower_s: 0.0,
            came_up: false,
            record_failed: false,
            acts: Acts::default(),
            timeline: Timeline::default(),
            scaling: Scaling::default(),
            observing: false,
            freshness: Freshness::default(),
            warned: BTreeSet::new(),
            cut: None,
            out: Vec::new(),
        }
    }

    /// The plan of the trial under way.
    pub fn trial_plan(&self) -> Option<&TrialPlan> {
        self.plan.trials.get(self.trial)
    }

    /// Names a load of the trial under way.
    pub fn load_id(&self, part: Part) -> LoadId {
        LoadId { trial: self.trial, part }
    }

    pub fn order(&mut self, command: Command) {
        self.out.push(command);
    }

    pub fn enter(&mut self, phase: Phase, expected_s: Option<f64>) {
        self.order(Command::Enter { phase, expected_s });
        let due = match phase {
            Phase::WarmUp => self.timeline.due_in(When::WarmUp),
            Phase::Settle => self.timeline.due_in(When::Settle),
            _ => return,
        };
        self.act_all(due);
    }

    /// Asks for what is due; after a cut nothing is.
    pub fn act_all(&mut self, due: Vec<PlannedAction>) {
        for planned in due {
            if self.is_cut() {
                return;
            }
            self.act(planned.action, planned.undo, None);
        }
    }

    /// Asks for an action.
    pub fn act(&mut self, action: Action, undo: Option<Action>, decision: Option<DecisionId>) {
        let id = self.acts.ask(action.clone(), undo, self.now + self.plan.limits.act_s);
        if let Some(decision) = decision {
            self.scaling.begun(decision, id, action.service());
        }
        self.order(Command::Act { id, action, decision });
    }

    /// Lets the controllers decide that are due in a load from `start` to `end`, and asks for what was decided.
    pub fn scale(&mut self, start: f64, end: f64) {
        if self.is_cut() || self.now >= end {
            return;
        }
        while let Some((decision, action, undo)) = self.scaling.next_action() {
            self.act(action, undo, Some(decision));
        }
        for due in self.scaling.due(start, end, self.now) {
            if let Some(late) = due.late {
                self.order(Command::GiveUpDecision(late));
            }
            self.order(Command::Decide { id: due.id, service: due.service });
        }
    }

    /// Hears a decision.
    pub fn decided(&mut self, id: DecisionId, wants: &[Action]) {
        for (action, why) in self.scaling.decided(id, wants) {
            self.warn(format!("{action} is not asked for: {why}"));
        }
    }

    /// No decision is waited for any more.
    pub fn give_up_decisions(&mut self) {
        for id in self.scaling.give_up() {
            self.order(Command::GiveUpDecision(id));
        }
    }

    /// Hears the answer to an action; false if nobody waited for it.
    pub fn acted(&mut self, happening: &Happening) -> bool {
        let Happening::Acted(id, result) = happening else { return true };
        let Some(action) = self.acts.answered(*id, self.now) else { return false };
        self.scaling.ended(*id, result.is_ok());
        if let Err(f) = result {
            self.warn(format!("{action} failed: {f}"));
        }
        true
    }

    /// Gives up the actions that nothing was heard of.
    pub fn give_up_late_acts(&mut self) {
        for (id, action) in self.acts.give_up(self.now, false) {
            self.scaling.ended(id, false);
            self.order(Command::GiveUpAct { id, why: GaveUp::Silent });
            self.warn(format!("{action}: {}", GaveUp::Silent));
        }
    }

    /// Gives up all actions under way.
    pub fn give_up_acts(&mut self, why: GaveUp) {
        for (id, action) in self.acts.give_up(self.now, true) {
            self.scaling.ended(id, false);
            self.order(Command::GiveUpAct { id, why });
            if why == GaveUp::TrialOver {
                self.warn(format!("{action}: {why}"));
            }
        }
    }

    /// Says which actions of the plan come no more.
    pub fn drop_timeline(&mut self) {
        for planned in self.timeline.rest() {
            // Where the run was cut short, that says it all.
            if !self.is_cut() {
                self.warn(format!("{}: not asked for, the load had ended", planned.action));
            }
        }
    }

    /// Says something once in a trial.
    pub fn warn(&mut self, message: String) {
        if self.warned.insert(message.clone()) {
            self.order(Command::Warn(message));
        }
    }

    /// Remembers why the session will not be complete. The first cause stays: what follows mostly follows from it.
    pub fn cut(&mut self, cut: Cut) {
        self.cut.get_or_insert(cut);
        self.give_up_decisions();
        self.give_up_acts(GaveUp::Cut);
    }

    pub fn is_cut(&self) -> bool {
        self.cut.is_some()
    }

    /// How the session ends, if it ends now.
    pub fn end_state(&self) -> EndState {
        self.cut.clone().map_or(EndState::Complete, EndState::Partial)
    }

    /// Makes way for the memory of the next trial.
    pub fn next_trial(&mut self) {
        self.trial += 1;
        self.freshness = Freshness::default();
        self.warned.clear();
        self.windows = None;
        self.order(Command::NextTrial(self.trial));
    }

    pub fn observe(&mut self) {
        self.observing = true;
        self.order(Command::Observe);
    }

    pub fn stop_observing(&mut self) {
        if std::mem::take(&mut self.observing) {
            self.order(Command::StopObserving);
        }
    }

    /// Remembers how often the slowest source is sampled.
    pub fn samples_every(&mut self, every_s: f64) {
        let most_s = self.plan.limits.slower_s;
        // Nonsense is no reason to wait.
        self.slower_s = if every_s.is_finite() { (every_s - 1.0).clamp(0.0, most_s) } else { 0.0 };
    }

    /// How long samples of the quiet system are waited for, seconds.
    pub fn settle_s(&self) -> f64 {
        self.plan.limits.settle_s + self.slower_s
    }

    /// Sources without a sample since the system fell quiet, on our clock.
    pub fn missing(&self, since_unix_s: f64, required: &[Source]) -> BTreeSet<Source> {
        let on_their_clock = since_unix_s + self.clock.map_or(0.0, |c| c.offset_s + c.error_s);
        self.freshness.missing(on_their_clock, self.plan.limits.gone_s + self.slower_s, required)
    }

    /// Records a happening and remembers what of it any state may need.
    pub fn take(&mut self, happening: &Happening) {
        let entry = match happening {
            Happening::Tick | Happening::RecordFailed(_) | Happening::Closed => return,
            Happening::Warned(message) => return self.warn(message.clone()),
            Happening::Sampled(seen) => {
                self.freshness.take(seen);
                Entry::Samples
            }
            Happening::Observed => Entry::Observed,
            Happening::Acted(..) => Entry::Acted,
            Happening::Decided(..) => Entry::Decided,
            Happening::Interval(load, _) => Entry::Interval(*load),
            Happening::Noted(step) => Entry::Step(step.clone()),
            Happening::CameUp { .. } => Entry::Step("the testbed is up".to_owned()),
            Happening::UpFailed(f) => Entry::Step(format!("the testbed did not come up: {f}")),
            Happening::Broken(f) => Entry::Step(format!("the testbed broke: {f}")),
            Happening::LoadRefused(load, f) => Entry::Step(format!("{} refused: {f}", named(*load))),
            Happening::LoadEnded(load, Ok(())) => Entry::Step(format!("{} ended", named(*load))),
            Happening::LoadEnded(load, Err(f)) => Entry::Step(format!("{} failed: {f}", named(*load))),
            Happening::Interrupted => Entry::Step("interrupted".to_owned()),
            Happening::Down(Ok(())) => Entry::Step("the testbed is down".to_owned()),
            Happening::Down(Err(f)) => Entry::Step(format!("the testbed did not go down: {f}")),
        };
        self.order(Command::Record(entry));
    }

    /// The commands of the step.
    pub fn orders(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.out)
    }
}

fn named(load: LoadId) -> &'static str {
    load.part.phase().name()
}
