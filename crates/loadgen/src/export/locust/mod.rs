//! Locust's four CSV files, so that what reads Locust's results reads these.
//!
//! Headers, order of columns and rows, rounding, line ends and the formats of numbers are those of Locust 2.47
//! (`locust/stats.py`); its percentiles come from response times rounded to about two digits, and so do these. What
//! differs, because it cannot be otherwise:
//!
//! - *Response Time* is done − intended, which includes waiting for a connection.
//! - A request that got no answer counts as a request and a failure without a response time.
//! - Moments are those of intervals: the last request is taken to have ended at the end of its interval.
//! - `_failures.csv` is sorted by name, method and error (Locust's order is that of a hash), its errors are the
//!   names of [`ErrorKind`](swarmlab_intervals::ErrorKind), and those that have no endpoint have the name `Aggregated`.
//! - *User Count* is the mean number of users over the interval, rounded. The open model has no users: there it is
//!   the mean number of sessions under way (Little's law), which is what as many Locust users would do at once.
//! - `_exceptions.csv` never has a row: there is no user's code that could raise one.

mod entry;
mod number;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::Path;

use crate::scenario::{Action, Scenario};
use swarmlab_intervals::{Interval, Outcome};
use table::{EXCEPTIONS, HISTORY_HEADER, Table};

/// Time between two writes, seconds.
const WRITE_EVERY_S: f64 = 1.0;

/// What the files are to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Also a row for each endpoint in `_stats_history.csv`, and percentiles of the last 10 s instead of the whole
    /// run (`--csv-full-history`).
    pub full_history: bool,
    /// HTTP method of each endpoint, for the column `Type`; see [`methods`]. Endpoints that are not in it have an
    /// empty one.
    pub methods: BTreeMap<String, String>,
}

/// The HTTP methods of a scenario's endpoints (`REDIS` for those of Redis); an endpoint with several has them joined by `/`.
pub fn methods(scenario: &Scenario) -> BTreeMap<String, String> {
    let mut methods: BTreeMap<String, String> = BTreeMap::new();
    for step in scenario.steps() {
        let method = match &step.action {
            Action::Http(request) => &request.method,
            Action::Redis { .. } => "REDIS",
            Action::Websocket(_) => "WS",
            Action::Grpc(_) => "GRPC",
            // They send nothing themselves.
            Action::Set(_) | Action::Group(_) | Action::Batch(_) => continue,
        };
        for endpoint in scenario.endpoints_of(step) {
            let known = methods.entry(endpoint).or_default();
            if !known.split('/').any(|other| other == method) {
                if !known.is_empty() {
                    known.push('/');
                }
                known.push_str(method);
            }
        }
    }
    methods
}

/// Writes the four files as a load goes.
#[derive(Debug)]
pub struct LocustCsv {
    stats: File,
    history: File,
    failures: File,
    table: Table,
    written_unix_s: Option<f64>,
}

impl LocustCsv {
    /// Creates `PREFIX_stats.csv`, `PREFIX_stats_history.csv`, `PREFIX_failures.csv` and `PREFIX_exceptions.csv`;
    /// files of those names are overwritten.
    ///
    /// # Errors
    /// A file that cannot be created or written.
    pub fn new(prefix: &Path, options: Options) -> io::Result<Self> {
        let create = |end: &str| {
            let mut name = prefix.as_os_str().to_owned();
            name.push(end);
            File::create(name)
        };
        create("_exceptions.csv")?.write_all(EXCEPTIONS.as_bytes())?;
        let mut csv = Self {
            stats: create("_stats.csv")?,
            history: create("_stats_history.csv")?,
            failures: create("_failures.csv")?,
            table: Table::new(options),
            written_unix_s: None,
        };
        csv.history.write_all(HISTORY_HEADER.as_bytes())?;
        csv.rewrite()?;
        Ok(csv)
    }

    /// Takes the next interval and writes the files if a second has passed.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn interval(&mut self, interval: &Interval) -> io::Result<()> {
        if self.written_unix_s.is_none() {
            self.table.begin(interval.start_unix_s);
            self.append(interval.start_unix_s)?;
        }
        self.table.add(interval);
        let since_s = interval.end_unix_s - self.written_unix_s.unwrap_or(interval.start_unix_s);
        // Ends of intervals are sums: a second may come out a little short.
        if since_s >= WRITE_EVERY_S - 1e-3 {
            self.append(interval.end_unix_s)?;
            self.rewrite()?;
        }
        Ok(())
    }

    /// Writes the files for the last time.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn finish(mut self, outcome: &Outcome) -> io::Result<()> {
        self.table.end(outcome.end_unix_s);
        if self.written_unix_s.is_some_and(|written| written < outcome.end_unix_s) {
            self.append(outcome.end_unix_s)?;
        }
        self.rewrite()
    }

    fn append(&mut self, now_unix_s: f64) -> io::Result<()> {
        self.written_unix_s = Some(now_unix_s);
        self.history.write_all(self.table.history(now_unix_s).as_bytes())
    }

    fn rewrite(&mut self) -> io::Result<()> {
        for (file, text) in
            [(&mut self.stats, self.table.stats()), (&mut self.failures, self.table.failures())]
        {
            file.rewind()?;
            file.write_all(text.as_bytes())?;
            file.set_len(text.len() as u64)?;
        }
        Ok(())
    }
}
