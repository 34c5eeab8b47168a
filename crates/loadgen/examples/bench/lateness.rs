//! Arrivals at a server against the ideal grid.

use std::net::TcpListener;

use super::client;
use super::process::pin;
use super::server::{Waiting, serve};

/// What a server saw of a uniform schedule.
pub struct Seen {
    /// Arrival − due, microseconds, sorted.
    pub late_us: Vec<f64>,
    /// Share of arrivals that came less than a tenth of the interval after the one before.
    pub back_to_back: f64,
    /// Relative error of the rate over the whole run.
    pub rate_error: f64,
}

impl Seen {
    /// A quantile of the lateness, microseconds.
    pub fn at(&self, quantile: f64) -> f64 {
        self.late_us[((self.late_us.len() - 1) as f64 * quantile) as usize]
    }
}

/// A server on core 0, the generator on core 1.
pub fn measure(rate_per_s: f64, duration_s: f64, spin_us: Option<f64>) -> Seen {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (arrivals_in, arrivals) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        pin(0);
        serve(listener, Waiting::Awake, |at_unix_s| arrivals_in.send(at_unix_s).unwrap());
    });
    pin(1);
    let mut spec = client::open(&address, rate_per_s, duration_s);
    spec.spin_s = spin_us.map(|us| us / 1e6);
    let outcome = client::outcome(spec);
    let seen: Vec<f64> = arrivals.try_iter().collect();
    let due_s = |k: usize| outcome.start_unix_s + (k as f64 + 0.5) / rate_per_s;
    let mut late_us: Vec<f64> =
        seen.iter().enumerate().map(|(k, at)| ((at - due_s(k)) * 1e6).round()).collect();
    late_us.sort_by(f64::total_cmp);
    let near = seen.windows(2).filter(|pair| pair[1] - pair[0] < 0.1 / rate_per_s).count();
    let span_s = seen.last().unwrap() - seen.first().unwrap();
    Seen {
        back_to_back: near as f64 / (seen.len() - 1) as f64,
        rate_error: ((seen.len() - 1) as f64 / span_s / rate_per_s - 1.0).abs(),
        late_us,
    }
}

/// Prints it, for people and for `bench table`: after each name its value.
pub fn print(s: &Seen) {
    println!(
        "at the server, us: p50 {} p99 {} p99.9 {} max {}; back-to-back {:.2} %; arrivals {}; rate error {:.4} %",
        s.at(0.5),
        s.at(0.99),
        s.at(0.999),
        s.at(1.0),
        100.0 * s.back_to_back,
        s.late_us.len(),
        100.0 * s.rate_error
    );
}
