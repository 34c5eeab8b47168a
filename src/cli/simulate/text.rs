//! What a simulation came to, in words.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use swarmlab_control::Outcome;
use swarmlab_simulate::{Controller, Model, SloTotals, Taken, Times, Totals};

use super::SimulateArgs;
use crate::cli::output;

/// Most changes that are shown, so that an hour of them does not hide the rest.
const SHOWN: usize = 40;

/// What controllers did.
#[derive(Debug)]
struct Row {
    service: String,
    controller: &'static str,
    decisions: u64,
    acts: u64,
    holds: BTreeMap<&'static str, u64>,
}

/// Decisions, counted, and the first changes.
#[derive(Debug)]
pub(super) struct Tally {
    rows: Vec<Row>,
    changes: Vec<String>,
    left_out: u64,
}

impl Tally {
    pub(super) fn new(model: &Model, controllers: &[Controller]) -> Self {
        let row = |c: &Controller| Row {
            service: model.services.get(c.service).map_or_else(String::new, |s| s.name.clone()),
            controller: c.autoscaler.strategy.name(),
            decisions: 0,
            acts: 0,
            holds: BTreeMap::new(),
        };
        Self { rows: controllers.iter().map(row).collect(), changes: Vec::new(), left_out: 0 }
    }

    pub(super) fn add(&mut self, taken: &Taken) {
        let decision = &taken.decision;
        let Some(row) = self.rows.iter_mut().find(|r| r.service == decision.service) else { return };
        row.decisions += 1;
        match &decision.outcome {
            Outcome::Keep => {}
            Outcome::Hold { cause } => *row.holds.entry(cause.name()).or_default() += 1,
            Outcome::Change => {
                row.acts += 1;
                if self.changes.len() == SHOWN {
                    self.left_out += 1;
                    return;
                }
                let limit =
                    decision.cpu_limit_cores.map(|c| format!(", {c:.3} cores each")).unwrap_or_default();
                self.changes.push(format!(
                    "  {} s  {}  {} -> {}{limit}: {}",
                    decision.at_s, decision.service, taken.had.desired, decision.replicas, decision.reason
                ));
            }
        }
    }

    pub(super) fn rows(&self) -> Vec<Value> {
        let row = |r: &Row| {
            json!({
                "service": r.service, "controller": r.controller, "decisions": r.decisions, "acts": r.acts,
                "holds": r.holds,
            })
        };
        self.rows.iter().map(row).collect()
    }
}

/// The whole text.
pub(super) fn text(args: &SimulateArgs, shape: &str, totals: &Totals, tally: &Tally) -> String {
    let mut out = format!(
        "{}: {} simulated seconds of a {shape} load, seed {}\n\n",
        args.model.display(),
        totals.seconds,
        args.seed
    );
    out.push_str(&clients(totals));
    if let Some(slo) = &totals.slo {
        out.push_str(&objective(slo, totals));
    }
    out.push('\n');
    out.push_str(&services(totals));
    if !tally.rows.is_empty() {
        out.push('\n');
        out.push_str(&controllers(tally));
    }
    if let Some(folder) = &args.output {
        out.push_str(&format!("\nfolder: {}\n", folder.display()));
    }
    out
}

fn clients(totals: &Totals) -> String {
    let failures: Vec<String> = totals.failures.iter().map(|(name, n)| format!("{n} {name}")).collect();
    let failures = if failures.is_empty() { String::new() } else { format!(" ({})", failures.join(", ")) };
    let t = &totals.response;
    format!(
        "requests  {} sent, {} answered, {} failed{failures}, {} in flight at the end\n\
         response  mean {}, p50 {}, p95 {}, p99 {}, max {}\n",
        totals.sent,
        totals.answered,
        totals.failed,
        totals.in_flight_end,
        ms(t.mean_s),
        ms(t.p50_s),
        ms(t.p95_s),
        ms(t.p99_s),
        ms(t.max_s),
    )
}

fn objective(slo: &SloTotals, totals: &Totals) -> String {
    let mut promised = Vec::new();
    promised.extend(slo.promised.p95_s.map(|s| format!("p95 <= {}", ms(Some(s)))));
    promised.extend(slo.promised.error_rate.map(|r| format!("errors <= {}", percent(Some(r)))));
    let kept = match slo.kept {
        Some(true) => "kept",
        Some(false) => "missed",
        None => "not judged",
    };
    let ended = totals.answered + totals.failed;
    let broken = (ended > 0).then(|| slo.requests as f64 / ended as f64);
    format!(
        "objective {}: {kept}; broken in {} of {} seconds, by {} of the requests\n",
        promised.join(", "),
        slo.seconds,
        totals.seconds - slo.not_judged,
        percent(broken),
    )
}

fn services(totals: &Totals) -> String {
    const HEADING: [&str; 10] = [
        "service",
        "replicas",
        "replica-s",
        "core-s",
        "CPU s",
        "of limit",
        "throttled s",
        "at work",
        "waiting",
        "p95",
    ];
    let row = |s: &swarmlab_simulate::ServiceTotals| {
        let Times { p95_s, .. } = s.response;
        vec![
            s.service.clone(),
            if s.least == s.most { s.most.to_string() } else { format!("{} to {}", s.least, s.most) },
            format!("{:.0}", s.replica_s),
            format!("{:.0}", s.core_s),
            format!("{:.1}", s.cpu_s),
            percent(s.utilization),
            format!("{:.1}", s.throttled_s),
            format!("{:.2}", s.in_service),
            format!("{:.2}", s.queued),
            ms(p95_s),
        ]
    };
    output::table(&HEADING, &totals.services.iter().map(row).collect::<Vec<_>>())
}

fn controllers(tally: &Tally) -> String {
    let row = |r: &Row| {
        let holds: Vec<String> = r.holds.iter().map(|(name, n)| format!("{n} {name}")).collect();
        let holds = if holds.is_empty() { "0".to_owned() } else { holds.join(", ") };
        vec![r.service.clone(), r.controller.to_owned(), r.decisions.to_string(), r.acts.to_string(), holds]
    };
    let rows: Vec<Vec<String>> = tally.rows.iter().map(row).collect();
    let mut out = output::table(&["service", "controller", "decisions", "acts", "holds"], &rows);
    if !tally.changes.is_empty() {
        out.push_str(&format!("\nreplicas asked for\n{}\n", tally.changes.join("\n")));
    }
    if tally.left_out > 0 {
        out.push_str(&format!("  and {} more: -o FOLDER or --json has them all\n", tally.left_out));
    }
    out
}

/// Milliseconds with three digits; `-` for none.
fn ms(s: Option<f64>) -> String {
    let Some(ms) = s.map(|s| s * 1e3) else { return "-".to_owned() };
    let digits = if ms >= 100.0 {
        0
    } else if ms >= 10.0 {
        1
    } else {
        2
    };
    format!("{ms:.digits$} ms")
}

fn percent(share: Option<f64>) -> String {
    share.map_or("-".to_owned(), |v| format!("{:.1} %", v * 100.0))
}
