//! What is not the stack's stays as it is.

use crate::support::*;
use bollard::models::{ContainerCreateBody, VolumeCreateRequest};
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
        specs.services.push(service(name, "web", IDLE).with_network(&format!("{name}_net")));
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
    // Unless one insists.
    let insist = DownOptions { foreign: true, ..Default::default() };
    down(&engine, name, &insist, &mut |_| {}).await.unwrap();
    assert!(engine.docker().inspect_service(&id, None).await.is_err());
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_name_held_by_somebody_else_is_an_error_and_stays_theirs() {
    let engine = engine().await;
    let name = "t-name";
    let request = VolumeCreateRequest { name: Some("t-name_data".into()), ..Default::default() };
    engine.docker().create_volume(request).await.unwrap();
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    specs.volumes.push(volume(name, "data"));
    specs.services.push(service(name, "web", IDLE));
    let error = quick_up(&engine, &specs).await.unwrap_err();
    assert_eq!(error.to_string(), "a volume t-name_data exists already and does not belong to the stack");
    assert_eq!(remains(&engine, name).await, ["volume t-name_data"]);
    engine.docker().remove_volume("t-name_data", None::<RemoveVolumeOptions>).await.unwrap();
}
