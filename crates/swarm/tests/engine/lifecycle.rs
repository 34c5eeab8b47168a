//! A stack's good life: up, status, scale, down, and nothing left.

use crate::support::*;
use bollard::models::{
    TaskSpecContainerSpecConfigs, TaskSpecContainerSpecFile, TaskSpecContainerSpecFile1,
    TaskSpecContainerSpecSecrets,
};
use swarmlab_stackfile::StackSpecs;
use swarmlab_swarm::*;

/// A stack with one of everything; its service ends with an error unless config and secret are in place.
fn full_stack(name: &str) -> StackSpecs {
    let mut specs = stack(name);
    specs.networks.push(network(name, "net"));
    specs.volumes.push(volume(name, "data"));
    specs.configs.push(blob(name, "conf", "hello config"));
    specs.secrets.push(blob(name, "key", "hush-hush"));
    let script = format!(
        "[ \"$(cat /conf)\" = 'hello config' ] || exit 7; [ \"$(cat /run/secrets/key)\" = hush-hush ] || exit 8; \
         echo ok >/data/ready; {IDLE}"
    );
    let mut web =
        service(name, "web", &script).with_health("[ -f /data/ready ]").with_network(&format!("{name}_net"));
    let c = container(&mut web);
    c.configs = Some(vec![TaskSpecContainerSpecConfigs {
        config_name: Some(specs.configs[0].full.clone()),
        file: Some(TaskSpecContainerSpecFile1 {
            name: Some("/conf".into()),
            uid: Some("0".into()),
            gid: Some("0".into()),
            mode: Some(0o444),
        }),
        ..Default::default()
    }]);
    c.secrets = Some(vec![TaskSpecContainerSpecSecrets {
        secret_name: Some(specs.secrets[0].full.clone()),
        file: Some(TaskSpecContainerSpecFile {
            name: Some("key".into()),
            uid: Some("0".into()),
            gid: Some("0".into()),
            mode: Some(0o400),
        }),
        ..Default::default()
    }]);
    c.mounts = Some(vec![of_volume(name, "data", "/data")]);
    specs.services.push(web);
    specs.services.push(service(name, "side", IDLE).with_replicas(2));
    specs
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn up_status_scale_down() {
    let engine = engine().await;
    let name = "t-life";
    let specs = full_stack(name);
    let mut heard = Vec::new();
    let options = UpOptions { wait_s: 30.0, stable_s: 0.5, ..Default::default() };
    let report = up(&engine, &specs, &options, &mut |event| heard.push(event)).await.unwrap();
    println!("up took {:.2} s: {:?}", report.took_s, report.services_s);
    let created: Vec<String> = report.created.iter().map(|object| object.kind.to_string()).collect();
    assert_eq!(created, ["service", "service", "network", "config", "secret", "volume"]);
    let order: Vec<String> = heard
        .iter()
        .filter_map(|event| match event {
            UpEvent::Created(object) => Some(object.kind.to_string()),
            _ => None,
        })
        .collect();
    // The volume is made by the node, when a task needs it.
    assert_eq!(order, ["network", "config", "secret", "service", "service", "volume"]);
    assert!(heard.iter().any(|event| matches!(event, UpEvent::Service { service, running: 2, arrived: true, .. } if service == "side")));

    let seen = status(&engine, name).await.unwrap();
    assert!(seen.is_up() && seen.ours, "{seen:?}");
    let lines: Vec<String> = seen
        .services
        .iter()
        .map(|s| format!("{} {}/{}/{}", s.name, s.healthy, s.running, s.desired))
        .collect();
    assert_eq!(lines, ["side 2/2/2", "web 1/1/1"]);
    assert_eq!(
        (seen.networks.len(), seen.configs.len(), seen.secrets.len(), seen.volumes.len()),
        (1, 1, 1, 1)
    );
    assert!(list_stacks(&engine).await.unwrap().iter().any(|s| s.name == name && s.services == 2 && s.ours));

    // Scaling must leave the tasks that are there alone.
    let before = container_ids(&engine, name).await;
    let wait = ScaleOptions { wait_s: Some(30.0), ..Default::default() };
    let scaled = scale(&engine, name, &[("web", 3), ("t-life_side", 1)], &wait).await.unwrap();
    assert_eq!((scaled.services[0].from, scaled.services[0].to), (1, 3));
    let after = container_ids(&engine, name).await;
    let web = |ids: &[(String, String)]| {
        ids.iter().filter(|(n, _)| n.contains("_web.")).cloned().collect::<Vec<_>>()
    };
    assert!(web(&before).iter().all(|id| web(&after).contains(id)), "{before:?} {after:?}");
    let seen = status(&engine, name).await.unwrap();
    let numbers: Vec<u64> = seen.services.iter().map(|s| s.running).collect();
    assert_eq!(numbers, [1, 3]);
    // What is too many is gone when the scale-in is done, containers included.
    let side = after.iter().filter(|(n, _)| n.contains("_side.")).count();
    assert_eq!(side, 1, "{after:?}");

    let mut stopping = false;
    let gone = down(&engine, name, &DownOptions::default(), &mut |event| {
        stopping |= matches!(event, DownEvent::Stopping { .. });
    })
    .await
    .unwrap();
    println!("down took {:.2} s", gone.took_s);
    assert!(stopping);
    assert_eq!(gone.removed.len(), 6);
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
    let again = quick_down(&engine, name).await.unwrap_err();
    assert_eq!(again.code().name(), "no-such-stack");
}

async fn container_ids(engine: &Engine, name: &str) -> Vec<(String, String)> {
    let all = engine.docker().list_containers(None).await.unwrap();
    let named = all.into_iter().map(|c| (c.names.unwrap_or_default().concat(), c.id.unwrap_or_default()));
    named.filter(|(container, _)| container.starts_with(&format!("/{name}_"))).collect()
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn volumes_can_be_kept_and_are_used_again() {
    let engine = engine().await;
    let name = "t-keep";
    let specs = full_stack(name);
    quick_up(&engine, &specs).await.unwrap();
    let keep = DownOptions { keep_volumes: true, ..Default::default() };
    let report = down(&engine, name, &keep, &mut |_| {}).await.unwrap();
    assert_eq!(report.kept.len(), 1);
    assert_eq!(remains(&engine, name).await, ["volume t-keep_data"]);
    let again = down(&engine, name, &keep, &mut |_| {}).await.unwrap_err();
    assert_eq!(again.code().name(), "no-such-stack");

    let report = quick_up(&engine, &specs).await.unwrap();
    assert!(!report.created.iter().any(|object| object.kind == ObjectKind::Volume));
    // Whoever takes down what this `up` made leaves what was there before.
    let spared = report.kept.into_iter().map(|object| object.name).collect();
    let undone =
        down(&engine, name, &DownOptions { spared, ..Default::default() }, &mut |_| {}).await.unwrap();
    assert_eq!(undone.kept.len(), 1);
    assert_eq!(remains(&engine, name).await, ["volume t-keep_data"]);

    quick_up(&engine, &specs).await.unwrap();
    quick_down(&engine, name).await.unwrap();
    assert_eq!(remains(&engine, name).await, Vec::<String>::new());
}

/// `docker stack rm` leaves volumes behind, which bear the stack's label and not swarmlab's.
#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn volumes_that_docker_left_behind_outlive_down() {
    let engine = engine().await;
    let name = "t-left";
    let volume = bollard::models::VolumeCreateRequest {
        name: Some(format!("{name}_data")),
        labels: Some([("com.docker.stack.namespace".to_owned(), name.to_owned())].into()),
        ..Default::default()
    };
    engine.docker().create_volume(volume).await.unwrap();
    quick_up(&engine, &full_stack(name)).await.unwrap();
    let report = down(&engine, name, &DownOptions::default(), &mut |_| {}).await.unwrap();
    assert_eq!(report.kept.len(), 1);
    assert_eq!(remains(&engine, name).await, ["volume t-left_data"]);
    let of_any = None::<bollard::query_parameters::RemoveVolumeOptions>;
    engine.docker().remove_volume(&format!("{name}_data"), of_any).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_stack_cannot_come_up_twice() {
    let engine = engine().await;
    let name = "t-twice";
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE));
    quick_up(&engine, &specs).await.unwrap();
    let error = quick_up(&engine, &specs).await.unwrap_err();
    assert_eq!(error.to_string(), "a stack named \"t-twice\" exists already (1 service)");
    // The refusal has removed nothing.
    assert!(status(&engine, name).await.unwrap().is_up());
    quick_down(&engine, name).await.unwrap();
    assert_eq!(quick_down(&engine, name).await.unwrap_err().code().name(), "no-such-stack");
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn scaling_what_cannot_be_scaled() {
    let engine = engine().await;
    let name = "t-scale";
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE));
    let mut agent = service(name, "agent", IDLE);
    agent.spec.mode =
        Some(bollard::models::ServiceSpecMode { global: Some(Default::default()), ..Default::default() });
    specs.services.push(agent);
    quick_up(&engine, &specs).await.unwrap();
    let order = |name: &'static str| vec![("web", 2), (name, 2)];
    let now = ScaleOptions::default();
    let unknown = scale(&engine, name, &order("agnet"), &now).await.unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "the stack \"t-scale\" has no service \"agnet\"; did you mean \"agent\"? (services: agent, web)"
    );
    let global = scale(&engine, name, &order("agent"), &now).await.unwrap_err();
    assert_eq!(global.code().name(), "not-scalable");
    // Neither has changed the service that could have been.
    let seen = status(&engine, name).await.unwrap();
    assert_eq!(seen.services.iter().map(|s| s.desired).collect::<Vec<_>>(), [1, 1]);
    let twice = [("web", 2), ("t-scale_web", 3)];
    assert_eq!(scale(&engine, name, &twice, &now).await.unwrap_err().code().name(), "scaled-twice");
    let slip = [("web", 99_999_999_999)];
    assert_eq!(scale(&engine, name, &slip, &now).await.unwrap_err().code().name(), "too-many-replicas");
    let insist = ScaleOptions { force: true, ..Default::default() };
    assert_eq!(scale(&engine, name, &slip, &insist).await.unwrap_err().code().name(), "too-many-replicas");
    assert_eq!(status(&engine, name).await.unwrap().services[1].desired, 1);
    let nowhere = scale(&engine, "t-scaled", &order("web"), &now).await.unwrap_err();
    assert_eq!(nowhere.code().name(), "no-such-stack");
    assert!(nowhere.to_string().contains("did you mean \"t-scale\"?"), "{nowhere}");
    quick_down(&engine, name).await.unwrap();
}

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn scaling_at_the_same_time_waits_its_turn() {
    let engine = engine().await;
    let name = "t-race";
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE));
    quick_up(&engine, &specs).await.unwrap();
    let now = ScaleOptions::default();
    for _ in 0..3 {
        let orders = [2, 3, 4, 5].map(|n| {
            let (engine, now) = (&engine, &now);
            async move { scale(engine, name, &[("web", n)], now).await }
        });
        for result in futures_util::future::join_all(orders).await {
            result.unwrap();
        }
    }
    let wait = ScaleOptions { wait_s: Some(20.0), ..Default::default() };
    scale(&engine, name, &[("web", 1)], &wait).await.unwrap();
    assert_eq!(status(&engine, name).await.unwrap().services[0].running, 1);
    quick_down(&engine, name).await.unwrap();
}
