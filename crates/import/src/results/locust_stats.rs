//! Locust's `_stats.csv` and `_failures.csv`: the whole load, as Locust itself sums it up.

use super::clock::number;
use super::gather::Gathered;
use super::lines::Lines;
use super::locust_history::{TIMES, endpoint};
use super::outcome::{Failure, Told};
use super::problem::Problem;
use super::table::{Record, Table};
use super::{Format, Options};

/// Locust's totals.
pub struct LocustStats;

/// Locust's failures.
pub struct LocustFailures;

/// Most failures that are told apart.
const MAX_FAILURES: usize = 50;

/// Columns of the totals; the quantiles last, in the order of our own.
const STATS: [&str; 11] = [
    "Type",
    "Name",
    "Request Count",
    "Failure Count",
    "Average Response Time",
    "Max Response Time",
    "50%",
    "90%",
    "95%",
    "99%",
    "99.9%",
];

const FAILURES: [&str; 4] = ["Method", "Name", "Error", "Occurrences"];

fn each<const N: usize>(
    file: &str,
    lines: &mut Lines<'_>,
    names: [&str; N],
    needed: usize,
    into: &mut Gathered,
    take: impl Fn(u64, [&str; N], &mut Gathered),
) -> Result<(), Problem> {
    let io = |source| Problem::Io { file: file.to_owned(), source };
    let Some(mut table) = Table::open(lines, Some(b','), &mut into.remarks).map_err(io)? else {
        return Ok(());
    };
    let columns = table.places(file, names, needed)?;
    let mut record = Record::default();
    while table.next(&mut record, &mut into.remarks).map_err(io)? {
        let fields = columns.map(|c| c.and_then(|c| record.get(c)).unwrap_or_default());
        take(record.line, fields, into);
    }
    Ok(())
}

impl Format for LocustStats {
    fn word(&self) -> &'static str {
        "locust"
    }

    fn about(&self) -> &'static str {
        "Locust's totals (_stats.csv)"
    }

    fn times(&self) -> &'static str {
        TIMES
    }

    fn looks(&self, head: &str) -> bool {
        head.starts_with("Type,Name,Request Count,")
    }

    fn read(
        &self,
        file: &str,
        lines: &mut Lines<'_>,
        _: &Options,
        into: &mut Gathered,
    ) -> Result<(), Problem> {
        each(file, lines, STATS, 4, into, |line, fields, into| {
            let [method, name, requests, _, mean, max, quantiles @ ..] = fields;
            if requests.parse::<u64>().is_err() {
                into.remarks.note(line, "a count that is none, left out", || requests.to_owned());
                return;
            }
            // `N/A` where there was no request.
            into.told(Told {
                endpoint: endpoint(method, name),
                mean_ms: number(mean),
                max_ms: number(max),
                quantiles_ms: quantiles.map(number),
            });
        })
    }
}

impl Format for LocustFailures {
    fn word(&self) -> &'static str {
        "locust"
    }

    fn about(&self) -> &'static str {
        "Locust's failures (_failures.csv)"
    }

    fn times(&self) -> &'static str {
        TIMES
    }

    fn looks(&self, head: &str) -> bool {
        head.starts_with("Method,Name,Error,Occurrences")
    }

    fn read(
        &self,
        file: &str,
        lines: &mut Lines<'_>,
        _: &Options,
        into: &mut Gathered,
    ) -> Result<(), Problem> {
        each(file, lines, FAILURES, 4, into, |line, [method, name, error, times], into| {
            let Ok(times) = times.parse() else {
                into.remarks.note(line, "a count that is none, left out", || times.to_owned());
                return;
            };
            let failure =
                Failure { endpoint: endpoint(method, name), words: super::remarks::shortened(error), times };
            if !into.failure(failure, MAX_FAILURES) {
                into.remarks.note(
                    line,
                    "more than 50 kinds of failures; the further are left out",
                    String::new,
                );
            }
        })
    }
}
