//! Assertions: what an answer must fulfil beside its status.

use serde::Serialize;

/// One assertion. An answer that does not fulfil it counts as
/// [`ErrorKind::CheckFailed`](swarmlab_intervals::ErrorKind::CheckFailed), one that comes too late as
/// [`ErrorKind::TooSlow`](swarmlab_intervals::ErrorKind::TooSlow).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// A header field of the answer; one of them, if there are several of the name.
    Header {
        /// Its name, any case.
        name: String,
        /// What holds for it.
        test: FieldTest,
    },
    /// The body contains this text.
    BodyContains(String),
    /// This regular expression matches somewhere in the body.
    BodyMatches(String),
    /// The value at a JSON pointer (RFC 6901) of the body equals this one. Numbers are compared by value.
    Json {
        /// The pointer.
        pointer: String,
        /// The value.
        equals: serde_json::Value,
    },
    /// Every value that a JSONPath (RFC 9535) selects in the body fulfils a test.
    JsonPath {
        /// The path.
        path: String,
        /// The test.
        test: NodeTest,
    },
    /// The response time (from the intended moment on) is below this.
    LatencyBelow {
        /// Seconds.
        s: f64,
    },
}

/// What holds for a header field.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldTest {
    /// It is there.
    Present,
    /// Its value is this, to the letter.
    Equals(String),
    /// This regular expression matches somewhere in its value.
    Matches(String),
}

/// What holds for the values that a JSONPath selects. Tests of single values need at least one, and hold for all.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeTest {
    /// There is at least one.
    Present,
    /// There is none.
    Absent,
    /// There are so many.
    Count(u64),
    /// They equal this one; numbers by value.
    Equals(serde_json::Value),
    /// They are strings in which this regular expression matches somewhere.
    Matches(String),
    /// They are numbers within these bounds, both included.
    Within {
        /// The lower one.
        least: Option<f64>,
        /// The upper one.
        most: Option<f64>,
    },
}

impl Check {
    /// Whether it is about what an answer says, not about when it comes.
    pub(crate) fn is_of_answer(&self) -> bool {
        !matches!(self, Check::LatencyBelow { .. })
    }

    /// The regular expression in it.
    pub(crate) fn pattern(&self) -> Option<&str> {
        match self {
            Check::BodyMatches(pattern) => Some(pattern),
            Check::Header { test: FieldTest::Matches(pattern), .. } => Some(pattern),
            Check::JsonPath { test: NodeTest::Matches(pattern), .. } => Some(pattern),
            _ => None,
        }
    }
}
