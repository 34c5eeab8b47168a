//! The server with known service times, in a process of its own, and what it recorded.
#![allow(clippy::unwrap_used, dead_code)]

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// Tests about time run one after the other.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The CPUs that these tests may use: the generator's and the server's. The same one on a machine with one.
pub fn cpus() -> (usize, usize) {
    let set = sched_getaffinity(None).unwrap();
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect();
    (allowed[0], *allowed.last().unwrap())
}

/// Runs `what` in a thread bound to a CPU and, where that is allowed, ahead of all ordinary work there; threads
/// that it starts inherit both. So that the engine's arithmetic is tested, not the neighbours.
pub fn bound_to<T: Send>(cpu: usize, what: impl FnOnce() -> T + Send) -> T {
    bound_to_normally(cpu, || {
        ahead_of_ordinary_work(&rustix::thread::gettid().as_raw_nonzero().to_string());
        what()
    })
}

/// Runs `what` in a thread bound to a CPU; threads that it starts are bound to it too.
pub fn bound_to_normally<T: Send>(cpu: usize, what: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let bound = scope.spawn(move || {
            let mut set = CpuSet::new();
            set.set(cpu);
            sched_setaffinity(None, &set).unwrap();
            what()
        });
        bound.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Where it is allowed, puts a thread ahead of all ordinary work on its CPU (`chrt` of util-linux).
fn ahead_of_ordinary_work(thread_id: &str) {
    let _ = Command::new("chrt").args(["--fifo", "--pid", "10", thread_id]).output().unwrap();
}

/// Nanoseconds of the monotonic clock at a moment given in seconds since the Unix epoch.
pub fn monotonic_ns(unix_s: f64) -> f64 {
    let ns = |id| {
        let time = clock_gettime(id);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    let offset_ns = ns(ClockId::Realtime) - ns(ClockId::Monotonic);
    unix_s * 1e9 - offset_ns
}

/// A process that ends with its owner.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Killed {
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
    }
}

pub struct KnownServer {
    pub address: SocketAddr,
    process: Killed,
    out: BufReader<ChildStdout>,
}

/// A request as the server served it, moments in nanoseconds of the monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Served {
    pub connection: u64,
    pub read_ns: u64,
    pub written_ns: u64,
}

#[derive(Debug, Default)]
pub struct Record {
    /// In the order of the answers.
    pub requests: Vec<Served>,
    /// Connection, moment.
    pub opened: Vec<(u64, u64)>,
    pub closed: Vec<(u64, u64)>,
    /// Stretches in which the server did not run.
    pub gaps: Vec<(u64, u64)>,
}

impl KnownServer {
    /// `law`: see `tests/common/known_server.rs`.
    pub fn start(cpu: usize, seed: u64, law: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_known-server"))
            .args([cpu.to_string(), seed.to_string()])
            .args(law.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let process = Killed(child);
        ahead_of_ordinary_work(&process.0.id().to_string());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening ").unwrap().parse().unwrap();
        Self { address, process, out }
    }

    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Ends the server and takes its record.
    pub fn finish(mut self) -> Record {
        drop(self.process.0.stdin.take());
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        let mut record = Record::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |index: usize| words[index].parse::<u64>().unwrap();
            match words[0] {
                "request" => record.requests.push(Served {
                    connection: number(1),
                    read_ns: number(2),
                    written_ns: number(3),
                }),
                "open" => record.opened.push((number(1), number(2))),
                "close" => record.closed.push((number(1), number(2))),
                "gap" => record.gaps.push((number(1), number(2))),
                other => panic!("{other}"),
            }
        }
        record
    }
}

/// The smallest value that at least this share of the values does not exceed, as HdrHistogram has it.
pub fn quantile(sorted: &[f64], quantile: f64) -> f64 {
    sorted[((sorted.len() as f64 * quantile - 1e-9).ceil() as usize).clamp(1, sorted.len()) - 1]
}

/// Says yes in one of several attempts: a machine that is busy with other things, or a hypervisor that is, adds
/// delays of its own. An error of the engine fails them all.
pub fn in_attempts(most: usize, mut attempt: impl FnMut() -> Result<(), String>) {
    let mut seen = Vec::new();
    for _ in 0..most {
        match attempt() {
            Ok(()) => return,
            Err(what) => seen.push(what),
        }
    }
    panic!("{seen:#?}");
}
