//! `swarmlab query`.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use super::prometheus::Prometheus;
use super::support::swarmlab;

/// Seconds of `count`: more than Prometheus gives at once.
const LONG_S: i64 = 12_500;

/// A whole second some hours ago, Unix seconds.
fn begin_s() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 - LONG_S - 600
}

/// `count`: each second its number. `odd`: what is no usual number, between two edges of pieces and on one.
fn filled(begin_s: i64) -> Prometheus {
    let prometheus = Prometheus::start(None);
    let labels = |name: &str, job: &str| vec![("__name__", name.to_owned()), ("job", job.to_owned())];
    let count = (0..LONG_S).map(|i| ((begin_s + i) * 1000, i as f64)).collect();
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.1, -1e-300];
    let odd = odd.iter().zip([1_i64, 59_999, 60_000, 60_001, 120_000]);
    let odd = odd.map(|(v, t)| (begin_s * 1000 + t, *v)).collect();
    // Two at the end, of which a query that wants one is refused, and only there.
    let late = |job| {
        let samples = (LONG_S - 300..LONG_S).map(|i| ((begin_s + i) * 1000, 0.0)).collect();
        (labels("late", job), samples)
    };
    prometheus.write(&[(labels("count", "a,\"b\""), count), (labels("odd", "c"), odd), late("d"), late("e")]);
    prometheus
}

fn query(words: &[&str], dir: &Path) -> Output {
    let mut command = swarmlab();
    command.arg("query").args(words).current_dir(dir).env("NO_COLOR", "1");
    for secret in ["SWARMLAB_PROMETHEUS_PASSWORD", "SWARMLAB_PROMETHEUS_BEARER"] {
        command.env_remove(secret);
    }
    command.output().unwrap()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

fn rows(csv: &str) -> Vec<Vec<String>> {
    let mut lines = csv.lines();
    lines.next();
    lines.map(|l| l.rsplit(',').map(str::to_owned).collect()).collect()
}

#[test]
fn a_window_of_more_points_than_are_given_at_once_has_each_of_them_once() {
    let begin_s = begin_s();
    let prometheus = filled(begin_s);
    let (dir, url) = (tempfile::tempdir().unwrap(), prometheus.url());
    let (from, to) = (begin_s.to_string(), (begin_s + LONG_S - 1).to_string());
    for (parallel, out) in [("1", "one.csv"), ("7", "seven.csv")] {
        let words = ["count", "--prometheus", &url, "--from", &from, "--to", &to, "--step", "1s", "-o", out];
        let o = query(&[&words[..], &["--parallel", parallel]].concat(), dir.path());
        assert!(o.status.success(), "{}", stderr(&o));
        let text = std::fs::read_to_string(dir.path().join(out)).unwrap();
        assert!(text.starts_with("t_unix_s,__name__,job,value\r\n"), "{}", &text[..60]);
        let values: Vec<i64> = rows(&text).iter().map(|r| r[0].parse().unwrap()).collect();
        assert_eq!(values, (0..LONG_S).collect::<Vec<_>>());
        let times: Vec<i64> =
            text.lines().skip(1).map(|l| l.split(',').next().unwrap().parse().unwrap()).collect();
        assert_eq!(times, (begin_s..begin_s + LONG_S).collect::<Vec<_>>());
        assert!(!dir.path().join(format!("{out}.parts")).exists());
    }
    // Raw samples are those that were written, whatever the pieces; those of the begin belong to what was before.
    let raw = |from: &str, out: &str| {
        let words = ["count", "--raw", "--prometheus", &url, "--from", from, "--to", &to, "-o", out];
        let o = query(&words, dir.path());
        assert!(o.status.success(), "{}", stderr(&o));
        let text = std::fs::read_to_string(dir.path().join(out)).unwrap();
        text.lines()
            .map(|l| l.contains("{\"__name__\":\"count\",\"job\":\"a,\\\"b\\\"\"}"))
            .filter(|is| *is)
            .count()
    };
    assert_eq!(raw(&from, "a.jsonl"), LONG_S as usize - 1);
    assert_eq!(raw(&format!("{}.999", begin_s - 1), "b.jsonl"), LONG_S as usize);
}

#[test]
fn what_is_no_usual_number_is_kept_and_goes_to_standard_output() {
    let begin_s = begin_s();
    let prometheus = filled(begin_s);
    let (dir, url) = (tempfile::tempdir().unwrap(), prometheus.url());
    let (from, to) = (begin_s.to_string(), (begin_s + 120).to_string());
    let words = ["odd", "--raw", "--prometheus", &url, "--from", &from, "--to", &to];
    let o = query(&words, dir.path());
    assert!(o.status.success(), "{}", stderr(&o));
    let values: Vec<String> =
        rows(&String::from_utf8(o.stdout).unwrap()).iter().map(|r| r[0].clone()).collect();
    assert_eq!(values, ["NaN", "inf", "-inf", "0.1", "-1e-300"]);
    let o = query(&[&words[..], &["--json"]].concat(), dir.path());
    let lines: Vec<serde_json::Value> =
        String::from_utf8(o.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["event"], &lines[1]["value"]), (5, &"sample".into(), &"+Inf".into()));
    let out = query(&[&words[..], &["-o", "odd.parquet"]].concat(), dir.path());
    assert!(out.status.success(), "{}", stderr(&out));
    assert_eq!(&std::fs::read(dir.path().join("odd.parquet")).unwrap()[..4], b"PAR1");
    // What is there is not written over unasked.
    let again = query(&[&words[..], &["-o", "odd.parquet"]].concat(), dir.path());
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
}

#[test]
fn what_cannot_be_answered_says_why_and_leaves_nothing() {
    let begin_s = begin_s();
    let prometheus = filled(begin_s);
    let (dir, url) = (tempfile::tempdir().unwrap(), prometheus.url());
    let (from, to) = (begin_s.to_string(), (begin_s + 60).to_string());
    let (nobody, not_http) = (format!("{url}/graph/nowhere"), prometheus.address);
    let window = |from: &'static str, to: &'static str| vec!["--from", from, "--to", to, "--step", "1s"];
    let known = vec!["--from", &from, "--to", &to, "--step", "1s"];
    let raw = vec!["--from", &from, "--to", &to, "--raw"];
    for (promql, url, more, exit, told) in [
        ("no_such_metric", &*url, known.clone(), 5, "E520"),
        ("sum(", &*url, known.clone(), 2, "E518"),
        ("rate(count[1m])", &*url, raw, 2, "ranges only allowed for vector selectors"),
        ("count", &*nobody, known.clone(), 3, "E519"),
        ("count", &*format!("https://{not_http}"), known.clone(), 3, "E519"),
        ("count", &*url, window("now+1h", "now+2h"), 2, "begins in the future"),
        ("count", &*url, window("now", "now-1h"), 2, "before it begins"),
        ("count", &*url, window("yesterday", "now"), 2, "a date with a zone"),
        ("count{job=\"\\\"\"}", &*url, known.clone(), 5, "E520"),
        ("count{job=\"}", &*url, known.clone(), 2, "E518"),
        ("count", &*url, vec!["--from", "now-1h", "--step", "0s"], 2, "a whole number of milliseconds"),
        ("count", &*url, vec!["--from", "now-1h", "--step", "1.5ms"], 2, "a whole number of milliseconds"),
        ("count", "http://me:secret@127.0.0.1:1", known.clone(), 2, "--password-file"),
        ("count", &*url, [&known[..], &["--user", "me"]].concat(), 2, "SWARMLAB_PROMETHEUS_PASSWORD"),
    ] {
        let o = query(&[&[promql, "--prometheus", url, "-o", "x.csv"][..], &more].concat(), dir.path());
        let text = stderr(&o);
        assert!(o.status.code() == Some(exit) && text.contains(told), "{promql} {more:?}: {text}");
        assert!(!text.contains("secret"), "{text}");
    }
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn an_output_that_was_begun_belongs_to_its_query_until_it_is_thrown_away() {
    let begin_s = begin_s();
    let prometheus = filled(begin_s);
    let (dir, url) = (tempfile::tempdir().unwrap(), prometheus.url());
    let (from, to) = (begin_s.to_string(), (begin_s + LONG_S - 1).to_string());
    let window = [
        "-o",
        "x.csv",
        "--step",
        "1s",
        "--from",
        &from,
        "--to",
        &to,
        "--prometheus",
        &url,
        "--parallel",
        "1",
    ];
    let ask = |promql: &str, more: &[&str]| query(&[&[promql][..], &window, more].concat(), dir.path());
    // Its first piece is answered, its second refused.
    let refused = "count or (count + on() late)";
    for _ in 0..2 {
        let o = ask(refused, &[]);
        let told = stderr(&o);
        assert_eq!(o.status.code(), Some(2), "{told}");
        assert!(
            told.contains("E518") && told.contains("goes on with the parts in x.csv.parts (1)"),
            "{told}"
        );
        assert!(dir.path().join("x.csv.parts/000000.part").exists() && !dir.path().join("x.csv").exists());
    }
    let o = ask("count", &[]);
    assert_eq!(o.status.code(), Some(2));
    assert!(stderr(&o).contains("E523") && stderr(&o).contains(refused), "{}", stderr(&o));
    let o = ask("count", &["--restart"]);
    assert!(o.status.success(), "{}", stderr(&o));
    assert_eq!(rows(&std::fs::read_to_string(dir.path().join("x.csv")).unwrap()).len() as i64, LONG_S);
}

#[test]
fn tls_of_an_own_ca_and_basic_authentication_are_spoken_with_the_real_one() {
    // The hash of `geheim`, by crypt(3).
    let hash = "$2b$04$abcdefghijklmnopqrstuuPWRtT5yx7FBi4dcf6ROhboeNunUrLQ.";
    let prometheus = Prometheus::start(Some(&|dir| {
        certificate(dir);
        format!(
            "tls_server_config: {{ cert_file: web.crt, key_file: web.key }}\nbasic_auth_users: {{ me: \"{hash}\" }}\n"
        )
    }));
    let dir = prometheus.dir.path();
    std::fs::write(dir.join("password"), "geheim\n").unwrap();
    std::fs::write(dir.join("wrong"), "geheimer\n").unwrap();
    let url = format!("https://{}", prometheus.address);
    // It answers by itself, with no sample stored.
    let words = ["vector(1)", "--prometheus", &url, "--from", "now-10s", "--step", "5s"];
    let with = |more: &[&str]| query(&[&words[..], more].concat(), dir);
    let o = with(&["--cacert", "ca.crt", "--user", "me", "--password-file", "password"]);
    assert!(o.status.success(), "{}", stderr(&o));
    assert_eq!(rows(&String::from_utf8(o.stdout).unwrap()).len(), 3);
    for more in
        [&["--cacert", "ca.crt", "--user", "me", "--password-file", "wrong"][..], &["--cacert", "ca.crt"]]
    {
        let o = with(more);
        assert_eq!(o.status.code(), Some(2));
        assert!(stderr(&o).contains("E517") && stderr(&o).contains("401"), "{}", stderr(&o));
    }
    let o = with(&["--user", "me", "--password-file", "password"]);
    assert_eq!(o.status.code(), Some(2));
    assert!(stderr(&o).contains("certificate"), "{}", stderr(&o));
}

/// `web.crt` and `web.key` for 127.0.0.1, signed by `ca.crt`.
fn certificate(dir: &Path) {
    std::fs::write(dir.join("ext"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    let ec = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for line in [
        format!("req -x509 {ec} -subj /CN=CA -days 2 -keyout ca.key -out ca.crt"),
        format!("req {ec} -subj /CN=web -keyout web.key -out web.csr"),
        "x509 -req -CAcreateserial -days 2 -in web.csr -CA ca.crt -CAkey ca.key -extfile ext -out web.crt"
            .into(),
    ] {
        let o = Command::new("openssl").args(line.split(' ')).current_dir(dir).output().unwrap();
        assert!(o.status.success(), "{line}: {}", String::from_utf8_lossy(&o.stderr));
    }
}
