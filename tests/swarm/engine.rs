//! The engine under test, and what of a stack it still has.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use bollard::Docker;
use bollard::query_parameters as q;

pub fn engine() -> String {
    std::env::var("SWARMLAB_TEST_ENGINE").expect(
        "SWARMLAB_TEST_ENGINE must name an engine (unix:///…/docker.sock) that is a Swarm manager and has the stack's images; scripts/test starts one",
    )
}

pub fn docker() -> Docker {
    let address = engine();
    let path = address.strip_prefix("unix://").expect("the tests use a local engine");
    Docker::connect_with_unix(path, 60, bollard::API_DEFAULT_VERSION).unwrap()
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

pub fn by_label(stack: &str) -> HashMap<String, Vec<String>> {
    HashMap::from([("label".to_owned(), vec![format!("com.docker.stack.namespace={stack}")])])
}

/// Everything of a stack that the engine still has, by kind and name.
pub fn left_of(stack: &str) -> Vec<String> {
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

pub fn assert_gone(stack: &str) {
    assert_eq!(left_of(stack), Vec::<String>::new(), "something of {stack} is left");
}

pub fn swarm_id() -> String {
    runtime().block_on(async { docker().inspect_swarm().await.unwrap().id.unwrap() })
}

pub fn unix_now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}
