//! Rows from sums.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Options;
use super::entry::Entry;
use super::number::{Rows, float, utc};
use swarmlab_intervals::ErrorKind;
use swarmlab_intervals::{EndpointStats, Interval};

const PERCENTILES: [f64; 11] = [0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0];
const STATS_HEADER: &str = "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,\
    Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,\
    50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\r\n";
pub(super) const HISTORY_HEADER: &str = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,\
    50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,Total Request Count,Total Failure Count,\
    Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,\
    Total Average Content Size\r\n";
const FAILURES_HEADER: &str = "Method,Name,Error,Occurrences,First Seen,Last Seen\r\n";
/// The engine runs no user's code that could raise an exception: there never is a row.
pub(super) const EXCEPTIONS: &str = "Count,Message,Traceback,Nodes\r\n";

/// Occurrences, first second, last second.
type Failure = (u64, i64, i64);

/// All sums of a run.
#[derive(Debug)]
pub(super) struct Table {
    options: Options,
    /// By name and method, as the rows are sorted.
    entries: BTreeMap<(String, String), Entry>,
    total: Option<Entry>,
    /// By name, method and error.
    failures: BTreeMap<(String, String, ErrorKind), Failure>,
    start_unix_s: f64,
    /// End of the last interval in which a request ended.
    last_unix_s: Option<f64>,
    users: u64,
}

impl Table {
    pub fn new(options: Options) -> Self {
        Self {
            options,
            entries: BTreeMap::new(),
            total: None,
            failures: BTreeMap::new(),
            start_unix_s: 0.0,
            last_unix_s: None,
            users: 0,
        }
    }

    /// The load begins.
    pub fn begin(&mut self, start_unix_s: f64) {
        self.start_unix_s = start_unix_s;
        self.total = Some(Entry::new("", "Aggregated", start_unix_s as i64));
    }

    /// Adds an interval; it is taken to lie in the second in which its middle lies.
    pub fn add(&mut self, interval: &Interval) {
        let second = ((interval.start_unix_s + interval.end_unix_s) / 2.0) as i64;
        self.users = interval.users.round() as u64;
        for stats in &interval.endpoints {
            if Entry::ended(stats) == 0 {
                continue;
            }
            self.last_unix_s = Some(interval.end_unix_s);
            let name = stats.endpoint.clone();
            let method = self.options.methods.get(&name).cloned().unwrap_or_default();
            let entry = self
                .entries
                .entry((name.clone(), method.clone()))
                .or_insert_with(|| Entry::new(&method, &name, second));
            entry.add(stats, second);
            self.note(stats.tally.errors(), &name, &method, second);
        }
        self.note(interval.unassigned_errors.clone(), "Aggregated", "", second);
        let all: EndpointStats = interval.overall();
        if let Some(total) = &mut self.total {
            total.add(&all, second);
        }
    }

    fn note(&mut self, errors: BTreeMap<ErrorKind, u64>, name: &str, method: &str, second: i64) {
        for (kind, count) in errors {
            let key = (name.to_owned(), method.to_owned(), kind);
            let failure = self.failures.entry(key).or_insert((0, second, second));
            failure.0 += count;
            failure.2 = second;
        }
    }

    /// The load ended then: the last request did not end later.
    pub fn end(&mut self, end_unix_s: f64) {
        self.last_unix_s = self.last_unix_s.map(|last| last.min(end_unix_s));
    }

    /// The whole of `_stats.csv`.
    pub fn stats(&self) -> String {
        let mut rows = Rows::new();
        let before_start = Entry::new("", "Aggregated", 0);
        for entry in self.entries.values().chain([self.total.as_ref().unwrap_or(&before_start)]) {
            let elapsed_s = self.last_unix_s.map_or(0.0, |last| last - self.start_unix_s);
            let rate = |count: u64| if elapsed_s > 0.0 { count as f64 / elapsed_s } else { 0.0 };
            let mut fields: Vec<Cow<'_, str>> = vec![Cow::from(&*entry.method), Cow::from(&*entry.name)];
            fields.extend(sums(entry).map(Cow::from));
            fields.extend([float(rate(entry.requests)), float(rate(entry.failures))].map(Cow::from));
            fields.extend(percentiles(entry, |share| entry.percentile_ms(share)).map(Cow::from));
            rows.add(fields.iter().map(|field| field.as_bytes()));
        }
        STATS_HEADER.to_owned() + &rows.text()
    }

    /// The rows that `_stats_history.csv` gets at that moment.
    pub fn history(&self, now_unix_s: f64) -> String {
        let mut rows = Rows::new();
        let now = now_unix_s as i64;
        // A request that ended in the interval ended before its end.
        let last = self.last_unix_s.map(|last| (last - 1e-6) as i64);
        let each = self.entries.values().filter(|_| self.options.full_history);
        for entry in each.chain(&self.total) {
            let (requests, failures) = entry.current_rates(last, self.start_unix_s as i64);
            let mut fields = vec![now.to_string(), self.users.to_string()];
            fields.extend([entry.method.clone(), entry.name.clone()]);
            fields.extend([format!("{requests:.6}"), format!("{failures:.6}")]);
            fields.extend(percentiles(entry, |share| {
                if self.options.full_history {
                    entry.current_percentile_ms(share, now)
                } else {
                    entry.percentile_ms(share)
                }
            }));
            fields.extend(sums(entry));
            rows.add(fields);
        }
        rows.text()
    }

    /// The whole of `_failures.csv`.
    pub fn failures(&self) -> String {
        let mut rows = Rows::new();
        for ((name, method, kind), (count, first, last)) in &self.failures {
            rows.add([method, name, &kind.to_string(), &count.to_string(), &utc(*first), &utc(*last)]);
        }
        FAILURES_HEADER.to_owned() + &rows.text()
    }
}

/// Counts, median, mean, least and greatest time, content size.
fn sums(entry: &Entry) -> [String; 7] {
    let median_ms = entry.percentile_ms(0.5);
    // The median is rounded, the others are not: it must not lie outside of them.
    let median = match entry.min_ms {
        Some(min_ms) if (median_ms as f64) < min_ms => float(min_ms),
        Some(_) if median_ms as f64 > entry.max_ms => float(entry.max_ms),
        _ => median_ms.to_string(),
    };
    let known = |ms: f64| if ms == 0.0 { "0".to_owned() } else { float(ms) };
    let size = match entry.requests {
        0 => "0".to_owned(),
        requests => float(entry.body_bytes as f64 / requests as f64),
    };
    let (min, max) = (known(entry.min_ms.unwrap_or(0.0)), known(entry.max_ms));
    [entry.requests.to_string(), entry.failures.to_string(), median, float(entry.mean_ms()), min, max, size]
}

fn percentiles(entry: &Entry, of: impl Fn(f64) -> u64) -> [String; 11] {
    PERCENTILES.map(|share| if entry.requests == 0 { "N/A".to_owned() } else { of(share).to_string() })
}
