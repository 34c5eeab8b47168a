//! What is taken from answers and what must hold for them, made ready.

use serde_json::Value;

use super::compiler::Compiler;
use crate::scenario::json::Pointer;
use crate::scenario::jsonpath::JsonPath;
use crate::scenario::{Check, FieldTest, NodeTest, Source};

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

impl Compiler<'_> {
    pub(super) fn source(&mut self, source: &Source, wanted: &mut Vec<String>) -> CompiledSource {
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

    pub(super) fn check(&mut self, check: &Check, wanted: &mut Vec<String>) -> CompiledCheck {
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
}

/// A pointer that validation has read before.
fn parsed(pointer: &str) -> Pointer {
    Pointer::parse(pointer).unwrap_or_default()
}

/// A path that validation has read before; the one in its place selects the whole body.
fn parsed_path(path: &str) -> JsonPath {
    JsonPath::parse(path).unwrap_or_default()
}

/// The place of a name of a header, which is put behind the others if it is new.
pub(super) fn position_or_push(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known.eq_ignore_ascii_case(name)).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
