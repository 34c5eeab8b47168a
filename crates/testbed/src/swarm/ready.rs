//! When a deployed stack is ready to be measured: Prometheus scrapes every task it should, and one request went
//! through every proxy.

use std::collections::BTreeMap;
use std::time::Duration;

use swarmlab_stackfile::{METRICS_LABEL, Role, ServicePlan, StackSpecs, WOVEN_LABEL};
use swarmlab_swarm::Engine;
use tokio::time::Instant;

use super::proof::{self, Question};
use crate::seam::SAMPLE_EVERY;
use crate::{Note, TestbedError, stack};
use swarmlab_telemetry::prometheus::{PrometheusSource, Target};

/// Between two looks at Prometheus.
pub(super) const POLL: Duration = Duration::from_millis(250);

/// What was seen of a stack that is ready.
pub struct Seen {
    /// Reasons of what was warned of.
    pub told: Vec<String>,
    /// Time between two scrapes of the slowest target.
    pub sampled_every: Duration,
}

/// Waits for targets, then for the proof of each proxy.
pub async fn wait(
    prometheus: &PrometheusSource,
    engine: &Engine,
    specs: &StackSpecs,
    asked: Vec<Question>,
    wait: Duration,
    note: &mut (dyn FnMut(Note) + Send),
) -> Result<Seen, TestbedError> {
    let deadline = Instant::now() + wait;
    let found = targets(prometheus, specs, engine.info().nodes, deadline).await?;
    let up = found.iter().filter(|t| t.up).count();
    let sampled_every = found.iter().map(|t| t.every).max().unwrap_or(SAMPLE_EVERY).max(SAMPLE_EVERY);
    let every = if sampled_every > SAMPLE_EVERY {
        format!(", the slowest every {} s", sampled_every.as_secs_f64())
    } else {
        String::new()
    };
    note(Note::Step(format!("Prometheus scrapes {up} targets{every}")));
    let proven = proof::prove(prometheus, engine, specs, asked, deadline, note).await?;
    if proven > 0 {
        let proxies = if proven == 1 { "the proxy".to_owned() } else { format!("each of {proven} proxies") };
        note(Note::Step(format!("one request went through {proxies}")));
    }
    // Said before the load: figures will lack what these series measure. No answer is no reason to give up.
    let mut told = Vec::new();
    for remark in prometheus.unnamed().await.unwrap_or_default() {
        note(Note::Warning(remark.text));
        told.push(remark.reason);
    }
    Ok(Seen { told, sampled_every })
}

/// Jobs of a Prometheus that are named after a service must have as many healthy targets as the service has replicas.
async fn targets(
    prometheus: &PrometheusSource,
    specs: &StackSpecs,
    nodes: u32,
    deadline: Instant,
) -> Result<Vec<Target>, TestbedError> {
    let expected: BTreeMap<&str, u64> = scraped(specs)
        .map(|s| (s.short.as_str(), if stack::is_global(s) { u64::from(nodes) } else { stack::replicas(s) }))
        .collect();
    loop {
        let missing = match prometheus.targets().await {
            Ok(found) => {
                let missing = unmet(&expected, &found);
                if missing.is_empty() {
                    return Ok(found);
                }
                missing
            }
            Err(e) if Instant::now() >= deadline => return Err(e.into()),
            Err(_) => Vec::new(),
        };
        if Instant::now() >= deadline {
            return Err(TestbedError::TargetsDown(missing));
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The services that must be scraped: of a woven stack what was woven in, and who says where their metrics are; else all
/// that have a role for it.
fn scraped(specs: &StackSpecs) -> impl Iterator<Item = &ServicePlan> {
    let woven = |s: &ServicePlan| stack::label(s, WOVEN_LABEL).is_some();
    let any_woven = specs.services.iter().any(woven);
    specs.services.iter().filter(move |s| {
        if any_woven {
            let itself = stack::label(s, WOVEN_LABEL) == Some("prometheus");
            (woven(s) && !itself) || stack::label(s, METRICS_LABEL).is_some()
        } else {
            matches!(s.role, Role::Application | Role::Proxy | Role::Telemetry)
        }
    })
}

/// Which services are not scraped as they should be, a sentence each. Prometheus itself need not scrape itself.
fn unmet(expected: &BTreeMap<&str, u64>, found: &[Target]) -> Vec<String> {
    let mut out = Vec::new();
    for (service, replicas) in expected {
        let of_job: Vec<&Target> = found.iter().filter(|t| t.job == *service).collect();
        let up = of_job.iter().filter(|t| t.up).count() as u64;
        let itself = of_job.is_empty() && *service == "prometheus";
        if up == *replicas || itself {
            continue;
        }
        let why = of_job.iter().find(|t| !t.up && !t.last_error.is_empty()).map_or_else(
            || {
                if of_job.is_empty() {
                    "no scrape job of this name has a target".to_owned()
                } else {
                    "not scraped yet".to_owned()
                }
            },
            |t| format!("{}: {}", t.url, t.last_error),
        );
        out.push(format!("{service}: {up} of {replicas} targets up; {why}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(job: &str, up: bool, error: &str) -> Target {
        Target {
            job: job.to_owned(),
            url: format!("http://{job}/metrics"),
            up,
            last_error: error.to_owned(),
            every: Duration::from_secs(1),
        }
    }

    #[test]
    fn each_service_must_have_its_replicas_scraped() {
        let expected = BTreeMap::from([("a", 2), ("b", 1), ("prometheus", 1)]);
        let found = [target("a", true, ""), target("a", true, ""), target("b", true, "")];
        assert!(unmet(&expected, &found).is_empty());
        let found =
            [target("a", true, ""), target("a", false, "connection refused"), target("b-envoy", true, "")];
        assert_eq!(
            unmet(&expected, &found),
            [
                "a: 1 of 2 targets up; http://a/metrics: connection refused",
                "b: 0 of 1 targets up; no scrape job of this name has a target"
            ]
        );
    }
}
