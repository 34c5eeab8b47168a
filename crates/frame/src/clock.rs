//! The grid of time: equal, half-open bins `[edge(i), edge(i + 1))`.

use serde::{Deserialize, Serialize};

/// Two instants closer than this are the same instant, in seconds.
///
/// A Unix time as `f64` is exact to 0.24 us; sums of a few such numbers stay well below this.
pub const SAME_INSTANT_S: f64 = 1e-6;

/// Why a grid cannot be built.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ClockError {
    /// The origin is NaN or infinite.
    #[error("the first bin must start at a finite Unix time, not {0}")]
    Origin(f64),
    /// The width is not a positive finite number of seconds.
    #[error("a bin must be longer than 1 us and finite, not {0} s")]
    Width(f64),
    /// The span does not run forward in time.
    #[error("the span from {from_unix_s} to {to_unix_s} does not run forward in time")]
    Span {
        /// Begin of the span, Unix seconds.
        from_unix_s: f64,
        /// End of the span, Unix seconds.
        to_unix_s: f64,
    },
    /// More bins than any run can have: most likely a unit mistake (milliseconds for seconds).
    #[error("{0} bins are more than the {max} a run may have; are the times in seconds?", max = Bins::MAX_COUNT)]
    Count(f64),
}

/// `count` bins of `width_s` seconds, the first beginning at `origin_unix_s`.
///
/// Edges are computed as `origin + i * width`, never by adding up, so that bin 100,000 is as exact
/// as bin 1. A grid may be empty (`count == 0`): a run that was stopped before its first interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RawBins")]
pub struct Bins {
    origin_unix_s: f64,
    width_s: f64,
    count: usize,
}

/// What a file may hold, before it is checked.
#[derive(Deserialize)]
struct RawBins {
    origin_unix_s: f64,
    width_s: f64,
    count: usize,
}

impl TryFrom<RawBins> for Bins {
    type Error = ClockError;

    fn try_from(raw: RawBins) -> Result<Self, ClockError> {
        Self::new(raw.origin_unix_s, raw.width_s, raw.count)
    }
}

impl Bins {
    /// Upper limit of `count`: 115 days of one-second bins.
    pub const MAX_COUNT: usize = 10_000_000;

    /// A checked grid.
    ///
    /// # Errors
    /// [`ClockError`] when the origin is not finite, the width is not positive, or there are more
    /// than [`Bins::MAX_COUNT`] bins.
    pub fn new(origin_unix_s: f64, width_s: f64, count: usize) -> Result<Self, ClockError> {
        if !origin_unix_s.is_finite() {
            return Err(ClockError::Origin(origin_unix_s));
        }
        if !(width_s.is_finite() && width_s > SAME_INSTANT_S) {
            return Err(ClockError::Width(width_s));
        }
        if count > Self::MAX_COUNT {
            return Err(ClockError::Count(count as f64));
        }
        Ok(Self { origin_unix_s, width_s, count })
    }

    /// The whole bins that fit between two instants, beginning at the first.
    ///
    /// A remainder shorter than one bin at the end is left out: a bin is covered or it is not there.
    ///
    /// # Errors
    /// [`ClockError`] as [`Bins::new`], and when the span runs backward.
    pub fn spanning(from_unix_s: f64, to_unix_s: f64, width_s: f64) -> Result<Self, ClockError> {
        let bins = Self::new(from_unix_s, width_s, 0)?;
        if !(to_unix_s.is_finite() && to_unix_s >= from_unix_s) {
            return Err(ClockError::Span { from_unix_s, to_unix_s });
        }
        let count = ((to_unix_s - from_unix_s + SAME_INSTANT_S) / width_s).floor();
        if count > Self::MAX_COUNT as f64 {
            return Err(ClockError::Count(count));
        }
        Ok(Self { count: count as usize, ..bins })
    }

    /// Begin of the first bin, Unix seconds.
    pub fn origin_unix_s(&self) -> f64 {
        self.origin_unix_s
    }

    /// Length of each bin, seconds.
    pub fn width_s(&self) -> f64 {
        self.width_s
    }

    /// Number of bins.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether there is no bin at all.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The `i`-th edge, Unix seconds: the begin of bin `i`, the end of bin `i - 1`.
    pub fn edge(&self, i: usize) -> f64 {
        self.origin_unix_s + i as f64 * self.width_s
    }

    /// End of the last bin, Unix seconds (the origin when there is no bin).
    pub fn end_unix_s(&self) -> f64 {
        self.edge(self.count)
    }

    /// All `count + 1` edges, Unix seconds.
    pub fn edges(&self) -> impl Iterator<Item = f64> + '_ {
        (0..=self.count).map(|i| self.edge(i))
    }

    /// Begin and end of each bin, Unix seconds.
    pub fn spans(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        (0..self.count).map(|i| (self.edge(i), self.edge(i + 1)))
    }

    /// The bin that holds an instant; an instant on an edge belongs to the bin it begins.
    ///
    /// `None` before the first bin, from the end of the last, and for NaN. It agrees exactly with
    /// [`Bins::edge`]: `edge(i) <= t < edge(i + 1)`.
    pub fn index_of(&self, t_unix_s: f64) -> Option<usize> {
        if !(t_unix_s >= self.origin_unix_s && t_unix_s < self.end_unix_s()) {
            return None;
        }
        let mut i = (((t_unix_s - self.origin_unix_s) / self.width_s) as usize).min(self.count - 1);
        // The division may round across an edge; the edges themselves decide.
        while i > 0 && self.edge(i) > t_unix_s {
            i -= 1;
        }
        while i + 1 < self.count && self.edge(i + 1) <= t_unix_s {
            i += 1;
        }
        Some(i)
    }

    /// The edge nearest to an instant when it is within `tolerance_s` of it.
    pub(crate) fn edge_near(&self, t_unix_s: f64, tolerance_s: f64) -> Option<i64> {
        let i = ((t_unix_s - self.origin_unix_s) / self.width_s).round();
        let edge = self.origin_unix_s + i * self.width_s;
        ((t_unix_s - edge).abs() <= tolerance_s).then_some(i as i64)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn edges_and_index_by_hand() {
        let bins = Bins::new(100.0, 0.5, 4).unwrap();
        assert_eq!(bins.edges().collect::<Vec<_>>(), [100.0, 100.5, 101.0, 101.5, 102.0]);
        assert_eq!(bins.index_of(99.999), None);
        assert_eq!(bins.index_of(100.0), Some(0));
        assert_eq!(bins.index_of(100.5), Some(1));
        assert_eq!(bins.index_of(101.999), Some(3));
        assert_eq!(bins.index_of(102.0), None);
        assert_eq!(bins.index_of(f64::NAN), None);
        assert_eq!(bins.spans().last(), Some((101.5, 102.0)));
    }

    #[test]
    fn an_empty_grid_holds_no_instant() {
        let bins = Bins::new(5.0, 1.0, 0).unwrap();
        assert!(bins.is_empty());
        assert_eq!(bins.index_of(5.0), None);
        assert_eq!(bins.end_unix_s(), 5.0);
    }

    #[test]
    fn nonsense_is_refused() {
        assert!(matches!(Bins::new(f64::NAN, 1.0, 1), Err(ClockError::Origin(_))));
        for width in [0.0, -1.0, f64::INFINITY, f64::NAN, 1e-9] {
            assert!(matches!(Bins::new(0.0, width, 1), Err(ClockError::Width(_))), "{width}");
        }
        assert!(matches!(Bins::new(0.0, 1.0, Bins::MAX_COUNT + 1), Err(ClockError::Count(_))));
        assert!(matches!(Bins::spanning(2.0, 1.0, 1.0), Err(ClockError::Span { .. })));
        assert!(matches!(Bins::spanning(0.0, 1.7e12, 1.0), Err(ClockError::Count(_))));
    }

    #[test]
    fn a_span_keeps_whole_bins_only() {
        assert_eq!(Bins::spanning(10.0, 12.9, 1.0).unwrap().count(), 2);
        assert_eq!(Bins::spanning(10.0, 13.0, 1.0).unwrap().count(), 3);
        // 0.3 / 0.1 is 2.999... in binary: three bins were meant.
        assert_eq!(Bins::spanning(0.0, 0.3, 0.1).unwrap().count(), 3);
    }

    proptest! {
        #[test]
        fn index_agrees_with_the_edges(
            origin in 0.0..2e9f64, width in 1e-3..100.0f64, count in 1usize..5000, at in 0.0..1.0f64,
        ) {
            let bins = Bins::new(origin, width, count).unwrap();
            let t = origin + at * (bins.end_unix_s() - origin);
            if let Some(i) = bins.index_of(t) {
                prop_assert!(bins.edge(i) <= t && t < bins.edge(i + 1));
            } else {
                prop_assert!(t >= bins.end_unix_s());
            }
            let i = (at * (count - 1) as f64) as usize;
            prop_assert_eq!(bins.index_of(bins.edge(i)), Some(i));
        }
    }
}
