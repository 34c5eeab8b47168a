//! Compiling steps, one by one: names become numbers, and what many steps share is gathered.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use regex::bytes::Regex;

use super::answer::{CompiledExtract, position_or_push};
use super::call::{self, CompiledCall};
use super::http::{body_pieces, head_pieces};
use super::names::Resolver;
use super::request::{Place, Request, push_template};
use super::socket::{self, CompiledSocket, HANDSHAKE_FIELDS, SocketAct};
use super::step::CompiledStep;
use super::{Computed, Operand, TargetText, Variable, place_of_text, templates};
use crate::scenario::json::Pointer;
use crate::scenario::{
    Action, Body, Check, Expect, Repeat, Scenario, Source, Step, Websocket, WebsocketAction, WebsocketMessage,
};

/// Compiles steps one by one, gathering names and patterns.
pub(super) struct Compiler<'a> {
    pub(super) scenario: &'a Scenario,
    targets: &'a [TargetText<'a>],
    timeout_s: f64,
    variants: usize,
    in_headers: BTreeSet<&'a str>,
    pub endpoints: Vec<String>,
    /// Names of the variables that are extracted or set.
    slots: Vec<String>,
    /// Number of values that are computed for requests; each has a slot behind those with names.
    pub(super) computed_slots: Cell<usize>,
    pub patterns: Vec<Regex>,
    /// Names of WebSocket connections.
    sockets: Vec<String>,
}

impl<'a> Compiler<'a> {
    pub fn new(
        scenario: &'a Scenario,
        targets: &'a [TargetText<'a>],
        timeout_s: f64,
        variants: usize,
    ) -> Self {
        let headers = scenario.steps().filter_map(|step| match &step.action {
            Action::Http(request) => Some(&request.headers),
            Action::Websocket(Websocket { action: WebsocketAction::Connect { headers, .. }, .. }) => {
                Some(headers)
            }
            Action::Grpc(call) => Some(&call.metadata),
            _ => None,
        });
        let in_headers = headers.flatten().flat_map(|(_, value)| value.variables()).collect();
        let mut slots: Vec<String> = Vec::new();
        for class in &scenario.classes {
            for name in class.all_steps().into_iter().flat_map(names_set_by) {
                if !slots.iter().any(|known| known == name) {
                    slots.push(name.to_owned());
                }
            }
        }
        let (endpoints, patterns, sockets) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            scenario,
            targets,
            timeout_s,
            variants,
            in_headers,
            endpoints,
            slots,
            computed_slots: Cell::new(0),
            patterns,
            sockets,
        }
    }

    /// Number of slots, with those of computed values.
    pub fn all_slots(&self) -> usize {
        self.slots.len() + self.computed_slots.get()
    }

    /// A variable that is extracted or set.
    pub fn variable(&self, name: &str) -> Variable {
        let slot = self.slots.iter().position(|slot| slot == name).unwrap_or_default();
        Variable { slot, is_for_header: self.in_headers.contains(name) }
    }

    /// Where the value of a variable stands, for expressions.
    pub fn operand(&self, name: &str) -> Operand {
        match name {
            "user" => return Operand::User,
            "iteration" => return Operand::Iteration,
            "random" => return Operand::Random,
            _ => {}
        }
        if self.scenario.variants.as_ref().is_some_and(|variants| variants.variable == name) {
            return Operand::Variant;
        }
        match self.scenario.column(name) {
            Some((feeder, column)) => Operand::Cell { feeder, column },
            None => Operand::Slot(self.variable(name).slot),
        }
    }

    pub fn step(&mut self, step: &Step, cookies: bool) -> CompiledStep {
        let endpoint_name = self.endpoints.iter().position(|name| *name == step.name).unwrap_or_else(|| {
            self.endpoints.push(step.name.clone());
            self.endpoints.len() - 1
        });
        let named = |target: &TargetText<'_>| step.target.as_deref() == Some(target.name);
        let target = self.targets.iter().position(named).unwrap_or(0);
        let mut wanted: Vec<String> = Vec::new();
        let socket = match &step.action {
            Action::Websocket(websocket) => Some(self.socket(websocket, &mut wanted)),
            _ => None,
        };
        let grpc = match &step.action {
            Action::Grpc(call) => Some(CompiledCall::new(call, &mut wanted)),
            _ => None,
        };
        let set_cookie = cookies.then(|| position_or_push(&mut wanted, "set-cookie"));
        let extract = step
            .extract
            .iter()
            .map(|extract| {
                let from = self.source(&extract.from, &mut wanted);
                let Variable { slot, is_for_header } = self.variable(&extract.variable);
                CompiledExtract { slot, from, is_for_header, is_optional: extract.optional }
            })
            .collect();
        let checks = step.checks.iter().map(|check| self.check(check, &mut wanted)).collect();
        let request = match &step.action {
            Action::Http(request) => Some(request),
            _ => None,
        };
        let expect = match (&step.action, &socket) {
            (Action::Http(request), _) => request.expect.clone(),
            (Action::Grpc(_), _) => Expect(vec![(200, 200)]),
            (_, Some(CompiledSocket { act: SocketAct::Connect { .. }, .. })) => Expect(vec![(101, 101)]),
            _ => Expect(Vec::new()),
        };
        let is_graphql = request.is_some_and(|request| matches!(request.body, Some(Body::GraphQl(_))));
        let from_body = |source: &Source| !matches!(source, Source::Header(_) | Source::Cookie(_));
        let on_body = |check: &Check| !matches!(check, Check::Header { .. } | Check::LatencyBelow { .. });
        let wants_message =
            step.extract.iter().any(|extract| from_body(&extract.from)) || step.checks.iter().any(on_body);
        // The prefix of a message is looked at in any case.
        let wants_body = is_graphql || wants_message || grpc.is_some();
        let max_redirects = request.and_then(|request| request.max_redirects).unwrap_or(0);
        let location = (max_redirects > 0).then(|| position_or_push(&mut wanted, "location"));
        let is_encodable = wants_body && request.is_some();
        let content_encoding = is_encodable.then(|| position_or_push(&mut wanted, "content-encoding"));
        let computed = RefCell::default();
        let requests = self.requests(step, target, &computed);
        CompiledStep {
            endpoint_name,
            target,
            probability: step.probability,
            is_head: request.is_some_and(|request| request.method == "HEAD"),
            is_message: expect.0.is_empty(),
            socket,
            grpc,
            expect,
            timeout_ns: (step.timeout_s.unwrap_or(self.timeout_s) * 1e9) as u64,
            wants_body,
            wants_message,
            wanted,
            content_encoding,
            codings: request.map(|request| request.accept_encoding.clone()).unwrap_or_default(),
            set_cookie,
            max_redirects,
            location,
            shows_all: false,
            graphql_errors: if is_graphql { Pointer::parse("/errors") } else { None },
            checks,
            extract,
            computed: computed.into_inner(),
            requests,
        }
    }

    fn socket(&mut self, websocket: &Websocket, wanted: &mut Vec<String>) -> CompiledSocket {
        let known = self.sockets.iter().position(|name| *name == websocket.connection);
        let name = known.unwrap_or_else(|| {
            self.sockets.push(websocket.connection.clone());
            self.sockets.len() - 1
        });
        let mut checks = |checks: &[Check]| checks.iter().map(|check| self.check(check, wanted)).collect();
        let act = match &websocket.action {
            WebsocketAction::Connect { protocols, .. } => {
                wanted.extend(HANDSHAKE_FIELDS.map(str::to_owned));
                SocketAct::Connect { protocols: protocols.clone() }
            }
            WebsocketAction::Send { message, awaits } => SocketAct::Send {
                is_text: matches!(message, WebsocketMessage::Text(_)),
                awaits: awaits.as_deref().map(&mut checks),
            },
            WebsocketAction::Await(awaited) => SocketAct::Await(checks(awaited)),
            WebsocketAction::Close { code, reason } => {
                SocketAct::Close { code: *code, reason: reason.clone() }
            }
        };
        CompiledSocket { name, act }
    }

    /// One request for all variants, or one each; and what is computed for them, whichever it is.
    fn requests(&self, step: &Step, target: usize, computed: &RefCell<Vec<Computed>>) -> Vec<Request> {
        let all = templates(step);
        let depends = self.scenario.variants.as_ref().is_some_and(|variants| {
            all.iter().flat_map(|template| template.variables()).any(|name| name == variants.variable)
        });
        (0..if depends { self.variants } else { 1 })
            .map(|variant| {
                let names = Resolver::new(self, variant, computed);
                self.request(step, target, &names)
            })
            .collect()
    }

    fn request(&self, step: &Step, target: usize, names: &Resolver<'_>) -> Request {
        let mut pieces = (Vec::new(), Vec::new());
        match &step.action {
            Action::Http(request) => {
                let has_length =
                    request.body.is_some() || ["POST", "PUT", "PATCH"].contains(&request.method.as_str());
                let head = names.in_head(|| head_pieces(request, &self.targets[target], names));
                return Request::http(head, body_pieces(request, names), has_length);
            }
            Action::Redis { channel, message } => {
                push_template(&mut pieces.0, channel, Place::Plain, names);
                push_template(&mut pieces.1, message, place_of_text(message), names);
            }
            Action::Websocket(websocket) => {
                let request = || socket::request(websocket, &self.targets[target], names);
                return match websocket.action {
                    WebsocketAction::Connect { .. } => names.in_head(request),
                    _ => request(),
                };
            }
            Action::Grpc(call) => {
                let timeout_s = step.timeout_s.unwrap_or(self.timeout_s);
                let head = names.in_head(|| call::head(call, timeout_s, &self.targets[target], names));
                return call::request(call, head, names);
            }
            // Nothing is sent by what steers others.
            Action::Set(_) | Action::Group(_) | Action::Batch(_) => {}
        }
        Request::Message { channel: pieces.0, message: pieces.1 }
    }
}

/// Names of the variables that a step gives values to itself.
pub(in crate::scenario) fn names_set_by(step: &Step) -> Vec<&str> {
    let mut names: Vec<&str> = step.extract.iter().map(|extract| extract.variable.as_str()).collect();
    match &step.action {
        Action::Set(values) => names.extend(values.iter().map(|(name, _)| name.as_str())),
        Action::Group(group) => {
            names.extend(group.index.as_deref());
            if let Repeat::ForEach { variable, .. } = &group.repeat {
                names.push(variable);
            }
        }
        _ => {}
    }
    names
}
