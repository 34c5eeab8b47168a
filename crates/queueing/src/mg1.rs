//! M/G/1: Poisson arrivals, service times of any law, one server.

use crate::positive;

/// Mean wait, first come first served (Pollaczek and Khinchine): `lambda E[S^2] / (2 (1 - rho))`.
///
/// `scv` is the squared coefficient of variation of the service time: 1 exponential, 0 constant.
pub fn mean_wait(arrival_rate: f64, mean_service_s: f64, scv: f64) -> Option<f64> {
    let rho = utilization(arrival_rate, mean_service_s)?;
    let second_moment = mean_service_s * mean_service_s * (1.0 + scv);
    (scv.is_finite() && scv >= 0.0).then(|| arrival_rate * second_moment / (2.0 * (1.0 - rho)))
}

/// Mean time in the system, first come first served.
pub fn mean_response(arrival_rate: f64, mean_service_s: f64, scv: f64) -> Option<f64> {
    mean_wait(arrival_rate, mean_service_s, scv).map(|wait| wait + mean_service_s)
}

/// Mean time in the system under processor sharing: `E[S] / (1 - rho)`, whatever the law of the service times.
pub fn shared_mean_response(arrival_rate: f64, mean_service_s: f64) -> Option<f64> {
    shared_response_of(arrival_rate, mean_service_s, mean_service_s)
}

/// Mean time in the system of a customer that needs `size_s`, under processor sharing: `x / (1 - rho)`.
pub fn shared_response_of(arrival_rate: f64, mean_service_s: f64, size_s: f64) -> Option<f64> {
    utilization(arrival_rate, mean_service_s).map(|rho| size_s / (1.0 - rho))
}

fn utilization(arrival_rate: f64, mean_service_s: f64) -> Option<f64> {
    let can = arrival_rate.is_finite() && arrival_rate >= 0.0 && positive(mean_service_s);
    Some(arrival_rate * mean_service_s).filter(|rho| can && *rho < 1.0)
}
