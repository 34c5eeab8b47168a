//! JSONPath (RFC 9535): names, indices, slices, wildcards, descendants, and filters with comparisons and existence
//! tests. Left out are the function extensions of filters (section 2.4); a path with one is refused.

mod parse;
mod select;

pub(crate) use select::equals;

use serde_json::Value;
use thiserror::Error;

/// A path, read once. The default is `$`, the whole document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JsonPath {
    segments: Vec<Segment>,
}

/// Why a text is no JSONPath.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected {expected} at byte {at} of `{path}`")]
pub struct JsonPathError {
    /// What could stand there.
    pub expected: &'static str,
    /// Where, in bytes from the start.
    pub at: usize,
    /// The whole path.
    pub path: String,
}

/// Selectors, applied to each node or also to everything below it.
#[derive(Debug, Clone, PartialEq)]
struct Segment {
    is_descendant: bool,
    selectors: Vec<Selector>,
}

#[derive(Debug, Clone, PartialEq)]
enum Selector {
    Name(String),
    Wildcard,
    /// Counted from the end if negative.
    Index(i64),
    Slice {
        start: Option<i64>,
        end: Option<i64>,
        step: i64,
    },
    Filter(Test),
}

/// What a filter asks.
#[derive(Debug, Clone, PartialEq)]
enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    Exists(Query),
    Compare(Comparable, Comparison, Comparable),
}

/// A query in a filter.
#[derive(Debug, Clone, PartialEq)]
struct Query {
    /// From the root of the document (`$`), else from the node under test (`@`).
    from_root: bool,
    segments: Vec<Segment>,
}

#[derive(Debug, Clone, PartialEq)]
enum Comparable {
    Literal(Value),
    /// Selects at most one node.
    Singular(Query),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl JsonPath {
    /// Reads a path.
    ///
    /// # Errors
    /// Where it is none, and what is expected there.
    pub fn parse(path: &str) -> Result<Self, JsonPathError> {
        parse::parse(path)
    }

    /// The nodes that it selects, in order. `None` if finding them takes more than a million steps, which only
    /// several descents in one path can come to.
    pub fn select<'a>(&self, root: &'a Value) -> Option<Vec<&'a Value>> {
        select::select(&self.segments, root)
    }
}

#[cfg(test)]
mod tests;
