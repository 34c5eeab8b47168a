//! The connection to a manager of a Swarm, with errors that say what to do.

use crate::error::SwarmError;
use crate::host::resolve_host;
use bollard::errors::Error as ApiError;
use bollard::models::{LocalNodeState, SystemInfo};
use bollard::{API_DEFAULT_VERSION, Docker};
use serde::Serialize;
use std::error::Error as _;
use std::path::PathBuf;

/// Longest wait for the head of an answer. Streams may last longer.
const REQUEST_TIMEOUT_S: u64 = 60;

/// An engine that answered, and what it said about itself.
#[derive(Debug, Clone)]
pub struct Engine {
    docker: Docker,
    info: EngineInfo,
}

/// What an engine says about itself (`/version` and `/info`).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EngineInfo {
    /// The address it answered at.
    pub address: String,
    /// Version of the engine, such as `20.10.24`.
    pub version: String,
    /// Highest version of its API, such as `1.41`.
    pub api_version: String,
    /// Operating system and processor architecture, such as `linux/amd64`.
    pub platform: String,
    /// Kernel version of its host.
    pub kernel: String,
    /// Name of its host.
    pub host_name: String,
    /// Control groups: `1` or `2`; empty if it does not say.
    pub cgroup_version: String,
    /// Processors it sees.
    pub cpus: u32,
    /// Memory of its host, in bytes.
    pub memory_bytes: u64,
    /// Its id in the Swarm; empty if it is no member.
    pub node_id: String,
    /// Nodes of the Swarm, if it is a manager; else 0.
    pub nodes: u32,
    /// Managers of the Swarm, if it is one; else 0.
    pub managers: u32,
}

impl Engine {
    /// The client below, for requests that this room does not cover (images).
    pub fn docker(&self) -> &Docker {
        &self.docker
    }

    /// What the engine said about itself when the connection was made.
    pub fn info(&self) -> &EngineInfo {
        &self.info
    }

    /// True if the Swarm has this node only, so that what this engine says of its containers, ports and
    /// volumes holds for the whole Swarm.
    pub fn is_only_node(&self) -> bool {
        self.info.nodes <= 1
    }

    /// Puts a client's error into words: `doing` completes "could not …".
    pub(crate) fn fail(&self, doing: impl Into<String>, error: ApiError) -> SwarmError {
        classify(&self.info.address, doing.into(), error)
    }
}

/// Connects to a manager of a Swarm. `host` is an address (`unix:///…`, `tcp://…`); without it the
/// address is found as the docker command line finds it: `DOCKER_HOST`, docker context, default socket.
///
/// Never changes the engine: if it is no member of a Swarm, that is an error.
pub async fn connect(host: Option<&str>) -> Result<Engine, SwarmError> {
    let (engine, info) = reach(host).await?;
    check_swarm(&engine.info.address, &info)?;
    Ok(engine)
}

/// Connects to any engine, member of a Swarm or not: enough for work on images.
pub async fn connect_any(host: Option<&str>) -> Result<Engine, SwarmError> {
    Ok(reach(host).await?.0)
}

async fn reach(host: Option<&str>) -> Result<(Engine, SystemInfo), SwarmError> {
    let env = |name: &str| std::env::var(name).ok();
    let config_dir = env("DOCKER_CONFIG").map(PathBuf::from);
    let config_dir = config_dir.or_else(|| env("HOME").map(|home| PathBuf::from(home).join(".docker")));
    let address = resolve_host(host, &env, config_dir.as_deref())?;
    let docker = if address.starts_with("unix://") {
        Docker::connect_with_unix(&address, REQUEST_TIMEOUT_S, API_DEFAULT_VERSION)
    } else {
        Docker::connect_with_http(&address, REQUEST_TIMEOUT_S, API_DEFAULT_VERSION)
    };
    let fail = |error| classify(&address, "talk to the engine".to_string(), error);
    let docker = docker.map_err(fail)?;
    let version = docker.version().await.map_err(fail)?;
    let info = docker.info().await.map_err(fail)?;
    let swarm = info.swarm.clone().unwrap_or_default();
    let described = EngineInfo {
        version: version.version.unwrap_or_default(),
        api_version: version.api_version.unwrap_or_default(),
        platform: format!("{}/{}", version.os.unwrap_or_default(), version.arch.unwrap_or_default()),
        kernel: info.kernel_version.clone().unwrap_or_default(),
        host_name: info.name.clone().unwrap_or_default(),
        cgroup_version: info.cgroup_version.map(|version| version.to_string()).unwrap_or_default(),
        cpus: info.ncpu.unwrap_or_default().try_into().unwrap_or_default(),
        memory_bytes: info.mem_total.unwrap_or_default().try_into().unwrap_or_default(),
        node_id: swarm.node_id.unwrap_or_default(),
        nodes: swarm.nodes.unwrap_or_default().try_into().unwrap_or_default(),
        managers: swarm.managers.unwrap_or_default().try_into().unwrap_or_default(),
        address,
    };
    Ok((Engine { docker, info: described }, info))
}

/// Whether an engine is a manager of a Swarm that works.
pub(crate) fn check_swarm(address: &str, info: &SystemInfo) -> Result<(), SwarmError> {
    let address = address.to_string();
    let swarm = info.swarm.clone().unwrap_or_default();
    let why = swarm.error.unwrap_or_default();
    match swarm.local_node_state.unwrap_or(LocalNodeState::EMPTY) {
        LocalNodeState::ACTIVE if swarm.control_available != Some(true) => {
            let managers = swarm.remote_managers.unwrap_or_default();
            let managers = managers.into_iter().filter_map(|peer| peer.addr).collect();
            Err(SwarmError::NotManager { address, managers })
        }
        LocalNodeState::ACTIVE if !why.is_empty() => Err(SwarmError::SwarmNotReady { address, why }),
        LocalNodeState::ACTIVE => Ok(()),
        LocalNodeState::INACTIVE | LocalNodeState::EMPTY => Err(SwarmError::NotSwarm { address }),
        LocalNodeState::LOCKED => Err(SwarmError::SwarmLocked { address }),
        state @ (LocalNodeState::PENDING | LocalNodeState::ERROR) => {
            let why = if why.is_empty() { format!("the node's state is {state}") } else { why };
            Err(SwarmError::SwarmNotReady { address, why })
        }
    }
}

fn classify(address: &str, doing: String, error: ApiError) -> SwarmError {
    use std::io::ErrorKind;
    let address = address.to_string();
    match error {
        ApiError::SocketNotFoundError(_) => {
            return SwarmError::NoEngine { address, why: "there is no such socket".into() };
        }
        ApiError::RequestTimeoutError => {
            let message = format!("no answer within {REQUEST_TIMEOUT_S} s");
            return SwarmError::Engine { doing, status: None, message };
        }
        ApiError::DockerResponseServerError { status_code, message } => {
            return classify_answer(address, doing, status_code, message);
        }
        _ => {}
    }
    let mut words = error.to_string();
    // A client's I/O error presents itself and its cause as one; start with itself.
    let mut next = match &error {
        ApiError::IOError { err } => Some(err as &(dyn std::error::Error + 'static)),
        other => other.source(),
    };
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<std::io::Error>() {
            match io.kind() {
                ErrorKind::PermissionDenied => return SwarmError::PermissionDenied { address },
                ErrorKind::NotFound
                | ErrorKind::ConnectionRefused
                | ErrorKind::ConnectionReset
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::TimedOut => return SwarmError::NoEngine { address, why: io.to_string() },
                _ => {}
            }
        }
        // Wrappers repeat the words of what they wrap.
        if !words.contains(&cause.to_string()) {
            words = format!("{words}: {cause}");
        }
        next = cause.source();
    }
    SwarmError::Engine { doing, status: None, message: words }
}

/// A Swarm can be left, locked or lose its leader between two requests.
fn classify_answer(address: String, doing: String, status: u16, message: String) -> SwarmError {
    if message.contains("Swarm is encrypted and needs to be unlocked") {
        SwarmError::SwarmLocked { address }
    } else if message.contains("not a swarm manager") {
        if message.contains("Worker nodes") {
            SwarmError::NotManager { address, managers: Vec::new() }
        } else {
            SwarmError::NotSwarm { address }
        }
    } else if message.contains("does not have a leader") {
        SwarmError::SwarmNotReady { address, why: message }
    } else {
        SwarmError::Engine { doing, status: Some(status), message }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn info(swarm: &str) -> SystemInfo {
        serde_json::from_str(&format!(r#"{{"Swarm":{swarm}}}"#)).unwrap()
    }

    #[test]
    fn each_state_of_a_node_has_its_error() {
        let code = |swarm: &str| check_swarm("unix:///s", &info(swarm)).map_err(|error| error.code().name());
        assert_eq!(code(r#"{"LocalNodeState":"active","ControlAvailable":true,"Error":""}"#), Ok(()));
        assert_eq!(code(r#"{"LocalNodeState":"inactive","ControlAvailable":false}"#), Err("not-a-swarm"));
        assert_eq!(code(r#"{"LocalNodeState":"locked","ControlAvailable":false}"#), Err("swarm-locked"));
        assert_eq!(code(r#"{"LocalNodeState":"pending"}"#), Err("swarm-not-ready"));
        assert_eq!(code(r#"{"LocalNodeState":"error","Error":"no CA"}"#), Err("swarm-not-ready"));
        assert_eq!(code("null"), Err("not-a-swarm"));
    }

    #[test]
    fn a_worker_names_its_managers() {
        let worker = info(
            r#"{"LocalNodeState":"active","ControlAvailable":false,"RemoteManagers":[{"Addr":"10.0.0.1:2377"}]}"#,
        );
        let error = check_swarm("unix:///s", &worker).unwrap_err();
        assert_eq!(error.code().name(), "not-a-manager");
        assert!(error.help().contains("10.0.0.1:2377"), "{}", error.help());
    }

    #[test]
    fn denied_permission_is_found_below_the_clients_wrappers() {
        let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let error = classify("unix:///s", "x".into(), ApiError::IOError { err: denied });
        assert_eq!(error.code().name(), "engine-permission");
    }

    #[test]
    fn answers_of_an_engine_that_left_its_swarm_are_understood() {
        let answer = |message: &str| {
            classify_answer("unix:///s".into(), "list services".into(), 503, message.into()).code().name()
        };
        let left = "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to \
                    connect this node to swarm and try again.";
        let worker = "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster \
                      state. Please run this command on a manager node or promote the current node to a manager.";
        assert_eq!(answer(left), "not-a-swarm");
        assert_eq!(answer(worker), "not-a-manager");
        assert_eq!(
            answer("rpc error: code = Unknown desc = The swarm does not have a leader."),
            "swarm-not-ready"
        );
        assert_eq!(
            answer("Swarm is encrypted and needs to be unlocked before it can be used."),
            "swarm-locked"
        );
        assert_eq!(answer("something else"), "engine-error");
    }
}
