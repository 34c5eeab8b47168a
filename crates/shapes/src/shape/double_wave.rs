//! `double-wave`

use serde::{Deserialize, Serialize};

use super::pen::{CURVE_ERROR, Smooth};
use super::profile::{Profile, check_duration, check_level, check_order};
use super::{Pen, ShapeError};

/// Two bell-shaped peaks over a base, at one and two thirds of the time: the `DoubleWave` of Locust's examples
/// (`examples/custom_shape/double_wave.py`), without its rounding:
/// `base + (first - base) exp(-(x - 5)^2) + (second - base) exp(-(x - 10)^2)` with `x = 15 t / duration`.
/// Default: Locust's, 20 users with peaks of 60 and 40 in 600 s.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DoubleWave {
    /// Level before, between and after the peaks.
    pub base: f64,
    /// Level of the first peak.
    pub first: f64,
    /// Level of the second peak.
    pub second: f64,
    /// How long, seconds.
    pub duration_s: f64,
}

impl Default for DoubleWave {
    fn default() -> Self {
        Self { base: 20.0, first: 60.0, second: 40.0, duration_s: 600.0 }
    }
}

/// A bound on the third derivative of exp(-x^2), (12 x - 8 x^3) exp(-x^2): it reaches 3.91 at x = 0.525.
const BELL_THIRD: f64 = 3.92;

impl Profile for DoubleWave {
    fn value_at(&self, t_s: f64) -> f64 {
        let x = 15.0 * t_s / self.duration_s;
        let bell = |center: f64| (-(x - center) * (x - center)).exp();
        self.base + (self.first - self.base) * bell(5.0) + (self.second - self.base) * bell(10.0)
    }

    fn duration_s(&self) -> f64 {
        self.duration_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("base", self.base)?;
        check_level("first", self.first)?;
        check_level("second", self.second)?;
        check_order("base", self.base, self.first, "at most first,")?;
        check_order("base", self.base, self.second, "at most second,")?;
        check_duration("duration_s", self.duration_s)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        let heights = (self.first - self.base) + (self.second - self.base);
        let third = heights * BELL_THIRD * (15.0 / self.duration_s).powi(3);
        let smooth = Smooth {
            value: &|t_s| self.value_at(t_s),
            third: &|_, _| third,
            tolerance: CURVE_ERROR * self.first.max(self.second),
        };
        pen.curve_to(self.duration_s, &smooth)
    }
}
