//! Shapes of values that many elements of a stack file share.

use crate::units::{parse_bytes, parse_go_duration};
use crate::words::split_words;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;
use swarmlab_codes as codes;
use swarmlab_yaml::{Kind, Value};

/// A list of texts.
pub(crate) fn texts(value: &Value<'_>) -> Option<Vec<String>> {
    value.list(Value::text)
}

/// One text, or a list of them.
pub(crate) fn text_or_texts(value: &Value<'_>) -> Option<Vec<String>> {
    match &value.node().kind {
        Kind::Sequence(_) => texts(value),
        Kind::Mapping(_) => value.wrong_type("a string or a list of strings"),
        _ => Some(vec![value.text()?]),
    }
}

/// A command: a list of words, or one string that is split as a shell does.
pub(crate) fn command(value: &Value<'_>) -> Option<Vec<String>> {
    match &value.node().kind {
        Kind::Sequence(_) => texts(value),
        Kind::Mapping(_) => value.wrong_type("a string or a list of strings"),
        _ => value.parse("a command line with all quotes closed", split_words),
    }
}

/// A mapping, or a list of `key=value`; a key without a value has none.
pub(crate) fn pairs(value: &Value<'_>, separator: char) -> Option<BTreeMap<String, Option<String>>> {
    match &value.node().kind {
        Kind::Mapping(_) => {
            let read = |v: &Value<'_>| if v.is_null() { Some(None) } else { v.text().map(Some) };
            Some(value.map(read)?.into_iter().map(|(key, text)| (key.name, text)).collect())
        }
        Kind::Sequence(_) => {
            let mut pairs = BTreeMap::new();
            let mut fine = true;
            for item in value.items()? {
                let Some(text) = item.text() else {
                    fine = false;
                    continue;
                };
                let (key, given) = match text.split_once(separator) {
                    Some((key, given)) => (key.to_owned(), Some(given.to_owned())),
                    None => (text, None),
                };
                if key.is_empty() {
                    let message = format!("{} has no name before the `{separator}`", item.path());
                    item.fail(codes::BAD_VALUE, message, format!("name{separator}value"));
                    fine = false;
                }
                pairs.insert(key, given);
            }
            fine.then_some(pairs)
        }
        _ => value.wrong_type(&format!("a mapping or a list of name{separator}value")),
    }
}

/// As [`pairs`], a missing value being an empty one.
pub(crate) fn labels(value: &Value<'_>) -> Option<BTreeMap<String, String>> {
    Some(pairs(value, '=')?.into_iter().map(|(k, v)| (k, v.unwrap_or_default())).collect())
}

/// A mapping of texts.
pub(crate) fn options(value: &Value<'_>) -> Option<BTreeMap<String, String>> {
    Some(value.map(Value::text)?.into_iter().map(|(key, text)| (key.name, text)).collect())
}

/// A size of memory.
pub(crate) fn bytes(value: &Value<'_>) -> Option<i64> {
    value.parse("a size such as 128M or 1.5G", parse_bytes)
}

/// A duration that the Engine can hold (64 bits of nanoseconds, signed), as Go reads it.
pub(crate) fn duration(value: &Value<'_>) -> Option<Duration> {
    // A bare number gets the help that other durations of this project give: its unit is missing.
    if matches!(value.node().kind, Kind::Int(_) | Kind::Float(_)) && value.node().raw != "0" {
        return value.duration();
    }
    value.parse("a duration such as 10s, 1m30s or 250ms", parse_go_duration)
}

/// A duration of at least one millisecond, or zero for "the Engine's default".
pub(crate) fn duration_from_ms(value: &Value<'_>) -> Option<Duration> {
    let duration = duration(value)?;
    if !duration.is_zero() && duration < Duration::from_millis(1) {
        value.fail(codes::BAD_VALUE, format!("{} is too short", value.path()), "at least 1ms");
        return None;
    }
    Some(duration)
}

/// A whole number within bounds that fits the wanted type.
pub(crate) fn number<T: TryFrom<i64>>(value: &Value<'_>, bounds: RangeInclusive<i64>) -> Option<T> {
    T::try_from(value.int(bounds)?).ok()
}
