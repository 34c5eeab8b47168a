//! Every server metric with every client metric: Pearson and Spearman, with a lag scan, honest about how many
//! independent samples there are and how many pairs and lags were tried.

use serde::{Deserialize, Serialize};
use swarmlab_frame::frame::Frame;
use swarmlab_stats::{Correlation, CorrelationMethod, lag, multiple};

use super::column;
use crate::assemble::Raw;

/// Lags are scanned this far to both sides, seconds.
pub const MAX_LAG_S: f64 = 10.0;
/// Pairs with a false discovery rate below this count as associated.
pub const ALPHA: f64 = 0.05;
/// From fewer bins nothing is concluded: of seven even a perfect order says little, and no lag can be told from another.
pub const LEAST_BINS: usize = 8;
/// Nor from bins that are worth fewer independent samples: Fisher's interval has nothing left to divide by at 3.
pub const LEAST_N_EFF: f64 = 4.0;

/// One pair by one method.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Column of the server.
    pub server: String,
    /// Column of the clients.
    pub client: String,
    /// `pearson` or `spearman`.
    pub method: CorrelationMethod,
    /// Coefficient without lag.
    pub r_at_zero: Option<f64>,
    /// Lag of the largest coefficient if it stands out from lag zero, else 0, seconds; positive: the server metric follows the client metric.
    pub lag_s: f64,
    /// Coefficient at that lag.
    pub r: f64,
    /// 95 % interval at that lag.
    pub ci: (f64, f64),
    /// Bins paired.
    pub n: usize,
    /// Independent samples they are worth.
    pub n_eff: f64,
    /// p-value; where a lag is claimed, adjusted for the lags tried.
    pub p_lags: f64,
    /// The same, adjusted for all pairs that were judged by this method (Benjamini-Hochberg); none where there are too few
    /// samples for a judgement.
    pub q: Option<f64>,
}

impl Row {
    /// Whether the pair counts as associated. Never with an interval that holds 0.
    pub fn significant(&self) -> bool {
        self.q.is_some_and(|q| q <= ALPHA) && (self.ci.0 > 0.0 || self.ci.1 < 0.0)
    }

    /// Whether there are samples enough for a judgement, be it one way or the other.
    pub fn judged(&self) -> bool {
        self.n >= LEAST_BINS && self.n_eff >= LEAST_N_EFF
    }
}

/// Server metrics that are correlated, by service, beside its replicas.
const SERVER: &[(&str, &str)] = &[("cpu", "cores"), ("memory", "bytes"), ("network_received", "bytes_per_s")];
/// Metrics of a proxy, shown for the service behind it.
const PROXY: &[(&str, &str)] = &[("cpu", "cores"), ("upstream_p95", "ms")];
/// Client metrics that are correlated.
pub const CLIENT: &[&str] = &[
    "client_users",
    "client_offered_per_s",
    "client_throughput_per_s",
    "client_errors_per_s",
    "client_response_mean_ms",
    "client_response_p50_ms",
    "client_response_p95_ms",
];

/// The lag that may be claimed: the best one only if its coefficient lies outside the interval at lag zero. On a
/// trending load neighbouring lags hardly differ, and the largest of them is chosen by noise.
fn claimed(at_zero: Option<Correlation>, lag_bins: i64, best: Correlation) -> (i64, Correlation) {
    match at_zero {
        Some(zero) if (zero.ci_low..=zero.ci_high).contains(&best.r) => (0, zero),
        _ => (lag_bins, best),
    }
}

/// Columns of the servers that are correlated and exist in the frame.
pub fn server_columns(raw: &Raw, frame: &Frame) -> Vec<String> {
    let mut out = Vec::new();
    for service in &raw.manifest.plan.measured {
        // Of a service without a health check nobody knows how many are healthy.
        let known = |name: &String| frame.get(name).is_some_and(|v| v.iter().any(Option::is_some));
        let healthy = column(service, "replicas_healthy", "");
        let replicas = if known(&healthy) { healthy } else { column(service, "replicas_running", "") };
        out.extend(SERVER.iter().map(|(m, u)| column(service, m, u)).chain([replicas]));
        for proxy in raw.manifest.topology.before(service) {
            out.extend(PROXY.iter().map(|(m, u)| column(proxy, m, u)));
        }
    }
    // A proxy before several services is named once.
    let mut seen = std::collections::BTreeSet::new();
    out.retain(|c| frame.get(c).is_some() && seen.insert(c.clone()));
    out
}

/// All pairs that have a coefficient, strongest first.
pub fn all(raw: &Raw, load: &Frame) -> Vec<Row> {
    let bin_s = load.bins().width_s();
    let bins = load.bins().count();
    // At the furthest lag there must be bins enough left to conclude anything.
    let max_lag = ((MAX_LAG_S / bin_s) as usize).min(bins / 4).min(bins.saturating_sub(LEAST_BINS));
    let mut rows = Vec::new();
    for server in server_columns(raw, load) {
        let Some(x) = load.get(&server) else { continue };
        for client in CLIENT {
            let Some(y) = load.get(client) else { continue };
            for method in [CorrelationMethod::Pearson, CorrelationMethod::Spearman] {
                let Ok(choice) = lag::choose(method, y, x, max_lag) else { continue };
                let Some(best) = choice.best else { continue };
                let at_zero = choice.at_zero;
                let (lag_bins, c) = claimed(at_zero, best.lag_bins, best.correlation);
                // The coefficient at lag zero was not chosen among others: it pays for none of them.
                let lags_tried = if lag_bins == 0 { 1 } else { choice.lags_tried };
                rows.push(Row {
                    server: server.clone(),
                    client: (*client).to_owned(),
                    method,
                    r_at_zero: at_zero.map(|c| c.r),
                    lag_s: lag_bins as f64 * bin_s,
                    r: c.r,
                    ci: (c.ci_low, c.ci_high),
                    n: c.n,
                    n_eff: c.n_eff,
                    p_lags: (c.p * lags_tried as f64).min(1.0),
                    q: None,
                });
            }
        }
    }
    for method in [CorrelationMethod::Pearson, CorrelationMethod::Spearman] {
        adjust(&mut rows, method);
    }
    rows.sort_by(|a, b| b.r.abs().total_cmp(&a.r.abs()).then_with(|| a.server.cmp(&b.server)));
    rows
}

/// Gives the rows of a method their q. The methods are two looks at the same pairs, a family each.
fn adjust(rows: &mut [Row], method: CorrelationMethod) {
    let mut family: Vec<&mut Row> = rows.iter_mut().filter(|r| r.method == method && r.judged()).collect();
    let p: Vec<f64> = family.iter().map(|r| r.p_lags).collect();
    if let Ok(q) = multiple::benjamini_hochberg(&p) {
        for (row, q) in family.iter_mut().zip(q) {
            row.q = Some(q);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn row(method: CorrelationMethod, n: usize, n_eff: f64, p_lags: f64, ci: (f64, f64)) -> Row {
        let (server, client) = (String::new(), String::new());
        Row { server, client, method, r_at_zero: None, lag_s: 0.0, r: 0.9, ci, n, n_eff, p_lags, q: None }
    }

    #[test]
    fn nothing_is_concluded_from_a_handful_of_bins() {
        let away = (0.5, 0.99);
        let mut rows = [
            row(CorrelationMethod::Pearson, 45, 12.0, 0.001, away),
            row(CorrelationMethod::Pearson, 7, 7.0, 1e-9, away),
            row(CorrelationMethod::Pearson, 45, 3.2, 1e-9, away),
            row(CorrelationMethod::Pearson, 45, 12.0, 0.001, (-0.1, 0.99)),
            row(CorrelationMethod::Spearman, 45, 12.0, 0.04, away),
        ];
        adjust(&mut rows, CorrelationMethod::Pearson);
        adjust(&mut rows, CorrelationMethod::Spearman);
        // Two of Pearson's are judged, so each p counts once; Spearman's is a family of its own.
        assert_eq!(rows.each_ref().map(|r| r.q), [Some(0.001), None, None, Some(0.001), Some(0.04)]);
        // An interval that holds 0 contradicts a small q: then nothing is claimed.
        assert_eq!(rows.each_ref().map(Row::significant), [true, false, false, false, true]);
    }

    fn c(r: f64, half: f64) -> Correlation {
        Correlation { r, n: 40, n_eff: 20.0, ci_low: r - half, ci_high: r + half, p: 0.01 }
    }

    #[test]
    fn a_lag_is_claimed_only_when_it_stands_out() {
        assert_eq!(claimed(Some(c(0.90, 0.05)), 3, c(0.93, 0.05)).0, 0);
        assert_eq!(claimed(Some(c(0.50, 0.20)), 3, c(0.95, 0.05)).0, 3);
        assert_eq!(claimed(None, -2, c(0.9, 0.1)).0, -2);
    }

    /// All rows of CPU over throughput, `seconds` bins of both.
    fn of(seconds: usize, cpu: impl Fn(f64) -> f64) -> Vec<Row> {
        use swarmlab_frame::clock::Bins;
        use swarmlab_frame::frame::{Column, Fold, Owner};
        let mut raw = crate::assemble::fixture::load_alone(1);
        raw.manifest.plan.measured = vec!["web".to_owned()];
        // A load that goes up and down three times, without a trend.
        let rate = |i: usize| 50.0 + 30.0 * (i as f64 * 6.0 * std::f64::consts::PI / seconds as f64).sin();
        let column = |owner, metric: &str, unit: &str, of: &dyn Fn(usize) -> f64| {
            Column::new(owner, metric, unit, "", Fold::Mean, (0..seconds).map(|i| Some(of(i))).collect())
                .unwrap()
        };
        let mut frame = Frame::new(Bins::new(1000.0, 1.0, seconds).unwrap());
        let noise = |i: usize| ((i * 7919) % 13) as f64 / 13.0 - 0.5;
        frame
            .extend(vec![
                column(Owner::Client, "throughput", "per_s", &rate),
                column(Owner::Service("web".into()), "cpu", "cores", &|i| cpu(rate(i)) + 0.04 * noise(i)),
            ])
            .unwrap();
        all(&raw, &frame)
    }

    #[test]
    fn what_follows_the_load_at_once_does_not_pay_for_the_lags_that_were_tried() {
        let rows = of(45, |rate| 0.015 * rate);
        assert_eq!(rows.len(), 2, "{rows:#?}");
        for row in &rows {
            assert!(row.r > 0.98 && row.lag_s == 0.0 && row.significant(), "{row:#?}");
            // One coefficient of one pair: its own p is all there is to pay.
            assert_eq!(row.q, Some(row.p_lags));
        }
    }

    #[test]
    fn three_bins_in_order_are_no_finding() {
        for row in of(3, |rate| 0.015 * rate) {
            assert!(!row.judged() && !row.significant() && row.q.is_none() && row.lag_s == 0.0, "{row:#?}");
            assert!(row.p_lags >= 1.0 / 3.0, "{row:#?}");
        }
    }
}
