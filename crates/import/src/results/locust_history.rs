//! Locust's `_stats_history.csv`: counts that grow, second by second.

use std::collections::HashMap;

use super::clock::{Clock, number};
use super::gather::{Gathered, Grown};
use super::lines::Lines;
use super::problem::Problem;
use super::table::{Record, Table};
use super::{Format, Options};

/// Locust's history.
pub struct LocustHistory;

/// What its times are, of all of Locust's files.
pub const TIMES: &str = "Times are Locust's, from when a request was sent, those of failed requests among them. Its files hold percentiles \
     of the whole load (of times rounded to two digits) and no histogram: of intervals counts and means are known. Requests that failed without an answer count as answered.";

/// Columns that are read.
const READ: [&str; 7] = [
    "Timestamp",
    "User Count",
    "Type",
    "Name",
    "Total Request Count",
    "Total Failure Count",
    "Total Average Response Time",
];

/// A request of Locust by its method and name; `Aggregated` are all.
pub fn endpoint(method: &str, name: &str) -> String {
    if method.is_empty() { name.to_owned() } else { format!("{method} {name}") }
}

/// A count, none of which is beyond what a float holds exactly.
fn count(text: &str) -> Option<u64> {
    text.parse().ok().filter(|n: &u64| *n <= 1_000_000_000_000_000)
}

/// What stood in the row before, of one endpoint.
#[derive(Debug, Clone, Copy, Default)]
struct Before {
    us: i64,
    requests: u64,
    failures: u64,
    sum_us: f64,
}

impl Format for LocustHistory {
    fn word(&self) -> &'static str {
        "locust"
    }

    fn about(&self) -> &'static str {
        "Locust's history (_stats_history.csv)"
    }

    fn times(&self) -> &'static str {
        TIMES
    }

    fn looks(&self, head: &str) -> bool {
        head.starts_with("Timestamp,User Count,Type,Name,")
    }

    fn read(
        &self,
        file: &str,
        lines: &mut Lines<'_>,
        options: &Options,
        into: &mut Gathered,
    ) -> Result<(), Problem> {
        let io = |source| Problem::Io { file: file.to_owned(), source };
        let Some(mut table) = Table::open(lines, Some(b','), &mut into.remarks).map_err(io)? else {
            return Ok(());
        };
        let columns = table.places(file, READ, READ.len())?;
        let clock = Clock::unix(options.zone_s);
        let mut before: HashMap<String, Before> = HashMap::new();
        // Of a history with a row for each endpoint the rows of all are their sums.
        let (mut all, mut each) = (Vec::new(), false);
        let mut record = Record::default();
        while table.next(&mut record, &mut into.remarks).map_err(io)? {
            let line = record.line;
            let [time, users, method, name, requests, failures, mean] =
                columns.map(|c| c.and_then(|c| record.get(c)).unwrap_or_default());
            let Some(moment) = clock.read(time) else {
                into.remarks.note(line, "a time that is none, left out", || time.to_owned());
                continue;
            };
            let (Some(requests), Some(failures)) = (count(requests), count(failures)) else {
                into.remarks
                    .note(line, "counts that are none, left out", || format!("{requests} {failures}"));
                continue;
            };
            let is_all = method.is_empty() && name == "Aggregated";
            if is_all && let Some(users) = number(users) {
                into.users(moment.us, users.max(0.0));
            }
            each |= !is_all;
            let now = Before {
                us: moment.us,
                requests,
                failures,
                sum_us: number(mean).unwrap_or(0.0).max(0.0) * 1e3 * requests as f64,
            };
            let endpoint = endpoint(method, name);
            let last = before.insert(endpoint.clone(), now);
            let Some(grown) = grown(line, &endpoint, last, now, into) else { continue };
            if is_all {
                all.push((endpoint, grown));
            } else {
                into.grown(&endpoint, &grown)?;
            }
        }
        if !each {
            for (endpoint, grown) in &all {
                into.grown(endpoint, grown)?;
            }
        }
        Ok(())
    }
}

/// By how much the counts have grown since the row before.
fn grown(line: u64, name: &str, last: Option<Before>, now: Before, into: &mut Gathered) -> Option<Grown> {
    const SECOND_US: i64 = 1_000_000;
    // Nobody counted before the first row; it is written a second after the begin.
    let mut last = last.unwrap_or(Before { us: now.us - SECOND_US, ..Before::default() });
    if now.requests < last.requests || now.failures < last.failures {
        into.remarks
            .note(line, "counts that fall: they were reset, and count from there", || name.to_owned());
        last = Before { us: last.us, ..Before::default() };
    }
    if now.us < last.us {
        into.remarks.note(line, "times that go back, left out", || name.to_owned());
        return None;
    }
    if now.us - last.us > 2 * SECOND_US && now.requests > last.requests {
        let what = "rows that are more than two seconds after the one before: what was counted between is spread evenly";
        into.remarks.note(line, what, || format!("{} s", (now.us - last.us) / SECOND_US));
    }
    let requests = now.requests - last.requests;
    Some(Grown {
        line,
        from_us: last.us.min(now.us - 1),
        to_us: now.us,
        requests,
        // A request is counted before its failure is; the next row makes up for it.
        failures: (now.failures - last.failures).min(requests),
        sum_us: (now.sum_us - last.sum_us).max(0.0),
    })
}
