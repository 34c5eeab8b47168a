//! All figures in one table, as docs/measurement.md shows it.

use super::lateness;
use super::pairs::{Pairs, median};
use super::process::{Background, measured, myself};

const ADDRESS: &str = "127.0.0.1:9302";
const USERS: &str = "50";

/// Measures everything and prints a Markdown table.
pub fn print(pairs: usize, seconds: f64) {
    let server = Background::start(&["serve", ADDRESS]);
    while std::net::TcpStream::connect(ADDRESS).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let length = seconds.to_string();
    let url = format!("http://{ADDRESS}/");
    let duration = format!("{seconds}s");
    let closed = || ours(&["closed", ADDRESS, USERS, &length]);
    let wrk = || {
        let (text, cpu_s) = measured(1, "wrk", &["-t1", "-c50", "-d", &duration, "--latency", &url])?;
        let line = text.lines().find(|l| l.contains(" requests in "))?;
        Some(cpu_s * 1e6 / line.split_whitespace().next()?.parse::<f64>().ok()?)
    };
    println!("| figure | goal | measured |");
    println!("|---|---|---|");
    row("CPU per request, closed loop, 50 connections, against wrk", "<= 1.0x", pairs, closed, wrk);
    let hyper = || ours(&["hyper", ADDRESS, USERS, &length]);
    row("the same against hyper on a runtime per core", "keep the better", pairs, closed, hyper);
    let journey = || ours(&["journey", ADDRESS, USERS, &length]);
    row(
        "a journey (4 steps, 2 extractions, 1 assertion, a feeder) against the plain request",
        "<= 1.6x",
        pairs,
        journey,
        closed,
    );
    // The closed loop at the same rate would wait; the goal compares CPU per request, whatever the rate.
    let open = || ours(&["open", ADDRESS, "20000", &length]);
    row("open loop at 20k requests/s against the closed loop", "<= 1.15x", pairs, open, closed);
    drop(server);
    let mut p50 = Vec::new();
    let mut p99 = Vec::new();
    let mut near = Vec::new();
    for _ in 0..pairs {
        let program = myself();
        // In a process of its own: pinning is for ever.
        if let Some((text, _)) = measured(1, &program, &["lateness", "5000", &length]) {
            let word = |name: &str| {
                let at = text.split_whitespace().position(|w| w == name)?;
                text.split_whitespace().nth(at + 1)?.parse::<f64>().ok()
            };
            p50.extend(word("p50"));
            p99.extend(word("p99"));
            near.extend(
                word("back")
                    .and(text.split("back to back ").nth(1))
                    .and_then(|t| t.split_whitespace().next()?.parse::<f64>().ok()),
            );
        }
    }
    println!(
        "| lateness at the server, 5k requests/s uniform, p50 / p99 | <= 20 / 100 us | {:.0} / {:.0} us |",
        median(&p50),
        median(&p99)
    );
    println!("| back-to-back arrivals, uniform | <= 1 % | {:.2} % |", median(&near));
    let minute = lateness::measure(5000.0, 60.0, 0.0);
    println!("| rate error over 60 s | <= 0.01 % | {:.4} % |", 100.0 * minute.rate_error);
}

/// CPU of this program's own load, microseconds a request, everything the process used included.
fn ours(arguments: &[&str]) -> Option<f64> {
    let (text, cpu_s) = measured(1, &myself(), arguments)?;
    let line = text.lines().find_map(|l| l.strip_prefix("Requests: "))?;
    Some(cpu_s * 1e6 / line.trim().parse::<f64>().ok()?)
}

fn row(
    name: &str,
    goal: &str,
    pairs: usize,
    ours: impl FnMut() -> Option<f64>,
    theirs: impl FnMut() -> Option<f64>,
) {
    eprintln!("{name}");
    match Pairs::measure(pairs, ours, theirs) {
        Some(p) => {
            let (ratio, least, most) = p.ratio();
            println!(
                "| {name} | {goal} | {ratio:.2}x ({least:.2} to {most:.2}); {:.2} against {:.2} us |",
                median(&p.ours),
                median(&p.theirs)
            );
        }
        None => println!("| {name} | {goal} | not measured: a program is missing |"),
    }
}
