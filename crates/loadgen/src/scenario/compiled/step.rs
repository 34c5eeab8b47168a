//! Steps made ready: what is sent, what is kept of the answer, and how that is judged.

use std::collections::BTreeSet;

use regex::bytes::Regex;
use serde_json::Value;

use super::call::{self, CompiledCall};
use super::request::{Names, Piece, Place, Request, Scratch, Values, path_of, push_bytes, push_template};
use super::socket::{self, CompiledSocket, HANDSHAKE_FIELDS, SocketAct};
use super::text::Encoding;
use super::{TargetText, graphql, place_of_text, regex, templates};
use crate::scenario::json::Pointer;
use crate::scenario::{
    Action, Body, Check, ContentCoding, Expect, FieldTest, HttpRequest, Scenario, Source, Step, Template,
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
}

/// Where it stands. Numbers are indices of wanted headers and of patterns.
#[derive(Debug)]
pub(crate) enum CompiledSource {
    Json(Pointer),
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
    LatencyBelow {
        ns: u64,
    },
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
    pub slots: Vec<String>,
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
            Action::Redis { .. } | Action::Websocket(_) => None,
        });
        let in_headers = headers.flatten().flat_map(|(_, value)| value.variables()).collect();
        let mut slots: Vec<String> = Vec::new();
        for extract in scenario.steps().flat_map(|step| &step.extract) {
            if !slots.contains(&extract.variable) {
                slots.push(extract.variable.clone());
            }
        }
        let (endpoints, patterns, sockets) = (Vec::new(), Vec::new(), Vec::new());
        Self { scenario, targets, timeout_s, variants, in_headers, endpoints, slots, patterns, sockets }
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
            .map(|extract| CompiledExtract {
                slot: self.slots.iter().position(|name| *name == extract.variable).unwrap_or_default(),
                from: self.source(&extract.from, &mut wanted),
                is_for_header: self.in_headers.contains(extract.variable.as_str()),
            })
            .collect();
        let checks = step.checks.iter().map(|check| self.check(check, &mut wanted)).collect();
        let request = match &step.action {
            Action::Http(request) => Some(request),
            Action::Redis { .. } | Action::Websocket(_) | Action::Grpc(_) => None,
        };
        let expect = match (&step.action, &socket) {
            (Action::Http(request), _) => request.expect.clone(),
            (Action::Grpc(_), _) => Expect(vec![(200, 200)]),
            (_, Some(CompiledSocket { act: SocketAct::Connect { .. }, .. })) => Expect(vec![(101, 101)]),
            _ => Expect(Vec::new()),
        };
        let is_graphql = request.is_some_and(|request| matches!(request.body, Some(Body::GraphQl(_))));
        let from_body = |source: &Source| matches!(source, Source::JsonPointer(_) | Source::Regex { .. });
        let on_body = |check: &Check| {
            matches!(check, Check::BodyContains(_) | Check::BodyMatches(_) | Check::Json { .. })
        };
        let wants_message =
            step.extract.iter().any(|extract| from_body(&extract.from)) || step.checks.iter().any(on_body);
        // The prefix of a message is looked at in any case.
        let wants_body = is_graphql || wants_message || grpc.is_some();
        let max_redirects = request.and_then(|request| request.max_redirects).unwrap_or(0);
        let location = (max_redirects > 0).then(|| position_or_push(&mut wanted, "location"));
        let is_encodable = wants_body && request.is_some();
        let content_encoding = is_encodable.then(|| position_or_push(&mut wanted, "content-encoding"));
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
            requests: self.requests(step, target),
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
            Check::LatencyBelow { s } => CompiledCheck::LatencyBelow { ns: (s * 1e9) as u64 },
        }
    }

    fn pattern(&mut self, pattern: &str) -> usize {
        // Validation has compiled it before; what cannot be compiled matches nothing.
        if let Some(found) = regex(pattern).ok().or_else(|| regex("[a&&b]").ok()) {
            self.patterns.push(found);
        }
        self.patterns.len() - 1
    }

    /// One request for all variants, or one each.
    fn requests(&self, step: &Step, target: usize) -> Vec<Request> {
        let all = templates(step);
        let depends = self.scenario.variants.as_ref().is_some_and(|variants| {
            all.iter().flat_map(|template| template.variables()).any(|name| name == variants.variable)
        });
        (0..if depends { self.variants } else { 1 })
            .map(|variant| self.request(step, target, variant))
            .collect()
    }

    fn request(&self, step: &Step, target: usize, variant: usize) -> Request {
        let names = Resolver { compiler: self, variant };
        match &step.action {
            Action::Http(request) => {
                let has_length =
                    request.body.is_some() || ["POST", "PUT", "PATCH"].contains(&request.method.as_str());
                let head = head_pieces(request, &self.targets[target], &names);
                Request::http(head, body_pieces(request, &names), has_length)
            }
            Action::Redis { channel, message } => {
                let mut pieces = (Vec::new(), Vec::new());
                push_template(&mut pieces.0, channel, Place::Plain, &names);
                push_template(&mut pieces.1, message, place_of_text(message), &names);
                Request::Message { channel: pieces.0, message: pieces.1 }
            }
            Action::Websocket(websocket) => socket::request(websocket, &self.targets[target], &names),
            Action::Grpc(call) => {
                let timeout_s = step.timeout_s.unwrap_or(self.timeout_s);
                call::request(call, timeout_s, &self.targets[target], &names)
            }
        }
    }
}

/// Resolves names for one variant.
struct Resolver<'a> {
    compiler: &'a Compiler<'a>,
    variant: usize,
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
}

fn head_pieces(request: &HttpRequest, target: &TargetText<'_>, names: &impl Names) -> Vec<Piece> {
    let has = |name: &str| request.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let mut pieces = Vec::new();
    push_bytes(&mut pieces, format!("{} {}", request.method, target.base_path).as_bytes());
    push_template(&mut pieces, &request.path, Place::Path, names);
    push_bytes(&mut pieces, b" HTTP/1.1\r\n");
    if !has("host") {
        push_bytes(&mut pieces, format!("Host: {}\r\n", target.host).as_bytes());
    }
    if target.closes && !has("connection") {
        push_bytes(&mut pieces, b"Connection: close\r\n");
    }
    if matches!(request.body, Some(Body::GraphQl(_))) && !has("content-type") {
        push_bytes(&mut pieces, b"Content-Type: application/json\r\n");
    }
    if !request.accept_encoding.is_empty() {
        let names: Vec<&str> = request.accept_encoding.iter().map(|coding| coding.name()).collect();
        push_bytes(&mut pieces, format!("Accept-Encoding: {}\r\n", names.join(", ")).as_bytes());
    }
    for (name, value) in &request.headers {
        push_bytes(&mut pieces, format!("{name}: ").as_bytes());
        push_template(&mut pieces, value, Place::Plain, names);
        push_bytes(&mut pieces, b"\r\n");
    }
    pieces
}

fn body_pieces(request: &HttpRequest, names: &impl Names) -> Vec<Piece> {
    let mut pieces = Vec::new();
    match &request.body {
        None => {}
        Some(Body::Bytes(bytes)) => push_bytes(&mut pieces, bytes),
        Some(Body::Text(text)) => push_template(&mut pieces, text, place_of(request, text), names),
        Some(Body::GraphQl(operation)) => {
            // Validation has made it before.
            if let Ok(text) = graphql::body(operation) {
                push_template(&mut pieces, &text, Place::Json, names);
            }
        }
    }
    pieces
}

/// What kind of text a body is: by its content type, or else by its first character.
fn place_of(request: &HttpRequest, body: &Template) -> Place {
    let is_type = |(name, _): &&(String, Template)| name.eq_ignore_ascii_case("content-type");
    match request.headers.iter().find(is_type).map(|(_, value)| value.source().to_ascii_lowercase()) {
        Some(kind) if kind.contains("json") => Place::Json,
        Some(kind) if kind.contains("x-www-form-urlencoded") => Place::Form,
        Some(_) => Place::Plain,
        None => place_of_text(body),
    }
}

/// A pointer that validation has read before.
fn parsed(pointer: &str) -> Pointer {
    Pointer::parse(pointer).unwrap_or_default()
}

fn position_or_push(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
