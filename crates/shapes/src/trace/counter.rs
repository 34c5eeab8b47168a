//! Counting requests in bins.

use std::collections::BTreeMap;

use super::options::Select;
use super::{MAX_POINTS, Series, TraceError};

/// Requests per bin. Times are whole seconds since 1970, in any order; bins and the window count from the first
/// request's second.
#[derive(Debug)]
pub(super) struct Counter {
    bin_s: f64,
    from_s: f64,
    to_s: f64,
    first_unix_s: Option<i64>,
    bins: BTreeMap<i64, u64>,
}

impl Counter {
    pub fn new(bin_s: f64, select: &Select) -> Self {
        Self {
            bin_s,
            from_s: select.begin_s(),
            to_s: select.end_s(),
            first_unix_s: None,
            bins: BTreeMap::new(),
        }
    }

    /// Whether a part of the trace is asked for, which begins no earlier than it says.
    fn is_window(&self) -> bool {
        self.from_s > 0.0 || self.to_s.is_finite()
    }

    /// Notes the moment of a request, whether it is selected or not: the first one begins the trace.
    pub fn begin(&mut self, unix_s: i64) {
        self.first_unix_s.get_or_insert(unix_s);
    }

    /// Counts a selected request; false if it is outside of the window.
    pub fn count(&mut self, unix_s: i64) -> Result<bool, TraceError> {
        let since_s = (unix_s - self.first_unix_s.unwrap_or(unix_s)) as f64;
        if since_s >= self.to_s || (self.is_window() && since_s < self.from_s) {
            return Ok(false);
        }
        *self.bins.entry(((since_s - self.from_s) / self.bin_s).floor() as i64).or_default() += 1;
        // Half of them, because a gap after each bin is a point too.
        if self.bins.len() > MAX_POINTS / 2 { Err(TraceError::TooManyPoints) } else { Ok(true) }
    }

    /// The rates. A window begins at its start and ends at its end, also if nothing comes there; without one the
    /// trace begins with its first request and ends with its last one's bin.
    pub fn finish(self) -> Series {
        let (Some((first, _)), Some((last, _))) = (self.bins.first_key_value(), self.bins.last_key_value())
        else {
            return Series::default();
        };
        // Logs are not quite in order: requests from before the first line have bins below 0.
        let origin = if self.is_window() { 0 } else { (*first).min(0) };
        let mut points = Vec::new();
        let mut next = origin;
        for (bin, count) in &self.bins {
            if *bin > next {
                points.push(((next - origin) as f64 * self.bin_s, 0.0));
            }
            points.push(((bin - origin) as f64 * self.bin_s, *count as f64 / self.bin_s));
            next = bin + 1;
        }
        let mut end_s = (last + 1 - origin) as f64 * self.bin_s;
        if self.to_s.is_finite() {
            let window_s = self.to_s - self.from_s;
            match points.last_mut() {
                // The window ends within the last bin: its requests came in less time.
                Some((start_s, rate)) if window_s < end_s => *rate *= self.bin_s / (window_s - *start_s),
                _ if window_s > end_s => points.push((end_s, 0.0)),
                _ => {}
            }
            end_s = window_s;
        }
        Series { points, end_s }
    }
}
