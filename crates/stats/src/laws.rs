//! Operational laws: Denning & Buzen (1978), "The operational analysis of queueing network models"; Lazowska,
//! Zahorjan, Graham & Sevcik (1984), "Quantitative System Performance", chapters 3 and 5.

use serde::{Deserialize, Serialize};

use crate::error::StatsError;

fn check(name: &str, value: f64, positive: bool) -> Result<f64, StatsError> {
    let fits = value.is_finite() && if positive { value > 0.0 } else { value >= 0.0 };
    let expected = if positive { "positive" } else { "zero or more" };
    if fits { Ok(value) } else { Err(StatsError::out_of_range(name, expected)) }
}

/// Utilisation law `U = X D / c`: share of `cores` kept busy. Above 1 the load cannot be carried.
///
/// # Errors
/// Negative or not finite arguments, `cores` not positive.
pub fn utilisation(throughput_per_s: f64, demand_s: f64, cores: f64) -> Result<f64, StatsError> {
    let x = check("throughput_per_s", throughput_per_s, false)?;
    Ok(x * check("demand_s", demand_s, false)? / check("cores", cores, true)?)
}

/// Little's law on a closed loop, `N = X (R + Z)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LittleCheck {
    /// N measured.
    pub users: f64,
    /// `X (R + Z)`.
    pub users_by_law: f64,
    /// `|N - X (R + Z)| / N`.
    pub relative_gap: f64,
}

impl LittleCheck {
    /// Gap above which the measurements contradict each other.
    pub const TOLERANCE: f64 = 0.05;

    /// Whether the gap is within [`Self::TOLERANCE`].
    #[must_use]
    pub fn holds(&self) -> bool {
        self.relative_gap <= Self::TOLERANCE
    }
}

/// Compares measured users (mean number in the loop) with `X (R + Z)`: throughput, mean response and mean think
/// time. With `Z = 0` it is the law of an open system, N being the requests in flight.
///
/// # Errors
/// Negative or not finite arguments, `users` not positive.
pub fn little(
    users: f64,
    throughput_per_s: f64,
    response_s: f64,
    think_s: f64,
) -> Result<LittleCheck, StatsError> {
    let users = check("users", users, true)?;
    let x = check("throughput_per_s", throughput_per_s, false)?;
    let users_by_law = x * (check("response_s", response_s, false)? + check("think_s", think_s, false)?);
    Ok(LittleCheck { users, users_by_law, relative_gap: (users - users_by_law).abs() / users })
}

/// A resource each request visits.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Station {
    /// Busy seconds per request, over all its visits and servers.
    pub demand_s: f64,
    /// Parallel servers: cores.
    pub servers: f64,
}

/// Asymptotic bounds of a closed loop. A station of c servers carries at most `c/D`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// D: response time of a lone request.
    pub demand_total_s: f64,
    /// D_max: largest demand per server.
    pub demand_max_s: f64,
    /// Index of that station: the bottleneck.
    pub bottleneck: usize,
    /// Z, the time between an answer and the next request of a user, seconds.
    pub think_s: f64,
}

impl Bounds {
    /// Bounds of the stations with think time `think_s`.
    ///
    /// # Errors
    /// Negative or not finite values, servers not positive, no station with a demand.
    pub fn new(stations: &[Station], think_s: f64) -> Result<Self, StatsError> {
        check("think_s", think_s, false)?;
        let (mut total, mut largest, mut bottleneck) = (0.0, 0.0, 0);
        for (index, station) in stations.iter().enumerate() {
            let demand = check("demand_s", station.demand_s, false)?;
            let share = demand / check("servers", station.servers, true)?;
            total += demand;
            if share > largest {
                (largest, bottleneck) = (share, index);
            }
        }
        check("sum of demands", largest, true)?;
        Ok(Self { demand_total_s: total, demand_max_s: largest, bottleneck, think_s })
    }

    /// `X <= min(1/D_max, N/(D + Z))`.
    #[must_use]
    pub fn throughput_max_per_s(&self, users: f64) -> f64 {
        (1.0 / self.demand_max_s).min(users / (self.demand_total_s + self.think_s))
    }

    /// `R >= max(D, N D_max - Z)`.
    #[must_use]
    pub fn response_min_s(&self, users: f64) -> f64 {
        self.demand_total_s.max(users * self.demand_max_s - self.think_s)
    }

    /// `N* = (D + Z)/D_max`: users from which requests must queue.
    #[must_use]
    pub fn saturation_users(&self) -> f64 {
        (self.demand_total_s + self.think_s) / self.demand_max_s
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn utilisation_by_hand() {
        assert!((utilisation(100.0, 0.015, 2.0).unwrap() - 0.75).abs() < 1e-15);
        assert!(utilisation(-1.0, 0.015, 2.0).is_err());
        assert!(utilisation(1.0, 0.015, 0.0).is_err());
    }

    #[test]
    fn little_within_and_beyond_tolerance() {
        let good = little(50.0, 40.0, 0.25, 1.0).unwrap();
        assert!(good.relative_gap < 1e-15 && good.holds());
        let bad = little(50.0, 40.0, 0.15, 1.0).unwrap();
        assert!((bad.relative_gap - 0.08).abs() < 1e-12 && !bad.holds());
        assert!(little(0.0, 1.0, 1.0, 0.0).is_err());
        assert!(little(1.0, f64::NAN, 1.0, 0.0).is_err());
    }

    #[test]
    fn bounds_meet_at_saturation() {
        let stations = [
            Station { demand_s: 0.005, servers: 1.0 },
            Station { demand_s: 0.030, servers: 4.0 },
            Station { demand_s: 0.010, servers: 1.0 },
        ];
        let b = Bounds::new(&stations, 1.0).unwrap();
        assert_eq!(b.bottleneck, 2);
        assert!((b.saturation_users() - 104.5).abs() < 1e-9);
        assert!((b.throughput_max_per_s(104.5) - 100.0).abs() < 1e-9);
        assert!((b.throughput_max_per_s(10.45) - 10.0).abs() < 1e-9);
        assert!((b.throughput_max_per_s(1e6) - 100.0).abs() < 1e-9);
        assert!((b.response_min_s(1.0) - 0.045).abs() < 1e-12);
        assert!((b.response_min_s(204.5) - 1.045).abs() < 1e-9);
        assert!(Bounds::new(&[], 1.0).is_err());
    }
}
