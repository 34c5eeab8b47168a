//! An HTTP server whose service times are known because it draws them itself and writes down what it did.
//!
//! ```text
//! known-server CPU SEED constant MS | exponential MEAN_MS | bimodal SHORT_MS LONG_MS SHARE_OF_LONG
//! ```
//!
//! It says `listening ADDRESS`, answers until its standard input ends, then tells its record, moments in
//! nanoseconds of the monotonic clock, which all processes of a machine share:
//!
//! ```text
//! request CONNECTION READ WRITTEN      a request was read whole, its answer written
//! open CONNECTION AT / close CONNECTION AT
//! gap FROM TO                          the process did not run in between (20 ms and longer)
//! backlog FROM TO                      after a gap it was busy without a pause with what had piled up
//! ```
//!
//! One thread that stops sleeping shortly before an answer is due, so that it leaves when it is due and not when
//! the kernel wakes someone up. Any number of requests are served at once: an infinite-server
//! station, whose service times do not depend on the load.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt::Write as _;
use std::io::{self, ErrorKind, Read, Write};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::net::{AddressFamily, SocketFlags, SocketType, accept_with, bind, listen, socket, sockopt};
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, Timespec, clock_gettime};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const LISTENER: u64 = u64::MAX;
const GAP_NS: u64 = 20_000_000;
/// A wait from here on is a pause.
const PAUSE_NS: u64 = 300_000;
/// Longest sleep.
const NAP_NS: u64 = 5_000_000;
/// How long before an answer is due it watches the clock.
const SPIN_NS: u64 = 150_000;
/// Bytes of a record that it does not have to move.
const RECORD: usize = 1 << 20;
/// More connections than this may wait to be accepted while the process is stopped.
const BACKLOG: i32 = 4096;

enum Law {
    Constant(f64),
    Exponential(f64),
    Bimodal { short: f64, long: f64, share: f64 },
}

impl Law {
    fn parse(words: &[String]) -> Option<Self> {
        let number = |index: usize| words.get(index)?.parse().ok();
        Some(match words.first()?.as_str() {
            "constant" => Law::Constant(number(1)?),
            "exponential" => Law::Exponential(number(1)?),
            "bimodal" => Law::Bimodal { short: number(1)?, long: number(2)?, share: number(3)? },
            _ => return None,
        })
    }

    fn draw_ns(&self, random: &mut SmallRng) -> u64 {
        let ms = match *self {
            Law::Constant(ms) => ms,
            Law::Exponential(mean) => -mean * (1.0 - random.random::<f64>()).ln(),
            Law::Bimodal { short, long, share } => {
                if random.random::<f64>() < share {
                    long
                } else {
                    short
                }
            }
        };
        (ms * 1e6) as u64
    }
}

struct Connection {
    stream: TcpStream,
    unparsed: Vec<u8>,
}

struct Server {
    law: Law,
    random: SmallRng,
    epoll: rustix::fd::OwnedFd,
    listener: TcpListener,
    connections: BTreeMap<u64, Connection>,
    accepted: u64,
    /// Due moment, connection, moment read.
    pending: BinaryHeap<Reverse<(u64, u64, u64)>>,
    record: String,
}

fn now_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

fn main() -> io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let usage = || io::Error::new(ErrorKind::InvalidInput, "CPU SEED LAW NUMBERS: see the source");
    let cpu = words.first().and_then(|word| word.parse().ok()).ok_or_else(usage)?;
    let seed = words.get(1).and_then(|word| word.parse().ok()).ok_or_else(usage)?;
    let law = Law::parse(words.get(2..).unwrap_or_default()).ok_or_else(usage)?;
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set)?;
    // Where it is allowed: what it measures is itself, not its neighbours.
    let _ = rustix::process::setpriority_process(None, -20);

    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0)))?;
    listen(&socket, BACKLOG)?;
    // Connections that it accepts are like it.
    sockopt::set_tcp_nodelay(&socket, true)?;
    let listener = TcpListener::from(socket);
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, EventData::new_u64(LISTENER), EventFlags::IN)?;
    println!("listening {}", listener.local_addr()?);
    io::stdout().flush()?;

    let ending = Arc::new(AtomicBool::new(false));
    let ended = Arc::clone(&ending);
    std::thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        ended.store(true, Ordering::Relaxed);
    });
    let mut server = Server {
        law,
        random: SmallRng::seed_from_u64(seed),
        epoll,
        listener,
        connections: BTreeMap::new(),
        accepted: 0,
        pending: BinaryHeap::new(),
        record: String::with_capacity(RECORD),
    };
    server.serve(&ending)?;
    io::stdout().write_all(server.record.as_bytes())
}

impl Server {
    fn serve(&mut self, ending: &AtomicBool) -> io::Result<()> {
        let mut last_ns = now_ns();
        let mut catching_up_from_ns = None;
        while !ending.load(Ordering::Relaxed) {
            let now_ns = now_ns();
            if now_ns - last_ns >= GAP_NS {
                self.note(format_args!("gap {last_ns} {now_ns}"));
                catching_up_from_ns.get_or_insert(now_ns);
            }
            last_ns = now_ns;
            self.answer(now_ns);
            let mut events = [const { MaybeUninit::<Event>::uninit() }; 64];
            let due_ns = self.pending.peek().map_or(u64::MAX, |next| next.0.0);
            let nap_ns = due_ns.saturating_sub(now_ns + SPIN_NS).min(NAP_NS);
            let nap = Timespec { tv_sec: 0, tv_nsec: nap_ns as i64 };
            let before_ns = self::now_ns();
            let (events, _) = match epoll::wait(&self.epoll, &mut events[..], Some(&nap)) {
                Err(rustix::io::Errno::INTR) => continue,
                result => result?,
            };
            // It had to wait: nothing was left. Whoever sends late is not in the backlog.
            if let Some(from_ns) = catching_up_from_ns
                && (events.is_empty() || self::now_ns() - before_ns > PAUSE_NS)
            {
                self.note(format_args!("backlog {from_ns} {before_ns}"));
                catching_up_from_ns = None;
            }
            for event in events {
                match event.data.u64() {
                    LISTENER => self.accept()?,
                    id => self.read(id),
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, line: std::fmt::Arguments<'_>) {
        let _ = self.record.write_fmt(line);
        self.record.push('\n');
    }

    /// Writes every answer that is due.
    fn answer(&mut self, now_ns_: u64) {
        while let Some(&Reverse((due_ns, id, read_ns))) = self.pending.peek()
            && due_ns <= now_ns_
        {
            self.pending.pop();
            if let Some(connection) = self.connections.get_mut(&id) {
                let written_ns = now_ns();
                // The answer is small and the connection waits for nothing else: it fits.
                if connection.stream.write_all(ANSWER).is_ok() {
                    self.note(format_args!("request {id} {read_ns} {written_ns}"));
                }
            }
        }
    }

    fn accept(&mut self) -> io::Result<()> {
        // As few calls of the kernel as it takes: after a stop a hundred connections wait.
        while let Ok(stream) = accept_with(&self.listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
            let stream = TcpStream::from(stream);
            let id = self.accepted;
            self.accepted += 1;
            epoll::add(&self.epoll, &stream, EventData::new_u64(id), EventFlags::IN)?;
            self.note(format_args!("open {id} {}", now_ns()));
            self.connections.insert(id, Connection { stream, unparsed: Vec::new() });
        }
        Ok(())
    }

    /// Reads what there is and takes every whole request.
    fn read(&mut self, id: u64) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let mut buffer = [0; 16 << 10];
        let ended = match connection.stream.read(&mut buffer) {
            Ok(0) => true,
            Ok(read) => {
                connection.unparsed.extend_from_slice(&buffer[..read]);
                false
            }
            Err(error) => error.kind() != ErrorKind::WouldBlock,
        };
        let read_ns = now_ns();
        while let Some(at) = connection.unparsed.windows(4).position(|window| window == b"\r\n\r\n") {
            connection.unparsed.drain(..at + 4);
            self.pending.push(Reverse((read_ns + self.law.draw_ns(&mut self.random), id, read_ns)));
        }
        if ended {
            self.connections.remove(&id);
            self.note(format_args!("close {id} {read_ns}"));
        }
    }
}
