//! What users do: classes of users, their tasks, the steps of those, and values carried from one to the next.

mod assertion;
pub(crate) mod compiled;
pub mod cookie;
pub(crate) mod expression;
pub mod feeder;
mod grpc;
pub mod json;
pub mod jsonpath;
mod logic;
mod shares;
mod step;
mod template;
mod validate;
mod websocket;

pub use assertion::{Check, FieldTest, NodeTest};
pub use expression::{Expression, ExpressionError, Function};
pub use feeder::{Exhausted, Feeder, Order, Table, TableError, TableProblem};
pub use grpc::GrpcCall;
pub use logic::{Batch, Condition, Group, MAXIMUM_PARALLEL, MAXIMUM_ROUNDS, Repeat, Test};
pub use shares::Shares;
pub use step::{
    Action, Body, ContentCoding, Expect, Extract, GraphQl, HttpRequest, MAX_REDIRECTS, Part, PartContent,
    Source, Step,
};
pub use template::{Filter, Segment, Template, TemplateError};
pub use validate::{ScenarioError, StepProblem};
pub use websocket::{Websocket, WebsocketAction, WebsocketMessage};

use std::collections::BTreeSet;

use serde::Serialize;

use crate::wait::Wait;

/// What the users of a load do.
///
/// Closed model: at any number of users the classes' shares follow their weights as closely as whole users can
/// ([`Shares`]). Open model: each arrival is the next step of a session of a class (and variant) drawn by
/// weight, so that weights are shares of the requests.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scenario {
    /// Name, for reports.
    pub name: String,
    /// Kinds of users; at least one.
    pub classes: Vec<UserClass>,
    /// Tables that templates take values from, as `{{feeder.column}}`.
    pub feeders: Vec<Feeder>,
    /// Variants that users are divided into; statistics are kept per endpoint and variant.
    pub variants: Option<Variants>,
}

/// One kind of user.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UserClass {
    /// Name, for messages; no two classes have the same.
    pub name: String,
    /// Share of the users (closed) or arrivals (open), relative to the other classes.
    pub weight: f64,
    /// Done once by each user or session before its first task. If a step fails, all of it is tried again.
    pub on_start: Vec<Step>,
    /// What is done again and again; one is drawn by weight for each iteration. At least one.
    pub tasks: Vec<Task>,
    /// Done once by a user that leaves, or a session at the end of the load, within the drain time.
    pub on_stop: Vec<Step>,
    /// Pause of a closed-loop user after each iteration.
    pub wait: Wait,
    /// Whether its users keep cookies, each a jar of its own per target ([`cookie`]).
    pub cookies: bool,
}

impl UserClass {
    /// A class of weight 1 with these tasks, no wait and no cookies.
    pub fn new(name: impl Into<String>, tasks: Vec<Task>) -> Self {
        Self {
            name: name.into(),
            weight: 1.0,
            on_start: Vec::new(),
            tasks,
            on_stop: Vec::new(),
            wait: Wait::default(),
            cookies: false,
        }
    }

    /// All its requests, those at start and stop and in groups included.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.all_steps().into_iter().filter(|step| step.is_request())
    }

    /// The same with the steps that steer others.
    fn all_steps(&self) -> Vec<&Step> {
        let tasks = self.tasks.iter().flat_map(|task| &task.steps);
        let mut all = Vec::new();
        for step in self.on_start.iter().chain(tasks).chain(&self.on_stop) {
            step.walk(&mut |step| all.push(step));
        }
        all
    }
}

impl UserClass {
    /// Lets each of its HTTP steps that does not say otherwise follow so many redirects at most. A user follows one trail at
    /// a time, so the requests of a batch follow none.
    pub fn follow_redirects(&mut self, max_redirects: u32) {
        self.visit_mut(&mut |step| match &mut step.action {
            Action::Http(request) => {
                request.max_redirects.get_or_insert(max_redirects);
            }
            // It is visited before its requests.
            Action::Batch(batch) => {
                for step in &mut batch.steps {
                    if let Action::Http(request) = &mut step.action {
                        request.max_redirects.get_or_insert(0);
                    }
                }
            }
            _ => {}
        });
    }

    /// Visits all steps, groups and batches before what is in them.
    fn visit_mut(&mut self, visit: &mut impl FnMut(&mut Step)) {
        let tasks = self.tasks.iter_mut().flat_map(|task| &mut task.steps);
        self.on_start.iter_mut().chain(tasks).chain(&mut self.on_stop).for_each(|step| step.walk_mut(visit));
    }
}

/// A journey through some steps. A step that fails ends it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// Name, for messages.
    pub name: String,
    /// How often it is drawn, relative to the other tasks of its class.
    pub weight: f64,
    /// What is done, in order; at least one step.
    pub steps: Vec<Step>,
}

impl Task {
    /// A task of weight 1.
    pub fn new(name: impl Into<String>, steps: Vec<Step>) -> Self {
        Self { name: name.into(), weight: 1.0, steps }
    }
}

/// Variants to compare: each user or session has one for its whole life.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variants {
    /// Name under which templates see the user's variant.
    pub variable: String,
    /// Names of the variants and their weights. Within each class, shares follow the weights as closely as
    /// whole users can; which variant comes first is a matter of the seed.
    pub choices: Vec<(String, f64)>,
}

impl Scenario {
    /// One class with one task.
    pub fn journey(name: impl Into<String>, steps: Vec<Step>, wait: Wait) -> Self {
        let name = name.into();
        let class = UserClass { wait, ..UserClass::new(&name, vec![Task::new(&name, steps)]) };
        Self { name, classes: vec![class], feeders: Vec::new(), variants: None }
    }

    /// All requests of all classes.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.classes.iter().flat_map(UserClass::steps)
    }

    /// Adds a header to each HTTP step, handshake and call that does not set it itself.
    pub fn add_header(&mut self, name: &str, value: &Template) {
        self.visit_mut(&mut |step| {
            // Metadata of gRPC is in lower case.
            let (headers, name) = match &mut step.action {
                Action::Http(request) => (&mut request.headers, name.to_owned()),
                Action::Websocket(Websocket { action: WebsocketAction::Connect { headers, .. }, .. }) => {
                    (headers, name.to_owned())
                }
                Action::Grpc(call) => (&mut call.metadata, name.to_ascii_lowercase()),
                _ => return,
            };
            if !headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                headers.push((name, value.clone()));
            }
        });
    }

    /// Lets each HTTP step that does not say otherwise follow so many redirects at most.
    pub fn follow_redirects(&mut self, max_redirects: u32) {
        self.classes.iter_mut().for_each(|class| class.follow_redirects(max_redirects));
    }

    /// Lets each HTTP step that does not say otherwise ask for answers in these codings, which are taken off before anything
    /// looks at a body.
    pub fn accept_encoding(&mut self, codings: &[ContentCoding]) {
        let says = |request: &HttpRequest| {
            let named = |name: &str| name.eq_ignore_ascii_case("accept-encoding");
            !request.accept_encoding.is_empty() || request.headers.iter().any(|(name, _)| named(name))
        };
        self.visit_mut(&mut |step| match &mut step.action {
            Action::Http(request) if !says(request) => request.accept_encoding = codings.to_vec(),
            _ => {}
        });
    }

    /// Visits all steps of all classes in the order of [`Scenario::steps`], groups and batches before what is in them.
    pub(crate) fn visit_mut(&mut self, visit: &mut impl FnMut(&mut Step)) {
        self.classes.iter_mut().for_each(|class| class.visit_mut(visit));
    }

    /// Names that a step's statistics are kept under: its own, or one for each variant.
    pub fn endpoints_of(&self, step: &Step) -> Vec<String> {
        match &self.variants {
            None => vec![step.name.clone()],
            Some(variants) => {
                variants.choices.iter().map(|(variant, _)| format!("{} [{variant}]", step.name)).collect()
            }
        }
    }

    /// Names that statistics are kept under, each once; what sends nothing itself has none.
    pub fn endpoints(&self) -> Vec<String> {
        let sends =
            |step: &&Step| !matches!(step.action, Action::Set(_) | Action::Group(_) | Action::Batch(_));
        let mut names: Vec<String> = Vec::new();
        for name in self.steps().filter(sends).flat_map(|step| self.endpoints_of(step)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Names of targets that steps ask for.
    pub fn targets(&self) -> BTreeSet<&str> {
        self.steps().filter_map(|step| step.target.as_deref()).collect()
    }

    /// Mean number of requests in an iteration, over classes and tasks by weight. What failures cut short is
    /// not known here, nor what values do: a condition counts as holding, and a loop whose rounds depend on values as one
    /// round.
    pub fn requests_per_iteration(&self) -> f64 {
        weighted(self.classes.iter().map(|class| {
            let of_task = |task: &Task| requests_of(&task.steps);
            (class.weight, weighted(class.tasks.iter().map(|task| (task.weight, of_task(task)))))
        }))
    }

    /// Mean wait after an iteration, seconds; `None` where it depends on how long iterations take, or on the class.
    pub fn mean_wait_s(&self) -> Option<f64> {
        let first = self.classes.first()?.wait.mean_s()?;
        self.classes.iter().all(|class| class.wait.mean_s() == Some(first)).then_some(first)
    }
}

/// Mean number of requests that some steps send.
fn requests_of(steps: &[Step]) -> f64 {
    let of_step = |step: &Step| match &step.action {
        Action::Set(_) => 0.0,
        Action::Batch(batch) => requests_of(&batch.steps),
        Action::Group(group) => {
            let rounds = match &group.repeat {
                Repeat::Times(times) => times.source().trim().parse().unwrap_or(1.0),
                _ => 1.0,
            };
            rounds * requests_of(&group.steps)
        }
        _ => 1.0,
    };
    steps.iter().map(|step| step.probability * of_step(step)).sum()
}

fn weighted(parts: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, weights) =
        parts.fold((0.0, 0.0), |(sum, weights), (weight, value)| (sum + weight * value, weights + weight));
    if weights > 0.0 { sum / weights } else { 0.0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn means_are_taken_over_tasks_and_classes() {
        let step = |probability| Step { probability, ..Step::new("s", "GET", Template::parse("/").unwrap()) };
        let mut scenario = Scenario::journey("s", vec![step(1.0), step(0.5)], Wait::Constant { s: 2.0 });
        assert_eq!((scenario.requests_per_iteration(), scenario.mean_wait_s()), (1.5, Some(2.0)));
        let class = UserClass { weight: 3.0, ..UserClass::new("t", vec![Task::new("t", vec![step(0.5)])]) };
        scenario.classes.push(UserClass { wait: Wait::Exponential { mean_s: 2.0 }, ..class });
        assert_eq!((scenario.requests_per_iteration(), scenario.mean_wait_s()), (0.75, Some(2.0)));
        scenario.classes[1].wait = Wait::Pacing { s: 2.0 };
        assert_eq!(scenario.mean_wait_s(), None);
        scenario.classes[1].wait = Wait::Constant { s: 1.0 };
        assert_eq!(scenario.mean_wait_s(), None);
        assert_eq!(scenario.targets().len(), 0);
    }
}
