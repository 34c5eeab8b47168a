//! How a DLIM piece gets from one level to another.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

/// The way from one level to another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Half a sine wave: slow, fast, slow (LIMBO's `SinTrend`).
    #[default]
    Sin,
    /// A straight line (`LinearTrend`).
    Linear,
    /// Steeper the higher (`ExponentialTrend`).
    Exponential,
    /// Steeper the lower (`LogarithmicTrend` of order 4, LIMBO's default).
    Logarithmic,
}

/// LIMBO's default `order` of a logarithmic trend.
const ORDER: f64 = 4.0;

/// One piece: from one level to another between two moments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub start_s: f64,
    pub length_s: f64,
    pub from: f64,
    pub to: f64,
    pub form: Form,
}

/// Bounds on the sizes of a function and of its first three derivatives.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds([f64; 4]);

impl Bounds {
    pub fn plus(&self, other: &Self) -> Self {
        Self([0, 1, 2, 3].map(|i| self.0[i] + other.0[i]))
    }

    /// Of the product, by Leibniz's rule.
    pub fn times(&self, other: &Self) -> Self {
        let ([a, a1, a2, a3], [b, b1, b2, b3]) = (self.0, other.0);
        Self([
            a * b,
            a1 * b + a * b1,
            a2 * b + 2.0 * a1 * b1 + a * b2,
            a3 * b + 3.0 * a2 * b1 + 3.0 * a1 * b2 + a * b3,
        ])
    }

    pub fn third(&self) -> f64 {
        self.0[3]
    }
}

impl Piece {
    /// The same level all the time.
    pub fn flat(level: f64) -> Self {
        Self { start_s: 0.0, length_s: 1.0, from: level, to: level, form: Form::Linear }
    }

    /// The value at a moment of this piece.
    pub fn value(&self, t_s: f64) -> f64 {
        let (from, to) = (self.from, self.to);
        if from == to {
            return from;
        }
        let u = self.share(t_s);
        match self.form {
            Form::Linear => from + (to - from) * u,
            Form::Sin => from + (to - from) * (1.0 - (PI * u).cos()) / 2.0,
            Form::Exponential => {
                let (offset, base, rate) = self.exponential();
                offset + base * (rate * u).exp()
            }
            Form::Logarithmic => {
                let (low, u) = if from > to { (to, 1.0 - u) } else { (from, u) };
                low + (to - from).abs() / ORDER * (u * (ORDER.exp() - 1.0) + 1.0).ln()
            }
        }
    }

    /// Bounds between two moments of this piece.
    pub fn bounds(&self, from_s: f64, to_s: f64) -> Bounds {
        let height = (self.to - self.from).abs();
        let (a, b) = (self.share(from_s), self.share(to_s));
        let [first, second, third] = if height == 0.0 {
            [0.0; 3]
        } else {
            match self.form {
                Form::Linear => [height, 0.0, 0.0],
                Form::Sin => [1, 2, 3].map(|n| height / 2.0 * PI.powi(n)),
                Form::Exponential => {
                    let (_, base, rate) = self.exponential();
                    let highest = base * (rate * a).exp().max((rate * b).exp());
                    [1, 2, 3].map(|n| highest * rate.abs().powi(n))
                }
                Form::Logarithmic => {
                    // Steepest at the low end: derivatives of ln(c u + 1) are c^n (n - 1)! / (c u + 1)^n.
                    let lowest = if self.from > self.to { 1.0 - b } else { a };
                    let c = ORDER.exp() - 1.0;
                    let slope = c / (c * lowest + 1.0);
                    [(1, 1.0), (2, 1.0), (3, 2.0)].map(|(n, f)| height / ORDER * f * slope.powi(n))
                }
            }
        };
        let l = self.length_s;
        Bounds([self.from.abs().max(self.to.abs()), first / l, second / (l * l), third / (l * l * l)])
    }

    /// LIMBO's exponential trend as `offset + base * exp(rate * u)`; levels at or below 0 are lifted to 0.5 first.
    fn exponential(&self) -> (f64, f64, f64) {
        let low = self.from.min(self.to);
        let lift = if low <= 0.0 { 0.5 - low } else { 0.0 };
        let (from, to) = (self.from + lift, self.to + lift);
        (-lift, from, (to / from).ln())
    }

    fn share(&self, t_s: f64) -> f64 {
        ((t_s - self.start_s) / self.length_s).clamp(0.0, 1.0)
    }
}
