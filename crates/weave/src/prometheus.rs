//! What a Prometheus is told to scrape: as prometheus/prometheus.yml of the sample application, for what was woven.

use crate::Woven;
use crate::front::admin_port;
use crate::wishes::parse_port;
use std::fmt::Write;
use swarmlab_stackfile::{METRICS_LABEL, Service, Stack};

/// Every job is named after the service it scrapes, which is how figures are given to services.
const HEAD: &str = "\
# Made by swarmlab. Every job is named after the service it scrapes. Targets are the tasks behind `tasks.NAME`.

global:
  scrape_interval: 1s
  scrape_timeout: 900ms

scrape_configs:
";

/// What of cAdvisor is kept.
const CADVISOR: &str = include_str!("parts/scrape-cadvisor.yml");

/// Where a service's own metrics are, if its label says so.
///
/// # Errors
/// What is wrong with the label.
pub(crate) fn own_metrics(service: &Service) -> Result<Option<(u16, String)>, String> {
    let Some(label) = service.deploy.labels.get(METRICS_LABEL) else { return Ok(None) };
    let (port, path) = match label.split_once('/') {
        Some((port, path)) => (port, format!("/{path}")),
        None => (label.as_str(), "/metrics".to_owned()),
    };
    if path.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(format!("`{path}` is no path"));
    }
    Ok(Some((parse_port(port)?, path)))
}

/// The services whose own metrics are scraped, with where they are.
pub(crate) fn scraped(stack: &Stack) -> Vec<(&Service, u16, String)> {
    let own = |service| own_metrics(service).ok().flatten().map(|(port, path)| (service, port, path));
    stack.services.iter().filter_map(own).collect()
}

/// The whole text. `cadvisor` and `node_exporter` are the names of what was woven in, if it was.
pub(crate) fn configuration(woven: &Woven, telemetry: Option<(&str, &str)>) -> String {
    let mut out = HEAD.to_owned();
    for (service, port, path) in scraped(&woven.stack) {
        job(&mut out, &service.name, service.network_name(), port, &path);
    }
    for front in &woven.fronts {
        job(&mut out, &front.proxy, &front.proxy, admin_port(&front.ports), "/stats/prometheus");
    }
    if let Some((cadvisor, node_exporter)) = telemetry {
        job(&mut out, node_exporter, node_exporter, 9100, "/metrics");
        out.push_str(&CADVISOR.replace("@CADVISOR@", cadvisor));
    }
    out
}

/// One job; `host` is the name under which the service's tasks are found.
fn job(out: &mut String, name: &str, host: &str, port: u16, path: &str) {
    let path = match path {
        "/metrics" => String::new(),
        other => format!("    metrics_path: {}\n", quoted(other)),
    };
    // A String takes everything.
    let _ = write!(
        out,
        "  - job_name: {name}\n{path}    dns_sd_configs: [{{ names: [tasks.{host}], type: A, port: {port}, refresh_interval: 1s }}]\n\n"
    );
}

/// A path as YAML reads it back.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '.');
    if path.chars().all(plain) { path.to_owned() } else { format!("'{}'", path.replace('\'', "''")) }
}
