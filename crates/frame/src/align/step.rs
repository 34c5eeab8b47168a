//! Step functions: replica counts and other levels known from events.

use crate::clock::Bins;
use swarmlab_record::series::Sample;

/// A level that holds from each event to the next, known until a last instant.
#[derive(Debug, Clone, PartialEq)]
pub struct StepFunction {
    events: Vec<Sample>,
    known_until_unix_s: f64,
}

impl StepFunction {
    /// From events (the level from `t_unix_s` on), in any order; of events at one instant the last
    /// given holds. Nothing is known before the first event, nor after `known_until_unix_s` (Unix
    /// seconds: the instant at which the recorder of the events was last known to listen).
    pub fn new(mut events: Vec<Sample>, known_until_unix_s: f64) -> Self {
        events.retain(|e| e.t_unix_s.is_finite() && e.value.is_finite());
        events.sort_by(|a, b| a.t_unix_s.total_cmp(&b.t_unix_s));
        Self { events, known_until_unix_s }
    }

    /// The level at an instant; an event takes effect at its own instant.
    pub fn at(&self, t_unix_s: f64) -> Option<f64> {
        if t_unix_s > self.known_until_unix_s {
            return None;
        }
        let after = self.events.partition_point(|e| e.t_unix_s <= t_unix_s);
        Some(self.events.get(after.checked_sub(1)?)?.value)
    }

    /// The time-weighted mean level in each bin; null when the bin is not known as a whole.
    pub fn mean(&self, bins: &Bins) -> Vec<Option<f64>> {
        bins.spans().map(|(from, to)| self.mean_on(from, to)).collect()
    }

    /// The level in force when each bin ends: that of the last event *before* its end, since an
    /// event on the edge belongs to the next bin. Null when the end is not known.
    pub fn last(&self, bins: &Bins) -> Vec<Option<f64>> {
        bins.spans()
            .map(|(_, end)| {
                if end > self.known_until_unix_s {
                    return None;
                }
                let after = self.events.partition_point(|e| e.t_unix_s < end);
                Some(self.events.get(after.checked_sub(1)?)?.value)
            })
            .collect()
    }

    fn mean_on(&self, from: f64, to: f64) -> Option<f64> {
        if to > self.known_until_unix_s {
            return None;
        }
        let mut level = self.at(from)?;
        let mut since = from;
        let mut area = 0.0;
        let inside = self.events.partition_point(|e| e.t_unix_s <= from);
        for event in self.events[inside..].iter().take_while(|e| e.t_unix_s < to) {
            area += level * (event.t_unix_s - since);
            (level, since) = (event.value, event.t_unix_s);
        }
        if since == from {
            // No change inside: the level itself, free of rounding.
            return Some(level);
        }
        area += level * (to - since);
        Some(area / (to - from))
    }
}
