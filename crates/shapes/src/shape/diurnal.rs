//! `diurnal`

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::pen::{CURVE_ERROR, Smooth};
use super::pieces::step_of;
use super::profile::{Profile, check_count, check_duration, check_level, check_order};
use super::{Pen, ShapeError};

/// The day and night of a service: half a cosine wave up from the quietest hour to the busiest, and half a wave
/// down to the next quietest, so that evenings may fall faster than mornings rise. The day may be squeezed into
/// minutes: hours are 24ths of it. Default: 10 at 4 o'clock, 100 at 20 o'clock, one day of 24 min from midnight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Diurnal {
    /// Level at the quietest hour.
    pub low: f64,
    /// Level at the busiest hour.
    pub high: f64,
    /// The quietest hour, 0 to 24.
    pub low_hour: f64,
    /// The busiest hour, 0 to 24.
    pub high_hour: f64,
    /// The hour at which the shape begins, 0 to 24.
    pub start_hour: f64,
    /// Seconds of one day.
    pub day_s: f64,
    /// Number of days.
    pub days: u32,
}

impl Default for Diurnal {
    fn default() -> Self {
        Self {
            low: 10.0,
            high: 100.0,
            low_hour: 4.0,
            high_hour: 20.0,
            start_hour: 0.0,
            day_s: 1440.0,
            days: 1,
        }
    }
}

/// More days than this are a mistake, not an experiment.
const MAXIMUM_DAYS: u32 = 10_000;

impl Diurnal {
    /// Hours from the quietest to the busiest.
    fn rise_hours(&self) -> f64 {
        (self.high_hour - self.low_hour).rem_euclid(24.0)
    }

    /// Hours since the quietest hour, 0 to 24, at the start of the shape.
    fn first_hour(&self) -> f64 {
        (self.start_hour - self.low_hour).rem_euclid(24.0)
    }

    fn at_hour(&self, since_low: f64) -> f64 {
        let rise = self.rise_hours();
        let u = if since_low < rise { since_low / rise } else { (24.0 - since_low) / (24.0 - rise) };
        self.low + (self.high - self.low) * (1.0 - (PI * u).cos()) / 2.0
    }
}

impl Profile for Diurnal {
    fn value_at(&self, t_s: f64) -> f64 {
        let tau_s = t_s - step_of(t_s, self.day_s) as f64 * self.day_s;
        self.at_hour((self.first_hour() + 24.0 * tau_s / self.day_s) % 24.0)
    }

    fn duration_s(&self) -> f64 {
        f64::from(self.days) * self.day_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        check_level("low", self.low)?;
        check_level("high", self.high)?;
        check_order("low", self.low, self.high, "at most high,")?;
        for (name, hour) in
            [("low_hour", self.low_hour), ("high_hour", self.high_hour), ("start_hour", self.start_hour)]
        {
            check_level(name, hour)?;
            check_order(name, hour, 24.0, "at most")?;
        }
        if self.rise_hours() <= 0.0 {
            return Err(ShapeError::Order {
                parameter: "high_hour",
                value: self.high_hour,
                relation: "another hour than low_hour,",
                other: self.low_hour,
            });
        }
        check_duration("day_s", self.day_s)?;
        check_count("days", f64::from(self.days), MAXIMUM_DAYS)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        // The turns of a day, hours after its start: where one half wave ends and another begins.
        let low = (24.0 - self.first_hour()) % 24.0;
        let high = (self.rise_hours() - self.first_hour()).rem_euclid(24.0);
        let hours_per_s = 24.0 / self.day_s;
        let steepest = PI * hours_per_s / self.rise_hours().min(24.0 - self.rise_hours());
        let third = (self.high - self.low) / 2.0 * steepest.powi(3);
        let smooth = Smooth {
            value: &|t_s| self.value_at(t_s),
            third: &|_, _| third,
            tolerance: CURVE_ERROR * self.high,
        };
        for day in 0..self.days {
            let start_s = f64::from(day) * self.day_s;
            pen.curve_to(start_s + low.min(high) / hours_per_s, &smooth)?;
            pen.curve_to(start_s + low.max(high) / hours_per_s, &smooth)?;
            pen.curve_to(f64::from(day + 1) * self.day_s, &smooth)?;
        }
        Ok(())
    }
}
