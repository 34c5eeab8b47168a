//! Autoregression: `y_t - m = sum phi_i (y_{t-i} - m) + e`, fitted by the Yule-Walker equations with the biased
//! autocovariances (always stationary), solved by Levinson and Durbin (Brockwell and Davis, *Time Series*, 1991, 8.1-8.2).

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// AR(p) over a moving window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ar {
    /// `p`.
    pub order: usize,
    /// Values that it is fitted to.
    pub window: usize,
    /// The last of them.
    #[serde(default)]
    pub history: VecDeque<f64>,
}

impl Ar {
    /// A fresh one.
    pub fn new(order: usize, window: usize) -> Self {
        Self { order, window, history: VecDeque::new() }
    }

    /// Values before it can forecast: three for each coefficient and one for the mean, as far as the window goes.
    pub fn needs(&self) -> usize {
        (3 * self.order + 1).min(self.window)
    }

    /// Takes the next value.
    pub fn observe(&mut self, y: f64) {
        self.history.push_back(y);
        while self.history.len() > self.window {
            self.history.pop_front();
        }
    }

    /// The value so many steps after the last.
    pub fn ahead(&self, steps: usize) -> Option<f64> {
        if self.history.len() < self.needs() || self.history.is_empty() {
            return None;
        }
        let values: Vec<f64> = self.history.iter().copied().collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let phi = yule_walker(&values, self.order);
        let mut recent: Vec<f64> = values.iter().rev().take(self.order).map(|y| y - mean).collect();
        let mut next = recent.first().copied().unwrap_or(0.0);
        for _ in 0..steps {
            next = phi.iter().zip(&recent).map(|(p, y)| p * y).sum();
            recent.insert(0, next);
            recent.truncate(self.order);
        }
        Some(mean + next)
    }
}

/// The coefficients `phi_1..phi_p`; zeros for a series that does not move.
pub fn yule_walker(values: &[f64], order: usize) -> Vec<f64> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let centred: Vec<f64> = values.iter().map(|y| y - mean).collect();
    let covariance =
        |k: usize| centred.iter().zip(centred.iter().skip(k)).map(|(a, b)| a * b).sum::<f64>() / n;
    let mut phi: Vec<f64> = Vec::new();
    let mut error = covariance(0);
    for k in 1..=order {
        // A series that is explained to the last digit has nothing left for further coefficients.
        if error <= f64::EPSILON * covariance(0).abs() || !error.is_finite() {
            break;
        }
        let known: f64 = phi.iter().enumerate().map(|(j, p)| p * covariance(k - 1 - j)).sum();
        let reflection = (covariance(k) - known) / error;
        let turned: Vec<f64> = phi.iter().zip(phi.iter().rev()).map(|(a, b)| a - reflection * b).collect();
        phi = turned;
        phi.push(reflection);
        error *= 1.0 - reflection * reflection;
    }
    phi.resize(order, 0.0);
    phi
}
