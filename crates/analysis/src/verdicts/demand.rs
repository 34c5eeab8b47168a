//! Whether the fitted demand is what the service accounts itself.

use swarmlab_record::summary::{Demand, DemandMethod, Figure, Status, Verdict};

use super::{make, not_judged};
use crate::demand::Unfitted;

/// Fitted demand against the service's own account.
pub const DEMAND_TOLERANCE: f64 = 0.02;
/// An interval that reaches further than this share to one side covers almost anything: that it covers the truth, too, says
/// nothing.
pub const WIDEST: f64 = 0.10;

/// The fitted demand against the service's own account, one verdict a service.
pub fn demands(all: &[Demand], unfitted: &[Unfitted]) -> Vec<Verdict> {
    let none = unfitted.iter().map(|u| {
        let code = format!("demand-recovered:{}", u.service);
        not_judged(&code, format!("CPU demand of {} not known", u.service), format!("{}.", u.why))
    });
    all.iter().filter_map(one_demand).chain(none).collect()
}

fn one_demand(d: &Demand) -> Option<Verdict> {
    let average = d.self_accounted_s.filter(|s| *s > 0.0)?;
    // The fit separates what a request costs from what the service costs while idle; the average of the service's
    // own account does not, so like is compared with like where both can be told apart.
    let own = d.self_marginal_s.filter(|_| d.method == DemandMethod::Regression).unwrap_or(average);
    let gap = d.demand_s / own - 1.0;
    let half_width = (d.ci_s.1 - d.ci_s.0) / 2.0;
    let wide = half_width > WIDEST * d.demand_s;
    let near = gap.abs() <= DEMAND_TOLERANCE;
    let covered = (d.ci_s.0..=d.ci_s.1).contains(&own);
    let status = match (near, covered) {
        // Wide and around the truth is no evidence for it; wide and beside it is evidence against it.
        (_, true) if wide => Status::NotJudged,
        (true, true) => Status::Pass,
        (true, false) | (false, true) => Status::Warn,
        (false, false) => Status::Fail,
    };
    let title = match status {
        Status::Pass => format!("CPU demand of {} recovered", d.service),
        Status::Warn => format!("CPU demand of {} recovered only roughly", d.service),
        Status::NotJudged => format!("CPU demand of {} not known well enough to be compared", d.service),
        _ => format!("CPU demand of {} not recovered", d.service),
    };
    let mut figures = vec![
        Figure::number("fitted_ms", "fitted from outside", d.demand_s * 1e3, 3, "ms/request")
            .within_95(d.ci_s.0 * 1e3, d.ci_s.1 * 1e3, 3)
            .noting(format!("{} on {} bins of {:.0} s", d.method.name(), d.bins, d.bin_s)),
        Figure::number("accounted_ms", "accounted by the service", own * 1e3, 3, "ms/request")
            .noting(format!("gap {:+.2} %", gap * 100.0)),
        Figure::number(
            "accounted_with_idle_ms",
            "the same with its idle share",
            average * 1e3,
            3,
            "ms/request",
        ),
    ];
    if let Some(set) = d.declared_s {
        let note = format!("fitted {:+.2} % from it", (d.demand_s / set - 1.0) * 100.0);
        figures.push(Figure::number("declared_ms", "declared", set * 1e3, 3, "ms/request").noting(note));
    }
    if let Some(burned) = d.burned_s {
        figures.push(Figure::number("burned_ms", "burned on purpose", burned * 1e3, 3, "ms/request"));
    }
    let verdict = make(
        &format!("demand-recovered:{}", d.service),
        status,
        title,
        "CPU from outside (cgroup or /proc) regressed on the proxy's request rate, against the service's own process CPU and request count. Passes within 2 % and with an interval that covers it; one that covers it and is wider than 10 % to a side is no evidence.",
        figures,
    );
    let because = (status == Status::NotJudged).then(|| {
        let (low, high) = (d.ci_s.0 * 1e3, d.ci_s.1 * 1e3);
        let share = match half_width / d.demand_s * 100.0 {
            share if share.is_finite() => format!("{share:.0} % wide to a side"),
            _ => "around nothing".to_owned(),
        };
        format!(
            "the interval, {low:.2} to {high:.2} ms, is {share} ({:.0} % at most): a longer load, or one that varies more",
            WIDEST * 100.0
        )
    });
    Some(Verdict { because: because.into_iter().collect(), ..verdict })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn demand(demand_ms: f64, ci_ms: (f64, f64), own_ms: f64) -> Demand {
        Demand {
            service: "web".to_owned(),
            demand_s: demand_ms / 1e3,
            ci_s: (ci_ms.0 / 1e3, ci_ms.1 / 1e3),
            idle_cores: None,
            method: DemandMethod::Regression,
            r2: Some(0.9),
            flattening_per_s: None,
            bins: 40,
            bin_s: 1.0,
            self_accounted_s: Some(own_ms / 1e3),
            self_marginal_s: None,
            burned_s: None,
            declared_s: None,
        }
    }

    fn status(demand: &Demand) -> Status {
        one_demand(demand).unwrap().status
    }

    #[test]
    fn a_demand_passes_by_nearness_and_by_its_interval() {
        assert_eq!(status(&demand(15.0, (14.8, 15.2), 15.1)), Status::Pass);
        assert_eq!(status(&demand(15.0, (14.95, 15.05), 15.1)), Status::Warn);
        assert_eq!(status(&demand(15.0, (14.0, 16.0), 15.9)), Status::Warn);
        assert_eq!(status(&demand(15.0, (14.8, 15.2), 16.0)), Status::Fail);
    }

    #[test]
    fn an_interval_that_covers_almost_anything_is_no_evidence() {
        let wide = one_demand(&demand(2.43, (0.45, 4.41), 2.43)).unwrap();
        assert_eq!(wide.status, Status::NotJudged);
        assert!(wide.because[0].contains("0.45 to 4.41 ms, is 81 % wide"), "{:?}", wide.because);
        assert_eq!(status(&demand(35.6, (0.0, 71.26), 35.6)), Status::NotJudged);
        assert_eq!(status(&demand(15.0, (13.0, 17.0), 30.0)), Status::Fail);
        let none = one_demand(&demand(0.0, (0.0, 4.0), 2.0)).unwrap();
        assert!(none.because[0].contains("is around nothing"), "{:?}", none.because);
    }

    #[test]
    fn a_service_without_a_fit_is_told() {
        let unfitted = Unfitted { service: "web".to_owned(), why: "1 bin, at least 3 needed".to_owned() };
        let told = demands(&[], &[unfitted]);
        assert_eq!((told[0].code.as_str(), told[0].status), ("demand-recovered:web", Status::NotJudged));
        assert_eq!(told[0].because, ["1 bin, at least 3 needed."]);
    }
}
