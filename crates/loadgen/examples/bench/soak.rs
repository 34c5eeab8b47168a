//! Memory over time.

use super::process::{Background, pin, resident_mb};
use super::{client, server};

/// Sends `rate_per_s` for `minutes` and prints the resident memory every ten seconds.
pub fn run(rate_per_s: f64, minutes: f64) {
    let address = "127.0.0.1:9301";
    let _server = Background::start(&["serve", address]);
    while std::net::TcpStream::connect(address).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    pin(1);
    let started_s = server::unix_now_s();
    let handle = swarmlab_loadgen::start(client::open(address, rate_per_s, minutes * 60.0)).unwrap();
    let mut seen: Vec<(f64, f64)> = Vec::new();
    for interval in handle.intervals() {
        if interval.index % 10 == 9 {
            let at = (server::unix_now_s() - started_s, resident_mb());
            println!("{:6.0} s  {:7.2} MB  {} sent", at.0, at.1, interval.tally().sent);
            seen.push(at);
        }
    }
    let outcome = handle.join().unwrap();
    let first = seen.get(seen.len() / 10).map_or(0.0, |s| s.1);
    let last = seen.last().map_or(0.0, |s| s.1);
    println!(
        "{} requests; {last:.1} MB at the end, {:+.2} MB since a tenth of the run",
        outcome.overall.tally.completed,
        last - first
    );
}
