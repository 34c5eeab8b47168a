//! Everything that can be wrong with a scenario before the first request.

use thiserror::Error;

use crate::scenario::Filter;

/// What is wrong with a scenario.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ScenarioError {
    /// No classes, a class without tasks, or a task without steps.
    #[error("{what} has no {lacking}")]
    Empty {
        /// What lacks something: a class or task, or the scenario.
        what: String,
        /// What it lacks.
        lacking: &'static str,
    },
    /// A weight that is not above 0.
    #[error("the weight of {what} must be a finite number > 0, not {weight}")]
    Weight {
        /// Class, task or variant.
        what: String,
        /// Its weight.
        weight: f64,
    },
    /// Two classes, feeders or variants of one name, or a name that cannot be one.
    #[error("{what} needs a name of its own{}", if *strict { " (letters, digits, `_`, `-`)" } else { "" })]
    Name {
        /// What has it.
        what: String,
        /// Whether templates use the name.
        strict: bool,
    },
    /// The wait has a negative or infinite parameter.
    #[error("the wait of class {class:?} must be made of finite seconds >= 0, the least first")]
    Wait {
        /// Name of the class.
        class: String,
    },
    /// Something is wrong with one step.
    #[error("step {step:?}: {problem}")]
    Step {
        /// Name of the step.
        step: String,
        /// What is wrong.
        problem: StepProblem,
    },
}

/// What is wrong with a step.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum StepProblem {
    /// The step has no name.
    #[error("the name is empty")]
    NoName,
    /// The method is no upper-case token.
    #[error("method {0:?} is not an upper-case word")]
    Method(String),
    /// The path does not start with `/` or holds spaces or control characters.
    #[error("path {0:?} must start with `/` and hold neither spaces nor control nor non-ASCII characters")]
    Path(String),
    /// A header name is no token.
    #[error("header name {0:?} is not valid")]
    HeaderName(String),
    /// A header value holds control characters.
    #[error("the value of header {0:?} holds control characters")]
    HeaderValue(String),
    /// Codings are asked for in two places.
    #[error("header `Accept-Encoding` stands beside accept_encoding, which writes it")]
    AcceptEncodingTwice,
    /// A header that only the engine can write.
    #[error("header {0:?} is written by the engine and cannot be set")]
    HeaderReserved(String),
    /// A feeder's column with line ends is used in a header.
    #[error("{{{{{0}}}}} holds line ends or zeros and cannot stand in a header")]
    HeaderColumn(String),
    /// A filter that cannot be used in a path.
    #[error("filter `{}` cannot be used in a path (only url)", match .0 { Filter::Json => "json", _ => "raw" })]
    PathFilter(Filter),
    /// A variable that no earlier step sets.
    #[error("variable {{{{{name}}}}} is neither built in (user, iteration, random) nor a feeder's column nor surely \
        set by an earlier step{}",
        if known.is_empty() { String::new() } else { format!(" (known here: {})", known.join(", ")) })]
    UnknownVariable {
        /// The variable.
        name: String,
        /// Those known at this step.
        known: Vec<String>,
    },
    /// A condition, or `default`, looks at a variable that no step of the class sets.
    #[error("nothing sets {name:?}{}", match near {
        Some(near) => format!(": did you mean {near:?}?"),
        None if known.is_empty() => String::new(),
        None => format!(" (there are: {})", known.join(", ")),
    })]
    NeverSet {
        /// The variable.
        name: String,
        /// One of a like name.
        near: Option<String>,
        /// Those that something sets.
        known: Vec<String>,
    },
    /// A group or batch without steps.
    #[error("it has no steps")]
    NoSteps,
    /// A number of rounds that no loop can have.
    #[error("{0:?} is no number of rounds: a whole number up to 1,000,000")]
    Rounds(String),
    /// Groups too deep in each other.
    #[error("more than {0} groups in each other")]
    TooDeep(usize),
    /// `else` without a condition.
    #[error("`else` belongs to an `if`")]
    ElseWithoutIf,
    /// A number of connections that no batch can use.
    #[error("a batch uses 1 to 256 connections at once, not {0}")]
    Parallel(u32),
    /// A group or the like in a batch.
    #[error("a batch is made of requests alone: groups, `set` and batches stand around it")]
    SteeringInBatch,
    /// A batch does something on a WebSocket.
    #[error("a batch holds no WebSocket steps: a connection does one thing at a time")]
    WebsocketInBatch,
    /// A request of a batch follows redirects.
    #[error(
        "requests of a batch follow no redirects (`redirects: keep`): a user follows one trail at a time"
    )]
    RedirectsInBatch,
    /// Something that belongs to requests stands at a step that sends none.
    #[error("{0} belongs to a request")]
    RequestOnly(&'static str),
    /// A JSONPath that is not one.
    #[error("JSONPath: {0}")]
    JsonPath(String),
    /// A content type beside a multipart body.
    #[error("header `Content-Type` stands beside a multipart body, whose boundary it must name")]
    MultipartType,
    /// A name or type of a part that cannot stand in its head.
    #[error("{0:?} cannot stand in the head of a part")]
    PartHead(String),
    /// A variable is extracted under a name that is taken or malformed.
    #[error("{0:?} cannot name a variable that is extracted or set")]
    VariableName(String),
    /// A JSON pointer that is not one.
    #[error("JSON pointer {0:?} must be empty or start with `/`")]
    JsonPointer(String),
    /// A regular expression that is not one, or too large.
    #[error("regular expression {pattern:?}: {why}")]
    Pattern {
        /// The expression.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A group that the expression does not have.
    #[error("regular expression {pattern:?} has no group {group}")]
    Group {
        /// The expression.
        pattern: String,
        /// The group.
        group: usize,
    },
    /// Something that only an HTTP answer has is taken from or checked in the answer of another protocol.
    #[error("{0} belongs to HTTP answers")]
    HttpOnly(&'static str),
    /// A close code that a client must not send.
    #[error(
        "{0} is no code to close with: 1000 to 1003, 1007 to 1011, or 3000 to 4999 (RFC 6455, section 7.4)"
    )]
    CloseCode(u16),
    /// A reason that does not fit into a close frame.
    #[error("the reason to close has {0} bytes: at most 123 fit")]
    CloseReason(usize),
    /// Something is taken from or checked in an answer that nobody awaits.
    #[error("nothing is awaited here that a value could be taken from or that could be checked: add `await`")]
    NoAnswer,
    /// A WebSocket connection that no step of the class opens.
    #[error("no step of this class opens {}{}", connection_of(.name),
        if known.is_empty() { String::new() } else { format!(" (opened: {})", known.join(", ")) })]
    NoConnection {
        /// Its name.
        name: String,
        /// Names of those that are opened.
        known: Vec<String>,
    },
    /// Metadata of gRPC under a name that it cannot have.
    #[error("metadata {0:?} must be in lower case and not begin with `grpc-`")]
    Metadata(String),
    /// A template in the message of a call is broken.
    #[error("gRPC message: {0}")]
    GrpcTemplate(String),
    /// The message of a call does not fit its type.
    #[error("gRPC message: {0}")]
    GrpcMessage(String),
    /// GraphQL variables that are no JSON object.
    #[error("GraphQL variables must be a JSON object")]
    GraphQlVariables,
    /// A template in the GraphQL variables is broken.
    #[error("GraphQL variables: {0}")]
    GraphQlTemplate(String),
    /// A template in a JSON body is broken.
    #[error("JSON body: {0}")]
    JsonTemplate(String),
    /// No range, or one that is empty or outside 100..=599.
    #[error("expected statuses must be ranges within 100 to 599")]
    Expect,
    /// The time limit is not positive.
    #[error("timeout_s must be a finite number > 0, not {0}")]
    Timeout(f64),
    /// The bound of a latency check is not positive.
    #[error("the latency to stay below must be a finite number of seconds > 0, not {0}")]
    Latency(f64),
    /// The probability is not above 0 and up to 1.
    #[error("the probability must be above 0 and at most 1, not {0}")]
    Probability(f64),
}

fn connection_of(name: &str) -> String {
    if name.is_empty() {
        "a WebSocket connection".to_owned()
    } else {
        format!("the WebSocket connection {name:?}")
    }
}
