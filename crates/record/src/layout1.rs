//! Folders of the first layout (`server.parquet`): their series say the raw name only, and the list of what was collected
//! was closed. It stands here so that those folders still open.

use std::collections::BTreeMap;

use serde::Deserialize;
use swarmlab_intervals::trust::VerdictInputs;

use crate::manifest::{Manifest, Origin, State, Windows};
use crate::metric::{Kind, Meaning};
use crate::plan::{LoadModel, Plan};
use crate::series::{Identity, Sample};
use crate::utc;

type Row = (&'static str, Meaning, Kind, &'static str, f64, bool);

const ROWS: [Row; 18] = {
    use Kind::{Bucket, Counter, Gauge};
    [
        ("container_cpu_usage_seconds_total", Meaning::CPU, Counter, "s", 1.0, true),
        ("container_cpu_cfs_throttled_seconds_total", Meaning::CPU_THROTTLED, Counter, "s", 1.0, true),
        ("container_memory_working_set_bytes", Meaning::MEMORY, Gauge, "bytes", 1.0, true),
        ("container_network_receive_bytes_total", Meaning::NETWORK_RECEIVED, Counter, "bytes", 1.0, true),
        ("container_network_transmit_bytes_total", Meaning::NETWORK_SENT, Counter, "bytes", 1.0, true),
        ("envoy_http_downstream_rq_total", Meaning::PROXY_DOWNSTREAM, Counter, "requests", 1.0, false),
        ("envoy_cluster_upstream_rq_total", Meaning::PROXY_UPSTREAM, Counter, "requests", 1.0, false),
        ("envoy_cluster_upstream_rq_xx", Meaning::PROXY_RESPONSES, Counter, "responses", 1.0, false),
        ("envoy_cluster_upstream_rq_time_bucket", Meaning::PROXY_UPSTREAM_TIME, Bucket, "ms", 1.0, false),
        ("demo_requests_total", Meaning::APPLICATION_REQUESTS, Counter, "requests", 1.0, false),
        ("demo_cpu_burned_seconds_total", Meaning::APPLICATION_BURNED, Counter, "s", 1.0, false),
        ("process_cpu_seconds_total", Meaning::APPLICATION_CPU, Counter, "s", 1.0, false),
        ("proc_cpu_seconds_total", Meaning::CPU, Counter, "s", 1.0, false),
        ("proc_resident_memory_bytes", Meaning::MEMORY, Gauge, "bytes", 1.0, false),
        (
            "swarmlab_proxy_downstream_requests_total",
            Meaning::PROXY_DOWNSTREAM,
            Counter,
            "requests",
            1.0,
            false,
        ),
        ("swarmlab_proxy_upstream_requests_total", Meaning::PROXY_UPSTREAM, Counter, "requests", 1.0, false),
        (
            "swarmlab_proxy_upstream_responses_total",
            Meaning::PROXY_RESPONSES,
            Counter,
            "responses",
            1.0,
            false,
        ),
        ("swarmlab_proxy_upstream_seconds_bucket", Meaning::PROXY_UPSTREAM_TIME, Bucket, "ms", 1000.0, false),
    ]
};

/// What a series of the first layout is; `None` for a name that was never collected.
pub fn identity_of(
    service: String,
    task: String,
    metric: String,
    labels: BTreeMap<String, String>,
) -> Option<Identity> {
    let (_, meaning, kind, unit, scale, task_is_exact) = ROWS.into_iter().find(|r| r.0 == metric)?;
    let upstream = labels.get("envoy_cluster_name").cloned();
    Some(Identity {
        service,
        task,
        metric,
        meaning,
        kind,
        unit: unit.to_owned(),
        scale,
        upstream,
        task_is_exact,
        labels,
    })
}

/// Service, task, raw name and labels: what told series apart.
pub(crate) type Key = (String, String, String, BTreeMap<String, String>);

/// One line of `server.jsonl`: each sample said everything.
#[derive(Deserialize)]
pub(crate) struct Line {
    t_unix_s: f64,
    service: String,
    task: String,
    metric: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Line {
    /// The series, and the sample of it.
    pub(crate) fn split(self) -> (Key, Sample) {
        ((self.service, self.task, self.metric, self.labels), Sample::new(self.t_unix_s, self.value))
    }
}

/// What `summary.json` of a load alone said.
#[derive(Deserialize)]
struct LoadSummary {
    target: String,
    model: LoadModel,
    seed: u64,
    start_unix_s: f64,
    load_s: f64,
    drain_s: f64,
    end: String,
    generator: Generator,
}

#[derive(Deserialize)]
struct Generator {
    inputs: VerdictInputs,
}

/// The manifest that the folder of a load alone did not have, from its `summary.json`; `None` for another file. `bin_s` is
/// the length of its intervals. What the load was to be is not known, only what became of it.
pub fn manifest_of_load(summary: &str, bin_s: f64) -> Option<Manifest> {
    let load: LoadSummary = serde_json::from_str(summary).ok()?;
    let end_unix_s = load.start_unix_s + load.load_s;
    let drained_unix_s = end_unix_s + load.drain_s;
    let name = format!("load-{}", utc::compact(load.start_unix_s));
    let plan = Plan::of_load(load.target, load.model, load.load_s, bin_s, load.seed);
    Some(Manifest {
        format: 1,
        swarmlab: String::new(),
        windows: Some(Windows::alone(load.start_unix_s, end_unix_s, drained_unix_s)),
        generator: Some(load.generator.inputs),
        state: match load.end.as_str() {
            "completed" => State::Complete,
            how => State::Partial { reason: how.to_owned() },
        },
        ..Manifest::begun(Origin::Load, name, load.start_unix_s, plan)
    })
}
