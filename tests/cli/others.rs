//! `import k6|jmeter|locust|hdr|csv`: other tools' results as run folders that all other commands take.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Lab, root, swarmlab};
use crate::{run, stderr};

/// A file of the importer's own tests.
fn file(name: &str) -> String {
    root().join("crates/import/tests/results").join(name).display().to_string()
}

/// The status of a verdict.
fn verdict(summary: &Value, code: &str) -> String {
    let all = summary["verdicts"].as_array().unwrap();
    let found = all.iter().find(|v| v["code"] == code).unwrap_or_else(|| panic!("{code}: {summary}"));
    found["status"].as_str().unwrap().to_owned()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Requests to one endpoint for twelve seconds, as k6 writes them: so many a second, each so many milliseconds.
fn k6(begin_s: usize, per_s: usize, ms: f64) -> String {
    let mut out =
        "metric_name,timestamp,metric_value,error_code,expected_response,method,name,status\n".to_owned();
    for s in 0..12 {
        for i in 0..per_s {
            let ms = ms + (i % 10) as f64;
            out.push_str(&format!(
                "http_req_duration,{},{ms:.3},,true,GET,http://shop/orders,200\n",
                begin_s + s
            ));
        }
    }
    out
}

#[test]
fn what_is_imported_is_a_run_that_report_compare_and_list_take() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    for (word, words) in [
        ("k6", vec![file("k6.csv")]),
        ("jmeter", vec![file("jmeter.jtl")]),
        ("csv", vec![file("table.csv"), "--mapping".to_owned(), file("table.yml")]),
    ] {
        let out = format!("results/{word}");
        let words: Vec<&str> = ["import", word]
            .into_iter()
            .chain(words.iter().map(String::as_str))
            .chain(["-o", &out])
            .collect();
        let o = run(&words, dir);
        assert_eq!(o.status.code(), Some(0), "{word}: {}", stderr(&o));
        let folder = dir.join(&out);
        let summary = json(&folder.join("summary.json"));
        assert_eq!(verdict(&summary, "files-agree"), "pass", "{word}: {summary}");
        // What was wrong with the file is known, and whether the tool kept up is not.
        assert_eq!(
            (verdict(&summary, "data-complete"), verdict(&summary, "generator-valid")),
            ("warn".into(), "not_judged".into())
        );
        assert!(
            summary["notes"].to_string().contains("Not known, and null in every table: offered"),
            "{summary}"
        );
        // Null where nothing is known.
        let frame = std::fs::read_to_string(folder.join("frame.csv")).unwrap();
        let mut lines = frame.lines();
        let names: Vec<&str> = lines.next().unwrap().split(',').collect();
        let column =
            |name: &str| names.iter().position(|n| *n == name).unwrap_or_else(|| panic!("{name}: {names:?}"));
        let (offered, done) = (column("client_offered_per_s"), column("client_throughput_per_s"));
        assert!(column("client_response_p95_ms") > 0);
        for line in lines {
            let fields: Vec<&str> = line.split(',').collect();
            assert!(fields[offered].is_empty() && !fields[done].is_empty(), "{word}: {line}");
        }
        // Computed again it is the same.
        let before = std::fs::read(folder.join("summary.json")).unwrap();
        let again = run(&["report", &out], dir);
        assert!(again.status.success(), "{}", stderr(&again));
        assert_eq!(std::fs::read(folder.join("summary.json")).unwrap(), before);
    }
    let o = run(&["list"], dir);
    let told = String::from_utf8(o.stdout).unwrap();
    assert!(told.contains("results/k6") && told.contains("results/jmeter"), "{told}");
    // Written once.
    let o = run(&["import", "k6", &file("k6.csv"), "-o", "results/k6"], dir);
    assert!(o.status.code() == Some(2) && stderr(&o).contains("never overwritten"), "{}", stderr(&o));
}

#[test]
fn figures_are_those_of_the_file_and_runs_of_it_are_compared() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    for (i, (name, ms)) in [("a", 20.0), ("b", 20.0), ("c", 40.0), ("d", 40.0)].into_iter().enumerate() {
        let path = dir.join(format!("{name}.csv"));
        std::fs::write(&path, k6(1_795_275_753 + 60 * i, 50, ms)).unwrap();
        // From a pipe as from a file.
        let out = format!("results/{name}");
        let mut child = swarmlab()
            .args(["import", "k6", "-", "-o", &out, "--target", "shop"])
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&std::fs::read(&path).unwrap()).unwrap();
        let o = child.wait_with_output().unwrap();
        assert!(o.status.success(), "{}", stderr(&o));
        let summary = json(&dir.join(&out).join("summary.json"));
        let figure = |key: &str| {
            let all = summary["figures"].as_array().unwrap();
            all.iter().find(|f| f["key"] == key).unwrap_or_else(|| panic!("{key}"))["number"]
                .as_f64()
                .unwrap()
        };
        assert_eq!((figure("completed"), figure("failed"), figure("throughput_per_s")), (600.0, 0.0, 50.0));
        assert!((figure("response_mean_ms") - ms - 4.5).abs() < 1e-9, "{}", figure("response_mean_ms"));
        assert!((figure("response_p50_ms") - ms - 4.0).abs() < 0.1, "{}", figure("response_p50_ms"));
        assert!((figure("response_p99_ms:GET /orders") - ms - 9.0).abs() < 0.1);
    }
    let o = run(
        &[
            "compare",
            "before=results/a,results/b",
            "after=results/c,results/d",
            "--figure",
            "response_p50_ms",
        ],
        dir,
    );
    let told = String::from_utf8(o.stdout.clone()).unwrap();
    assert!(o.status.success() && told.contains("response_p50_ms"), "{told}{}", stderr(&o));
    let o = run(&["merge", "results/a", "results/b"], dir);
    assert!(String::from_utf8(o.stdout.clone()).unwrap().contains("1200 answered"), "{}", stderr(&o));
}

#[test]
fn what_cannot_be_imported_leaves_no_folder() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    std::fs::write(dir.join("bad.yml"), "time: started\n").unwrap();
    for (words, exit, told) in [
        (&["k6", &file("jmeter.jtl")][..], 2, "E730"),
        (&["k6", "nowhere.csv"], 2, "E101"),
        (&["k6", "."], 2, "E654"),
        (&["csv", &file("table.csv"), "--mapping", "bad.yml"], 2, "bad.yml:1"),
        (&["csv", &file("table.csv"), "--mapping", "no.yml"], 2, "E101"),
        (&["csv", &file("k6.csv"), "--mapping", &file("table.yml")], 2, "E732"),
        (&["k6", &file("k6.csv"), &file("k6.csv")], 2, "E653"),
        (&["k6", &file("k6.csv"), "--bin", "1ms"], 2, "--bin"),
        (&["jmeter", &file("jmeter.jtl"), "--zone", "Berlin"], 2, "+02:00"),
    ] {
        let o = run(&[&["import"], words, &["-o", "out"]].concat(), dir);
        assert!(o.status.code() == Some(exit) && stderr(&o).contains(told), "{words:?}: {}", stderr(&o));
        assert!(!dir.join("out").exists(), "{words:?}");
    }
    let o = run(&["import", "k6", &file("jmeter.jtl"), "-o", "out"], dir);
    assert!(
        stderr(&o).contains("it looks like JMeter's CSV (JTL)")
            && stderr(&o).contains("swarmlab import jmeter"),
        "{}",
        stderr(&o)
    );
}

#[test]
fn what_locust_tells_is_its_own_and_what_it_does_not_is_null() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let files = ["locust_stats_history.csv", "locust_stats.csv", "locust_failures.csv"].map(file);
    let words: Vec<&str> = ["import", "locust"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let o = run(&[&words[..], &["-o", "out"]].concat(), dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let summary = json(&dir.join("out/summary.json"));
    let endpoints = summary["endpoints"].as_array().unwrap();
    let all = endpoints.iter().find(|e| e["endpoint"] == "*").unwrap();
    assert_eq!((&all["completed"], &all["failed"], &all["sent"]), (&118.into(), &2.into(), &Value::Null));
    assert_eq!(all["quantiles_ms"], serde_json::json!([20.0, 56.0, 60.0, 70.0, 78.0]));
    assert!(
        summary["notes"].to_string().contains("2 of POST /cart: HTTPError('500 Server Error"),
        "{summary}"
    );
    let frame = std::fs::read_to_string(dir.join("out/frame.csv")).unwrap();
    let mut lines = frame.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| names.iter().position(|n| *n == name).unwrap();
    let (mean, p95) = (column("client_response_mean_ms"), column("client_response_p95_ms"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert!(rows.iter().all(|r| r[p95].is_empty()), "{frame}");
    assert!(rows.iter().any(|r| r[mean].starts_with("28.57")), "{frame}");
    assert_eq!(verdict(&summary, "files-agree"), "pass");
    // The seals hold, and the figures come again.
    let again = run(&["report", "out"], dir);
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(json(&dir.join("out/summary.json")), summary);
}

#[test]
fn a_log_of_histograms_is_a_run_whose_failures_are_not_known() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    // What swarmlab itself has written says its unit.
    for (name, words) in [("own", vec![]), ("said", vec!["--unit", "us"])] {
        let o = run(&["import", "k6", &file("k6.json"), "-o", name], dir);
        assert!(o.status.success(), "{}", stderr(&o));
        let out = format!("{name}-again");
        let log = format!("{name}/histograms.hlog");
        let o = run(&[&["import", "hdr", &log, "-o", &out], &words[..]].concat(), dir);
        assert!(o.status.success(), "{}", stderr(&o));
        let (one, two) =
            (json(&dir.join(name).join("summary.json")), json(&dir.join(&out).join("summary.json")));
        let of = |summary: &Value, key: &str| {
            summary["figures"]
                .as_array()
                .unwrap()
                .iter()
                .find(|f| f["key"] == key)
                .map(|f| f["number"].clone())
        };
        for key in ["completed", "response_p95_ms", "response_max_ms", "response_p50_ms:list"] {
            assert_eq!(of(&one, key), of(&two, key), "{key}");
        }
        assert_eq!((of(&two, "failed"), of(&two, "error_rate"), of(&two, "sent")), (None, None, None));
        assert!(two["sentence"].as_str().unwrap().contains("how many failed is not known"), "{two}");
        assert_eq!(verdict(&two, "files-agree"), "pass");
    }
}
