//! Which engine: the address to talk to, found as the docker command line finds it.

use serde_json::Value;
use std::path::Path;

const DEFAULT_SOCKET: &str = "unix:///var/run/docker.sock";

/// Why an engine's address is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// An address of a kind that is not spoken here.
    #[error("cannot talk to an engine at {address:?}: {why}")]
    Unsupported {
        /// The address as given.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The docker context in use cannot be read.
    #[error("the docker context {name:?} is in use, but {why}")]
    Context {
        /// The context's name.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

impl HostError {
    /// What the user can do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unsupported { .. } => {
                "use unix:///path/docker.sock or tcp://host:port; forward a remote socket with: \
                 ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock user@host"
            }
            Self::Context { .. } => "choose another (docker context use default), or set DOCKER_HOST",
        }
    }
}

/// The address of the engine to use: `asked` (an option of the command), else the variable `DOCKER_HOST`,
/// else the docker context in use (variable `DOCKER_CONTEXT`, else `currentContext` in `config.json`
/// below `config_dir`), else the default socket.
///
/// `env` looks up a variable; `config_dir` is the docker command line's folder (`~/.docker`).
pub fn resolve_host(
    asked: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
    config_dir: Option<&Path>,
) -> Result<String, HostError> {
    let given = |name: &str| env(name).filter(|value| !value.trim().is_empty());
    if let Some(address) = asked.map(str::to_string).or_else(|| given("DOCKER_HOST")) {
        return checked(address, given("DOCKER_TLS_VERIFY").is_some());
    }
    let context = given("DOCKER_CONTEXT").or_else(|| current_context(config_dir?));
    match context {
        Some(name) if name != "default" => checked(context_host(&name, config_dir)?, false),
        _ => Ok(DEFAULT_SOCKET.to_string()),
    }
}

fn checked(address: String, tls: bool) -> Result<String, HostError> {
    let address = address.trim().to_string();
    let unsupported = |why| Err(HostError::Unsupported { address: address.clone(), why });
    if address.starts_with('/') {
        return Ok(format!("unix://{address}"));
    }
    match address.split_once("://") {
        Some((_, "")) => unsupported("nothing follows the ://"),
        Some(("unix", path)) if !path.starts_with('/') => unsupported("the path must start with /"),
        Some(("unix", _)) => Ok(address),
        Some(("tcp" | "http", _)) if tls => unsupported("TLS (DOCKER_TLS_VERIFY) is not supported"),
        Some(("tcp" | "http", _)) => Ok(address),
        Some(("ssh", _)) => unsupported("ssh is not supported"),
        Some(("https", _)) => unsupported("TLS is not supported"),
        _ => unsupported("it must start with unix:// or tcp://"),
    }
}

fn current_context(config_dir: &Path) -> Option<String> {
    let text = std::fs::read_to_string(config_dir.join("config.json")).ok()?;
    let config: Value = serde_json::from_str(&text).ok()?;
    Some(config.get("currentContext")?.as_str()?.to_string()).filter(|name| !name.is_empty())
}

/// A context's folder is named by a hash of its name; looking into each spares the hash.
fn context_host(name: &str, config_dir: Option<&Path>) -> Result<String, HostError> {
    let problem = |why: &str| HostError::Context { name: name.to_string(), why: why.to_string() };
    let config_dir = config_dir.ok_or_else(|| problem("there is no home folder to read it from"))?;
    let folders = std::fs::read_dir(config_dir.join("contexts/meta"))
        .map_err(|error| problem(&format!("its description cannot be read: {error}")))?;
    let meta = folders
        .flatten()
        .filter_map(|folder| std::fs::read_to_string(folder.path().join("meta.json")).ok())
        .filter_map(|text| serde_json::from_str::<Value>(&text).ok())
        .find(|meta| meta.get("Name").and_then(Value::as_str) == Some(name))
        .ok_or_else(|| problem("it has no description"))?;
    let host = meta.pointer("/Endpoints/docker/Host").and_then(Value::as_str);
    host.map(str::to_string).ok_or_else(|| problem("it names no docker endpoint"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn resolve(asked: Option<&str>, vars: &[(&str, &str)], dir: Option<&Path>) -> Result<String, HostError> {
        let env = |name: &str| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
        resolve_host(asked, &env, dir)
    }

    fn config_dir_with_context(name: &str, host: &str) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.json"), format!(r#"{{"currentContext":"{name}"}}"#)).unwrap();
        let meta = dir.path().join("contexts/meta/0123abcd");
        std::fs::create_dir_all(&meta).unwrap();
        let text = format!(r#"{{"Name":"{name}","Endpoints":{{"docker":{{"Host":"{host}"}}}}}}"#);
        std::fs::write(meta.join("meta.json"), text).unwrap();
        dir
    }

    #[test]
    fn the_option_wins_over_the_variable_over_the_context_over_the_default() {
        let dir = config_dir_with_context("rootless", "unix:///run/user/1000/docker.sock");
        let vars = [("DOCKER_HOST", "tcp://10.0.0.1:2375")];
        assert_eq!(resolve(Some("/x.sock"), &vars, Some(dir.path())).unwrap(), "unix:///x.sock");
        assert_eq!(resolve(None, &vars, Some(dir.path())).unwrap(), "tcp://10.0.0.1:2375");
        assert_eq!(resolve(None, &[], Some(dir.path())).unwrap(), "unix:///run/user/1000/docker.sock");
        assert_eq!(resolve(None, &[("DOCKER_HOST", " ")], None).unwrap(), DEFAULT_SOCKET);
        let default = [("DOCKER_CONTEXT", "default")];
        assert_eq!(resolve(None, &default, Some(dir.path())).unwrap(), DEFAULT_SOCKET);
    }

    #[test]
    fn addresses_that_cannot_work_are_refused_at_once() {
        for address in
            ["ssh://root@host", "https://host:2376", "unix://", "unix://relative.sock", "host:2375"]
        {
            let error = resolve(Some(address), &[], None).unwrap_err();
            assert!(matches!(error, HostError::Unsupported { .. }), "{address}: {error}");
        }
        let tls = [("DOCKER_HOST", "tcp://host:2376"), ("DOCKER_TLS_VERIFY", "1")];
        assert!(resolve(None, &tls, None).unwrap_err().to_string().contains("TLS"));
    }

    #[test]
    fn a_context_without_description_is_named() {
        let dir = config_dir_with_context("lab", "unix:///x.sock");
        let error = resolve(None, &[("DOCKER_CONTEXT", "gone")], Some(dir.path())).unwrap_err();
        assert_eq!(error.to_string(), "the docker context \"gone\" is in use, but it has no description");
    }
}
