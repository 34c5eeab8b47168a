//! On frames made by hand: what is seen when, how old it is, and what is not seen.
#![allow(clippy::unwrap_used)]

use swarmlab_control::controllers::cooldown::Cooldown;
use swarmlab_control::controllers::target::Of;
use swarmlab_control::controllers::{Fixed, TargetTracking};
use swarmlab_control::{Bounds, Observation, Reading};
use swarmlab_frame::clock::Bins;
use swarmlab_frame::frame::{Column, Fold, Frame, Owner};
use swarmlab_record::events::Event;
use swarmlab_record::plan::LoadModel;
use swarmlab_record::topology::{Front, Role, Service, TaskLife, Topology};

use super::*;
use crate::Raw;
use crate::assemble::fixture::load_alone;

/// A load of ten seconds from 1000 on: `edge` and `own` before `web`, `edge` also before `db`.
fn run() -> Raw {
    let mut raw = load_alone(10);
    let service =
        |name: &str| Service { name: name.into(), role: Role::Other, replicas: 1, image: String::new() };
    let front = |proxy: &str, service: &str| Front { proxy: proxy.into(), service: service.into() };
    raw.manifest.topology = Topology {
        services: ["edge", "own", "web", "db"].map(service).into(),
        fronts: vec![front("edge", "db"), front("own", "web")],
        nodes: Vec::new(),
    };
    raw.manifest.plan.target_service = "edge".into();
    raw
}

/// Twelve bins from two seconds before the load on.
fn frame(columns: &[(&str, &str, &str, [Option<f64>; 12])]) -> Frame {
    let mut frame = Frame::with_zero(Bins::new(998.0, 1.0, 12).unwrap(), 1000.0);
    for (service, metric, unit, values) in columns {
        let owner = match *service {
            "client" => Owner::Client,
            service => Owner::Service(service.into()),
        };
        let column = Column::new(owner, metric, unit, "by hand", Fold::Mean, values.to_vec());
        frame.push(column.unwrap()).unwrap();
    }
    frame
}

/// Values that say in which bin they are: 0, 1, 2, …
fn counted() -> [Option<f64>; 12] {
    std::array::from_fn(|i| Some(i as f64))
}

fn always(v: f64) -> [Option<f64>; 12] {
    [Some(v); 12]
}

const REPLICAS: [(&str, &str, &str, [Option<f64>; 12]); 2] =
    [("web", "replicas_desired", "", [Some(2.0); 12]), ("web", "replicas_running", "", [Some(2.0); 12])];

fn seen(raw: &Raw, frame: &Frame, t_s: f64) -> Observation {
    Recorded::new(raw, frame).unwrap().observation("web", t_s).unwrap()
}

#[test]
fn only_bins_that_are_over_are_seen_with_the_time_since_their_end() {
    let raw = run();
    let frame = frame(&[&REPLICAS[..], &[("web", "cpu", "cores", counted())]].concat());
    // The bin of 1000 to 1001 is the third: at 1001 it is over, half a second later it is that old.
    assert_eq!(seen(&raw, &frame, 1.0).metrics["cpu"], Reading::new(2.0, 0.0));
    assert_eq!(seen(&raw, &frame, 1.5).metrics["cpu"], Reading::new(2.0, 0.5));
    assert_eq!(seen(&raw, &frame, 1.999).metrics["cpu"], Reading::new(2.0, 0.999));
    assert_eq!(seen(&raw, &frame, 2.0).metrics["cpu"], Reading::new(3.0, 0.0));
}

#[test]
fn what_comes_later_changes_no_decision() {
    let raw = run();
    let (mut one, mut other) = (counted(), counted());
    (one[8..]).fill(Some(100.0));
    (other[8..]).fill(None);
    let lines = |values| {
        let frame = frame(&[&REPLICAS[..], &[("web", "cpu", "cores", values)]].concat());
        replay(&Recorded::new(&raw, &frame).unwrap(), vec![tracking("cpu", 1.0)]).lines
    };
    // Bin 8 is over at 1007: the decisions until six seconds are the same, that at seven is another.
    let (one, other) = (lines(one), lines(other));
    assert_eq!(one[..6], other[..6]);
    assert_ne!(one[6], other[6]);
}

#[test]
fn a_hole_is_no_zero_but_an_older_value_and_a_column_of_holes_is_none() {
    let raw = run();
    let mut holes = counted();
    holes[4..].fill(None);
    let columns =
        [&REPLICAS[..], &[("web", "cpu", "cores", holes), ("web", "memory", "bytes", [None; 12])]].concat();
    let frame = frame(&columns);
    let then = seen(&raw, &frame, 9.0);
    assert_eq!(then.metrics["cpu"], Reading::new(3.0, 7.0));
    assert!(!then.metrics.contains_key("memory") && !then.metrics.contains_key("p95"));
    // Too old to act on, and said so by name.
    let mut old = tracking("cpu", 1.0);
    old.autoscaler.bounds.stale_after_s = 5.0;
    let replay = replay(&Recorded::new(&raw, &frame).unwrap(), vec![old, tracking("p95", 1.0)]);
    assert_eq!(replay.tallies[0].holds, BTreeMap::from([("stale", 3)]));
    assert_eq!(replay.tallies[1].holds, BTreeMap::from([("missing", 10)]));
    assert_eq!((replay.tallies[1].least, replay.tallies[1].acts), (None, 0));
    assert_eq!(replay.remarks, ["web: the run does not have `p95`"]);
}

#[test]
fn where_nobody_knows_the_replicas_nobody_is_asked() {
    let raw = run();
    let mut late = always(2.0);
    late[..5].fill(None);
    let frame = frame(&[
        ("web", "replicas_desired", "", late),
        ("web", "replicas_running", "", late),
        ("web", "cpu", "cores", counted()),
    ]);
    let replay = replay(&Recorded::new(&raw, &frame).unwrap(), vec![tracking("cpu", 1.0)]);
    assert_eq!((replay.tallies[0].decisions, replay.tallies[0].unknown), (7, 3));
    assert!(replay.remarks[0].contains("at 3 moments"), "{:?}", replay.remarks);
}

#[test]
fn each_metric_is_of_whom_it_says() {
    let mut raw = run();
    raw.manifest.plan.model = LoadModel::Closed;
    let columns = [
        ("client", "users", "users", always(7.0)),
        ("client", "sent", "per_s", always(90.0)),
        ("client", "response_p95", "ms", always(250.0)),
        ("edge", "upstream_requests", "per_s", always(80.0)),
        ("own", "upstream_requests", "per_s", always(40.0)),
        ("own", "upstream_2xx", "per_s", always(30.0)),
        ("own", "upstream_5xx", "per_s", always(10.0)),
        ("own", "upstream_p99", "ms", always(20.0)),
        ("web", "requests", "per_s", always(39.0)),
        ("web", "cpu", "cores", always(0.5)),
        ("web", "cpu_limit", "cores", always(2.0)),
        ("web", "memory", "bytes", always(100.0)),
        ("web", "memory_limit", "bytes", always(0.0)),
    ];
    let frame = frame(&[&REPLICAS[..], &columns].concat());
    let then = seen(&raw, &frame, 5.0);
    let v = |name: &str| then.metrics.get(name).and_then(|r| r.v);
    // What the proxy counted comes before what the service says of itself.
    assert_eq!((v("request_rate"), v("error_rate"), v("p99")), (Some(40.0), Some(0.25), Some(0.02)));
    assert_eq!((v("cpu_utilization"), then.cpu_limit_cores), (Some(0.25), Some(1.0)));
    // A limit of 0 is none.
    assert_eq!((v("memory"), v("memory_utilization")), (Some(100.0), None));
    assert_eq!((v("edge.request_rate"), v("edge.p95"), v("users")), (Some(90.0), Some(0.25), Some(7.0)));
    assert_eq!((v("db.request_rate"), v("p95"), v("response_time")), (Some(80.0), None, None));
    // Before several, a proxy says nothing of one.
    raw.manifest.topology.fronts.push(Front { proxy: "edge".into(), service: "web".into() });
    assert_eq!(seen(&raw, &frame, 5.0).metrics["request_rate"].v, Some(39.0));
    // Users are of the closed model.
    raw.manifest.plan.model = LoadModel::Open;
    assert!(!seen(&raw, &frame, 5.0).metrics.contains_key("users"));
}

#[test]
fn tasks_are_those_of_the_moment_each_with_its_part() {
    let mut raw = run();
    let life = |task: &str, born_unix_s, died_unix_s| {
        Event::Task(TaskLife { service: "web".into(), task: task.into(), born_unix_s, died_unix_s })
    };
    raw.events = vec![
        life("gone", Some(900.0), Some(1001.5)),
        life("new", Some(1001.0), None),
        life("old", Some(900.0), None),
        life("never", None, Some(1003.0)),
    ];
    let columns = [
        ("web", "replicas_healthy", "", always(1.0)),
        ("web", "cpu", "cores", always(3.0)),
        ("web", "cpu_limit", "cores", always(4.0)),
    ];
    let frame = frame(&[&REPLICAS[..], &columns].concat());
    let tasks = seen(&raw, &frame, 5.0).tasks;
    let told: Vec<_> = tasks.iter().map(|t| (t.id.as_str(), t.ready, t.started_s)).collect();
    assert_eq!(told, [("old", Some(true), Some(900.0)), ("new", Some(false), Some(1001.0))]);
    assert_eq!((tasks[0].usage["cpu"].v, tasks[0].requests["cpu"]), (Some(1.5), 2.0));
    assert_eq!(tasks[0].usage["cpu"].window_s, 1.0);
    // Three live while two run: who is who is not known.
    assert!(seen(&raw, &frame, 1.2).tasks.is_empty());
}

fn tracking(metric: &str, target: f64) -> Controlled {
    let cooldown = Cooldown::new(0.0, 0.0);
    let strategy = TargetTracking { metric: metric.into(), of: Of::Total, target, only_up: false, cooldown };
    let autoscaler = Autoscaler::new(Bounds::default(), strategy.into());
    Controlled { service: "web".into(), every_s: 1.0, autoscaler }
}

#[test]
fn decisions_are_counted() {
    let raw = run();
    // Asked for are 2, then 5, 1, 1, 4 …: up, down, up.
    let mut cpu = always(2.0);
    cpu[3..7].copy_from_slice(&[Some(5.0), Some(1.0), Some(1.0), Some(4.0)]);
    cpu[7..].fill(Some(4.0));
    let frame = frame(&[&REPLICAS[..], &[("web", "cpu", "cores", cpu)]].concat());
    let fixed = Controlled {
        every_s: 4.0,
        autoscaler: Autoscaler::new(Bounds::default(), Fixed { replicas: 3 }.into()),
        ..tracking("cpu", 1.0)
    };
    let slow = Controlled { every_s: 11.0, ..fixed.clone() };
    let out = replay(&Recorded::new(&raw, &frame).unwrap(), vec![tracking("cpu", 1.0), fixed, slow]);
    let first = &out.tallies[0];
    let asked: Vec<u64> = out.lines.iter().filter(|l| l.seen.contains_key("cpu")).map(|l| l.asked).collect();
    assert_eq!(asked, [2, 5, 1, 1, 4, 4, 4, 4, 4, 4]);
    assert_eq!((first.decisions, first.acts, first.reversals), (10, 9, 2));
    assert_eq!((first.least, first.most), (Some(1), Some(5)));
    let act = first.first.as_ref().unwrap();
    assert_eq!((act.t_s, act.from, act.to), (2.0, 2, 5));
    let second = &out.tallies[1];
    assert_eq!((second.decisions, second.acts, second.reversals), (2, 2, 0));
    assert_eq!(out.tallies[2].decisions, 0);
    assert_eq!(out.remarks, ["web: the load lasted 10 s, so no decision was due at one every 11 s"]);
    let times: Vec<f64> = out.lines.iter().map(|l| l.t_s).collect();
    assert!(times.is_sorted() && times.len() == 12);
}
