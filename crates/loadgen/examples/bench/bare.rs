//! The least that an open loop can cost: sleep until the next request is due, send it, sleep until its answer is there.
//! No schedule but a grid, no epoll, no parser, no histogram; one blocking connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::num::NonZeroU64;

use rustix::thread::{clock_nanosleep_absolute, set_current_timer_slack};
use rustix::time::{ClockId, Timespec, clock_gettime};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Sends `rate_per_s` for `duration_s`; requests that are overdue go at once. With `send` false it only sleeps.
pub fn run(address: &str, rate_per_s: f64, duration_s: f64, send: bool) {
    set_current_timer_slack(NonZeroU64::new(1)).unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = [0; 4096];
    let start_s = now_s();
    let requests = (rate_per_s * duration_s) as u64;
    for k in 0..requests {
        let due_s = start_s + k as f64 / rate_per_s;
        if now_s() < due_s {
            let due = Timespec { tv_sec: due_s as i64, tv_nsec: (due_s.fract() * 1e9) as i64 };
            clock_nanosleep_absolute(ClockId::Monotonic, &due).unwrap();
        }
        if send {
            stream.write_all(REQUEST).unwrap();
            assert!(stream.read(&mut answer).unwrap() > 0);
        }
    }
    println!("Requests: {requests}");
    println!("Requests/sec: {:.1}", requests as f64 / (now_s() - start_s));
}

fn now_s() -> f64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
