//! Rows of generators that sent side by side become one.
//!
//! Counts and levels are added up, means are weighted by what they are means of, quantiles come from the histograms of all.
//! (`merged` is for intervals that follow one another.)

use std::collections::BTreeMap;

use swarmlab_intervals::log::Quantity;

use super::from_interval::{lateness, with_quantiles};
use super::merged::{merged, weighted_mean};
use super::{ClientRow, LatencyMs};
use crate::histograms::{self, Binned};

/// What one of several generators recorded.
#[derive(Debug, Clone)]
pub struct Share {
    /// Its rows.
    pub rows: Vec<ClientRow>,
    /// Its histograms, on bins from `origin_unix_s` on.
    pub histograms: Binned,
    /// Where bin 0 begins by its own intervals, seconds since the Unix epoch: [`own_origin`].
    pub origin_unix_s: f64,
}

/// Where bin 0 begins for a generator whose first interval began at `first_unix_s`: as near to the common `origin_unix_s`
/// as whole bins allow, so that its intervals fall into whole bins and at most half a bin beside the others'.
pub fn own_origin(first_unix_s: f64, origin_unix_s: f64, width_s: f64) -> f64 {
    first_unix_s - ((first_unix_s - origin_unix_s) / width_s).round() * width_s
}

/// Adds up generators' shares on bins of `width_s` seconds from `origin_unix_s` on.
pub fn beside(shares: &[Share], origin_unix_s: f64, width_s: f64) -> (Vec<ClientRow>, Binned) {
    let mut together = Binned::new();
    let mut by_bin: BTreeMap<(i64, String), Vec<ClientRow>> = BTreeMap::new();
    for share in shares {
        histograms::add(&mut together, &share.histograms);
        for row in merged(&share.rows, share.origin_unix_s, width_s, &share.histograms) {
            let bin = ((row.t_unix_s - share.origin_unix_s) / width_s).round() as i64;
            by_bin.entry((bin, row.endpoint.clone())).or_default().push(row);
        }
    }
    let rows = by_bin.into_iter().filter_map(|((bin, endpoint), rows)| {
        let rows: Vec<&ClientRow> = rows.iter().collect();
        let histogram = |quantity| together.get(&(bin, quantity, endpoint.clone()));
        let latency = |quantity, of: fn(&ClientRow) -> Option<LatencyMs>| {
            with_quantiles(histogram(quantity)?, weighted_mean(&rows, of)?)
        };
        let mut row = sum(&rows)?;
        row.t_unix_s = origin_unix_s + bin as f64 * width_s;
        row.response = latency(Quantity::Response, |r| r.response);
        row.service = latency(Quantity::Service, |r| r.service);
        row.lateness = histogram(Quantity::Lateness).and_then(lateness);
        Some(row)
    });
    (rows.collect(), together)
}

/// Everything but times, of rows of one bin.
fn sum(rows: &[&ClientRow]) -> Option<ClientRow> {
    let mut sum = super::merged::sum(rows)?;
    sum.width_s = rows.iter().map(|r| r.width_s).fold(0.0, f64::max);
    sum.users = rows.iter().map(|r| r.users).sum();
    sum.in_flight = rows.iter().map(|r| r.in_flight).sum();
    sum.queued = rows.iter().map(|r| r.queued).sum();
    Some(sum)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_intervals::new_histogram;
    use swarmlab_intervals::trust::Trust;

    use super::super::fixture::row;
    use super::*;

    fn share(begins_s: f64, mean: f64, values_ms: &[u64]) -> Share {
        let mut row = row(1000.0 + begins_s, "a");
        row.completed = values_ms.len() as u64;
        row.response = row.response.map(|r| LatencyMs { mean, ..r });
        let mut histogram = new_histogram();
        values_ms.iter().for_each(|v| histogram.record(v * 1000).unwrap());
        let origin_unix_s = own_origin(row.t_unix_s, 1000.0, 1.0);
        let bin = (row.t_unix_s - origin_unix_s).round() as i64;
        let histograms = Binned::from([((bin, Quantity::Response, "a".to_owned()), histogram)]);
        Share { rows: vec![row], histograms, origin_unix_s }
    }

    #[test]
    fn levels_are_added_up_and_quantiles_are_those_of_all_answers() {
        let mut late = share(0.3, 100.0, &[100; 30]);
        late.rows[0].trust = Some(Trust::Invalid);
        let (rows, histograms) = beside(&[share(0.0, 10.0, &[10; 70]), late], 1000.0, 1.0);
        assert_eq!(rows.len(), 1);
        let both = &rows[0];
        assert_eq!((both.t_unix_s, both.width_s, both.completed), (1000.0, 1.0, 100));
        assert_eq!((both.users, both.in_flight, both.queued), (20.0, 8, 2));
        assert_eq!(both.trust, Some(Trust::Invalid));
        let response = both.response.unwrap();
        assert!((response.mean - 37.0).abs() < 1e-9, "{response:?}");
        assert!((response.p50 - 10.0).abs() < 0.1 && (response.p90 - 100.0).abs() < 0.2, "{response:?}");
        assert_eq!(histograms[&(0, Quantity::Response, "a".to_owned())].len(), 100);
    }

    #[test]
    fn intervals_go_to_the_nearest_bins_one_each() {
        let later = share(0.6, 10.0, &[10; 70]);
        // Exactly half a bin beside, give or take the rounding of clocks: still one interval a bin.
        let mut half = share(0.5, 10.0, &[10; 70]);
        let next = ClientRow { t_unix_s: 1001.5 - 1e-7, ..half.rows[0].clone() };
        half.rows.push(next);
        let bins = |share: Share| -> Vec<f64> {
            beside(&[share], 1000.0, 1.0).0.iter().map(|r| r.t_unix_s).collect()
        };
        assert_eq!(bins(later), [1001.0]);
        assert_eq!(bins(half), [1001.0, 1002.0]);
    }
}
