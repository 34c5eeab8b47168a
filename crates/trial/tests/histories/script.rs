//! What a world will do, drawn from a seed.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use swarmlab_record::action::Action;
use swarmlab_record::metric::Meaning;
use swarmlab_record::topology::ClockOffset;
use swarmlab_trial::{Keep, Limits, Plan, PlannedAction, Scaled, Source, Start, TrialPlan, When};

/// What someone does when asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer {
    /// Does it, after so many seconds.
    Does(f64),
    /// Fails, after so many seconds.
    Fails(f64),
    /// Says nothing.
    Silent,
}

/// How a load goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Going {
    /// To its end, with the last answer so many seconds after it.
    Well(f64),
    /// Nobody listens; to its end.
    Unheard,
    /// It cannot be started, which is known after so many seconds.
    Refused(f64),
    /// It breaks so many seconds after its first edge.
    Breaks(f64),
    /// It ends by itself, without a failure, after so many seconds.
    Short(f64),
    /// Intervals come, and no end.
    Endless,
    /// Nothing comes.
    Silent,
}

/// A world.
#[derive(Debug, Clone)]
pub struct Script {
    pub seed: u64,
    /// Share of messages that are lost, doubled or late.
    pub noise: f64,
    pub plan: Plan,
    pub begin: f64,
    pub clock: Option<ClockOffset>,
    /// Time between two samples, seconds.
    pub sample_every_s: f64,
    pub up: Answer,
    pub cancelled: Answer,
    pub goings: Vec<Going>,
    /// How the actions are answered, in their order, over and over.
    pub acts: Vec<Answer>,
    /// How controllers are answered for, in their order, over and over, and how many actions each decision wants.
    pub decisions: Vec<(Answer, usize)>,
    pub stopped: Answer,
    pub aborted: Answer,
    pub down: Answer,
    pub close: Answer,
    /// Seconds after the beginning.
    pub interrupts: Vec<f64>,
    pub breaks: Option<f64>,
    pub disk_full: Option<f64>,
    /// Messages that nobody asked for.
    pub strays: Vec<f64>,
    pub sources: Vec<Source>,
    pub tasks: usize,
    /// From then on a source says nothing.
    pub silenced: Option<f64>,
}

/// Replicas that controllers may ask for; no action of a plan asks for so many.
pub const MIN: u64 = 1000;
/// The most.
pub const MAX: u64 = 1_000_000;

struct Draw {
    rng: SmallRng,
    hostility: f64,
}

impl Draw {
    fn chance(&mut self, p: f64) -> bool {
        self.rng.random_bool((p * self.hostility).clamp(0.0, 1.0))
    }

    fn s(&mut self, most: f64) -> f64 {
        self.rng.random_range(0.0..most)
    }

    fn answer(&mut self, limit_s: f64, fails: f64) -> Answer {
        if self.chance(fails) {
            Answer::Fails(self.s(limit_s))
        } else if self.chance(0.05) {
            Answer::Silent
        } else if self.chance(0.05) {
            Answer::Does(limit_s + self.s(limit_s))
        } else {
            Answer::Does(self.s(limit_s * 0.8))
        }
    }

    fn going(&mut self, length_s: f64) -> Going {
        if !self.chance(0.4) {
            return Going::Well(self.s(3.0));
        }
        match self.rng.random_range(0..6) {
            0 => Going::Unheard,
            1 => Going::Refused(self.s(0.5)),
            2 => Going::Breaks(self.s(length_s)),
            3 => Going::Short(self.s(length_s)),
            4 => Going::Endless,
            _ => Going::Silent,
        }
    }

    /// Changes of a trial; each is asked for once, so each is another one.
    fn actions(&mut self, trial: usize, load_s: f64) -> Vec<PlannedAction> {
        let n = if self.rng.random_bool(0.5) { 0 } else { self.rng.random_range(1..=5) };
        let one = |i: usize, draw: &mut Self| {
            let service = ["web", "db"][draw.rng.random_range(0..2)].to_owned();
            let at = match draw.rng.random_range(0..6) {
                0 => When::WarmUp,
                1 => When::Settle,
                _ => When::Load(draw.s(load_s)),
            };
            let undo = Action::Scale { service: service.clone(), replicas: 1 };
            let action = Action::Scale { service, replicas: (2 + 10 * trial + i) as u64 };
            PlannedAction { at, action, undo: draw.rng.random_bool(0.8).then_some(undo) }
        };
        (0..n).map(|i| one(i, self)).collect()
    }

    /// Services that controllers scale; also some that actions of the plan change.
    fn scaling(&mut self) -> Vec<Scaled> {
        let scaled = |service: &str, draw: &mut Self| Scaled {
            service: service.to_owned(),
            every_s: draw.rng.random_range(0.2..3.0),
            min: MIN,
            max: MAX,
            undo: vec![Action::Scale { service: service.to_owned(), replicas: 1 }],
        };
        let services: &[&str] = [&[][..], &["web"][..], &["web", "db"][..]][self.rng.random_range(0..3)];
        services.iter().map(|s| scaled(s, self)).collect()
    }

    fn moments(&mut self, p: f64, most: usize, within_s: f64) -> Vec<f64> {
        let n = (0..most).filter(|_| self.chance(p)).count();
        (0..n).map(|_| self.s(within_s)).collect()
    }
}

fn limits() -> Limits {
    Limits {
        up_s: 20.0,
        cancel_s: 5.0,
        settle_s: 5.0,
        slower_s: 3.0,
        gone_s: 3.0,
        act_s: 4.0,
        drain_s: 6.0,
        abort_s: 2.0,
        down_s: 8.0,
        close_s: 3.0,
    }
}

fn sources() -> Vec<Source> {
    ["web", "db"].iter().map(|s| Source { service: (*s).to_owned(), meaning: Meaning::CPU }).collect()
}

impl Script {
    /// Any world.
    pub fn of(seed: u64) -> Self {
        Self::with(seed, if seed.is_multiple_of(4) { 0.3 } else { 1.0 })
    }

    /// A world in which nothing goes wrong at a hostility of 0.
    pub fn with(seed: u64, hostility: f64) -> Self {
        let mut d = Draw { rng: SmallRng::seed_from_u64(seed), hostility };
        let trials = if d.rng.random_bool(0.7) { 1 } else { d.rng.random_range(1..=3) };
        let trials: Vec<TrialPlan> = (0..trials)
            .map(|n| {
                let load_s = d.rng.random_range(1.0..12.0);
                TrialPlan {
                    bin_s: [0.5, 1.0, 2.0][d.rng.random_range(0..3)],
                    warm_up_s: d.rng.random_bool(0.5).then(|| d.s(4.0)),
                    load_s,
                    actions: d.actions(n, load_s),
                    scaling: d.scaling(),
                }
            })
            .collect();
        let l = limits();
        let keep = match d.rng.random_range(0..8) {
            0 => Keep::Yes,
            1 => Keep::Impossible("children leave with us".to_owned()),
            _ => Keep::No,
        };
        let goings = (0..trials.len() * 2).map(|i| d.going(trials[i / 2].load_s)).collect();
        let sample_every_s = if d.rng.random_bool(0.3) { d.rng.random_range(1.0..4.0) } else { 1.0 };
        let acts = (0..7).map(|_| d.answer(l.act_s, 0.15)).collect();
        let decisions = (0..7).map(|_| (d.answer(0.5, 0.2), d.rng.random_range(0..=2))).collect();
        let tasks = d.rng.random_range(1..=2);
        let required = if d.chance(0.1) { 2 } else { d.rng.random_range(0..=2) };
        let clock =
            d.rng.random_bool(0.5).then(|| ClockOffset { offset_s: d.s(4.0) - 2.0, error_s: d.s(0.1) });
        let mut all = sources();
        let start = if d.rng.random_bool(0.2) { Start::AtOnce } else { Start::AtEdge };
        let plan = Plan { trials, start, keep, sources: all[..required].to_vec(), limits: l.clone() };
        if d.chance(0.1) {
            all.pop();
        }
        Self {
            seed,
            noise: 0.1 * hostility,
            begin: 1_000_000.0 + d.s(1.0),
            clock,
            sample_every_s,
            up: d.answer(l.up_s, 0.08),
            cancelled: d.answer(l.cancel_s, 0.6),
            goings,
            acts,
            decisions,
            stopped: d.answer(l.drain_s, 0.1),
            aborted: d.answer(l.abort_s, 0.1),
            down: d.answer(l.down_s, 0.05),
            close: d.answer(l.close_s, 0.05),
            interrupts: d.moments(0.15, 2, 60.0),
            breaks: d.moments(0.1, 1, 60.0).pop(),
            disk_full: d.moments(0.1, 1, 60.0).pop(),
            strays: d.moments(0.2, 4, 60.0),
            silenced: d.moments(0.1, 1, 60.0).pop(),
            sources: all,
            tasks,
            plan,
        }
    }

    /// A world in which nobody ever answers.
    pub fn silent() -> Self {
        let gentle = Self::with(0, 0.0);
        Self {
            up: Answer::Silent,
            cancelled: Answer::Silent,
            down: Answer::Silent,
            close: Answer::Silent,
            ..gentle
        }
    }
}
