//! Whether everyone counted the same requests.

use swarmlab_record::summary::{Counts, Figure, Status, Verdict};

use super::{make, not_judged};
use crate::assemble::Raw;

/// Requests sent = counted by the proxy at the front = counted by the service behind it.
pub fn counts(raw: &Raw, c: &Counts) -> Verdict {
    let sent = c.sent.unwrap_or(0);
    if sent == 0 {
        return not_judged("counts-agree", "Requests were not compared", "No request was sent.");
    }
    let mut figures = vec![Figure::number("sent", "sent by the load engine", sent as f64, 0, "requests")];
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
    let equal = compared.iter().all(|s| (s.count - sent as f64).abs() < 0.5);
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

#[cfg(test)]
mod tests {
    use swarmlab_record::summary::Count;

    use super::*;
    use crate::assemble::fixture::load_alone;

    fn judged(sent: u64, counted: &[(f64, bool)]) -> Status {
        let server = |(count, exact): &(f64, bool)| Count {
            counter: "door: requests from its clients".to_owned(),
            count: *count,
            exact: *exact,
            comparable: true,
        };
        let servers = counted.iter().map(server).collect();
        counts(&load_alone(3), &Counts { sent: Some(sent), completed: sent, failed: Some(0), servers }).status
    }

    #[test]
    fn nothing_sent_and_nothing_counted_do_not_agree() {
        assert_eq!(judged(0, &[(0.0, true)]), Status::NotJudged);
        assert_eq!(judged(5, &[]), Status::NotJudged);
        assert_eq!(judged(5, &[(5.0, true), (5.0, true)]), Status::Pass);
        assert_eq!(judged(5, &[(5.0, true), (4.0, true)]), Status::Fail);
        assert_eq!(judged(5, &[(5.0, false)]), Status::Warn);
    }
}
