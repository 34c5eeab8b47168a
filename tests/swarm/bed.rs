//! The stack itself: acting on it, and stacks that are not the sample.

use std::collections::HashMap;
use std::time::Duration;

use bollard::query_parameters as q;

use crate::bystanders::Bystanders;
use crate::engine::{assert_gone, docker, engine, runtime};
use crate::support::{Lab, swarmlab};

#[test]
#[ignore = "needs a Docker engine (scripts/test)"]
fn the_bed_acts_within_bounds_and_tells_what_befalls_tasks() {
    use swarmlab_swarm::CancellationToken;
    use swarmlab_testbed::swarm::SwarmBeds;
    use swarmlab_testbed::{Action, Beds, Bounds, Observation, TestbedError, seam};
    let file = crate::support::root().join("stacks/exercise.yml");
    let scale = |replicas| Action::Scale { service: "ms-other".into(), replicas };
    runtime().block_on(async {
        let connected = swarmlab_swarm::connect(Some(&engine())).await.unwrap();
        let answers = swarmlab::variables::for_engine(&connected).await;
        let mut stack = swarmlab_stackfile::load_file(&file, &|name| answers.answer(name)).unwrap();
        // As patient as the sample stack a test would be long.
        let other = stack.services.iter_mut().find(|s| s.name == "ms-other").unwrap();
        let check = other.healthcheck.as_mut().unwrap();
        (check.interval, check.timeout) = (Some(Duration::from_secs(1)), Some(Duration::from_secs(2)));
        check.retries = Some(2);
        let specs = swarmlab_stackfile::specs(&stack, "acting").unwrap();
        let (engine, wait) = (Some(engine()), Duration::from_secs(180));
        let bounds = Bounds { timeout: wait, ..Bounds::default() };
        let catalogues = std::sync::Arc::new(swarmlab_catalogue::Catalogues::builtin());
        let beds = SwarmBeds { engine, wait, catalogues, bounds, prometheus: None };
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
        // Read on, so that nothing waits for this test.
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(observation) = news.recv().await {
                let text = match observation {
                    Observation::Warning(text) => text,
                    Observation::Trouble(trouble) => trouble.to_string(),
                    _ => continue,
                };
                if told.send(text).is_err() {
                    return;
                }
            }
        });
        let mut hear = async |what: &str| {
            let mut all = Vec::new();
            let of_other = |text: &String| {
                !text.starts_with("ms-other-") && text.starts_with("ms-other") && text.contains(what)
            };
            let heard = async {
                while !all.iter().any(of_other) {
                    all.push(heard.recv().await.unwrap());
                }
            };
            let in_time = tokio::time::timeout(wait, heard).await;
            assert!(in_time.is_ok(), "{what}: {all:?}");
        };
        let done = acting.await.unwrap().unwrap();
        assert!(done.changed && done.asked_unix_s < done.accepted_unix_s);
        assert!(done.accepted_unix_s < done.done_unix_s);
        assert!(!bed.act(scale(2), CancellationToken::new()).await.unwrap().changed);
        let d = docker();
        let filters = HashMap::from([("name".to_owned(), vec!["acting_ms-other.".to_owned()])]);
        let list = q::ListContainersOptions { filters: Some(filters), ..Default::default() };
        // The filter's point is any letter: the service's proxy has such a name, too.
        let of_other = |c: &bollard::models::ContainerSummary| {
            c.names.iter().flatten().any(|name| name.starts_with("/acting_ms-other."))
        };
        let all = d.list_containers(Some(list)).await.unwrap();
        let victims: Vec<String> = all.into_iter().filter(of_other).map(|c| c.id.unwrap()).collect();
        d.kill_container(&victims[0], None::<q::KillContainerOptions>).await.unwrap();
        hear("by itself (failed)").await;
        // A process that stands still answers no health check; it is the child of the container's init.
        let still = d.inspect_container(&victims[1], None::<q::InspectContainerOptions>).await.unwrap();
        let init = still.state.unwrap().pid.unwrap();
        let children = std::fs::read_to_string(format!("/proc/{init}/task/{init}/children")).unwrap();
        let child = children.split_whitespace().next().unwrap();
        assert!(std::process::Command::new("kill").args(["-STOP", child]).status().unwrap().success());
        hear("became unhealthy").await;
        bed.down(&mut |_| {}).await.unwrap();
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
