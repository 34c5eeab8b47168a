//! Many rounds of what killed a manager: engine 20.10 dies of a nil pointer when a service is removed while tasks of it
//! are taken out of the store, after a scale-in or in a crash loop.

use crate::support::*;
use bollard::models::{TaskSpecRestartPolicy, TaskSpecRestartPolicyConditionEnum};
use swarmlab_swarm::*;

fn rounds() -> u64 {
    std::env::var("SWARMLAB_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(30)
}

/// The engine answers and is still the manager that it was.
async fn alive(engine: &Engine, round: u64) {
    let info = engine.docker().info().await.unwrap_or_else(|error| panic!("dead in round {round}: {error}"));
    assert_eq!(info.swarm.and_then(|swarm| swarm.control_available), Some(true), "round {round}");
}

#[tokio::test]
#[ignore = "30 rounds on a Docker engine, SWARMLAB_ROUNDS of them if set: scripts/test --long"]
async fn endurance_a_manager_survives_scale_in_and_down() {
    let engine = engine().await;
    let name = "t-rounds";
    for round in 1..=rounds() {
        let mut specs = stack(name);
        specs.networks.push(network(name, "net"));
        let net = format!("{name}_net");
        specs.services.push(service(name, "web", IDLE).with_replicas(5).with_network(&net));
        quick_up(&engine, &specs).await.unwrap();
        // Ordered, and not waited for.
        scale(&engine, name, &[("web", 1)], &ScaleOptions::default()).await.unwrap();
        // At another moment of the scale-in each time: tasks stop within 0.3 s here, and are reaped 0.25 s later.
        tokio::time::sleep(std::time::Duration::from_millis(round * 37 % 600)).await;
        quick_down(&engine, name).await.unwrap();
        assert_eq!(remains(&engine, name).await, Vec::<String>::new(), "round {round}");
        alive(&engine, round).await;
    }
    println!("{} rounds of scale-in and down, and the engine lives", rounds());
}

#[tokio::test]
#[ignore = "10 rounds on a Docker engine, a third of SWARMLAB_ROUNDS if set: scripts/test --long"]
async fn endurance_a_manager_survives_the_removal_of_a_crash_loop() {
    let engine = engine().await;
    let name = "t-loops";
    for round in 1..=rounds() / 3 {
        let mut specs = stack(name);
        let mut looping = service(name, "web", "exit 1").with_replicas(8);
        looping.spec.task_template.as_mut().unwrap().restart_policy = Some(TaskSpecRestartPolicy {
            condition: Some(TaskSpecRestartPolicyConditionEnum::ANY),
            delay: Some(1),
            ..Default::default()
        });
        specs.services.push(looping);
        let options = UpOptions {
            wait_s: 6.0 + (round % 7) as f64 * 0.13,
            keep_on_failure: true,
            ..Default::default()
        };
        let error = up(&engine, &specs, &options, &mut |_| {}).await.unwrap_err();
        assert_eq!(error.code().name(), "not-converged", "{error}");
        quick_down(&engine, name).await.unwrap();
        assert_eq!(remains(&engine, name).await, Vec::<String>::new(), "round {round}");
        alive(&engine, round).await;
    }
    println!("{} rounds of crash loops removed, and the engine lives", rounds() / 3);
}
