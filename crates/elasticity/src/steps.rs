//! Step functions of time: a value from one moment to the next change.

use serde::{Deserialize, Serialize};

/// A step function over `[begin, end)`; a part may be unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Steps {
    /// Moments and the value from there on, moments ascending; `None` is unknown.
    points: Vec<(f64, Option<f64>)>,
    end_s: f64,
}

/// A stretch on which all functions have one value each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// Where it begins.
    pub from_s: f64,
    /// How long it is.
    pub length_s: f64,
    /// The first function's value.
    pub a: Option<f64>,
    /// The second function's value.
    pub b: Option<f64>,
}

impl Steps {
    /// From changes in any order; of several at one moment the last counts. Changes at or after the end are left out, values
    /// that are not finite are unknown. `None` without a change before the end.
    pub fn new(changes: impl IntoIterator<Item = (f64, Option<f64>)>, end_s: f64) -> Option<Self> {
        let mut sorted: Vec<_> = changes.into_iter().filter(|(t, _)| t.is_finite() && *t < end_s).collect();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut points: Vec<(f64, Option<f64>)> = Vec::new();
        for (t, v) in sorted {
            let v = v.filter(|v| v.is_finite());
            match points.last_mut() {
                Some(last) if last.0 == t => last.1 = v,
                // The same value again is no change.
                Some(last) if last.1 == v => {}
                _ => points.push((t, v)),
            }
        }
        // A value that a later one at the same moment replaced may equal the one before.
        points.dedup_by(|next, before| next.1 == before.1);
        (!points.is_empty() && end_s.is_finite()).then_some(Self { points, end_s })
    }

    /// Known values alone.
    pub fn known(changes: &[(f64, f64)], end_s: f64) -> Option<Self> {
        Self::new(changes.iter().map(|(t, v)| (*t, Some(*v))), end_s)
    }

    /// Where it begins.
    pub fn begin_s(&self) -> f64 {
        self.points.first().map_or(self.end_s, |p| p.0)
    }

    /// Where it ends.
    pub fn end_s(&self) -> f64 {
        self.end_s
    }

    /// The value at a moment; `None` outside and where it is unknown.
    pub fn at(&self, t_s: f64) -> Option<f64> {
        if t_s.is_nan() || t_s >= self.end_s {
            return None;
        }
        let after = self.points.partition_point(|p| p.0 <= t_s);
        self.points.get(after.checked_sub(1)?)?.1
    }

    /// Its changes: moment, value before, value after; those to or from the unknown are none.
    pub fn changes(&self) -> Vec<(f64, f64, f64)> {
        let pairs = self.points.iter().zip(self.points.iter().skip(1));
        pairs.filter_map(|((_, a), (t, b))| Some((*t, (*a)?, (*b)?))).collect()
    }

    /// The integral over what is known, in value times seconds.
    pub fn integral(&self) -> f64 {
        self.pieces(self).iter().filter_map(|p| Some(p.a? * p.length_s)).sum()
    }

    /// Both functions together, over the time that both have.
    pub fn pieces(&self, other: &Self) -> Vec<Piece> {
        let (begin, end) = (self.begin_s().max(other.begin_s()), self.end_s.min(other.end_s));
        let moments = self.points.iter().chain(&other.points).map(|p| p.0);
        let mut cuts: Vec<f64> = moments.filter(|t| *t > begin && *t < end).chain([begin]).collect();
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        let next = cuts.iter().skip(1).copied().chain([end]);
        cuts.iter()
            .zip(next)
            .filter(|(from, to)| to > from)
            .map(|(from, to)| Piece {
                from_s: *from,
                length_s: to - from,
                a: self.at(*from),
                b: other.at(*from),
            })
            .collect()
    }
}
