//! An observation as a controller looks at it: what is too old or no number cannot be read, and what was read is noted.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::autoscaler::Bounds;
use crate::decision::Seen;
use crate::hold::Hold;
use crate::observation::{Observation, Reading};

/// An observation at the moment of a decision.
#[derive(Debug)]
pub struct View<'a> {
    observation: &'a Observation,
    now_s: f64,
    bounds: Bounds,
    read: RefCell<BTreeMap<String, Seen>>,
}

impl<'a> View<'a> {
    /// Looks at an observation at `now_s`; readings may be [`Bounds::stale_after_s`] old.
    ///
    /// # Errors
    /// [`Hold::OldObservation`] if that is true of the whole observation, or its time is no number.
    pub fn new(observation: &'a Observation, now_s: f64, bounds: Bounds) -> Result<Self, Hold> {
        let stale_after_s = bounds.stale_after_s;
        let age_s = now_s - observation.t_s;
        if !within(age_s, stale_after_s) {
            return Err(Hold::OldObservation { age_s: finite_or(age_s, f64::MAX), limit_s: stale_after_s });
        }
        Ok(Self { observation, now_s, bounds, read: RefCell::default() })
    }

    /// The observation as it is: counts and tasks. Values of tasks are to be asked for with [`task_value`](Self::task_value).
    pub fn observation(&self) -> &'a Observation {
        self.observation
    }

    /// The moment of the decision.
    pub fn now_s(&self) -> f64 {
        self.now_s
    }

    /// What holds for the service whatever controls it.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Replicas asked for.
    pub fn desired(&self) -> u64 {
        self.observation.replicas.desired
    }

    /// Replicas that are ready.
    pub fn ready(&self) -> u64 {
        self.observation.replicas.ready
    }

    /// The value of a metric.
    ///
    /// # Errors
    /// Missing, stale, or not finite: what a controller must not act on.
    pub fn metric(&self, name: &str) -> Result<f64, Hold> {
        let Some(Reading { v, age_s }) = self.observation.metrics.get(name).copied() else {
            return Err(Hold::Missing { metric: name.to_owned() });
        };
        let age_s = age_s + (self.now_s - self.observation.t_s);
        let shown = Seen { v: v.filter(|v| v.is_finite()), age_s: finite_or(age_s, f64::MAX) };
        self.read.borrow_mut().insert(name.to_owned(), shown);
        let v = v.ok_or_else(|| Hold::Missing { metric: name.to_owned() })?;
        if !v.is_finite() {
            return Err(Hold::Invalid { metric: name.to_owned() });
        }
        if !within(age_s, self.bounds.stale_after_s) {
            let age_s = finite_or(age_s, f64::MAX);
            return Err(Hold::Stale { metric: name.to_owned(), age_s, limit_s: self.bounds.stale_after_s });
        }
        Ok(v)
    }

    /// The value of a metric that cannot be below zero.
    ///
    /// # Errors
    /// As [`metric`](Self::metric).
    pub fn amount(&self, name: &str) -> Result<f64, Hold> {
        self.metric(name)
            .and_then(|v| if v < 0.0 { Err(Hold::Invalid { metric: name.to_owned() }) } else { Ok(v) })
    }

    /// The value of a task's reading at this age (at the observation), if it can be used.
    pub fn task_value(&self, v: Option<f64>, age_s: f64) -> Option<f64> {
        v.filter(|v| {
            v.is_finite() && within(age_s + self.now_s - self.observation.t_s, self.bounds.stale_after_s)
        })
    }

    /// Reads every metric: a controller outside is shown all. Those that cannot be used have no value.
    pub fn all(&self) -> BTreeMap<String, Reading> {
        let shown = |(name, r): (&String, &Reading)| {
            let age_s = finite_or(r.age_s + self.now_s - self.observation.t_s, f64::MAX);
            (name.clone(), Reading { v: self.metric(name).ok(), age_s })
        };
        self.observation.metrics.iter().map(shown).collect()
    }

    /// Notes something that was looked at and is no metric of the whole service.
    pub fn note(&self, name: &str, v: Option<f64>, age_s: f64) {
        let v = v.filter(|v| v.is_finite());
        self.read.borrow_mut().insert(name.to_owned(), Seen { v, age_s: finite_or(age_s, f64::MAX) });
    }

    /// Takes over what another view of the same moment was asked for, all but `except`, which it saw otherwise.
    pub fn take_seen(&self, other: View<'_>, except: &str) {
        let mut read = self.read.borrow_mut();
        read.extend(other.into_seen().into_iter().filter(|(name, _)| name != except));
    }

    /// All that was looked at.
    pub(crate) fn into_seen(self) -> BTreeMap<String, Seen> {
        self.read.into_inner()
    }
}

/// An age that may be acted on. A reading from the future by as much is as wrong as an old one.
fn within(age_s: f64, limit_s: f64) -> bool {
    age_s.is_finite() && age_s.abs() <= limit_s
}

fn finite_or(v: f64, other: f64) -> f64 {
    if v.is_finite() { v } else { other }
}
