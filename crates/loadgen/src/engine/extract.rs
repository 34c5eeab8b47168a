//! Taking values from an answer, without an allocation once the buffers have grown.

use regex::bytes::{CaptureLocations, Regex};

use super::kept::Kept;
use crate::scenario::compiled::{CompiledExtract, CompiledSource, CompiledStep};
use crate::scenario::cookie::SetCookie;
use crate::scenario::json;

/// Longest accepted value; larger ones do not fit into a request anyway.
const MAXIMUM_VALUE_BYTES: usize = 16 << 10;

/// Buffers, and a thread's own copies of all regular expressions.
#[derive(Debug)]
pub(crate) struct Extractor {
    pub patterns: Vec<(Regex, CaptureLocations)>,
    values: Vec<String>,
}

impl Extractor {
    pub fn new(patterns: &[Regex]) -> Self {
        let own = |pattern: &Regex| (pattern.clone(), pattern.capture_locations());
        Self { patterns: patterns.iter().map(own).collect(), values: Vec::new() }
    }

    /// Fills `slots` with what `step` extracts. Whether every value was there; if not, no slot was changed.
    pub fn extract(&mut self, step: &CompiledStep, kept: &Kept, slots: &mut [String]) -> bool {
        let Self { patterns, values } = self;
        while values.len() < step.extract.len() {
            values.push(String::new());
        }
        for (wanted, value) in step.extract.iter().zip(&mut *values) {
            if !find(wanted, kept, patterns, value) {
                return false;
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
        let patterns = &mut self.patterns;
        let one = |wanted: &CompiledExtract| {
            let mut value = String::new();
            find(wanted, kept, patterns, &mut value).then_some(value)
        };
        step.extract.iter().map(one).collect()
    }
}

/// Takes one value. Whether it was there and can be used.
fn find(
    wanted: &CompiledExtract,
    kept: &Kept,
    patterns: &mut [(Regex, CaptureLocations)],
    value: &mut String,
) -> bool {
    value.clear();
    let found = match &wanted.from {
        CompiledSource::Json(pointer) => {
            pointer.find(&kept.body).is_some_and(|found| json::push_text(found, value))
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
