//! One iteration of a scenario, looked at: each request, answer, extraction and check.
//!
//! It is a load of one user on one thread, with the same compiled scenario, connections and judge as any other; a tap
//! tells what goes by. Each task of each class is done once, by a user of its own, with `on_start` before and `on_stop`
//! after it. Steps that are done by chance are done surely. Secrets are blanked as in the first answers of a load.

mod reader;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::channel;

use serde::Serialize;
use swarmlab_intervals::{ErrorKind, Interval};
use swarmlab_shapes::Shape;
use swarmlab_shapes::shape::Constant;

use crate::engine::{Tap, start_tapped};
use crate::error::LoadError;
use crate::scenario::{Task, UserClass};
use crate::spec::{LoadSpec, Model};
use crate::target::SystemResolver;
use crate::wait::Wait;
use reader::Reader;

/// Length of an interval, seconds: how soon the end of an iteration is noticed.
const INTERVAL_S: f64 = 0.05;
/// A user that rests for this long does not begin again, seconds.
const REST_S: f64 = 86_000.0;
/// How long a task may take at most, seconds: a day.
const LONGEST_S: f64 = 86_400.0;

/// Which tasks are done.
#[derive(Debug, Clone, Default)]
pub struct Chosen {
    /// Name of the class; `None`: all.
    pub class: Option<String>,
    /// Name of the task; `None`: all.
    pub task: Option<String>,
}

/// One request and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exchange {
    /// Class of the user.
    pub class: String,
    /// Task, also for what is done at its start and stop.
    pub task: String,
    /// Name of the step.
    pub step: String,
    /// Name of the target.
    pub target: String,
    /// Where that is: an address, or the path of a Unix socket; `None`: no connection was there yet.
    pub address: Option<String>,
    /// Redirects that led here.
    pub redirects: u32,
    /// What was sent; `None`: nothing was.
    pub request: Option<Request>,
    /// Messages on a WebSocket that came before the one that the step waits for, or instead of it; the first of them.
    pub passed_over: Vec<String>,
    /// What came back; `None`: no complete answer.
    pub answer: Option<Answer>,
    /// What the step extracts, in its order.
    pub extracted: Vec<Extracted>,
    /// What the step expects of the status, and what it checks, in its order.
    pub checks: Vec<Checked>,
    /// How it ended, if not well.
    pub error: Option<ErrorKind>,
    /// That in words, where there are any.
    pub why: Option<String>,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    /// Request line and headers, each on a line, in the form of HTTP/1.1.
    pub head: String,
    /// The beginning of the body, at most 2 KiB.
    pub body: String,
    /// Length of the whole body, bytes.
    pub body_bytes: u64,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Status; 0 where the protocol has none.
    pub status: u16,
    /// Whether the step expects it; a redirect that is followed is no question of that.
    pub is_expected: bool,
    /// Headers, each on a line.
    pub headers: String,
    /// The beginning of the body, at most 2 KiB, without its coding if that was asked for.
    pub body: String,
    /// Length of the whole body as it came, bytes.
    pub body_bytes: u64,
    /// From the first byte sent to the last one received, milliseconds.
    pub service_ms: f64,
}

/// A value that was to be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Extracted {
    /// Name of the variable.
    pub variable: String,
    /// Where it was looked for.
    pub from: String,
    /// What was found; `None`: nothing, or nothing that can be used.
    pub value: Option<String>,
}

/// An assertion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// What must hold.
    pub check: String,
    /// Whether it does.
    pub holds: bool,
    /// What stands there instead, where that can be told.
    pub found: Option<String>,
}

/// What became of all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Debugged {
    /// Requests.
    pub exchanges: usize,
    /// Requests that were answered.
    pub answered: usize,
    /// Requests that ended with an error, by name, those included that could not even be begun.
    pub errors: BTreeMap<ErrorKind, u64>,
    /// Tasks that were chosen.
    pub chosen: usize,
    /// Tasks that were done: those whose user came to them, since its start went well.
    pub tasks: usize,
}

/// Does the chosen tasks of a load's scenario once each and tells `look` of each request; the load's model is not used.
///
/// # Errors
/// As [`start`](crate::start).
pub fn debug(
    spec: &LoadSpec,
    chosen: &Chosen,
    look: &mut dyn FnMut(&Exchange),
) -> Result<Debugged, LoadError> {
    let mut sum = Debugged::default();
    let is_chosen =
        |wanted: &Option<String>, name: &str| wanted.as_deref().is_none_or(|wanted| wanted == name);
    for class in spec.scenario.classes.iter().filter(|class| is_chosen(&chosen.class, &class.name)) {
        for (index, task) in class.tasks.iter().enumerate() {
            if !is_chosen(&chosen.task, &task.name) {
                continue;
            }
            let wait = Wait::Constant { s: REST_S };
            let mut tasks = vec![Task { weight: 1.0, ..task.clone() }];
            // What a task may look at is what any of its class sets: the others stay, and are never drawn.
            let others = class.tasks.iter().enumerate().filter(|(other, _)| *other != index);
            tasks.extend(others.map(|(_, other)| Task { weight: f64::MIN_POSITIVE, ..other.clone() }));
            once(spec, UserClass { tasks, wait, ..class.clone() }, &mut sum, look)?;
        }
    }
    Ok(sum)
}

/// One user of one class with one task.
fn once(
    spec: &LoadSpec,
    class: UserClass,
    sum: &mut Debugged,
    look: &mut dyn FnMut(&Exchange),
) -> Result<(), LoadError> {
    let mut spec = spec.clone();
    let task = class.tasks.first().map(|task| task.name.clone()).unwrap_or_default();
    spec.scenario.classes = vec![class];
    spec.scenario.visit_mut(&mut |step| step.probability = 1.0);
    let users = Shape::Constant(Constant { level: 1.0, duration_s: LONGEST_S });
    spec.model = Model::Closed { users, spawn_rate_per_s: None };
    spec.threads = 1;
    spec.interval_s = INTERVAL_S;
    spec.keep_awake = false;
    let (to_here, tapped) = channel();
    let mut reader = Reader::new(&spec, task);
    let handle = start_tapped(spec, Arc::new(SystemResolver), Some(Tap::new(to_here)))?;
    // What failed before is told when the reasons are known, at the end; what went well at once.
    while let Ok(interval) = handle.intervals().recv() {
        reader.read(&tapped);
        reader.show(look, &BTreeMap::new(), false);
        if is_over(&interval) {
            handle.stop();
        }
    }
    let outcome = handle.join()?;
    reader.read(&tapped);
    reader.show(look, &outcome.first_errors, true);
    let tally = &outcome.overall.tally;
    sum.exchanges += usize::try_from(tally.offered).unwrap_or(usize::MAX);
    sum.answered += usize::try_from(tally.completed).unwrap_or(usize::MAX);
    sum.chosen += 1;
    sum.tasks += usize::from(reader.has_started());
    for (kind, count) in tally.errors() {
        *sum.errors.entry(kind).or_default() += count;
    }
    Ok(())
}

/// Whether the user rests, or has left for good.
fn is_over(interval: &Interval) -> bool {
    let is_still = interval.in_flight_end == 0 && interval.queued_end == 0;
    is_still && (interval.think_s > 0.0 || interval.users < 1e-9)
}
