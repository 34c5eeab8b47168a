//! What the engine and an Envoy say, asked beside a run.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bollard::query_parameters as q;

use crate::engine::{docker, runtime, unix_now_s};

/// Watches, independently of the run, how many containers of a service run and how many the engine calls healthy.
pub fn watch_containers(
    stack: &str,
    service: &str,
    stop: Arc<AtomicBool>,
) -> std::thread::JoinHandle<Vec<(f64, u64, u64)>> {
    let full = format!("{stack}_{service}");
    std::thread::spawn(move || {
        runtime().block_on(async {
            let d = docker();
            let mut seen: Vec<(f64, u64, u64)> = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let filters = HashMap::from([(
                    "label".to_owned(),
                    vec![format!("com.docker.swarm.service.name={full}")],
                )]);
                let o = q::ListContainersOptions { filters: Some(filters), ..Default::default() };
                let listed = d.list_containers(Some(o)).await.unwrap();
                let healthy = listed
                    .iter()
                    .filter(|c| c.status.as_deref().is_some_and(|s| s.ends_with("(healthy)")))
                    .count();
                seen.push((unix_now_s(), listed.len() as u64, healthy as u64));
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            seen
        })
    })
}

/// Asks an Envoy itself, independently of the run, how many members of a cluster it calls healthy.
pub fn watch_members(
    stack: &str,
    proxy: &str,
    cluster: &str,
    stop: Arc<AtomicBool>,
) -> std::thread::JoinHandle<Vec<(f64, u64)>> {
    use bollard::exec::StartExecResults;
    use futures_util::StreamExt;
    let (full, line) = (format!("{stack}_{proxy}"), format!("cluster.{cluster}.membership_healthy: "));
    let script = "exec 3<>/dev/tcp/127.0.0.1/9901 && printf 'GET /stats?filter=membership_healthy HTTP/1.1\\r\\nHost: e\\r\\nConnection: close\\r\\n\\r\\n' >&3 && while read -r l <&3; do echo \"$l\"; done";
    std::thread::spawn(move || {
        runtime().block_on(async {
            let d = docker();
            let filters =
                HashMap::from([("label".to_owned(), vec![format!("com.docker.swarm.service.name={full}")])]);
            let o = q::ListContainersOptions { filters: Some(filters), ..Default::default() };
            let id = d.list_containers(Some(o)).await.unwrap()[0].id.clone().unwrap();
            let mut seen = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let exec = bollard::models::ExecConfig {
                    attach_stdout: Some(true),
                    cmd: Some(["bash", "-c", script].map(str::to_owned).into()),
                    ..Default::default()
                };
                let begun = unix_now_s();
                // The run ends, and its Envoy with it.
                let Ok(exec) = d.create_exec(&id, exec).await else { break };
                let Ok(StartExecResults::Attached { mut output, .. }) = d.start_exec(&exec.id, None).await
                else {
                    break;
                };
                let mut told = String::new();
                while let Some(Ok(part)) = output.next().await {
                    told.push_str(&part.to_string());
                }
                let members = told.lines().find_map(|l| l.trim().strip_prefix(&line)?.parse().ok());
                seen.extend(members.map(|n| ((begun + unix_now_s()) / 2.0, n)));
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            seen
        })
    })
}
