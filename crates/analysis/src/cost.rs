//! What scaled services cost, and what their clients had to bear: the two figures that controllers are compared by.

use swarmlab_frame::frame::Frame;
use swarmlab_record::decisions::Line;
use swarmlab_record::summary::Figure;

use crate::assemble::Raw;
use crate::{column, named};

/// Of a run with controllers: running replicas of each scaled service, summed over the load, and the time in which clients
/// had longer to wait than was promised. What is not known in every bin is no figure.
pub fn figures(raw: &Raw, load: &Frame) -> Vec<Figure> {
    let width_s = load.bins().width_s();
    let mut out = Vec::new();
    for line in &raw.decisions {
        let Line::Controller(controlled) = line else { continue };
        let service = &controlled.service;
        if let Some(replica_s) = replica_seconds(load, service) {
            let key = format!("replica_seconds:{service}");
            let words = format!("Replicas of {service} over the load");
            out.push(Figure::number(key, words, replica_s, 0, "replica-seconds"));
        }
    }
    if let (false, Some(promised_s)) = (out.is_empty(), raw.manifest.plan.slo_p95_s) {
        out.extend(broken(load, promised_s, width_s));
    }
    out
}

/// Running replicas of a service, summed over a load; `None` where they are not known in every bin.
pub fn replica_seconds(load: &Frame, service: &str) -> Option<f64> {
    let known: Option<Vec<f64>> =
        load.get(&column(service, "replicas_running", ""))?.iter().copied().collect();
    known.filter(|v| !v.is_empty()).map(|v| v.iter().sum::<f64>() * load.bins().width_s())
}

/// A bin without an answer breaks no promise about answers.
fn broken(load: &Frame, promised_s: f64, width_s: f64) -> Option<Figure> {
    let p95_ms = load.get(&named("client", "response_p95", "ms"))?;
    let known: Vec<f64> = p95_ms.iter().flatten().copied().collect();
    let slow = known.iter().filter(|ms| **ms > promised_s * 1e3).count();
    let note = format!(
        "p95 of the bin above {:.0} ms, in {slow} of {} bins with answers",
        promised_s * 1e3,
        known.len()
    );
    let figure = Figure::number(
        "slo_violation_s",
        "Time in which the p95 objective was broken",
        slow as f64 * width_s,
        0,
        "s",
    );
    (!known.is_empty()).then(|| figure.noting(note))
}
