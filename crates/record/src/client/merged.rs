//! Rows of several intervals become one, for bins that are wider than the generator's intervals.
//!
//! Counts are added up, levels are those at the end, means are weighted by what they are means of, and quantiles come from
//! the merged histograms of the intervals: never from other quantiles.

use std::collections::{BTreeMap, BTreeSet};

use swarmlab_intervals::log::Quantity;

use super::from_interval::{json, lateness, with_quantiles};
use super::{ClientRow, LatencyMs, Unknown};
use crate::histograms::{Binned, bin_of};

/// Rows that cover this share of a bin cover it whole: sums of lengths carry the rounding of clocks.
const WHOLE: f64 = 1.0 - 1e-6;

/// Merges rows onto bins of `width_s` seconds from `origin_unix_s` on. A row belongs to the bin that holds its middle. A
/// bin that its rows do not cover gets a row that is as short as they are together.
pub fn merged(rows: &[ClientRow], origin_unix_s: f64, width_s: f64, histograms: &Binned) -> Vec<ClientRow> {
    let mut by_bin: BTreeMap<(i64, &str), Vec<&ClientRow>> = BTreeMap::new();
    for row in rows {
        let middle_s = row.t_unix_s + row.width_s / 2.0 - origin_unix_s;
        by_bin.entry((bin_of(middle_s, width_s), &row.endpoint)).or_default().push(row);
    }
    by_bin
        .into_iter()
        .filter_map(|((bin, endpoint), mut rows)| {
            rows.sort_by(|a, b| a.t_unix_s.total_cmp(&b.t_unix_s));
            let histogram = |quantity| histograms.get(&(bin, quantity, endpoint.to_owned()));
            let mut row = sum(&rows)?;
            row.t_unix_s = origin_unix_s + bin as f64 * width_s;
            if row.width_s > width_s * WHOLE {
                row.width_s = width_s;
            }
            let latency = |quantity, of: fn(&ClientRow) -> Option<LatencyMs>| {
                let mean = weighted_mean(&rows, of)?;
                with_quantiles(histogram(quantity)?, mean)
            };
            row.response = latency(Quantity::Response, |r| r.response);
            row.service = latency(Quantity::Service, |r| r.service);
            row.lateness = histogram(Quantity::Lateness).and_then(lateness);
            Some(row)
        })
        .collect()
}

/// Mean over all that completed in the rows.
pub(super) fn weighted_mean(rows: &[&ClientRow], of: fn(&ClientRow) -> Option<LatencyMs>) -> Option<f64> {
    let known = || rows.iter().filter_map(|r| Some((of(r)?.mean, r.completed as f64)));
    let weight: f64 = known().map(|(_, n)| n).sum();
    (weight > 0.0).then(|| known().map(|(mean, n)| mean * n).sum::<f64>() / weight)
}

/// Everything but times, of rows in order.
pub(super) fn sum(rows: &[&ClientRow]) -> Option<ClientRow> {
    let (first, last) = (*rows.first()?, *rows.last()?);
    let count = |of: fn(&ClientRow) -> u64| rows.iter().map(|r| of(r)).sum::<u64>();
    let width_s: f64 = rows.iter().map(|r| r.width_s).sum();
    let user_seconds: f64 = rows.iter().map(|r| r.users * r.width_s).sum();
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
    let trust = rows.iter().filter_map(|r| r.trust).max();
    let gravest = rows.iter().filter(|r| r.trust == trust);
    let doubts: BTreeSet<&str> = gravest.flat_map(|r| r.doubts.split_whitespace()).collect();
    let add = |sums: &mut BTreeMap<String, u64>, counts: BTreeMap<String, u64>| {
        for (name, n) in counts {
            *sums.entry(name).or_default() += n;
        }
    };
    for row in rows {
        add(&mut errors, row.errors());
        add(&mut statuses, row.statuses());
    }
    Some(ClientRow {
        t_unix_s: first.t_unix_s,
        width_s,
        phase: first.phase,
        endpoint: first.endpoint.clone(),
        users: if width_s > 0.0 { user_seconds / width_s } else { last.users },
        offered: count(|r| r.offered),
        sent: count(|r| r.sent),
        completed: count(|r| r.completed),
        succeeded: count(|r| r.succeeded),
        failed: count(|r| r.failed),
        late: count(|r| r.late),
        connect_errors: count(|r| r.connect_errors),
        trust,
        doubts: doubts.into_iter().collect::<Vec<_>>().join(" "),
        in_flight: last.in_flight,
        queued: last.queued,
        iterations: count(|r| r.iterations),
        think_s: rows.iter().map(|r| r.think_s).sum(),
        status_1xx: count(|r| r.status_1xx),
        status_2xx: count(|r| r.status_2xx),
        status_3xx: count(|r| r.status_3xx),
        status_4xx: count(|r| r.status_4xx),
        status_5xx: count(|r| r.status_5xx),
        statuses_json: json(&statuses),
        errors_json: json(&errors),
        bytes_sent: count(|r| r.bytes_sent),
        bytes_received: count(|r| r.bytes_received),
        response: None,
        service: None,
        lateness: None,
        // A sum of which a part is not known is not known.
        unknown: rows.iter().fold(Unknown::default(), |all, r| all.or(r.unknown)),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_intervals::new_histogram;

    use super::super::fixture::row;
    use swarmlab_intervals::trust::Trust;

    use super::*;

    fn histogram(values_ms: &[u64]) -> swarmlab_intervals::Histogram {
        let mut h = new_histogram();
        values_ms.iter().for_each(|v| h.record(v * 1000).unwrap());
        h
    }

    #[test]
    fn counts_are_added_and_levels_are_those_at_the_end() {
        let mut rows: Vec<ClientRow> = (0..6).map(|i| row(1000.0 + f64::from(i), "*")).collect();
        rows[2].in_flight = 9;
        (rows[1].trust, rows[1].doubts) = (Some(Trust::Invalid), "pickup".into());
        rows[0].users = 40.0;
        let merged = merged(&rows, 1000.0, 3.0, &Binned::new());
        assert_eq!(merged.len(), 2);
        let first = &merged[0];
        assert_eq!((first.t_unix_s, first.width_s, first.completed), (1000.0, 3.0, 300));
        assert_eq!((first.in_flight, first.trust, first.users), (9, Some(Trust::Invalid), 20.0));
        // Of the gravest interval alone: what made another SUSPECT did not lead to INVALID.
        assert_eq!(first.doubts, "pickup");
        assert_eq!(first.errors_json, "{\"status_4xx\":3,\"status_5xx\":6}");
        assert_eq!(merged[1].t_unix_s, 1003.0);
        // Without histograms nothing is known of quantiles.
        assert_eq!(first.response, None);
    }

    #[test]
    fn quantiles_come_from_merged_histograms_and_not_from_means_of_quantiles() {
        let mut rows = [row(1000.0, "a"), row(1001.0, "a")];
        for (row, (mean, completed)) in rows.iter_mut().zip([(10.0, 99), (1000.0, 1)]) {
            row.completed = completed;
            row.response = row.response.map(|r| LatencyMs { mean, ..r });
        }
        let mut values = vec![10; 99];
        values.push(1000);
        let histograms = Binned::from([((0, Quantity::Response, "a".to_owned()), histogram(&values))]);
        let merged = merged(&rows, 1000.0, 2.0, &histograms);
        let response = merged[0].response.unwrap();
        assert!((response.mean - 19.9).abs() < 1e-9, "{response:?}");
        assert!((response.p95 - 10.0).abs() < 0.1, "{response:?}");
        assert!((response.max - 1000.0).abs() < 2.0, "{response:?}");
        assert_eq!(merged[0].service, None);
    }

    #[test]
    fn a_bin_that_is_not_covered_says_so_by_its_width() {
        let rows = [row(1000.0, "*"), row(1001.0, "*"), row(999.0, "*")];
        let merged = merged(&rows, 1000.0, 3.0, &Binned::new());
        let widths: Vec<_> = merged.iter().map(|r| (r.t_unix_s, r.width_s)).collect();
        assert_eq!(widths, [(997.0, 1.0), (1000.0, 2.0)]);
    }
}
