//! What the autoscaler remembers: recommendations, so that the count does not follow every wave, and changes, so that
//! rates can be kept.

use serde::{Deserialize, Serialize};

/// How far back recommendations count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Windows {
    /// Upwards: the lowest recommendation within counts.
    pub up_s: f64,
    /// Downwards: the highest recommendation within counts.
    pub down_s: f64,
}

/// Something at a time: a recommendation, or by how many replicas the count changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Dated {
    /// When.
    pub at_s: f64,
    /// How many.
    pub replicas: i64,
}

/// Recommendations and changes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Memory {
    /// Before stabilisation.
    pub recommendations: Vec<Dated>,
    /// Changes asked for, up positive, down negative.
    pub changes: Vec<Dated>,
    /// The change of the last time, from and to: it counts only if it was carried out.
    #[serde(default)]
    pub asked: Option<(i64, i64)>,
}

impl Memory {
    /// Begins a round. The first count seen is the first recommendation; a change that was asked for and not carried out
    /// (a dry run, a refusal) is none.
    pub fn begin(&mut self, current: i64, now_s: f64) {
        if self.recommendations.is_empty() {
            self.recommendations.push(Dated { at_s: now_s, replicas: current });
        }
        if self.asked.take().is_some_and(|(from, to)| from != to && from == current) {
            self.changes.pop();
        }
    }

    /// Without rules: the highest recommendation within the window.
    pub fn stabilise_down(&mut self, desired: i64, window_s: f64, now_s: f64) -> i64 {
        let cutoff = now_s - window_s;
        self.recommendations.retain(|r| r.at_s >= cutoff);
        let highest = self.recommendations.iter().map(|r| r.replicas).fold(desired, i64::max);
        self.recommendations.push(Dated { at_s: now_s, replicas: desired });
        highest
    }

    /// With rules: the present count, moved no farther than recommendations within both windows allow.
    pub fn stabilise(&mut self, current: i64, desired: i64, windows: Windows, now_s: f64) -> i64 {
        let within = |window_s: f64| {
            let cutoff = now_s - window_s;
            self.recommendations.iter().filter(move |r| r.at_s > cutoff).map(|r| r.replicas)
        };
        let up = within(windows.up_s).fold(desired, i64::min);
        let down = within(windows.down_s).fold(desired, i64::max);
        let oldest = now_s - windows.up_s.max(windows.down_s);
        self.recommendations.retain(|r| r.at_s >= oldest);
        self.recommendations.push(Dated { at_s: now_s, replicas: desired });
        current.max(up).min(down)
    }

    /// Notes a change of the count.
    pub fn rescaled(&mut self, from: i64, to: i64, now_s: f64, keep_s: f64) {
        self.asked = Some((from, to));
        self.changes.retain(|c| c.at_s > now_s - keep_s);
        if from != to {
            self.changes.push(Dated { at_s: now_s, replicas: to - from });
        }
    }

    /// The count at the start of a period that ends now.
    pub fn at_start(&self, current: i64, period_s: f64, now_s: f64) -> i64 {
        let cutoff = now_s - period_s;
        let changed = self.changes.iter().filter(|c| c.at_s > cutoff).map(|c| c.replicas);
        changed.fold(current, i64::saturating_sub)
    }
}
