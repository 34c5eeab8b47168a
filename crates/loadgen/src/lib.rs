//! Load shapes, arrival schedules, scenarios and the HTTP load engine.
//!
//! A [`LoadSpec`] says what to send where; [`start`] runs it on threads of its own and hands out one
//! [`Interval`] after the other; [`LoadHandle::join`] returns the sums. The engine writes no file and prints
//! nothing: [`record`] writes interval logs and [`export`] the files of other tools for those who want them,
//! [`verdict`] judges the generator.

mod arrivals;
mod engine;
mod error;
pub mod export;
#[doc(hidden)]
pub mod fuzzing;
mod http;
mod http2;
mod metrics;
pub mod record;
mod redis;
pub mod scenario;
pub mod shape;
mod spec;
mod target;
pub mod trace;
pub mod verdict;
mod wait;

pub use arrivals::{Arrivals, Modulation, Schedule};
pub use engine::{LoadHandle, Stopper, start, start_with_resolver};
pub use error::{ErrorKind, LoadError};
pub use metrics::{
    End, EndpointStats, Histogram, Interval, MachineMetrics, Outcome, SelfMetrics, Tally, ThreadMetrics,
    add_histogram, duration_s, new_histogram,
};
pub use scenario::{
    Action, Body, Check, Exhausted, Expect, Extract, Feeder, FieldTest, Filter, GraphQl, HttpRequest, Order,
    Scenario, ScenarioError, Source, Step, StepProblem, Table, TableError, Task, Template, TemplateError,
    UserClass, Variants,
};
pub use shape::Shape;
pub use spec::{Limits, LoadSpec, Model};
pub use target::{
    Credentials, Endpoint, HttpVersion, Resolve, Reuse, Scheme, Secret, SystemResolver, Target, TargetError,
    TlsOptions,
};
pub use wait::Wait;
