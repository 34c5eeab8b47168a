//! Replicas by the columns, by the engine and by Envoy; actions of an experiment.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use swarmlab_record::metric::Meaning;

use crate::engine::{assert_gone, engine, unix_now_s};
use crate::support::{Lab, column, swarmlab};
use crate::watched::{watch_containers, watch_members};

/// The run scaled `ms-other` from 1 to 3 to 1: the journal tells when, the columns show it, the report lists it.
fn acted(ended: &crate::support::Ended, start: f64) {
    let events = std::fs::read_to_string(ended.folder().join("events.jsonl")).unwrap();
    let events: Vec<serde_json::Value> = events
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .filter(|e: &serde_json::Value| e["event"] == "action")
        .collect();
    let mut done = Vec::new();
    for (id, planned) in [(0, 6.0), (1, 26.0)] {
        let of = |is: &str| {
            let found = events.iter().find(|e| e["id"] == id && e["is"] == is);
            found.unwrap_or_else(|| panic!("action {id} is not {is}: {events:#?}")).clone()
        };
        let asked = of("asked")["t_unix_s"].as_f64().unwrap() - start;
        let in_force = of("in_force");
        let t = |key: &str| in_force[key].as_f64().unwrap() - start;
        assert!((planned..planned + 1.0).contains(&asked), "asked at {asked} for {planned}");
        assert!(asked < t("accepted_unix_s") && t("accepted_unix_s") < t("done_unix_s"), "{in_force}");
        eprintln!(
            "action {id}: asked {asked:.2} s, taken {:.2} s, in force {:.2} s",
            t("accepted_unix_s"),
            t("done_unix_s")
        );
        done.push(t("done_unix_s"));
    }
    let healthy = column(&ended.folder(), "ms_other_replicas_healthy");
    let at = |t: f64| healthy.iter().rfind(|(bin, _)| *bin <= t).and_then(|(_, v)| *v);
    assert_eq!(at(4.0), Some(1.0), "{healthy:?}");
    // Each is in force when it is said to be.
    assert_eq!(at(done[0] + 1.0), Some(3.0), "{healthy:?}");
    assert_eq!(at(44.0), Some(1.0), "{healthy:?}");
    let html = std::fs::read_to_string(ended.folder().join("report.html")).unwrap();
    assert!(html.contains("scale ms-other to 3") && html.contains("in force"));
}

/// A run in which cAdvisor falls silent of a container that stands says nothing about births and deaths, and is repeated.
const ATTEMPTS: usize = 3;

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn replica_columns_follow_the_engine_within_a_second() {
    for attempt in 1..=ATTEMPTS {
        match scaled_up_and_down() {
            Ok(()) => return,
            Err(silences) => {
                eprintln!("attempt {attempt}: cAdvisor told nothing of a task in {silences:?} s")
            }
        }
    }
    panic!("not judged: cAdvisor fell silent in each of {ATTEMPTS} runs");
}

/// When cAdvisor told nothing of a task of this service that lived all along, seconds of the load: for more than three
/// intervals, beyond which no value is made up.
fn silences_s(
    ended: &crate::support::Ended,
    service: &str,
    start: f64,
    (meaning, intervals): (Meaning, f64),
) -> Vec<(f64, f64)> {
    let file = |name: &str| ended.folder().join(name);
    let series =
        swarmlab_frame::store::read_series(&file("series.parquet"), &file("samples.parquet")).unwrap();
    let stands = |s: &&swarmlab_record::series::Series| {
        let (born, died) = (s.born_unix_s.unwrap_or(0.0), s.died_unix_s.unwrap_or(f64::INFINITY));
        let is = &s.identity;
        is.service == service && is.meaning == meaning && born < start && died > start + 44.0
    };
    let standing: Vec<_> = series.iter().filter(stands).collect();
    assert!(!standing.is_empty(), "no task of {service} lived all along");
    let gaps = |s: &&swarmlab_record::series::Series| -> Vec<(f64, f64)> {
        let times = s.samples.windows(2).map(|w| (w[0].t_unix_s - start, w[1].t_unix_s - start));
        times.filter(|(from, to)| to - from > intervals * s.interval_s && *to > 0.0 && *from < 44.0).collect()
    };
    standing.iter().flat_map(gaps).collect()
}

/// The error: when cAdvisor fell silent of what was neither born nor ended, and bins are unknown for it.
fn scaled_up_and_down() -> Result<(), Vec<(f64, f64)>> {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 3\nduration: 45s\n";
    // One service is scaled from outside, the other by the run itself.
    let actions = "measure: { services: [gateway, ms-exercise, ms-other] }
actions:
  - { at: 6s, scale: { ms-other: 3 } }
  - { at: 26s, scale: { ms-other: 1 } }";
    let experiment = lab.experiment("replicas", "swarm", shape, actions);
    let mut running = lab.run(&experiment, &["--name", "replicas", "--engine", &engine()]);
    running.until_phase("warm_up");
    let stop = Arc::new(AtomicBool::new(false));
    let watcher = watch_containers("replicas", "ms-exercise", stop.clone());
    let members = watch_members("replicas", "ms-exercise-envoy", "ms-exercise", stop.clone());
    let ordered: Arc<Mutex<Vec<(f64, f64)>>> = Arc::default();
    for (at_s, replicas) in [(5.0, 4), (25.0, 1)] {
        running.until_load(at_s);
        let asked = unix_now_s();
        let service = format!("ms-exercise={replicas}");
        let scaled = swarmlab()
            .args(["--engine", &engine(), "scale", "replicas", &service, "--wait", "0s"])
            .output()
            .unwrap();
        assert!(scaled.status.success(), "{}", String::from_utf8_lossy(&scaled.stderr));
        ordered.lock().unwrap().push((asked, f64::from(replicas)));
    }
    let ended = running.end();
    stop.store(true, Ordering::Relaxed);
    let seen = watcher.join().unwrap();
    let members = members.join().unwrap();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let start = ended.manifest()["windows"]["load_start_unix_s"].as_f64().unwrap();
    let (first, last) = (seen[0].0 - start, seen.last().unwrap().0 - start);

    let bins = |name: &str| -> Vec<(f64, f64)> {
        column(&ended.folder(), name)
            .into_iter()
            // The value in force at the end of the bin, where the watcher saw a second to both sides.
            .map(|(t, v)| (t + 1.0, v))
            .filter(|(end, _)| end - 1.0 >= first && end + 1.0 <= last.min(44.0))
            .map(|(end, v)| (end, v.unwrap_or_else(|| panic!("{name} is unknown at {end}"))))
            .collect()
    };
    let around = |end: f64| seen.iter().filter(move |(u, ..)| (u - start - end).abs() <= 1.0);
    // Running is what the engine says of containers; healthy comes later, after the first good check.
    for (end, value) in bins("ms_exercise_replicas_running") {
        let near: Vec<_> = around(end).map(|(_, running, _)| *running).collect();
        let fits = near.iter().any(|running| *running as f64 == value);
        assert!(fits, "at {end} s {value} run by the column, by the engine {near:?}");
    }
    let healthy = bins("ms_exercise_replicas_healthy");
    assert!(healthy.iter().any(|(_, v)| *v == 4.0), "four replicas were never healthy: {healthy:?}");
    let told_to_end = ordered.lock().unwrap()[1].0 - start;
    for (end, value) in healthy {
        let near: Vec<_> = around(end).map(|(.., healthy)| *healthy).collect();
        // From the order to end on, the containers that will end are healthy but serve no longer.
        let fits = near.iter().any(|n| *n as f64 == value) || (end >= told_to_end && value == 1.0);
        assert!(fits, "at {end} s {value} are healthy by the column, by the engine {near:?}");
    }
    let running = bins("ms_exercise_replicas_running");
    assert!(
        running.iter().any(|(_, v)| *v == 4.0) && running.last().is_some_and(|(_, v)| *v == 1.0),
        "{running:?}"
    );
    let desired = column(&ended.folder(), "ms_exercise_replicas_desired");
    for (asked, replicas) in ordered.lock().unwrap().iter() {
        let after = desired.iter().find(|(t, _)| start + t + 1.0 >= asked + 1.0).unwrap();
        assert_eq!(after.1, Some(*replicas), "asked for {replicas} at {:.2} s: {desired:?}", asked - start);
    }
    // Serving is what the Envoy before them says: asked by itself within a second of the bin's end.
    let serving = bins("ms_exercise_replicas_serving");
    assert!(members.len() > 30, "Envoy answered {} times", members.len());
    for (end, value) in &serving {
        let near: Vec<u64> =
            members.iter().filter(|(u, _)| (u - start - end).abs() <= 1.0).map(|(_, n)| *n).collect();
        let fits = near.iter().any(|n| *n as f64 == *value);
        assert!(fits || near.is_empty(), "at {end} s {value} serve by the column, by Envoy {near:?}");
    }
    assert!(
        serving.iter().any(|(_, v)| *v == 4.0) && serving.last().is_some_and(|(_, v)| *v == 1.0),
        "{serving:?}"
    );
    // Births and deaths cost no bin, and are counted in theirs.
    let unknown = |name: &str| -> Vec<f64> {
        let known = column(&ended.folder(), name);
        known.iter().filter(|(t, v)| (0.0..44.0).contains(t) && v.is_none()).map(|(t, _)| *t).collect()
    };
    let mut unjudged = Vec::new();
    // What a counter bridges, and how old a level may be: `Tolerance` of the frame.
    for (name, of) in
        [("ms_exercise_cpu_cores", (Meaning::CPU, 3.0)), ("ms_exercise_memory_bytes", (Meaning::MEMORY, 2.0))]
    {
        let silences_s = silences_s(&ended, "ms-exercise", start, of);
        let unknown = unknown(name);
        let silent = |t: f64| silences_s.iter().any(|(from, to)| t + 1.0 >= *from && t <= *to);
        assert!(
            unknown.iter().all(|t| silent(*t)),
            "{name} is unknown at {unknown:?} s, silent: {silences_s:?}"
        );
        if !unknown.is_empty() {
            unjudged.extend(silences_s);
        }
    }
    let happened = |name: &str| bins(name).iter().map(|(_, n)| n).sum::<f64>();
    assert_eq!((happened("ms_exercise_tasks_started"), happened("ms_exercise_tasks_ended")), (3.0, 3.0));
    // Prometheus has no health check: nobody knows whether it is healthy.
    assert!(column(&ended.folder(), "prometheus_replicas_healthy").iter().all(|(_, v)| v.is_none()));
    assert!(column(&ended.folder(), "prometheus_replicas_running").iter().any(|(_, v)| *v == Some(1.0)));
    acted(&ended, start);
    // New and ended tasks: their CPU counts from birth to death, and requests are still counted exactly at the front.
    let summary = ended.summary();
    let sent = summary["counts"]["sent"].as_f64().unwrap();
    let servers = summary["counts"]["servers"].as_array().unwrap();
    let front = servers.iter().find(|c| c["counter"] == "gateway-envoy: requests from its clients").unwrap();
    assert_eq!(front["count"].as_f64().unwrap(), sent);
    assert_gone("replicas");
    if unjudged.is_empty() { Ok(()) } else { Err(unjudged) }
}
