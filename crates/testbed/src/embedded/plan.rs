//! From a planned stack to child processes: which to start, with which addresses. Pure.
//!
//! Applications must be roles of the sample application (`swarmlab demo …`); each Envoy becomes a built-in
//! proxy, the database becomes a SQLite file, telemetry becomes the sampler. Container addresses
//! (`http://ms-other-envoy:8080`) are rewritten to loopback addresses.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

use swarmlab_stackfile::{CALLED_LABEL, Role, ServicePlan, StackSpecs};

use super::demo;
use crate::{TestbedError, stack};

/// One child process to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessPlan {
    /// Short name of the service.
    pub service: String,
    /// `<service>.<slot>`.
    pub task: String,
    /// Arguments after the binary's name.
    pub args: Vec<String>,
    /// Environment on top of ours.
    pub env: BTreeMap<String, String>,
    /// Answers 200 once the process is ready.
    pub health_url: String,
    /// Serves its metrics.
    pub metrics_url: String,
    /// Number of the replica, from 1.
    pub slot: usize,
    /// Where it takes requests.
    pub listen: SocketAddr,
    /// Of a proxy: where its list of addresses is set, and the service behind it.
    pub proxy: Option<(SocketAddr, String)>,
}

/// All processes of a stack, in starting order, and where its proxies listen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Applications first, then proxies.
    pub processes: Vec<ProcessPlan>,
    /// Listening address of each proxy and of each application's first replica.
    pub entrances: BTreeMap<String, SocketAddr>,
    /// Services that are replaced or left out, a sentence each.
    pub notes: Vec<String>,
}

/// Plans the processes; `next_address` hands out free loopback addresses.
pub fn plan(
    specs: &StackSpecs,
    state_dir: &Path,
    next_address: &mut dyn FnMut() -> std::io::Result<SocketAddr>,
) -> Result<Plan, TestbedError> {
    let mut address = |service: &str| {
        next_address()
            .map_err(|source| TestbedError::Io { what: format!("find a free port for {service}"), source })
    };
    let mut entrances = BTreeMap::new();
    let mut replicas: BTreeMap<&str, Vec<SocketAddr>> = BTreeMap::new();
    let mut admins: BTreeMap<&str, SocketAddr> = BTreeMap::new();
    let mut notes = Vec::new();
    for s in &specs.services {
        match s.role {
            Role::Application => {
                let mut addresses = Vec::new();
                for _ in 0..stack::replicas(s) {
                    addresses.push(address(&s.short)?);
                }
                if let Some(first) = addresses.first() {
                    entrances.insert(s.short.clone(), *first);
                }
                replicas.insert(&s.short, addresses);
            }
            Role::Proxy => {
                let listen = address(&s.short)?;
                entrances.insert(s.short.clone(), listen);
                // A woven front has taken its service's name over, and stands after it.
                entrances.extend(stack::label(s, CALLED_LABEL).map(|name| (name.to_owned(), listen)));
                admins.insert(&s.short, address(&s.short)?);
                notes.push(format!("{}: the built-in proxy stands in for {}", s.short, image(s)));
            }
            Role::Database => notes.push(format!("{}: a SQLite file stands in for {}", s.short, image(s))),
            Role::Telemetry => {
                notes.push(format!("{}: left out, /proc and the services' own metrics are read", s.short))
            }
            Role::Other => notes.push(format!("{}: left out, it has no swarmlab.role", s.short)),
        }
    }
    let mut processes = Vec::new();
    for s in &specs.services {
        if s.role == Role::Application {
            for (i, listen) in replicas.get(s.short.as_str()).into_iter().flatten().enumerate() {
                let task = format!("{}.{}", s.short, i + 1);
                processes.push(application(s, task, i + 1, *listen, &entrances, state_dir)?);
            }
        }
    }
    for s in &specs.services {
        if let (Role::Proxy, Some(listen), Some(admin)) =
            (s.role, entrances.get(&s.short), admins.get(s.short.as_str()))
        {
            let [behind] = &s.fronts[..] else {
                let reason = match s.fronts.len() {
                    0 => "its deploy label `swarmlab.fronts` names no application of this stack",
                    _ => "it stands before several services, and the built-in proxy stands before one",
                };
                return Err(not_embeddable(s, reason));
            };
            let Some(upstreams) = replicas.get(behind.as_str()) else {
                return Err(not_embeddable(
                    s,
                    "its deploy label `swarmlab.fronts` names no application of this stack",
                ));
            };
            processes.push(proxy(s, *listen, *admin, behind, upstreams));
        }
    }
    Ok(Plan { processes, entrances, notes })
}

fn image(s: &ServicePlan) -> String {
    stack::container(s).and_then(|c| c.image.clone()).unwrap_or_else(|| "its container".to_owned())
}

fn not_embeddable(s: &ServicePlan, reason: &str) -> TestbedError {
    TestbedError::NotEmbeddable { service: s.short.clone(), reason: reason.to_owned() }
}

/// One replica of an application.
///
/// # Errors
/// It is no role of the sample application.
pub fn application(
    s: &ServicePlan,
    task: String,
    slot: usize,
    listen: SocketAddr,
    entrances: &BTreeMap<String, SocketAddr>,
    state_dir: &Path,
) -> Result<ProcessPlan, TestbedError> {
    let line = stack::command_line(s);
    let Some(role) = demo::role(&line) else {
        let reason = format!("its command is `{}`, not a role of `swarmlab demo`", line.join(" "));
        return Err(not_embeddable(s, &reason));
    };
    let line: Vec<String> = line[role..].iter().map(|a| rewrite(a, entrances)).collect();
    let env = stack::environment(s).into_iter().map(|(k, v)| (k, rewrite(&v, entrances))).collect();
    Ok(ProcessPlan {
        service: s.short.clone(),
        task,
        args: demo::args(&line, listen, state_dir),
        env: demo::environment(env, state_dir),
        health_url: format!("http://{listen}/healthz"),
        metrics_url: format!("http://{listen}/metrics"),
        slot,
        listen,
        proxy: None,
    })
}

fn proxy(
    s: &ServicePlan,
    listen: SocketAddr,
    admin: SocketAddr,
    behind: &str,
    upstreams: &[SocketAddr],
) -> ProcessPlan {
    ProcessPlan {
        service: s.short.clone(),
        task: format!("{}.1", s.short),
        args: demo::proxy_args(listen, admin, upstreams),
        env: BTreeMap::new(),
        health_url: format!("http://{admin}/healthz"),
        metrics_url: format!("http://{admin}/metrics"),
        slot: 1,
        listen,
        proxy: Some((admin, behind.to_owned())),
    }
}

/// Replaces `http://<service>[:port]` of services that have an entrance by their loopback address.
fn rewrite(text: &str, entrances: &BTreeMap<String, SocketAddr>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("http://") {
        let (before, url) = rest.split_at(at + "http://".len());
        out.push_str(before);
        let end = url.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(url.len());
        let (host, after) = url.split_at(end);
        match entrances.get(host) {
            Some(address) => {
                out.push_str(&address.to_string());
                let port = after
                    .strip_prefix(':')
                    .map_or(0, |p| 1 + p.find(|c: char| !c.is_ascii_digit()).unwrap_or(p.len()));
                rest = &after[port..];
            }
            None => {
                out.push_str(host);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entrances() -> BTreeMap<String, SocketAddr> {
        [("a-envoy", "127.0.0.1:11"), ("a", "127.0.0.1:22")]
            .into_iter()
            .map(|(k, v)| (k.to_owned(), v.parse().unwrap()))
            .collect()
    }

    #[test]
    fn a_woven_front_is_what_callers_of_the_service_reach() {
        let text = "services:
  web: { image: i, command: [ms-other], deploy: { labels: { swarmlab.role: application } } }
  web-front: { image: i, deploy: { labels: { swarmlab.role: proxy, swarmlab.fronts: web, swarmlab.woven.called: web } } }
";
        let nothing = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        let stack = swarmlab_stackfile::load(text, Path::new("t.yml"), &|_| None, &nothing).unwrap();
        let specs = swarmlab_stackfile::specs(&stack, "t").unwrap();
        let mut port = 0;
        let mut next = || {
            port += 1;
            Ok(SocketAddr::from(([127, 0, 0, 1], port)))
        };
        let plan = plan(&specs, Path::new("/tmp"), &mut next).unwrap();
        assert_eq!(plan.entrances["web"], plan.entrances["web-front"]);
        assert_ne!(plan.processes[0].listen, plan.entrances["web"]);
    }

    #[test]
    fn urls_of_services_are_rewritten_exactly() {
        let e = entrances();
        assert_eq!(rewrite("http://a-envoy:8080/x", &e), "http://127.0.0.1:11/x");
        assert_eq!(rewrite("--url=http://a", &e), "--url=http://127.0.0.1:22");
        assert_eq!(
            rewrite("http://a-envoy-2:80 http://a:1,http://b:2", &e),
            "http://a-envoy-2:80 http://127.0.0.1:22,http://b:2"
        );
        assert_eq!(rewrite("a-envoy:8080", &e), "a-envoy:8080");
    }
}
