//! What the clients' rows and their histograms say of the same answers.
//!
//! Each answer is counted in the row of its endpoint and interval (`completed`) and recorded in the histogram of response
//! times of the same endpoint and interval; the row of all endpoints is the sum of the others. So nothing may differ.

use std::collections::BTreeMap;

use swarmlab_intervals::log::Quantity;

use super::Damage;
use crate::Phase;
use crate::client::{ALL_ENDPOINTS, ClientRow};
use crate::histograms::Log;

const ROWS: &str = "client.parquet";
const LOG: &str = "histograms.hlog";

/// Starts that lie nearer together are those of one interval: the log's are rounded to the millisecond, twice.
const SAME_S: f64 = 0.003;

/// Compares the rows of the load with its log. The second is what differs; the first how much was compared. (Of a run that
/// was killed: [`whole_intervals`] first.)
pub fn agreement(rows: &[ClientRow], log: &Log) -> (u64, Vec<Damage>) {
    let rows: Vec<&ClientRow> = rows.iter().filter(|r| r.phase == Phase::Load).collect();
    let mut damage: Vec<Damage> =
        log.wrong.iter().map(|e| Damage::of(LOG, format!("cannot be read: {e}"))).collect();
    damage.extend(sums(&rows));
    let Some(start_unix_s) = log.start_unix_s.or_else(|| Some(rows.first()?.t_unix_s)) else {
        return (0, damage);
    };
    let answers = rows.iter().filter(|r| r.endpoint != ALL_ENDPOINTS && r.completed > 0);
    let responses = log.entries.iter().filter(|e| e.quantity == Quantity::Response);
    let counted = by_interval(answers.map(|r| (r.endpoint.as_str(), r.t_unix_s - start_unix_s, r.completed)));
    let recorded = by_interval(responses.map(|e| (e.endpoint.as_str(), e.start_s, e.histogram.values())));
    let (mut compared, mut missing, mut extra, mut other) =
        (0, Places::default(), Places::default(), Places::default());
    let endpoints: std::collections::BTreeSet<&str> =
        counted.keys().chain(recorded.keys()).copied().collect();
    for endpoint in endpoints {
        let of = |all: &BTreeMap<&str, Vec<(f64, u64)>>| all.get(endpoint).cloned().unwrap_or_default();
        for pair in paired(&of(&counted), &of(&recorded)) {
            match pair {
                (Some((at_s, n)), Some((_, m))) => {
                    compared += 1;
                    if n != m {
                        other.add(endpoint, at_s, format!("{n} answers in {ROWS}, {m} in {LOG}"));
                    }
                }
                (Some((at_s, n)), None) => missing.add(endpoint, at_s, format!("{n} answers in {ROWS}")),
                (None, Some((at_s, m))) => extra.add(endpoint, at_s, format!("{m} answers in {LOG}")),
                (None, None) => {}
            }
        }
    }
    let all = compared + missing.count + extra.count;
    damage.extend(missing.told(LOG, &format!("lacks {{}} of {all} histograms of intervals with answers")));
    damage.extend(extra.told(ROWS, &format!("lacks {{}} of {all} rows of intervals with answers")));
    damage.extend(
        other.told(LOG, &format!("and {ROWS} count different answers in {{}} of {compared} intervals")),
    );
    (compared, damage)
}

/// Compares the rows of the load with each other alone: of a load of which there are no histograms.
pub fn of_rows(rows: &[ClientRow]) -> Vec<Damage> {
    let rows: Vec<&ClientRow> = rows.iter().filter(|r| r.phase == Phase::Load).collect();
    sums(&rows).into_iter().collect()
}

/// Leaves out the last interval of a load that was killed, in rows and log alike: it may have reached one of them alone, or
/// the row of all endpoints without the others.
pub fn whole_intervals(rows: &mut Vec<ClientRow>, log: &mut Log) {
    let of_load: Vec<&ClientRow> = rows.iter().filter(|r| r.phase == Phase::Load).collect();
    let Some(start_unix_s) = log.start_unix_s.or_else(|| Some(of_load.first()?.t_unix_s)) else { return };
    // The last interval that both files know of.
    let last = |starts: &mut dyn Iterator<Item = f64>| starts.fold(f64::NEG_INFINITY, f64::max);
    let of_rows = last(&mut of_load.iter().map(|r| r.t_unix_s - start_unix_s));
    let end_s = of_rows.min(last(&mut log.entries.iter().map(|e| e.start_s))) - SAME_S;
    rows.retain(|r| r.phase != Phase::Load || r.t_unix_s - start_unix_s < end_s);
    log.entries.retain(|e| e.start_s < end_s);
}

/// Where something is wrong: how often, and the first place.
#[derive(Default)]
struct Places {
    count: u64,
    first: Option<(f64, String)>,
}

impl Places {
    fn add(&mut self, endpoint: &str, at_s: f64, what: String) {
        self.count += 1;
        if self.first.as_ref().is_none_or(|(first_s, _)| at_s < *first_s) {
            self.first = Some((at_s, format!("at {at_s:.0} s, {endpoint}: {what}")));
        }
    }

    fn told(self, file: &str, what: &str) -> Option<Damage> {
        let (_, place) = self.first?;
        Some(Damage::of(file, format!("{}; the first {place}", what.replace("{}", &self.count.to_string()))))
    }
}

/// Counts by endpoint, in the order of time.
fn by_interval<'a>(counts: impl Iterator<Item = (&'a str, f64, u64)>) -> BTreeMap<&'a str, Vec<(f64, u64)>> {
    let mut out: BTreeMap<&str, Vec<(f64, u64)>> = BTreeMap::new();
    for (endpoint, at_s, n) in counts.filter(|(.., n)| *n > 0) {
        out.entry(endpoint).or_default().push((at_s, n));
    }
    out.values_mut().for_each(|of| of.sort_by(|a, b| a.0.total_cmp(&b.0)));
    out
}

type Pair = (Option<(f64, u64)>, Option<(f64, u64)>);

/// Intervals of the same start side by side.
fn paired(one: &[(f64, u64)], other: &[(f64, u64)]) -> Vec<Pair> {
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while i < one.len() || j < other.len() {
        let pair = match (one.get(i).copied(), other.get(j).copied()) {
            (Some(a), Some(b)) if a.0 < b.0 - SAME_S => (Some(a), None),
            (Some(a), Some(b)) if b.0 < a.0 - SAME_S => (None, Some(b)),
            (a, b) => (a, b),
        };
        i += usize::from(pair.0.is_some());
        j += usize::from(pair.1.is_some());
        out.push(pair);
    }
    out
}

/// Requests sent and answers of one interval.
#[derive(Default)]
struct Interval {
    begins_s: f64,
    of_endpoints: [u64; 2],
    of_all: Option<[u64; 2]>,
}

/// Intervals whose row of all endpoints is not the sum of the others.
fn sums(rows: &[&ClientRow]) -> Option<Damage> {
    let begun_s = rows.first()?.t_unix_s;
    let mut intervals: BTreeMap<u64, Interval> = BTreeMap::new();
    for row in rows {
        let interval = intervals.entry(row.t_unix_s.to_bits()).or_default();
        interval.begins_s = row.t_unix_s - begun_s;
        let counts = [row.sent, row.completed];
        if row.endpoint == ALL_ENDPOINTS {
            interval.of_all = Some(counts);
        } else {
            interval.of_endpoints.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        }
    }
    let mut places = Places::default();
    for Interval { begins_s, of_endpoints: sum, of_all } in intervals.values() {
        match of_all {
            None => places.add("all endpoints", *begins_s, "no row of all endpoints".to_owned()),
            Some(all) if all != sum => {
                let what = format!("{} answers, and {} of all endpoints", sum[1], all[1]);
                places.add("all endpoints", *begins_s, what);
            }
            Some(_) => {}
        }
    }
    places.told(ROWS, "has rows of endpoints that do not add up to that of all in {} intervals")
}

#[cfg(test)]
mod tests;
