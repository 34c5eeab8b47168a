//! Requests, one after the other, become intervals.

use std::collections::{BTreeMap, HashMap};

use super::cell::Cell;
use super::outcome::{Failure, Outcome, Told};
use super::problem::Problem;
use super::remarks::{Remarks, shortened};
pub use super::sample::{Ending, Grown, Sample};
use super::stretches::Stretches;

/// Most intervals from the first to the last: eleven days of seconds.
pub const MAX_INTERVALS: i64 = 1_000_000;
/// Most endpoints that are told apart.
const MAX_ENDPOINTS: usize = 200;
/// What further endpoints are together.
pub const OTHERS: &str = "(others)";
/// The name of a failure of which the tool does not say enough for one of ours.
pub const OTHERWISE: &str = "failed_otherwise";

/// What belongs to no endpoint, of one interval.
#[derive(Debug, Clone, Default)]
pub(super) struct Whole {
    pub(super) cells: BTreeMap<u16, Cell>,
    pub(super) users: (f64, u64),
    pub(super) iterations: u64,
    pub(super) bytes: [u64; 2],
}

/// What is known of all that was read; each begins as not known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Known {
    pub(super) users: bool,
    pub(super) iterations: bool,
    pub(super) bytes_sent: bool,
    pub(super) bytes_received: bool,
    pub(super) statuses: bool,
}

/// Where something was read.
#[derive(Debug, Clone)]
struct Place {
    us: i64,
    file: usize,
    line: u64,
}

/// Everything that was read, by intervals of Unix time.
#[derive(Debug)]
pub struct Gathered {
    width_us: i64,
    /// Where interval 0 begins.
    origin_us: i64,
    /// Whether histograms of others were read: then an interval of which there is none is not known, rather than empty.
    logged: bool,
    /// Whether counts were read, without histograms.
    counted: bool,
    told: Vec<Told>,
    failures: Vec<Failure>,
    files: Vec<String>,
    endpoints: Names,
    errors: Names,
    intervals: BTreeMap<i64, Whole>,
    known: Known,
    first: Option<Place>,
    last: Option<Place>,
    last_start_us: i64,
    requests: u64,
    /// What is to be said of the files.
    pub remarks: Remarks,
}

impl Gathered {
    /// Nothing yet; intervals are so many seconds long, of which a millisecond is the least.
    pub fn new(width_s: f64) -> Self {
        Self {
            width_us: ((width_s * 1e6).round() as i64).max(1000),
            origin_us: 0,
            logged: false,
            counted: false,
            told: Vec::new(),
            failures: Vec::new(),
            files: Vec::new(),
            endpoints: Names::default(),
            errors: Names::default(),
            intervals: BTreeMap::new(),
            known: Known::default(),
            first: None,
            last: None,
            last_start_us: i64::MIN,
            requests: 0,
            remarks: Remarks::default(),
        }
    }

    /// What follows is of this file.
    pub fn begin_file(&mut self, name: &str) {
        self.files.push(name.to_owned());
        self.remarks.of_file(name);
    }

    /// How many requests there were.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// One request.
    ///
    /// # Errors
    /// [`Problem::Apart`]: its time lies too far from the others'.
    pub fn sample(&mut self, sample: &Sample<'_>) -> Result<(), Problem> {
        let end_us = sample.start_us.saturating_add_unsigned(sample.duration_us);
        self.seen(sample.start_us, sample.line)?;
        self.seen(end_us, sample.line)?;
        let endpoint = self.named(sample.line, sample.endpoint);
        let unsent =
            !sample.answered && matches!(sample.ending, Ending::Named(kind) if kind.is_before_send());
        if !unsent {
            self.cell(sample.start_us, endpoint).sent += 1;
            self.last_start_us = self.last_start_us.max(sample.start_us);
        }
        let error = match sample.ending {
            Ending::Well => None,
            Ending::Named(kind) => Some(self.errors.number(kind.name())),
            Ending::Otherwise => Some(self.errors.number(OTHERWISE)),
        };
        self.requests += 1;
        self.known.statuses |= sample.status.is_some();
        self.known.bytes_sent |= sample.bytes_sent.is_some();
        self.known.bytes_received |= sample.bytes_received.is_some();
        let cell = self.cell(end_us, endpoint);
        cell.ended += u64::from(!unsent);
        if sample.answered {
            cell.answered(sample.duration_us);
        }
        if let Some(status) = sample.status.filter(|_| sample.answered) {
            *cell.statuses.entry(status).or_default() += 1;
        }
        match error {
            None => cell.succeeded += 1,
            Some(error) => {
                cell.failed += 1;
                cell.connect_errors += u64::from(unsent);
                *cell.errors.entry(error).or_default() += 1;
            }
        }
        cell.bytes_sent = cell.bytes_sent.saturating_add(sample.bytes_sent.unwrap_or(0));
        cell.bytes_received = cell.bytes_received.saturating_add(sample.bytes_received.unwrap_or(0));
        Ok(())
    }

    /// A histogram of one endpoint over a stretch of time: values in microseconds, and how often each is in it. Intervals are
    /// counted from the first one's begin.
    ///
    /// # Errors
    /// [`Problem::Long`], [`Problem::Apart`].
    pub fn histogram(
        &mut self,
        line: u64,
        endpoint: &str,
        start_us: i64,
        length_us: u64,
        values: impl FnOnce() -> Vec<(u64, u64)>,
    ) -> Result<(), Problem> {
        if self.first.is_none() {
            self.origin_us = start_us;
        }
        // Ends of intervals are where a timer woke up: a little late.
        if length_us as f64 > 1.5 * self.width_us as f64 {
            return Err(Problem::Long {
                file: self.files.last().cloned().unwrap_or_default(),
                line,
                length_s: length_us as f64 / 1e6,
                width_s: self.width_us as f64 / 1e6,
            });
        }
        let middle_us = start_us.saturating_add_unsigned(length_us / 2);
        self.seen(start_us, line)?;
        self.seen(middle_us, line)?;
        self.logged = true;
        self.last_start_us = self.last_start_us.max(start_us.saturating_add_unsigned(length_us));
        let endpoint = self.named(line, endpoint);
        let mut n = 0_u64;
        let cell = self.cell(middle_us, endpoint);
        for (us, count) in values() {
            cell.answered_many(us, count);
            n = n.saturating_add(count);
        }
        self.requests = self.requests.saturating_add(n);
        Ok(())
    }

    /// Counts that grew over a stretch of time; over the intervals that it touches they are spread evenly.
    ///
    /// # Errors
    /// [`Problem::Apart`].
    pub fn grown(&mut self, endpoint: &str, grown: &Grown) -> Result<(), Problem> {
        let Grown { line, from_us, to_us, requests, failures, sum_us } = *grown;
        self.seen(from_us, line)?;
        self.seen(to_us - 1, line)?;
        self.counted = true;
        self.last_start_us = self.last_start_us.max(to_us);
        self.requests = self.requests.saturating_add(requests);
        let number = self.named(line, endpoint);
        let error = self.errors.number(OTHERWISE);
        let length = (to_us - from_us) as f64;
        // Whole requests: what is rounded off in one interval is there in the next.
        let (mut well, mut failed, mut spent_us) = (0, 0, 0);
        let mut at_us = from_us;
        while at_us < to_us {
            let edge_us = self.origin_us + (self.bin(at_us) + 1) * self.width_us;
            let end_us = edge_us.min(to_us);
            let share = (end_us - from_us) as f64 / length;
            let until = |all: u64| (all as f64 * share).round() as u64;
            let (well_until, failed_until) = (until(requests.saturating_sub(failures)), until(failures));
            let sum_until = (sum_us * share).round() as u64;
            let cell = self.cell(at_us, number);
            let (good, bad) = (well_until.saturating_sub(well), failed_until.saturating_sub(failed));
            cell.counted(good.saturating_add(bad), sum_until.saturating_sub(spent_us));
            cell.failed = cell.failed.saturating_add(bad);
            cell.succeeded = cell.succeeded.saturating_add(good);
            if bad > 0 {
                *cell.errors.entry(error).or_default() += bad;
            }
            (well, failed, spent_us, at_us) = (well_until, failed_until, sum_until, end_us);
        }
        Ok(())
    }

    /// What the tool says of an endpoint over the whole load.
    pub fn told(&mut self, told: Told) {
        if self.told.len() <= MAX_ENDPOINTS {
            self.told.push(told);
        }
    }

    /// Requests that failed alike; false where there are as many kinds already.
    pub fn failure(&mut self, failure: Failure, most: usize) -> bool {
        let fits = self.failures.len() < most;
        if fits {
            self.failures.push(failure);
        }
        fits
    }

    /// How many users there were at a moment.
    pub fn users(&mut self, us: i64, users: f64) {
        if let Some(whole) = self.within(us) {
            whole.users.0 += users;
            whole.users.1 += 1;
            self.known.users = true;
        }
    }

    /// So many iterations ended.
    pub fn iterations(&mut self, us: i64, count: u64) {
        if let Some(whole) = self.within(us) {
            whole.iterations = whole.iterations.saturating_add(count);
            self.known.iterations = true;
        }
    }

    /// Bytes that belong to no request.
    pub fn bytes(&mut self, us: i64, sent: u64, received: u64) {
        if let Some(whole) = self.within(us) {
            whole.bytes[0] = whole.bytes[0].saturating_add(sent);
            whole.bytes[1] = whole.bytes[1].saturating_add(received);
            (self.known.bytes_sent, self.known.bytes_received) = (true, true);
        }
    }

    /// The interval of something that is no request, if it lies no farther from the requests than these may.
    fn within(&mut self, us: i64) -> Option<&mut Whole> {
        let bin = self.bin(us);
        let far = |place: &Place| (self.bin(place.us) - bin).abs() >= MAX_INTERVALS;
        if self.first.as_ref().is_some_and(far) || self.last.as_ref().is_some_and(far) {
            return None;
        }
        Some(self.intervals.entry(bin).or_default())
    }

    fn bin(&self, us: i64) -> i64 {
        us.saturating_sub(self.origin_us).div_euclid(self.width_us)
    }

    fn seen(&mut self, us: i64, line: u64) -> Result<(), Problem> {
        let inside = |first: &Place, last: &Place| first.us <= us && us <= last.us;
        if let (Some(first), Some(last)) = (&self.first, &self.last)
            && inside(first, last)
        {
            return Ok(());
        }
        let here = || Place { us, file: self.files.len().saturating_sub(1), line };
        let first = self.first.as_ref().filter(|p| p.us <= us).cloned().unwrap_or_else(here);
        let last = self.last.as_ref().filter(|p| p.us >= us).cloned().unwrap_or_else(here);
        if (last.us - first.us) / self.width_us >= MAX_INTERVALS {
            return Err(Problem::Apart {
                first: self.shown(&first),
                first_s: first.us as f64 / 1e6,
                last: self.shown(&last),
                last_s: last.us as f64 / 1e6,
                width_s: self.width_us as f64 / 1e6,
            });
        }
        (self.first, self.last) = (Some(first), Some(last));
        Ok(())
    }

    fn shown(&self, place: &Place) -> String {
        format!("{}:{}", self.files.get(place.file).map_or("", String::as_str), place.line)
    }

    fn named(&mut self, line: u64, endpoint: &str) -> u16 {
        if let Some(known) = self.endpoints.known(endpoint) {
            return known;
        }
        // `*` stands for all together.
        let name = match endpoint.trim() {
            "" => "(without a name)",
            "*" => "'*'",
            name => name,
        };
        if self.endpoints.len() >= MAX_ENDPOINTS {
            let what = "more than 200 endpoints: further ones count together, as `(others)`";
            self.remarks.note(line, what, || shortened(name));
            return self.endpoints.number(OTHERS);
        }
        self.endpoints.number(name)
    }

    fn cell(&mut self, us: i64, endpoint: u16) -> &mut Cell {
        let bin = self.bin(us);
        self.intervals.entry(bin).or_default().cells.entry(endpoint).or_default()
    }

    /// Ends reading.
    ///
    /// # Errors
    /// [`Problem::Nothing`]: no request was found.
    pub fn finish(self) -> Result<Outcome, Problem> {
        let (Some(first), Some(last)) = (&self.first, &self.last) else {
            let why = self.remarks.gravest().map(ToString::to_string);
            return Err(Problem::Nothing { files: self.files.join(", "), why });
        };
        let bin = |us: i64| self.bin(us);
        let edge_s = |bin: i64| (self.origin_us + bin * self.width_us) as f64 / 1e6;
        let (begin, end) = (bin(first.us), bin(last.us) + 1);
        // Throughput is that of intervals in which the load was on from begin to end; of a shorter one, of all there is.
        let last_start_us = self.last_start_us.max(first.us);
        let whole = (bin(first.us + self.width_us - 1), bin(last_start_us));
        let (load_begin, load_end) =
            if whole.0 < whole.1 { whole } else { (begin, (bin(last_start_us) + 1).min(end)) };
        let mut unknown = vec!["offered", "late", "queued", "think_s"];
        let known = self.known;
        let mut unless = |known: bool, names: &[&'static str]| {
            if !known {
                unknown.extend(names);
            }
        };
        unless(!self.logged, &["sent", "succeeded", "failed", "connect_errors", "in_flight"]);
        unless(!self.counted, &["sent", "connect_errors", "in_flight"]);
        unless(known.users, &["users"]);
        unless(known.iterations, &["iterations"]);
        unless(known.bytes_sent, &["bytes_sent"]);
        unless(known.bytes_received, &["bytes_received"]);
        unless(known.statuses, &["status_1xx", "status_2xx", "status_3xx", "status_4xx", "status_5xx"]);
        let (begin_unix_s, end_unix_s) = (edge_s(begin), edge_s(end));
        let load_unix_s = (edge_s(load_begin), edge_s(load_end));
        Ok(Outcome {
            width_s: self.width_us as f64 / 1e6,
            begin_unix_s,
            end_unix_s,
            load_unix_s,
            requests: self.requests,
            files: self.files,
            histograms: !self.counted,
            told: self.told,
            failures: self.failures,
            unknown,
            remarks: self.remarks.into_all(),
            stretches: Stretches {
                at: begin,
                end,
                width_us: self.width_us,
                origin_us: self.origin_us,
                logged: self.logged,
                intervals: self.intervals,
                endpoints: self.endpoints.all,
                errors: self.errors.all,
                known,
                in_flight: 0,
                users: None,
            },
        })
    }
}

/// Names and their numbers.
#[derive(Debug, Default)]
struct Names {
    all: Vec<String>,
    numbers: HashMap<String, u16>,
}

impl Names {
    fn len(&self) -> usize {
        self.all.len()
    }

    fn known(&self, name: &str) -> Option<u16> {
        self.numbers.get(name).copied()
    }

    /// There are some hundreds of them at most.
    fn number(&mut self, name: &str) -> u16 {
        if let Some(known) = self.known(name) {
            return known;
        }
        let number = u16::try_from(self.all.len()).unwrap_or(u16::MAX);
        self.all.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

#[cfg(test)]
#[path = "gather_tests.rs"]
mod tests;
