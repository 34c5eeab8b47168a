//! Judging a complete answer: status, GraphQL errors, assertions, values to take, time. The first that does
//! not hold names the error.

use serde_json::Value;

use super::extract::Extractor;
use super::glimpse::Glimpse;
use super::kept::Kept;
use super::tap::{CheckSeen, Seen};
use crate::scenario::compiled::{
    CompiledCheck, CompiledFieldTest, CompiledNodeTest, CompiledSource, CompiledStep,
};
use crate::scenario::json;
use crate::scenario::jsonpath::{JsonPath, equals};
use swarmlab_intervals::ErrorKind;

/// The judge of one thread.
#[derive(Debug)]
pub(crate) struct Judge {
    extractor: Extractor,
    text: String,
}

impl Judge {
    pub fn new(patterns: &[regex::bytes::Regex]) -> Self {
        Self { extractor: Extractor::new(patterns), text: String::new() }
    }

    /// What is wrong with an answer that took `response_ns` from its intended moment on. If nothing is, what
    /// the step extracts is in `slots`.
    #[inline]
    pub fn judge(
        &mut self,
        step: &CompiledStep,
        kept: &Kept,
        response_ns: u64,
        slots: &mut [String],
    ) -> Option<ErrorKind> {
        self.extractor.begin();
        if !step.is_message && !step.expect.accepts(kept.status) {
            return Some(ErrorKind::UnexpectedStatus);
        }
        if let Some(errors) = &step.graphql_errors
            && json::has_graphql_errors(&kept.body, errors)
        {
            return Some(ErrorKind::GraphqlErrors);
        }
        if !step.checks.iter().all(|check| self.holds(check, kept)) {
            return Some(ErrorKind::CheckFailed);
        }
        let is_slow =
            |check: &CompiledCheck| matches!(check, CompiledCheck::LatencyBelow { ns } if response_ns >= *ns);
        if step.checks.iter().any(is_slow) {
            return Some(ErrorKind::TooSlow);
        }
        if !step.extract.is_empty() && !self.extractor.extract(step, kept, slots) {
            return Some(ErrorKind::ExtractionFailed);
        }
        None
    }

    /// The same for whoever looks: what each check and each extraction finds, by the same rules, one by one.
    #[cold]
    pub fn explain(&mut self, step: &CompiledStep, kept: &Kept, response_ns: u64) -> Seen {
        const BODY_BYTES: usize = 1 << 10;
        self.extractor.begin();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let checks = step.checks.iter().map(|check| {
            let (holds, found) = match check {
                CompiledCheck::LatencyBelow { ns } => {
                    (response_ns < *ns, Some(format!("{:.3} s", response_ns as f64 / 1e9)))
                }
                CompiledCheck::Header { wanted, .. } => {
                    let fields: Vec<String> = kept.fields(*wanted).map(text).collect();
                    (self.holds(check, kept), (!fields.is_empty()).then(|| fields.join(", ")))
                }
                CompiledCheck::Json { pointer, .. } => {
                    (self.holds(check, kept), pointer.find(&kept.body).map(text))
                }
                CompiledCheck::Body(_) => {
                    let start = &kept.body[..kept.body.len().min(BODY_BYTES)];
                    let holds = self.holds(check, kept);
                    let found =
                        if start.is_empty() { "an empty body".to_owned() } else { Glimpse::text(start) };
                    (holds, (!holds).then_some(found))
                }
                CompiledCheck::Path { path, .. } => {
                    let holds = self.holds(check, kept);
                    let nodes = Extractor::select(&mut self.extractor.tree, path, kept);
                    (holds, Some(nodes_in_words(nodes, &kept.body)))
                }
            };
            CheckSeen { holds, found }
        });
        let checks = checks.collect();
        let open = open_text(&kept.body);
        let extracted = step.extract.iter().zip(self.extractor.each(step, kept)).map(|(wanted, value)| {
            let is_of_body =
                !matches!(wanted.from, CompiledSource::Header(_) | CompiledSource::Cookie { .. });
            value.map(|value| if is_of_body && !is_open(&value, &open) { "***".to_owned() } else { value })
        });
        let extracted = extracted.collect();
        Seen { is_expected: step.is_message || step.expect.accepts(kept.status), checks, extracted }
    }

    /// Whether what was kept fulfils all of these.
    pub fn fulfils(&mut self, checks: &[CompiledCheck], kept: &Kept) -> bool {
        self.extractor.begin();
        checks.iter().all(|check| self.holds(check, kept))
    }

    fn holds(&mut self, check: &CompiledCheck, kept: &Kept) -> bool {
        if let CompiledCheck::Path { path, test } = check {
            return self.holds_for(path, test, kept);
        }
        let patterns = &self.extractor.patterns;
        match check {
            CompiledCheck::Header { wanted, test } => kept.fields(*wanted).any(|value| match test {
                CompiledFieldTest::Present => true,
                CompiledFieldTest::Equals(expected) => value == expected,
                CompiledFieldTest::Matches(pattern) => patterns[*pattern].0.is_match(value),
            }),
            CompiledCheck::Body(pattern) => patterns[*pattern].0.is_match(&kept.body),
            CompiledCheck::Json { pointer, equals } => {
                pointer.find(&kept.body).is_some_and(|found| is_equal(found, equals, &mut self.text))
            }
            CompiledCheck::LatencyBelow { .. } | CompiledCheck::Path { .. } => true,
        }
    }

    fn holds_for(&mut self, path: &JsonPath, test: &CompiledNodeTest, kept: &Kept) -> bool {
        let Extractor { patterns, tree, .. } = &mut self.extractor;
        let Some(nodes) = Extractor::select(tree, path, kept) else { return false };
        let all = |holds: &dyn Fn(&Value) -> bool| !nodes.is_empty() && nodes.iter().all(|node| holds(node));
        match test {
            CompiledNodeTest::Present => !nodes.is_empty(),
            CompiledNodeTest::Absent => nodes.is_empty(),
            CompiledNodeTest::Count(count) => nodes.len() as u64 == *count,
            CompiledNodeTest::Equals(value) => all(&|node| equals(node, value)),
            CompiledNodeTest::Matches(pattern) => {
                all(&|node| node.as_str().is_some_and(|text| patterns[*pattern].0.is_match(text.as_bytes())))
            }
            CompiledNodeTest::Within { least, most } => all(&|node| {
                node.as_f64().is_some_and(|number| {
                    least.is_none_or(|least| least <= number) && most.is_none_or(|most| number <= most)
                })
            }),
        }
    }
}

/// A body without its secrets, as it came and as JSON is written.
fn open_text(body: &[u8]) -> String {
    let tree = serde_json::from_slice::<Value>(body).map(|tree| tree.to_string()).unwrap_or_default();
    let open = |text: &[u8]| Glimpse::without_secrets(text);
    format!("{}\n{}", open(body), open(tree.as_bytes()))
}

/// Whether a value is shown with all of the body. What holds names is blanked by these.
fn is_open(value: &str, open: &str) -> bool {
    let written = |value: &Value| match value {
        Value::Array(_) | Value::Object(_) => true,
        one => open.contains(&one.to_string()),
    };
    let quoted = Value::from(value).to_string();
    open.contains(value)
        || open.contains(&quoted[1..quoted.len() - 1])
        || match serde_json::from_str(value) {
            Ok(Value::Array(list)) => list.iter().all(written),
            Ok(Value::Object(_)) => true,
            _ => false,
        }
}

/// What a path selects in a body, for whoever looks. A path may select a secret without its name: a value is shown where
/// it would be shown with all of the body.
fn nodes_in_words(nodes: Option<Vec<&Value>>, body: &[u8]) -> String {
    const SHOWN: usize = 5;
    let Some(nodes) = nodes else { return "a body that is no JSON".to_owned() };
    let open = open_text(body);
    let word = |node: &&Value| match node.to_string() {
        text if node.is_object() || node.is_array() || open.contains(&text) => text,
        _ => "***".to_owned(),
    };
    let mut words: Vec<String> = nodes.iter().take(SHOWN).map(word).collect();
    match nodes.len() {
        0 => words.push("nothing".to_owned()),
        n if n > SHOWN => words.push(format!("{} more", n - SHOWN)),
        _ => {}
    }
    words.join(", ")
}

/// Whether a value as it is written is this one. Lists and objects are parsed for it.
fn is_equal(found: &[u8], expected: &Value, text: &mut String) -> bool {
    match expected {
        Value::Null => found == b"null",
        Value::Bool(expected) => found == if *expected { &b"true"[..] } else { b"false" },
        Value::String(expected) => {
            text.clear();
            json::push_string(found, text) && text == expected
        }
        Value::Number(expected) => match serde_json::from_slice::<serde_json::Number>(found) {
            Ok(number) => number == *expected || number.as_f64() == expected.as_f64(),
            Err(_) => false,
        },
        _ => serde_json::from_slice::<Value>(found).is_ok_and(|found| found == *expected),
    }
}
