//! What a code is.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// Whether it keeps swarmlab from going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Something cannot be done.
    Error,
    /// It can be done, but something has no effect or is unwise.
    Warning,
}

/// Where a code is told: the hundreds of its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Room {
    /// 0xx: YAML, and reading values out of it.
    Yaml,
    /// 1xx: the experiment file.
    Experiment,
    /// 2xx: the stack file.
    Stack,
    /// 3xx: shapes and scenarios.
    Load,
    /// 4xx: Docker, its Swarm and images.
    Engine,
    /// 5xx: the testbed and its telemetry.
    Testbed,
    /// 6xx: sending a load, and merging loads.
    Generator,
    /// 7xx: the run folder and what is made of it.
    Results,
    /// 9xx: this program and its machine.
    Program,
}

impl Room {
    /// In words, as a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Yaml => "YAML and its values",
            Self::Experiment => "Experiment file",
            Self::Stack => "Stack file",
            Self::Load => "Shapes and scenarios",
            Self::Engine => "Docker and its Swarm",
            Self::Testbed => "Testbed and telemetry",
            Self::Generator => "Sending a load",
            Self::Results => "Run folder and analysis",
            Self::Program => "This program and its machine",
        }
    }

    /// The hundreds of its numbers.
    pub fn hundreds(self) -> u16 {
        match self {
            Self::Yaml => 0,
            Self::Experiment => 1,
            Self::Stack => 2,
            Self::Load => 3,
            Self::Engine => 4,
            Self::Testbed => 5,
            Self::Generator => 6,
            Self::Results => 7,
            Self::Program => 9,
        }
    }
}

/// A row of the table; private, so that only this room can add one.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) room: Room,
    pub(crate) level: Level,
    pub(crate) number: u16,
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) constant: &'static str,
    pub(crate) exit: u8,
    pub(crate) title: &'static str,
    pub(crate) means: &'static str,
    pub(crate) example: &'static str,
    pub(crate) advice: &'static str,
}

/// The identity of a kind of error or warning. Only the constants of this crate are codes.
#[derive(Clone, Copy)]
pub struct Code(pub(crate) &'static Row);

impl Code {
    /// Letter, number and name: `E204-unknown-service`.
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// Letter and number: `E204`.
    pub fn short(self) -> &'static str {
        self.0.id.split('-').next().unwrap_or(self.0.id)
    }

    /// The number, unique among errors and warnings together.
    pub fn number(self) -> u16 {
        self.0.number
    }

    /// The name alone, unique as well: `unknown-service`.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The name of its constant in this crate: `UNKNOWN_SERVICE`.
    pub fn constant(self) -> &'static str {
        self.0.constant
    }

    /// Where it is told.
    pub fn room(self) -> Room {
        self.0.room
    }

    /// Error or warning.
    pub fn level(self) -> Level {
        self.0.level
    }

    /// The exit code that the command ends with because of it; 0 for warnings.
    pub fn exit(self) -> u8 {
        self.0.exit
    }

    /// In one line, without a full stop.
    pub fn title(self) -> &'static str {
        self.0.title
    }

    /// What it means: the first part of its page.
    pub fn means(self) -> &'static str {
        self.0.means
    }

    /// What makes it: a file whose first line is a comment with its name (`# stack.yml`), or a command.
    pub fn example(self) -> &'static str {
        self.0.example.trim_matches('\n')
    }

    /// What to do about it: the last part of its page.
    pub fn advice(self) -> &'static str {
        self.0.advice
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.number() == other.number()
    }
}

impl Eq for Code {}

impl Hash for Code {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number().hash(state);
    }
}

impl PartialOrd for Code {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Errors before warnings, each by number.
impl Ord for Code {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.level(), self.number()).cmp(&(other.level(), other.number()))
    }
}
