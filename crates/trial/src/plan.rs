//! What a session is to do, and how long it may wait for whom.

use swarmlab_record::action::Action;

use crate::freshness::Source;
use crate::grid::LEAD_S;

/// What becomes of the testbed after the last trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keep {
    /// It goes down.
    No,
    /// It stays up, if it came up.
    Yes,
    /// It was to stay up but cannot; why, a sentence.
    Impossible(String),
}

/// When loads start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the next edge of a grid of full seconds that leaves time to start: what servers say is counted in its bins.
    AtEdge,
    /// As soon as it can be: the grid is the load's own, for there are no servers.
    AtOnce,
}

/// One trial.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialPlan {
    /// Bin width, seconds; positive.
    pub bin_s: f64,
    /// Length of the warm-up, if there is one, seconds.
    pub warm_up_s: Option<f64>,
    /// Length of the measured load, seconds.
    pub load_s: f64,
    /// What is changed while it goes on.
    pub actions: Vec<PlannedAction>,
    /// The services that controllers scale, each once.
    pub scaling: Vec<Scaled>,
}

/// When an action is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    /// When the warm-up begins. The measured load does not begin before the action has an end.
    WarmUp,
    /// When the warm-up is over, or from the beginning where there is none; the load waits for it as well.
    Settle,
    /// So many seconds after the first edge of the measured load.
    Load(f64),
}

impl When {
    /// Seconds after the first edge of the measured load; infinite for what comes before it.
    pub(crate) fn load_s(self) -> f64 {
        match self {
            Self::Load(s) => s,
            Self::WarmUp | Self::Settle => f64::INFINITY,
        }
    }
}

/// One action of a trial.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedAction {
    /// When.
    pub at: When,
    /// What.
    pub action: Action,
    /// What makes the service again as it was when the testbed came up, if something does.
    pub undo: Option<Action>,
}

/// How long whom is waited for, seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// The testbed coming up.
    pub up_s: f64,
    /// A cancelled testbed cleaning up.
    pub cancel_s: f64,
    /// Samples of the quiet system, from sources that are sampled once a second.
    pub settle_s: f64,
    /// How much longer a source may take from sample to sample: both limits of samples are longer by what it takes.
    pub slower_s: f64,
    /// A task that has not been sampled for this long, while others of its service were, is taken for gone.
    pub gone_s: f64,
    /// The answer to an action.
    pub act_s: f64,
    /// The end of a load after its last request: its drain limit and a margin.
    pub drain_s: f64,
    /// The end of a load that was aborted.
    pub abort_s: f64,
    /// The testbed going down.
    pub down_s: f64,
    /// The record being closed.
    pub close_s: f64,
}

impl Default for Limits {
    /// For sources that are sampled at least every two minutes and a load that waits 30 s for its last answers, and a
    /// testbed that gives an action 120 s.
    fn default() -> Self {
        Self {
            up_s: 300.0,
            cancel_s: 120.0,
            settle_s: 15.0,
            slower_s: 120.0,
            gone_s: 10.0,
            act_s: 135.0,
            drain_s: 45.0,
            abort_s: 10.0,
            down_s: 180.0,
            close_s: 60.0,
        }
    }
}

/// A service that a controller scales while the measured load lasts.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaled {
    /// Its short name.
    pub service: String,
    /// Seconds between decisions; the first one is due when so many of the load are over.
    pub every_s: f64,
    /// Fewest replicas that may be asked for.
    pub min: u64,
    /// Most replicas that may be asked for.
    pub max: u64,
    /// What makes the service again as it was when the testbed came up; at most one of each kind of action.
    pub undo: Vec<Action>,
}

/// A session.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Trials, in order.
    pub trials: Vec<TrialPlan>,
    /// When loads start.
    pub start: Start,
    /// What becomes of the testbed.
    pub keep: Keep,
    /// Sources that must have been sampled once before a load begins.
    pub sources: Vec<Source>,
    /// How long whom is waited for.
    pub limits: Limits,
}

impl Plan {
    /// The longest time that a session can take, whoever answers or not, seconds.
    pub fn bound_s(&self) -> f64 {
        let l = &self.limits;
        let load = |bin_s: f64, length_s: f64| LEAD_S + bin_s.max(1.0) + length_s + l.drain_s + l.abort_s;
        let trial = |t: &TrialPlan| {
            let warm_up_s = t.warm_up_s.map_or(0.0, |s| load(t.bin_s, s));
            // Before the load they are waited for, and after the trial they are taken back.
            let acts_s = if t.actions.is_empty() && t.scaling.is_empty() { 0.0 } else { 2.0 * l.act_s };
            let settle_s = l.settle_s + l.slower_s;
            warm_up_s + acts_s + settle_s + load(t.bin_s, t.load_s) + settle_s
        };
        let trials_s: f64 = self.trials.iter().map(trial).sum();
        l.up_s + l.cancel_s + trials_s + l.down_s + l.close_s
    }
}
