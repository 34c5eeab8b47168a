//! Files of other load tools, as those write them and as they are found, and what becomes of them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::BufReader;

use swarmlab_import::results::{Gathered, Mapping, Options, Outcome, Problem, Stretch, read};

fn path(name: &str) -> String {
    format!("{}/tests/results/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn outcome(word: &str, name: &str, bytes: &[u8], options: &Options) -> Result<Outcome, Problem> {
    let mut gathered = Gathered::new(1.0);
    // Pieces of seven bytes: lines come as they like.
    read(word, name, &mut BufReader::with_capacity(7, bytes), options, &mut gathered)?;
    gathered.finish()
}

fn file(word: &str, name: &str, options: &Options) -> (Outcome, Vec<String>) {
    let outcome = outcome(word, name, &std::fs::read(path(name)).unwrap(), options).unwrap();
    let remarks = outcome.remarks.iter().map(ToString::to_string).collect();
    (outcome, remarks)
}

/// Sums of an endpoint: sent, answered, failed, and the failures by name.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    sent: u64,
    completed: u64,
    succeeded: u64,
    failed: u64,
    errors: BTreeMap<String, u64>,
    statuses: BTreeMap<u16, u64>,
    values: u64,
}

fn sums(stretches: &[Stretch], endpoint: &str) -> Sums {
    let mut out = Sums::default();
    for part in stretches.iter().flat_map(|s| &s.parts).filter(|p| p.endpoint == endpoint) {
        out.sent += part.sent;
        out.completed += part.completed;
        out.succeeded += part.succeeded;
        out.failed += part.failed;
        out.values += part.response.len();
        part.errors.iter().for_each(|(name, n)| *out.errors.entry(name.clone()).or_default() += n);
        part.statuses.iter().for_each(|(status, n)| *out.statuses.entry(*status).or_default() += n);
    }
    out
}

fn errors(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
    of.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
}

#[test]
fn k6_csv_becomes_requests_and_what_is_wrong_with_it_is_told() {
    let (outcome, remarks) = file("k6", "k6.csv", &Options::default());
    assert_eq!(outcome.requests, 26);
    assert!(
        outcome.unknown.contains(&"offered") && !outcome.unknown.contains(&"users"),
        "{:?}",
        outcome.unknown
    );
    let all: Vec<Stretch> = outcome.stretches.collect();
    let get = sums(&all, "GET /orders");
    assert_eq!((get.completed, get.succeeded, get.failed, get.values), (24, 23, 1, 24));
    assert_eq!((get.errors, get.statuses[&503]), (errors(&[("unexpected_status", 1)]), 1));
    let post = sums(&all, "POST /orders");
    // Refused: never sent. Given up after a minute: sent a minute before, no answer, no response time.
    assert_eq!((post.sent, post.completed, post.failed, post.values), (1, 0, 2, 0));
    assert_eq!(post.errors, errors(&[("connect_refused", 1), ("timeout", 1)]));
    let end = all.len() - 6;
    assert_eq!(
        all[end..].iter().map(|s| s.users).collect::<Vec<_>>(),
        [2.0, 2.0, 2.0, 3.0, 3.0, 3.0].map(Some)
    );
    assert_eq!((all[end].iterations, all[end].bytes), (4, [400, 1234]));
    // 20, 30, 40 and 50 ms.
    let first = &all[end].parts[0];
    assert_eq!((first.response_sum_us, first.response.max() / 1000), (140_000, 50));
    assert_eq!(remarks.len(), 6, "{remarks:#?}");
    for (remark, words) in remarks.iter().zip([
        "iterations that k6 dropped, since it had no user left for them: their requests were due and never sent (3 times",
        "no requests over HTTP, left out: grpc_req_duration",
        "the line of names again",
        "a time that is none, left out: N/A",
        "fewer fields than there are names",
        "the last line has no end: it was cut off",
    ]) {
        assert!(remark.starts_with("k6.csv:") && remark.contains(words), "{words}: {remark}");
    }
}

#[test]
fn k6_json_lines_become_requests_at_their_moment_in_their_zone() {
    let (outcome, remarks) = file("k6", "k6.json", &Options::default());
    assert_eq!((outcome.requests, outcome.begin_unix_s), (12, 1_795_275_753.0));
    let all: Vec<Stretch> = outcome.stretches.collect();
    assert_eq!(all.len(), 4);
    assert_eq!((sums(&all, "list").completed, sums(&all, "GET /cart/7").failed), (8, 1));
    assert_eq!(sums(&all, "GET /cart/7").statuses, BTreeMap::from([(200, 3), (404, 1)]));
    assert_eq!(all[0].users, Some(5.0));
    let words = ["a line that is no point of k6", "a value that is no number", "it was cut off"];
    assert_eq!(remarks.len(), 3, "{remarks:#?}");
    assert!(remarks.iter().zip(words).all(|(r, w)| r.contains(w)), "{remarks:#?}");
}

#[test]
fn jmeter_becomes_requests_without_its_transactions() {
    let (outcome, remarks) = file("jmeter", "jmeter.jtl", &Options::default());
    assert_eq!(outcome.requests, 20);
    let all: Vec<Stretch> = outcome.stretches.collect();
    let orders = sums(&all, "orders");
    assert_eq!((orders.sent, orders.completed, orders.succeeded, orders.values), (13, 12, 10, 12));
    assert_eq!(orders.errors, errors(&[("unexpected_status", 1), ("check_failed", 1), ("timeout", 1)]));
    let login = sums(&all, "login");
    assert_eq!(login.errors, errors(&[("connect_refused", 1), ("failed_otherwise", 1)]));
    assert_eq!((login.sent, login.completed), (6, 5));
    assert_eq!(sums(&all, "checkout"), Sums::default());
    // Begun in one second and answered in the next: sent in the one, counted in the other.
    let in_second = |i: usize| {
        all[i].parts.iter().map(|p| (p.sent, p.completed)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    };
    assert_eq!((in_second(0), in_second(1)), ((3, 2), (3, 3)));
    assert_eq!(all[0].in_flight, 1);
    let words = [
        "transactions, sums of samples that are here as well, left out (5 times, the first: checkout)",
        "failed in a way that has no name here (failed_otherwise): Non HTTP response code: java.lang.Illegal",
        "the line of names again",
        "a time that is none, left out: N/A",
        "it was cut off",
    ];
    assert_eq!(remarks.len(), words.len(), "{remarks:#?}");
    for (remark, words) in remarks.iter().zip(words) {
        assert!(remark.contains(words), "{words}: {remark}");
    }
}

#[test]
fn jmeter_without_names_and_with_local_times_is_read_and_told() {
    let text = "2026/11/21 15:42:33.250,40,login,200,OK,G 1-1,text,true,,500,120,3,3,http://x,39,0,1\n";
    let named = format!(
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n{text}"
    );
    let of = |text: &str, options: &Options| outcome("jmeter", "f", text.as_bytes(), options).unwrap();
    let utc = of(&named, &Options::default());
    assert!(utc.remarks[0].to_string().contains("times without a zone, taken as UTC (--zone)"));
    let berlin = of(&named, &Options { zone_s: Some(3600), ..Options::default() });
    assert_eq!((utc.begin_unix_s - berlin.begin_unix_s, berlin.remarks.len()), (3600.0, 0));
    let plain = text.replace("2026/11/21 15:42:33.250", "1795275753250");
    let nameless = of(&plain, &Options::default());
    assert_eq!((nameless.begin_unix_s, nameless.requests), (utc.begin_unix_s, 1));
    assert!(nameless.remarks[0].to_string().starts_with("f:1: no line of names"));
}

fn mapped() -> Options {
    let text = std::fs::read_to_string(path("table.yml")).unwrap();
    Options { mapping: Some(Mapping::parse(&text, "table.yml").unwrap()), ..Options::default() }
}

#[test]
fn a_table_with_a_mapping_becomes_requests() {
    let (outcome, remarks) = file("csv", "table.csv", &mapped());
    assert_eq!((outcome.requests, outcome.begin_unix_s), (10, 1_795_275_753.0));
    let all: Vec<Stretch> = outcome.stretches.collect();
    let (a, b) = (sums(&all, "/a"), sums(&all, "/b"));
    assert_eq!((a.completed, a.failed, b.completed, b.failed), (4, 0, 4, 3));
    assert_eq!(
        b.errors,
        errors(&[("connection_reset", 1), ("failed_otherwise", 1), ("unexpected_status", 1)])
    );
    assert_eq!(all[0].parts[0].response_sum_us, 10_000);
    assert_eq!(all[0].users, Some(2.0));
    assert!(remarks[0].contains("(failed_otherwise): the cat"), "{remarks:?}");
    assert!(remarks[1].contains("table.csv:12: a time that is none, left out: yesterday"), "{remarks:?}");
}

#[test]
fn a_table_without_names_and_one_with_a_clock_of_its_own_are_read() {
    let mapping = "time: { column: 3, unit: s, at: end, zero: 2021-01-31T00:00:00Z }\nduration: { column: 4, unit: s }\nendpoint: 2\n";
    let options = Options { mapping: Some(Mapping::parse(mapping, "m").unwrap()), ..Options::default() };
    let azure = "734272,c13acdc7,10.078,0.5\n734272,a2faad78,12.25,1\n";
    let outcome = outcome("csv", "f", azure.as_bytes(), &options).unwrap();
    assert_eq!((outcome.requests, outcome.begin_unix_s), (2, 1_612_051_209.0));
    let named = mapping.replace("column: 3", "column: when");
    let options = Options { mapping: Some(Mapping::parse(&named, "m").unwrap()), ..Options::default() };
    let told = crate::outcome("csv", "f", azure.as_bytes(), &options).unwrap_err();
    assert_eq!(told.code().name(), "results-without-columns");
    assert!(told.to_string().contains("when") && told.to_string().contains("734272, c13acdc7"), "{told}");
}

#[test]
fn a_file_of_another_kind_is_refused_with_what_it_looks_like() {
    let bytes = |name: &str| std::fs::read(path(name)).unwrap();
    let locust = b"Timestamp,User Count,Type,Name,Requests/s\n".to_vec();
    for (word, bytes, looks, help) in [
        ("k6", bytes("jmeter.jtl"), "JMeter's CSV (JTL)", "swarmlab import jmeter"),
        ("jmeter", bytes("k6.csv"), "k6's CSV (--out csv)", "swarmlab import k6"),
        ("jmeter", bytes("k6.json"), "k6's JSON lines", "swarmlab import k6"),
        ("k6", locust, "Locust's history", ""),
        (
            "jmeter",
            b"<?xml version=\"1.0\"?>\n<testResults version=\"1.2\">".to_vec(),
            "JMeter's XML",
            "output_format=csv",
        ),
        ("k6", b"\x1f\x8b\x08\x00".to_vec(), "compressed", "gunzip -c"),
        ("k6", b"\xff\xfem\0".to_vec(), "UTF-16", "UTF-8"),
        ("k6", b"".to_vec(), "an empty file", "import csv"),
        ("k6", b"a,b\n1,2\n".to_vec(), "nothing known; it begins with `a,b`", "import csv"),
        (
            "k6",
            b"       Value     Percentile TotalCount 1/(1-Percentile)\n".to_vec(),
            "percentiles",
            "no histogram",
        ),
    ] {
        let told = outcome(word, "f", &bytes, &Options::default()).unwrap_err();
        let text = told.to_string();
        assert!(
            text.contains(looks) && told.help().unwrap().contains(help),
            "{looks}: {text} {:?}",
            told.help()
        );
        assert_eq!(told.code().name(), "other-results");
    }
}

#[test]
fn a_file_without_a_request_says_what_stands_in_its_way() {
    let text = "metric_name,timestamp,metric_value\nhttp_req_duration,N/A,1\nhttp_req_duration,N/A,1\n";
    let told = outcome("k6", "f", text.as_bytes(), &Options::default()).unwrap_err();
    assert_eq!(told.code().name(), "results-without-requests");
    assert!(
        told.to_string().contains("f:2: a time that is none, left out (2 times, the first: N/A)"),
        "{told}"
    );
    let told = outcome("jmeter", "f", b"timeStamp,label,elapsedTime\n", &Options::default()).unwrap_err();
    assert_eq!(
        told.to_string(),
        "f: the column elapsed is not there; its columns are timeStamp, label, elapsedTime"
    );
}

/// Also a damaged time: the one line, not the memory of eternity.
#[test]
fn times_that_cannot_be_together_are_refused() {
    let text =
        "metric_name,timestamp,metric_value\nhttp_req_duration,1795275753,1\nhttp_req_duration,995275753,1\n";
    let told = outcome("k6", "f", text.as_bytes(), &Options::default()).unwrap_err();
    assert_eq!(told.code().name(), "results-apart");
    assert!(told.to_string().contains("f:2 is at 2026-11-21T15:42:33Z, and f:3"), "{told}");
}
