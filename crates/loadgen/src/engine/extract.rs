//! Taking values from an answer, without an allocation once the buffers have grown.

use regex::bytes::{CaptureLocations, Regex};
use serde_json::Value;

use super::kept::Kept;
use crate::scenario::compiled::{CompiledExtract, CompiledSource, CompiledStep};
use crate::scenario::cookie::SetCookie;
use crate::scenario::json;
use crate::scenario::jsonpath::JsonPath;

/// Longest accepted value; larger ones do not fit into a request anyway.
const MAXIMUM_VALUE_BYTES: usize = 16 << 10;

/// Buffers, and a thread's own copies of all regular expressions.
#[derive(Debug)]
pub(crate) struct Extractor {
    pub patterns: Vec<(Regex, CaptureLocations)>,
    values: Vec<String>,
    /// The body of the answer under judgement as JSON, once it was asked for.
    pub tree: Option<Option<Value>>,
}

impl Extractor {
    pub fn new(patterns: &[Regex]) -> Self {
        let own = |pattern: &Regex| (pattern.clone(), pattern.capture_locations());
        Self { patterns: patterns.iter().map(own).collect(), values: Vec::new(), tree: None }
    }

    /// Another answer is judged from now on.
    pub fn begin(&mut self) {
        self.tree = None;
    }

    /// The values that a path selects in the body; `None` if that is no JSON, or looking takes too long.
    pub fn select<'t>(
        tree: &'t mut Option<Option<Value>>,
        path: &JsonPath,
        kept: &Kept,
    ) -> Option<Vec<&'t Value>> {
        path.select(tree.get_or_insert_with(|| serde_json::from_slice(&kept.body).ok()).as_ref()?)
    }

    /// Fills `slots` with what `step` extracts. Whether every value was there; if not, no slot was changed.
    pub fn extract(&mut self, step: &CompiledStep, kept: &Kept, slots: &mut [String]) -> bool {
        let Self { patterns, values, tree } = self;
        while values.len() < step.extract.len() {
            values.push(String::new());
        }
        for (wanted, value) in step.extract.iter().zip(&mut *values) {
            if !find(wanted, kept, patterns, tree, value) {
                if !wanted.is_optional {
                    return false;
                }
                value.clear();
            }
        }
        for (wanted, value) in step.extract.iter().zip(values) {
            // Buffers go round between here and the users.
            std::mem::swap(&mut slots[wanted.slot], value);
        }
        true
    }

    /// Each value that `step` extracts, on its own, for whoever looks.
    #[cold]
    pub fn each(&mut self, step: &CompiledStep, kept: &Kept) -> Vec<Option<String>> {
        let Self { patterns, tree, .. } = self;
        let one = |wanted: &CompiledExtract| {
            let mut value = String::new();
            find(wanted, kept, patterns, tree, &mut value).then_some(value)
        };
        step.extract.iter().map(one).collect()
    }
}

/// Takes one value. Whether it was there and can be used.
fn find(
    wanted: &CompiledExtract,
    kept: &Kept,
    patterns: &mut [(Regex, CaptureLocations)],
    tree: &mut Option<Option<Value>>,
    value: &mut String,
) -> bool {
    value.clear();
    let found = match &wanted.from {
        CompiledSource::Json(pointer) => {
            pointer.find(&kept.body).is_some_and(|found| json::push_text(found, value))
        }
        CompiledSource::Path { path, all } => {
            Extractor::select(tree, path, kept).is_some_and(|nodes| push_nodes(&nodes, *all, value))
        }
        CompiledSource::Header(header) => kept.fields(*header).next().is_some_and(|found| push(found, value)),
        CompiledSource::Cookie { set_cookie, name } => kept
            .fields(*set_cookie)
            .filter_map(|field| SetCookie::parse(field, 0))
            .find(|cookie| cookie.name == name)
            .is_some_and(|cookie| push(cookie.value, value)),
        CompiledSource::Regex { pattern, group } => {
            let (regex, locations) = &mut patterns[*pattern];
            regex.captures_read(locations, &kept.body).is_some()
                && locations.get(*group).is_some_and(|(start, end)| push(&kept.body[start..end], value))
        }
    };
    found && is_usable(value, wanted.is_for_header)
}

/// Writes what a path selects: the first value as that of a pointer is written, or all as a list. Whether there is
/// such a value.
fn push_nodes(nodes: &[&Value], all: bool, value: &mut String) -> bool {
    if all {
        for (index, node) in nodes.iter().enumerate() {
            value.push(if index == 0 { '[' } else { ',' });
            value.push_str(&node.to_string());
        }
        value.push_str(if nodes.is_empty() { "[]" } else { "]" });
        return true;
    }
    match nodes.first() {
        None | Some(Value::Null) => return false,
        Some(Value::String(text)) => value.push_str(text),
        Some(other) => value.push_str(&other.to_string()),
    }
    true
}

fn push(bytes: &[u8], value: &mut String) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        value.push_str(text);
        true
    })
}

/// Line ends or zeros in a value would break out of the header it is put into.
fn is_usable(value: &str, is_for_header: bool) -> bool {
    value.len() <= MAXIMUM_VALUE_BYTES
        && !(is_for_header && value.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)))
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
