//! What goes by, put together: a request with its answer, its extractions and its checks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::Receiver;

use swarmlab_intervals::ErrorKind;

use super::words::fill;
use super::{Answer, Exchange, Request};
use crate::engine::Tapped;
use crate::scenario::Step;
use crate::spec::LoadSpec;
use crate::target::{Endpoint, LoadTarget};

/// Most messages that are shown of those that a step passes over.
const MESSAGES: usize = 20;

/// Puts together what belongs together.
pub(super) struct Reader {
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
    /// Of the one class that the load has, and its task.
    pub fn new(spec: &LoadSpec, task: String) -> Self {
        Self {
            class: spec.scenario.classes.first().map(|class| class.name.clone()).unwrap_or_default(),
            task,
            steps: spec.scenario.steps().cloned().collect(),
            targets: spec.targets.clone(),
            open: VecDeque::new(),
            done: Vec::new(),
            redirects: 0,
            has_started: false,
        }
    }

    /// Whether the user came to its task.
    pub fn has_started(&self) -> bool {
        self.has_started
    }

    /// Takes in what has gone by since.
    pub fn read(&mut self, tapped: &Receiver<Tapped>) {
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
    pub fn show(
        &mut self,
        look: &mut dyn FnMut(&Exchange),
        reasons: &BTreeMap<ErrorKind, String>,
        is_end: bool,
    ) {
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
