//! What was gathered, interval by interval.

use std::collections::BTreeMap;

use super::cell::Cell;
use super::gather::{Known, Whole};
use super::outcome::{Part, Stretch};

/// Intervals in order, without gaps but for those of which a log has nothing; each is made when it is asked for.
#[derive(Debug)]
pub struct Stretches {
    pub(super) at: i64,
    pub(super) end: i64,
    pub(super) width_us: i64,
    pub(super) origin_us: i64,
    pub(super) logged: bool,
    pub(super) intervals: BTreeMap<i64, Whole>,
    pub(super) endpoints: Vec<String>,
    pub(super) errors: Vec<String>,
    pub(super) known: Known,
    pub(super) in_flight: u64,
    pub(super) users: Option<f64>,
}

impl Iterator for Stretches {
    type Item = Stretch;

    fn next(&mut self) -> Option<Stretch> {
        let (bin, whole) = loop {
            if self.at >= self.end {
                return None;
            }
            let bin = self.at;
            self.at += 1;
            match self.intervals.remove(&bin) {
                Some(whole) => break (bin, whole),
                None if self.logged => {}
                None => break (bin, Whole::default()),
            }
        };
        let count = |of: fn(&Cell) -> u64| whole.cells.values().map(of).sum::<u64>();
        self.in_flight = (self.in_flight + count(|c| c.sent)).saturating_sub(count(|c| c.ended));
        // A level that is told now and then holds until it is told again.
        if whole.users.1 > 0 {
            self.users = Some(whole.users.0 / whole.users.1 as f64);
        }
        let named = |errors: &BTreeMap<u16, u64>| -> BTreeMap<String, u64> {
            let name = |number: &u16| self.errors.get(usize::from(*number)).cloned().unwrap_or_default();
            errors.iter().map(|(number, n)| (name(number), *n)).collect()
        };
        let parts = whole.cells.iter().map(|(endpoint, cell)| Part {
            endpoint: self.endpoints.get(usize::from(*endpoint)).cloned().unwrap_or_default(),
            sent: cell.sent,
            completed: cell.completed,
            succeeded: cell.succeeded,
            failed: cell.failed,
            connect_errors: cell.connect_errors,
            bytes_sent: cell.bytes_sent,
            bytes_received: cell.bytes_received,
            errors: named(&cell.errors),
            statuses: cell.statuses.clone(),
            response_sum_us: cell.sum_us,
            response: cell.histogram(),
        });
        let mut parts: Vec<Part> = parts.collect();
        parts.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
        Some(Stretch {
            start_unix_s: (self.origin_us + bin * self.width_us) as f64 / 1e6,
            width_s: self.width_us as f64 / 1e6,
            users: self.users.filter(|_| self.known.users),
            in_flight: self.in_flight,
            iterations: whole.iterations,
            bytes: whole.bytes,
            parts,
        })
    }
}
