//! Scenarios and the load engine that sends them.
//!
//! A [`LoadSpec`] says what to send where; [`start`] runs it on threads of its own and hands out one
//! [`Interval`](swarmlab_intervals::Interval) after the other; [`LoadControl`] changes its level or ends it; [`LoadHandle::join`] returns the sums. The engine writes no file and prints
//! nothing. What it measured is told in the words of the room `intervals`, which also writes interval logs and judges
//! the generator; [`export`] writes the files of other tools for those who want them.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

pub mod debug;
mod engine;
mod error;
pub mod export;
#[doc(hidden)]
pub mod fuzzing;
pub mod grpc;
mod http;
mod http2;
mod redis;
pub mod scenario;
mod spec;
mod target;
mod wait;
pub mod wakeups;
mod ws;

pub use engine::{
    Awake, LevelChange, LoadControl, LoadHandle, can_keep_awake, start, start_with_resolver, without_secrets,
};
pub use error::LoadError;
pub use scenario::jsonpath::{JsonPath, JsonPathError};
pub use scenario::{
    Action, Batch, Body, Check, Condition, ContentCoding, Exhausted, Expect, Expression, ExpressionError,
    Extract, Feeder, FieldTest, Filter, Function, GraphQl, Group, GrpcCall, HttpRequest, MAX_REDIRECTS,
    MAXIMUM_PARALLEL, MAXIMUM_ROUNDS, NodeTest, Order, Part, PartContent, Repeat, Scenario, ScenarioError,
    Segment, Source, Step, StepProblem, Table, TableError, Task, Template, TemplateError, Test, UserClass,
    Variants, Websocket, WebsocketAction, WebsocketMessage,
};
pub use spec::{Limits, LoadSpec, Model};
pub use target::{
    ConnectionLifetime, Credentials, Endpoint, HttpVersion, LoadTarget, Resolve, Reuse, Scheme, Secret,
    SystemResolver, TargetError, TlsOptions,
};
pub use wait::Wait;

/// Names of the codes of gRPC, from 0 on.
pub const GRPC_CODES: [&str; 17] = swarmlab_intervals::GRPC_NAMES;
