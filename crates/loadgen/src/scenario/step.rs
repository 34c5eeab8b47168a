//! One step of a journey: what is sent, what counts as success, and what is taken from the answer; or what steers other
//! steps.

use serde::{Deserialize, Serialize};

use super::assertion::Check;
use super::grpc::GrpcCall;
use super::logic::{Batch, Group};
use super::template::Template;
use super::websocket::{Websocket, WebsocketAction};

/// One step of a journey: a request, or something that steers others, which has neither extractions nor checks.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Name of the endpoint in the statistics; steps of the same name share theirs, whatever their paths.
    pub name: String,
    /// Name of the target it goes to; `None`: the first.
    pub target: Option<String>,
    /// What is done.
    pub action: Action,
    /// How likely it is done when its turn comes, above 0 and up to 1; else the next step follows at once.
    pub probability: f64,
    /// Time limit of this request, seconds; by default that of the load.
    pub timeout_s: Option<f64>,
    /// Values to take from the answer.
    pub extract: Vec<Extract>,
    /// What the answer must fulfil beside its status.
    pub checks: Vec<Check>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// An HTTP request.
    Http(HttpRequest),
    /// Publishes on a Redis channel and awaits the message on the user's own subscription.
    Redis {
        /// The channel.
        channel: Template,
        /// The message.
        message: Template,
    },
    /// An action on a WebSocket connection of the user.
    Websocket(Websocket),
    /// A unary gRPC call.
    Grpc(Box<GrpcCall>),
    /// Gives values to variables, one after the other; nothing is sent.
    Set(Vec<(String, Template)>),
    /// Steps under a condition or in a loop.
    Group(Box<Group>),
    /// Requests in parallel.
    Batch(Batch),
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HttpRequest {
    /// Method, upper case.
    pub method: String,
    /// Path with query, beginning with `/`. Values of variables are percent-encoded where needed.
    pub path: Template,
    /// Header names and values. `Host`, `Content-Length` and `Connection` are written by the engine unless
    /// named here; `Content-Length` and `Transfer-Encoding` cannot be named.
    pub headers: Vec<(String, Template)>,
    /// The body.
    pub body: Option<Body>,
    /// Codings that the answer may come in, best first: asked for by `Accept-Encoding`, and taken off before the
    /// answer is checked and values are taken from it. None: nothing is asked for and nothing taken off.
    pub accept_encoding: Vec<ContentCoding>,
    /// Redirects that are followed one after the other, at most; 0: they are answers like any other. `None`: as the load
    /// says, or else 0. Each is a request of its own in the statistics; what the step expects, checks and extracts is
    /// that of the last answer.
    pub max_redirects: Option<u32>,
    /// Which answers count as success.
    pub expect: Expect,
}

/// Redirects followed at most where no number is given, as in k6.
pub const MAX_REDIRECTS: u32 = 10;

/// How the body of an answer is compressed (RFC 9110, section 8.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentCoding {
    /// `gzip`, as of RFC 1952.
    Gzip,
    /// `deflate`: the format of zlib, or, as some send it, the bare compressed data.
    Deflate,
}

impl ContentCoding {
    /// All codings.
    pub const ALL: [ContentCoding; 2] = [ContentCoding::Gzip, ContentCoding::Deflate];

    /// Its name in `Accept-Encoding` and `Content-Encoding`.
    pub fn name(self) -> &'static str {
        match self {
            ContentCoding::Gzip => "gzip",
            ContentCoding::Deflate => "deflate",
        }
    }

    /// The coding of this name, in any case. `x-gzip` is `gzip`.
    pub fn named(name: &[u8]) -> Option<Self> {
        let name = if name.eq_ignore_ascii_case(b"x-gzip") { b"gzip" } else { name };
        Self::ALL.into_iter().find(|coding| name.eq_ignore_ascii_case(coding.name().as_bytes()))
    }
}

/// The body of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Text with variables. In a JSON body values inside quotes are escaped, in a form they are
    /// percent-encoded, elsewhere they are put in as they are ([`Filter`](super::Filter)).
    Text(Template),
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// A GraphQL operation, sent as JSON. An answer with `errors` fails.
    GraphQl(GraphQl),
    /// JSON (RFC 8259), sent as `application/json`. Its strings are templates, whose values are escaped; a string that
    /// is nothing but `{{name|raw}}` is put in without quotes, for numbers and the like.
    Json(serde_json::Value),
    /// Names and values, sent as `application/x-www-form-urlencoded` (URL Standard, section 5). All is
    /// percent-encoded.
    Form(Vec<(String, Template)>),
    /// Fields and files, sent as `multipart/form-data` (RFC 7578).
    Multipart(Vec<Part>),
}

/// One part of a `multipart/form-data` body.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Name of the field.
    pub name: String,
    /// Name of the file, if it is one.
    pub file_name: Option<String>,
    /// Value of its `Content-Type`.
    pub content_type: Option<String>,
    /// What it holds.
    pub content: PartContent,
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartContent {
    /// Text with variables, whose values are put in as they are.
    Text(Template),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

/// A GraphQL operation over HTTP (GraphQL over HTTP, section "Request").
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GraphQl {
    /// The document, taken literally.
    pub query: String,
    /// Which operation of the document.
    pub operation: Option<String>,
    /// Its variables: a JSON object whose strings are templates. Values are escaped; a string that is nothing
    /// but `{{name|raw}}` is put in without quotes, for numbers and the like.
    pub variables: Option<serde_json::Value>,
}

impl HttpRequest {
    /// `method path` without a body; 2xx and 3xx are accepted.
    pub fn new(method: impl Into<String>, path: Template) -> Self {
        Self {
            method: method.into(),
            path,
            headers: Vec::new(),
            body: None,
            accept_encoding: Vec::new(),
            max_redirects: None,
            expect: Expect::default(),
        }
    }

    /// With another header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: Template) -> Self {
        self.headers.push((name.into(), value));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = Some(body);
        self
    }

    /// With an answer that may come in this coding, too.
    #[must_use]
    pub fn accept_encoding(mut self, coding: ContentCoding) -> Self {
        self.accept_encoding.push(coding);
        self
    }

    /// Following so many redirects at most.
    #[must_use]
    pub fn follow(mut self, max_redirects: u32) -> Self {
        self.max_redirects = Some(max_redirects);
        self
    }

    /// With these statuses accepted.
    #[must_use]
    pub fn expect(mut self, expect: Expect) -> Self {
        self.expect = expect;
        self
    }
}

impl Step {
    /// A step that sends `method path` without a body and accepts 2xx and 3xx.
    pub fn new(name: impl Into<String>, method: impl Into<String>, path: Template) -> Self {
        Self::http(name, HttpRequest::new(method, path))
    }

    /// A step that sends `request`.
    pub fn http(name: impl Into<String>, request: HttpRequest) -> Self {
        Self::of(name, Action::Http(request))
    }

    /// A step that posts a GraphQL operation to `path`.
    pub fn graphql(name: impl Into<String>, path: Template, operation: GraphQl) -> Self {
        Self::http(name, HttpRequest::new("POST", path).body(Body::GraphQl(operation)))
    }

    /// Steps under a condition or in a loop.
    pub fn group(name: impl Into<String>, group: Group) -> Self {
        Self::of(name, Action::Group(Box::new(group)))
    }

    /// Requests in parallel, at most so many at once.
    pub fn batch(name: impl Into<String>, connections: u32, steps: Vec<Step>) -> Self {
        Self::of(name, Action::Batch(Batch { connections, steps }))
    }

    /// A variable that gets a value.
    pub fn set(variable: impl Into<String>, value: Template) -> Self {
        let variable = variable.into();
        Self::of(format!("set {variable}"), Action::Set(vec![(variable, value)]))
    }

    /// Calls `visit` with each request in it: itself, or those that it steers.
    pub fn requests<'a>(&'a self, visit: &mut impl FnMut(&'a Step)) {
        self.walk(&mut |step| {
            if step.is_request() {
                visit(step);
            }
        });
    }

    /// Calls `visit` with itself and each step in it.
    pub(super) fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Step)) {
        visit(self);
        match &self.action {
            Action::Group(group) => {
                group.steps.iter().chain(&group.otherwise).for_each(|step| step.walk(visit))
            }
            Action::Batch(batch) => batch.steps.iter().for_each(|step| step.walk(visit)),
            _ => {}
        }
    }

    /// The same, to change them.
    pub(super) fn walk_mut(&mut self, visit: &mut impl FnMut(&mut Step)) {
        visit(self);
        match &mut self.action {
            Action::Group(group) => {
                group.steps.iter_mut().chain(&mut group.otherwise).for_each(|step| step.walk_mut(visit));
            }
            Action::Batch(batch) => batch.steps.iter_mut().for_each(|step| step.walk_mut(visit)),
            _ => {}
        }
    }

    /// Whether it sends something itself.
    pub fn is_request(&self) -> bool {
        !matches!(self.action, Action::Set(_) | Action::Group(_) | Action::Batch(_))
    }

    /// A step that publishes on Redis.
    pub fn redis(name: impl Into<String>, channel: Template, message: Template) -> Self {
        Self::of(name, Action::Redis { channel, message })
    }

    /// A step that does `action` on a WebSocket connection of its user; `connection` is its name.
    pub fn websocket(
        name: impl Into<String>,
        connection: impl Into<String>,
        action: WebsocketAction,
    ) -> Self {
        Self::of(name, Action::Websocket(Websocket { connection: connection.into(), action }))
    }

    /// A step that makes a gRPC call.
    pub fn grpc(name: impl Into<String>, call: GrpcCall) -> Self {
        Self::of(name, Action::Grpc(Box::new(call)))
    }

    /// A step that does `action`, always, on the first target.
    pub fn of(name: impl Into<String>, action: Action) -> Self {
        Self {
            name: name.into(),
            target: None,
            action,
            probability: 1.0,
            timeout_s: None,
            extract: Vec::new(),
            checks: Vec::new(),
        }
    }

    /// With a value taken from the answer.
    #[must_use]
    pub fn extract(mut self, variable: impl Into<String>, from: Source) -> Self {
        self.extract.push(Extract { variable: variable.into(), from, optional: false });
        self
    }

    /// With an assertion.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }
}

/// Accepted status codes, as inclusive ranges. Default: 200 to 399 (redirects are not followed).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expect(
    /// Inclusive ranges `(from, to)`.
    pub Vec<(u16, u16)>,
);

impl Default for Expect {
    fn default() -> Self {
        Self(vec![(200, 399)])
    }
}

impl Expect {
    /// Whether `status` is accepted.
    pub fn accepts(&self, status: u16) -> bool {
        self.0.iter().any(|&(from, to)| (from..=to).contains(&status))
    }
}

/// A value to take from an answer. Its absence makes the step fail, unless it is optional.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    /// Name of the variable.
    pub variable: String,
    /// Where the value stands.
    pub from: Source,
    /// Whether it may be missing; the variable is empty then.
    #[serde(default)]
    pub optional: bool,
}

/// Where an extracted value stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// JSON pointer (RFC 6901) into the body. A string is taken without its quotes, anything else but null
    /// as it is written, without blanks.
    JsonPointer(String),
    /// JSONPath (RFC 9535) into the body. The first value that it selects, written like that of a pointer; or all of
    /// them, as a JSON list.
    JsonPath {
        /// The path.
        path: String,
        /// Whether all are taken.
        all: bool,
    },
    /// First header of this name (any case).
    Header(String),
    /// Cookie of this name that the answer sets.
    Cookie(String),
    /// First match of a regular expression in the body.
    Regex {
        /// The expression, in the syntax of the crate `regex`.
        pattern: String,
        /// Which group is the value; 0 is the whole match.
        group: usize,
    },
}

impl Source {
    /// A match of `pattern`, the first group of it if there is one.
    pub fn regex(pattern: impl Into<String>) -> Self {
        let pattern = pattern.into();
        // What is wrong with the expression is told by validation.
        let has_group = super::compiled::regex(&pattern).is_ok_and(|regex| regex.captures_len() > 1);
        Source::Regex { pattern, group: usize::from(has_group) }
    }
}
