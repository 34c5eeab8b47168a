//! The few figures that are read first.

use super::Client;
use super::demand::Demand;
use super::summary::Figure;
use crate::assemble::Raw;

/// Headline figures, most important first.
pub fn figures(raw: &Raw, client: &Client, demands: &[Demand]) -> Vec<Figure> {
    let mut out = Vec::new();
    let duration_s = raw.manifest.windows.map_or(0.0, |w| w.load_end_unix_s - w.load_start_unix_s);
    if let Some(all) = client.endpoints.last() {
        if duration_s > 0.0 {
            out.push(
                Figure::number("Throughput", all.completed as f64 / duration_s, 1, "requests/s")
                    .noting(format!("{} requests in {duration_s:.0} s", all.completed)),
            );
        }
        if let Some([p50, _, p95, p99, _]) = all.quantiles_ms {
            out.push(
                Figure::number("Response time p95", p95, 1, "ms")
                    .noting(format!("median {p50:.1} ms, p99 {p99:.1} ms")),
            );
        }
        let share = if all.sent == 0 { 0.0 } else { all.failed as f64 / all.sent as f64 * 100.0 };
        let what = all.errors.iter().map(|(k, n)| format!("{n} {k}")).collect::<Vec<_>>().join(", ");
        out.push(Figure::number("Failed requests", all.failed as f64, 0, "").noting(if what.is_empty() {
            format!("{share:.2} % of {}", all.sent)
        } else {
            format!("{share:.2} %: {what}")
        }));
    }
    for d in demands {
        let note = match (d.self_accounted_s, d.configured_s) {
            (Some(own), Some(set)) => {
                format!("own account {:.2} ms, configured {:.2} ms", own * 1e3, set * 1e3)
            }
            (Some(own), None) => format!("own account {:.2} ms", own * 1e3),
            _ => d.method.clone(),
        };
        out.push(
            Figure::number(format!("CPU demand of {}", d.service), d.demand_s * 1e3, 2, "ms/request")
                .within(format!("95 % CI {:.2} to {:.2}", d.ci_s.0 * 1e3, d.ci_s.1 * 1e3))
                .noting(note),
        );
    }
    out
}
