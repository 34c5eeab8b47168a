//! Columns of metrics: limits, throttling, queries, and a Prometheus that is silent or slow.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bollard::query_parameters as q;

use crate::engine::{assert_gone, docker, engine, runtime};
use crate::support::{Lab, column, verdict};

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn limits_throttling_and_a_users_own_queries_are_columns() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 6\nduration: 25s\n";
    // Threads are counted where cAdvisor is not told to leave processes out; `percpu` is off anyhow.
    let extra = "variables: { EXERCISE_CPUS: \"0.2\", CADVISOR_ALSO_OFF: percpu }\nmeasure:\n  services: [ms-exercise]\n  queries:\n    \
                 targets: count(up == 1)\n    \
                 in_flight: { query: 'sum by (job) (demo_in_flight)', unit: requests, label: job }\n    \
                 nothing: no_such_metric\n    broken: 'sum('\n";
    let experiment = lab.experiment("limits", "swarm", shape, extra);
    let ended = lab.run(&experiment, &["--name", "limits", "--engine", &engine()]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let folder = ended.folder();
    let known = |name: &str| -> Vec<f64> {
        column(&folder, name)
            .into_iter()
            .filter(|(t, _)| (0.0..24.0).contains(t))
            .filter_map(|(_, v)| v)
            .collect()
    };
    let most = |name: &str| known(name).into_iter().fold(0.0, f64::max);
    // A fifth of a core, and more than that asked for: held back in most periods of 100 ms.
    assert!(most("ms_exercise_cpu_throttled_periods_per_s") > 1.0);
    assert!(most("ms_exercise_cpu_periods_per_s") <= 12.0);
    assert!(most("ms_exercise_cpu_throttled_s_per_s") > 0.0);
    assert!(known("ms_exercise_cpu_limit_cores").iter().all(|v| (v - 0.2).abs() < 1e-9));
    assert!(known("ms_exercise_memory_limit_bytes").iter().all(|v| *v == 256.0 * 1024.0 * 1024.0));
    let (user, system) = (known("ms_exercise_cpu_user_cores"), known("ms_exercise_cpu_system_cores"));
    let (user, system, cpu) =
        (user.iter().sum::<f64>(), system.iter().sum::<f64>(), known("ms_exercise_cpu_cores"));
    assert!(((user + system) / cpu.iter().sum::<f64>() - 1.0).abs() < 0.1, "{user} and {system} of {cpu:?}");
    for name in [
        "ms_exercise_memory_rss_bytes",
        "ms_exercise_threads",
        "ms_exercise_network_received_bytes_per_s",
        "ms_exercise_envoy_upstream_connections",
        "ms_exercise_envoy_upstream_active_requests",
        "node_exporter_node_cpu_user_cores",
        "node_exporter_node_memory_total_bytes",
    ] {
        assert!(most(name) > 0.0, "{name}");
    }
    for name in [
        "ms_exercise_envoy_upstream_retries_per_s",
        "ms_exercise_envoy_upstream_timeouts_per_s",
        "ms_exercise_envoy_upstream_queue_overflows_per_s",
        "cadvisor_node_network_received_bytes_per_s",
        "node_exporter_node_cpu_steal_cores",
    ] {
        assert!(known(name).len() > 20, "{name} is known in {} bins", known(name).len());
    }
    // The queries: one that has an answer, one by service, one that has none, one that is no PromQL.
    assert!(known("query_targets").len() > 20 && most("query_targets") > 5.0);
    assert!(known("ms_exercise_query_in_flight_requests").len() > 20);
    for name in ["query_nothing", "query_broken"] {
        assert!(column(&folder, name).iter().all(|(_, v)| v.is_none()), "{name}");
    }
    let notes = ended.summary()["notes"].to_string();
    assert!(notes.contains("measure.queries.nothing: query_nothing is unknown"), "{notes}");
    assert!(notes.contains("measure.queries.broken: Prometheus does not answer it"), "{notes}");
    let report = std::fs::read_to_string(folder.join("report.html")).unwrap();
    for words in [
        "What the containers did",
        "What the proxies did",
        "What the machines did",
        "CPU held back by its limit",
    ] {
        assert!(report.contains(words), "{words}");
    }
    assert_gone("limits");
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn a_silent_prometheus_gives_gaps_and_a_verdict_not_zeros() {
    let lab = Lab::new();
    let experiment = lab.experiment("gap", "swarm", "shape: constant\nlevel: 2\nduration: 30s\n", "");
    let mut running = lab.run(&experiment, &["--name", "gap", "--engine", &engine()]);
    running.until_load(6.0);
    let pause = runtime();
    let id = pause.block_on(async {
        let filters = HashMap::from([(
            "label".to_owned(),
            vec!["com.docker.swarm.service.name=gap_prometheus".to_owned()],
        )]);
        let o = q::ListContainersOptions { filters: Some(filters), ..Default::default() };
        let id = docker().list_containers(Some(o)).await.unwrap()[0].id.clone().unwrap();
        docker().pause_container(&id).await.unwrap();
        id
    });
    let paused = Instant::now();
    running.until_load(15.0);
    pause.block_on(async { docker().unpause_container(&id).await.unwrap() });
    assert!(paused.elapsed() > Duration::from_secs(5));
    let ended = running.end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let summary = ended.summary();
    // Nine seconds of thirty are more than a tenth.
    assert_eq!(verdict(&summary, "data-complete")["status"], "fail", "{:#}", summary["notes"]);
    let cpu = column(&ended.folder(), "ms_exercise_cpu_cores");
    let load: Vec<_> = cpu.iter().filter(|(t, _)| (0.0..30.0).contains(t)).collect();
    let unknown = load.iter().filter(|(_, v)| v.is_none()).count();
    assert!((3..20).contains(&unknown), "{load:?}");
    assert!(load.iter().filter_map(|(_, v)| *v).all(|v| v > 0.0), "a gap was filled with zeros: {load:?}");
    // Counters were read in the quiet on both sides, so the counts are exact all the same.
    assert_eq!(verdict(&summary, "counts-agree")["status"], "pass");
    assert_gone("gap");
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn behind_a_prometheus_that_scrapes_every_15_s_counts_agree_and_what_cannot_be_seen_is_not_judged() {
    let lab = Lab::new();
    // The sample stack with one number changed, from a folder of its own.
    let root = crate::support::root();
    let every = std::fs::read_to_string(root.join("prometheus/prometheus.yml")).unwrap();
    let seldom = every.replace("scrape_interval: 1s", "scrape_interval: 15s");
    assert_ne!(every, seldom);
    std::fs::write(lab.dir.path().join("prometheus.yml"), seldom).unwrap();
    let stack = std::fs::read_to_string(root.join("stacks/exercise.yml")).unwrap();
    let stack = stack
        .replace("../prometheus/prometheus.yml", "prometheus.yml")
        .replace("../", &format!("{}/", root.display()))
        .replace("./exercise.", &format!("{}/stacks/exercise.", root.display()));
    std::fs::write(lab.dir.path().join("stack.yml"), stack).unwrap();
    let experiment = lab.experiment("seldom", "swarm", "shape: constant\nlevel: 2\nduration: 45s\n", "");
    let text = std::fs::read_to_string(&experiment).unwrap();
    let ours = text.replace(&format!("{}/stacks/exercise.yml", root.display()), "stack.yml");
    assert_ne!(text, ours);
    std::fs::write(&experiment, ours).unwrap();
    let ended = lab.run(&experiment, &["--name", "seldom", "--engine", &engine()]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let summary = ended.summary();
    let notes: Vec<&str> =
        summary["notes"].as_array().unwrap().iter().filter_map(|n| n["text"].as_str()).collect();
    eprintln!("{notes:#?}");
    // cAdvisor stamps its samples itself, up to a second before the scrape: of the few intervals of a short load the usual
    // one may come out above 15 s, and bins hold it.
    let width =
        [15.0, 16.0].into_iter().find(|w| notes.iter().any(|n| n.contains(&format!("bins of {w} s"))));
    let width = width.unwrap_or_else(|| panic!("{notes:#?}"));
    assert!(!notes.iter().any(|n| n.contains("no sample of the quiet system")), "{notes:#?}");
    let cpu = column(&ended.folder(), "ms_exercise_cpu_cores");
    let load: Vec<_> = cpu.iter().filter(|(t, _)| (0.0..45.0).contains(t)).collect();
    // Whole bins of 45 s of load.
    let whole: Vec<f64> = if width > 15.0 { vec![0.0, 16.0] } else { vec![0.0, 15.0, 30.0] };
    assert_eq!(load.iter().map(|(t, _)| *t).collect::<Vec<_>>(), whole);
    // Counted by those who were asked every 15 s, and by the clients.
    assert_eq!(verdict(&summary, "counts-agree")["status"], "pass", "{summary:#}");
    for c in summary["counts"]["servers"].as_array().unwrap() {
        assert_eq!(c["exact"], true, "{c}");
    }
    // Of two or three bins nothing is concluded.
    for v in summary["verdicts"].as_array().unwrap() {
        eprintln!("{}: {} {}", v["code"], v["status"], v["title"]);
        // Whether the generator kept up is the machine's matter.
        assert!(v["status"] != "fail" || v["code"] == "generator-valid", "{v}");
    }
    let demands = summary["verdicts"].as_array().unwrap().iter();
    let demands: Vec<_> =
        demands.filter(|v| v["code"].as_str().unwrap().starts_with("demand-recovered")).collect();
    assert!(!demands.is_empty() && demands.iter().all(|v| v["status"] == "not_judged"), "{demands:#?}");
    assert_gone("seldom");
}
