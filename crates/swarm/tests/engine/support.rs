//! The engine under test, an image for it, and stacks made by hand.

use bollard::models::*;
use bollard::query_parameters::CreateImageOptions;
use futures_util::TryStreamExt;
use std::collections::HashMap;
use std::process::Command;
use swarmlab_stackfile::{BlobPlan, NetworkPlan, Role, ServicePlan, StackSpecs, VolumePlan};
use swarmlab_swarm::*;
use tokio::sync::OnceCell;

/// An image with a shell, `sleep` and `cat`, made from this machine's own.
pub const IMAGE: &str = "swarmlab-test/shell:1";
/// Runs until told to stop, and then stops at once.
pub const IDLE: &str = "trap 'exit 0' TERM; while :; do sleep 0.1 & wait $!; done";

pub async fn engine() -> Engine {
    let address = std::env::var("SWARMLAB_TEST_ENGINE").unwrap_or_else(|_| {
        panic!(
            "this test needs an engine with an active Swarm, which it may use as it likes: start one with \
             `scripts/engine start DIR` and set SWARMLAB_TEST_ENGINE=unix://DIR/docker.sock"
        )
    });
    let engine = connect(Some(&address)).await.unwrap();
    static IMAGE_READY: OnceCell<()> = OnceCell::const_new();
    IMAGE_READY.get_or_init(|| import_image(&engine)).await;
    engine
}

async fn import_image(engine: &Engine) {
    if engine.docker().inspect_image(IMAGE).await.is_ok() {
        return;
    }
    let (repo, tag) = IMAGE.split_once(':').unwrap();
    let options = CreateImageOptions {
        from_src: Some("-".into()),
        repo: Some(repo.into()),
        tag: Some(tag.into()),
        ..Default::default()
    };
    let body = bollard::body_full(shell_tar().into());
    engine.docker().create_image(Some(options), Some(body), None).try_collect::<Vec<_>>().await.unwrap();
}

/// A tar archive of the shell and two tools, with the libraries they need.
fn shell_tar() -> Vec<u8> {
    let programs = ["sh", "sleep", "cat"].map(|name| format!("/bin/{name}"));
    let mut files: Vec<(String, String)> = programs.iter().map(|path| (path.clone(), path.clone())).collect();
    let ldd = Command::new("ldd").args(&programs).output().unwrap();
    for word in String::from_utf8(ldd.stdout).unwrap().split_whitespace() {
        let is_library = word.starts_with('/') && !word.ends_with(':');
        if is_library && !files.iter().any(|(path, _)| path == word) {
            files.push((word.to_string(), word.to_string()));
        }
    }
    let mut tar = Vec::new();
    for (path, source) in files {
        let data = std::fs::read(source).unwrap();
        let mut header = [0u8; 512];
        let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, path.trim_start_matches('/'));
        put(100, "0000755\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{:011o}\0", data.len()));
        put(136, "00000000000\0");
        put(148, "        ");
        put(156, "0");
        put(257, "ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        tar.extend_from_slice(&header);
        tar.extend_from_slice(&data);
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    tar
}

/// A stack without anything.
pub fn stack(name: &str) -> StackSpecs {
    StackSpecs {
        name: name.into(),
        networks: vec![],
        volumes: vec![],
        configs: vec![],
        secrets: vec![],
        services: vec![],
        warnings: vec![],
    }
}

pub fn network(stack: &str, short: &str) -> NetworkPlan {
    let full = format!("{stack}_{short}");
    let request = NetworkCreateRequest {
        name: full.clone(),
        driver: Some("overlay".into()),
        attachable: Some(true),
        ..Default::default()
    };
    NetworkPlan { short: short.into(), full, external: false, request }
}

pub fn volume(stack: &str, short: &str) -> VolumePlan {
    let full = format!("{stack}_{short}");
    VolumePlan { short: short.into(), full, external: false }
}

pub fn blob(stack: &str, short: &str, data: &str) -> BlobPlan {
    let sum = data.bytes().fold(5381u32, |sum, byte| sum.wrapping_mul(33) ^ u32::from(byte));
    let full = format!("{stack}_{short}_{sum:08x}");
    BlobPlan {
        short: short.into(),
        full,
        external: false,
        data: data.into(),
        labels: HashMap::new(),
        template_driver: None,
        driver: None,
    }
}

/// A service that runs a shell script, once; the settings below change that.
pub fn service(stack: &str, short: &str, script: &str) -> ServicePlan {
    let container = TaskSpecContainerSpec {
        image: Some(IMAGE.into()),
        command: Some(vec!["/bin/sh".into(), "-c".into(), script.into()]),
        ..Default::default()
    };
    let spec = ServiceSpec {
        task_template: Some(TaskSpec { container_spec: Some(container), ..Default::default() }),
        endpoint_spec: Some(EndpointSpec { mode: Some(EndpointSpecModeEnum::DNSRR), ports: None }),
        ..replicas(1)
    };
    ServicePlan {
        short: short.into(),
        full: format!("{stack}_{short}"),
        spec,
        fronts: vec![],
        demand: None,
        role: Role::Application,
    }
}

pub fn replicas(n: i64) -> ServiceSpec {
    let replicated = Some(ServiceSpecModeReplicated { replicas: Some(n) });
    ServiceSpec { mode: Some(ServiceSpecMode { replicated, ..Default::default() }), ..Default::default() }
}

pub fn container(plan: &mut ServicePlan) -> &mut TaskSpecContainerSpec {
    plan.spec.task_template.as_mut().unwrap().container_spec.as_mut().unwrap()
}

/// A mount of one of the stack's volumes, as the stack file's reader makes it: the node creates it with these labels.
pub fn of_volume(stack: &str, short: &str, target: &str) -> Mount {
    let labels = HashMap::from([(LABEL_NAMESPACE.to_string(), stack.to_string())]);
    Mount {
        typ: Some(MountType::VOLUME),
        source: Some(format!("{stack}_{short}")),
        target: Some(target.into()),
        volume_options: Some(MountVolumeOptions { labels: Some(labels), ..Default::default() }),
        ..Default::default()
    }
}

pub trait Settings {
    fn with_replicas(self, n: i64) -> Self;
    fn with_health(self, test: &str) -> Self;
    fn with_port(self, published: u16) -> Self;
    fn with_network(self, full: &str) -> Self;
    fn with_restart(self, condition: TaskSpecRestartPolicyConditionEnum) -> Self;
    fn with_constraint(self, constraint: &str) -> Self;
}

impl Settings for ServicePlan {
    fn with_replicas(mut self, n: i64) -> Self {
        self.spec.mode = replicas(n).mode;
        self
    }

    fn with_health(mut self, test: &str) -> Self {
        container(&mut self).health_check = Some(HealthConfig {
            test: Some(vec!["CMD-SHELL".into(), test.into()]),
            interval: Some(200_000_000),
            timeout: Some(2_000_000_000),
            retries: Some(2),
            ..Default::default()
        });
        self
    }

    fn with_port(mut self, published: u16) -> Self {
        let port = EndpointPortConfig {
            name: None,
            protocol: Some(EndpointPortConfigProtocolEnum::TCP),
            target_port: Some(80),
            published_port: Some(published.into()),
            publish_mode: Some(EndpointPortConfigPublishModeEnum::HOST),
        };
        self.spec.endpoint_spec.as_mut().unwrap().ports = Some(vec![port]);
        self
    }

    fn with_network(mut self, full: &str) -> Self {
        let attachment = NetworkAttachmentConfig { target: Some(full.into()), ..Default::default() };
        self.spec.task_template.as_mut().unwrap().networks = Some(vec![attachment]);
        self
    }

    fn with_restart(mut self, condition: TaskSpecRestartPolicyConditionEnum) -> Self {
        self.spec.task_template.as_mut().unwrap().restart_policy =
            Some(TaskSpecRestartPolicy { condition: Some(condition), ..Default::default() });
        self
    }

    fn with_constraint(mut self, constraint: &str) -> Self {
        self.spec.task_template.as_mut().unwrap().placement =
            Some(TaskSpecPlacement { constraints: Some(vec![constraint.into()]), ..Default::default() });
        self
    }
}

/// Brings a stack up with little patience and no time of proof.
pub async fn quick_up(engine: &Engine, specs: &StackSpecs) -> Result<UpReport, SwarmError> {
    let options = UpOptions { wait_s: 20.0, stable_s: 0.0, ..Default::default() };
    up(engine, specs, &options, &mut |_| {}).await
}

pub async fn quick_down(engine: &Engine, name: &str) -> Result<DownReport, SwarmError> {
    down(engine, name, &DownOptions::default(), &mut |_| {}).await
}

/// Everything of a stack that the engine still has, containers included, by lists of our own.
pub async fn remains(engine: &Engine, name: &str) -> Vec<String> {
    let docker = engine.docker();
    let mut found = Vec::new();
    let prefix = format!("{name}_");
    let mut add = |kind: &str, name: Option<String>| {
        let name = name.unwrap_or_default();
        if name.trim_start_matches('/').starts_with(&prefix) {
            found.push(format!("{kind} {name}"));
        }
    };
    for s in docker.list_services(None).await.unwrap() {
        add("service", s.spec.and_then(|spec| spec.name));
    }
    for n in docker.list_networks(None).await.unwrap() {
        add("network", n.name);
    }
    for c in docker.list_configs(None).await.unwrap() {
        add("config", c.spec.and_then(|spec| spec.name));
    }
    for s in docker.list_secrets(None).await.unwrap() {
        add("secret", s.spec.and_then(|spec| spec.name));
    }
    let volumes = docker.list_volumes(None::<bollard::query_parameters::ListVolumesOptions>).await.unwrap();
    for v in volumes.volumes.unwrap_or_default() {
        add("volume", Some(v.name));
    }
    let all = bollard::query_parameters::ListContainersOptions { all: true, ..Default::default() };
    for c in docker.list_containers(Some(all)).await.unwrap() {
        add("container", c.names.and_then(|names| names.into_iter().next()));
    }
    found
}

/// Waits until the engine's world is as wanted, for at most ten seconds.
pub async fn eventually<F: AsyncFnMut() -> bool>(what: &str, mut is_so: F) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !is_so().await {
        assert!(std::time::Instant::now() < deadline, "not within 10 s: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
