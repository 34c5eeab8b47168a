//! Steps made ready: what is sent, what is kept of the answer, and how that is judged.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use regex::bytes::Regex;
use serde_json::Value;

use super::call::{self, CompiledCall};
use super::http::{body_pieces, head_pieces};
use super::request::{Names, Piece, Place, Request, Scratch, Values, path_of, push_template};
use super::socket::{self, CompiledSocket, HANDSHAKE_FIELDS, SocketAct};
use super::text::Encoding;
use super::{Computed, Operand, TargetText, Variable, place_of_text, templates};
use crate::scenario::expression::Expression;
use crate::scenario::json::Pointer;
use crate::scenario::jsonpath::JsonPath;
use crate::scenario::{
    Action, Body, Check, ContentCoding, Expect, FieldTest, NodeTest, Repeat, Scenario, Source, Step,
    Websocket, WebsocketAction, WebsocketMessage,
};
use swarmlab_intervals::is_redirect;

/// A step ready to be rendered and judged.
#[derive(Debug)]
pub(crate) struct CompiledStep {
    /// Which of the endpoints' names it has; see [`Compiled::endpoint`](super::Compiled::endpoint).
    pub(super) endpoint_name: usize,
    /// Index of the target.
    pub target: usize,
    pub probability: f64,
    pub is_head: bool,
    /// Whether its answer has no status: a message of Redis or on a WebSocket.
    pub is_message: bool,
    /// What is done on a WebSocket connection, for such a step.
    pub socket: Option<CompiledSocket>,
    /// What is called, for a gRPC step.
    pub grpc: Option<CompiledCall>,
    pub expect: Expect,
    /// Time limit, nanoseconds.
    pub timeout_ns: u64,
    /// Whether the body must be kept.
    pub wants_body: bool,
    /// Whether what it says is looked at.
    wants_message: bool,
    /// Names of the headers that must be kept.
    pub wanted: Vec<String>,
    /// Which of them is `Content-Encoding`, if the body must be kept.
    pub content_encoding: Option<usize>,
    /// Codings that were asked for and are taken off a body that is kept.
    pub codings: Vec<ContentCoding>,
    /// Which of them is `Set-Cookie`, for a class with cookies.
    pub set_cookie: Option<usize>,
    /// Redirects that are followed at most; 0: they are answers like any other.
    pub max_redirects: u32,
    /// Which of the wanted headers is `Location`, if redirects are followed.
    pub location: Option<usize>,
    /// Whether all headers and the beginning of the body are kept to be shown.
    pub shows_all: bool,
    /// Where errors of GraphQL stand, for such a request.
    pub graphql_errors: Option<Pointer>,
    pub checks: Vec<CompiledCheck>,
    pub extract: Vec<CompiledExtract>,
    /// What is computed before the request is written.
    pub computed: Vec<Computed>,
    /// By variant; one for all if it does not depend on that.
    requests: Vec<Request>,
}

/// A value to take.
#[derive(Debug)]
pub(crate) struct CompiledExtract {
    pub slot: usize,
    pub from: CompiledSource,
    /// Whether a request puts it into a header, where line ends must not stand.
    pub is_for_header: bool,
    /// Whether it may be missing.
    pub is_optional: bool,
}

/// Where it stands. Numbers are indices of wanted headers and of patterns.
#[derive(Debug)]
pub(crate) enum CompiledSource {
    Json(Pointer),
    Path { path: JsonPath, all: bool },
    Header(usize),
    Cookie { set_cookie: usize, name: Vec<u8> },
    Regex { pattern: usize, group: usize },
}

/// An assertion.
#[derive(Debug)]
pub(crate) enum CompiledCheck {
    Header {
        wanted: usize,
        test: CompiledFieldTest,
    },
    /// A pattern; texts to be contained are patterns too.
    Body(usize),
    Json {
        pointer: Pointer,
        equals: Value,
    },
    Path {
        path: JsonPath,
        test: CompiledNodeTest,
    },
    LatencyBelow {
        ns: u64,
    },
}

/// What holds for the values that a path selects.
#[derive(Debug)]
pub(crate) enum CompiledNodeTest {
    Present,
    Absent,
    Count(u64),
    Equals(Value),
    Matches(usize),
    Within { least: Option<f64>, most: Option<f64> },
}

/// What holds for a header.
#[derive(Debug)]
pub(crate) enum CompiledFieldTest {
    Present,
    Equals(Vec<u8>),
    Matches(usize),
}

impl CompiledStep {
    /// The bytes of the HTTP request: borrowed when they never change, else rendered into `scratch`.
    pub fn render<'a>(&'a self, values: &mut Values<'_>, scratch: &'a mut Scratch) -> &'a [u8] {
        let variant = if self.requests.len() > 1 { values.variant } else { 0 };
        self.requests[variant].render(values, scratch)
    }

    /// Channel and message; `None` for an HTTP step.
    pub fn render_message<'a>(
        &self,
        values: &mut Values<'_>,
        scratch: &'a mut Scratch,
    ) -> Option<(&'a [u8], &'a [u8])> {
        let variant = if self.requests.len() > 1 { values.variant } else { 0 };
        self.requests[variant].render_message(values, scratch)
    }

    /// Keeps all of the answer that can be shown.
    pub(super) fn show_all(&mut self) {
        self.shows_all = true;
        self.wants_body = true;
        if !self.is_message && self.content_encoding.is_none() {
            self.content_encoding = Some(position_or_push(&mut self.wanted, "content-encoding"));
        }
    }

    /// Whether what the body says is looked at.
    pub fn wants_message(&self) -> bool {
        self.wants_message
    }

    /// Whether an answer with this status is one to show: what it says is kept from its head on.
    pub fn shows(&self, status: u16) -> bool {
        !self.expect.accepts(status) || is_redirect(status)
    }

    /// The path of a rendered request, for cookies.
    pub fn path_of(request: &[u8]) -> &[u8] {
        path_of(request)
    }
}

/// Compiles steps one by one, gathering names and patterns.
pub(super) struct Compiler<'a> {
    scenario: &'a Scenario,
    targets: &'a [TargetText<'a>],
    timeout_s: f64,
    variants: usize,
    in_headers: BTreeSet<&'a str>,
    pub endpoints: Vec<String>,
    /// Names of the variables that are extracted or set.
    slots: Vec<String>,
    /// Number of values that are computed for requests; each has a slot behind those with names.
    computed_slots: Cell<usize>,
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

    fn source(&mut self, source: &Source, wanted: &mut Vec<String>) -> CompiledSource {
        match source {
            Source::JsonPointer(pointer) => CompiledSource::Json(parsed(pointer)),
            Source::JsonPath { path, all } => CompiledSource::Path { path: parsed_path(path), all: *all },
            Source::Header(name) => CompiledSource::Header(position_or_push(wanted, name)),
            Source::Cookie(name) => CompiledSource::Cookie {
                set_cookie: position_or_push(wanted, "set-cookie"),
                name: name.clone().into_bytes(),
            },
            Source::Regex { pattern, group } => {
                CompiledSource::Regex { pattern: self.pattern(pattern), group: *group }
            }
        }
    }

    fn check(&mut self, check: &Check, wanted: &mut Vec<String>) -> CompiledCheck {
        match check {
            Check::Header { name, test } => CompiledCheck::Header {
                wanted: position_or_push(wanted, name),
                test: match test {
                    FieldTest::Present => CompiledFieldTest::Present,
                    FieldTest::Equals(value) => CompiledFieldTest::Equals(value.clone().into_bytes()),
                    FieldTest::Matches(pattern) => CompiledFieldTest::Matches(self.pattern(pattern)),
                },
            },
            Check::BodyContains(text) => CompiledCheck::Body(self.pattern(&::regex::escape(text))),
            Check::BodyMatches(pattern) => CompiledCheck::Body(self.pattern(pattern)),
            Check::Json { pointer, equals } => {
                CompiledCheck::Json { pointer: parsed(pointer), equals: equals.clone() }
            }
            Check::JsonPath { path, test } => CompiledCheck::Path {
                path: parsed_path(path),
                test: match test {
                    NodeTest::Present => CompiledNodeTest::Present,
                    NodeTest::Absent => CompiledNodeTest::Absent,
                    NodeTest::Count(count) => CompiledNodeTest::Count(*count),
                    NodeTest::Equals(value) => CompiledNodeTest::Equals(value.clone()),
                    NodeTest::Matches(pattern) => CompiledNodeTest::Matches(self.pattern(pattern)),
                    NodeTest::Within { least, most } => {
                        CompiledNodeTest::Within { least: *least, most: *most }
                    }
                },
            },
            Check::LatencyBelow { s } => CompiledCheck::LatencyBelow { ns: (s * 1e9) as u64 },
        }
    }

    fn pattern(&mut self, pattern: &str) -> usize {
        self.patterns.push(super::regex_or_none(pattern));
        self.patterns.len() - 1
    }

    /// One request for all variants, or one each; and what is computed for them, whichever it is.
    fn requests(&self, step: &Step, target: usize, computed: &RefCell<Vec<Computed>>) -> Vec<Request> {
        let all = templates(step);
        let depends = self.scenario.variants.as_ref().is_some_and(|variants| {
            all.iter().flat_map(|template| template.variables()).any(|name| name == variants.variable)
        });
        (0..if depends { self.variants } else { 1 })
            .map(|variant| {
                let names = Resolver {
                    compiler: self,
                    variant,
                    computed,
                    next: Cell::new(0),
                    in_head: Cell::new(false),
                };
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
                names.in_head.set(true);
                let head = head_pieces(request, &self.targets[target], names);
                names.in_head.set(false);
                return Request::http(head, body_pieces(request, names), has_length);
            }
            Action::Redis { channel, message } => {
                push_template(&mut pieces.0, channel, Place::Plain, names);
                push_template(&mut pieces.1, message, place_of_text(message), names);
            }
            Action::Websocket(websocket) => {
                names.in_head.set(matches!(websocket.action, WebsocketAction::Connect { .. }));
                let request = socket::request(websocket, &self.targets[target], names);
                names.in_head.set(false);
                return request;
            }
            Action::Grpc(call) => {
                let timeout_s = step.timeout_s.unwrap_or(self.timeout_s);
                names.in_head.set(true);
                let head = call::head(call, timeout_s, &self.targets[target], names);
                names.in_head.set(false);
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

/// Resolves names for one variant.
struct Resolver<'a> {
    compiler: &'a Compiler<'a>,
    variant: usize,
    /// What is computed for the request, in the order in which it stands there.
    computed: &'a RefCell<Vec<Computed>>,
    /// How many of them have been met; the requests of other variants use the same.
    next: Cell<usize>,
    in_head: Cell<bool>,
}

impl Names for Resolver<'_> {
    fn piece(&self, name: &str, encoding: Encoding) -> Piece {
        let scenario = self.compiler.scenario;
        match name {
            "user" => return Piece::User,
            "iteration" => return Piece::Iteration,
            "random" => return Piece::Random,
            _ => {}
        }
        if let Some(variants) = &scenario.variants
            && variants.variable == name
        {
            let mut bytes = Vec::new();
            encoding.push(variants.choices[self.variant].0.as_bytes(), &mut bytes);
            return Piece::Bytes(bytes);
        }
        if let Some((feeder, column)) = scenario.column(name) {
            return Piece::Cell { feeder, column, encoding };
        }
        match self.compiler.slots.iter().position(|slot| slot == name) {
            Some(slot) => Piece::Slot { slot, encoding },
            // Cannot happen after validation; an empty text is what an unset variable is.
            None => Piece::Bytes(Vec::new()),
        }
    }

    fn computed(&self, expression: &Expression, encoding: Encoding) -> Piece {
        let mut all = self.computed.borrow_mut();
        let place = self.next.get();
        self.next.set(place + 1);
        if place == all.len() {
            let compiler = self.compiler;
            let slot = compiler.all_slots();
            compiler.computed_slots.set(compiler.computed_slots.get() + 1);
            let expression = expression.map(&mut |name: &String| compiler.operand(name));
            // What is percent-encoded breaks out of nothing.
            let is_raw = !matches!(encoding, Encoding::Path | Encoding::Component);
            all.push(Computed { slot, expression, is_for_header: is_raw && self.in_head.get() });
        }
        Piece::Slot { slot: all[place].slot, encoding }
    }
}

/// A pointer that validation has read before.
fn parsed(pointer: &str) -> Pointer {
    Pointer::parse(pointer).unwrap_or_default()
}

/// A path that validation has read before; the one in its place selects the whole body.
fn parsed_path(path: &str) -> JsonPath {
    JsonPath::parse(path).unwrap_or_default()
}

fn position_or_push(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
