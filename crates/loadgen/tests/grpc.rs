//! gRPC calls against a server of hand-written frames; the messages are those that Google's implementation writes
//! (`src/grpc/tests`).
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/grpc.rs"]
mod server;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use common::{rate, run, template, users};
use serde_json::json;
use server::{Reply, serve};
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::debug::{Chosen, Exchange, debug};
use swarmlab_loadgen::grpc::Descriptor;
use swarmlab_loadgen::{
    Check, GrpcCall, HttpVersion, LoadError, LoadSpec, Model, Scenario, Source, Step, Wait,
};

const KNOWN: &[u8] = include_bytes!("../src/grpc/tests/known.binpb");

fn call(message: serde_json::Value) -> GrpcCall {
    GrpcCall::new(Descriptor::read(KNOWN).unwrap().method("everything.Echo/Unary").unwrap(), message)
}

fn spec(address: SocketAddr, model: Model, steps: Vec<Step>) -> LoadSpec {
    common::spec(address, model, Scenario::journey("s", steps, Wait::Constant { s: 0.005 }))
}

fn only(kind: ErrorKind, count: u64) -> BTreeMap<ErrorKind, u64> {
    [(kind, count)].into()
}

fn failing(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Outcome {
    let address = serve(move |_| reply());
    let step = Step::grpc("call", call(json!({})))
        .check(Check::Json { pointer: "/aString".into(), equals: json!("x") });
    run(spec(address, rate(50.0, 0.2), vec![step]))
}

#[test]
fn messages_go_there_and_values_come_back() {
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    let address = serve(move |call| {
        let of = |name| call.field(name).unwrap_or_default().to_owned();
        let fields = ["te", "grpc-timeout", "x-user"].map(of);
        seen.lock().unwrap().push((fields, call.body.clone(), call.block.clone()));
        // The message itself, back again.
        Reply::message(&call.body[5..])
    });
    let mut first =
        call(json!({"aString": "u{{user}}", "anInt32": "{{user}}", "words": ["a", "{{iteration}}"]}));
    first.metadata.push(("x-user".into(), template("u{{user}}")));
    let mut first = Step::grpc("first", first).extract("text", Source::JsonPointer("/aString".into()));
    first.timeout_s = Some(1.5);
    let fixed = Step::grpc("fixed", call(json!({"anInt64": 7, "aColour": "RED"})))
        .check(Check::Json { pointer: "/anInt64".into(), equals: json!("7") })
        .check(Check::Json { pointer: "/aColour".into(), equals: json!("RED") })
        // What the answer does not hold has its default.
        .check(Check::Json { pointer: "/aBool".into(), equals: json!(false) });
    let again = Step::grpc("again", call(json!({"aString": "again {{text}}"})))
        .check(Check::BodyMatches("again u[0-9]+".into()));
    // HTTP/2 is chosen, since nothing else goes there.
    let outcome = run(spec(address, users(3.0, 0.3), vec![first, fixed, again]));
    assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", outcome.first_errors);
    assert!(outcome.overall.tally.succeeded > 60);
    assert_eq!(
        outcome.overall.tally.statuses.by_name(),
        [("OK".to_owned(), outcome.overall.tally.completed)].into()
    );
    let calls = calls.lock().unwrap();
    let (fields, body, block) = calls.iter().find(|(fields, ..)| fields[2] == "u1").unwrap();
    assert!(block.contains("/everything.Echo/Unary") && !block.contains("content-length"), "{block:?}");
    assert!(block.contains("application/grpc+proto"), "{block:?}");
    assert_eq!(fields[..2], ["trailers", "1500m"]);
    // anInt32 1, aString "u1", words "a" and "0": the reference's encoding.
    let encoded = b"\x28\x01\x4a\x02u1\xaa\x01\x01a\xaa\x01\x010";
    assert_eq!(body[..5], [0, 0, 0, 0, encoded.len() as u8]);
    assert_eq!(body[5..], encoded[..]);
}

#[test]
fn who_looks_at_a_call_sees_messages_as_json() {
    let look = |reply: fn(&server::Call) -> Reply, expects| {
        let address = serve(reply);
        let step = Step::grpc(
            "call",
            GrpcCall { expect: expects, ..call(json!({"aString": "caf\u{e9}", "anInt32": 7})) },
        );
        let spec = spec(address, users(1.0, 1.0), vec![step]);
        let mut seen = Vec::new();
        debug(&spec, &Chosen::default(), &mut |exchange| seen.push(exchange.clone())).unwrap();
        seen.remove(0)
    };
    let seen = look(|call| Reply::message(&call.body[5..]), vec![0]);
    let request: serde_json::Value = serde_json::from_str(&seen.request.unwrap().body).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&seen.answer.unwrap().body).unwrap();
    for message in [request, answer] {
        assert_eq!((&message["aString"], &message["anInt32"]), (&json!("caf\u{e9}"), &json!(7)));
    }
    let told = |seen: &Exchange| {
        let check = &seen.checks[0];
        (check.check.clone(), check.holds, check.found.clone().unwrap())
    };
    // The code of an answer is a check like any other.
    let seen = look(|_| Reply::error(14, "closed"), vec![0, 5]);
    let expected =
        ("grpc-status is OK (0) or NOT_FOUND (5)".to_owned(), false, "UNAVAILABLE (14)".to_owned());
    assert_eq!(told(&seen), expected);
    // What cannot be decoded is no failure of a step that does not look at it.
    let seen = look(|_| Reply::message(b"\xff\xff"), vec![0]);
    assert_eq!((seen.error, seen.answer.unwrap().body.as_str()), (None, "(binary)"));
}

#[test]
fn codes_are_counted_by_name_and_kept_with_their_message() {
    let outcome = failing(|| Reply::error(14, "caf%C3%A9 is closed"));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::GrpcError, 10));
    assert_eq!(outcome.endpoints[0].tally.statuses.by_name(), [("UNAVAILABLE".to_owned(), 10)].into());
    let words = &outcome.first_errors[&ErrorKind::GrpcError];
    assert!(words.contains("UNAVAILABLE (14): caf\u{e9} is closed"), "{words}");
    let [answer] = outcome.first_answers.as_slice() else { panic!("{:?}", outcome.first_answers) };
    assert_eq!(swarmlab_intervals::status_name(answer.status), "UNAVAILABLE");
    assert_eq!(answer.headers, "grpc-status: 14\ngrpc-message: caf\u{e9} is closed\n");
    // The status may come after a message, too.
    let outcome =
        failing(|| Reply { trailers: Some(vec![("grpc-status", "77".into())]), ..Reply::message(b"") });
    assert_eq!(outcome.endpoints[0].tally.statuses.by_name(), [("gRPC 77".to_owned(), 10)].into());
    // One that is expected is a success.
    let address = serve(|_| Reply::error(5, "no"));
    let expecting = GrpcCall { expect: vec![0, 5], ..call(json!({})) };
    let outcome = run(spec(address, rate(50.0, 0.2), vec![Step::grpc("call", expecting)]));
    assert_eq!((outcome.overall.tally.succeeded, outcome.overall.tally.failed), (10, 0));
}

/// How a server answers.
type Answering = Box<dyn Fn() -> Reply + Send + Sync>;

#[test]
fn what_is_no_answer_to_a_call_is_a_bad_response_with_words() {
    let no_status = || Reply { trailers: Some(vec![]), ..Reply::message(b"") };
    let compressed = || {
        let mut reply = Reply::message(b"abc");
        reply.head.push(("grpc-encoding", "gzip".into()));
        reply.body[0] = 1;
        reply
    };
    let html = || Reply { head: vec![("content-type", "text/html".into())], ..Reply::message(b"") };
    let cases: [(Answering, &str); 7] = [
        (Box::new(no_status), "without grpc-status"),
        (Box::new(compressed), "compressed, which was not asked for (gzip)"),
        (Box::new(html), "text/html"),
        (Box::new(|| Reply { body: Vec::new(), ..Reply::message(b"") }), "OK without a message"),
        (
            Box::new(|| Reply { body: Reply::message(b"").body.repeat(2), ..Reply::message(b"") }),
            "more than one message",
        ),
        (
            Box::new(|| Reply { body: b"\0\0\0\0\x09a".to_vec(), ..Reply::message(b"") }),
            "ends within its message",
        ),
        (Box::new(|| Reply::message(b"\x4a\x01\xff")), "a_string is not text"),
    ];
    for (reply, part) in cases {
        let outcome = failing(reply);
        assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::BadResponse, 10), "{part}");
        let words = &outcome.first_errors[&ErrorKind::BadResponse];
        assert!(words.contains(part), "{words}");
    }
    // A status of HTTP other than 200 is told as such.
    let outcome = failing(|| Reply { status: b"\x08\x03503", ..Reply::error(14, "") });
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::UnexpectedStatus, 10));
    assert_eq!(outcome.overall.tally.statuses.by_name()["503"], 10);
    // So is a message in which the checked value is another.
    let outcome = failing(|| Reply::message(b"\x4a\x01y"));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::CheckFailed, 10));
}

#[test]
fn a_message_that_does_not_fit_with_its_values_is_not_sent() {
    let address = serve(|call| Reply::message(&call.body[5..]));
    let step = Step::grpc("call", call(json!({"anInt32": "u{{user}}"})));
    let outcome = run(spec(address, rate(50.0, 0.2), vec![step]));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::MessageInvalid, 10));
    assert_eq!(outcome.overall.tally.sent, 0);
    let words = &outcome.first_errors[&ErrorKind::MessageInvalid];
    assert!(words.contains("anInt32 is \"u"), "{words}");
}

#[test]
fn calls_need_http2_and_a_message_that_fits() {
    let address = "127.0.0.1:1".parse().unwrap();
    let get = Step::new("get", "GET", template("/"));
    let mixed = spec(address, users(1.0, 0.1), vec![Step::grpc("call", call(json!({}))), get]);
    assert!(matches!(mixed.validate(), Err(LoadError::NotHttp2 { .. })));
    let mut chosen = mixed.clone();
    chosen.targets[0].http = HttpVersion::Http2;
    chosen.validate().unwrap();
    let misfit = spec(address, users(1.0, 0.1), vec![Step::grpc("call", call(json!({"anInt32": "x"})))]);
    let words = misfit.validate().unwrap_err().to_string();
    assert!(words.contains("gRPC message: anInt32 is \"x\""), "{words}");
}
