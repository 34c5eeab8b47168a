//! What cannot come up says why, and leaves nothing behind.

use crate::support::*;
use bollard::models::{ContainerCreateBody, HostConfig, PortBinding, TaskSpecRestartPolicyConditionEnum};
use bollard::query_parameters::{CreateContainerOptions, RemoveContainerOptions, StartContainerOptions};
use std::collections::HashMap;
use std::time::Instant;
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::*;

async fn up_for(engine: &Engine, specs: &StackSpecs, wait_s: f64) -> SwarmError {
    let options = UpOptions { wait_s, stable_s: 0.5, ..Default::default() };
    let error = up(engine, specs, &options, &mut |_| {}).await.unwrap_err();
    println!("{error}\nhelp: {}", error.help());
    error
}

fn one_service(error: &SwarmError) -> &Unconverged {
    match error {
        SwarmError::NotConverged(not) => {
            assert_eq!(not.services.len(), 1, "{not}");
            &not.services[0]
        }
        other => panic!("expected not-converged, got {other}"),
    }
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_service_that_exits_shows_its_last_lines() {
    let engine = engine().await;
    let name = "t-exit";
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    specs.configs.push(blob(name, "conf", "x"));
    specs.services.push(service(name, "good", IDLE));
    // All of it to one stream: the engine reads the two side by side, and so mixes them as it likes.
    let script = "exec >&2; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i; done; echo boom; exit 3";
    specs.services.push(service(name, "bad", script));
    let error = up_for(&engine, &specs, 4.0).await;
    let bad = one_service(&error);
    assert_eq!((bad.service.as_str(), bad.running, bad.desired), ("bad", 0, 1));
    let task = bad.task.as_ref().unwrap();
    assert_eq!((task.state, task.exit_code), (TaskState::Failed, Some(3)));
    assert_eq!(task.error, "task: non-zero exit (3)");
    assert_eq!(task.log.len(), 10);
    assert_eq!(task.log.last().map(String::as_str), Some("boom"));
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_service_that_will_not_be_restarted_is_given_up_early() {
    let engine = engine().await;
    let name = "t-none";
    let mut specs = stack(name);
    let once =
        service(name, "once", "echo done; exit 1").with_restart(TaskSpecRestartPolicyConditionEnum::NONE);
    specs.services.push(once);
    let started = Instant::now();
    let error = up_for(&engine, &specs, 60.0).await;
    assert!(started.elapsed().as_secs() < 15);
    assert!(one_service(&error).advice.contains("restart policy"), "{error}");
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_service_that_crashes_at_once_is_given_up_long_before_the_wait_is_over() {
    let engine = engine().await;
    let name = "t-loop";
    let mut specs = stack(name);
    specs.services.push(service(name, "good", IDLE));
    specs.services.push(service(name, "bad", "echo no database >&2; exit 3"));
    let started = Instant::now();
    let error = up_for(&engine, &specs, 90.0).await;
    assert!(started.elapsed().as_secs() < 40, "took {:?}", started.elapsed());
    let bad = one_service(&error);
    let task = bad.task.as_ref().unwrap();
    assert_eq!((task.exit_code, task.log.last().map(String::as_str)), (Some(3), Some("no database")));
    assert!(bad.advice.contains("swarmlab logs t-loop bad"), "{error}");
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_service_that_exits_after_four_seconds_is_caught_by_the_watch() {
    let engine = engine().await;
    let name = "t-four";
    let mut specs = stack(name);
    specs.services.push(service(name, "web", "sleep 4; echo enough; exit 5"));
    let options = UpOptions { wait_s: 12.0, ..Default::default() };
    let error = up(&engine, &specs, &options, &mut |_| {}).await.unwrap_err();
    assert_eq!(one_service(&error).task.as_ref().unwrap().log, ["enough"]);
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_folder_that_is_missing_is_named_as_such() {
    let engine = engine().await;
    let name = "t-bind";
    let mut specs = stack(name);
    let mut web = service(name, "web", IDLE);
    container(&mut web).mounts = Some(vec![bollard::models::Mount {
        typ: Some(bollard::models::MountType::BIND),
        source: Some("/nowhere/at/all".into()),
        target: Some("/data".into()),
        ..Default::default()
    }]);
    specs.services.push(web);
    let error = up_for(&engine, &specs, 60.0).await;
    let web = one_service(&error);
    assert!(web.task.as_ref().unwrap().error.contains("/nowhere/at/all"), "{error}");
    assert!(web.advice.starts_with("create that file or folder on the node"), "{error}");
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn an_unhealthy_service_shows_what_its_check_says() {
    let engine = engine().await;
    let name = "t-sick";
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE).with_health("echo no database; exit 1"));
    let error = up_for(&engine, &specs, 10.0).await;
    let web = one_service(&error);
    assert_eq!((web.running, web.healthy, web.desired), (0, 0, 1));
    assert!(web.advice.contains("health check"), "{error}");
    let output = web.task.as_ref().unwrap().health_output.as_deref();
    assert_eq!(output, Some("no database"));
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn missing_images_are_all_named_before_anything_is_created() {
    let engine = engine().await;
    let name = "t-image";
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    for (short, image) in
        [("web", "swarmlab-test/missing:1"), ("api", "swarmlab-test/missing:1"), ("db", "UPPER")]
    {
        let mut plan = service(name, short, IDLE);
        container(&mut plan).image = Some(image.into());
        specs.services.push(plan);
    }
    let started = Instant::now();
    let error = up_for(&engine, &specs, 10.0).await;
    println!("took {:.1} s", started.elapsed().as_secs_f64());
    let SwarmError::ImagesMissing { missing } = &error else { panic!("{error}") };
    assert_eq!(missing.len(), 2);
    let web = missing.iter().find(|m| m.image == "swarmlab-test/missing:1").unwrap();
    assert_eq!(web.services, ["web", "api"]);
    assert!(error.help().contains("swarmlab images build"));
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_port_of_another_stack_is_taken() {
    let engine = engine().await;
    let (first, second) = ("t-port1", "t-port2");
    let mut specs = stack(first);
    specs.services.push(service(first, "web", IDLE).with_port(18_101));
    quick_up(&engine, &specs).await.unwrap();
    let mut specs = stack(second);
    specs.services.push(service(second, "front", IDLE).with_port(18_101));
    let error = up_for(&engine, &specs, 10.0).await;
    assert_eq!(
        error.to_string(),
        "published ports are taken\n  front: port 18101/tcp is held by the service t-port1_web (its stack is removed by: \
         swarmlab down t-port1)"
    );
    assert!(status(&engine, first).await.unwrap().is_up());
    assert_eq!(remains(&engine, second).await, Vec::<String>::new());
    quick_down(&engine, first).await.unwrap();
    quick_up(&engine, &specs).await.unwrap();
    quick_down(&engine, second).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn two_replicas_cannot_share_a_host_port() {
    let engine = engine().await;
    let name = "t-port3";
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE).with_port(18_103).with_replicas(2));
    let started = Instant::now();
    let error = up_for(&engine, &specs, 60.0).await;
    assert_eq!(error.code().name(), "port-taken");
    assert!(error.to_string().contains("host-mode port already in use"), "{error}");
    assert!(started.elapsed().as_secs() < 20);
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_port_of_a_plain_container_is_taken() {
    let engine = engine().await;
    let docker = engine.docker();
    let binding = PortBinding { host_ip: None, host_port: Some("18104".into()) };
    let body = ContainerCreateBody {
        image: Some(IMAGE.into()),
        cmd: Some(vec!["/bin/sh".into(), "-c".into(), IDLE.into()]),
        exposed_ports: Some(vec!["80/tcp".into()]),
        host_config: Some(HostConfig {
            port_bindings: Some(HashMap::from([("80/tcp".to_string(), Some(vec![binding]))])),
            ..Default::default()
        }),
        ..Default::default()
    };
    let options = CreateContainerOptions { name: Some("plain-port".into()), ..Default::default() };
    let plain = docker.create_container(Some(options), body).await.unwrap().id;
    docker.start_container(&plain, None::<StartContainerOptions>).await.unwrap();
    let name = "t-port4";
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE).with_port(18_104));
    let error = up_for(&engine, &specs, 10.0).await;
    let force = RemoveContainerOptions { force: true, ..Default::default() };
    docker.remove_container(&plain, Some(force)).await.unwrap();
    let words = "port 18104/tcp is held by the container plain-port (stopped by: docker stop plain-port)";
    assert!(error.to_string().contains(words), "{error}");
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_constraint_no_node_meets_is_given_up_early() {
    let engine = engine().await;
    let name = "t-where";
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE).with_constraint("node.labels.disk == tape"));
    let started = Instant::now();
    let error = up_for(&engine, &specs, 60.0).await;
    assert!(started.elapsed().as_secs() < 30);
    assert!(one_service(&error).advice.contains("placement.constraints"), "{error}");
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn what_is_external_must_be_there_and_is_left_there() {
    let engine = engine().await;
    let name = "t-ext";
    let mut specs = stack(name);
    let mut outside = network("elsewhere", "net");
    outside.external = true;
    specs.networks.push(network(name, "own"));
    specs.networks.push(outside.clone());
    specs.services.push(service(name, "web", IDLE).with_network("elsewhere_net"));
    let error = up_for(&engine, &specs, 10.0).await;
    assert_eq!(error.to_string(), "the external network elsewhere_net does not exist");
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());

    let id = engine.docker().create_network(outside.request).await.unwrap().id;
    quick_up(&engine, &specs).await.unwrap();
    quick_down(&engine, name).await.unwrap();
    engine.docker().remove_network(&id).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_secret_that_is_refused_does_not_show_in_the_error() {
    let engine = engine().await;
    let name = "t-secret";
    let mut specs = stack(name);
    let content = "hush-hush-".repeat(60_000);
    specs.secrets.push(blob(name, "key", &content));
    specs.services.push(service(name, "web", IDLE));
    let error = up_for(&engine, &specs, 10.0).await;
    let all = format!("{error} {error:?} {}", error.help());
    assert!(!all.contains("hush-hush") && all.len() < 1_000, "{all}");
    assert_eq!(error.code().name(), "engine-error");
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}
