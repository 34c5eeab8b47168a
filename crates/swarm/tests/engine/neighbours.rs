//! What is not the stack's stays as it is.

use crate::support::*;
use bollard::models::{ContainerCreateBody, NetworkCreateRequest, VolumeCreateRequest};
use bollard::query_parameters::{
    CreateContainerOptions, RemoveContainerOptions, RemoveVolumeOptions, StartContainerOptions,
};
use std::collections::HashMap;
use swarmlab_swarm::*;

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn down_leaves_everybody_else_alone() {
    let engine = engine().await;
    let docker = engine.docker();
    let (mine, other) = ("t-mine", "t-mine2");
    for name in [mine, other] {
        let mut specs = stack(name);
        specs.networks.push(network(name, "net"));
        specs.volumes.push(volume(name, "data"));
        specs.configs.push(blob(name, "conf", "x"));
        let mut web = service(name, "web", IDLE).with_network(&format!("{name}_net"));
        container(&mut web).mounts = Some(vec![of_volume(name, "data", "/data")]);
        specs.services.push(web);
        quick_up(&engine, &specs).await.unwrap();
    }
    // A plain container and a volume, named as if they were the stack's, the container even labelled so.
    let plain_name = "t-mine_plain";
    let body = ContainerCreateBody {
        image: Some(IMAGE.into()),
        cmd: Some(vec!["/bin/sh".into(), "-c".into(), IDLE.into()]),
        labels: Some(HashMap::from([(LABEL_NAMESPACE.to_string(), mine.to_string())])),
        ..Default::default()
    };
    let options = CreateContainerOptions { name: Some(plain_name.into()), ..Default::default() };
    let plain = docker.create_container(Some(options), body).await.unwrap().id;
    docker.start_container(&plain, None::<StartContainerOptions>).await.unwrap();
    let volume_name = "t-mine_precious";
    let request = VolumeCreateRequest { name: Some(volume_name.into()), ..Default::default() };
    docker.create_volume(request).await.unwrap();

    let others_before = remains(&engine, other).await;
    quick_down(&engine, mine).await.unwrap();
    let mut left = remains(&engine, mine).await;
    left.sort();
    assert_eq!(left, ["container /t-mine_plain", "volume t-mine_precious"]);
    assert_eq!(remains(&engine, other).await, others_before);
    assert!(status(&engine, other).await.unwrap().is_up());
    let state = docker
        .inspect_container(&plain, None::<bollard::query_parameters::InspectContainerOptions>)
        .await
        .unwrap()
        .state;
    assert_eq!(state.and_then(|state| state.running), Some(true));

    let force = RemoveContainerOptions { force: true, ..Default::default() };
    docker.remove_container(&plain, Some(force)).await.unwrap();
    docker.remove_volume(volume_name, None::<RemoveVolumeOptions>).await.unwrap();
    quick_down(&engine, other).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_stack_of_somebody_else_is_neither_replaced_nor_removed() {
    let engine = engine().await;
    let name = "t-foreign";
    // As `docker stack deploy` leaves it: its label, not ours.
    let mut foreign = service(name, "web", IDLE).spec;
    foreign.name = Some(format!("{name}_web"));
    foreign.labels = Some(HashMap::from([(LABEL_NAMESPACE.to_string(), name.to_string())]));
    let id = engine.docker().create_service(foreign, None).await.unwrap().id.unwrap();
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE));
    assert_eq!(quick_up(&engine, &specs).await.unwrap_err().code().name(), "foreign-stack");
    assert_eq!(quick_down(&engine, name).await.unwrap_err().code().name(), "foreign-stack");
    assert!(engine.docker().inspect_service(&id, None).await.is_ok());
    assert!(list_stacks(&engine).await.unwrap().iter().any(|stack| stack.name == name && !stack.ours));
    let one = [("web", 2)];
    let error = scale(&engine, name, &one, &ScaleOptions::default()).await.unwrap_err();
    assert_eq!(error.code().name(), "foreign-stack");
    assert!(error.help().contains("--adopt"), "{}", error.help());
    assert!(!own_stacks(&engine).await.unwrap().iter().any(|stack| stack == name));
    // Unless one insists.
    let adopt = ScaleOptions { adopt: true, ..Default::default() };
    scale(&engine, name, &one, &adopt).await.unwrap();
    assert!(
        own_stacks(&engine).await.unwrap().iter().all(|stack| stack != name),
        "scaling makes nothing ours"
    );
    let insist = DownOptions { foreign: true, ..Default::default() };
    down(&engine, name, &insist, &mut |_| {}).await.unwrap();
    assert!(engine.docker().inspect_service(&id, None).await.is_err());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_name_held_by_somebody_else_is_an_error_and_stays_theirs() {
    let engine = engine().await;
    let name = "t-name";
    let theirs = NetworkCreateRequest {
        name: "t-name_net".into(),
        driver: Some("overlay".into()),
        ..Default::default()
    };
    let id = engine.docker().create_network(theirs).await.unwrap().id;
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    specs.services.push(service(name, "web", IDLE));
    let error = quick_up(&engine, &specs).await.unwrap_err();
    assert_eq!(error.to_string(), "a network t-name_net exists already and does not belong to the stack");
    assert_eq!(remains(&engine, name).await, ["network t-name_net"]);
    engine.docker().remove_network(&id).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_volume_of_somebody_else_is_used_told_and_left() {
    let engine = engine().await;
    let name = "t-vol";
    let request = VolumeCreateRequest { name: Some("t-vol_data".into()), ..Default::default() };
    engine.docker().create_volume(request).await.unwrap();
    let mut specs = stack(name);
    specs.volumes.push(volume(name, "data"));
    let mut web = service(name, "web", IDLE);
    container(&mut web).mounts = Some(vec![of_volume(name, "data", "/data")]);
    specs.services.push(web);
    let report = quick_up(&engine, &specs).await.unwrap();
    assert!(
        report.warnings.iter().any(|w| w.contains("docker volume rm t-vol_data")),
        "{:?}",
        report.warnings
    );
    quick_down(&engine, name).await.unwrap();
    assert_eq!(remains(&engine, name).await, ["volume t-vol_data"]);
    engine.docker().remove_volume("t-vol_data", None::<RemoveVolumeOptions>).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn what_would_be_removed_is_said_and_what_is_ours_is_known() {
    let engine = engine().await;
    let name = "t-plan";
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    specs.services.push(service(name, "web", IDLE).with_network("t-plan_net"));
    quick_up(&engine, &specs).await.unwrap();
    let plan = plan_down(&engine, name, &DownOptions::default()).await.unwrap();
    let doomed: Vec<String> = plan.doomed.iter().map(ToString::to_string).collect();
    assert_eq!(doomed, ["service t-plan_web", "network t-plan_net"]);
    assert!(status(&engine, name).await.unwrap().is_up(), "nothing was removed");
    assert!(own_stacks(&engine).await.unwrap().iter().any(|stack| stack == name));
    let rows = tasks(&engine, name).await.unwrap();
    assert_eq!((rows.len(), rows[0].name.as_str(), rows[0].state), (1, "web.1", TaskState::Running));
    quick_down(&engine, name).await.unwrap();
    assert!(own_stacks(&engine).await.unwrap().iter().all(|stack| stack != name));
    assert_eq!(
        plan_down(&engine, name, &DownOptions::default()).await.unwrap_err().code().name(),
        "no-such-stack"
    );
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn lines_of_tasks_are_told_with_their_tasks() {
    let engine = engine().await;
    let name = "t-logs";
    let mut specs = stack(name);
    specs.services.push(service(name, "web", &format!("echo one; echo two; {IDLE}")));
    specs.services.push(service(name, "api", &format!("echo three >&2; {IDLE}")));
    quick_up(&engine, &specs).await.unwrap();
    let mut told = Vec::new();
    logs(&engine, name, None, &LogOptions::default(), &mut |line| told.push(line)).await.unwrap();
    let lines = |task: &str| -> Vec<String> {
        told.iter().filter(|line| line.task == task).map(|line| line.text.clone()).collect()
    };
    assert_eq!(
        (lines("web.1"), lines("api.1")),
        (vec!["one".to_owned(), "two".to_owned()], vec!["three".to_owned()])
    );
    assert!(told.iter().all(|line| line.stderr == (line.task == "api.1")));
    let mut tail = Vec::new();
    let last = LogOptions { tail: Some(1), ..Default::default() };
    logs(&engine, name, Some("web"), &last, &mut |line| tail.push(line.text)).await.unwrap();
    assert_eq!(tail, ["two"]);
    // Followed, it ends with the stack.
    let follow = LogOptions { follow: true, ..Default::default() };
    let mut followed = Vec::new();
    let mut tell = |line: LogLine| followed.push(line.text);
    let reading = logs(&engine, name, None, &follow, &mut tell);
    let removing = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        quick_down(&engine, name).await
    };
    let (read, removed) = tokio::join!(reading, removing);
    read.unwrap();
    removed.unwrap();
    assert_eq!(followed.len(), 3);
    assert_eq!(
        logs(&engine, name, None, &last, &mut |_| {}).await.unwrap_err().code().name(),
        "no-such-stack"
    );
}
