//! The server with known service times, in a process of its own, and what it recorded.
#![allow(clippy::unwrap_used, dead_code)]

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

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
        ahead_of_ordinary_work(10, &own_thread());
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
fn ahead_of_ordinary_work(rank: u8, thread_id: &str) {
    let _ = Command::new("chrt").args(["--fifo", "--pid", &rank.to_string(), thread_id]).output().unwrap();
}

fn own_thread() -> String {
    rustix::thread::gettid().as_raw_nonzero().to_string()
}

/// Sees when a CPU runs nobody: a thread there, ahead of everybody else's, that wakes each millisecond and notes when
/// it was woken late. A hypervisor takes CPUs away without telling (as jHiccup measures it).
pub struct Witness {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Stalls>,
}

/// Stretches in which a CPU may have run nobody, nanoseconds of the monotonic clock, ascending.
#[derive(Debug, Default)]
pub struct Stalls(Vec<(u64, u64)>);

impl Witness {
    pub fn of(cpu: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut set = CpuSet::new();
            set.set(cpu);
            sched_setaffinity(None, &set).unwrap();
            ahead_of_ordinary_work(11, &own_thread());
            rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1)).unwrap();
            let mut stalls = Stalls::default();
            let mut asleep_ns = monotonic_ns();
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(Stalls::BEAT);
                let awake_ns = monotonic_ns();
                if awake_ns - asleep_ns > Stalls::BEAT.as_nanos() as u64 + Stalls::LEAST_NS {
                    stalls.0.push((asleep_ns, awake_ns));
                }
                asleep_ns = awake_ns;
            }
            stalls
        });
        Self { stop, thread }
    }

    pub fn ask(self) -> Stalls {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

impl Stalls {
    const BEAT: Duration = Duration::from_millis(1);
    /// What waking up takes anyway.
    const LEAST_NS: u64 = 200_000;

    /// For how long the CPU ran nobody, seconds: what the witness overslept.
    pub fn lost_s(&self) -> f64 {
        let overslept_ns = |(from_ns, to_ns): &(u64, u64)| to_ns - from_ns - Self::BEAT.as_nanos() as u64;
        self.0.iter().map(overslept_ns).sum::<u64>() as f64 / 1e9
    }

    /// For how much of a stretch the CPU may have run nobody, seconds.
    pub fn lost_within_s(&self, from_ns: u64, to_ns: u64) -> f64 {
        let within = |stall: &(u64, u64)| stall.1.min(to_ns).saturating_sub(stall.0.max(from_ns));
        self.0.iter().map(within).sum::<u64>() as f64 / 1e9
    }

    /// The first moment from `at_ns` on at which the CPU can have run somebody.
    pub fn runs_from(&self, at_ns: u64) -> u64 {
        let after = self.0.partition_point(|stall| stall.1 < at_ns);
        self.0.get(after).map_or(at_ns, |&(from_ns, to_ns)| if from_ns <= at_ns { to_ns } else { at_ns })
    }

    /// The first moment at which somebody may have waited who was served at `at_ns`.
    pub fn waited_from(&self, at_ns: u64) -> u64 {
        let before = self.0.partition_point(|stall| stall.0 <= at_ns);
        let stall = before.checked_sub(1).map(|last| self.0[last]);
        stall.map_or(at_ns, |(from_ns, to_ns)| if at_ns <= to_ns + Self::LEAST_NS { from_ns } else { at_ns })
    }
}

fn monotonic_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// By how many nanoseconds the clock of the day is ahead of the monotonic clock. It changes when somebody sets the
/// clock, as a virtual machine's is after its start: so it is read just before a load, not after it.
fn day_ahead_ns() -> f64 {
    let ns = |id| {
        let time = clock_gettime(id);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    };
    ns(ClockId::Realtime) - ns(ClockId::Monotonic)
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
    day_ahead_ns: f64,
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
    /// After each of them: how long the server was busy without a pause with what had piled up.
    pub backlogs: Vec<(u64, u64)>,
    day_ahead_ns: f64,
}

impl Record {
    /// A moment of the record in seconds since one that is given in seconds since the Unix epoch.
    pub fn seconds_since(&self, start_unix_s: f64, at_ns: u64) -> f64 {
        (at_ns as f64 - (start_unix_s * 1e9 - self.day_ahead_ns)) / 1e9
    }
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
        ahead_of_ordinary_work(10, &process.0.id().to_string());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening ").unwrap().parse().unwrap();
        Self { address, process, out, day_ahead_ns: day_ahead_ns() }
    }

    pub fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Ends the server and takes its record.
    pub fn finish(mut self) -> Record {
        drop(self.process.0.stdin.take());
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        let mut record = Record { day_ahead_ns: self.day_ahead_ns, ..Record::default() };
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
                "backlog" => record.backlogs.push((number(1), number(2))),
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

/// Why an attempt says nothing good.
pub enum Missed {
    /// A figure is not as it must be.
    Wrong(String),
    /// The machine was busy with other things, or a hypervisor was: nothing is said about the engine.
    Disturbed(String),
}

/// As [`in_attempts`], where an attempt can tell that it was disturbed: such a one is no attempt. Twice as many of them as
/// attempts are the end: what nobody could judge has not passed.
pub fn in_undisturbed_attempts(most: usize, mut attempt: impl FnMut() -> Result<(), Missed>) {
    let (mut wrong, mut disturbed) = (Vec::new(), Vec::new());
    while wrong.len() < most && disturbed.len() < 2 * most {
        match attempt() {
            Ok(()) => return,
            Err(Missed::Wrong(what)) => wrong.push(what),
            Err(Missed::Disturbed(what)) => disturbed.push(what),
        }
    }
    panic!("wrong: {wrong:#?}; not judged: {disturbed:#?}");
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
