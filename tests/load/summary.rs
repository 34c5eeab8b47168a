//! What is told of a load that went to its end.

use serde_json::Value;

use crate::programs::Role;
use crate::{json_load, load, text};

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
    let by_status = |l: &Value| l["status"]["200"].as_u64().unwrap_or(0);
    assert_eq!(lines.iter().filter(|l| l["event"] == "interval").map(by_status).sum::<u64>(), 600);
    assert!(s["connect"]["count"].as_u64().unwrap() >= 1, "{s:#}");
    assert!(s["tls"].is_null());
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
