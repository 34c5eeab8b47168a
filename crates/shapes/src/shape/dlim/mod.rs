//! `dlim`: the Descartes Load Intensity Model in the form that LIMBO's wizard fills in.
//!
//! J. von Kistowski, N. Herbst, S. Kounev, H. Groenda, C. Stier, S. Lehrig, "Modeling and Extracting Load Intensity
//! Profiles", ACM TAAS 11(4), 2017 ("high-level DLIM"); formulas as LIMBO evaluates them (`FunctionValueCalculator`
//! and the wizard's pages): `max(0, seasonal(t) (x or +) trend(t) + burst(t) + noise(t))`.
//!
//! Where this differs from LIMBO: the points of a trend are factors (or addends) themselves, not levels of peaks
//! that factors are calibrated to; noise holds for a step of its own instead of being drawn anew at each sample.

mod burst;
mod form;
mod noise;
mod seasonal;
mod trend;

pub use burst::{Burst, BurstForm};
pub use form::Form;
pub use noise::DlimNoise;
pub use seasonal::Seasonal;
pub use trend::{Operator, Trend};

use form::Bounds;
use serde::{Deserialize, Serialize};

use super::pen::{CURVE_ERROR, Smooth};
use super::pieces::{self, step_of};
use super::profile::{Profile, check_count};
use super::{MAX_SEGMENTS, Pen, ShapeError};

/// A seasonal pattern with trend, bursts and noise. Default: four periods of 120 s with one peak from 10 to 100, a
/// trend from 1 to 1.5 and back, a burst of 50 each 160 s, uniform noise from -3 to 3 anew each second, seed 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dlim {
    /// The pattern of one period.
    pub seasonal: Seasonal,
    /// Number of periods.
    pub periods: u32,
    /// What the periods are multiplied by, or what is added to them.
    #[serde(default)]
    pub trend: Option<Trend>,
    /// What comes on top now and then.
    #[serde(default)]
    pub burst: Option<Burst>,
    /// What is random.
    #[serde(default)]
    pub noise: Option<DlimNoise>,
}

impl Default for Dlim {
    fn default() -> Self {
        Self {
            seasonal: Seasonal::default(),
            periods: 4,
            trend: Some(Trend::default()),
            burst: Some(Burst::default()),
            noise: Some(DlimNoise::default()),
        }
    }
}

/// More periods than this are a mistake, not an experiment.
const MAXIMUM_PERIODS: u32 = 100_000;

impl Dlim {
    /// The value without noise, which may be below 0 where a trend subtracts.
    fn quiet(&self, t_s: f64) -> f64 {
        let tau_s = t_s - step_of(t_s, self.seasonal.period_s) as f64 * self.seasonal.period_s;
        let season = self.seasonal.piece(tau_s).value(tau_s);
        let trended = match &self.trend {
            Some(trend) => trend.apply(season, trend.piece(t_s).value(t_s)),
            None => season,
        };
        trended + self.burst.as_ref().and_then(|b| b.piece(t_s)).map_or(0.0, |piece| piece.value(t_s))
    }

    /// A bound on the third derivative of the value without noise, between two moments of the same pieces.
    fn third(&self, from_s: f64, to_s: f64) -> f64 {
        let middle_s = (from_s + to_s) / 2.0;
        let period_s = step_of(middle_s, self.seasonal.period_s) as f64 * self.seasonal.period_s;
        let season = self.seasonal.piece(middle_s - period_s).bounds(from_s - period_s, to_s - period_s);
        let trended = match &self.trend {
            Some(trend) => {
                let factor = trend.piece(middle_s).bounds(from_s, to_s);
                match trend.operator {
                    Operator::Multiply => season.times(&factor),
                    Operator::Add => season.plus(&factor),
                }
            }
            None => season,
        };
        let burst = self.burst.as_ref().and_then(|b| b.piece(middle_s));
        trended.plus(&burst.map_or(Bounds::default(), |piece| piece.bounds(from_s, to_s))).third()
    }

    /// The moments at which one smooth piece ends and another begins.
    fn turns(&self) -> Result<Vec<f64>, ShapeError> {
        let duration_s = self.duration_s();
        let within = self.seasonal.turns();
        let bursts = self.burst.as_ref().map_or(0.0, |burst| duration_s / burst.every_s + 1.0);
        if f64::from(self.periods) * within.len() as f64 + 3.0 * bursts > MAX_SEGMENTS as f64 {
            return Err(ShapeError::TooManySegments);
        }
        let mut turns = vec![duration_s];
        for period in 0..self.periods {
            let start_s = f64::from(period) * self.seasonal.period_s;
            turns.extend(within.iter().map(|turn_s| start_s + turn_s));
        }
        turns.extend(self.trend.iter().flat_map(Trend::turns));
        turns.extend(self.burst.iter().flat_map(|burst| burst.turns(duration_s)));
        turns.retain(|turn_s| *turn_s > 0.0 && *turn_s <= duration_s);
        turns.sort_by(f64::total_cmp);
        Ok(turns)
    }

    /// A level that the value without noise stays below.
    fn ceiling(&self) -> f64 {
        let season = self.seasonal.ceiling();
        let trended = self.trend.as_ref().map_or(season, |trend| trend.apply(season, trend.ceiling()));
        trended + self.burst.as_ref().map_or(0.0, |burst| burst.peak)
    }
}

impl Profile for Dlim {
    fn value_at(&self, t_s: f64) -> f64 {
        let noise = self.noise.as_ref().map_or(0.0, |noise| noise.at(step_of(t_s, noise.step_s)));
        (self.quiet(t_s) + noise).max(0.0)
    }

    fn duration_s(&self) -> f64 {
        f64::from(self.periods) * self.seasonal.period_s
    }

    fn check(&self) -> Result<(), ShapeError> {
        self.seasonal.check()?;
        check_count("periods", f64::from(self.periods), MAXIMUM_PERIODS)?;
        self.trend.iter().try_for_each(Trend::check)?;
        self.burst.iter().try_for_each(Burst::check)?;
        self.noise.iter().try_for_each(DlimNoise::check)
    }

    fn draw(&self, pen: &mut Pen) -> Result<(), ShapeError> {
        let smooth = Smooth {
            value: &|t_s| self.quiet(t_s),
            third: &|from_s, to_s| self.third(from_s, to_s),
            tolerance: CURVE_ERROR * self.ceiling().abs(),
        };
        let mut quiet = Pen::default();
        for turn_s in self.turns()? {
            quiet.curve_to(turn_s, &smooth)?;
        }
        let quiet = quiet.finish();
        let drawn = match &self.noise {
            Some(noise) => pieces::stepped(&quiet, noise.step_s, |step| (1.0, noise.at(step)))?,
            None => pieces::clip(&quiet, 0.0, f64::INFINITY)?,
        };
        drawn.into_iter().try_for_each(|segment| pen.add(segment))
    }
}

#[cfg(test)]
mod tests;
