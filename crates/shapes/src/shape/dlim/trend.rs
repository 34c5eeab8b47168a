//! What changes from period to period.

use serde::{Deserialize, Serialize};

use super::form::{Form, Piece};
use crate::shape::ShapeError;
use crate::shape::profile::{check_duration, check_level, check_pause};

/// How the trend joins the seasonal pattern.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// The pattern is multiplied by it.
    #[default]
    Multiply,
    /// It is added to the pattern.
    Add,
}

/// Points that the trend passes through; before the first and after the last it stays there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trend {
    /// How the trend joins the pattern.
    pub operator: Operator,
    /// Factors, or what is added (which may be below 0).
    pub points: Vec<f64>,
    /// Seconds from one point to the next.
    pub every_s: f64,
    /// When the first point is, seconds.
    pub offset_s: f64,
    /// The way between points.
    pub form: Form,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            operator: Operator::Multiply,
            points: vec![1.0, 1.5, 1.0],
            every_s: 240.0,
            offset_s: 0.0,
            form: Form::Sin,
        }
    }
}

/// More points than this are a trace, not a trend.
const MAXIMUM_POINTS: u32 = 100_000;

impl Trend {
    /// Joins a value of the pattern with one of the trend.
    pub(super) fn apply(&self, season: f64, trend: f64) -> f64 {
        match self.operator {
            Operator::Multiply => season * trend,
            Operator::Add => season + trend,
        }
    }

    /// The piece at a moment.
    pub(super) fn piece(&self, t_s: f64) -> Piece {
        let since_s = t_s - self.offset_s;
        let index = (since_s / self.every_s).max(0.0) as usize;
        match (self.points.get(index), self.points.get(index + 1)) {
            (Some(from), Some(to)) if since_s >= 0.0 => Piece {
                start_s: self.offset_s + index as f64 * self.every_s,
                length_s: self.every_s,
                from: *from,
                to: *to,
                form: self.form,
            },
            (Some(first), _) if since_s < 0.0 => Piece::flat(*first),
            _ => Piece::flat(self.points.last().copied().unwrap_or(0.0)),
        }
    }

    /// The moments of the points.
    pub(super) fn turns(&self) -> impl Iterator<Item = f64> {
        (0..self.points.len()).map(|index| self.offset_s + index as f64 * self.every_s)
    }

    pub(super) fn ceiling(&self) -> f64 {
        self.points.iter().copied().fold(0.0, f64::max)
    }

    pub(super) fn check(&self) -> Result<(), ShapeError> {
        if self.points.is_empty() {
            return Err(ShapeError::Empty { parameter: "points of the trend" });
        }
        if self.points.len() > MAXIMUM_POINTS as usize {
            return Err(ShapeError::Count {
                parameter: "the number of points of the trend",
                value: self.points.len() as f64,
                maximum: MAXIMUM_POINTS,
            });
        }
        for point in &self.points {
            // An added point may be below 0, but not a number that is none.
            let size = if self.operator == Operator::Add { point.abs() } else { *point };
            check_level("a point of the trend", size)?;
        }
        check_duration("every_s of the trend", self.every_s)?;
        check_pause("offset_s of the trend", self.offset_s)
    }
}
