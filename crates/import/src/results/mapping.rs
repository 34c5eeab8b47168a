//! Which column of a table is what, as YAML.

use swarmlab_units::utc;
use swarmlab_yaml::{Cx, Diagnostics, Value};

use super::clock::{Unit, zone_s};

/// A table's columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping {
    /// The moment of a request.
    pub time: Time,
    /// How long it took.
    pub duration: Duration,
    /// What was asked; without it all requests are one endpoint.
    pub endpoint: Option<String>,
    /// Its HTTP status.
    pub status: Option<String>,
    /// A text that says why it failed.
    pub error: Option<Texts>,
    /// A text that says whether it went well.
    pub success: Option<Texts>,
    /// Users at that moment.
    pub users: Option<String>,
    /// Bytes of the request.
    pub bytes_sent: Option<String>,
    /// Bytes of the answer.
    pub bytes_received: Option<String>,
    /// What stands between fields; none: it is looked for.
    pub separator: Option<u8>,
}

/// The column of moments.
#[derive(Debug, Clone, PartialEq)]
pub struct Time {
    /// Its name.
    pub column: String,
    /// Unit of its numbers; none: by their size.
    pub unit: Option<Unit>,
    /// Whether it is the request's end.
    pub is_end: bool,
    /// From when its numbers count, Unix microseconds.
    pub zero_us: i64,
    /// Of dates without a zone.
    pub zone_s: Option<i32>,
}

/// The column of durations.
#[derive(Debug, Clone, PartialEq)]
pub struct Duration {
    /// Its name.
    pub column: String,
    /// Unit of its numbers.
    pub unit: Unit,
}

/// A column of texts, some of which mean something.
#[derive(Debug, Clone, PartialEq)]
pub struct Texts {
    /// Its name.
    pub column: String,
    /// The texts.
    pub texts: Vec<String>,
}

/// Texts that stand for nothing.
const NOTHING: [&str; 6] = ["", "-", "N/A", "null", "None", "nil"];
/// Texts that stand for yes.
const YES: [&str; 4] = ["true", "1", "ok", "yes"];

impl Mapping {
    /// Reads a mapping; `file` is its name in findings.
    ///
    /// # Errors
    /// All findings.
    pub fn parse(text: &str, file: &str) -> Result<Self, Diagnostics> {
        let document = swarmlab_yaml::load(text, file)?;
        let cx = Cx::new(&document);
        let read = mapping(&cx.root());
        cx.finish(read).map(|(mapping, _)| mapping)
    }
}

fn mapping(root: &Value<'_>) -> Option<Mapping> {
    let map = root.mapping()?;
    map.known_prefix("x-");
    let time = map.required("time", time);
    let duration = map.required("duration", duration);
    let endpoint = map.optional("endpoint", column);
    let status = map.optional("status", column);
    let error = map.optional("error", |v| texts(v, "none", &NOTHING));
    let success = map.optional("success", |v| texts(v, "is", &YES));
    let users = map.optional("users", column);
    let bytes_sent = map.optional("bytes_sent", column);
    let bytes_received = map.optional("bytes_received", column);
    let separator = map.optional("separator", |v| {
        v.parse("one of `,` `;` `|` or a tab (\"\\t\")", |text| match text.as_bytes() {
            [byte @ (b',' | b';' | b'|' | b'\t' | b' ')] => Ok(*byte),
            _ => Err("not one character that separates"),
        })
    });
    map.finish();
    Some(Mapping {
        time: time?,
        duration: duration?,
        endpoint,
        status,
        error,
        success,
        users,
        bytes_sent,
        bytes_received,
        separator,
    })
}

/// A column by its name, or by its number where the table has no names.
fn column(value: &Value<'_>) -> Option<String> {
    let name = value.text()?;
    if name.is_empty() {
        value.fail(swarmlab_codes::BAD_VALUE, format!("{} is empty", value.path()), "the name of a column");
        return None;
    }
    Some(name)
}

fn time(value: &Value<'_>) -> Option<Time> {
    let map = value.mapping()?;
    let name = map.required("column", column);
    let words: Vec<(&str, Option<Unit>)> =
        Unit::WORDS.iter().map(|(word, unit)| (*word, Some(*unit))).chain([("date", None)]).collect();
    let unit = map.or("unit", None, |v| v.enum_of(&words));
    let is_end = map.or("at", false, |v| v.enum_of(&[("start", false), ("end", true)]));
    let zone = map.optional("zone", |v| {
        v.parse("a zone such as +02:00", |text| zone_s(text).ok_or("not hours and minutes from UTC"))
    });
    let zero_us = map.optional("zero", |v| {
        v.parse("a date with a zone such as 2026-11-29T12:00:00Z", |text| {
            let us = utc::parse(text).map(|(s, nanos)| s * 1_000_000 + i64::from(nanos / 1000));
            us.ok_or("not a date with a zone")
        })
    });
    map.finish();
    if zero_us.is_some() && unit.is_none() {
        let message = format!("{} has `zero`, and its numbers no unit", value.path());
        value.fail(swarmlab_codes::BAD_VALUE, message, "`unit: s` (or ms, us, ns) beside `zero`");
        return None;
    }
    Some(Time { column: name?, unit, is_end, zero_us: zero_us.unwrap_or(0), zone_s: zone })
}

fn duration(value: &Value<'_>) -> Option<Duration> {
    let map = value.mapping()?;
    let name = map.required("column", column);
    let unit = map.required("unit", |v| v.enum_of(&Unit::WORDS));
    map.finish();
    Some(Duration { column: name?, unit: unit? })
}

fn texts(value: &Value<'_>, key: &'static str, default: &[&str]) -> Option<Texts> {
    let default = || default.iter().map(|text| (*text).to_owned()).collect();
    if value.node().text().is_some() {
        return column(value).map(|column| Texts { column, texts: default() });
    }
    let map = value.mapping()?;
    let name = map.required("column", column);
    let texts = map.or(key, default(), |v| v.list(Value::text));
    map.finish();
    Some(Texts { column: name?, texts })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn all_that_a_mapping_may_say_is_read() {
        let text = "time: { column: end_timestamp, unit: s, at: end, zero: 2021-01-31T00:00:00Z, zone: \"+02:00\" }\n\
                    duration: { column: 2, unit: ms }\nendpoint: func\nerror: err\nsuccess: { column: ok, is: [y] }\n\
                    separator: \"\\t\"\n";
        let mapping = Mapping::parse(text, "m.yml").unwrap();
        assert_eq!((mapping.time.zero_us, mapping.time.is_end), (1_612_051_200_000_000, true));
        assert_eq!((mapping.duration.column.as_str(), mapping.duration.unit), ("2", Unit::Ms));
        assert_eq!(mapping.success.unwrap().texts, ["y"]);
        assert!(mapping.error.unwrap().texts.contains(&"N/A".to_owned()));
        assert_eq!((mapping.time.zone_s, mapping.separator), (Some(7200), Some(b'\t')));
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let text = "time: { column: t, unit: minutes, zero: today }\nduration: { column: d }\nstatsu: code\n";
        let told = Mapping::parse(text, "m.yml").unwrap_err().to_string();
        for words in ["m.yml:1", "minutes", "today", "unit", "did you mean `status`"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        let told = Mapping::parse(
            "time: { column: t, zero: 2021-01-31T00:00:00Z }\nduration: { column: d, unit: s }",
            "m",
        );
        assert!(told.unwrap_err().to_string().contains("beside `zero`"));
    }
}
