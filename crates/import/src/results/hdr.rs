//! Interval logs of HdrHistogram: a histogram a line, with its stretch of time.

use swarmlab_intervals::log::{self, Quantity};
use swarmlab_intervals::{Histogram, Plain, plain};

use super::clock::Unit;
use super::gather::Gathered;
use super::lines::Lines;
use super::problem::Problem;
use super::remarks::shortened;
use super::{Format, Options};

/// HdrHistogram's logs.
pub struct Hdr;

/// What our own logs say of their values.
const OURS: &str = "#[Values: microseconds. Tags: response";
/// Timestamps more than a year before the start of a log count from it, as HdrHistogram's own reader has it.
const YEAR_S: f64 = 365.0 * 86_400.0;

impl Format for Hdr {
    fn word(&self) -> &'static str {
        "hdr"
    }

    fn about(&self) -> &'static str {
        "an interval log of HdrHistogram (.hlog)"
    }

    fn times(&self) -> &'static str {
        "Times are the values of the log's histograms. A log does not tell when requests were due or sent, nor which failed."
    }

    fn looks(&self, head: &str) -> bool {
        let is_line = |line: &str| line.rsplit(',').next().is_some_and(|end| end.starts_with("HISTFA"));
        let first = head.lines().find(|line| !line.starts_with('#') && !line.starts_with('"'));
        ["#[Histogram log format", "#[StartTime:", "#[BaseTime:"].iter().any(|c| head.contains(c))
            || first.is_some_and(is_line)
    }

    fn read(
        &self,
        file: &str,
        lines: &mut Lines<'_>,
        options: &Options,
        into: &mut Gathered,
    ) -> Result<(), Problem> {
        let mut header = Header { unit: options.unit, ..Header::default() };
        let mut text = String::new();
        loop {
            let next = lines.next(&mut text, &mut into.remarks);
            let Some(line) = next.map_err(|source| Problem::Io { file: file.to_owned(), source })? else {
                return Ok(());
            };
            if text.starts_with('#') {
                header.line(&text);
            } else if !(text.starts_with('"') || text.trim().is_empty()) {
                if line.whole {
                    interval(line.number, &text, &header, file, into)?;
                } else {
                    let what = "the last line has no end: it was cut off, and is left out";
                    into.remarks.note(line.number, what, || shortened(&text));
                }
            }
        }
    }
}

/// What the comments of a log say.
#[derive(Debug, Clone, Copy, Default)]
struct Header {
    start_s: Option<f64>,
    base_s: Option<f64>,
    unit: Option<Unit>,
    ours: bool,
}

impl Header {
    fn line(&mut self, text: &str) {
        let number = |name: &str| -> Option<f64> {
            let rest = text.strip_prefix(name)?.trim_start();
            rest.split([' ', ']']).next()?.parse().ok().filter(|s: &f64| s.is_finite())
        };
        self.start_s = number("#[StartTime:").or(self.start_s);
        self.base_s = number("#[BaseTime:").or(self.base_s);
        if text.starts_with(OURS) {
            (self.ours, self.unit) = (true, Some(Unit::Us));
        }
    }

    /// When an interval began, Unix seconds.
    fn moment_s(&self, stamp_s: f64) -> f64 {
        match (self.base_s, self.start_s) {
            (Some(base_s), _) => base_s + stamp_s,
            (None, Some(start_s)) if stamp_s < start_s - YEAR_S => start_s + stamp_s,
            (None, _) => stamp_s,
        }
    }
}

fn interval(line: u64, text: &str, header: &Header, file: &str, into: &mut Gathered) -> Result<(), Problem> {
    let Some(unit) = header.unit else { return Err(Problem::Unit { file: file.to_owned() }) };
    let (endpoint, found) = match read(text, header.ours) {
        Ok(Some(found)) => found,
        Ok(None) => return Ok(()),
        Err(why) => {
            into.remarks.note(line, "a line whose histogram cannot be read, left out", || why);
            return Ok(());
        }
    };
    let start_us = header.moment_s(found.start_s) * 1e6;
    let length_us = found.length_s * 1e6;
    // The same years as elsewhere: others are no moments of a load.
    if !(631_152e9..4_102_444_800e6).contains(&start_us) || !(1e3..=86_400e6).contains(&length_us) {
        let what = "an interval without a moment (neither StartTime nor BaseTime says from when stamps count) or a length, left out";
        into.remarks.note(line, what, || format!("{} {}", found.start_s, found.length_s));
        return Ok(());
    }
    into.histogram(line, &endpoint, start_us.round() as i64, length_us.round() as u64, || {
        microseconds(&found.histogram, unit)
    })
}

/// The endpoint and its histogram; nothing where a log of ours holds other times.
fn read(text: &str, ours: bool) -> Result<Option<(String, Plain)>, String> {
    if !ours {
        let found = plain(text)?;
        let endpoint = found.tag.clone().unwrap_or_else(|| "request".to_owned());
        return Ok(Some((endpoint, found)));
    }
    let entries = log::read(format!("{text}\n").as_bytes()).map_err(|e| e.to_string())?;
    let response = entries.into_iter().find(|e| e.quantity == Quantity::Response);
    Ok(response.map(|e| {
        let histogram = e.histogram.unpack();
        (e.endpoint, Plain { tag: None, start_s: e.start_s, length_s: e.length_s, histogram })
    }))
}

/// Values of a histogram and how often each is in it.
fn microseconds(histogram: &Histogram, unit: Unit) -> Vec<(u64, u64)> {
    let us = |value: u64| (value as f64 * unit.us()).round().min(1e15) as u64;
    // Within a step of the histogram nobody knows more.
    let middle = |value: u64| histogram.median_equivalent(value);
    histogram.iter_recorded().map(|v| (us(middle(v.value_iterated_to())), v.count_at_value())).collect()
}
