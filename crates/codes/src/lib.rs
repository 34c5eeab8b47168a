//! Every error and warning that swarmlab can tell, in one table: number, name, page, exit code.
//!
//! A finding or an error carries a [`Code`], one of the constants of this room. There is no other way to make one, so
//! an unknown code does not compile, and a code that two rooms would use for different things cannot be written down.
//!
//! | numbers | [`Room`] | what |
//! |---|---|---|
//! | 0xx | [`Room::Yaml`] | YAML, and reading values out of it |
//! | 1xx | [`Room::Experiment`] | the experiment file |
//! | 2xx | [`Room::Stack`] | the stack file |
//! | 3xx | [`Room::Load`] | shapes and scenarios: what the load is to be |
//! | 4xx | [`Room::Engine`] | Docker, its Swarm and images |
//! | 5xx | [`Room::Testbed`] | the testbed and its telemetry |
//! | 6xx | [`Room::Generator`] | sending a load, and merging loads |
//! | 7xx | [`Room::Results`] | the run folder and what is made of it |
//! | 9xx | [`Room::Program`] | this program and its machine |
//!
//! Errors begin with `E`, warnings with `W`; they share the numbers. A number that was in a release is never given to
//! something else: a code that is no longer told leaves a gap.
//!
//! ```
//! use swarmlab_codes::{UNKNOWN_SERVICE, find};
//! assert_eq!(UNKNOWN_SERVICE.id(), "E204-unknown-service");
//! for way in ["E204", "e204", "204", "E204-unknown-service", "unknown-service"] {
//!     assert_eq!(find(way), Some(UNKNOWN_SERVICE));
//! }
//! assert!(UNKNOWN_SERVICE.page().contains("What to do"));
//! ```

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

#[macro_use]
mod table;

mod catalogue;
mod code;
mod engine;
mod experiment;
mod generator;
mod load;
mod markdown;
mod program;
mod results;
mod stack;
mod testbed;
mod text;
mod yaml;

pub use catalogue::*;
pub use code::{Code, Level, Room};
pub use engine::*;
pub use experiment::*;
pub use generator::*;
pub use load::*;
pub use markdown::markdown;
pub use program::*;
pub use results::*;
pub use stack::*;
pub use testbed::*;
pub use yaml::*;

/// All codes, in the order of their numbers.
pub fn all() -> impl Iterator<Item = Code> {
    [
        yaml::ROWS,
        experiment::ROWS,
        stack::ROWS,
        load::ROWS,
        catalogue::ROWS,
        engine::ROWS,
        testbed::ROWS,
        generator::ROWS,
        results::ROWS,
        program::ROWS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The code of a number (`E204`, `e204`, `204`), a name (`unknown-service`) or both (`E204-unknown-service`).
pub fn find(text: &str) -> Option<Code> {
    let text = text.trim();
    all().find(|code| {
        let names = [code.id(), code.short(), &code.short()[1..], code.name()];
        names.iter().any(|name| name.eq_ignore_ascii_case(text))
    })
}
