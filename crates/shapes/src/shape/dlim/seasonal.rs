//! The pattern that repeats.

use serde::{Deserialize, Serialize};

use super::form::{Form, Piece};
use crate::shape::ShapeError;
use crate::shape::profile::{check_duration, check_level, check_order};

/// One period: up from the base to the first peak, down and up between the peaks, and down to the base. Peaks are
/// evenly spaced around the middle of the period; their levels go straight from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seasonal {
    /// Seconds of one period.
    pub period_s: f64,
    /// Number of peaks; 0 is the base alone.
    pub peaks: u32,
    /// Level at the ends of a period.
    pub base: f64,
    /// Level between peaks.
    pub inner_base: f64,
    /// Level of the first peak.
    pub first_peak: f64,
    /// Level of the last peak; of no meaning with one.
    pub last_peak: f64,
    /// Seconds from the first peak to the last; of no meaning with one.
    pub peaks_within_s: f64,
    /// The way between levels.
    pub form: Form,
}

impl Default for Seasonal {
    fn default() -> Self {
        Self {
            period_s: 120.0,
            peaks: 1,
            base: 10.0,
            inner_base: 10.0,
            first_peak: 100.0,
            last_peak: 100.0,
            peaks_within_s: 60.0,
            form: Form::Sin,
        }
    }
}

/// More peaks than this are a mistake, not a pattern.
const MAXIMUM_PEAKS: u32 = 1000;

impl Seasonal {
    /// Seconds before the first peak, and between a peak and the next valley.
    fn lengths_s(&self) -> (f64, f64) {
        match self.peaks {
            0 | 1 => (self.period_s / 2.0, 0.0),
            n => ((self.period_s - self.peaks_within_s) / 2.0, self.peaks_within_s / f64::from(2 * (n - 1))),
        }
    }

    fn peak(&self, index: u32) -> f64 {
        if self.peaks < 2 {
            return self.first_peak;
        }
        self.first_peak + (self.last_peak - self.first_peak) * f64::from(index) / f64::from(self.peaks - 1)
    }

    /// The level at turn `index`: peaks are even, valleys odd.
    fn level(&self, index: u32) -> f64 {
        if index.is_multiple_of(2) { self.peak(index / 2) } else { self.inner_base }
    }

    /// The piece at a moment of the period.
    pub(super) fn piece(&self, tau_s: f64) -> Piece {
        if self.peaks == 0 {
            return Piece::flat(self.base);
        }
        let form = self.form;
        let (lead_s, between_s) = self.lengths_s();
        let last = 2 * (self.peaks - 1);
        if tau_s < lead_s {
            return Piece { start_s: 0.0, length_s: lead_s, from: self.base, to: self.level(0), form };
        }
        let turn = if between_s > 0.0 { ((tau_s - lead_s) / between_s) as u32 } else { last };
        if turn >= last {
            let (from, to) = (self.level(last), self.base);
            return Piece { start_s: self.period_s - lead_s, length_s: lead_s, from, to, form };
        }
        let start_s = lead_s + f64::from(turn) * between_s;
        Piece { start_s, length_s: between_s, from: self.level(turn), to: self.level(turn + 1), form }
    }

    /// The moments of the period at which pieces end, and its end.
    pub(super) fn turns(&self) -> Vec<f64> {
        let mut turns = vec![self.period_s];
        if self.peaks > 0 {
            let (lead_s, between_s) = self.lengths_s();
            turns.extend((0..=2 * (self.peaks - 1)).map(|turn| lead_s + f64::from(turn) * between_s));
        }
        turns
    }

    pub(super) fn ceiling(&self) -> f64 {
        self.base.max(self.inner_base).max(self.first_peak).max(self.last_peak)
    }

    pub(super) fn check(&self) -> Result<(), ShapeError> {
        check_duration("period_s", self.period_s)?;
        check_level("base", self.base)?;
        check_level("inner_base", self.inner_base)?;
        check_level("first_peak", self.first_peak)?;
        check_level("last_peak", self.last_peak)?;
        check_order("peaks", f64::from(self.peaks), f64::from(MAXIMUM_PEAKS), "at most")?;
        if self.peaks > 1 {
            check_duration("peaks_within_s", self.peaks_within_s)?;
            if self.peaks_within_s >= self.period_s {
                return Err(ShapeError::Order {
                    parameter: "peaks_within_s",
                    value: self.peaks_within_s,
                    relation: "less than period_s,",
                    other: self.period_s,
                });
            }
        }
        Ok(())
    }
}
