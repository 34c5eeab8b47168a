//! The run's timeline: load, throughput, latency, CPU, memory, replicas over one axis.

use swarmlab_frame::frame::Frame;
use swarmlab_report::model::{Ink, Line, Marker, Panel, Phase, Reference, Scale, Timeline, Unit};

use swarmlab_analysis::assemble::{Raw, replica_events};
use swarmlab_analysis::column;
use swarmlab_record::events::Event;
use swarmlab_record::plan::LoadModel;

/// All panels.
pub fn timeline(raw: &Raw, frame: &Frame) -> Timeline {
    let zero = frame.zero_unix_s();
    Timeline {
        t_s: frame.t_s(),
        bin_s: frame.bins().width_s(),
        phases: phases(raw, frame, zero),
        markers: markers(raw, zero),
        panels: panels(raw, frame),
    }
}

fn phases(raw: &Raw, frame: &Frame, zero: f64) -> Vec<Phase> {
    let starts: Vec<(f64, swarmlab_record::Phase)> = raw
        .events
        .iter()
        .filter_map(|e| match e {
            Event::Phase { t_unix_s, phase } => Some((*t_unix_s - zero, *phase)),
            _ => None,
        })
        .collect();
    let (first, last) = (frame.bins().origin_unix_s() - zero, frame.bins().end_unix_s() - zero);
    let mut out = Vec::new();
    for (i, (begin, phase)) in starts.iter().enumerate() {
        // The load begins at its first edge, which the dispatcher announces a little earlier.
        let begin = if *phase == swarmlab_record::Phase::Load { 0.0 } else { *begin };
        let end = starts
            .get(i + 1)
            .map_or(last, |(t, p)| if *p == swarmlab_record::Phase::Load { 0.0 } else { *t });
        let (start_s, end_s) = (begin.max(first), end.min(last));
        if end_s - start_s > 1e-6 {
            out.push(Phase { name: phase.name().to_owned(), start_s, end_s });
        }
    }
    out
}

/// Changes of the number of replicas asked for.
fn markers(raw: &Raw, zero: f64) -> Vec<Marker> {
    let mut last: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    let mut out = Vec::new();
    for e in replica_events(&raw.events) {
        if let Some(before) = last.insert(e.service.clone(), e.desired)
            && before != e.desired
        {
            out.push(Marker {
                t_s: e.t_unix_s - zero,
                label: format!("{} {before} → {}", e.service, e.desired),
            });
        }
    }
    out
}

fn line(frame: &Frame, name: &str, column: &str, ink: Ink) -> Option<Line> {
    let values = frame.get(column)?.to_vec();
    Some(Line { name: name.to_owned(), ink, values, step: false, dashed: false })
}

fn panels(raw: &Raw, frame: &Frame) -> Vec<Panel> {
    let panel = |title: &str, unit: Unit, lines: Vec<Line>| Panel {
        title: title.to_owned(),
        unit,
        scale: Scale::Linear,
        lines,
        references: Vec::new(),
    };
    let e = &raw.manifest.plan;
    let mut out = Vec::new();
    if e.model == LoadModel::Closed {
        let users = line(frame, "active users", "client_users", Ink::Offered);
        out.push(panel("Load", Unit::Count, users.into_iter().collect()));
    }
    let requests = [
        line(frame, "offered", "client_offered_per_s", Ink::Offered).map(|l| Line { dashed: true, ..l }),
        line(frame, "completed", "client_throughput_per_s", Ink::Completed),
        line(frame, "failed", "client_errors_per_s", Ink::Failed),
    ];
    out.push(panel(
        "Throughput",
        Unit::PerS("requests".to_owned()),
        requests.into_iter().flatten().collect(),
    ));
    let latency = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")]
        .into_iter()
        .filter_map(|(q, name)| line(frame, name, &format!("client_response_{name}_ms"), Ink::Quantile(q)));
    let mut latency = panel("Response time", Unit::Ms, latency.collect());
    if let Some(limit) = e.slo_p95_s {
        latency.references.push(Reference { label: "objective p95".to_owned(), value: limit * 1e3 });
    }
    out.push(latency);
    let by_service = |metric: &str, unit: &str| -> Vec<Line> {
        e.measured
            .iter()
            .filter_map(|s| line(frame, s, &column(s, metric, unit), Ink::Service(s.clone())))
            .collect()
    };
    out.push(panel("CPU by service", Unit::Cores, by_service("cpu", "cores")));
    out.push(panel("Memory by service", Unit::Bytes, by_service("memory", "bytes")));
    let mut replicas: Vec<Line> = Vec::new();
    for s in &e.measured {
        let ink = || Ink::Service(s.clone());
        let desired = line(frame, &format!("{s}, asked for"), &column(s, "replicas_desired", ""), ink());
        let healthy = line(frame, s, &column(s, "replicas_healthy", ""), ink());
        replicas.extend(healthy.map(|l| Line { step: true, ..l }));
        replicas.extend(desired.map(|l| Line { step: true, dashed: true, ..l }));
    }
    out.push(panel("Healthy replicas", Unit::Count, replicas));
    out.retain(|p| !p.lines.is_empty());
    out
}
