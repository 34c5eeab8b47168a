//! The watcher against the engine's own record of events.

use crate::support::*;
use bollard::query_parameters::EventsOptions;
use futures_util::StreamExt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use swarmlab_swarm::*;
use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// Events with the time they were told at.
type Record = Arc<Mutex<Vec<(f64, WatchEvent)>>>;

fn now_unix_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

fn start_watch(engine: &Engine, name: &str) -> (Record, CancellationToken, JoinHandle<WatchReport>) {
    let (record, options) = (Record::default(), WatchOptions::default());
    let (engine, name, cancel, into) =
        (engine.clone(), name.to_string(), options.cancel.clone(), record.clone());
    let handle = tokio::spawn(async move {
        let mut sink = |event| into.lock().unwrap().push((now_unix_s(), event));
        watch(&engine, &name, &options, &mut sink).await.unwrap()
    });
    (record, cancel, handle)
}

fn replicas(record: &Record, service: &str) -> Vec<(f64, ReplicaEvent)> {
    let all = record.lock().unwrap();
    let of = |(told, event): &(f64, WatchEvent)| match event {
        WatchEvent::Replicas(event) if event.service == service => Some((*told, event.clone())),
        _ => None,
    };
    all.iter().filter_map(of).collect()
}

async fn until(record: &Record, service: &str, numbers: (u64, u64, u64)) -> (f64, ReplicaEvent) {
    let mut found = None;
    eventually(&format!("{service} at {numbers:?}"), async || {
        found = replicas(record, service).pop().filter(|(_, e)| (e.desired, e.running, e.healthy) == numbers);
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// The engine's own events as it sends them: time, action, service (full name). Taken live, for the engine
/// remembers only the last 256, and health checks alone make many.
type EngineRecord = Arc<Mutex<Vec<(f64, String, String)>>>;

fn record_engine(engine: &Engine) -> (EngineRecord, JoinHandle<()>) {
    let record = EngineRecord::default();
    let (docker, into) = (engine.docker().clone(), record.clone());
    let handle = tokio::spawn(async move {
        let mut events = docker.events(None::<EventsOptions>);
        while let Some(Ok(event)) = events.next().await {
            let attributes = event.actor.and_then(|actor| actor.attributes).unwrap_or_default();
            let of = attributes.get("com.docker.swarm.service.name").or(attributes.get("name"));
            if let (Some(ns), Some(action), Some(of)) = (event.time_nano, event.action, of) {
                into.lock().unwrap().push((ns as f64 / 1e9, action, of.clone()));
            }
        }
    });
    (record, handle)
}

/// Times of the engine's events of a kind for a service since a moment.
fn engine_times(record: &EngineRecord, full: &str, action: &str, since_unix_s: f64) -> Vec<f64> {
    let all = record.lock().unwrap();
    let these = all.iter().filter(|(t, a, of)| *t >= since_unix_s && a == action && of == full);
    these.map(|(t, ..)| *t).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn replicas_follow_the_engines_events_within_a_second() {
    let engine = engine().await;
    let name = "t-watch";
    let (truths, truths_handle) = record_engine(&engine);
    let (record, cancel, handle) = start_watch(&engine, name);
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE).with_health("exit 0"));
    specs.services.push(service(name, "bare", IDLE));
    quick_up(&engine, &specs).await.unwrap();
    until(&record, "web", (1, 1, 1)).await;
    until(&record, "bare", (1, 1, 1)).await;

    for (from, to) in [(1, 4), (4, 1)] {
        let ordered_unix_s = now_unix_s();
        scale(&engine, name, &[("web", to), ("bare", to)], &ScaleOptions::default()).await.unwrap();
        for service in ["web", "bare"] {
            let (told, last) = until(&record, service, (to, to, to)).await;
            let full = format!("{name}_{service}");
            // Wanted: since the engine's event, to the microsecond.
            let update = engine_times(&truths, &full, "update", ordered_unix_s)[0];
            let events = replicas(&record, service);
            let (told_desired, desired) = events.iter().find(|(_, e)| e.t_unix_s >= ordered_unix_s).unwrap();
            assert_eq!((desired.desired, desired.cause.clone()), (to, Cause::Order));
            assert!((desired.t_unix_s - update).abs() < 0.05, "{} against {update}", desired.t_unix_s);
            // There: within a second of the engine's own last event on the containers.
            let truth = if to > from {
                let action = if service == "web" { "health_status: healthy" } else { "start" };
                let times = engine_times(&truths, &full, action, ordered_unix_s);
                assert_eq!(times.len() as u64, to - from);
                times.into_iter().fold(0.0, f64::max)
            } else {
                // Told to end, they serve no longer, within a second of the order; they run until they have died.
                let ends = |e: &ReplicaEvent| e.t_unix_s >= ordered_unix_s && e.healthy == to;
                let unserving = replicas(&record, service).into_iter().find(|(_, e)| ends(e)).unwrap().1;
                assert!(
                    (-0.05..1.0).contains(&(unserving.t_unix_s - update)),
                    "{unserving:?} against {update}"
                );
                engine_times(&truths, &full, "die", ordered_unix_s).into_iter().fold(0.0, f64::max)
            };
            let (lag, delay) = (last.t_unix_s - truth, told - truth);
            println!(
                "{service} {from} -> {to}: stamped {lag:+.3} s, told {delay:+.3} s after the engine's event \
                 (the order: told after {:.3} s)",
                told_desired - update
            );
            assert!((-0.05..1.0).contains(&lag) && delay < 1.0, "{lag} {delay}");
        }
    }
    quick_down(&engine, name).await.unwrap();
    until(&record, "web", (0, 0, 0)).await;
    cancel.cancel();
    let report = handle.await.unwrap();
    truths_handle.abort();
    println!("{report:?}");
    let events = replicas(&record, "web");
    assert!(events.windows(2).all(|two| two[0].1.t_unix_s <= two[1].1.t_unix_s));
    // Each of the four replicas has a life of its own: it ran, and its container ended.
    let all = record.lock().unwrap();
    let tasks_with = |wanted: fn(&TaskPhase) -> bool| {
        let of = |event: &WatchEvent| match event {
            WatchEvent::Task(task) if task.service == "web" && wanted(&task.phase) => {
                Some(task.task_id.clone())
            }
            _ => None,
        };
        all.iter().filter_map(|(_, event)| of(event)).collect::<std::collections::BTreeSet<_>>()
    };
    let ran = tasks_with(|phase| *phase == TaskPhase::State(TaskState::Running));
    assert_eq!(ran.len(), 4);
    assert_eq!(tasks_with(|phase| matches!(phase, TaskPhase::ContainerDied { .. })), ran);
    assert_eq!(tasks_with(|phase| *phase == TaskPhase::Gone), ran);
}

/// A socket before the engine's whose connections can all be cut.
struct Proxy {
    address: String,
    cut: tokio::sync::watch::Sender<u32>,
    _dir: tempfile::TempDir,
}

fn proxy(engine: &Engine) -> Proxy {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("proxy.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let target = engine.info().address.trim_start_matches("unix://").to_string();
    let (cut, cuts) = tokio::sync::watch::channel(0);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let (target, mut cuts) = (target.clone(), cuts.clone());
            cuts.mark_unchanged();
            tokio::spawn(async move {
                let mut server = UnixStream::connect(target).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut client, &mut server) => {}
                    _ = cuts.changed() => {}
                }
            });
        }
    });
    Proxy { address: format!("unix://{}", path.display()), cut, _dir: dir }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn a_broken_stream_is_taken_up_where_it_broke() {
    let engine = engine().await;
    let name = "t-broken";
    let proxy = proxy(&engine);
    let through = connect(Some(&proxy.address)).await.unwrap();
    let mut specs = stack(name);
    specs.services.push(service(name, "web", IDLE));
    quick_up(&engine, &specs).await.unwrap();
    let (truths, truths_handle) = record_engine(&engine);
    let (record, cancel, handle) = start_watch(&through, name);
    until(&record, "web", (1, 1, 1)).await;
    let ordered_unix_s = now_unix_s();
    // Cut again and again while replicas come and go.
    let cutter = tokio::spawn(async move {
        for _ in 0..8 {
            proxy.cut.send_modify(|count| *count += 1);
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        proxy
    });
    scale(&engine, name, &[("web", 3)], &ScaleOptions::default()).await.unwrap();
    let (_, there) = until(&record, "web", (3, 3, 3)).await;
    let _proxy = cutter.await.unwrap();
    scale(&engine, name, &[("web", 2)], &ScaleOptions::default()).await.unwrap();
    until(&record, "web", (2, 2, 2)).await;
    cancel.cancel();
    let report = handle.await.unwrap();
    println!("{report:?}");
    assert!(report.reconnects >= 1);
    let gaps = record.lock().unwrap().iter().filter(|(_, e)| matches!(e, WatchEvent::Gap { .. })).count();
    assert_eq!(gaps as u64, report.reconnects);
    // The engine's times survive the gap, and nothing is told twice.
    let started = engine_times(&truths, "t-broken_web", "start", ordered_unix_s);
    let last_start = started.iter().copied().fold(0.0, f64::max);
    assert!((-0.05..1.0).contains(&(there.t_unix_s - last_start)), "{} {last_start}", there.t_unix_s);
    let told_starts = record.lock().unwrap().iter().filter(|(_, event)| {
        matches!(event, WatchEvent::Task(task) if task.phase == TaskPhase::ContainerStarted && task.t_unix_s > ordered_unix_s)
    }).count();
    assert_eq!(told_starts, started.len());
    truths_handle.abort();
    quick_down(&engine, name).await.unwrap();
}
