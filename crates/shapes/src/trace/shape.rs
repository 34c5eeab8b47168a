//! A trace as a load shape.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Series;
use super::series::segments;
use crate::shape::{Pen, Profile, ShapeError};

/// What is between the points of a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Between {
    /// The rate of a point lasts until the next point: counts per bin.
    #[default]
    Hold,
    /// A straight line to the next point: samples of a smooth rate. The last rate lasts until the end.
    Linear,
}

/// A recorded load. It holds its points, so that writing it down archives the trace in canonical form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// Where it came from and what was done to it, for people.
    origin: String,
    /// What is between the points.
    #[serde(default)]
    between: Between,
    /// The end, seconds since the start.
    end_s: f64,
    /// Seconds since the start, and level.
    #[serde(with = "shared")]
    points: Arc<[(f64, f64)]>,
}

/// Points as a plain list.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(points: &Arc<[(f64, f64)]>, to: S) -> Result<S::Ok, S::Error> {
        points.as_ref().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<[(f64, f64)]>, D::Error> {
        Vec::deserialize(from).map(Arc::from)
    }
}

impl Trace {
    /// The shape of a series.
    pub fn new(series: Series, between: Between, origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), between, end_s: series.end_s, points: series.points.into() }
    }

    /// Where it came from and what was done to it.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Seconds since the start, growing from 0, and levels.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

impl Profile for Trace {
    fn value_at(&self, t_s: f64) -> f64 {
        let next = self.points.partition_point(|(at_s, _)| *at_s <= t_s);
        let Some((at_s, level)) = next.checked_sub(1).and_then(|i| self.points.get(i)) else { return 0.0 };
        match (self.between, self.points.get(next)) {
            (Between::Linear, Some((next_s, to))) => level + (t_s - at_s) / (next_s - at_s) * (to - level),
            _ => *level,
        }
    }

    fn duration_s(&self) -> f64 {
        self.end_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        let Some((first_s, _)) = self.points.first() else {
            return Err(ShapeError::Empty { parameter: "the trace" });
        };
        if *first_s != 0.0 {
            return Err(ShapeError::NotAscending { index: 0, value: *first_s });
        }
        let times = self.points.iter().map(|(t_s, _)| *t_s);
        let later = times.clone().skip(1).chain([self.end_s]);
        for (index, (earlier_s, later_s)) in times.zip(later).enumerate() {
            // Also refuses what is not a number.
            if !(later_s > earlier_s && later_s.is_finite()) {
                return Err(ShapeError::NotAscending { index: index + 1, value: later_s });
            }
        }
        self.points
            .iter()
            .map(|(_, level)| *level)
            .find(|level| !(level.is_finite() && *level >= 0.0))
            .map_or(Ok(()), |value| Err(ShapeError::Level { parameter: "a rate of the trace", value }))
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        segments(&self.points, self.end_s, self.between).try_for_each(|segment| pen.add(segment))
    }
}
