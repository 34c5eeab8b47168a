//! What comes on top of the pattern at regular intervals.

use serde::{Deserialize, Serialize};

use super::form::{Form, Piece};
use crate::shape::ShapeError;
use crate::shape::pieces::step_of;
use crate::shape::profile::{check_duration, check_level, check_order};

/// The way up to a burst's peak and down again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BurstForm {
    /// Exponential both ways (LIMBO's `ExponentialIncreaseAndDecline`).
    #[default]
    Exponential,
    /// Up exponentially, down logarithmically (`ExponentialIncreaseLogarithmicDecline`).
    ExponentialLogarithmic,
    /// Straight both ways (`LinearIncreaseAndDecline`).
    Linear,
}

/// Bursts from 0 to a peak and back, at regular intervals. Default: 50 high, 30 s wide, the first at 100 s, then
/// every 160 s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Burst {
    /// What is added at the top.
    pub peak: f64,
    /// Seconds of one burst; its peak is in the middle.
    pub width_s: f64,
    /// When the first burst is at its peak, seconds.
    pub first_s: f64,
    /// Seconds from peak to peak.
    pub every_s: f64,
    /// The way up and down.
    pub form: BurstForm,
}

impl Default for Burst {
    fn default() -> Self {
        Self { peak: 50.0, width_s: 30.0, first_s: 100.0, every_s: 160.0, form: BurstForm::Exponential }
    }
}

impl Burst {
    fn begin_s(&self) -> f64 {
        self.first_s - self.width_s / 2.0
    }

    /// The piece at a moment; none between bursts.
    pub(super) fn piece(&self, t_s: f64) -> Option<Piece> {
        let since_s = t_s - self.begin_s();
        if since_s < 0.0 {
            return None;
        }
        let start_s = self.begin_s() + step_of(since_s, self.every_s) as f64 * self.every_s;
        let half_s = self.width_s / 2.0;
        let (up, down) = match self.form {
            BurstForm::Exponential => (Form::Exponential, Form::Exponential),
            BurstForm::ExponentialLogarithmic => (Form::Exponential, Form::Logarithmic),
            BurstForm::Linear => (Form::Linear, Form::Linear),
        };
        let tau_s = t_s - start_s;
        if tau_s < half_s {
            Some(Piece { start_s, length_s: half_s, from: 0.0, to: self.peak, form: up })
        } else if tau_s < self.width_s {
            Some(Piece { start_s: start_s + half_s, length_s: half_s, from: self.peak, to: 0.0, form: down })
        } else {
            None
        }
    }

    /// The moments at which bursts begin, turn and end.
    pub(super) fn turns(&self, duration_s: f64) -> impl Iterator<Item = f64> {
        let bursts = (duration_s / self.every_s) as u64 + 1;
        (0..bursts).flat_map(|burst| {
            let start_s = self.begin_s() + burst as f64 * self.every_s;
            [start_s, start_s + self.width_s / 2.0, start_s + self.width_s]
        })
    }

    pub(super) fn check(&self) -> Result<(), ShapeError> {
        check_level("peak of the burst", self.peak)?;
        check_duration("width_s of the burst", self.width_s)?;
        check_duration("every_s of the burst", self.every_s)?;
        check_order("width_s of the burst", self.width_s, self.every_s, "at most its every_s,")?;
        check_level("first_s of the burst", self.first_s)?;
        check_order("half the width_s of the burst", self.width_s / 2.0, self.first_s, "at most its first_s,")
    }
}
