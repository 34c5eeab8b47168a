//! A scenario made ready for the hot path: names resolved to numbers, constant requests built once.

mod answer;
mod call;
mod compiler;
mod computed;
mod form;
mod http;
pub(crate) mod json;
mod names;
mod program;
mod request;
mod socket;
mod step;
mod text;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

use regex::bytes::{Regex, RegexBuilder};

pub(crate) use answer::{
    CompiledCheck, CompiledExtract, CompiledFieldTest, CompiledNodeTest, CompiledSource,
};
pub(super) use compiler::names_set_by;
pub(crate) use computed::{Computed, Operand};
pub(crate) use program::{Instruction, Program, Rounds, Variable};
pub(crate) use request::{Scratch, Values};
pub(crate) use socket::{CompiledSocket, HANDSHAKE_FIELDS, SocketAct};
pub(crate) use step::CompiledStep;
pub(crate) use text::Encoding;

use super::{
    Action, Body, Condition, Exhausted, Feeder, Group, Order, PartContent, Repeat, Scenario, Segment, Shares,
    Step, Template,
};
use crate::wait::Wait;

/// A scenario whose variables are slots and whose constant requests are bytes.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub classes: Vec<CompiledClass>,
    /// The steps of all classes, each journey's in a row.
    pub steps: Vec<CompiledStep>,
    /// Names of the endpoints in order of first appearance; with variants each has one entry per variant.
    pub endpoints: Vec<String>,
    /// Number of variables that are extracted, set or computed.
    pub slots: usize,
    /// Names of the variants.
    pub variant_names: Vec<String>,
    /// Number of variants; 1 without any.
    pub variants: usize,
    pub feeders: Vec<Feeder>,
    /// All regular expressions; threads use copies of their own, since a copy has its own caches.
    pub patterns: Vec<Regex>,
    /// Number of targets.
    pub targets: usize,
    class_weights: Vec<f64>,
    variant_weights: Vec<f64>,
}

/// A class of users.
#[derive(Debug)]
pub(crate) struct CompiledClass {
    pub on_start: Journey,
    pub tasks: Vec<Journey>,
    /// Sums of the tasks' shares up to each; the last is 1.
    task_bounds: Vec<f64>,
    pub on_stop: Journey,
    pub wait: Wait,
    pub cookies: bool,
}

/// Some steps in a row.
#[derive(Debug)]
pub(crate) struct Journey {
    /// Indices into [`Compiled::steps`].
    pub steps: Range<usize>,
    /// Feeders of which a row is taken when it begins.
    pub feeders: Vec<usize>,
    /// What is done, if that is more than requests in a row.
    pub program: Program,
}

impl Journey {
    /// Whether nothing is done in it.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.program.instructions.is_empty()
    }
}

/// What a compiled request must know of its target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TargetText<'a> {
    /// Name that steps use.
    pub name: &'a str,
    /// Value of the `Host` header.
    pub host: &'a str,
    /// What goes before every path.
    pub base_path: &'a str,
    /// Whether each request says that the connection ends with it.
    pub closes: bool,
}

impl Compiled {
    /// Resolves a validated scenario, whose targets are known. `timeout_s` is the default of its steps.
    pub fn new(scenario: &Scenario, targets: &[TargetText<'_>], timeout_s: f64) -> Self {
        let variant_weights: Vec<f64> = match &scenario.variants {
            None => vec![1.0],
            Some(variants) => variants.choices.iter().map(|(_, weight)| *weight).collect(),
        };
        let mut compiler = compiler::Compiler::new(scenario, targets, timeout_s, variant_weights.len());
        let mut steps = Vec::new();
        let classes = scenario
            .classes
            .iter()
            .map(|class| {
                let mut journey = |of: &[Step], except: &[usize]| {
                    let start = steps.len();
                    let program = if program::is_needed(of) {
                        program::compile(of, class.cookies, &mut compiler, &mut steps)
                    } else {
                        steps.extend(of.iter().map(|step| compiler.step(step, class.cookies)));
                        Program::default()
                    };
                    let mut feeders = feeders_of(of, scenario);
                    feeders.retain(|feeder| !except.contains(feeder));
                    Journey { steps: start..steps.len(), feeders, program }
                };
                let on_start = journey(&class.on_start, &[]);
                let tasks = class.tasks.iter().map(|task| journey(&task.steps, &on_start.feeders)).collect();
                let on_stop = journey(&class.on_stop, &on_start.feeders);
                let task_bounds = bounds(class.tasks.iter().map(|task| task.weight));
                let (wait, cookies) = (class.wait, class.cookies);
                CompiledClass { on_start, tasks, task_bounds, on_stop, wait, cookies }
            })
            .collect();
        let endpoints = compiler
            .endpoints
            .iter()
            .flat_map(|name| match &scenario.variants {
                None => vec![name.clone()],
                Some(variants) => variants.choices.iter().map(|(v, _)| format!("{name} [{v}]")).collect(),
            })
            .collect();
        Self {
            classes,
            steps,
            endpoints,
            slots: compiler.all_slots(),
            variant_names: scenario
                .variants
                .iter()
                .flat_map(|v| &v.choices)
                .map(|(name, _)| name.clone())
                .collect(),
            variants: variant_weights.len(),
            feeders: scenario.feeders.clone(),
            patterns: compiler.patterns,
            targets: targets.len(),
            class_weights: scenario.classes.iter().map(|class| class.weight).collect(),
            variant_weights,
        }
    }

    /// Lets all of each answer be kept, for whoever wants to see it.
    pub fn show_all(&mut self) {
        self.steps.iter_mut().for_each(CompiledStep::show_all);
    }

    /// Index into [`Compiled::endpoints`] of a step done by a user of this variant.
    pub fn endpoint(&self, step: usize, variant: usize) -> usize {
        self.steps[step].endpoint_name * self.variants + variant
    }

    /// The classes by number of user.
    pub fn class_shares(&self) -> Shares {
        Shares::new(self.class_weights.iter().copied())
    }

    /// The variants in some order of their own, which is returned too, by number of user within a class.
    pub fn variant_shares(&self, order: &[usize]) -> Shares {
        Shares::new(order.iter().map(|&variant| self.variant_weights[variant]))
    }

    /// Sums of the shares of (class, variant), classes in turn and the variants of each, up to each; for
    /// drawing one.
    pub fn group_bounds(&self) -> Vec<f64> {
        bounds(
            self.class_weights
                .iter()
                .flat_map(|class| self.variant_weights.iter().map(move |variant| class * variant))
                // Weights of variants are relative to each other, the same in each class.
                .collect::<Vec<_>>()
                .into_iter(),
        )
    }

    /// The row that a feeder gives. `turn` is how many rows this thread has taken of it, of `threads`.
    pub fn row(
        &self,
        feeder: usize,
        user: u64,
        turn: &mut u64,
        (thread, threads): (usize, usize),
        random: impl FnOnce(usize) -> usize,
    ) -> Option<u32> {
        let Feeder { order, exhausted, table, .. } = &self.feeders[feeder];
        let rows = table.rows() as u64;
        let wanted = match order {
            Order::Random => return Some(random(table.rows()) as u32),
            Order::Unique => user,
            Order::Sequential => {
                let wanted = *turn * threads as u64 + thread as u64;
                *turn += 1;
                wanted
            }
        };
        match exhausted {
            Exhausted::Stop if wanted >= rows => None,
            _ => Some((wanted % rows) as u32),
        }
    }
}

impl CompiledClass {
    /// The task that a number from 0 to 1 stands for.
    pub fn task(&self, drawn: f64) -> usize {
        pick(&self.task_bounds, drawn)
    }
}

/// Sums of shares up to each weight.
fn bounds(weights: impl Iterator<Item = f64> + Clone) -> Vec<f64> {
    let sum: f64 = weights.clone().sum();
    let mut so_far = 0.0;
    weights
        .map(|weight| {
            so_far += weight / sum;
            so_far
        })
        .collect()
}

/// The entry whose part of 0 to 1 holds `drawn`.
pub(crate) fn pick(bounds: &[f64], drawn: f64) -> usize {
    bounds.iter().position(|&bound| drawn < bound).unwrap_or(bounds.len().saturating_sub(1))
}

/// Every text with variables of a step itself, without those of steps in it.
pub(super) fn templates(step: &Step) -> Vec<Cow<'_, Template>> {
    match &step.action {
        Action::Redis { channel, message } => vec![Cow::Borrowed(channel), Cow::Borrowed(message)],
        Action::Websocket(websocket) => websocket.templates().map(Cow::Borrowed).collect(),
        Action::Grpc(call) => {
            let metadata = call.metadata.iter().map(|(_, value)| Cow::Borrowed(value));
            metadata.chain(Template::json(&call.message).map(Cow::Owned)).collect()
        }
        Action::Set(values) => values.iter().map(|(_, value)| Cow::Borrowed(value)).collect(),
        Action::Group(group) => group_templates(group),
        Action::Batch(_) => Vec::new(),
        Action::Http(request) => {
            let mut all = vec![Cow::Borrowed(&request.path)];
            all.extend(request.headers.iter().map(|(_, value)| Cow::Borrowed(value)));
            match &request.body {
                Some(Body::Text(text)) => all.push(Cow::Borrowed(text)),
                Some(Body::GraphQl(operation)) => all.extend(json::graphql(operation).map(Cow::Owned)),
                Some(Body::Json(value)) => all.extend(json::body(value).map(Cow::Owned)),
                Some(Body::Form(fields)) => all.extend(fields.iter().map(|(_, value)| Cow::Borrowed(value))),
                Some(Body::Multipart(parts)) => {
                    all.extend(parts.iter().filter_map(|part| match &part.content {
                        PartContent::Text(text) => Some(Cow::Borrowed(text)),
                        PartContent::Bytes(_) => None,
                    }))
                }
                Some(Body::Bytes(_)) | None => {}
            }
            all
        }
    }
}

fn group_templates(group: &Group) -> Vec<Cow<'_, Template>> {
    let mut all: Vec<&Template> = group.conditions().flat_map(Condition::templates).collect();
    match &group.repeat {
        Repeat::Times(times) => all.push(times),
        Repeat::ForEach { list, .. } => all.push(list),
        Repeat::Once | Repeat::While { .. } | Repeat::Until { .. } => {}
    }
    all.into_iter().map(Cow::Borrowed).collect()
}

fn feeders_of(steps: &[Step], scenario: &Scenario) -> Vec<usize> {
    let mut used = BTreeSet::new();
    let mut use_of = |name: &str| used.extend(scenario.column(name).map(|(feeder, _)| feeder));
    for step in steps {
        step.walk(&mut |step| {
            templates(step).iter().flat_map(|template| template.variables()).for_each(&mut use_of);
            let Action::Group(group) = &step.action else { return };
            for condition in group.conditions() {
                condition.leaves(&mut |leaf| {
                    if let Condition::Defined(name) = leaf {
                        use_of(name);
                    }
                });
            }
        });
    }
    used.into_iter().collect()
}

/// What kind of text this is, by its first character.
fn place_of_text(text: &Template) -> request::Place {
    match text.segments().first() {
        Some(Segment::Literal(start)) if start.trim_start().starts_with(['{', '[']) => request::Place::Json,
        _ => request::Place::Plain,
    }
}

/// A regular expression over bytes, bounded in size.
pub(super) fn regex(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern).size_limit(1 << 20).build().map_err(|error| {
        // The last line says what is wrong; those before draw a picture of the pattern.
        let text = error.to_string();
        text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

/// The same; validation has compiled it before, and what cannot be compiled matches nothing.
fn regex_or_none(pattern: &str) -> Regex {
    #[allow(clippy::unwrap_used)]
    regex(pattern).unwrap_or_else(|_| Regex::new("[a&&b]").unwrap())
}

#[cfg(test)]
mod tests;
