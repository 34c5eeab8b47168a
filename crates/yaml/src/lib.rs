//! YAML as a tree with positions, and diagnostics that point at them.
//!
//! Three steps: [`load`] turns text into a [`Document`] whose nodes know where they stand; a [`Cx`] hands
//! out its values to readers, which ask for what they need and file what is wrong; [`Cx::finish`] gives
//! either the result or *all* findings, sorted by place, rendered as rustc renders its own.
//!
//! An element of a configuration (type, default, check) fits one short file. The worked example:
//!
//! ```
//! use std::time::Duration;
//! use swarmlab_yaml::{Cx, MapReader, Value, load};
//!
//! /// What a run must keep to.
//! #[derive(Debug, PartialEq)]
//! struct Slo { p95: Duration, error_rate: f64 }
//!
//! impl Slo {
//!     fn read(value: &Value<'_>) -> Option<Slo> {
//!         let map = value.mapping()?;
//!         // Everything is asked for before anything is given up, so that all errors are found.
//!         let p95 = map.required("p95", Value::positive_duration);
//!         let error_rate = map.or("error_rate", 0.01, Value::percent);
//!         map.finish();
//!         Some(Slo { p95: p95?, error_rate })
//!     }
//! }
//!
//! #[derive(Debug, Clone, PartialEq)]
//! enum Model { Open, Closed }
//!
//! #[derive(Debug, PartialEq)]
//! struct Experiment { name: String, model: Model, services: Vec<String>, slo: Option<Slo> }
//!
//! fn experiment(value: &Value<'_>) -> Option<Experiment> {
//!     let map = value.mapping()?;
//!     let name = map.required("name", Value::name);
//!     let model = map.or("model", Model::Open, |v| v.enum_of(&[("open", Model::Open), ("closed", Model::Closed)]));
//!     let services = map.required("services", |v| v.list(Value::name));
//!     let slo = map.optional("slo", Slo::read);
//!     map.finish();
//!     Some(Experiment { name: name?, model, services: services?, slo })
//! }
//!
//! let good = load("name: ramp\nservices: [gateway]\nslo: { p95: 250ms }\n", "ramp.yml").unwrap();
//! let cx = Cx::new(&good);
//! let read = experiment(&cx.root());
//! let (experiment_read, warnings) = cx.finish(read).unwrap();
//! assert_eq!(experiment_read.slo, Some(Slo { p95: Duration::from_millis(250), error_rate: 0.01 }));
//! assert!(warnings.is_empty());
//!
//! let bad = load("name: ramp\nmodel: opn\nservices: [gateway]\nslo: { p95: 250, p99: 1s }\n", "ramp.yml").unwrap();
//! let cx = Cx::new(&bad);
//! let read = experiment(&cx.root());
//! let errors = cx.finish(read).unwrap_err();
//! assert_eq!(errors.to_string(), "\
//! error[E004-bad-value]: model cannot be `opn`
//!  --> ramp.yml:2:8 (model)
//!   |
//! 2 | model: opn
//!   |        ^^^ expected one of open, closed
//!   = help: did you mean `open`?
//!
//! error[E004-bad-value]: slo.p95 is a number without a unit
//!  --> ramp.yml:4:13 (slo.p95)
//!   |
//! 4 | slo: { p95: 250, p99: 1s }
//!   |             ^^^ expected a duration such as 250ms, 1s or 1m30s
//!   = help: write the unit: 250s for seconds, 250ms for milliseconds
//!
//! error[E001-unknown-key]: unknown key `p99` in slo
//!  --> ramp.yml:4:18 (slo.p99)
//!   |
//! 4 | slo: { p95: 250, p99: 1s }
//!   |                  ^^^
//!   = help: did you mean `p95`?
//!           known keys: `error_rate`, `p95`
//!
//! 3 errors");
//! ```

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod diagnostic;
mod lines;
mod load;
pub mod patch;
mod reader;
mod span;
mod suggest;
mod tree;
mod write;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use load::{MAX_DEPTH, MAX_FINDINGS, MAX_TEXT_BYTES, load};
pub use reader::{Cx, MapReader, Spanned, Value, join_path, parse_duration, parse_percent};
pub use span::Span;
pub use suggest::nearest;
pub use tree::{Document, Key, Kind, Node, resolve_plain};
pub use write::{flow, in_quotes, needs_escape};
