//! Publishing and receiving on a real Redis, and on servers that are none.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{rate, run, template, users};
use swarmlab_intervals::{ErrorKind, Outcome};
use swarmlab_loadgen::debug::{Chosen, debug};
use swarmlab_loadgen::{Extract, LoadError, LoadSpec, LoadTarget, Model, Scenario, Source, Step, Wait};

/// A redis-server (Debian package `redis-server`) that keeps nothing; killed when dropped.
struct Redis(Child, SocketAddr);

impl Redis {
    fn start(more: &[&str]) -> Self {
        // Between looking for a free port and its use another process may take it: then once more.
        for _ in 0..10 {
            let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let child = Command::new("redis-server")
                .args(["--bind", "127.0.0.1", "--port", &address.port().to_string(), "--save", ""])
                .args(more)
                .current_dir(std::env::temp_dir())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("redis-server is needed (Debian package redis-server)");
            let mut server = Self(child, address);
            let deadline = Instant::now() + Duration::from_secs(20);
            while server.0.try_wait().unwrap().is_none() {
                if TcpStream::connect(address).is_ok() {
                    return server;
                }
                assert!(Instant::now() < deadline, "redis-server does not accept connections");
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        panic!("redis-server does not start");
    }

    fn spec(&self, user_info: &str, model: Model, steps: Vec<Step>) -> LoadSpec {
        spec(&format!("redis://{user_info}{}", self.1), model, steps)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spec(url: &str, model: Model, steps: Vec<Step>) -> LoadSpec {
    let mut spec = common::spec("127.0.0.1:1".parse().unwrap(), model, common::get("/", Wait::default()));
    spec.targets = vec![LoadTarget::parse(url).unwrap()];
    spec.scenario = Scenario::journey("s", steps, Wait::Constant { s: 0.002 });
    spec
}

fn publish(channel: &str, message: &str) -> Step {
    Step::redis("publish", template(channel), template(message))
}

fn only(kind: ErrorKind, count: u64) -> BTreeMap<ErrorKind, u64> {
    [(kind, count)].into()
}

fn assert_clean(outcome: &Outcome) {
    assert_eq!(outcome.overall.tally.errors(), [].into(), "{:?}", outcome.first_errors);
    assert!(outcome.overall.tally.succeeded > 50, "{}", outcome.overall.tally.succeeded);
}

#[test]
fn each_user_gets_back_what_it_publishes() {
    let redis = Redis::start(&[]);
    let mut step = publish("channel-{{user}}", r#"{"i":"{{iteration}}"}"#);
    step.name = "own channel".into();
    let outcome = run(redis.spec("", users(5.0, 0.5), vec![step]));
    assert_clean(&outcome);
    assert_eq!(outcome.connections_opened, 5);
    let tally = &outcome.overall.tally;
    // The message and its identifier went there and came back.
    assert!(tally.bytes_sent > 45 * tally.sent && tally.bytes_received > 45 * tally.sent);
}

#[test]
fn on_a_common_channel_each_counts_its_own_messages_only() {
    let redis = Redis::start(&[]);
    let outcome = run(redis.spec("", users(20.0, 0.5), vec![publish("all", "{{user}}")]));
    assert_clean(&outcome);
    assert_eq!(outcome.connections_opened, 20);
    // Sessions of the open model share connections, and so subscriptions.
    let mut open =
        redis.spec("", rate(300.0, 0.5), vec![publish("all", "x"), publish("c{{iteration}}", "y")]);
    open.limits.max_connections = 4;
    let outcome = run(open);
    assert_clean(&outcome);
    assert_eq!(outcome.overall.tally.succeeded, 150);
    assert!(outcome.connections_opened <= 4);
}

#[test]
fn values_are_taken_from_the_message_that_came_back() {
    let redis = Redis::start(&[]);
    let mut first = publish("c", r#"{"v":"v{{user}}"}"#);
    first.extract.push(Extract {
        variable: "v".into(),
        from: Source::JsonPointer("/v".into()),
        optional: false,
    });
    let second = publish("c-{{v}}", "x");
    let outcome = run(redis.spec("", users(3.0, 0.3), vec![first, second]));
    assert_clean(&outcome);
    assert!(outcome.iterations_completed > 20);
}

#[test]
fn passwords_are_used_and_refusals_named() {
    let redis = Redis::start(&["--requirepass", "secret"]);
    let run_as = |user_info: &str| run(redis.spec(user_info, rate(100.0, 0.2), vec![publish("c", "m")]));
    assert_eq!(run_as(":secret@").overall.tally.succeeded, 20);
    assert_eq!(run_as("default:secret@").overall.tally.succeeded, 20);
    for (user_info, reason) in [("", "NOAUTH"), (":wrong@", "WRONGPASS")] {
        let outcome = run_as(user_info);
        assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::ConnectFailed, 20));
        let text = &outcome.first_errors[&ErrorKind::ConnectFailed];
        assert!(text.contains(reason) && !text.contains("wrong@"), "{text}");
        assert_eq!(outcome.overall.tally.sent, 0);
    }
    // May subscribe, but not publish.
    let restricted =
        Redis::start(&["--user", "quiet", "on", ">p", "resetchannels", "&*", "+@all", "-publish"]);
    let outcome = run(restricted.spec("quiet:p@", rate(100.0, 0.2), vec![publish("c", "m")]));
    assert_eq!(outcome.overall.tally.errors(), only(ErrorKind::RedisError, 20), "{:?}", outcome.first_errors);
    assert!(outcome.first_errors[&ErrorKind::RedisError].contains("NOPERM"));
    // The connections stay in use.
    assert!(outcome.connections_opened < 20);
    // Whoever looks at one iteration sees it too.
    let mut told = Vec::new();
    let one = restricted.spec("quiet:p@", users(1.0, 1.0), vec![publish("c", "m")]);
    debug(&one, &Chosen::default(), &mut |exchange| told.push(exchange.clone())).unwrap();
    assert_eq!((told.len(), told[0].error), (1, Some(ErrorKind::RedisError)));
    assert_eq!(told[0].request.as_ref().unwrap().head, "PUBLISH c");
    assert!(told[0].answer.as_ref().is_some_and(|answer| !answer.is_expected));
    assert!(told[0].why.as_ref().unwrap().contains("NOPERM"));
}

#[test]
fn steps_must_fit_their_target() {
    let redis = Redis::start(&[]);
    let http = Step::new("get", "GET", template("/"));
    let wrong = redis.spec("", rate(10.0, 0.1), vec![http]);
    assert!(matches!(swarmlab_loadgen::start(wrong), Err(LoadError::NotHttp { .. })));
    let wrong = spec(&format!("http://{}", redis.1), rate(10.0, 0.1), vec![publish("c", "m")]);
    assert!(matches!(swarmlab_loadgen::start(wrong), Err(LoadError::NotRedis { .. })));
}

/// Answers each connection with these bytes, whatever it says, and reads on.
fn answering(answer: &'static [u8], closes: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer);
                let _ = stream.write_all(answer);
                // The message.
                let _ = stream.read(&mut buffer);
                if !closes {
                    let _ = std::io::copy(&mut stream, &mut std::io::sink());
                }
            });
        }
    });
    address
}

#[test]
fn servers_that_are_no_redis_have_names_and_bounds() {
    const READY: &[u8] = b"%1\r\n+proto\r\n:3\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n";
    const ENDLESS: &[u8] = b"%1\r\n+proto\r\n:3\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n$99999999\r\n";
    let cases: [(&[u8], bool, ErrorKind); 5] = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", false, ErrorKind::ConnectFailed),
        (b"", false, ErrorKind::ConnectTimeout),
        (READY, true, ErrorKind::ConnectionClosed),
        (READY, false, ErrorKind::Timeout),
        (ENDLESS, false, ErrorKind::ConnectFailed),
    ];
    for (answer, closes, kind) in cases {
        let address = answering(answer, closes);
        let mut spec = spec(&format!("redis://{address}"), rate(100.0, 0.2), vec![publish("c", "m")]);
        spec.timeout_s = 0.3;
        let outcome = run(spec);
        assert_eq!(outcome.overall.tally.errors(), only(kind, 20), "{:?}", outcome.first_errors);
    }
}
