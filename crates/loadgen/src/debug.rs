//! One iteration of a scenario, looked at: each request, answer, extraction and check.
//!
//! It is a load of one user on one thread, with the same compiled scenario, connections and judge as any other; a tap
//! tells what goes by. Each task of each class is done once, by a user of its own, with `on_start` before and `on_stop`
//! after it. Steps that are done by chance are done surely. Secrets are blanked as in the first answers of a load.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use serde::Serialize;
use swarmlab_intervals::{ErrorKind, Interval, grpc_name};
use swarmlab_shapes::Shape;
use swarmlab_shapes::shape::Constant;

use crate::engine::{Seen, Tap, Tapped, start_tapped};
use crate::error::LoadError;
use crate::scenario::{Action, Check, FieldTest, NodeTest, Source, Step, Task, UserClass};
use crate::spec::{LoadSpec, Model};
use crate::target::{Endpoint, LoadTarget, SystemResolver};
use crate::wait::Wait;

/// Length of an interval, seconds: how soon the end of an iteration is noticed.
const INTERVAL_S: f64 = 0.05;
/// A user that rests for this long does not begin again, seconds.
const REST_S: f64 = 86_000.0;
/// How long a task may take at most, seconds: a day.
const LONGEST_S: f64 = 86_400.0;
/// Most messages that are shown of those that a step passes over.
const MESSAGES: usize = 20;
/// Longest extracted value that is shown, characters.
const VALUE_CHARS: usize = 200;

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
    let mut reader = Reader {
        class: spec.scenario.classes.first().map(|class| class.name.clone()).unwrap_or_default(),
        task,
        steps: spec.scenario.steps().cloned().collect(),
        targets: spec.targets.clone(),
        open: VecDeque::new(),
        done: Vec::new(),
        redirects: 0,
        has_started: false,
    };
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
    sum.tasks += usize::from(reader.has_started);
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

/// Puts together what belongs together.
struct Reader {
    class: String,
    task: String,
    steps: Vec<Step>,
    targets: Vec<LoadTarget>,
    /// Requests without an answer yet, with their steps.
    open: VecDeque<(u32, Exchange)>,
    /// What is complete and not told yet.
    done: Vec<Exchange>,
    /// Redirects followed one after the other so far.
    redirects: u32,
    /// Whether the user came to its task.
    has_started: bool,
}

impl Reader {
    fn read(&mut self, tapped: &Receiver<Tapped>) {
        for event in tapped.try_iter() {
            match event {
                Tapped::Sent { step, target, address, head, body, body_bytes } => {
                    // A connection that broke before a byte was written: the same request, once more.
                    self.open.retain(|(open, _)| *open != step);
                    let mut exchange = self.exchange(step);
                    let target = self.targets.get(target);
                    exchange.target = target.map(|target| target.name.clone()).unwrap_or_default();
                    exchange.address = match target.map(|target| &target.endpoint) {
                        Some(Endpoint::Unix(path)) => Some(path.display().to_string()),
                        _ => address.map(|address| address.to_string()),
                    };
                    exchange.redirects = self.redirects;
                    exchange.request = Some(Request { head, body, body_bytes });
                    self.open.push_back((step, exchange));
                }
                Tapped::Answered { step, status, headers, body, body_bytes, service_ns, error, seen } => {
                    let mut exchange = self.take(step);
                    let is_expected = seen.as_ref().is_none_or(|seen| seen.is_expected);
                    let service_ms = service_ns as f64 / 1e6;
                    self.redirects = if seen.is_none() && error.is_none() { self.redirects + 1 } else { 0 };
                    exchange.answer =
                        Some(Answer { status, is_expected, headers, body, body_bytes, service_ms });
                    exchange.error = error;
                    if let (Some(seen), Some(step)) = (seen, self.steps.get(step as usize)) {
                        fill(&mut exchange, step, seen);
                    }
                    self.done.push(exchange);
                }
                Tapped::PassedOver { step, message } => {
                    let place = self.open.iter().position(|(open, _)| *open == step);
                    // A step that only awaits has sent nothing.
                    let exchange = match place {
                        Some(place) => &mut self.open[place].1,
                        None => {
                            let exchange = self.exchange(step);
                            self.open.push_back((step, exchange));
                            let last = self.open.len() - 1;
                            &mut self.open[last].1
                        }
                    };
                    if exchange.passed_over.len() < MESSAGES {
                        exchange.passed_over.push(message);
                    }
                }
                Tapped::Failed { step, kind } => {
                    let mut exchange = self.take(step);
                    exchange.error = Some(kind);
                    self.redirects = 0;
                    self.done.push(exchange);
                }
                Tapped::Left { has_started } => self.has_started = has_started,
            }
        }
    }

    fn exchange(&self, step: u32) -> Exchange {
        let step = self.steps.get(step as usize);
        let target = step
            .and_then(|step| step.target.clone())
            .or_else(|| self.targets.first().map(|target| target.name.clone()));
        Exchange {
            class: self.class.clone(),
            task: self.task.clone(),
            step: step.map(|step| step.name.clone()).unwrap_or_default(),
            target: target.unwrap_or_default(),
            address: None,
            redirects: 0,
            request: None,
            passed_over: Vec::new(),
            answer: None,
            extracted: Vec::new(),
            checks: Vec::new(),
            error: None,
            why: None,
        }
    }

    fn take(&mut self, step: u32) -> Exchange {
        let place = self.open.iter().position(|(open, _)| *open == step);
        place
            .and_then(|place| self.open.remove(place))
            .map_or_else(|| self.exchange(step), |(_, exchange)| exchange)
    }

    /// Tells of what is complete; unless it is the end, only up to the first error, whose reason is not known yet.
    fn show(&mut self, look: &mut dyn FnMut(&Exchange), reasons: &BTreeMap<ErrorKind, String>, is_end: bool) {
        let known = match is_end {
            true => self.done.len(),
            false => {
                self.done.iter().position(|exchange| exchange.error.is_some()).unwrap_or(self.done.len())
            }
        };
        for mut exchange in self.done.drain(..known) {
            exchange.why = exchange.error.and_then(|kind| reasons.get(&kind).cloned());
            look(&exchange);
        }
    }
}

fn fill(exchange: &mut Exchange, step: &Step, seen: Seen) {
    exchange.checks = expectation(exchange, step, seen.is_expected).into_iter().collect();
    exchange.checks.extend(step.checks.iter().zip(seen.checks).map(|(check, seen)| Checked {
        check: described(check),
        holds: seen.holds,
        found: seen.found.map(|found| match is_secret(of_check(check)) {
            true => "***".to_owned(),
            false => shown("", &found),
        }),
    }));
    exchange.extracted = step
        .extract
        .iter()
        .zip(seen.extracted)
        .map(|(extract, value)| Extracted {
            variable: extract.variable.clone(),
            from: source(&extract.from),
            value: value.map(|value| {
                let from = match &extract.from {
                    Source::JsonPointer(text) | Source::Header(text) => text.as_str(),
                    Source::JsonPath { path, .. } => path.as_str(),
                    Source::Cookie(_) | Source::Regex { .. } => "",
                };
                let is_cookie = matches!(extract.from, Source::Cookie(_));
                if is_cookie || is_secret(from) { "***".to_owned() } else { shown(&extract.variable, &value) }
            }),
        })
        .collect();
}

/// What a step expects of the status of its answer, where that has one.
fn expectation(exchange: &Exchange, step: &Step, is_expected: bool) -> Option<Checked> {
    let answer = exchange.answer.as_ref()?;
    let (check, holds, found) = match &step.action {
        Action::Http(request) => {
            let ranges = request.expect.0.iter().map(|(from, to)| match from == to {
                true => from.to_string(),
                false => format!("{from} to {to}"),
            });
            let ranges = ranges.collect::<Vec<_>>().join(" or ");
            (format!("the status is {ranges}"), is_expected, answer.status.to_string())
        }
        Action::Grpc(call) if answer.status == 200 => {
            let name = |code: u16| format!("{} ({code})", grpc_name(code));
            let expected: Vec<String> = call.expect.iter().map(|code| name(*code)).collect();
            let lines = answer.headers.lines();
            let code = lines.filter_map(|line| line.strip_prefix("grpc-status: ")).next_back();
            let holds = exchange.error != Some(ErrorKind::GrpcError);
            let found = code.and_then(|code| code.trim().parse().ok()).map_or("nothing".to_owned(), name);
            (format!("grpc-status is {}", expected.join(" or ")), holds, found)
        }
        Action::Grpc(_) => ("the status is 200".to_owned(), false, answer.status.to_string()),
        _ => return None,
    };
    Some(Checked { check, holds, found: Some(found) })
}

/// Where a check looks, if a name there may tell of a secret.
fn of_check(check: &Check) -> &str {
    match check {
        Check::Header { name, .. } => name,
        Check::Json { pointer, .. } => pointer,
        Check::JsonPath { path, .. } => path,
        Check::BodyContains(_) | Check::BodyMatches(_) | Check::LatencyBelow { .. } => "",
    }
}

/// Whether a name in a header's name, a pointer or a path is that of a secret.
fn is_secret(place: &str) -> bool {
    let names = place.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
    names.filter(|name| !name.is_empty()).any(|name| shown(name, "x") == "***")
}

/// A value as it may be shown; `name` tells whether it is a secret.
fn shown(name: &str, value: &str) -> String {
    let cut: String = value.chars().take(VALUE_CHARS).collect();
    let pair = crate::engine::without_secrets(format!("{name}={cut}").as_bytes());
    pair.strip_prefix(&format!("{name}=")).unwrap_or("***").to_owned()
}

fn described(check: &Check) -> String {
    match check {
        Check::Header { name, test: FieldTest::Present } => format!("header {name} is there"),
        Check::Header { name, test: FieldTest::Equals(value) } => format!("header {name} equals {value:?}"),
        Check::Header { name, test: FieldTest::Matches(pattern) } => {
            format!("header {name} matches {pattern}")
        }
        Check::BodyContains(text) => format!("the body contains {text:?}"),
        Check::BodyMatches(pattern) => format!("the body matches {pattern}"),
        Check::Json { pointer, equals } => format!("{pointer} equals {equals}"),
        Check::JsonPath { path, test } => format!("{path} {}", of_nodes(test)),
        Check::LatencyBelow { s } => format!("response time below {s} s"),
    }
}

fn of_nodes(test: &NodeTest) -> String {
    match test {
        NodeTest::Present => "is there".to_owned(),
        NodeTest::Absent => "is not there".to_owned(),
        NodeTest::Count(count) => format!("is there {count} times"),
        NodeTest::Equals(value) => format!("equals {value}"),
        NodeTest::Matches(pattern) => format!("matches {pattern}"),
        NodeTest::Within { least, most } => match (least, most) {
            (Some(least), Some(most)) => format!("is from {least} to {most}"),
            (Some(least), None) => format!("is at least {least}"),
            (None, Some(most)) => format!("is at most {most}"),
            (None, None) => "is a number".to_owned(),
        },
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::JsonPointer(pointer) => format!("json {pointer}"),
        Source::Header(name) => format!("header {name}"),
        Source::Cookie(name) => format!("cookie {name}"),
        Source::JsonPath { path, all } => format!("{}{path}", if *all { "all of " } else { "" }),
        Source::Regex { pattern, .. } => format!("regex {pattern}"),
    }
}
