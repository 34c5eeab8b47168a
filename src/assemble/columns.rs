//! Which columns a frame has, and from which raw metric each comes.

use swarmlab_frame::align::{
    Quantile, StepFunction, Tolerance, counter_rate, gauge_last, histogram, sum_over_tasks,
};
use swarmlab_frame::clock::Bins;
use swarmlab_frame::frame::{Column, Fold, Owner};
use swarmlab_frame::series::{Sample as Point, Series};

use super::{AssembleError, Raw, replica_events};
use crate::telemetry::catalogue::{self, Meaning};

/// How a meaning becomes a column: metric name, unit.
const RATES: &[(Meaning, &str, &str)] = &[
    (Meaning::Cpu, "cpu", "cores"),
    (Meaning::CpuThrottled, "cpu_throttled", "s_per_s"),
    (Meaning::NetworkReceived, "network_received", "bytes_per_s"),
    (Meaning::NetworkSent, "network_sent", "bytes_per_s"),
    (Meaning::ProxyDownstream, "downstream_requests", "per_s"),
    (Meaning::ProxyUpstream, "upstream_requests", "per_s"),
    (Meaning::ApplicationRequests, "requests", "per_s"),
    (Meaning::ApplicationCpu, "self_cpu", "cores"),
    (Meaning::ApplicationBurned, "burned_cpu", "cores"),
];
/// Labels by which Envoy and the built-in proxy name a response's class, and how they spell the class.
const CLASS_LABELS: &[&str] = &["envoy_response_code_class", "class"];
/// Quantiles of the proxies' latency histograms.
const QUANTILES: &[(f64, &str)] = &[(0.5, "p50"), (0.95, "p95"), (0.99, "p99")];

fn meaning(series: &Series) -> Option<Meaning> {
    catalogue::find(&series.metric).map(|m| m.meaning)
}

/// The series of one service and meaning. A proxy's upstream series count only towards the service behind it.
pub fn select<'a>(raw: &'a Raw, service: &str, wanted: Meaning) -> Vec<&'a Series> {
    let behind = raw.manifest.fronted_by(service);
    raw.series
        .iter()
        .filter(|s| s.service == service && meaning(s) == Some(wanted))
        .filter(|s| match (s.labels.get("envoy_cluster_name"), behind) {
            (Some(cluster), Some(behind)) => cluster == behind,
            _ => true,
        })
        .collect()
}

/// All columns of all services, from samples.
pub fn servers(raw: &Raw, bins: &Bins) -> Result<Vec<Column>, AssembleError> {
    let tolerance = Tolerance::default();
    let mut out = Vec::new();
    for service in &raw.manifest.services {
        let name = &service.name;
        for (wanted, metric, unit) in RATES {
            let series = select(raw, name, *wanted);
            let Some(source) = series.first().map(|s| format!("{}, differenced on the bins", s.metric))
            else {
                continue;
            };
            let rates: Vec<_> = series.iter().map(|s| counter_rate(s, bins, tolerance)).collect();
            out.push(Column::server(name, metric, unit, &source, Fold::Mean, sum_over_tasks(&rates))?);
        }
        let memory = select(raw, name, Meaning::Memory);
        if let Some(first) = memory.first() {
            let levels: Vec<_> = memory.iter().map(|s| gauge_last(s, bins, tolerance)).collect();
            let source = format!("{}, last sample in the bin", first.metric);
            out.push(Column::server(name, "memory", "bytes", &source, Fold::Last, sum_over_tasks(&levels))?);
        }
        out.extend(classes(raw, name, bins, tolerance)?);
        out.extend(latencies(raw, name, bins, tolerance)?);
    }
    Ok(out)
}

fn classes(
    raw: &Raw,
    service: &str,
    bins: &Bins,
    tolerance: Tolerance,
) -> Result<Vec<Column>, AssembleError> {
    let all = select(raw, service, Meaning::ProxyResponses);
    let mut out = Vec::new();
    for digit in ['2', '3', '4', '5'] {
        let of_class: Vec<_> = all
            .iter()
            .filter(|s| CLASS_LABELS.iter().any(|l| s.labels.get(*l).is_some_and(|v| v.starts_with(digit))))
            .collect();
        let Some(first) = of_class.first() else { continue };
        let source = format!("{}, differenced on the bins", first.metric);
        let rates: Vec<_> = of_class.iter().map(|s| counter_rate(s, bins, tolerance)).collect();
        let metric = format!("upstream_{digit}xx");
        out.push(Column::server(service, &metric, "per_s", &source, Fold::Mean, sum_over_tasks(&rates))?);
    }
    Ok(out)
}

fn latencies(
    raw: &Raw,
    service: &str,
    bins: &Bins,
    tolerance: Tolerance,
) -> Result<Vec<Column>, AssembleError> {
    let buckets: Vec<Series> =
        select(raw, service, Meaning::ProxyUpstreamTime).into_iter().cloned().collect();
    let Some(metric) = buckets.first().and_then(|s| catalogue::find(&s.metric)) else {
        return Ok(Vec::new());
    };
    let histogram = match histogram(&buckets, bins, tolerance) {
        Ok(h) => h,
        Err(e) => {
            tracing::warn!("{service}: no latency columns: {e}");
            return Ok(Vec::new());
        }
    };
    let mut out = Vec::new();
    for (q, name) in QUANTILES {
        let quantiles = histogram.quantile(*q);
        let source = format!("{}, buckets summed over tasks; the truth lies within the bucket", metric.raw);
        let scaled = |pick: fn(&Quantile) -> f64| {
            quantiles
                .iter()
                .map(|v| v.as_ref().map(|v| pick(v) * metric.le_to_ms).filter(|v| v.is_finite()))
                .collect::<Vec<_>>()
        };
        let metric_name = format!("upstream_{name}");
        out.push(Column::server(service, &metric_name, "ms", &source, Fold::Never, scaled(|v| v.value))?);
    }
    Ok(out)
}

/// Replica counts from the orchestrator's own events: the value in force at the end of each bin.
pub fn replicas(raw: &Raw, bins: &Bins) -> Result<Vec<Column>, AssembleError> {
    let events = replica_events(&raw.events);
    let known_until = raw.manifest.windows.map_or(f64::INFINITY, |w| w.settled_unix_s.max(bins.end_unix_s()));
    let mut out = Vec::new();
    for service in &raw.manifest.services {
        let of_service: Vec<_> = events.iter().filter(|e| e.service == service.name).collect();
        if of_service.is_empty() {
            continue;
        }
        for (metric, pick) in [
            ("replicas_desired", (|e| e.desired) as fn(&crate::testbed::ReplicaEvent) -> u64),
            ("replicas_running", |e| e.running),
            ("replicas_healthy", |e| e.healthy),
        ] {
            let points = of_service.iter().map(|e| Point::new(e.t_unix_s, pick(e) as f64)).collect();
            let values = StepFunction::new(points, known_until).last(bins);
            let source = "orchestrator's tasks and events, value in force at the end of the bin";
            out.push(Column::new(
                Owner::Service(service.name.clone()),
                metric,
                "",
                source,
                Fold::Last,
                values,
            )?);
        }
    }
    Ok(out)
}
