//! M/M/1: Poisson arrivals, exponential service, one server.

use crate::positive;

/// Mean time in the system: `1 / (mu - lambda)`.
pub fn mean_response(arrival_rate: f64, service_rate: f64) -> Option<f64> {
    stable(arrival_rate, service_rate).map(|spare| 1.0 / spare)
}

/// Probability that a customer is longer than `t_s` in the system: `e^{-(mu - lambda) t}`.
pub fn response_tail(arrival_rate: f64, service_rate: f64, t_s: f64) -> Option<f64> {
    stable(arrival_rate, service_rate).map(|spare| (-spare * t_s.max(0.0)).exp())
}

/// The time that a share `p` of the customers stays below, `0 <= p < 1`.
pub fn response_quantile(arrival_rate: f64, service_rate: f64, p: f64) -> Option<f64> {
    let spare = stable(arrival_rate, service_rate)?;
    (0.0..1.0).contains(&p).then(|| -(-p).ln_1p() / spare)
}

fn stable(arrival_rate: f64, service_rate: f64) -> Option<f64> {
    let can = arrival_rate.is_finite() && arrival_rate >= 0.0 && positive(service_rate);
    Some(service_rate - arrival_rate).filter(|spare| can && *spare > 0.0)
}
