//! Random material for the tests, seeded.
#![allow(dead_code)]

use rand::Rng;

/// A standard normal number (Box & Muller).
pub fn normal<R: Rng>(rng: &mut R) -> f64 {
    let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// Stationary AR(1) with unit variance.
pub fn ar1<R: Rng>(rng: &mut R, n: usize, rho: f64) -> Vec<f64> {
    let mut state = normal(rng);
    (0..n)
        .map(|_| {
            state = rho * state + (1.0 - rho * rho).sqrt() * normal(rng);
            state
        })
        .collect()
}

/// An exponential number of the given mean.
pub fn exponential<R: Rng>(rng: &mut R, mean: f64) -> f64 {
    -mean * (1.0 - rng.random::<f64>()).ln()
}

/// Poisson arrivals of a rate over one second.
pub fn poisson<R: Rng>(rng: &mut R, rate: f64) -> u32 {
    let (mut t, mut count) = (0.0, 0);
    loop {
        t += exponential(rng, 1.0 / rate);
        if t > 1.0 {
            return count;
        }
        count += 1;
    }
}

/// Load shapes over `n` bins, 5 to 60 requests per second.
pub fn shapes(n: usize) -> Vec<(&'static str, Vec<f64>)> {
    let share = |t: usize| t as f64 / n as f64;
    let shape = |f: &dyn Fn(f64) -> f64| (0..n).map(|t| f(share(t))).collect();
    vec![
        ("ramp", shape(&|s| 5.0 + 55.0 * s)),
        ("step", shape(&|s| 10.0 + 10.0 * (s * 10.0).floor().min(9.0 - (s * 10.0).floor()))),
        ("spike", shape(&|s| if (0.4..0.6).contains(&s) { 60.0 } else { 10.0 })),
        ("cyclical", shape(&|s| 32.5 + 27.5 * (s * 4.0 * std::f64::consts::TAU).sin())),
    ]
}
