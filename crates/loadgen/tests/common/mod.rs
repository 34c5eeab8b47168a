//! A small HTTP server on the loopback interface, one thread a connection, that counts what it is asked.
#![allow(clippy::unwrap_used, dead_code)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use swarmlab_intervals::Outcome;
use swarmlab_loadgen::{LoadSpec, Model, Scenario, Step, Template, Wait};
use swarmlab_shapes::Shape;

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: Vec<u8>,
    /// Number of this request on its connection, from 0.
    pub nth: usize,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// What the connection does after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    Stay,
    Close,
    /// Close with a reset.
    Reset,
}

#[derive(Debug, Default)]
pub struct Counts {
    pub requests: AtomicU64,
    pub connections: AtomicU64,
    pub by_path: Mutex<BTreeMap<String, u64>>,
}

pub struct Server {
    pub address: SocketAddr,
    pub counts: Arc<Counts>,
    closing: Arc<AtomicBool>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

type Handler = dyn Fn(&Request, &mut TcpStream) -> Then + Send + Sync;

impl Server {
    /// Serves until dropped; connections end when the other side closes them.
    pub fn start(handler: impl Fn(&Request, &mut TcpStream) -> Then + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let counts = Arc::new(Counts::default());
        let closing = Arc::new(AtomicBool::new(false));
        let handler: Arc<Handler> = Arc::new(handler);
        let (counts_of_thread, closing_of_thread) = (Arc::clone(&counts), Arc::clone(&closing));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if closing_of_thread.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                counts_of_thread.connections.fetch_add(1, Ordering::SeqCst);
                let (counts, handler) = (Arc::clone(&counts_of_thread), Arc::clone(&handler));
                std::thread::spawn(move || serve(stream, &counts, &*handler));
            }
        });
        Self { address, counts, closing }
    }

    /// Answers everything with 200 and a short body.
    pub fn plain() -> Self {
        Self::start(|_, stream| {
            respond(stream, "200 OK", "", b"hello, world!");
            Then::Stay
        })
    }

    pub fn requests(&self) -> u64 {
        self.counts.requests.load(Ordering::SeqCst)
    }

    pub fn requests_of(&self, path: &str) -> u64 {
        self.counts.by_path.lock().unwrap().get(path).copied().unwrap_or(0)
    }
}

fn serve(mut stream: TcpStream, counts: &Counts, handler: &Handler) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = Vec::new();
    let mut nth = 0;
    while let Some(mut request) = read_request(&mut stream, &mut buffer) {
        request.nth = nth;
        nth += 1;
        counts.requests.fetch_add(1, Ordering::SeqCst);
        let path = request.path.split('?').next().unwrap_or_default().to_owned();
        *counts.by_path.lock().unwrap().entry(path).or_default() += 1;
        match handler(&request, &mut stream) {
            Then::Stay => {}
            Then::Close => return,
            Then::Reset => {
                let zero = Some(std::time::Duration::ZERO);
                rustix::net::sockopt::set_socket_linger(&stream, zero).unwrap();
                return;
            }
        }
    }
}

fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(buffer[..end].to_vec()).unwrap();
            let mut words = head.split(' ');
            let mut request = Request {
                method: words.next().unwrap().to_owned(),
                path: words.next().unwrap().to_owned(),
                head: head.clone(),
                body: Vec::new(),
                nth: 0,
            };
            let length: usize = request.header("content-length").map_or(0, |value| value.parse().unwrap());
            if buffer.len() >= end + 4 + length {
                request.body = buffer[end + 4..end + 4 + length].to_vec();
                buffer.drain(..end + 4 + length);
                return Some(request);
            }
        }
        match stream.read(&mut chunk) {
            Ok(0) | Err(_) => return None,
            Ok(read) => buffer.extend_from_slice(&chunk[..read]),
        }
    }
}

/// Writes a response with a Content-Length; failures are the client's business.
pub fn respond(stream: &mut TcpStream, status: &str, fields: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

/// Writes bytes as they are.
pub fn raw(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

pub fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

/// A scenario of one GET.
pub fn get(path: &str, wait: Wait) -> Scenario {
    Scenario::journey("get", vec![Step::new("get", "GET", template(path))], wait)
}

pub fn constant(level: f64, duration_s: f64) -> Shape {
    Shape::Constant(swarmlab_shapes::shape::Constant { level, duration_s })
}

pub fn users(level: f64, duration_s: f64) -> Model {
    Model::Closed { users: constant(level, duration_s), spawn_rate_per_s: None }
}

pub fn rate(level: f64, duration_s: f64) -> Model {
    Model::Open { rate_per_s: constant(level, duration_s), arrivals: Default::default() }
}

pub fn spec(address: SocketAddr, model: Model, scenario: Scenario) -> LoadSpec {
    let mut spec = LoadSpec::new(vec![address], "test.example", model, scenario);
    spec.interval_s = 0.25;
    spec.timeout_s = 10.0;
    spec
}

/// Runs a load to its end, checks that its intervals add up to its sums and that nothing was lost.
pub fn run(spec: LoadSpec) -> Outcome {
    let interval_s = spec.interval_s;
    let handle = swarmlab_loadgen::start(spec).unwrap();
    finish(handle, interval_s)
}

pub fn finish(handle: swarmlab_loadgen::LoadHandle, interval_s: f64) -> Outcome {
    let intervals: Vec<_> = handle.intervals().iter().collect();
    let outcome = handle.join().unwrap();
    assert_eq!(outcome.intervals, intervals.len() as u64);
    let mut sum = swarmlab_intervals::EndpointStats::new("");
    for (index, interval) in intervals.iter().enumerate() {
        assert_eq!(interval.index, index as u64);
        let start_unix_s = outcome.start_unix_s + index as f64 * interval_s;
        assert!((interval.start_unix_s - start_unix_s).abs() < 1e-6);
        sum.add(&interval.overall());
    }
    let total = &outcome.overall;
    assert_eq!(sum.tally.sent, total.tally.sent);
    assert_eq!(sum.tally.errors(), total.tally.errors());
    assert_eq!((&sum.response, &sum.service), (&total.response, &total.service));
    assert_eq!(intervals.iter().map(|i| i.offered).sum::<u64>(), outcome.offered);

    // The book-keeping holds whatever happened.
    let errors = total.tally.errors();
    let count = |of: fn(swarmlab_intervals::ErrorKind) -> bool| -> u64 {
        errors.iter().filter(|(kind, _)| of(**kind)).map(|(_, count)| count).sum()
    };
    let unassigned: u64 = outcome.unassigned_errors.values().sum();
    let tally = &total.tally;
    assert_eq!(outcome.offered, tally.offered + unassigned, "{outcome:?}");
    assert_eq!(tally.offered, tally.sent + count(|kind| kind.is_before_send()));
    assert_eq!(tally.sent, tally.completed + count(|kind| !kind.is_before_send() && !kind.is_completed()));
    assert_eq!(tally.completed, tally.succeeded + count(|kind| kind.is_completed()));
    assert_eq!(tally.failed, errors.values().sum::<u64>());
    assert_eq!(total.response.len(), tally.completed);
    assert_eq!(total.service.len(), tally.completed);
    assert_eq!(total.lateness.len(), tally.sent);
    assert_eq!(tally.statuses.total(), tally.completed);
    let last = intervals.last().unwrap();
    assert_eq!((last.in_flight_end, last.queued_end), (0, 0));
    outcome
}
