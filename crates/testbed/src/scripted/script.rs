//! What a scripted bed is told to do: built before the test, read while it runs.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use swarmlab_record::series::Identity;

use crate::Bounds;

/// Something that happens by itself, at a time after `observe`.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// Replica counts: service, desired, running, healthy.
    Replicas(String, u64, u64, u64),
    /// A task begins: service, task.
    Born(String, String),
    /// A task ends: service, task.
    Died(String, String),
    /// A warning.
    Warning(String),
    /// A round of samples that could not be had: service and reason.
    TelemetryFailed(String, String),
    /// The bed breaks.
    Broken(String),
}

/// A series that is sampled again and again.
#[derive(Clone)]
pub struct Sampled {
    /// Which series.
    pub series: Arc<Identity>,
    /// Its value, by seconds since `observe`.
    pub value: Arc<dyn Fn(f64) -> f64 + Send + Sync>,
}

/// How a bed answers an action.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// Taken after one time, in force after another (both since it was asked).
    Done(Duration, Duration),
    /// Taken after a time, and then never in force.
    Stuck(Duration),
    /// Refused at once, as a bed refuses what it cannot do.
    Cannot(String),
    /// Broke after a time.
    Fails(Duration, String),
}

/// A step that takes time and may fail.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Step {
    /// How long it takes.
    pub takes: Duration,
    /// Why it fails then.
    pub fails: Option<String>,
}

/// What happens, and when; built by chained calls.
#[derive(Clone)]
pub struct Script {
    pub(super) epoch_unix_s: f64,
    pub(super) bounds: Bounds,
    pub(super) up: Step,
    pub(super) down: Step,
    pub(super) notes: Vec<String>,
    pub(super) news: Vec<(Duration, News)>,
    pub(super) every: Duration,
    pub(super) sampled: Vec<Sampled>,
    pub(super) usual: Answer,
    pub(super) answers: VecDeque<Answer>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            epoch_unix_s: 1_700_000_000.0,
            bounds: Bounds::default(),
            up: Step::default(),
            down: Step::default(),
            notes: Vec::new(),
            news: Vec::new(),
            every: Duration::from_secs(1),
            sampled: Vec::new(),
            usual: Answer::Done(Duration::from_millis(50), Duration::from_secs(2)),
            answers: VecDeque::new(),
        }
    }
}

impl Script {
    /// A bed that is up at once, says nothing, obeys within two seconds and is down at once.
    pub fn new() -> Self {
        Self::default()
    }

    /// The Unix time at which the bed is made; from there tokio's clock counts, real or virtual.
    pub fn epoch(mut self, unix_s: f64) -> Self {
        self.epoch_unix_s = unix_s;
        self
    }

    /// How far actions may go.
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Coming up takes so long.
    pub fn up_takes(mut self, takes: Duration) -> Self {
        self.up.takes = takes;
        self
    }

    /// Coming up fails, after the time it takes.
    pub fn up_fails(mut self, why: &str) -> Self {
        self.up.fails = Some(why.to_owned());
        self
    }

    /// A step that is told while the bed comes up.
    pub fn notes(mut self, step: &str) -> Self {
        self.notes.push(step.to_owned());
        self
    }

    /// Going down takes so long.
    pub fn down_takes(mut self, takes: Duration) -> Self {
        self.down.takes = takes;
        self
    }

    /// Going down fails, after the time it takes.
    pub fn down_fails(mut self, why: &str) -> Self {
        self.down.fails = Some(why.to_owned());
        self
    }

    /// Something that happens so long after `observe`; call it in the order of time.
    pub fn at(mut self, after: Duration, news: News) -> Self {
        self.news.push((after, news));
        self
    }

    /// Time between two rounds of samples.
    pub fn sample_every(mut self, every: Duration) -> Self {
        self.every = every;
        self
    }

    /// A series whose value is a function of the seconds since `observe`.
    pub fn samples(mut self, series: Identity, value: impl Fn(f64) -> f64 + Send + Sync + 'static) -> Self {
        self.sampled.push(Sampled { series: Arc::new(series), value: Arc::new(value) });
        self
    }

    /// How actions are answered that have no answer of their own.
    pub fn answers(mut self, usual: Answer) -> Self {
        self.usual = usual;
        self
    }

    /// The answer to the next action that has none yet.
    pub fn then_answers(mut self, answer: Answer) -> Self {
        self.answers.push_back(answer);
        self
    }
}
