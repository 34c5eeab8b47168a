//! How a load ends, and what its exit code says: refused, cut short, nothing answered, objectives and thresholds.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::programs::{Role, free_port};
use crate::support::swarmlab;
use crate::{json_load, load, text};

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
        (&["http://h/", "--abort-after", "1s"], "--check"),
        (&["http://h/", "--check", "sent > 5", "--abort-after", "1s"], "grows as long as the load lasts"),
        (&["http://h/", "--html", "/nowhere/page.html"], "/nowhere is no folder"),
        (&["http://h/", "--accept-encoding", "br"], "gzip or deflate"),
        (&["http://h/", "--connection-max-age", "5s", "--no-keepalive"], "cannot be used with"),
        (&["http://h/", "--scenario", "nowhere.yml", "--target", "me:open-sesame@h"], "is not NAME=URL"),
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
fn nobody_there_is_told_with_its_own_exit_code() {
    let url = format!("http://127.0.0.1:{}/", free_port());
    let output = load(&[&url, "-c", "2", "-d", "1s"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stdout).contains("connect_refused"), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("no request was answered"));
}

#[test]
fn a_password_in_a_url_is_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let scenario = dir.path().join("s.yml");
    std::fs::write(&scenario, "name: s\nsteps: [{ name: p, publish: { channel: c, message: m } }]\n")
        .unwrap();
    let url = format!("redis://me:open-sesame@127.0.0.1:{}", free_port());
    let output = load(&[&url, "--scenario", scenario.to_str().unwrap(), "-c", "2", "-d", "1s"]);
    let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("redis://***@127.0.0.1") && !told.contains("sesame"), "{told}");
}

#[test]
fn nothing_due_is_not_blamed_on_the_target() {
    let app = Role::start("target-app");
    let output = load(&[&app.url("/health"), "--rate", "0.5", "-d", "500ms"]);
    assert_eq!(output.status.code(), Some(5));
    assert!(text(&output.stderr).contains("no request was due"), "{}", text(&output.stderr));
}

#[test]
fn a_load_that_misses_a_check_is_ended_if_that_is_asked_for() {
    let app = Role::start("target-app");
    let out = tempfile::tempdir().unwrap();
    let folder = out.path().join("run");
    let url = app.url("/health");
    let missed = ["--check", "p95(response) < 1us", "--check", "sent > 5", "--abort-after", "2s"];
    let output =
        load(&[&[&url, "-c", "2", "-d", "60s", "--out", folder.to_str().unwrap()], &missed[..]].concat());
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    let said = text(&output.stderr);
    assert!(said.contains("E642") && said.contains("missed 2 s into the load"), "{said}");
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    assert!(manifest["state"]["reason"].as_str().unwrap().contains("p95(response) < 1us"), "{manifest:#}");
    let output =
        load(&[&url, "-c", "2", "-d", "2s", "--check", "p95(response) < 10s", "--abort-after", "1s"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
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
    // What is not known was not proved, and is not told as a failure.
    let told = text(&load(&[&health, "--rate", "50", "-d", "1s", "--check", "errors / failed < 1"]).stderr);
    assert!(told.contains("could not be judged: --check 'errors / failed < 1'"), "{told}");
    assert!(!told.contains("do not meet"), "{told}");
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
    // Nothing is met by next to nothing: ten answers have no 95th percentile, and say little of a rate.
    let few = load(&[
        &health,
        "--rate",
        "10",
        "-d",
        "1s",
        "--max-p95",
        "20s",
        "--max-errors",
        "1%",
        "--check",
        "p95(response) < 20 s",
    ]);
    assert_eq!(few.status.code(), Some(7));
    let told = text(&few.stderr);
    assert!(told.contains("could not be judged: --max-p95, --max-errors, --check"), "{told}");
    let shown = text(&few.stdout);
    assert!(shown.contains("response time p95 unknown (of 10 answers, and 20 are needed"), "{shown}");
    let output = load(&[&missing, "-c", "1", "-d", "200ms", "--max-errors", "5%"]);
    assert!(
        text(&output.stderr).contains("the answers do not meet --max-errors"),
        "{}",
        text(&output.stderr)
    );
    let shown = text(&output.stdout);
    // Each name of an error comes with what it means and what to look at.
    let (means, advice) = (
        "    a status that the step does not expect",
        "    look at: the first answer of each status is shown",
    );
    assert!(shown.contains(means) && shown.contains(advice), "{shown}");
    assert!(shown.contains("MISSED  failed requests 100.00 %, at most 5.00 %"), "{shown}");
    let refused = load(&[&health, "--max-errors", "5", "--json"]);
    assert_eq!(refused.status.code(), Some(2));
    let error: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!((&error["event"], &error["exit"]), (&"error".into(), &2.into()));
    assert_eq!(error["code"], "E901-bad-arguments");
    assert!(error["message"].as_str().unwrap().contains("0% to 100%"), "{error}");
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
fn an_interrupt_or_a_closed_terminal_ends_in_order_and_prints_what_there_is() {
    ["INT", "HUP"].into_iter().for_each(ended_by);
}

fn ended_by(signal: &str) {
    let app = Role::start("target-app");
    let url = app.url("/health");
    // Under `nohup`, which the load obeys, this would last ten minutes: whoever runs the tests may be under it.
    let mut child = Command::new("env")
        .arg("--default-signal=INT,HUP")
        .arg(swarmlab().get_program())
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
