//! `k6 run --out csv=FILE`: a line a point.

use super::clock::{Clock, number};
use super::gather::Gathered;
use super::k6::{TIMES, Tags, point};
use super::lines::Lines;
use super::problem::Problem;
use super::table::{Record, Table};
use super::{Format, Options};

/// Columns that are read; the first three must be there.
const READ: [&str; 10] = [
    "metric_name",
    "timestamp",
    "metric_value",
    "name",
    "url",
    "method",
    "status",
    "error",
    "error_code",
    "expected_response",
];

/// k6's CSV.
pub struct K6Csv;

impl Format for K6Csv {
    fn word(&self) -> &'static str {
        "k6"
    }

    fn about(&self) -> &'static str {
        "k6's CSV (--out csv)"
    }

    fn times(&self) -> &'static str {
        TIMES
    }

    fn looks(&self, head: &str) -> bool {
        head.lines()
            .next()
            .is_some_and(|names| names.contains("metric_name") && names.contains("metric_value"))
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
        let [metric, time, value, tags @ ..] = table.places(file, READ, 3)?;
        let clock = Clock::unix(options.zone_s);
        let mut record = Record::default();
        while table.next(&mut record, &mut into.remarks).map_err(io)? {
            let line = record.line;
            let get = |column: Option<usize>| column.and_then(|c| record.get(c)).unwrap_or_default();
            let (at, of) = (get(time), get(value));
            let Some(moment) = clock.read(at) else {
                into.remarks.note(line, "a time that is none, left out", || at.to_owned());
                continue;
            };
            let Some(number) = number(of) else {
                into.remarks.note(line, "a value that is no number, left out", || of.to_owned());
                continue;
            };
            let [name, url, method, status, error, error_code, expected_response] = tags.map(get);
            let tags = Tags { name, url, method, status, error, error_code, expected_response };
            point(line, get(metric), moment.us, number, &tags, into)?;
        }
        Ok(())
    }
}
