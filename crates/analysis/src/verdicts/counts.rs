//! Whether everyone counted the same requests.

use swarmlab_record::summary::{Counts, Figure, Status, Verdict};

use super::{make, not_judged};
use crate::assemble::Raw;

/// Requests sent = counted by the proxy at the front = counted by the service behind it.
pub fn counts(raw: &Raw, c: &Counts) -> Verdict {
    if c.sent == 0 {
        return not_judged("counts-agree", "Requests were not compared", "No request was sent.");
    }
    let mut figures = vec![Figure::number("sent", "sent by the load engine", c.sent as f64, 0, "requests")];
    let compared: Vec<_> = c.servers.iter().filter(|s| s.comparable).collect();
    for s in &compared {
        let mut f = Figure::number(format!("counted:{}", s.counter), &s.counter, s.count, 0, "requests");
        if !s.exact {
            f = f.noting("not sampled in the quiet before and after");
        }
        figures.push(f);
    }
    if compared.is_empty() {
        let why = "No proxy and no service with a request counter stands where the load goes.";
        return not_judged("counts-agree", "Nobody but the load engine counted requests", why);
    }
    let equal = compared.iter().all(|s| (s.count - c.sent as f64).abs() < 0.5);
    let exact = compared.iter().all(|s| s.exact);
    let front = &raw.manifest.plan.target_service;
    let (status, title) = match (equal, exact) {
        (true, true) => (Status::Pass, format!("Requests sent = counted at {front} = counted behind it")),
        (true, false) => (Status::Warn, "Counts agree, but not every counter was seen quiet".to_owned()),
        (false, true) => (Status::Fail, "Requests sent differ from what servers counted".to_owned()),
        (false, false) => (Status::Warn, "Counts differ, and not every counter was seen quiet".to_owned()),
    };
    make(
        "counts-agree",
        status,
        title,
        "Counters are read in the quiet before the load and after its last answer; health checks and proof requests are not application requests. Tolerance: none.",
        figures,
    )
}
