//! The whole job on a real Swarm: Envoy, Prometheus, cAdvisor, PostgreSQL. `scripts/test` starts the engine.
//!
//! Each test uses the ports of the stack, so they run one after the other (`--test-threads 1`).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bollard::Docker;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters as q;
use support::{Lab, column, swarmlab, verdict};

fn engine() -> String {
    std::env::var("SWARMLAB_TEST_ENGINE").expect(
        "SWARMLAB_TEST_ENGINE must name an engine (unix:///…/docker.sock) that is a Swarm manager and has the stack's images; scripts/test starts one",
    )
}

fn docker() -> Docker {
    let address = engine();
    let path = address.strip_prefix("unix://").expect("the tests use a local engine");
    Docker::connect_with_unix(path, 60, bollard::API_DEFAULT_VERSION).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn by_label(stack: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("com.docker.stack.namespace={stack}")])])
}

/// Everything of a stack that the engine still has, by kind and name.
fn left_of(stack: &str) -> Vec<String> {
    runtime().block_on(async {
        let d = docker();
        let filters = || Some(by_label(stack));
        let mut left = Vec::new();
        let containers = q::ListContainersOptions { all: true, filters: filters(), ..Default::default() };
        left.extend(
            d.list_containers(Some(containers))
                .await
                .unwrap()
                .into_iter()
                .map(|c| format!("container {:?}", c.names)),
        );
        let o = q::ListServicesOptions { filters: filters(), ..Default::default() };
        left.extend(
            d.list_services(Some(o)).await.unwrap().into_iter().map(|s| format!("service {:?}", s.id)),
        );
        let o = q::ListNetworksOptions { filters: filters() };
        left.extend(
            d.list_networks(Some(o)).await.unwrap().into_iter().map(|n| format!("network {:?}", n.name)),
        );
        let o = q::ListConfigsOptions { filters: filters() };
        left.extend(d.list_configs(Some(o)).await.unwrap().into_iter().map(|c| format!("config {:?}", c.id)));
        let o = q::ListSecretsOptions { filters: filters() };
        left.extend(d.list_secrets(Some(o)).await.unwrap().into_iter().map(|s| format!("secret {:?}", s.id)));
        let o = q::ListVolumesOptions { filters: filters() };
        left.extend(
            d.list_volumes(Some(o))
                .await
                .unwrap()
                .volumes
                .unwrap_or_default()
                .into_iter()
                .map(|v| format!("volume {}", v.name)),
        );
        left
    })
}

fn assert_gone(stack: &str) {
    assert_eq!(left_of(stack), Vec::<String>::new(), "something of {stack} is left");
}

fn swarm_id() -> String {
    runtime().block_on(async { docker().inspect_swarm().await.unwrap().id.unwrap() })
}

fn unix_now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// A container and a stack that are none of the run's business.
struct Bystanders {
    container: String,
    folder: tempfile::TempDir,
}

impl Bystanders {
    const STACK: &'static str = "bystander";

    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bystander.yml");
        std::fs::write(
            &file,
            "services:\n  other:\n    image: swarmlab/demo:local\n    command: [ms-other]\n    environment: { DEMO_TOKEN_SECRET: x, DEMO_LISTEN: \"127.0.0.1:5002\" }\n    deploy: { endpoint_mode: dnsrr }\n",
        )
        .unwrap();
        let specs = {
            let stack = swarmlab_stackfile::load_file(&file, &|_| None).unwrap();
            swarmlab_stackfile::specs(&stack, Self::STACK).unwrap()
        };
        let container = runtime().block_on(async {
            let engine = swarmlab_swarm::connect(Some(&engine())).await.unwrap();
            swarmlab_swarm::up(&engine, &specs, &swarmlab_swarm::UpOptions::default(), &mut |_| {})
                .await
                .unwrap();
            let d = docker();
            let config = ContainerCreateBody {
                image: Some("swarmlab/demo:local".to_owned()),
                cmd: Some(vec!["ms-other".to_owned()]),
                env: Some(vec!["DEMO_TOKEN_SECRET=x".to_owned()]),
                ..Default::default()
            };
            let created = d.create_container(None::<q::CreateContainerOptions>, config).await.unwrap();
            d.start_container(&created.id, None::<q::StartContainerOptions>).await.unwrap();
            created.id
        });
        Self { container, folder }
    }

    fn assert_untouched(&self) {
        let running = runtime().block_on(async {
            docker()
                .inspect_container(&self.container, None::<q::InspectContainerOptions>)
                .await
                .unwrap()
                .state
                .unwrap()
                .running
        });
        assert_eq!(running, Some(true), "a container beside the Swarm was touched");
        let stack = runtime().block_on(async {
            let engine = swarmlab_swarm::connect(Some(&engine())).await.unwrap();
            swarmlab_swarm::status(&engine, Self::STACK).await.unwrap()
        });
        assert!(stack.is_up(), "another stack was touched: {stack:?}");
        assert!(self.folder.path().exists());
    }
}

impl Drop for Bystanders {
    fn drop(&mut self) {
        runtime().block_on(async {
            let force = q::RemoveContainerOptions { force: true, ..Default::default() };
            let _ = docker().remove_container(&self.container, Some(force)).await;
            if let Ok(engine) = swarmlab_swarm::connect(Some(&engine())).await {
                let _ = swarmlab_swarm::down(
                    &engine,
                    Self::STACK,
                    &swarmlab_swarm::DownOptions::default(),
                    &mut |_| {},
                )
                .await;
            }
        });
    }
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn a_closed_loop_proves_its_numbers_and_leaves_only_what_was_there() {
    let (bystanders, swarm) = (Bystanders::start(), swarm_id());
    let lab = Lab::new();
    let shape = "shape: step\nfirst: 2\nincrement: 2\nsteps: 4\nhold: 12s\ndown: true\n";
    let experiment = lab.experiment("proof", "swarm", shape, "seed: 7");
    let ended = lab.run(&experiment, &["--name", "proof", "--engine", &engine()]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let summary = ended.summary();
    eprintln!("{}", serde_json::to_string_pretty(&summary["demands"]).unwrap());
    eprintln!("{}", serde_json::to_string_pretty(&summary["counts"]).unwrap());
    eprintln!("{}", serde_json::to_string_pretty(&summary["little"]).unwrap());

    let sent = summary["counts"]["sent"].as_f64().unwrap();
    assert!(sent > 3000.0, "{sent}");
    assert_eq!(verdict(&summary, "counts-agree")["status"], "pass");
    let count = |counter: &str| {
        let all = summary["counts"]["servers"].as_array().unwrap();
        let c = all
            .iter()
            .find(|c| c["counter"] == counter)
            .unwrap_or_else(|| panic!("nobody is called {counter}"));
        assert_eq!(c["exact"], true, "{c}");
        c["count"].as_f64().unwrap()
    };
    assert_eq!(count("gateway-envoy: requests from its clients"), sent);
    assert_eq!(count("gateway: its own count"), sent);
    // Every gateway request causes exactly one further request; matching of names is exact, or these sums would not fit.
    let behind = count("ms-exercise-envoy: requests from its clients")
        + count("ms-other-envoy: requests from its clients");
    assert_eq!(behind, sent);
    assert_eq!(
        count("ms-exercise: its own count"),
        count("ms-exercise-envoy: requests to the service behind")
    );

    let demand =
        summary["demands"].as_array().unwrap().iter().find(|d| d["service"] == "ms-exercise").unwrap();
    let s = |key: &str| demand[key].as_f64().unwrap();
    let (fitted, own, configured) = (s("demand_s"), s("self_accounted_s"), s("declared_s"));
    assert_eq!(configured, 0.015);
    assert!((fitted / configured - 1.0).abs() <= 0.05, "fitted {fitted}, configured {configured}");
    // The average of the service's own account holds what it uses while idle (0.5 to 2 % here, for answering the scrapes
    // that read it): more than the interval's half width leaves room for. What a request costs is the account
    // without that share: this is what is fitted, and what the verdict compares.
    let marginal = s("self_marginal_s");
    assert!((marginal / own - 1.0).abs() <= 0.04, "own account {own}, without its idle share {marginal}");
    assert!(
        (fitted / marginal - 1.0).abs() <= 0.02,
        "fitted {fitted}, own account {own}, a request {marginal}"
    );
    let (low, high) = (demand["ci_s"][0].as_f64().unwrap(), demand["ci_s"][1].as_f64().unwrap());
    assert!((low..=high).contains(&marginal), "{marginal} is not in {low} to {high}");
    assert!(high / low - 1.0 <= 0.05, "an interval from {low} to {high} proves little");
    assert_eq!(demand["method"], "regression");

    assert_eq!(verdict(&summary, "littles-law")["status"], "pass");
    assert!(summary["little"]["relative_gap"].as_f64().unwrap() <= 0.05);
    assert_eq!(verdict(&summary, "data-complete")["status"], "pass", "{:#}", summary["notes"]);

    assert_gone("proof");
    bystanders.assert_untouched();
    assert_eq!(swarm_id(), swarm, "the Swarm was left or made anew");
}

/// Watches, independently of the run, how many containers of a service run and how many the engine calls healthy.
fn watch_containers(
    stack: &str,
    service: &str,
    stop: Arc<AtomicBool>,
) -> std::thread::JoinHandle<Vec<(f64, u64, u64)>> {
    let full = format!("{stack}_{service}");
    std::thread::spawn(move || {
        runtime().block_on(async {
            let d = docker();
            let mut seen: Vec<(f64, u64, u64)> = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let filters = HashMap::from([(
                    "label".to_owned(),
                    vec![format!("com.docker.swarm.service.name={full}")],
                )]);
                let o = q::ListContainersOptions { filters: Some(filters), ..Default::default() };
                let listed = d.list_containers(Some(o)).await.unwrap();
                let healthy = listed
                    .iter()
                    .filter(|c| c.status.as_deref().is_some_and(|s| s.ends_with("(healthy)")))
                    .count();
                seen.push((unix_now_s(), listed.len() as u64, healthy as u64));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            seen
        })
    })
}

/// Asks an Envoy itself, independently of the run, how many members of a cluster it calls healthy.
fn watch_members(
    stack: &str,
    proxy: &str,
    cluster: &str,
    stop: Arc<AtomicBool>,
) -> std::thread::JoinHandle<Vec<(f64, u64)>> {
    use bollard::exec::StartExecResults;
    use futures_util::StreamExt;
    let (full, line) = (format!("{stack}_{proxy}"), format!("cluster.{cluster}.membership_healthy: "));
    let script = "exec 3<>/dev/tcp/127.0.0.1/9901 && printf 'GET /stats?filter=membership_healthy HTTP/1.1\\r\\nHost: e\\r\\nConnection: close\\r\\n\\r\\n' >&3 && while read -r l <&3; do echo \"$l\"; done";
    std::thread::spawn(move || {
        runtime().block_on(async {
            let d = docker();
            let filters =
                HashMap::from([("label".to_owned(), vec![format!("com.docker.swarm.service.name={full}")])]);
            let o = q::ListContainersOptions { filters: Some(filters), ..Default::default() };
            let id = d.list_containers(Some(o)).await.unwrap()[0].id.clone().unwrap();
            let mut seen = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let exec = bollard::models::ExecConfig {
                    attach_stdout: Some(true),
                    cmd: Some(["bash", "-c", script].map(str::to_owned).into()),
                    ..Default::default()
                };
                let begun = unix_now_s();
                // The run ends, and its Envoy with it.
                let Ok(exec) = d.create_exec(&id, exec).await else { break };
                let Ok(StartExecResults::Attached { mut output, .. }) = d.start_exec(&exec.id, None).await
                else {
                    break;
                };
                let mut told = String::new();
                while let Some(Ok(part)) = output.next().await {
                    told.push_str(&part.to_string());
                }
                let members = told.lines().find_map(|l| l.trim().strip_prefix(&line)?.parse().ok());
                seen.extend(members.map(|n| ((begun + unix_now_s()) / 2.0, n)));
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            seen
        })
    })
}

/// The run scaled `ms-other` from 1 to 3 to 1: the journal tells when, the columns show it, the report lists it.
fn acted(ended: &support::Ended, start: f64) {
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

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn replica_columns_follow_the_engine_within_a_second() {
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
    // Deaths cost no bin. Of a birth cAdvisor may tell seconds late, and until then nobody knows what the container used: of
    // three births few bins are unknown (0 to 4 were seen).
    for name in ["ms_exercise_cpu_cores", "ms_exercise_memory_bytes"] {
        let known = column(&ended.folder(), name);
        let unknown: Vec<_> =
            known.iter().filter(|(t, v)| (0.0..44.0).contains(t) && v.is_none()).map(|(t, _)| *t).collect();
        assert!(unknown.len() <= 10, "{name} is unknown at {unknown:?} s");
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
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn limits_throttling_and_a_users_own_queries_are_columns() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 6\nduration: 25s\n";
    let extra = "variables: { EXERCISE_CPUS: \"0.2\" }\nmeasure:\n  services: [ms-exercise]\n  queries:\n    \
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
fn an_interrupt_in_any_phase_ends_in_order() {
    let lab = Lab::new();
    let experiment = lab.experiment("cut", "swarm", "shape: constant\nlevel: 2\nduration: 120s\n", "");
    let mut running = lab.run(&experiment, &["--name", "cut", "--engine", &engine()]);
    running.until("a service", |v| {
        v["event"] == "step" && v["message"].as_str().is_some_and(|m| m.starts_with("created service"))
    });
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.status.code(), Some(130), "{:#?}", ended.line("error"));
    assert_gone("cut");

    let mut running = lab.run(&experiment, &["--name", "cut", "--engine", &engine()]);
    running.until_load(5.0);
    running.signal("TERM");
    let ended = running.end();
    assert_eq!(ended.status.code(), Some(130), "{:#?}", ended.line("error"));
    assert_eq!(ended.manifest()["state"]["is"], "partial");
    assert_eq!(verdict(&ended.summary(), "counts-agree")["status"], "pass");
    assert!(std::fs::read_to_string(ended.folder().join("report.html")).unwrap().contains("interrupted"));
    assert_gone("cut");
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn a_failed_start_says_which_service_and_why_and_leaves_nothing() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 1\nduration: 5s\n";
    // A demand that is no duration is seen before anything is started, one that the sample application refuses is not.
    let experiment = lab.experiment("broken", "swarm", shape, "variables: { EXERCISE_DEMAND_MS: much }");
    let ended = lab.run(&experiment, &["--name", "broken", "--engine", &engine()]).end();
    assert_eq!(ended.status.code(), Some(2));
    let experiment = lab.experiment("broken", "swarm", shape, "variables: { EXERCISE_DEMAND_MS: \"60001\" }");
    let ended = lab.run(&experiment, &["--name", "broken", "--wait", "30s", "--engine", &engine()]).end();
    assert_eq!(ended.status.code(), Some(4), "{:#?}", ended.line("error"));
    let message = ended.line("error").unwrap()["message"].as_str().unwrap();
    assert!(message.contains("ms-exercise") && message.contains("60001"), "{message}");
    assert_gone("broken");

    let experiment =
        lab.experiment("absent", "swarm", shape, "variables: { ENVOY_IMAGE: \"swarmlab/absent:none\" }");
    let ended = lab.run(&experiment, &["--name", "absent", "--engine", &engine()]).end();
    assert_eq!(ended.status.code(), Some(3), "{:#?}", ended.line("error"));
    let error = ended.line("error").unwrap();
    assert!(error["message"].as_str().unwrap().contains("swarmlab/absent:none"), "{error}");
    assert!(error["help"].as_str().unwrap().contains("swarmlab images build"), "{error}");
    assert_gone("absent");

    let holder = TcpListener::bind("0.0.0.0:8080").unwrap();
    let experiment = lab.experiment("taken", "swarm", shape, "");
    let ended = lab.run(&experiment, &["--name", "taken", "--engine", &engine()]).end();
    assert_eq!(ended.status.code(), Some(3), "{:#?}", ended.line("error"));
    let error = ended.line("error").unwrap();
    assert!(error["message"].as_str().unwrap().contains("port 8080/tcp is held by"), "{error}");
    assert_gone("taken");
    drop(holder);
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
    assert_eq!(verdict(&summary, "data-complete")["status"], "warn", "{:#}", summary["notes"]);
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
    let root = support::root();
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

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn the_bed_acts_within_bounds_and_tells_the_deaths_that_nobody_ordered() {
    use swarmlab_swarm::CancellationToken;
    use swarmlab_testbed::swarm::SwarmBeds;
    use swarmlab_testbed::{Action, Beds, Bounds, Observation, TestbedError, seam};
    let file = support::root().join("stacks/exercise.yml");
    let scale = |replicas| Action::Scale { service: "ms-other".into(), replicas };
    runtime().block_on(async {
        let connected = swarmlab_swarm::connect(Some(&engine())).await.unwrap();
        let answers = swarmlab::variables::for_engine(&connected).await;
        let stack = swarmlab_stackfile::load_file(&file, &|name| answers.answer(name)).unwrap();
        let specs = swarmlab_stackfile::specs(&stack, "acting").unwrap();
        let (engine, wait) = (Some(engine()), Duration::from_secs(180));
        let bounds = Bounds { timeout: wait, ..Bounds::default() };
        let catalogues = std::sync::Arc::new(swarmlab_catalogue::Catalogues::builtin());
        let beds = SwarmBeds { engine, wait, catalogues, bounds };
        let bed = beds.up(&specs, &CancellationToken::new(), &mut |_| {}).await.unwrap();
        let (out, mut news) = seam::channel();
        bed.observe(out, CancellationToken::new()).unwrap();
        let refused = bed.act(scale(100_000_000_000), CancellationToken::new()).await.unwrap_err();
        assert!(matches!(refused, TestbedError::OutOfBounds { .. }), "{refused}");
        let global = Action::Scale { service: "cadvisor".into(), replicas: 2 };
        assert!(matches!(
            bed.act(global, CancellationToken::new()).await,
            Err(TestbedError::CannotAct { .. })
        ));
        let acting = tokio::spawn(bed.act(scale(2), CancellationToken::new()));
        let mut most = 0;
        let told = async {
            while most < 2 {
                if let Some(Observation::Replicas(r)) = news.recv().await
                    && r.service == "ms-other"
                {
                    most = r.healthy;
                }
            }
        };
        tokio::time::timeout(wait, told).await.unwrap();
        let reader = tokio::spawn(async move {
            let mut warnings = Vec::new();
            while let Some(observation) = news.recv().await {
                if let Observation::Warning(text) = observation {
                    warnings.push(text);
                }
            }
            warnings
        });
        let done = acting.await.unwrap().unwrap();
        assert!(done.changed && done.asked_unix_s < done.accepted_unix_s);
        assert!(done.accepted_unix_s < done.done_unix_s);
        assert!(!bed.act(scale(2), CancellationToken::new()).await.unwrap().changed);
        let d = docker();
        let filters = HashMap::from([("name".to_owned(), vec!["acting_ms-other.".to_owned()])]);
        let list = q::ListContainersOptions { filters: Some(filters), ..Default::default() };
        let victim = d.list_containers(Some(list)).await.unwrap()[0].id.clone().unwrap();
        d.kill_container(&victim, None::<q::KillContainerOptions>).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        bed.down(&mut |_| {}).await.unwrap();
        let warnings = reader.await.unwrap();
        assert!(
            warnings.iter().any(|w| w.starts_with("ms-other.") && w.contains("by itself (failed)")),
            "{warnings:?}"
        );
    });
    assert_gone("acting");
}

/// Runs a command of the stack on the engine under test; its JSON lines.
fn command(args: &[&str]) -> (Option<i32>, Vec<serde_json::Value>) {
    let out = swarmlab().args(["--json", "--engine", &engine()]).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    (out.status.code(), text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn any_stack_comes_up_runs_and_goes() {
    let bystanders = Bystanders::start();
    let folder = tempfile::tempdir().unwrap();
    let stack = folder.path().join("plain.yml");
    // Two services as somebody has them: no role, no proxy, no telemetry.
    std::fs::write(
        &stack,
        "services:\n  web:\n    image: swarmlab/demo:local\n    command: [ms-other]\n    \
         environment: { DEMO_TOKEN_SECRET: x, DEMO_LISTEN: \"0.0.0.0:5002\" }\n    \
         ports: [{ target: 5002, published: 18090, mode: host }]\n    deploy: { endpoint_mode: dnsrr }\n  side:\n    \
         image: swarmlab/demo:local\n    command: [ms-other]\n    \
         environment: { DEMO_TOKEN_SECRET: x, DEMO_LISTEN: \"127.0.0.1:5002\" }\n    deploy: { endpoint_mode: dnsrr }\n",
    )
    .unwrap();
    let file = stack.to_str().unwrap();

    let (code, lines) = command(&["up", file]);
    assert_eq!(code, Some(0), "{lines:#?}");
    let up = lines.iter().find(|l| l["event"] == "up").unwrap();
    let unproven = up["unproven"].to_string();
    assert!(unproven.contains("Prometheus") && unproven.contains("proxy"), "{unproven}");
    // The same again: it is this stack that holds the port, and no other program.
    let (code, lines) = command(&["up", file]);
    assert_eq!(
        (code, lines.last().unwrap()["code"].as_str()),
        (Some(3), Some("E411-stack-exists")),
        "{lines:#?}"
    );
    // Under another name the holder is named, with what removes it.
    let (code, lines) = command(&["up", file, "--name", "plain2"]);
    let said = lines.last().unwrap().to_string();
    assert!(code == Some(3) && said.contains("swarmlab down plain"), "{said}");
    let (code, lines) = command(&["up", file, "--update"]);
    assert_eq!(code, Some(0), "{lines:#?}");
    let (code, lines) = command(&["scale", "plain", "side=2"]);
    assert_eq!(code, Some(0), "{lines:#?}");
    let (_, lines) = command(&["ps", "plain", "--running"]);
    assert_eq!(lines[0]["tasks"].as_array().unwrap().len(), 3, "{lines:#?}");
    let (code, lines) = command(&["logs", "plain", "--tail", "3"]);
    assert!(code == Some(0) && lines.iter().all(|l| l["event"] == "log"), "{lines:#?}");
    let (code, lines) = command(&["doctor", file]);
    let checks = lines.iter().find(|l| l["event"] == "doctor").unwrap()["checks"].as_array().unwrap();
    assert!(
        code == Some(0) && checks.iter().any(|c| c["what"] == "ports" && c["health"] == "fine"),
        "{checks:#?}"
    );
    let (_, lines) = command(&["down", "--all", "--dry-run"]);
    assert!(lines.iter().any(|l| l["plan"]["stack"] == "plain"), "{lines:#?}");
    let (code, lines) = command(&["down", "plain"]);
    assert_eq!(code, Some(0), "{lines:#?}");
    assert_gone("plain");

    // A run needs neither: what the client felt and what the engine tells is measured, the rest is absent.
    let lab = Lab::new();
    std::fs::write(lab.dir.path().join("shape.yml"), "shape: constant\nlevel: 3\nduration: 8s\n").unwrap();
    std::fs::write(
        lab.dir.path().join("scenario.yml"),
        "name: bare\nsteps: [{ name: health, request: GET /healthz }]\nwait: { constant: 50ms }\n",
    )
    .unwrap();
    let experiment = lab.dir.path().join("experiment.yml");
    let text = format!(
        "name: bare\ntestbed: swarm\nstack: {file}\ntarget: {{ service: web, port: 5002 }}\nload:\n  model: closed\n  \
         shape: shape.yml\n  scenario: scenario.yml\n"
    );
    std::fs::write(&experiment, text).unwrap();
    let ended = lab.run(&experiment, &["--name", "bare", "--engine", &engine()]).end();
    assert!(ended.status.success(), "{:#?}", ended.line("error"));
    let warned: Vec<String> =
        ended.lines.iter().filter(|l| l["event"] == "warning").map(|l| l.to_string()).collect();
    assert!(warned.iter().any(|w| w.contains("Prometheus") && w.contains("absent")), "{warned:#?}");
    let summary = ended.summary();
    assert!(summary["counts"]["sent"].as_u64().unwrap() > 100, "{}", summary["counts"]);
    assert_gone("bare");
    bystanders.assert_untouched();
}
