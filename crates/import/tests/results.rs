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
    for (word, bytes, looks, help) in [
        ("k6", bytes("jmeter.jtl"), "JMeter's CSV (JTL)", "swarmlab import jmeter"),
        ("jmeter", bytes("k6.csv"), "k6's CSV (--out csv)", "swarmlab import k6"),
        ("jmeter", bytes("k6.json"), "k6's JSON lines", "swarmlab import k6"),
        ("k6", bytes("locust_stats.csv"), "Locust's totals", "swarmlab import locust"),
        ("locust", b"Count,Message,Traceback,Nodes\n".to_vec(), "Locust's exceptions", "leave the file out"),
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

/// Locust's three files, or as many of them as are named.
fn locust(names: &[&str]) -> (Outcome, Vec<String>) {
    let mut gathered = Gathered::new(1.0);
    for name in names {
        let bytes = std::fs::read(path(name)).unwrap();
        read("locust", name, &mut bytes.as_slice(), &Options::default(), &mut gathered).unwrap();
    }
    let outcome = gathered.finish().unwrap();
    let remarks = outcome.remarks.iter().map(ToString::to_string).collect();
    (outcome, remarks)
}

#[test]
fn locusts_counts_become_intervals_and_its_quantiles_stay_its_own() {
    let (outcome, remarks) = locust(&["locust_stats_history.csv", "locust_stats.csv", "locust_failures.csv"]);
    assert!(!outcome.histograms && outcome.unknown.contains(&"sent") && !outcome.unknown.contains(&"users"));
    assert_eq!(outcome.requests, 118);
    let all = outcome.told.iter().find(|t| t.endpoint == "Aggregated").unwrap();
    assert_eq!((all.quantiles_ms[2], all.quantiles_ms[4], all.max_ms), (Some(60.0), Some(78.0), Some(77.7)));
    assert_eq!(outcome.failures[0].endpoint, "POST /cart");
    assert!(outcome.failures[0].words.contains("500 Server Error"));
    let stretches: Vec<Stretch> = outcome.stretches.collect();
    let (get, post) = (sums(&stretches, "GET /orders"), sums(&stretches, "POST /cart"));
    assert_eq!((get.completed, get.failed, get.values), (90, 0, 0), "no histogram is made up");
    assert_eq!((post.completed, post.succeeded, post.failed), (28, 26, 2));
    assert_eq!(post.errors, errors(&[("failed_otherwise", 2)]));
    // The row at second 2 has what was counted since second 1; rows of all are the sums of the others, and count once.
    let second = |i: usize| {
        let parts = &stretches.iter().find(|s| s.start_unix_s == 1_795_275_753.0 + i as f64).unwrap().parts;
        parts.iter().map(|p| (p.completed, p.response_sum_us)).collect::<Vec<_>>()
    };
    assert_eq!(second(1), [(10, 200_000), (4, 200_000)]);
    // Three seconds without a row: 30 and 4 requests, spread evenly.
    let spread: Vec<u64> = (5..8).map(|i| second(i)[0].0).collect();
    assert_eq!(spread, [10, 10, 10]);
    assert_eq!((5..8).map(|i| second(i)[1].0).sum::<u64>(), 4);
    for words in ["the line of names again", "more than two seconds after the one before", "it was cut off"] {
        assert!(remarks.iter().any(|r| r.contains(words)), "{words}: {remarks:#?}");
    }
}

#[test]
fn a_history_of_all_alone_is_one_endpoint_and_totals_alone_are_no_load() {
    let (outcome, _) = locust(&["locust_short_history.csv"]);
    assert_eq!((outcome.requests, outcome.told.len()), (118, 0));
    let stretches: Vec<Stretch> = outcome.stretches.collect();
    assert_eq!(sums(&stretches, "Aggregated").completed, 118);
    let bytes = std::fs::read(path("locust_stats.csv")).unwrap();
    let told = crate::outcome("locust", "f", &bytes, &Options::default()).unwrap_err();
    assert_eq!(told.code().name(), "results-without-requests");
}

/// A log as Java's tools write it: values in ns, a tag, stamps that count from a base, or none of these.
fn log(header: &str, stamps: &[f64]) -> String {
    use swarmlab_intervals::log::{LogWriter, Quantity};
    let mut histogram = swarmlab_intervals::new_histogram();
    histogram.record_n(20_000_000, 9).unwrap();
    histogram.record_n(50_000_000, 1).unwrap();
    let mut out = header.to_owned();
    for stamp in stamps {
        let mut written = Vec::new();
        let mut writer = LogWriter::new(&mut written, 1e9).unwrap();
        writer.write_histograms(1e9, 1.0, [(Quantity::Response, "x", &histogram)]).unwrap();
        let text = String::from_utf8(written).unwrap();
        let line = text.lines().last().unwrap().replace("response|x", "reads");
        out.push_str(&line.replace(",0.000,", &format!(",{stamp:.3},")));
        out.push('\n');
    }
    out
}

#[test]
fn logs_of_histograms_keep_every_value_and_their_clock() {
    use swarmlab_import::results::Unit;
    let ns = Options { unit: Some(Unit::Ns), ..Options::default() };
    let base = "#[Histogram log format version 1.3]\n#[BaseTime: 1795275753.500 (seconds since epoch)]\n";
    let start = base.replace("BaseTime", "StartTime");
    // From a base, from a start, and as Unix times: the same moments. Timers wake a little late.
    let late = [0.0, 1.002, 2.004, 4.006];
    for (text, name) in [
        (log(base, &late), "base"),
        (log(&start, &late), "start"),
        (log("", &late.map(|s| s + 1_795_275_753.5)), "unix"),
    ] {
        let outcome = outcome("hdr", "f", text.as_bytes(), &ns).unwrap();
        assert_eq!((outcome.requests, outcome.begin_unix_s), (40, 1_795_275_753.5), "{name}");
        assert!(
            outcome.histograms && outcome.unknown.contains(&"failed") && outcome.unknown.contains(&"sent")
        );
        let all: Vec<Stretch> = outcome.stretches.collect();
        // The log has nothing of one second: it is not there, rather than empty.
        let starts: Vec<f64> = all.iter().map(|s| s.start_unix_s - 1_795_275_753.5).collect();
        assert_eq!(starts, [0.0, 1.0, 2.0, 4.0], "{name}");
        let part = &all[1].parts[0];
        assert_eq!((part.endpoint.as_str(), part.completed, part.response.len()), ("reads", 10, 10));
        assert!((part.response.value_at_quantile(0.5) as f64 / 20_000.0 - 1.0).abs() < 1e-3);
        assert!((part.response.max() as f64 / 50_000.0 - 1.0).abs() < 1e-3);
    }
}

#[test]
fn what_a_log_does_not_say_is_asked_for() {
    use swarmlab_import::results::Unit;
    let text = log("#[StartTime: 1795275753.0 (seconds since epoch)]\n", &[0.0]);
    let told = outcome("hdr", "f", text.as_bytes(), &Options::default()).unwrap_err();
    assert_eq!((told.code().name(), told.help().is_some()), ("results-without-unit", true));
    let us = Options { unit: Some(Unit::Us), ..Options::default() };
    let mut fine = Gathered::new(0.1);
    let told = read("hdr", "f", &mut text.as_bytes(), &us, &mut fine).map(|f| f.word()).unwrap_err();
    assert_eq!(told.code().name(), "results-too-coarse");
    // Nothing says from when a stamp of 0 counts.
    let told = outcome("hdr", "f", log("", &[0.0]).as_bytes(), &us).unwrap_err();
    assert!(told.to_string().contains("without a moment"), "{told}");
    let damaged = text.replace("HISTFA", "AAAAFA") + &log("", &[1.0]) + "Tag=reads,2.0";
    let outcome = outcome("hdr", "f", damaged.as_bytes(), &us).unwrap();
    let remarks: Vec<String> = outcome.remarks.iter().map(ToString::to_string).collect();
    assert!(remarks[0].contains("f:2: a line whose histogram cannot be read"), "{remarks:?}");
    assert!(remarks[1].contains("f:4: the last line has no end"), "{remarks:?}");
}
