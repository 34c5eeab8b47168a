#![allow(clippy::unwrap_used)]
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use swarmlab_intervals::ErrorKind;
use swarmlab_intervals::trust::VerdictInputs;
use swarmlab_intervals::{End, EndpointStats, new_histogram};

const START: u64 = 1_700_000_000;

/// Adds a request that ended: its response time in microseconds if it was answered.
fn request(stats: &mut EndpointStats, response_us: Option<u64>, body_bytes: u64, error: Option<ErrorKind>) {
    let tally = &mut stats.tally;
    if let Some(us) = response_us {
        tally.completed += 1;
        tally.response_sum_s += us as f64 / 1e6;
        tally.body_bytes += body_bytes;
        stats.response.record(us).unwrap();
    }
    if let Some(kind) = error {
        tally.failed += 1;
        tally.errors[kind as usize] += 1;
    }
}

/// The requests that `tests/golden/locust/generate.py` gives to Locust.
fn second(s: u64) -> Interval {
    let mut endpoints = ["b \"x\", y", "a", "a slow one", "never"].map(EndpointStats::new);
    if s != 13 {
        if s % 2 == 1 {
            for us in [120_000, 256_000, 5_500] {
                request(&mut endpoints[0], Some(us), 13, None);
            }
        }
        for k in 0..s {
            request(&mut endpoints[1], Some(if k % 3 == 0 { 120_000 } else { 88_000 }), 7, None);
        }
        if s == 4 || s == 9 {
            request(&mut endpoints[2], Some(1_536_000), 1000, Some(ErrorKind::UnexpectedStatus));
            request(&mut endpoints[2], None, 0, Some(ErrorKind::Timeout));
        }
        if s == 11 {
            request(&mut endpoints[3], None, 0, Some(ErrorKind::ConnectRefused));
        }
    }
    let users = (s + 1) as f64;
    let (start_unix_s, end_unix_s) = ((START + s) as f64, (START + s + 1) as f64);
    Interval { users, endpoints: endpoints.into(), ..Interval::empty(s, start_unix_s, end_unix_s) }
}

fn outcome() -> Outcome {
    Outcome {
        end: End::Completed,
        start_unix_s: START as f64,
        load_end_unix_s: (START + 15) as f64,
        end_unix_s: (START + 15) as f64,
        intervals: 15,
        offered: 0,
        iterations_completed: 0,
        think_s: 0.0,
        user_s: 0.0,
        connections_opened: 0,
        connections_retired: Default::default(),
        unassigned_errors: BTreeMap::new(),
        endpoints: vec![],
        connect: new_histogram(),
        tls: new_histogram(),
        resolve_failures: 0,
        first_errors: BTreeMap::new(),
        first_answers: Vec::new(),
        overall: EndpointStats::new(""),
        verdict_inputs: VerdictInputs::default(),
    }
}

fn options(full_history: bool) -> Options {
    let methods = [("b \"x\", y", "GET"), ("a", "POST"), ("a slow one", "GET"), ("never", "GET")];
    let methods = methods.map(|(name, method)| (name.to_owned(), method.to_owned())).into();
    Options { full_history, methods }
}

/// The four files of a run, and `_stats.csv` as it was after the first interval.
fn files(full_history: bool) -> ([String; 4], String) {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let call = CALLS.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("swarmlab-locust-{}-{call}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let read = |end: &str| std::fs::read_to_string(folder.join(format!("x{end}.csv"))).unwrap();
    let mut csv = LocustCsv::new(&folder.join("x"), options(full_history)).unwrap();
    let mut first = String::new();
    for s in 0..15 {
        csv.interval(&second(s)).unwrap();
        if s == 0 {
            first = read("_stats");
        }
    }
    csv.finish(&outcome()).unwrap();
    let all = ["_stats", "_stats_history", "_failures", "_exceptions"].map(read);
    std::fs::remove_dir_all(&folder).unwrap();
    (all, first)
}

fn same(seen: &str, golden: &str) {
    for (line, (seen, golden)) in seen.split("\r\n").zip(golden.split("\r\n")).enumerate() {
        assert_eq!(seen, golden, "line {}", line + 1);
    }
    assert_eq!(seen, golden);
}

#[test]
fn the_files_are_those_that_locust_writes() {
    let ([stats, history, failures, exceptions], _) = files(false);
    same(&stats, include_str!("../../../tests/golden/locust/stats.csv"));
    same(&history, include_str!("../../../tests/golden/locust/stats_history.csv"));
    same(&failures, include_str!("../../../tests/golden/locust/failures.csv"));
    assert_eq!(exceptions, "Count,Message,Traceback,Nodes\r\n");
}

#[test]
fn the_full_history_is_that_which_locust_writes() {
    let ([_, history, ..], _) = files(true);
    same(&history, include_str!("../../../tests/golden/locust/stats_history_full.csv"));
}

#[test]
fn before_the_first_request_nothing_is_known() {
    let (_, first) = files(false);
    let row = first.split("\r\n").nth(1).unwrap();
    assert_eq!(row, ",Aggregated,0,0,0,0.0,0,0,0,0.0,0.0,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A");
}

#[test]
fn errors_without_an_endpoint_are_told() {
    let mut table = Table::new(Options::default());
    table.begin(START as f64);
    let mut interval = second(0);
    interval.unassigned_errors.insert(ErrorKind::QueueFull, 3);
    table.add(&interval);
    let text = table.failures();
    let row = text.split("\r\n").nth(1).unwrap();
    assert_eq!(row, ",Aggregated,queue_full,3,2023-11-14T22:13:20Z,2023-11-14T22:13:20Z");
}

#[test]
fn the_methods_are_the_scenarios() {
    let path = || crate::scenario::Template::parse("/").unwrap();
    let step = |name: &str, method: &str| crate::scenario::Step::new(name, method, path());
    let steps = vec![step("a", "GET"), step("b", "PUT"), step("a", "POST"), step("a", "GET")];
    let mut scenario = Scenario::journey("s", steps, Default::default());
    let found: Vec<(String, String)> = methods(&scenario).into_iter().collect();
    assert_eq!(found, [("a".into(), "GET/POST".into()), ("b".into(), "PUT".into())]);
    let choices = vec![("x".to_owned(), 1.0), ("y".to_owned(), 1.0)];
    scenario.variants = Some(crate::scenario::Variants { variable: "v".into(), choices });
    let found: Vec<String> = methods(&scenario).into_keys().collect();
    assert_eq!(found, ["a [x]", "a [y]", "b [x]", "b [y]"]);
}
