//! The run's timeline: load, throughput, latency, CPU, memory, replicas over one axis.

use swarmlab_frame::frame::Frame;
use swarmlab_intervals::trust::Trust;
use swarmlab_record::action::{Action, ActionEvent, Progress};
use swarmlab_record::client::ALL_ENDPOINTS;
use swarmlab_record::summary::{EndpointFigures, QUANTILES};
use swarmlab_report::model::{
    Ink, Line, Marker, Panel, Phase, Reference, Scale, Stretch, Timeline, Unit, Whole,
};

use crate::{autoscaling, resources};
use swarmlab_analysis::assemble::{Raw, replica_events};
use swarmlab_analysis::{column, mishaps};
use swarmlab_record::events::Event;
use swarmlab_record::plan::LoadModel;
use swarmlab_record::topology::ReplicaEvent;

/// All panels.
pub fn timeline(raw: &Raw, frame: &Frame, load: &Frame, endpoints: &[EndpointFigures]) -> Timeline {
    let zero = frame.zero_unix_s();
    Timeline {
        t_s: frame.t_s(),
        bin_s: frame.bins().width_s(),
        phases: phases(raw, frame, zero),
        markers: markers(raw, zero),
        doubtful: doubtful(raw, zero),
        load_s: raw.windows().ok().map(|w| (w.load_start_unix_s - zero, w.load_end_unix_s - zero)),
        panels: [
            panels(raw, frame, endpoints.last()),
            autoscaling::panels(raw, frame),
            resources::panels(raw, frame, load),
        ]
        .concat(),
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

/// Actions, changes of the number of replicas that nobody of the run asked for, and what befell tasks.
fn markers(raw: &Raw, zero: f64) -> Vec<Marker> {
    let mut last: std::collections::BTreeMap<String, u64> = std::collections::BTreeMap::new();
    let asked: Vec<&ActionEvent> = raw
        .events
        .iter()
        .filter_map(|e| match e {
            Event::Action(a) if a.progress == Progress::Asked => Some(a),
            _ => None,
        })
        .collect();
    let mut out: Vec<Marker> =
        asked.iter().map(|a| Marker { t_s: a.t_unix_s - zero, label: a.what.to_string() }).collect();
    // Clocks may differ by a moment.
    let is_asked = |e: &ReplicaEvent| {
        let scale = Action::Scale { service: e.service.clone(), replicas: e.desired };
        asked.iter().any(|a| a.what == scale && a.t_unix_s <= e.t_unix_s + 1.0)
    };
    for e in replica_events(&raw.events) {
        if let Some(before) = last.insert(e.service.clone(), e.desired)
            && before != e.desired
            && !is_asked(&e)
        {
            out.push(Marker {
                t_s: e.t_unix_s - zero,
                label: format!("{} {before} → {}", e.service, e.desired),
            });
        }
    }
    out.extend(mishaps::all(raw).into_iter().map(|m| Marker {
        t_s: m.t_unix_s - zero,
        label: format!("a task of {} {}", m.service, m.what.mark()),
    }));
    out.sort_by(|a, b| a.t_s.total_cmp(&b.t_s));
    out
}

/// Intervals of the load that the generator itself calls INVALID; neighbours are one stretch.
fn doubtful(raw: &Raw, zero: f64) -> Vec<Stretch> {
    let mut out: Vec<Stretch> = Vec::new();
    let of_load = raw.client.iter().filter(|r| {
        r.phase == swarmlab_record::Phase::Load
            && r.endpoint == ALL_ENDPOINTS
            && r.trust == Some(Trust::Invalid)
    });
    for row in of_load {
        let (start_s, end_s) = (row.t_unix_s - zero, row.t_unix_s - zero + row.width_s);
        match out.last_mut() {
            Some(last) if start_s - last.end_s < 1e-3 => last.end_s = end_s,
            _ => out.push(Stretch { start_s, end_s }),
        }
    }
    out
}

fn line(frame: &Frame, name: &str, column: &str, ink: Ink) -> Option<Line> {
    let values = frame.get(column)?.to_vec();
    Some(Line { name: name.to_owned(), ink, values, ..Line::default() })
}

fn panels(raw: &Raw, frame: &Frame, all: Option<&EndpointFigures>) -> Vec<Panel> {
    let panel = |title: &str, unit: Unit, lines: Vec<Line>| Panel {
        title: title.to_owned(),
        unit,
        scale: Scale::Linear,
        lines,
        references: Vec::new(),
    };
    let e = &raw.manifest.plan;
    // Other tools do not tell all that ours does.
    let is_known = |l: &Line| l.values.iter().any(Option::is_some);
    let mut out = Vec::new();
    if e.model == LoadModel::Closed || raw.manifest.imported.is_some() {
        // Users come and go at moments, not gradually.
        let users =
            line(frame, "active users", "client_users", Ink::Offered).map(|l| Line { step: true, ..l });
        let users = users.filter(|l| raw.manifest.imported.is_none() || is_known(l));
        out.push(panel("Load", Unit::Count, users.into_iter().collect()));
    }
    let requests = [
        line(frame, "offered", "client_offered_per_s", Ink::Offered)
            .filter(|l| raw.manifest.imported.is_none() || is_known(l))
            .map(|l| Line { dashed: true, ..l }),
        line(frame, "completed", "client_throughput_per_s", Ink::Completed),
        line(frame, "failed", "client_errors_per_s", Ink::Failed),
    ];
    out.push(panel(
        "Throughput",
        Unit::PerS("requests".to_owned()),
        requests.into_iter().flatten().collect(),
    ));
    let latency = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")].into_iter().filter_map(|(q, name)| {
        let line = line(frame, name, &format!("client_response_{name}_ms"), Ink::Quantile(q))?;
        let at = QUANTILES.iter().position(|of| *of == q);
        let whole = all.and_then(|e| e.quantiles_ms).zip(at).map(|(of, at)| of[at]);
        Some(Line { whole: whole.map_or(Whole::Unknown, Whole::Is), ..line })
    });
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
        // Those that get requests; where no proxy says so, those that are healthy; where nobody checks, those that run.
        let known = |metric: &&str| {
            frame.get(&column(s, metric, "")).is_some_and(|values| values.iter().any(Option::is_some))
        };
        let kinds = ["replicas_serving", "replicas_healthy", "replicas_running"];
        let Some(metric) = kinds.iter().find(|m| known(m)) else { continue };
        let there = column(s, metric, "");
        let name = if *metric == "replicas_running" { format!("{s}, running") } else { s.clone() };
        replicas.extend(line(frame, &name, &there, ink()).map(|l| Line { step: true, ..l }));
        // What was asked for is a line of its own only where it was not what was there.
        let differs = |l: &Line| frame.get(&there).is_none_or(|h| h != l.values.as_slice());
        replicas.extend(desired.filter(differs).map(|l| Line { step: true, dashed: true, ..l }));
    }
    out.push(panel("Replicas", Unit::Count, replicas));
    out.retain(|p| !p.lines.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use swarmlab_record::client::fixture::row;
    use swarmlab_record::integrity::Integrity;
    use swarmlab_record::manifest::{Manifest, Origin};
    use swarmlab_record::plan::{LoadModel, Plan};

    use super::*;

    #[test]
    fn seconds_that_the_generator_calls_invalid_are_stretches_of_the_timeline() {
        let plan = Plan::of_load("web".into(), LoadModel::Open, 10.0, 1.0, 1);
        let second = |t_unix_s, trust| {
            let mut of = row(t_unix_s, ALL_ENDPOINTS);
            (of.phase, of.width_s, of.trust) = (swarmlab_record::Phase::Load, 1.0, Some(trust));
            of
        };
        let mut warm_up = second(1001.0, Trust::Invalid);
        warm_up.phase = swarmlab_record::Phase::WarmUp;
        let mut of_one = second(1009.0, Trust::Invalid);
        of_one.endpoint = "list".into();
        let raw = Raw {
            manifest: Manifest::begun(Origin::Run, "x", 1000.0, plan),
            client: vec![
                warm_up,
                second(1002.0, Trust::Valid),
                second(1003.0, Trust::Invalid),
                second(1004.0, Trust::Invalid),
                second(1005.0, Trust::Suspect),
                second(1006.0, Trust::Invalid),
                of_one,
            ],
            events: Vec::new(),
            decisions: Vec::new(),
            files: Integrity::default(),
        };
        let found: Vec<(f64, f64)> = doubtful(&raw, 1002.0).iter().map(|s| (s.start_s, s.end_s)).collect();
        assert_eq!(found, [(1.0, 3.0), (4.0, 5.0)]);
    }

    #[test]
    fn the_response_time_of_the_whole_load_is_the_summarys_and_not_a_mean_of_bins() {
        use swarmlab_frame::clock::Bins;
        use swarmlab_frame::frame::{Column, Fold, Owner};
        let plan = Plan::of_load("web".into(), LoadModel::Open, 2.0, 1.0, 1);
        let raw = Raw {
            manifest: Manifest::begun(Origin::Run, "x", 1000.0, plan),
            client: Vec::new(),
            events: Vec::new(),
            decisions: Vec::new(),
            files: Integrity::default(),
        };
        let Ok(bins) = Bins::new(1000.0, 1.0, 2) else { panic!("two bins") };
        let mut frame = Frame::with_zero(bins, 1000.0);
        let of = |name: &str| {
            Column::new(Owner::Client, name, "ms", "", Fold::Never, vec![Some(10.0), Some(80.0)])
        };
        let columns: Vec<Column> =
            ["response_p50", "response_p95", "response_p99"].map(of).into_iter().flatten().collect();
        assert!(frame.extend(columns).is_ok());
        let whole = |all: Option<&EndpointFigures>| -> Vec<Whole> {
            let panels = panels(&raw, &frame, all);
            let times = panels.iter().find(|p| p.title == "Response time");
            times.map(|p| p.lines.iter().map(|l| l.whole).collect()).unwrap_or_default()
        };
        let quantiles_ms = Some([12.0, 40.0, 49.5, 70.0, 80.0]);
        let all = EndpointFigures {
            endpoint: ALL_ENDPOINTS.to_owned(),
            sent: Some(40),
            completed: 40,
            succeeded: Some(40),
            failed: Some(0),
            errors: BTreeMap::new(),
            statuses: BTreeMap::new(),
            throughput_per_s: None,
            mean_ms: None,
            quantiles_ms,
            max_ms: None,
        };
        assert_eq!(whole(Some(&all)), [12.0, 49.5, 70.0].map(Whole::Is));
        assert_eq!(whole(None), [Whole::Unknown; 3]);
    }

    #[test]
    fn users_and_replicas_are_steps_under_the_services_own_names_one_line_each() {
        use swarmlab_frame::clock::Bins;
        use swarmlab_frame::frame::{Column, Fold, Owner};
        let plan = Plan {
            measured: vec!["ms-exercise".to_owned()],
            ..Plan::of_load("web".into(), LoadModel::Closed, 2.0, 1.0, 1)
        };
        let raw = Raw {
            manifest: Manifest::begun(Origin::Run, "x", 1000.0, plan),
            client: Vec::new(),
            events: Vec::new(),
            decisions: Vec::new(),
            files: Integrity::default(),
        };
        let lines = |desired: [f64; 2]| {
            let Ok(bins) = Bins::new(1000.0, 1.0, 2) else { panic!("two bins") };
            let mut frame = Frame::with_zero(bins, 1000.0);
            let service = || Owner::Service("ms-exercise".to_owned());
            let of = |owner, name: &str, values: [f64; 2]| {
                Column::new(owner, name, "", "", Fold::Last, values.map(Some).to_vec())
            };
            let columns = [
                of(Owner::Client, "users", [1.0, 5.0]),
                of(service(), "replicas_desired", desired),
                of(service(), "replicas_running", [1.0, 2.0]),
                of(service(), "replicas_healthy", [1.0, 2.0]),
                of(service(), "replicas_serving", [1.0, 2.0]),
            ];
            let columns: Vec<Column> = columns.into_iter().flatten().collect();
            assert!(frame.extend(columns).is_ok());
            let panels = panels(&raw, &frame, None);
            let of = |title: &str| panels.iter().find(|p| p.title == title).map(|p| p.lines.clone());
            (of("Load").unwrap_or_default(), of("Replicas").unwrap_or_default())
        };
        let (users, replicas) = lines([1.0, 2.0]);
        assert!(users.iter().chain(&replicas).all(|line| line.step), "levels are no ramps");
        // Five columns of which four are equal are one line, under the name that the stack file has.
        assert_eq!(replicas.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["ms-exercise"]);
        let names: Vec<String> = lines([2.0, 2.0]).1.into_iter().map(|l| l.name).collect();
        assert_eq!(names, ["ms-exercise", "ms-exercise, asked for"]);
    }

    #[test]
    fn what_befalls_a_task_is_on_the_timeline() {
        use swarmlab_record::manifest::Windows;
        use swarmlab_record::topology::{Ailment, TaskLife, Trouble};
        let plan = Plan::of_load("web".into(), LoadModel::Open, 10.0, 1.0, 1);
        let begun = Manifest::begun(Origin::Run, "x", 1000.0, plan);
        let died = TaskLife {
            service: "door".into(),
            task: "door.1".into(),
            born_unix_s: Some(990.0),
            died_unix_s: Some(1004.5),
        };
        let (t_unix_s, what) = (1002.5, Ailment::Unhealthy);
        let unhealthy = Trouble { t_unix_s, service: "web".into(), task: "web.1".into(), what };
        let raw = Raw {
            manifest: Manifest { windows: Some(Windows::alone(1000.0, 1010.0, 1010.0)), ..begun },
            client: Vec::new(),
            events: vec![Event::Task(died), Event::Trouble(unhealthy)],
            decisions: Vec::new(),
            files: Integrity::default(),
        };
        let marks: Vec<(f64, String)> = markers(&raw, 1000.0).into_iter().map(|m| (m.t_s, m.label)).collect();
        let told = [(2.5, "a task of web unhealthy".to_owned()), (4.5, "a task of door ended".to_owned())];
        assert_eq!(marks, told);
    }
}
