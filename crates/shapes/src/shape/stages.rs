//! `stages`

use serde::{Deserialize, Serialize};

use super::profile::{Profile, check_duration, check_level, check_pause};
use super::{Pen, ShapeError};

/// Straight lines from target to target, as the stages of k6 ("ramping-vus"); a stage of no length jumps.
/// Default: up to 20 in 30 s, 90 s there, down to 0 in 20 s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Stages {
    /// Level at the start.
    pub from: f64,
    /// What follows, one after the other.
    pub stages: Vec<Stage>,
}

/// One stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Level at the end of the stage.
    pub target: f64,
    /// How long it takes to get there, seconds; 0 jumps.
    pub duration_s: f64,
}

impl Default for Stages {
    fn default() -> Self {
        let stages = [(20.0, 30.0), (20.0, 90.0), (0.0, 20.0)]
            .map(|(target, duration_s)| Stage { target, duration_s });
        Self { from: 0.0, stages: stages.to_vec() }
    }
}

impl Profile for Stages {
    fn value_at(&self, t_s: f64) -> f64 {
        let (mut from, mut start_s) = (self.from, 0.0);
        for stage in &self.stages {
            let end_s = start_s + stage.duration_s;
            if t_s < end_s {
                return from + (t_s - start_s) / stage.duration_s * (stage.target - from);
            }
            (from, start_s) = (stage.target, end_s);
        }
        from
    }

    fn duration_s(&self) -> f64 {
        self.stages.iter().map(|stage| stage.duration_s).sum()
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("from", self.from)?;
        for stage in &self.stages {
            check_level("target", stage.target)?;
            check_pause("duration_s", stage.duration_s)?;
        }
        check_duration("the sum of all durations", self.duration_s())
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        let mut from = self.from;
        for stage in &self.stages {
            pen.line(stage.duration_s, from, stage.target)?;
            from = stage.target;
        }
        Ok(())
    }
}
