//! Exact mean value analysis of a closed network: so many users, who think and then visit each station once.
//!
//! `R_k(n) = D_k (1 + Q_k(n - 1))` at a queue, `D_k` at a delay; `X(n) = n / (Z + sum R_k)`; `Q_k = X R_k`.

/// A station.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Station {
    /// One server with a queue, or processor sharing: its demand per visit of a user, in seconds.
    Queue(f64),
    /// Servers enough for everyone: its time, in seconds.
    Delay(f64),
}

/// What comes out for a number of users.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// Users that come through, a second.
    pub throughput: f64,
    /// Time from leaving thought to coming back to it, in seconds.
    pub response_s: f64,
    /// Of that, at each station.
    pub station_response_s: Vec<f64>,
    /// Mean number of users at each station.
    pub station_users: Vec<f64>,
}

/// Solves for `users` who think `think_s`. `None` for no user, a negative or infinite time, or no time at all.
pub fn solve(stations: &[Station], users: u64, think_s: f64) -> Option<Solution> {
    let demand = |s: &Station| match *s {
        Station::Queue(d) | Station::Delay(d) => d,
    };
    let can = |d: f64| d.is_finite() && d >= 0.0;
    let total = think_s + stations.iter().map(demand).sum::<f64>();
    if users == 0 || !can(think_s) || !stations.iter().map(demand).all(can) || total <= 0.0 {
        return None;
    }
    let mut solution = Solution {
        throughput: 0.0,
        response_s: 0.0,
        station_response_s: vec![0.0; stations.len()],
        station_users: vec![0.0; stations.len()],
    };
    for n in 1..=users {
        for ((station, response), queued) in
            stations.iter().zip(&mut solution.station_response_s).zip(&solution.station_users)
        {
            *response = match *station {
                Station::Queue(d) => d * (1.0 + queued),
                Station::Delay(d) => d,
            };
        }
        solution.response_s = solution.station_response_s.iter().sum();
        solution.throughput = n as f64 / (think_s + solution.response_s);
        for (queued, response) in solution.station_users.iter_mut().zip(&solution.station_response_s) {
            *queued = solution.throughput * response;
        }
    }
    Some(solution)
}
