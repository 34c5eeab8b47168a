//! `k6 run --out json=FILE`: a JSON object a line, metrics and points.

use std::borrow::Cow;

use serde::Deserialize;

use super::clock::Clock;
use super::gather::Gathered;
use super::k6::{TIMES, Tags, point};
use super::lines::Lines;
use super::problem::Problem;
use super::{Format, Options};

/// k6's JSON lines.
pub struct K6Json;

/// A line. What is not needed of it is not kept.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(rename = "type", borrow)]
    of: Cow<'a, str>,
    #[serde(borrow)]
    metric: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow)]
    time: Option<Cow<'a, str>>,
    value: Option<f64>,
    #[serde(borrow)]
    tags: Option<Tagged<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Tagged<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    url: Cow<'a, str>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    error: Cow<'a, str>,
    #[serde(borrow)]
    error_code: Cow<'a, str>,
    #[serde(borrow)]
    expected_response: Cow<'a, str>,
}

impl Format for K6Json {
    fn word(&self) -> &'static str {
        "k6"
    }

    fn about(&self) -> &'static str {
        "k6's JSON lines (--out json)"
    }

    fn times(&self) -> &'static str {
        TIMES
    }

    fn looks(&self, head: &str) -> bool {
        let first = head.lines().next().unwrap_or_default();
        let is = |of: &str| first.contains(&format!("\"type\":\"{of}\""));
        first.starts_with('{') && first.contains("\"metric\"") && (is("Metric") || is("Point"))
    }

    fn read(
        &self,
        file: &str,
        lines: &mut Lines<'_>,
        options: &Options,
        into: &mut Gathered,
    ) -> Result<(), Problem> {
        let clock = Clock::unix(options.zone_s);
        let mut text = String::new();
        loop {
            let next = lines.next(&mut text, &mut into.remarks);
            let Some(line) = next.map_err(|source| Problem::Io { file: file.to_owned(), source })? else {
                return Ok(());
            };
            if text.trim().is_empty() {
                continue;
            }
            let written: Written<'_> = match serde_json::from_str(&text) {
                Ok(written) => written,
                Err(_) if !line.whole => {
                    let what = "the last line has no end: it was cut off, and is left out";
                    into.remarks.note(line.number, what, || text.clone());
                    continue;
                }
                Err(e) => {
                    into.remarks
                        .note(line.number, "a line that is no point of k6, left out", || e.to_string());
                    continue;
                }
            };
            if written.of != "Point" {
                continue;
            }
            let (Some(metric), Some(data)) = (&written.metric, &written.data) else {
                into.remarks.note(line.number, "a point without a metric or data, left out", || text.clone());
                continue;
            };
            let at = data.time.as_deref().unwrap_or_default();
            let Some(moment) = clock.read(at) else {
                into.remarks.note(line.number, "a time that is none, left out", || at.to_owned());
                continue;
            };
            let Some(value) = data.value else {
                into.remarks.note(line.number, "a value that is no number, left out", || text.clone());
                continue;
            };
            let none = Tagged::default();
            let t = data.tags.as_ref().unwrap_or(&none);
            let tags = Tags {
                name: &t.name,
                url: &t.url,
                method: &t.method,
                status: &t.status,
                error: &t.error,
                error_code: &t.error_code,
                expected_response: &t.expected_response,
            };
            point(line.number, metric, moment.us, value, &tags, into)?;
        }
    }
}
