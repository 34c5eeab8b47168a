//! After its buffers have grown, the engine allocates nothing for a request, not even for one with values from
//! a feeder, values from answers, assertions and cookies.
#![allow(clippy::unwrap_used)]

mod common;

use std::alloc::System;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine;
use common::{rate, spec, template, users};
use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use swarmlab_loadgen::{
    Body, Check, Feeder, FieldTest, GraphQl, HttpRequest, Model, Order, Scenario, Source, Step, Table, Wait,
    WebsocketAction, WebsocketMessage,
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// One test at a time, for the same reason.
static ALONE: Mutex<()> = Mutex::new(());

/// Answers without allocating: the whole process is counted.
fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || answer(stream.unwrap()));
        }
    });
    address
}

fn answer(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 4096];
    loop {
        // Requests are far smaller than the buffer and come one by one.
        let Ok(length @ 1..) = stream.read(&mut buffer) else { return };
        let answer: &[u8] = match &buffer[..length] {
            [b'P', b'O', b'S', b'T', b' ', b'/', b'l', ..] => {
                b"HTTP/1.1 200 OK\r\nX-Session: s-1\r\nSet-Cookie: sid=1; Path=/; Max-Age=100\r\nContent-Length: 25\r\n\r\n{\"auth\":{\"token\":\"t\\\"1\"}}"
            }
            request if request.windows(9).any(|window| window == b"websocket") => {
                accept(request, &mut stream);
                return echo(stream);
            }
            _ => b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{\"ok\":true,\"id\":17}",
        };
        if stream.write_all(answer).is_err() {
            return;
        }
    }
}

/// Agrees to a WebSocket.
fn accept(request: &[u8], stream: &mut TcpStream) {
    let text = std::str::from_utf8(request).unwrap();
    let key = text.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap();
    let text = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let hash = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    let accept = base64::engine::general_purpose::STANDARD.encode(hash);
    let head = "HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
    stream.write_all(format!("{head}{accept}\r\n\r\n").as_bytes()).unwrap();
}

/// Gives back short messages until the end.
fn echo(mut stream: TcpStream) {
    let mut frame = [0; 256];
    while stream.read_exact(&mut frame[..6]).is_ok() && frame[0] == 0x81 {
        let (key, length) = ([frame[2], frame[3], frame[4], frame[5]], usize::from(frame[1] & 0x7F));
        stream.read_exact(&mut frame[2..2 + length]).unwrap();
        frame[1] = length as u8;
        frame[2..2 + length].iter_mut().zip(key.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        if stream.write_all(&frame[..2 + length]).is_err() {
            return;
        }
    }
}

#[test]
fn a_message_on_a_websocket_allocates_nothing() {
    let _alone = ALONE.lock();
    let address = serve();
    let scenario = |wait| {
        let message = || WebsocketMessage::Text(template("{\"n\":\"{{iteration}}\",\"t\":\"{{n}}\"}"));
        let number = Check::BodyMatches("\"n\":\"[0-9]+\"".into());
        let path = template("/ws");
        let connect = WebsocketAction::Connect { path, protocols: vec![], headers: vec![] };
        let hello = WebsocketAction::Send {
            message: WebsocketMessage::Text(template("{\"n\":\"0\"}")),
            awaits: Some(vec![]),
        };
        let asks = WebsocketAction::Send { message: message(), awaits: Some(vec![number]) };
        let steps = vec![
            Step::websocket("ask", "", asks).extract("n", Source::JsonPointer("/n".into())),
            Step::websocket("tell", "", WebsocketAction::Send { message: message(), awaits: None }),
            Step::websocket("hear", "", WebsocketAction::Await(vec![])),
        ];
        let mut scenario = Scenario::journey("s", steps, wait);
        scenario.classes[0].on_start = vec![
            Step::websocket("connect", "", connect),
            Step::websocket("hello", "", hello).extract("n", Source::JsonPointer("/n".into())),
        ];
        scenario
    };
    let few = allocations(address, users(5.0, 1.5), scenario(Wait::Pacing { s: 0.1 }));
    let many = allocations(address, users(5.0, 1.5), scenario(Wait::default()));
    assert_none_each(few, many);
}

fn scenario() -> Scenario {
    let table = Table::csv(b"user,password\nann,secret\nbob,\"q\"\"t\"\n").unwrap();
    let text = "{\"user\":\"{{people.user}}\",\"password\":\"{{people.password}}\"}";
    let request = HttpRequest::new("POST", template("/login")).body(Body::Text(template(text)));
    let login = Step::http("login", request)
        .extract("token", Source::JsonPointer("/auth/token".into()))
        .extract("session", Source::Header("x-session".into()))
        .extract("sid", Source::Cookie("sid".into()));
    let request =
        HttpRequest::new("GET", template("/list?t={{token}}")).header("X-S", template("{{session}}"));
    let list = Step::http("list", request)
        .extract("id", Source::regex("\"id\":(\\d+)"))
        .check(Check::Json { pointer: "/ok".into(), equals: json!(true) })
        .check(Check::Header { name: "content-type".into(), test: FieldTest::Matches("json$".into()) })
        .check(Check::BodyContains("true".into()));
    let item = Step::new("item", "GET", template("/item/{{id}}"));
    let variables = Some(json!({"id": "{{id|raw}}", "t": "{{token}}"}));
    let query = GraphQl { query: "{a}".into(), operation: None, variables };
    let steps = vec![login, list, item, Step::graphql("query", template("/graphql"), query)];
    let mut scenario = Scenario::journey("s", steps, Wait::default());
    scenario.classes[0].cookies = true;
    let (order, exhausted) = (Order::Sequential, Default::default());
    scenario.feeders = vec![Feeder { name: "people".into(), order, exhausted, table: Arc::new(table) }];
    scenario
}

/// Allocations and requests of a run.
fn allocations(address: SocketAddr, model: Model, scenario: Scenario) -> (f64, f64) {
    let mut spec = spec(address, model, scenario);
    // Each connection and session has buffers of its own.
    spec.limits.max_connections = 5;
    let region = Region::new(ALLOCATOR);
    let handle = swarmlab_loadgen::start(spec).unwrap();
    // Nothing of the intervals is kept.
    handle.intervals().iter().for_each(drop);
    let outcome = handle.join().unwrap();
    let stats = region.change();
    assert_eq!(outcome.overall.tally.failed, 0, "{:?}", outcome.overall.tally.errors());
    ((stats.allocations + stats.reallocations) as f64, outcome.overall.tally.sent as f64)
}

#[test]
fn a_request_allocates_nothing() {
    let _alone = ALONE.lock();
    let address = serve();
    let paced = |s| {
        let mut scenario = scenario();
        scenario.classes[0].wait = Wait::Pacing { s };
        scenario
    };
    // What a run allocates beside its requests (threads, connections, histograms of intervals that grow with what
    // they hold) is about the same with few and with many: some hundreds. One a request would be thousands.
    let few = allocations(address, users(5.0, 1.5), paced(0.1));
    let many = allocations(address, users(5.0, 1.5), scenario());
    assert_none_each(few, many);
    let few = allocations(address, rate(100.0, 1.5), scenario());
    let many = allocations(address, rate(5000.0, 1.5), scenario());
    assert_none_each(few, many);
}

fn assert_none_each(few: (f64, f64), many: (f64, f64)) {
    let (more, requests) = (many.0 - few.0, many.1 - few.1);
    println!("{more} more allocations for {requests} more requests");
    assert!(requests > 2500.0, "{requests}");
    assert!(more < 0.1 * requests, "{more} allocations for {requests} requests");
}
