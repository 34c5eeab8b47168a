//! Laws of demands and pauses.

use serde::{Deserialize, Serialize};

use crate::stream::Stream;

/// How a time is distributed. All in seconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// Always the same.
    Constant {
        /// That.
        mean_s: f64,
    },
    /// Uniform between two bounds.
    Uniform {
        /// Least.
        min_s: f64,
        /// Most.
        max_s: f64,
    },
    /// Exponential.
    Exponential {
        /// Mean.
        mean_s: f64,
    },
    /// Lognormal, by mean and squared coefficient of variation.
    Lognormal {
        /// Mean.
        mean_s: f64,
        /// Variance over the mean's square.
        scv: f64,
    },
    /// Gamma, by mean and squared coefficient of variation.
    Gamma {
        /// Mean.
        mean_s: f64,
        /// Variance over the mean's square.
        scv: f64,
    },
    /// One of these, each as likely as another.
    Empirical(Vec<f64>),
}

impl Law {
    /// Nothing at all.
    pub const NOTHING: Law = Law::Constant { mean_s: 0.0 };

    /// True if its parameters can be: finite, not below zero, a variation of more than nothing.
    pub fn is_valid(&self) -> bool {
        let time = |s: f64| s.is_finite() && s >= 0.0;
        let scv_ok = |scv: f64| scv.is_finite() && scv > 0.0 && scv <= 1e4;
        match self {
            Law::Constant { mean_s } | Law::Exponential { mean_s } => time(*mean_s),
            Law::Uniform { min_s, max_s } => time(*min_s) && time(*max_s) && min_s <= max_s,
            Law::Lognormal { mean_s, scv } | Law::Gamma { mean_s, scv } => time(*mean_s) && scv_ok(*scv),
            Law::Empirical(values) => !values.is_empty() && values.iter().all(|v| time(*v)),
        }
    }

    /// Mean, in seconds.
    pub fn mean_s(&self) -> f64 {
        match self {
            Law::Constant { mean_s }
            | Law::Exponential { mean_s }
            | Law::Lognormal { mean_s, .. }
            | Law::Gamma { mean_s, .. } => *mean_s,
            Law::Uniform { min_s, max_s } => (min_s + max_s) / 2.0,
            Law::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
        }
    }

    /// Variance over the mean's square; 0 where the mean is nothing.
    pub fn scv(&self) -> f64 {
        match self {
            Law::Constant { .. } => 0.0,
            Law::Uniform { min_s, max_s } if *max_s > 0.0 => {
                let (width, mean) = (max_s - min_s, self.mean_s());
                width * width / 12.0 / (mean * mean)
            }
            Law::Uniform { .. } => 0.0,
            Law::Exponential { .. } => 1.0,
            Law::Lognormal { scv, .. } | Law::Gamma { scv, .. } => *scv,
            Law::Empirical(values) => {
                let mean = self.mean_s();
                let squares = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
                if mean > 0.0 { squares / values.len() as f64 / (mean * mean) } else { 0.0 }
            }
        }
    }

    /// One of it.
    pub(crate) fn sample(&self, stream: &mut Stream) -> f64 {
        match self {
            Law::Constant { mean_s } => *mean_s,
            Law::Uniform { min_s, max_s } => min_s + (max_s - min_s) * stream.unit(),
            Law::Exponential { mean_s } => -mean_s * stream.unit().ln(),
            Law::Lognormal { mean_s, scv } => {
                let variance = scv.ln_1p();
                mean_s * (variance.sqrt() * stream.normal() - variance / 2.0).exp()
            }
            Law::Gamma { mean_s, scv } => mean_s * scv * gamma(1.0 / scv, stream),
            Law::Empirical(values) => values[stream.below(values.len())],
        }
    }
}

/// Gamma of this shape and scale 1 (Marsaglia and Tsang 2000).
fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    if shape < 1.0 {
        let power = stream.unit().powf(1.0 / shape);
        return gamma(shape + 1.0, stream) * power;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = stream.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && stream.unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_law_has_the_mean_and_the_variation_that_it_says() {
        let n = 400_000;
        for law in [
            Law::Constant { mean_s: 0.3 },
            Law::Uniform { min_s: 0.1, max_s: 0.5 },
            Law::Exponential { mean_s: 0.02 },
            Law::Lognormal { mean_s: 2.0, scv: 0.5 },
            Law::Lognormal { mean_s: 2.0, scv: 2.0 },
            Law::Gamma { mean_s: 0.5, scv: 0.25 },
            Law::Gamma { mean_s: 0.5, scv: 3.0 },
            Law::Empirical([0.1, 0.1, 0.4, 1.0].into()),
        ] {
            let mut stream = Stream::new(11);
            let draws: Vec<f64> = (0..n).map(|_| law.sample(&mut stream)).collect();
            let mean = draws.iter().sum::<f64>() / n as f64;
            let variance = draws.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / n as f64;
            assert!(draws.iter().all(|d| d.is_finite() && *d >= 0.0), "{law:?}");
            assert!((mean / law.mean_s() - 1.0).abs() < 0.01, "{law:?} {mean}");
            assert!((variance / (mean * mean) - law.scv()).abs() < 0.08 * law.scv() + 1e-9, "{law:?}");
        }
    }

    #[test]
    fn a_law_that_cannot_be_is_told() {
        for law in [
            Law::Constant { mean_s: -1.0 },
            Law::Exponential { mean_s: f64::NAN },
            Law::Gamma { mean_s: 1.0, scv: 0.0 },
            Law::Uniform { min_s: 2.0, max_s: 1.0 },
            Law::Empirical([].into()),
            Law::Empirical([f64::INFINITY].into()),
        ] {
            assert!(!law.is_valid(), "{law:?}");
        }
        assert!(Law::NOTHING.is_valid());
    }
}
