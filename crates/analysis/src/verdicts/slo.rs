//! Whether the experiment's objectives are met.

use swarmlab_checks::LEAST_ANSWERS;
use swarmlab_record::client::error_rate;
use swarmlab_record::summary::{EndpointFigures, Figure, Status, Verdict};

use super::{make, not_judged};
use crate::Client;
use crate::assemble::Raw;

/// The experiment's objectives.
pub fn slo(raw: &Raw, client: &Client) -> Vec<Verdict> {
    let e = &raw.manifest.plan;
    let Some(all) = client.endpoints.last() else { return Vec::new() };
    let mut out = Vec::new();
    if let Some(limit_s) = e.slo_p95_s {
        out.push(p95(limit_s, all));
    }
    if let Some(limit) = e.slo_error_rate {
        out.push(errors(limit, all));
    }
    out
}

fn p95(limit_s: f64, all: &EndpointFigures) -> Verdict {
    let (code, n) = ("slo-p95", all.completed);
    let Some(q) = all.quantiles_ms.filter(|_| n >= LEAST_ANSWERS) else {
        let why = format!("Of {n} answers there is no 95th percentile; {LEAST_ANSWERS} are needed.");
        return not_judged(code, "p95 objective not judged", why);
    };
    let met = q[2] <= limit_s * 1e3;
    make(
        code,
        if met { Status::Pass } else { Status::Fail },
        format!("p95 objective {}", if met { "met" } else { "missed" }),
        "95th percentile of the response time over the whole load, from merged histograms, against the experiment's objective.",
        vec![
            Figure::number("response_p95_ms", "p95", q[2], 1, "ms"),
            Figure::number("objective_ms", "objective", limit_s * 1e3, 0, "ms"),
        ],
    )
}

fn errors(limit: f64, all: &EndpointFigures) -> Verdict {
    let Some((succeeded, failed)) = all.ends() else {
        return not_judged("slo-errors", "error objective not judged", "Which requests failed is not known.");
    };
    let Some(rate) = error_rate(succeeded, failed) else {
        return not_judged("slo-errors", "error objective not judged", "No request ended.");
    };
    let (met, n) = (rate <= limit, succeeded + failed);
    // A miss is one, of however many.
    if met && n < LEAST_ANSWERS {
        let why = format!("Only {n} requests ended, which say little of a rate; {LEAST_ANSWERS} are needed.");
        return not_judged("slo-errors", "error objective not judged", why);
    }
    make(
        "slo-errors",
        if met { Status::Pass } else { Status::Fail },
        format!("error objective {}", if met { "met" } else { "missed" }),
        "Of the requests that ended, the share that failed, whole load, against the experiment's objective.",
        vec![
            Figure::number("error_rate_percent", "failed", rate * 100.0, 2, "%"),
            Figure::number("objective_percent", "objective", limit * 100.0, 2, "%"),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::fixture::load_alone;

    /// Statuses of both objectives, 250 ms and 10 %, of so many requests that ended well after 5 ms, and that failed.
    fn judged(succeeded: u64, failed: u64) -> Vec<Status> {
        let mut raw = load_alone(3);
        (raw.manifest.plan.slo_p95_s, raw.manifest.plan.slo_error_rate) = (Some(0.25), Some(0.1));
        let all = EndpointFigures {
            endpoint: "*".to_owned(),
            sent: Some(succeeded + failed),
            completed: succeeded,
            succeeded: Some(succeeded),
            failed: Some(failed),
            errors: Default::default(),
            statuses: Default::default(),
            throughput_per_s: None,
            mean_ms: None,
            quantiles_ms: (succeeded > 0).then_some([5.0; 5]),
            max_ms: None,
        };
        let client = Client { endpoints: vec![all], generator: None };
        slo(&raw, &client).into_iter().map(|v| v.status).collect()
    }

    #[test]
    fn objectives_are_not_met_by_next_to_nothing() {
        use Status::{Fail, NotJudged, Pass};
        assert_eq!(judged(0, 0), [NotJudged, NotJudged]);
        assert_eq!(judged(19, 0), [NotJudged, NotJudged]);
        assert_eq!(judged(20, 0), [Pass, Pass]);
        // Who misses it has missed it.
        assert_eq!(judged(3, 2), [NotJudged, Fail]);
    }
}
