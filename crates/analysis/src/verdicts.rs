//! The checks of the run against itself. Each has a stable code, a tolerance, and says what it compared.

use swarmlab_intervals::trust::{Thresholds, Trust, VerdictInputs, verdict};

use super::Client;
use swarmlab_record::client::error_rate;
use swarmlab_record::plan::LoadModel;
use swarmlab_record::summary::{Counts, Demand, DemandMethod, Figure, Little, Note, Status, Verdict};

use crate::assemble::Raw;

/// Fitted demand against the service's own account.
pub const DEMAND_TOLERANCE: f64 = 0.02;
/// Little's law.
pub const LITTLE_TOLERANCE: f64 = swarmlab_stats::laws::LittleCheck::TOLERANCE;

fn make(
    code: &str,
    status: Status,
    title: impl Into<String>,
    explanation: impl Into<String>,
    figures: Vec<Figure>,
) -> Verdict {
    Verdict {
        code: code.to_owned(),
        status,
        title: title.into(),
        explanation: explanation.into(),
        figures,
        because: Vec::new(),
    }
}

/// Requests sent = counted by the proxy at the front = counted by the service behind it.
pub fn counts(raw: &Raw, c: &Counts) -> Verdict {
    let mut figures = vec![Figure::number("sent", "sent by the load engine", c.sent as f64, 0, "requests")];
    let compared: Vec<_> = c.servers.iter().filter(|s| s.comparable).collect();
    for s in &compared {
        let mut f = Figure::number(format!("counted:{}", s.counter), &s.counter, s.count, 0, "requests");
        if !s.exact {
            f = f.noting("not sampled in the quiet before and after");
        }
        figures.push(f);
    }
    let equal = compared.iter().all(|s| (s.count - c.sent as f64).abs() < 0.5);
    let exact = compared.iter().all(|s| s.exact);
    let front = &raw.manifest.plan.target_service;
    let (status, title) = match (compared.is_empty(), equal, exact) {
        (true, ..) => (Status::Warn, "Nobody but the load engine counted requests".to_owned()),
        (_, true, true) => (Status::Pass, format!("Requests sent = counted at {front} = counted behind it")),
        (_, true, false) => (Status::Warn, "Counts agree, but not every counter was seen quiet".to_owned()),
        (_, false, true) => (Status::Fail, "Requests sent differ from what servers counted".to_owned()),
        (_, false, false) => (Status::Warn, "Counts differ, and not every counter was seen quiet".to_owned()),
    };
    make(
        "counts-agree",
        status,
        title,
        "Counters are read in the quiet before the load and after its last answer; health checks and proof requests are not application requests. Tolerance: none.",
        figures,
    )
}

/// The fitted demand against the service's own account, one verdict a service.
pub fn demands(all: &[Demand]) -> Vec<Verdict> {
    all.iter().filter_map(one_demand).collect()
}

fn one_demand(d: &Demand) -> Option<Verdict> {
    let average = d.self_accounted_s.filter(|s| *s > 0.0)?;
    // The fit separates what a request costs from what the service costs while idle; the average of the service's
    // own account does not, so like is compared with like where both can be told apart.
    let own = d.self_marginal_s.filter(|_| d.method == DemandMethod::Regression).unwrap_or(average);
    let gap = d.demand_s / own - 1.0;
    let near = gap.abs() <= DEMAND_TOLERANCE;
    let covered = (d.ci_s.0..=d.ci_s.1).contains(&own);
    let status = match (near, covered) {
        (true, true) => Status::Pass,
        (true, false) | (false, true) => Status::Warn,
        (false, false) => Status::Fail,
    };
    let title = match status {
        Status::Pass => format!("CPU demand of {} recovered", d.service),
        Status::Warn => format!("CPU demand of {} recovered only roughly", d.service),
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
    Some(make(
        &format!("demand-recovered:{}", d.service),
        status,
        title,
        "CPU from outside (cgroup or /proc) regressed on the proxy's request rate, against the service's own process CPU and request count. Passes within 2 % and with an interval that covers it.",
        figures,
    ))
}

/// Little's law on the closed loop.
pub fn little(l: Option<&Little>, raw: &Raw) -> Option<Verdict> {
    let Some(l) = l else {
        // Without a shape nobody knows how many users there should be.
        let closed = raw.manifest.plan.model == LoadModel::Closed && raw.manifest.plan.shape.is_some();
        return closed.then(|| {
            make(
                "littles-law",
                Status::Warn,
                "Little's law could not be checked",
                "No answer came inside the load window.",
                Vec::new(),
            )
        });
    };
    let status = if l.relative_gap <= LITTLE_TOLERANCE { Status::Pass } else { Status::Fail };
    let title = if status == Status::Pass {
        "Little's law holds"
    } else {
        "Little's law does not hold: a data fault"
    };
    Some(make(
        "littles-law",
        status,
        title,
        "N = X (R + Z): the shape's users and the configured think time against measured throughput and response time, within 5 %.",
        vec![
            Figure::number("users", "users N", l.users, 2, ""),
            Figure::number("users_by_law", "X (R + Z)", l.users_by_law, 2, "").noting(format!(
                "{:.2}/s × ({:.1} ms + {:.1} ms); gap {:.2} %",
                l.throughput_per_s,
                l.response_s * 1e3,
                l.think_s * 1e3,
                l.relative_gap * 100.0
            )),
        ],
    ))
}

/// Whether the load engine kept up.
pub fn generator(inputs: Option<&VerdictInputs>) -> Option<Verdict> {
    let inputs = inputs?;
    let judged = verdict(inputs, &Thresholds::default());
    let (status, title) = match judged.trust {
        Trust::Valid => (Status::Pass, "The load generator kept up"),
        Trust::Suspect => (Status::Warn, "The load generator was near its limits"),
        Trust::Invalid => (Status::Fail, "The load generator could not keep up"),
    };
    let because: Vec<String> = judged.reasons.iter().map(|r| r.text.clone()).collect();
    let explanation = if because.is_empty() {
        "Lateness, the share of due requests sent, thread CPU, run-queue wait, steal and CPU quotas are within limits."
            .to_owned()
    } else {
        let reasons = because.join("; ");
        let mut letters = reasons.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase()).into_iter();
        first.chain(letters).chain(['.']).collect()
    };
    let verdict = make(
        "generator-valid",
        status,
        title,
        explanation,
        vec![
            Figure::number(
                "pickup_p99_ms",
                "due requests noticed late, p99",
                inputs.pickup_p99_s * 1e3,
                3,
                "ms",
            ),
            Figure::number(
                "lateness_p99_ms",
                "requests sent late, p99",
                inputs.lateness_p99_s * 1e3,
                3,
                "ms",
            ),
            Figure::number("cpu_cores", "busiest thread", inputs.worst_cpu_cores, 2, "cores"),
        ]
        .into_iter()
        .chain(
            [
                ("overslept", "users' time lost to late wake-ups", inputs.overslept_share),
                ("run_queue", "ready but without a core, worst", inputs.worst_run_queue_fraction),
                ("steal", "taken by the hypervisor", inputs.thread_steal_fraction),
                ("throttled", "held back by a CPU quota", inputs.throttled_fraction),
                ("crowded", "no core free for the generator", inputs.crowded_chance),
            ]
            .into_iter()
            .filter_map(|(key, name, share)| {
                let key = format!("{key}_percent");
                Some(Figure::number(key, name, share? * 100.0, 1, "%"))
            }),
        )
        .collect(),
    );
    Some(Verdict { because, ..verdict })
}

/// The experiment's objectives.
pub fn slo(raw: &Raw, client: &Client) -> Vec<Verdict> {
    let e = &raw.manifest.plan;
    let Some(all) = client.endpoints.last() else { return Vec::new() };
    let mut out = Vec::new();
    if let (Some(limit_s), Some(q)) = (e.slo_p95_s, all.quantiles_ms) {
        let met = q[2] <= limit_s * 1e3;
        out.push(make(
            "slo-p95",
            if met { Status::Pass } else { Status::Fail },
            format!("p95 objective {}", if met { "met" } else { "missed" }),
            "95th percentile of the response time over the whole load, from merged histograms, against the experiment's objective.",
            vec![
                Figure::number("response_p95_ms", "p95", q[2], 1, "ms"),
                Figure::number("objective_ms", "objective", limit_s * 1e3, 0, "ms"),
            ],
        ));
    }
    if let (Some(limit), Some(rate)) = (e.slo_error_rate, error_rate(all.succeeded, all.failed)) {
        let met = rate <= limit;
        out.push(make(
            "slo-errors",
            if met { Status::Pass } else { Status::Fail },
            format!("error objective {}", if met { "met" } else { "missed" }),
            "Of the requests that ended, the share that failed, whole load, against the experiment's objective.",
            vec![
                Figure::number("error_rate_percent", "failed", rate * 100.0, 2, "%"),
                Figure::number("objective_percent", "objective", limit * 100.0, 2, "%"),
            ],
        ));
    }
    out
}

/// Whether the data have gaps.
pub fn completeness(raw: &Raw, notes: &[Note]) -> Verdict {
    let held = match raw.manifest.plan.measured.is_empty() {
        true => "The load engine's log has every interval of the load, and nothing was warned of.",
        false => {
            "Every measured service has CPU and memory in at least 98 % of the bins of the load, the load engine's log has every interval of it, and nothing was warned of."
        }
    };
    let status = notes.iter().map(|n| n.status).max().unwrap_or(Status::Info);
    let grave = notes.iter().filter(|n| n.status >= Status::Warn).count();
    match status {
        Status::Info | Status::Pass => {
            make("data-complete", Status::Pass, "The data are complete", held, Vec::new())
        }
        _ => make(
            "data-complete",
            status,
            format!("{grave} remarks on the data"),
            "See the notes: gaps are shown as gaps and left out of every figure.",
            Vec::new(),
        ),
    }
}
