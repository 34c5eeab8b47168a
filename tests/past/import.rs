//! `swarmlab import prometheus`.

use std::path::Path;
use std::process::Output;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::prometheus::{Prometheus, Series};
use super::support::swarmlab;

/// CPU seconds a request, and cores without any.
const DEMAND_S: f64 = 0.020;
const IDLE_CORES: f64 = 0.05;
/// Length of what is written, seconds; the window lies in its middle.
const LONG_S: i64 = 900;

/// Requests until a second: 10 to 40 a second, in steps of half a minute.
fn requests(until_s: i64) -> f64 {
    (0..until_s).map(|s| [10.0, 25.0, 40.0, 15.0, 30.0][(s / 30 % 5) as usize]).sum()
}

fn labelled(name: &str, labels: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let name = [("__name__", name)];
    name.iter().chain(labels).map(|(k, v)| (*k, (*v).to_owned())).collect()
}

/// Two tasks of `web` that share the work, a database, another stack's `web`, and an Envoy before ours.
fn series(begin_s: i64) -> Vec<Series> {
    let each = |value: &dyn Fn(i64) -> f64| (0..LONG_S).map(|s| ((begin_s + s) * 1000, value(s))).collect();
    let cpu = |s: i64| DEMAND_S * requests(s) + IDLE_CORES * s as f64;
    let container = |name: &str, stack: &str, service: &str, task: &str| {
        labelled(
            name,
            &[
                ("container_label_com_docker_stack_namespace", stack),
                ("container_label_com_docker_swarm_service_name", service),
                ("container_label_com_docker_swarm_task_id", task),
                ("job", "cadvisor"),
                ("instance", "node:8080"),
            ],
        )
    };
    let envoy = [("job", "edge"), ("instance", "edge:9901"), ("envoy_cluster_name", "web")];
    let (used, held) = ("container_cpu_usage_seconds_total", "container_memory_working_set_bytes");
    vec![
        // A task that lives long has counted much before.
        (container(used, "shop", "shop_web", "t1"), each(&|s| 5000.0 + 0.75 * cpu(s))),
        (container(used, "shop", "shop_web", "t2"), each(&|s| 0.25 * cpu(s))),
        (container(used, "shop", "shop_db", "t3"), each(&|s| 0.5 * s as f64)),
        (container(used, "other", "other_web", "t4"), each(&|s| 3.0 * s as f64)),
        (container(held, "shop", "shop_web", "t1"), each(&|_| 1e6)),
        (container(held, "shop", "shop_web", "t2"), each(&|_| 2e6)),
        (container(held, "shop", "shop_db", "t3"), each(&|_| 4e6)),
        (labelled("envoy_cluster_upstream_rq_total", &envoy), each(&requests)),
    ]
}

fn import(url: &str, words: &[&str], dir: &Path) -> Output {
    let mut command = swarmlab();
    command.args(["import", "prometheus", url]).args(words).current_dir(dir).env("NO_COLOR", "1");
    command.env_remove("SWARMLAB_PROMETHEUS_BEARER").output().unwrap()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).into_owned()
}

fn begin_s() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 - LONG_S - 60
}

#[test]
fn a_window_of_the_past_becomes_a_run_with_the_demand_that_was_there() {
    let begin_s = begin_s();
    let prometheus = Prometheus::start(None);
    prometheus.write(&series(begin_s));
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = ((begin_s + 300).to_string(), (begin_s + 600).to_string());
    let words = [
        "--from",
        &from,
        "--to",
        &to,
        "--services",
        "web,db",
        "--stack",
        "shop",
        "--proxy",
        "edge=web",
        "--json",
    ];
    let o = import(&prometheus.url(), &words, dir.path());
    assert!(o.status.success(), "{}{}", stderr(&o), String::from_utf8_lossy(&o.stdout));
    let told: Value = serde_json::from_slice(o.stdout.split(|b| *b == b'\n').next().unwrap()).unwrap();
    let (summary, folder) = (&told["summary"], Path::new(told["folder"].as_str().unwrap()));
    let folder = dir.path().join(folder);
    assert_eq!((&summary["origin"], &summary["state"]["is"]), (&"import".into(), &"complete".into()));

    // The demand is the one that was written, and the columns are.
    let demand = &summary["demands"][0];
    assert_eq!(demand["service"], "web", "{}", summary["notes"]);
    let fitted_s = demand["demand_s"].as_f64().unwrap();
    assert!((fitted_s / DEMAND_S - 1.0).abs() < 0.02, "{fitted_s}");
    let csv = std::fs::read_to_string(folder.join("frame.csv")).unwrap();
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column =
        |name: &str| header.iter().position(|h| *h == name).unwrap_or_else(|| panic!("{name}: {header:?}"));
    let (cpu, memory, rate, other) = (
        column("web_cpu_cores"),
        column("web_memory_bytes"),
        column("edge_upstream_requests_per_s"),
        column("db_cpu_cores"),
    );
    let rows: Vec<Vec<f64>> =
        lines.map(|l| l.split(',').map(|c| c.parse().unwrap_or(f64::NAN)).collect()).collect();
    assert_eq!(rows.len(), 300, "each second of the window is a bin");
    for (s, row) in rows.iter().enumerate() {
        let s = 300 + s as i64;
        let per_s = requests(s + 1) - requests(s);
        let cores = DEMAND_S * per_s + IDLE_CORES;
        assert!((row[cpu] / cores - 1.0).abs() < 0.005, "at {s} s: {} of {cores} cores", row[cpu]);
        assert!(
            (row[rate] - per_s).abs() < 1e-6 && row[memory] == 3e6 && (row[other] - 0.5).abs() < 1e-6,
            "{row:?}"
        );
    }

    // What nobody knows is said, and not passed.
    let codes: Vec<&str> =
        summary["verdicts"].as_array().unwrap().iter().map(|v| v["code"].as_str().unwrap()).collect();
    assert!(
        !codes.iter().any(|c| ["counts-agree", "generator-valid", "littles-law"].contains(c)),
        "{codes:?}"
    );
    assert!(codes.contains(&"data-complete") && codes.contains(&"files-agree"), "{codes:?}");
    let complete =
        summary["verdicts"].as_array().unwrap().iter().find(|v| v["code"] == "data-complete").unwrap();
    assert_eq!(complete["status"], "pass", "{complete}{}", summary["notes"]);
    assert!(summary["sentence"].as_str().unwrap().contains("what clients felt then is not known"));
    let report = std::fs::read_to_string(folder.join("report.html")).unwrap();
    assert!(report.contains("An import has servers alone") && !report.contains("load engine: sent"));
    assert!(!folder.join("fetched.parts").exists());

    // Re-computed it is the same.
    let before = std::fs::read(folder.join("summary.json")).unwrap();
    let again = swarmlab().arg("report").arg(&folder).output().unwrap();
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(std::fs::read(folder.join("summary.json")).unwrap(), before);
}

#[test]
fn where_nothing_is_found_no_folder_is_left_and_the_stacks_are_named() {
    let begin_s = begin_s();
    let prometheus = Prometheus::start(None);
    prometheus.write(&series(begin_s));
    let (dir, url) = (tempfile::tempdir().unwrap(), prometheus.url());
    let (from, to) = ((begin_s + 300).to_string(), (begin_s + 600).to_string());
    let window = ["--from", &from, "--to", &to];
    let o = import(&url, &[&window[..], &["--services", "web"]].concat(), dir.path());
    assert_eq!(o.status.code(), Some(5), "{}", stderr(&o));
    let told = stderr(&o);
    assert!(told.contains("E520") && told.contains("of the stacks other, shop (--stack)"), "{told}");
    for (words, exit, told) in [
        (&["--services", "web", "--proxy", "edge=wbe"][..], 2, "did you mean `web`?"),
        (&["--services", "web,web"], 2, "one twice"),
        (&["--services", "web", "--name", "a\"b"], 2, "part of a folder's name"),
        (&["--services", "web", "--bin", "10m"], 2, "no whole bin"),
        (&["--services", "web", "--bin", "500ms"], 2, "whole seconds"),
        (&["--services", "web", "--catalogue", "none.yml"], 2, "E101"),
    ] {
        let o = import(&url, &[&window[..], words].concat(), dir.path());
        assert!(o.status.code() == Some(exit) && stderr(&o).contains(told), "{words:?}: {}", stderr(&o));
    }
    let left = std::fs::read_dir(dir.path().join("results")).map(|all| all.count()).unwrap_or(0);
    assert_eq!(left, 0);
    // A service without any series is a warning beside one that has some.
    let o =
        import(&url, &[&window[..], &["--services", "web,nobody", "--stack", "shop"]].concat(), dir.path());
    assert!(o.status.success(), "{}", stderr(&o));
    let said = String::from_utf8_lossy(&o.stdout).into_owned();
    assert!(said.contains("no series of nobody in the window"), "{said}");
}
