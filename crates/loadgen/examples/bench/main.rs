//! The figures of the engine, printed. On a quiet machine with two cores, server on one, generator on the other:
//!
//! ```text
//! bench table [PAIRS] [SECONDS]            all figures, as the documentation shows them (7 pairs of 5 s by default)
//! bench soak RATE MINUTES                  memory over time
//! bench frame SERIES SECONDS               a run of so many series: time and memory of frame, analysis and report
//! bench simulate RATE SECONDS              so many simulated requests a second on one core (1000 and 3600 by default)
//! ```
//!
//! and the parts, each alone:
//!
//! ```text
//! bench serve 127.0.0.1:9000               a server that answers 13 bytes, one thread
//! bench closed 127.0.0.1:9000 50 10        50 users without think time for 10 s: CPU per request
//! bench hyper 127.0.0.1:9000 50 10         the closed loop on hyper and tokio instead of the engine
//! bench journey 127.0.0.1:9000 50 10       the same with 4 steps, 2 extractions, 1 assertion, a feeder
//! bench open 127.0.0.1:9000 20000 10       20000 requests per second for 10 s: CPU per request, lateness
//! bench paced 127.0.0.1:9000 20000 10      the same rate from 50 users who think
//! bench bare 127.0.0.1:9000 20000 10       the same rate from a loop that does nothing but sleep, send and receive
//! bench sleep 127.0.0.1:9000 20000 10      the same loop, which only sleeps
//! bench lateness 5000 10 [SPIN_US]         arrivals as a server sees them
//! ```
//!
//! Behind the numbers of `closed` and `open` may stand `per-request` for a connection per request, or `h2` for HTTP/2
//! with all users on one connection; `scripts/bench-http2` pairs that with h2load. Behind those of `open` also
//! `poisson`.
#![allow(clippy::unwrap_used)]

mod bare;
mod client;
mod frame;
mod hyper;
mod lateness;
mod pairs;
mod process;
mod server;
mod simulate;
mod soak;
mod table;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize| arguments[index].parse::<f64>().unwrap();
    let optional = |index: usize, default: f64| arguments.get(index).map_or(default, |a| a.parse().unwrap());
    let word = |index: usize| arguments.get(index).map(String::as_str);
    match arguments.first().map(String::as_str) {
        Some("serve") => {
            process::pin(0);
            let listener = std::net::TcpListener::bind(&arguments[1]).unwrap();
            server::serve(listener, server::Waiting::Asleep, |_| {});
        }
        Some("closed") => {
            client::run(client::over(client::closed(&arguments[1], number(2), number(3)), word(4)))
        }
        Some("hyper") => hyper::closed(&arguments[1], number(2) as usize, number(3)),
        Some("journey") => client::run(client::journey(&arguments[1], number(2), number(3))),
        Some("open") => client::run(client::over(client::open(&arguments[1], number(2), number(3)), word(4))),
        Some("paced") => client::run(client::paced(&arguments[1], number(2), number(3))),
        Some("bare") => bare::run(&arguments[1], number(2), number(3), true),
        Some("sleep") => bare::run(&arguments[1], number(2), number(3), false),
        Some("lateness") => {
            let spin_us = word(3).map(|us| us.parse().unwrap());
            lateness::print(&lateness::measure(number(1), number(2), spin_us));
        }
        Some("frame") => frame::run(number(1) as usize, number(2) as usize),
        Some("simulate") => simulate::run(optional(1, 1000.0), optional(2, 3600.0) as usize),
        Some("soak") => soak::run(number(1), number(2)),
        Some("table") => table::print(optional(1, 7.0) as usize, optional(2, 5.0)),
        _ => {
            eprintln!(
                "table | soak | frame | simulate | serve | closed | hyper | journey | open | paced | bare | sleep | lateness: see the head of \
                 the source"
            );
            std::process::exit(2);
        }
    }
}
