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
    // Who sends 20,000 requests a second one by one goes to sleep for each; at full speed nobody sleeps. What a sleep
    // costs is the machine's: the last two rows tell.
    let at_20k = |what: &'static str| move || ours(&[what, ADDRESS, "20000", &seconds.to_string()]);
    let poisson = || ours(&["open", ADDRESS, "20000", &length, "poisson"]);
    row("open loop at 20k requests/s against the closed loop", "<= 1.15x", pairs, at_20k("open"), closed);
    row(
        "Poisson arrivals at 20k against users who think, at that rate",
        "<= 1.15x",
        pairs,
        poisson,
        at_20k("paced"),
    );
    row("the same against a bare loop: sleep, send, receive", "", pairs, at_20k("open"), at_20k("bare"));
    row("the same against only sleeping 20,000 times a second", "", pairs, at_20k("open"), at_20k("sleep"));
    drop(server);
    for (spinning, spin_us) in
        [("never spinning", Some("0")), ("by default", None), ("spinning 50 us", Some("50"))]
    {
        let [mut p50, mut p99, mut near] = [const { Vec::new() }; 3];
        for _ in 0..pairs {
            // In a process of its own: pinning is for ever.
            let Some((text, _)) =
                measured(1, &myself(), &[&["lateness", "5000", &length], spin_us.as_slice()].concat())
            else {
                continue;
            };
            let words: Vec<&str> = text.split_whitespace().collect();
            let word = |name: &str| words[words.iter().position(|w| *w == name)? + 1].parse::<f64>().ok();
            p50.extend(word("p50"));
            p99.extend(word("p99"));
            near.extend(word("back-to-back"));
        }
        println!(
            "| lateness at the server, 5k requests/s uniform, {spinning}, p50 / p99 | <= 20 / 100 us | {:.0} / {:.0} us |",
            median(&p50),
            median(&p99)
        );
        println!("| back-to-back arrivals of it | <= 1 % | {:.2} % |", median(&near));
    }
    let minute = lateness::measure(5000.0, 60.0, None);
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
