//! Faults, by a scripted server. What a real Prometheus answers is tried by the program's own tests.
#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use swarmlab_catalogue::answer::Point;
use swarmlab_codes as codes;

use super::scripted::{Asked, Scripted, http, matrix, ok};
use super::*;

const STEP_MS: i64 = 1000;

fn asker(url: &str, access: &Access) -> Asker {
    let patience = Patience { silence: Duration::from_secs(5), retries: 3, wait_s: 0.001 };
    Asker::new(Address::parse(url).unwrap(), access, patience, Stop::default()).unwrap()
}

fn plan(url: &str, to_ms: i64, wanted: Wanted) -> Plan {
    let asked = ("0".to_owned(), "x".to_owned());
    Plan::new(url, "m", asked, Window { from_ms: 0, to_ms }, wanted, 2).unwrap()
}

struct Got {
    points: Vec<Point>,
    warnings: Vec<String>,
    news: Vec<News>,
}

fn got(url: &str, plan: &Plan, parts: &Parts) -> Result<Got, PastError> {
    let (asker, news) = (asker(url, &Access::default()), Mutex::new(Vec::new()));
    let job = Job { asker: &asker, plan, parts, workers: 2 };
    fetch(&job, &|n| news.lock().unwrap().push(n))?;
    let joined = Joined::new(parts)?;
    let mut points = Vec::new();
    joined.each::<PastError>(&mut |labels, some| {
        assert_eq!(labels["a"], "b");
        points.extend_from_slice(some);
        Ok(())
    })?;
    assert_eq!(joined.samples, points.len() as u64);
    Ok(Got { points, warnings: joined.warnings.iter().cloned().collect(), news: news.into_inner().unwrap() })
}

fn steps(url: &str, to_ms: i64) -> Result<Got, PastError> {
    let plan = plan(url, to_ms, Wanted::Steps { step_ms: STEP_MS });
    got(url, &plan, &Parts::in_memory(&plan))
}

/// What is asked for, answered as it should be: the value of a point is its number.
fn right(asked: &Asked) -> String {
    let times = (asked.ms("start")..=asked.ms("end")).step_by(STEP_MS as usize);
    matrix(times.map(|t| (t, (t / STEP_MS).to_string())))
}

fn numbers(got: &Got) -> Vec<i64> {
    got.points
        .iter()
        .map(|p| (p.t_ms / STEP_MS, p.value as i64))
        .map(|(t, v)| if t == v { t } else { -1 })
        .collect()
}

#[test]
fn what_fails_for_a_moment_is_asked_again_and_nothing_is_doubled() {
    // Refused, closed without a word, cut off in the middle of its body, of a chunk and of its head; then right.
    let server = Scripted::new(|n, asked| {
        let body = right(asked);
        match n {
            0 => http("503 Service Unavailable", "Retry-After: 0\r\n", "busy"),
            1 => Vec::new(),
            2 => ok(&body)[..1000].to_vec(),
            3 => format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}", body.len())
                .into(),
            4 => b"HTTP/1.1 200 OK\r\nContent-".to_vec(),
            5 => format!("HTTP/1.1 200 OK\r\n\r\n{}", &body[..2000]).into(),
            _ => ok(&body),
        }
    });
    let got = steps(&server.url, 999 * STEP_MS).unwrap();
    assert_eq!(numbers(&got), (0..1000).collect::<Vec<_>>());
    let again = got.news.iter().filter(|n| matches!(n, News::Again { .. })).count();
    assert_eq!((again, server.count()), (6, 8), "{:?}", got.news);
}

#[test]
fn one_that_stays_silent_is_told_with_the_last_reason() {
    let server = Scripted::new(|_, _| http("504 Gateway Timeout", "", "upstream timed out"));
    let told = steps(&server.url, 0).map(|_| ()).unwrap_err();
    assert_eq!(told.code(), codes::PROMETHEUS_SILENT);
    let text = told.to_string();
    assert!(text.contains("504: upstream timed out") && text.contains("asked 4 times"), "{text}");
}

#[test]
fn what_is_too_much_at_once_is_asked_for_in_halves() {
    let server = Scripted::new(|n, asked| {
        let points = (asked.ms("end") - asked.ms("start")) / STEP_MS + 1;
        let much = r#"{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}"#;
        let late = r#"{"status":"error","errorType":"timeout","error":"query timed out in query execution"}"#;
        match points {
            300.. => http("422 Unprocessable Entity", "", much),
            100..300 if n % 2 == 0 => http("503 Service Unavailable", "", late),
            _ => ok(&right(asked)),
        }
    });
    let got = steps(&server.url, 1776 * STEP_MS).unwrap();
    assert_eq!(numbers(&got), (0..1777).collect::<Vec<_>>());
    assert!(got.news.iter().any(|n| matches!(n, News::Halved { .. })));
}

#[test]
fn raw_samples_at_the_edges_of_pieces_are_told_once() {
    // As Prometheus 2 answers: both ends of the range are in it.
    let server = Scripted::new(|_, asked| {
        let to_ms = asked.ms("time");
        let query = asked.field("query").unwrap();
        let range_ms: i64 = query.split("%5B").nth(1).unwrap().split("ms").next().unwrap().parse().unwrap();
        ok(&matrix((to_ms - range_ms..=to_ms).filter(|t| t % 30_000 == 0).map(|t| (t, "NaN".to_owned()))))
    });
    let plan = plan(&server.url, 600_000, Wanted::Raw);
    let got = got(&server.url, &plan, &Parts::in_memory(&plan)).unwrap();
    let times: Vec<i64> = got.points.iter().map(|p| p.t_ms).collect();
    assert_eq!(times, (1..=20).map(|i| i * 30_000).collect::<Vec<_>>());
    assert!(got.points.iter().all(|p| p.value.is_nan()) && server.count() > 1);
}

#[test]
fn an_unfinished_output_goes_on_with_the_parts_that_are_there() {
    let dir = tempfile::tempdir().unwrap();
    let folder = parts::folder_of(&dir.path().join("out.csv"));
    // The second half is refused, until it is not.
    let server = Scripted::new(|n, asked| match asked.ms("start") {
        0 => ok(&right(asked)),
        _ if n < 5 => http("503 Service Unavailable", "", ""),
        _ => ok(&right(asked)),
    });
    let plan = plan(&server.url, 499 * STEP_MS, Wanted::Steps { step_ms: STEP_MS });
    let parts = Parts::in_folder(&folder, &plan).unwrap();
    assert_eq!(got(&server.url, &plan, &parts).map(|_| ()).unwrap_err().code(), codes::PROMETHEUS_SILENT);
    let before = server.count();
    assert_eq!((before, parts.has(0), parts.has(1)), (5, true, false));
    let begun = Parts::begun(&folder).unwrap();
    assert_eq!(begun, plan);
    let parts = Parts::in_folder(&folder, &begun).unwrap();
    let got = got(&server.url, &begun, &parts).unwrap();
    assert_eq!(numbers(&got), (0..500).collect::<Vec<_>>());
    assert_eq!(server.count() - before, 1, "what is there is not asked for again");
    // A part that is cut is damaged, not short.
    let path = folder.join("000001.part");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    assert!(Joined::new(&parts).map(|_| ()).unwrap_err().to_string().contains("ends early"));
    // So is one whose numbers cannot be.
    let at = bytes.windows(9).position(|w| w == b"\"b\"}\xfa\0\0\0\0").unwrap() + 4;
    for count in [u64::MAX, u64::MAX / 16, 1 << 58] {
        let mut wrong = bytes.clone();
        wrong[at..at + 8].copy_from_slice(&count.to_le_bytes());
        std::fs::write(&path, &wrong).unwrap();
        assert_eq!(Joined::new(&parts).map(|_| ()).unwrap_err().code(), codes::BAD_STORE, "{count}");
    }
    Parts::remove(&folder).unwrap();
    assert!(!folder.exists());
}

#[test]
fn a_plan_that_cannot_be_is_damaged_and_no_panic() {
    let dir = tempfile::tempdir().unwrap();
    let plan = plan("http://x", 499 * STEP_MS, Wanted::Steps { step_ms: STEP_MS });
    Parts::in_folder(dir.path(), &plan).unwrap();
    assert_eq!(Parts::begun(dir.path()).unwrap(), plan);
    let path = dir.path().join("plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for (from, to, why) in [
        ("\"piece\": 250", "\"piece\": 0", "pieces of 0"),
        ("\"piece\": 250", "\"piece\": 9223372036854775807", "pieces of 9"),
        ("\"step_ms\": 1000", "\"step_ms\": 0", "millisecond"),
        ("\"from_ms\": 0", "\"from_ms\": -9223372036854775808", "as far back"),
        ("\"to_ms\": 499000", "\"to_ms\": -1", "before it begins"),
        ("{", "", "expected struct Plan"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        std::fs::write(&path, changed).unwrap();
        let told = Parts::begun(dir.path()).unwrap_err();
        assert!(told.code() == codes::BAD_STORE && told.to_string().contains(why), "{told}");
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(Parts::begun(dir.path()).unwrap_err().code(), codes::BAD_STORE);
}

#[test]
fn two_do_not_write_the_same_output() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("x.csv.parts");
    let held = Parts::hold(&folder).unwrap();
    assert_eq!(Parts::hold(&folder).unwrap_err().code(), codes::PARTS_BUSY);
    // Neither is it let go of by who throws away what is there.
    Parts::clear(&folder).unwrap();
    assert_eq!(Parts::hold(&folder).unwrap_err().code(), codes::PARTS_BUSY);
    drop(held);
    Parts::hold(&folder).unwrap();
    Parts::remove(&folder).unwrap();
    assert!(!folder.exists());
}

#[test]
fn warnings_and_partial_answers_are_kept() {
    let server = Scripted::new(|n, asked| {
        let tail = if n == 0 { ",\"warnings\":[\"a store is away\"]}" } else { ",\"isPartial\":true}" };
        ok(&format!("{}{tail}", right(asked).strip_suffix('}').unwrap()))
    });
    let got = steps(&server.url, 499 * STEP_MS).unwrap();
    assert_eq!(got.warnings, ["a store is away", "the answer says itself that it is partial (isPartial)"]);
}

#[test]
fn what_will_never_be_answered_is_asked_once_and_has_its_code() {
    let bad = r#"{"status":"error","errorType":"bad_data","error":"1:5: parse error"}"#;
    let wrong = matrix([(0, "1".to_owned()), (777, "2".to_owned())]);
    let twice = matrix([(0, "1".to_owned()), (0, "2".to_owned())]);
    let histogram = r#"{"status":"success","data":{"result":[{"metric":{},"histograms":[[0,{}]]}]}}"#;
    for (answer, code, words) in [
        (http("401 Unauthorized", "", "Unauthorized"), codes::PROMETHEUS_LOGIN, "401: Unauthorized"),
        (http("403 Forbidden", "", bad), codes::PROMETHEUS_LOGIN, "403: 1:5"),
        (http("400 Bad Request", "", bad), codes::REFUSED_QUERY, "`m`: 1:5: parse error"),
        (http("404 Not Found", "", "404 page not found"), codes::NOT_PROMETHEUS, "404: 404 page"),
        (http("302 Found", "Location: /login\r\n", ""), codes::NOT_PROMETHEUS, "sends to /login"),
        (ok("<html>hello</html>"), codes::NOT_PROMETHEUS, "no JSON"),
        (ok("{\"health\":\"up\"}"), codes::NOT_PROMETHEUS, "no `status`"),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), codes::NOT_PROMETHEUS, "not HTTP: SSH-2.0"),
        (http("200 OK", "Content-Encoding: gzip\r\n", "x"), codes::NOT_PROMETHEUS, "compressed"),
        (ok(&wrong), codes::ODD_ANSWER, "at 777 ms"),
        (ok(&twice), codes::BAD_STORE, "two samples"),
        (ok(histogram), codes::ODD_ANSWER, "native histograms"),
    ] {
        let server = Scripted::new(move |_, _| answer.clone());
        let told = steps(&server.url, 0).map(|_| ()).unwrap_err();
        let text = told.to_string();
        assert!(told.code() == code && text.contains(words), "{}: {text}", told.code());
        assert_eq!(server.count(), 1, "{text}");
    }
}

#[test]
fn credentials_go_into_the_header_alone() {
    let server = Scripted::new(|_, _| {
        ok(r#"{"status":"success","data":{"resultType":"scalar","result":[12.5,"12.5"]}}"#)
    });
    let access = Access { login: Some(Login::Bearer(Secret::new("geheim"))), ca_pem: None };
    assert_eq!(asker(&format!("{}/below/", server.url), &access).now_ms(&|_| ()).unwrap(), 12_500);
    let asked = server.asked.lock().unwrap()[0].clone();
    assert!(asked.head.starts_with("POST /below/api/v1/query HTTP/1.1\r\n"), "{}", asked.head);
    assert!(asked.head.contains("Authorization: Bearer geheim\r\n") && !asked.form.contains("geheim"));
}

#[test]
fn where_nobody_listens_is_told_after_some_tries() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let again = Mutex::new(0);
    let told = asker(&format!("http://{free}"), &Access::default())
        .now_ms(&|_| *again.lock().unwrap() += 1)
        .unwrap_err();
    assert!(told.code() == codes::PROMETHEUS_SILENT && told.to_string().contains("refused"), "{told}");
    assert_eq!(again.into_inner().unwrap(), 3, "each wait is told");
}

#[test]
fn who_is_told_to_stop_waits_for_no_answer_and_keeps_the_parts_that_are_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (asked, was_asked) = std::sync::mpsc::channel();
    let (over, until) = std::sync::mpsc::channel::<()>();
    let server = Scripted::new(move |_, asked_for| {
        if asked_for.ms("start") > 0 {
            asked.send(()).unwrap();
            // Says nothing until the test is over.
            let _ = until.recv();
        }
        ok(&right(asked_for))
    });
    let plan = plan(&server.url, 499 * STEP_MS, Wanted::Steps { step_ms: STEP_MS });
    let parts = Parts::in_folder(&parts::folder_of(&dir.path().join("x.csv")), &plan).unwrap();
    let stop = Stop::default();
    let patience = Patience { silence: Duration::from_secs(3600), retries: 3, wait_s: 3600.0 };
    let asker =
        Asker::new(Address::parse(&server.url).unwrap(), &Access::default(), patience, stop.clone()).unwrap();
    let told = std::thread::scope(|scope| {
        let job = Job { asker: &asker, plan: &plan, parts: &parts, workers: 1 };
        let fetching = scope.spawn(move || fetch(&job, &|_| ()).unwrap_err());
        was_asked.recv().unwrap();
        stop.now();
        fetching.join().unwrap()
    });
    assert_eq!((told.code(), parts.has(0), parts.has(1)), (codes::INTERRUPTED, true, false));
    drop(over);
    // Nor is a long wait sat out, or anything begun.
    assert!(matches!(asker.now_ms(&|_| ()), Err(PastError::Interrupted)));
    assert!(matches!(stop.sleep(Duration::from_secs(3600)), Err(PastError::Interrupted)));
}
