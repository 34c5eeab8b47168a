//! Every figure of a run by its key, the few that are read first, and what was found in one sentence.

use swarmlab_record::client::{ALL_ENDPOINTS, error_rate};
use swarmlab_record::summary::{Demand, EndpointFigures, Figure, Little, QUANTILES, Status, Verdict};
use swarmlab_record::topology::Bed;

use super::Client;
use crate::assemble::Raw;

/// Keys of the quantiles, in the order of [`QUANTILES`].
const QUANTILE_KEYS: [&str; QUANTILES.len()] = ["p50", "p90", "p95", "p99", "p999"];

/// The few figures that are read first, most important first.
pub fn headline(client: &Client, demands: &[Demand]) -> Vec<Figure> {
    let mut out = Vec::new();
    if let Some(all) = client.endpoints.last() {
        if let Some(per_s) = all.throughput_per_s {
            out.push(
                Figure::number("throughput_per_s", "Throughput", per_s, 1, "requests/s")
                    .noting(format!("{} requests", all.completed)),
            );
        }
        if let Some([p50, _, p95, p99, _]) = all.quantiles_ms {
            out.push(
                Figure::number("response_p95_ms", "Response time p95", p95, 1, "ms")
                    .noting(format!("median {p50:.1} ms, p99 {p99:.1} ms")),
            );
        }
        out.extend(all.ends().map(|ends| failures(all, ends)));
    }
    out.extend(demands.iter().map(demand));
    out
}

fn failures(all: &EndpointFigures, (succeeded, failed): (u64, u64)) -> Figure {
    let share = error_rate(succeeded, failed)
        .map_or("of none".to_owned(), |rate| format!("{:.2} % of {}", rate * 100.0, succeeded + failed));
    let what = all.errors.iter().map(|(k, n)| format!("{n} {k}")).collect::<Vec<_>>().join(", ");
    let note = if what.is_empty() { share } else { format!("{share}: {what}") };
    Figure::number("failed", "Failed requests", failed as f64, 0, "").noting(note)
}

fn demand(d: &Demand) -> Figure {
    let note = match (d.self_accounted_s, d.declared_s) {
        (Some(own), Some(set)) => {
            format!("own account {:.2} ms, declared {:.2} ms", own * 1e3, set * 1e3)
        }
        (Some(own), None) => format!("own account {:.2} ms", own * 1e3),
        _ => d.method.name().to_owned(),
    };
    let key = format!("demand_ms:{}", d.service);
    Figure::number(key, format!("CPU demand of {}", d.service), d.demand_s * 1e3, 2, "ms/request")
        .within_95(d.ci_s.0 * 1e3, d.ci_s.1 * 1e3, 2)
        .noting(note)
}

/// All figures: those of the headline, then what stands behind them.
pub fn all(headline: &[Figure], client: &Client, demands: &[Demand], little: Option<&Little>) -> Vec<Figure> {
    let mut out = headline.to_vec();
    for endpoint in &client.endpoints {
        for figure in of_endpoint(endpoint) {
            if !out.iter().any(|f| f.key == figure.key) {
                out.push(figure);
            }
        }
    }
    for d in demands {
        out.extend(d.idle_cores.map(|cores| {
            let key = format!("idle_cores:{}", d.service);
            Figure::number(key, format!("CPU of {} without load", d.service), cores, 4, "cores")
        }));
    }
    out.extend(
        little.map(|l| Figure::number("users", "Users that the shape asks for, mean", l.users, 2, "users")),
    );
    out
}

fn of_endpoint(e: &EndpointFigures) -> Vec<Figure> {
    let all = e.endpoint == ALL_ENDPOINTS;
    let key = |name: &str| if all { name.to_owned() } else { format!("{name}:{}", e.endpoint) };
    let label = |name: &str| if all { name.to_owned() } else { format!("{name} of {}", e.endpoint) };
    let number = |name: &str, words: &str, value: f64, decimals, unit: &str| {
        Figure::number(key(name), label(words), value, decimals, unit)
    };
    let mut out = Vec::new();
    out.extend(e.sent.map(|n| number("sent", "Requests sent", n as f64, 0, "requests")));
    out.push(number("completed", "Complete answers", e.completed as f64, 0, "requests"));
    out.extend(e.failed.map(|n| number("failed", "Failed requests", n as f64, 0, "requests")));
    out.extend(e.throughput_per_s.map(|v| number("throughput_per_s", "Throughput", v, 1, "requests/s")));
    out.extend(
        e.ends().and_then(|(s, f)| error_rate(s, f)).map(|v| number("error_rate", "Error rate", v, 4, "")),
    );
    out.extend(e.mean_ms.map(|v| number("response_mean_ms", "Response time, mean", v, 1, "ms")));
    for (q, value) in QUANTILE_KEYS.iter().zip(e.quantiles_ms.iter().flatten()) {
        let words = format!("Response time {q}");
        out.push(number(&format!("response_{q}_ms"), &words, *value, 1, "ms"));
    }
    out.extend(e.max_ms.map(|v| number("response_max_ms", "Response time, longest", v, 1, "ms")));
    out
}

/// What an import is, in one sentence.
pub fn sentence_of_import(raw: &Raw, bins: usize) -> String {
    let plan = &raw.manifest.plan;
    format!(
        "Imported from the past of a Prometheus: {:.0} s of {} in {bins} bins; what clients felt then is not known.",
        plan.duration_s,
        plan.measured.join(", ")
    )
}

/// What was found, in one sentence: how it went, then whether the figures can be trusted.
pub fn sentence(client: &Client, verdicts: &[Verdict], target: &str, bed: Option<Bed>) -> String {
    let Some(all) = client.endpoints.last().filter(|e| e.sent.unwrap_or(e.completed) > 0) else {
        return "Nothing was measured: no request was sent.".to_owned();
    };
    let rate = all.throughput_per_s.map_or_else(String::new, |x| format!(" {x:.1} requests/s"));
    let p95 = all.quantiles_ms.map_or_else(String::new, |q| format!(" with a p95 of {:.1} ms", q[2]));
    let failed = match all.ends().map(|(s, f)| (error_rate(s, f), f)) {
        Some((Some(rate), failed)) if failed > 0 => format!(", {:.2} % of them failed", rate * 100.0),
        Some(_) => ", none failed".to_owned(),
        None => ", how many failed is not known".to_owned(),
    };
    let failed_of = |objective| -> Vec<&str> {
        let failed = verdicts.iter().filter(|v| v.status == Status::Fail && v.is_objective() == objective);
        failed.map(|v| v.code.as_str()).collect()
    };
    let (bad, missed) = (failed_of(false), failed_of(true));
    let passed = verdicts.iter().filter(|v| v.status == Status::Pass).count();
    let trust = if bad.is_empty() {
        format!("{passed} of {} checks of the figures passed", verdicts.len())
    } else {
        format!("do not rely on the figures before you read why {} failed", bad.join(", "))
    };
    let missed = if missed.is_empty() { String::new() } else { format!("; missed: {}", missed.join(", ")) };
    // Nobody is to take it for what was measured.
    let simulated = if bed == Some(Bed::Simulated) { "Simulated: " } else { "" };
    format!("{simulated}{target} answered{rate}{p95}{failed}; {trust}{missed}.")
}
