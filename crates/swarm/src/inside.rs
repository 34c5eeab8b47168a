//! A short command within a task of a service.

use crate::connect::Engine;
use crate::error::SwarmError;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::query_parameters::ListContainersOptions;
use futures_util::StreamExt;
use std::collections::HashMap;
use std::time::Duration;

/// Longest output kept.
const OUTPUT_BYTES: usize = 4096;

/// Runs a command in a running container of a service, named in full; its output, or none if no container of it runs on
/// this engine (another node has them).
///
/// # Errors
/// The engine refuses, or the command has not ended within `bound`.
pub async fn run_inside(
    engine: &Engine,
    service: &str,
    command: &[&str],
    bound: Duration,
) -> Result<Option<String>, SwarmError> {
    let filters = HashMap::from([
        ("label".to_owned(), vec![format!("com.docker.swarm.service.name={service}")]),
        ("status".to_owned(), vec!["running".to_owned()]),
    ]);
    let options = ListContainersOptions { filters: Some(filters), ..Default::default() };
    let found = engine.docker().list_containers(Some(options)).await;
    let found = found.map_err(|e| engine.fail(format!("list containers of {service}"), e))?;
    let Some(container) = found.into_iter().find_map(|container| container.id) else { return Ok(None) };
    let doing = || format!("run a command in {service}");
    let config = CreateExecOptions {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(command.to_vec()),
        ..Default::default()
    };
    let run = async {
        let exec = engine.docker().create_exec(&container, config).await?;
        let mut text = Vec::new();
        if let StartExecResults::Attached { mut output, .. } =
            engine.docker().start_exec(&exec.id, None).await?
        {
            while let Some(chunk) = output.next().await {
                text.extend_from_slice(&chunk?.into_bytes());
                text.truncate(OUTPUT_BYTES);
            }
        }
        Ok(String::from_utf8_lossy(&text).trim().to_owned())
    };
    match tokio::time::timeout(bound, run).await {
        Ok(done) => done.map(Some).map_err(|e| engine.fail(doing(), e)),
        Err(_) => Err(engine.fail(doing(), bollard::errors::Error::RequestTimeoutError)),
    }
}
