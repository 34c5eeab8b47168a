//! Additive Holt-Winters (Winters, *Management Science* 6(3), 1960), in the form of the recursions
//! `l = a (y - s_{-m}) + (1 - a)(l + b)`, `b = B (l - l_{-1}) + (1 - B) b`, `s = g (y - l) + (1 - g) s_{-m}`.
//!
//! Without a season it is Holt's linear trend. As a state space with the error `e` before the level moves (ETS), the trend
//! moves by `a B e` and the season by `g (1 - a) e`.

use serde::{Deserialize, Serialize};

/// Level, trend and season.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoltWinters {
    /// How fast the level follows, 0 to 1.
    pub alpha: f64,
    /// How fast the trend follows, 0 to 1.
    pub beta: f64,
    /// How fast the season follows, 0 to 1.
    pub gamma: f64,
    /// Steps in a season; 0 or 1 is none.
    pub season: usize,
    /// The first values, until there are enough to begin.
    #[serde(default)]
    pub first: Vec<f64>,
    /// What it knows then.
    #[serde(default)]
    pub state: Option<State>,
}

/// What it knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Level after the last value.
    pub level: f64,
    /// Trend a step.
    pub trend: f64,
    /// The seasonal parts; the next value's first.
    pub seasonal: Vec<f64>,
}

impl HoltWinters {
    /// A fresh one.
    pub fn new(alpha: f64, beta: f64, gamma: f64, season: usize) -> Self {
        Self { alpha, beta, gamma, season, first: Vec::new(), state: None }
    }

    /// Values before it can forecast: two seasons, or two values without one.
    pub fn needs(&self) -> usize {
        if self.season > 1 { 2 * self.season } else { 2 }
    }

    pub(super) fn seen(&self) -> usize {
        if self.state.is_some() { self.needs() } else { self.first.len() }
    }

    /// Forgets all values.
    pub fn reset(&mut self) {
        self.first.clear();
        self.state = None;
    }

    /// Takes the next value.
    pub fn observe(&mut self, y: f64) {
        if self.state.is_some() {
            self.advance(y);
            return;
        }
        self.first.push(y);
        if self.first.len() >= self.needs() {
            let first = std::mem::take(&mut self.first);
            self.state =
                Some(if self.season > 1 { begin(&first, self.season) } else { begin_linear(&first) });
            for y in first {
                self.advance(y);
            }
        }
    }

    fn advance(&mut self, y: f64) {
        let Self { alpha, beta, gamma, .. } = *self;
        let Some(state) = &mut self.state else { return };
        let season = state.seasonal.first().copied();
        let level = alpha * (y - season.unwrap_or(0.0)) + (1.0 - alpha) * (state.level + state.trend);
        state.trend = beta * (level - state.level) + (1.0 - beta) * state.trend;
        state.level = level;
        if let Some(old) = season {
            state.seasonal.rotate_left(1);
            if let Some(last) = state.seasonal.last_mut() {
                *last = gamma * (y - level) + (1.0 - gamma) * old;
            }
        }
    }

    /// The value so many steps after the last.
    pub fn ahead(&self, steps: usize) -> Option<f64> {
        let state = self.state.as_ref()?;
        let season = match state.seasonal.len() {
            0 => 0.0,
            m => state.seasonal.get(steps.saturating_sub(1) % m).copied().unwrap_or(0.0),
        };
        Some(state.level + steps as f64 * state.trend + season)
    }
}

/// From two seasons: the trend between their means, the level before the first value, the mean of what is left of each
/// place in the season.
fn begin(first: &[f64], m: usize) -> State {
    let (one, two) = first.split_at(m.min(first.len()));
    let mean = |v: &[f64]| v.iter().sum::<f64>() / m as f64;
    let trend = (mean(two) - mean(one)) / m as f64;
    let level = mean(one) - trend * (m as f64 + 1.0) / 2.0;
    let left = |i: usize, y: &f64| y - (level + trend * (i + 1) as f64);
    let pairs = one.iter().zip(two).enumerate();
    let seasonal = pairs.map(|(i, (a, b))| (left(i, a) + left(i + m, b)) / 2.0).collect();
    State { level, trend, seasonal }
}

/// From two values: they lie on the line.
fn begin_linear(first: &[f64]) -> State {
    let a = first.first().copied().unwrap_or(0.0);
    let trend = first.get(1).map_or(0.0, |b| b - a);
    State { level: a - trend, trend, seasonal: Vec::new() }
}
