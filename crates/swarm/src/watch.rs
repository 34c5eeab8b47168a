//! Replica truth: a stack's replicas as the engine itself sees them come and go.
//!
//! The engine reports services and containers by events, but not the states of tasks. So the watcher
//! follows the events, and looks at the lists of services and tasks regularly, and more often for a
//! moment after each event. Every change is told with the engine's own timestamp, so that the time of a
//! look does not matter. A stream that breaks is opened again at the point it broke; the engine then
//! repeats what was missed.

use crate::connect::Engine;
use crate::error::SwarmError;
use crate::labels::{LABEL_SERVICE_ID, LABEL_TASK_ID};
use crate::model::Health;
use crate::time::unix_s;
use crate::watch_event::{EngineEvent, EngineEventKind, TaskPhase, WatchEvent};
use crate::watch_state::WatchState;
use bollard::errors::Error as ApiError;
use bollard::models::{EventMessage, EventMessageTypeEnum};
use bollard::query_parameters::EventsOptions;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde::Serialize;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// After an event the states of tasks follow within moments: so long the lists are looked at often.
const HURRY: Duration = Duration::from_millis(1_000);
const HURRY_STEP: Duration = Duration::from_millis(100);
/// How far before the last event a broken stream is opened again: events of the Swarm may come late.
const OVERLAP_NS: i64 = 2_000_000_000;
/// Events remembered to tell repeated ones.
const REMEMBERED: usize = 1_024;
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// How a stack is watched.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// Longest time between two looks at the lists, in milliseconds.
    pub look_every_ms: u64,
    /// Ends the watch.
    pub cancel: CancellationToken,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self { look_every_ms: 500, cancel: CancellationToken::new() }
    }
}

/// What a watch took.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct WatchReport {
    /// Events of the engine taken in.
    pub events: u64,
    /// Looks at the lists.
    pub looks: u64,
    /// How often the engine's event stream had to be opened again.
    pub reconnects: u64,
}

/// Watches a stack until cancelled, and hands what it sees to `sink`, in order. The stack may be there
/// already, come later, go, and come again.
///
/// A task whose whole life passes between two looks shows by its container's events only.
///
/// Error: only if the engine cannot be reached at the beginning; later that is a [`WatchEvent::Gap`],
/// and it is tried again.
pub async fn watch(
    engine: &Engine,
    stack: &str,
    options: &WatchOptions,
    sink: &mut (dyn FnMut(WatchEvent) + Send),
) -> Result<WatchReport, SwarmError> {
    follow(engine, stack, options, &mut Sink::Call(sink)).await
}

/// As [`watch`], into a bounded channel: while it is full the watch waits, and the engine repeats later what it could not
/// say meanwhile, so that nothing is lost. Ends also when the receiver is gone.
///
/// # Errors
/// As [`watch`].
pub async fn watch_into(
    engine: &Engine,
    stack: &str,
    options: &WatchOptions,
    out: &mpsc::Sender<WatchEvent>,
) -> Result<WatchReport, SwarmError> {
    follow(engine, stack, options, &mut Sink::Channel(out)).await
}

/// Where events go.
enum Sink<'a> {
    Call(&'a mut (dyn FnMut(WatchEvent) + Send)),
    Channel(&'a mpsc::Sender<WatchEvent>),
}

impl Sink<'_> {
    async fn take(&mut self, events: &mut Vec<WatchEvent>) {
        for event in events.drain(..) {
            match self {
                Self::Call(call) => call(event),
                // A receiver that is gone ends the watch at its next turn.
                Self::Channel(out) => drop(out.send(event).await),
            }
        }
    }

    fn is_closed(&self) -> bool {
        matches!(self, Self::Channel(out) if out.is_closed())
    }
}

async fn follow(
    engine: &Engine,
    stack: &str,
    options: &WatchOptions,
    sink: &mut Sink<'_>,
) -> Result<WatchReport, SwarmError> {
    let clock = EngineClock::read(engine).await?;
    let mut watcher = Watcher {
        engine,
        stack,
        clock,
        state: WatchState::new(stack),
        seen: VecDeque::new(),
        latest_ns: (clock.now_unix_s() * 1e9) as i64,
        untold: Vec::new(),
        report: WatchReport::default(),
    };
    // The stream first, then the lists: what changes in between is in both rather than in neither.
    let mut stream = watcher.open(0);
    watcher.look().await?;
    sink.take(&mut watcher.untold).await;
    let look_every = Duration::from_millis(options.look_every_ms.max(1));
    let mut hurry_until = Instant::now();
    let mut next_look = Instant::now() + look_every;
    loop {
        let broken = tokio::select! {
            () = options.cancel.cancelled() => return Ok(watcher.report),
            event = stream.next() => match event {
                Some(Ok(event)) => {
                    if watcher.take(event) {
                        hurry_until = Instant::now() + HURRY;
                        next_look = next_look.min(Instant::now() + HURRY_STEP / 5);
                    }
                    None
                }
                Some(Err(error)) => Some(engine.fail("follow the engine's events", error).to_string()),
                None => Some("the engine ended the stream of events".to_string()),
            },
            () = tokio::time::sleep_until(next_look) => {
                let step = if Instant::now() < hurry_until { HURRY_STEP.min(look_every) } else { look_every };
                next_look = Instant::now() + step;
                watcher.look().await.err().map(|error| error.to_string())
            }
        };
        if let Some(why) = broken {
            tracing::debug!(%why, "watch lost the engine");
            let Some(again) = watcher.reconnect(why, &options.cancel).await else {
                return Ok(watcher.report);
            };
            stream = again;
            next_look = Instant::now() + look_every;
        }
        sink.take(&mut watcher.untold).await;
        if sink.is_closed() {
            return Ok(watcher.report);
        }
    }
}

type Events = BoxStream<'static, Result<EventMessage, ApiError>>;

struct Watcher<'a> {
    engine: &'a Engine,
    stack: &'a str,
    clock: EngineClock,
    state: WatchState,
    seen: VecDeque<(i64, String, String)>,
    latest_ns: i64,
    /// Events that are to be told, in order.
    untold: Vec<WatchEvent>,
    report: WatchReport,
}

impl Watcher<'_> {
    fn open(&self, overlap_ns: i64) -> Events {
        let since_ns = self.latest_ns - overlap_ns;
        let list = |items: &[&str]| items.iter().map(ToString::to_string).collect::<Vec<_>>();
        let filters = HashMap::from([
            ("type".to_string(), list(&["container", "service", "node"])),
            // Health checks make three exec events each; those stay out.
            (
                "event".to_string(),
                list(&["create", "update", "remove", "start", "die", "oom", "destroy", "health_status"]),
            ),
        ]);
        let since =
            format!("{}.{:09}", since_ns.div_euclid(1_000_000_000), since_ns.rem_euclid(1_000_000_000));
        let options = EventsOptions { since: Some(since), until: None, filters: Some(filters) };
        self.engine.docker().events(Some(options)).boxed()
    }

    fn tell(&mut self, events: Vec<WatchEvent>) {
        self.untold.extend(events);
    }

    async fn look(&mut self) -> Result<(), SwarmError> {
        self.report.looks += 1;
        let (services, tasks) = tokio::try_join!(
            self.engine.stack_services(self.stack),
            self.engine.stack_tasks(self.stack, false)
        )?;
        let now_unix_s = self.clock.now_unix_s();
        let wants_health = self.state.wants_health(&tasks);
        // Health before numbers: a replica must not count as healthy because nobody has asked yet.
        if wants_health {
            let mut health = self.engine.health().await?;
            for task in tasks.iter().filter(|task| task.runs()) {
                health.entry(task.container_id.clone()).or_insert(Health::None);
            }
            let events = self.state.learn_health(health, now_unix_s);
            self.tell(events);
        }
        let events = self.state.look(services, tasks, now_unix_s);
        self.tell(events);
        Ok(())
    }

    /// Takes in an event; false if it was known, or is nothing to us.
    fn take(&mut self, event: EventMessage) -> bool {
        let Some(ns) = event.time_nano else { return false };
        let actor = event.actor.as_ref().and_then(|actor| actor.id.clone()).unwrap_or_default();
        let key = (ns, actor, event.action.clone().unwrap_or_default());
        if self.seen.contains(&key) {
            return false;
        }
        self.seen.push_back(key);
        if self.seen.len() > REMEMBERED {
            self.seen.pop_front();
        }
        self.latest_ns = self.latest_ns.max(ns);
        let Some(event) = read_event(&event, ns) else { return false };
        self.report.events += 1;
        let events = self.state.event(event);
        self.tell(events);
        true
    }

    /// Tries until the engine answers again; `None` if cancelled.
    async fn reconnect(&mut self, why: String, cancel: &CancellationToken) -> Option<Events> {
        let from_t_unix_s = self.clock.now_unix_s();
        let mut pause = Duration::from_millis(50);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return None,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(BACKOFF_MAX);
            let Ok(clock) = EngineClock::read(self.engine).await else { continue };
            self.clock = clock;
            self.report.reconnects += 1;
            let to_t_unix_s = self.clock.now_unix_s();
            let mut stream = self.open(OVERLAP_NS);
            self.tell(vec![WatchEvent::Gap { from_t_unix_s, to_t_unix_s, why: why.clone() }]);
            // What the engine repeats comes before the look, which has no time for some of it.
            while let Ok(Some(Ok(event))) = tokio::time::timeout(HURRY_STEP, stream.next()).await {
                self.take(event);
            }
            let relearn = self.engine.health().await;
            if let Ok(health) = relearn {
                let events = self.state.learn_health(health, to_t_unix_s);
                self.tell(events);
                if self.look().await.is_ok() {
                    return Some(stream);
                }
            }
        }
    }
}

/// Reads what concerns us; `ns` is the event's time in nanoseconds since 1970.
fn read_event(event: &EventMessage, ns: i64) -> Option<EngineEvent> {
    let action = event.action.as_deref()?;
    let actor = event.actor.as_ref()?;
    let attribute = |name: &str| actor.attributes.as_ref().and_then(|all| all.get(name)).cloned();
    let what = match (event.typ?, action) {
        (EventMessageTypeEnum::SERVICE, "remove") => {
            EngineEventKind::ServiceRemoved { service_id: actor.id.clone()? }
        }
        (EventMessageTypeEnum::SERVICE, _) => match attribute("replicas.new").and_then(|n| n.parse().ok()) {
            Some(replicas) => EngineEventKind::Scaled { service_id: actor.id.clone()?, replicas },
            None => EngineEventKind::LookAgain,
        },
        (EventMessageTypeEnum::NODE, _) => EngineEventKind::LookAgain,
        (EventMessageTypeEnum::CONTAINER, action) => {
            let (service_id, task_id) = (attribute(LABEL_SERVICE_ID)?, attribute(LABEL_TASK_ID)?);
            let phase = match action {
                "start" => TaskPhase::ContainerStarted,
                "die" => TaskPhase::ContainerDied {
                    exit_code: attribute("exitCode").and_then(|code| code.parse().ok()),
                },
                "oom" => TaskPhase::OutOfMemory,
                "health_status: healthy" => TaskPhase::ContainerHealth(Health::Healthy),
                "health_status: unhealthy" => TaskPhase::ContainerHealth(Health::Unhealthy),
                "health_status: starting" => TaskPhase::ContainerHealth(Health::Starting),
                _ => {
                    return Some(EngineEvent { t_unix_s: ns as f64 / 1e9, what: EngineEventKind::LookAgain });
                }
            };
            EngineEventKind::Container { service_id, task_id, container_id: actor.id.clone()?, phase }
        }
        _ => return None,
    };
    Some(EngineEvent { t_unix_s: ns as f64 / 1e9, what })
}

/// The engine's clock, as far from ours as it was when it was last asked.
#[derive(Debug, Clone, Copy)]
struct EngineClock {
    ahead_s: f64,
}

impl EngineClock {
    async fn read(engine: &Engine) -> Result<Self, SwarmError> {
        let before_unix_s = own_unix_s();
        let info = engine.docker().info().await.map_err(|error| engine.fail("ask for the time", error))?;
        let after_unix_s = own_unix_s();
        let engines = info.system_time.as_deref().and_then(unix_s).unwrap_or(after_unix_s);
        // Its time lies between our two; if that is possible, the clocks are taken to agree.
        let ahead_s = if (before_unix_s..=after_unix_s).contains(&engines) {
            0.0
        } else {
            engines - (before_unix_s + after_unix_s) / 2.0
        };
        Ok(Self { ahead_s })
    }

    fn now_unix_s(self) -> f64 {
        own_unix_s() + self.ahead_s
    }
}

fn own_unix_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(json: &str) -> Option<EngineEventKind> {
        let event: EventMessage = serde_json::from_str(json).unwrap();
        read_event(&event, event.time_nano.unwrap()).map(|event| event.what)
    }

    #[test]
    fn events_as_the_engine_sends_them() {
        let scaled = r#"{"Type":"service","Action":"update","Actor":{"ID":"s1","Attributes":{"name":"lab_a",
            "replicas.new":"2","replicas.old":"1"}},"scope":"swarm","time":1795232753,"timeNano":1795232753346788931}"#;
        assert_eq!(read(scaled), Some(EngineEventKind::Scaled { service_id: "s1".into(), replicas: 2 }));
        let container = |action: &str, more: &str| {
            read(&format!(
                r#"{{"status":"{action}","id":"c1","from":"i","Type":"container","Action":"{action}","Actor":{{
                "ID":"c1","Attributes":{{"com.docker.swarm.service.id":"s1","com.docker.swarm.task.id":"t1"{more}}}}},
                "scope":"local","time":1,"timeNano":1000000000}}"#
            ))
        };
        let phase = |phase| {
            let (service_id, task_id, container_id) = ("s1".to_string(), "t1".to_string(), "c1".to_string());
            Some(EngineEventKind::Container { service_id, task_id, container_id, phase })
        };
        let died = TaskPhase::ContainerDied { exit_code: Some(3) };
        assert_eq!(container("die", r#","exitCode":"3""#), phase(died));
        let healthy = TaskPhase::ContainerHealth(Health::Healthy);
        assert_eq!(container("health_status: healthy", ""), phase(healthy));
        assert_eq!(container("oom", ""), phase(TaskPhase::OutOfMemory));
        assert_eq!(container("destroy", ""), Some(EngineEventKind::LookAgain));
    }

    #[test]
    fn a_plain_containers_events_are_nothing_to_us() {
        let plain = r#"{"Type":"container","Action":"start","Actor":{"ID":"c","Attributes":{"image":"i"}},
            "scope":"local","time":1,"timeNano":1000000000}"#;
        assert_eq!(read(plain), None);
    }
}
