//! `swarmlab load` as people use it: real processes, real sockets, real signals.
#![allow(clippy::unwrap_used)]

mod support;

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{root, swarmlab};

/// A role of the sample application, until dropped.
struct Role {
    child: Child,
    port: u16,
}

impl Role {
    fn start(role: &str) -> Self {
        let port = free_port();
        let child = swarmlab()
            .args(["demo", role, "--exit-with-parent", "--listen", &format!("127.0.0.1:{port}")])
            // Its end is the end of this test.
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        await_port(port);
        Self { child, port }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn await_port(port: u16) {
    let patience = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < patience, "nothing listens on {port}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn load(args: &[&str]) -> Output {
    swarmlab().arg("load").args(args).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The JSON lines of a load, and its summary.
fn json_load(args: &[&str]) -> (Output, Vec<Value>, Value) {
    let output = load(&[args, &["--json"]].concat());
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
        .collect();
    let summary = lines
        .iter()
        .rev()
        .find(|l| l["event"] == "finished")
        .unwrap_or_else(|| panic!("no summary: {}{}", text(&output.stdout), text(&output.stderr)))["summary"]
        .clone();
    (output, lines, summary)
}

#[test]
fn a_closed_loop_is_summed_up_as_wrk_does() {
    let app = Role::start("target-app");
    let output = load(&[&app.url("/health"), "-c", "4", "-d", "2s"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let out = text(&output.stdout);
    let line = out.lines().find(|l| l.trim_start().starts_with("Requests/sec: ")).unwrap();
    let per_s: f64 = line.trim().strip_prefix("Requests/sec: ").unwrap().parse().unwrap();
    assert!(per_s > 50.0, "{out}");
    for part in ["response", "service", "lateness", "200:", "Generator: "] {
        assert!(out.contains(part), "{part:?} is missing in\n{out}");
    }
}

#[test]
fn an_open_loop_offers_its_schedule_exactly_and_adds_up() {
    let app = Role::start("target-app");
    let (output, lines, s) =
        json_load(&[&app.url("/health"), "--rate", "200", "-d", "3s", "--arrivals", "uniform"]);
    assert!(output.status.success());
    let c = &s["counts"];
    assert_eq!(c["offered"], 600);
    assert_eq!(c["sent"], 600);
    assert_eq!(c["completed"], 600);
    assert_eq!(c["status"]["200"], 600);
    assert_eq!(s["times"]["response"]["count"], 600);
    let of_intervals: u64 =
        lines.iter().filter(|l| l["event"] == "interval").map(|l| l["completed"].as_u64().unwrap()).sum();
    assert_eq!(of_intervals, 600);
    assert!(s["connect"]["count"].as_u64().unwrap() >= 1, "{s:#}");
    assert!(s["tls"].is_null());
}

#[test]
fn nobody_there_is_told_with_its_own_exit_code() {
    let url = format!("http://127.0.0.1:{}/", free_port());
    let output = load(&[&url, "-c", "2", "-d", "1s"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stdout).contains("connect_refused"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("no request was answered"));
}

#[test]
fn bad_arguments_start_nothing_and_say_what_is_expected() {
    let cases: &[(&[&str], &str)] = &[
        (&["127.0.0.1:80"], "http://"),
        (&["http://h:99999/"], "port"),
        (&["http://h/", "--rate", "10", "--users", "3"], "cannot be used with"),
        (&["http://h/", "--rate", "0"], "--rate"),
        (&["http://h/", "--header", "nonsense"], "NAME: VALUE"),
        (&["http://h/", "--scenario", "nowhere.yml"], "nowhere.yml cannot be read"),
        (&["http://h/", "--body-file", "nowhere.txt"], "nowhere.txt cannot be read"),
        (&["http://h/", "--duration", "10"], "lacks a unit"),
        (&["http://h/{{nothing}}"], "nothing"),
        (&["http://h/a b"], "%20"),
        (&["http://user:open-sesame@h/"], "http://***@h: a user or password"),
        (&["http://h/", "--arrivals", "poisson"], "--rate"),
        (&["http://h/", "--duration", "0s"], "more than 0"),
        (&["http://h/", "-c", "1", "-t", "2"], "each thread"),
        (&["http://h/", "--cacert", "x.pem"], "x.pem cannot be read"),
        (&["http://h/", "--insecure"], "https://"),
        (&["http://h/", "--out", "/proc/x"], "/proc/x"),
    ];
    for (args, expected) in cases {
        let output = load(args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {expected:?} is missing in\n{said}");
        assert!(!said.contains("sesame"), "{said}");
    }
}

#[test]
fn results_are_written_and_never_overwritten() {
    let app = Role::start("target-app");
    let dir = tempfile::tempdir().unwrap();
    let out: PathBuf = dir.path().join("r");
    let args = [&app.url("/health"), "-c", "2", "-d", "2s", "--out", out.to_str().unwrap()];
    let (output, _, s) = json_load(&args);
    assert!(output.status.success());
    let summary: Value = serde_json::from_slice(&std::fs::read(out.join("load.json")).unwrap()).unwrap();
    assert_eq!(summary, s);
    let rows = swarmlab_frame::store::read_client(&out.join("client.parquet")).unwrap();
    let completed: u64 = rows
        .iter()
        .filter(|r| r.endpoint == swarmlab_record::client::ALL_ENDPOINTS)
        .map(|r| r.completed)
        .sum();
    assert_eq!(s["counts"]["completed"], completed);
    let log = swarmlab_intervals::log::read(&std::fs::read(out.join("histograms.hlog")).unwrap()).unwrap();
    let merged = swarmlab_intervals::log::merge(&log);
    let responses: u64 = merged
        .iter()
        .filter(|((q, _), _)| *q == swarmlab_intervals::log::Quantity::Response)
        .map(|(_, h)| h.len())
        .sum();
    assert_eq!(responses, completed);
    let again = load(&args);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("never overwritten"));
}

/// A figure of `summary.json`, by its key.
fn figure(summary: &Value, key: &str) -> f64 {
    let figures = summary["figures"].as_array().unwrap();
    let found = figures.iter().find(|f| f["key"] == key);
    found.unwrap_or_else(|| panic!("{key} is not in {figures:?}"))["number"].as_f64().unwrap()
}

#[test]
fn several_generators_are_added_up_exactly() {
    let app = Role::start("target-app");
    let dir = tempfile::tempdir().unwrap();
    let folders = ["one", "two"].map(|name| dir.path().join(name));
    let [one, two] = folders.each_ref().map(|folder| folder.to_str().unwrap());
    let (health, missing) = (app.url("/health"), app.url("/nowhere"));
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| json_load(&[&health, "--rate", "40", "-d", "3s", "--out", one]).2);
        let second = json_load(&[&missing, "--rate", "20", "-d", "3s", "--out", two]).2;
        (first.join().unwrap(), second)
    });
    let merge = |folders: &[&str]| swarmlab().args(["--json", "merge"]).args(folders).output().unwrap();
    let output = merge(&[one, two]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let merged: Value = serde_json::from_slice(&output.stdout).unwrap();
    let merged = &merged["summary"];
    for count in ["offered", "sent", "completed", "succeeded", "failed", "bytes_sent", "bytes_received"] {
        let sum = first["counts"][count].as_u64().unwrap() + second["counts"][count].as_u64().unwrap();
        assert_eq!(merged["counts"][count], sum, "{count}");
    }
    assert_eq!(merged["counts"]["status"], serde_json::json!({"200": 120, "404": 60}));
    assert_eq!(merged["overlap"], true);
    // Quantiles of all 180 values, from the logs themselves.
    let logs = folders.each_ref().map(|folder| std::fs::read(folder.join("histograms.hlog")).unwrap());
    let mut values: Vec<u64> = Vec::new();
    for log in &logs {
        for entry in swarmlab_intervals::log::read(log).unwrap() {
            if entry.quantity == swarmlab_intervals::log::Quantity::Response {
                for value in entry.histogram.iter_recorded() {
                    values.extend(std::iter::repeat_n(
                        value.value_iterated_to(),
                        value.count_at_value() as usize,
                    ));
                }
            }
        }
    }
    values.sort_unstable();
    assert_eq!(values.len(), 180);
    for (name, rank) in [("p50_ms", 90), ("p90_ms", 162), ("p99_ms", 179)] {
        let expected_ms = values[rank - 1] as f64 / 1e3;
        assert_eq!(merged["times"]["response"][name], expected_ms, "{name}");
    }
    // The same as a folder that `report` works on.
    let both = dir.path().join("both");
    let both = both.to_str().unwrap();
    let output = merge(&[one, two, "--out", both]);
    assert!(output.status.success(), "{}", text(&output.stdout));
    let summary = || std::fs::read_to_string(format!("{both}/summary.json")).unwrap();
    let written = summary();
    let figures: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(figure(&figures, "failed"), 60.0);
    let p95_ms = values[171 - 1] as f64 / 1e3;
    assert!((figure(&figures, "response_p95_ms") - p95_ms).abs() < 1e-6, "{figures}");
    assert!(swarmlab().args(["report", both]).output().unwrap().status.success());
    assert_eq!(summary(), written);
    let again = merge(&[one, two, "--out", both]);
    assert_eq!(again.status.code(), Some(2), "results are never overwritten");
    let shown = text(&swarmlab().arg("merge").args([one, two]).output().unwrap().stdout);
    assert!(shown.contains("180 due, 180 sent, 180 answered, 120 as expected, 60 failed"), "{shown}");
    for (folders, words) in
        [(vec![one, one], "given twice"), (vec![dir.path().to_str().unwrap()], "load --out")]
    {
        let refused = merge(&folders);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stdout).contains(words), "{}", text(&refused.stdout));
    }
}

#[test]
fn a_load_of_failures_says_which_and_shows_the_first() {
    let app = Role::start("target-app");
    let (output, _, s) = json_load(&[&app.url("/nowhere"), "--rate", "50", "-d", "1s"]);
    assert!(output.status.success());
    assert_eq!(s["counts"]["status"], serde_json::json!({"404": 50}));
    let first = &s["first_answers"][0];
    assert_eq!((first["status"].as_u64(), first["error"].as_str()), (Some(404), Some("unexpected_status")));
    assert!(!first["body"].as_str().unwrap().is_empty(), "{first}");
    assert!(s["remarks"][0].as_str().unwrap().contains("no answer was as expected (50 times 404)"), "{s}");
    let shown = text(&load(&[&app.url("/nowhere"), "--rate", "50", "-d", "1s"]).stdout);
    for words in
        ["404: 50 (100.00 %)", "first 404 (unexpected_status) of ", "warning: no answer was as expected"]
    {
        assert!(shown.contains(words), "{words} is not in:\n{shown}");
    }
}

#[test]
fn checks_decide_the_exit_code_and_are_shown_to_pipelines() {
    let app = Role::start("target-app");
    let (health, missing) = (app.url("/health"), app.url("/nowhere"));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("junit.xml");
    let junit = file.display().to_string();
    let checked = |url: &str, checks: &[&str]| {
        let flags: Vec<&str> = checks.iter().flat_map(|c| ["--check", c]).collect();
        let args = [&[url, "--rate", "50", "-d", "1s", "--junit", &junit], flags.as_slice()].concat();
        let (output, _, s) = json_load(&args);
        let holds: Vec<Value> = s["checks"].as_array().unwrap().iter().map(|c| c["holds"].clone()).collect();
        (output.status.code(), holds, std::fs::read_to_string(&file).unwrap())
    };
    let (code, holds, xml) =
        checked(&health, &["p99(response) < 20 s", "errors / sent < 1 %", "throughput >= 50 % of offered"]);
    assert_eq!((code, holds), (Some(0), vec![true.into(); 3]));
    assert!(xml.contains("errors / sent &lt; 1 %"), "{xml}");
    let (code, holds, xml) = checked(&missing, &["errors / sent < 1 %"]);
    assert_eq!((code, holds), (Some(7), vec![false.into()]));
    assert!(xml.contains("<failure message="), "{xml}");
    assert!(xml.contains("1 against 0.0100"), "{xml}");
    let (_, _, xml) = checked(&health, &["p99(response) < 1us"]);
    assert!(xml.contains(" ms against 0.001 ms"), "{xml}");
    // What is not known was not proved.
    let (code, holds, xml) = checked(&health, &["errors / failed < 1"]);
    assert_eq!((code, holds), (Some(7), vec![Value::Null]));
    assert!(xml.contains("`failed` is 0"), "{xml}");
    for (check, words) in [
        ("p95(response) < 250", "us, ms, s or min"),
        ("p95(response < 1ms", "at character 14"),
        ("max(ms-exercise.cpu) < 1 cores", "`checks` of an experiment"),
        ("failed:nobody < 1", "no endpoint `nobody`"),
        ("throughputt > 1/s", "did you mean `throughput`?"),
        ("demand_ms:web < 1 ms", "no figure `demand_ms:web`"),
    ] {
        let o = load(&[&health, "--check", check]);
        let told = text(&o.stderr);
        assert!(o.status.code() == Some(2) && told.contains("E150") && told.contains(words), "{told}");
    }
}

#[test]
fn objectives_decide_the_exit_code() {
    let app = Role::start("target-app");
    let (health, missing) = (app.url("/health"), app.url("/nowhere"));
    let demand = |url: &str, limits: &[&str]| {
        let (output, _, s) = json_load(&[&[url, "--rate", "50", "-d", "1s"], limits].concat());
        let met: Vec<bool> =
            s["objectives"].as_array().unwrap().iter().map(|o| o["met"].as_bool().unwrap()).collect();
        (output.status.code(), met)
    };
    assert_eq!(demand(&health, &["--max-p95", "20s", "--max-errors", "0%"]), (Some(0), vec![true, true]));
    assert_eq!(demand(&health, &["--max-p95", "1us"]), (Some(7), vec![false]));
    assert_eq!(demand(&missing, &["--max-errors", "99.5%"]), (Some(7), vec![false]));
    let shown = text(&load(&[&missing, "-c", "1", "-d", "200ms", "--max-errors", "5%"]).stdout);
    assert!(shown.contains("MISSED  failed requests 100.00 %, at most 5.00 %"), "{shown}");
    let refused = load(&[&health, "--max-errors", "5", "--json"]);
    assert_eq!(refused.status.code(), Some(2));
    let error: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!((&error["event"], &error["exit"]), (&"error".into(), &2.into()));
    assert_eq!(error["code"], "E901-bad-arguments");
    assert!(error["message"].as_str().unwrap().contains("0% to 100%"), "{error}");
}

#[test]
fn an_interrupt_or_a_closed_terminal_ends_in_order_and_prints_what_there_is() {
    ["INT", "HUP"].into_iter().for_each(ended_by);
}

fn ended_by(signal: &str) {
    let app = Role::start("target-app");
    let url = app.url("/health");
    let mut child = swarmlab()
        .args(["--json", "load", &url, "--rate", "50", "-d", "10m"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(first["event"], "interval");
    let killed = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let last: Value = serde_json::from_str(&lines.map_while(Result::ok).last().unwrap()).unwrap();
    assert_eq!(last["event"], "finished");
    assert_eq!(last["summary"]["end"], "stopped");
    let c = &last["summary"]["counts"];
    assert_eq!(c["offered"], c["completed"], "{last:#}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_load_quietly() {
    let app = Role::start("target-app");
    let mut child = swarmlab()
        .args(["--json", "load", &app.url("/health"), "--rate", "50", "-d", "10m"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    std::io::BufRead::read_line(&mut out, &mut first).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
}

#[test]
fn nothing_due_is_not_blamed_on_the_target() {
    let app = Role::start("target-app");
    let output = load(&[&app.url("/health"), "--rate", "0.5", "-d", "500ms"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stderr).contains("no request was due"), "{}", text(&output.stderr));
}

#[test]
fn rates_of_endpoints_add_up_and_headers_go_with_a_scenario() {
    let app = Role::start("target-app");
    let dir = tempfile::tempdir().unwrap();
    let scenario = dir.path().join("scenario.yml");
    std::fs::write(
        &scenario,
        "name: two\nsteps:\n  - name: health\n    target: shop\n    request: GET /health\n  - name: products\n    target: shop\n    request: GET /products\n    headers: { x-own: kept }\n",
    )
    .unwrap();
    let (output, _, s) = json_load(&[
        &app.url(""),
        "--scenario",
        scenario.to_str().unwrap(),
        "--rate",
        "90",
        "-d",
        "3s",
        "--arrivals",
        "mmpp2",
        "-H",
        "x-own: replaced",
    ]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let of = |v: &Value| v["requests_per_s"].as_f64().unwrap();
    let sum: f64 = s["endpoints"].as_array().unwrap().iter().map(of).sum();
    assert!((sum - of(&s)).abs() < 1e-9, "{sum} of {s:#}");
    let judged = &s["generator"]["inputs"]["intervals"];
    assert!(judged["count"].as_u64().unwrap() >= 3, "{judged}");
}

#[test]
fn a_generator_that_cannot_keep_up_is_invalid_and_says_why() {
    let app = Role::start("target-app");
    let output =
        load(&[&app.url("/health"), "--rate", "2000000", "-d", "2s", "--drain", "100ms", "--require-valid"]);
    assert_eq!(output.status.code(), Some(6), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("Generator: INVALID"));
}

#[test]
fn a_scenario_and_a_shape_from_files_run() {
    let app = Role::start("target-app");
    let dir = tempfile::tempdir().unwrap();
    let shape = dir.path().join("shape.yml");
    std::fs::write(&shape, "shape: ramp\nfrom: 1\nto: 4\nduration: 3s\n").unwrap();
    let scenario = dir.path().join("scenario.yml");
    std::fs::write(
        &scenario,
        "name: two\nwait: { constant: 50ms }\nsteps:\n  - name: health\n    request: GET /health\n  - name: products\n    request: GET /products\n",
    )
    .unwrap();
    let (output, _, s) = json_load(&[
        &app.url(""),
        "--shape",
        shape.to_str().unwrap(),
        "--scenario",
        scenario.to_str().unwrap(),
    ]);
    assert!(output.status.success());
    let names: Vec<&str> =
        s["endpoints"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["health", "products"]);
    assert!(s["iterations"].as_u64().unwrap() > 10, "{s:#}");
    assert_eq!(s["counts"]["failed"], 0);
}

/// Starts a Redis of its own; the test says what is missing where there is none.
struct Redis {
    child: Child,
    port: u16,
}

impl Redis {
    fn start() -> Self {
        let port = free_port();
        let child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("redis-server is needed (Debian package redis-server): {e}"));
        await_port(port);
        Self { child, port }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The user classes that are shipped, against the sample application and a real Redis: every step of theirs is
/// requested and answered as it expects.
#[test]
fn the_shipped_user_classes_run_against_the_sample_application() {
    let app = Role::start("target-app");
    let agent = Role::start("ai-agent");
    let redis = Redis::start();
    let folder = root().join("loadshapes/scenarios");
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yml") {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // The exercise journey is that of the sample stack, and the sample application speaks neither WebSocket nor gRPC:
        // their own tests run them.
        if ["exercise", "websocket", "grpc"].contains(&name.as_str()) {
            continue;
        }
        let app_target = format!("app={}", app.url(""));
        let agent_target = format!("agent={}", agent.url(""));
        let redis_target = format!("redis=redis://127.0.0.1:{}", redis.port);
        let (output, _, s) = json_load(&[
            &app.url(""),
            "--scenario",
            path.to_str().unwrap(),
            "--target",
            &app_target,
            "--target",
            &agent_target,
            "--target",
            &redis_target,
            "--rate",
            "60",
            "-d",
            "4s",
        ]);
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
        assert_eq!(s["counts"]["failed"], 0, "{name}: {:#}", s["counts"]);
        assert!(s["counts"]["completed"].as_u64().unwrap() >= 200, "{name}: {s:#}");
        seen.push(name);
    }
    assert!(seen.len() >= 5, "{seen:?}");
}

#[test]
fn one_iteration_is_looked_at() {
    let app = Role::start("target-app");
    let scenario = root().join("loadshapes/scenarios/target-app.yml").display().to_string();
    let o = load(&[&app.url(""), "--scenario", &scenario, "--debug", "--task", "health", "--json"]);
    assert_eq!(o.status.code(), Some(0), "{}", String::from_utf8_lossy(&o.stderr));
    let lines: Vec<Value> = String::from_utf8(o.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0]["exchange"]["answer"]["status"], 200);
    assert_eq!(lines[1]["summary"]["exchanges"], 1);
    let o = load(&[&app.url("/nowhere"), "--debug"]);
    assert_eq!(o.status.code(), Some(7));
    let told = String::from_utf8(o.stdout).unwrap();
    for part in ["> GET /nowhere HTTP/1.1", "< 404 after", "NOT EXPECTED", "FAILED: unexpected_status"] {
        assert!(told.contains(part), "{part} is missing in\n{told}");
    }
    assert!(String::from_utf8(o.stderr).unwrap().contains("E625"));
    let o = load(&[&app.url("/"), "--debug", "--class", "nobody"]);
    assert_eq!(o.status.code(), Some(2));
}
