//! Whether the load engine kept up.

use std::collections::BTreeMap;

use swarmlab_intervals::trust::{Judged, Thresholds, Trust, VerdictInputs, verdict};
use swarmlab_record::Phase;
use swarmlab_record::client::{ALL_ENDPOINTS, ClientRow};
use swarmlab_record::summary::{Figure, Status, Verdict};

use super::{make, not_judged};
use crate::assemble::Raw;

const CODE: &str = "generator-valid";

/// By what the load engine recorded of itself; of a run that was cut off, by its intervals.
pub fn generator(inputs: Option<&VerdictInputs>, raw: &Raw) -> Verdict {
    match inputs {
        Some(inputs) if inputs.offered == 0 && inputs.sent == 0 => {
            not_judged(CODE, "The load generator had nothing to do", "No request was due.")
        }
        Some(inputs) => named(whole(inputs), raw),
        None => named(by_intervals(raw), raw),
    }
}

/// What made intervals INVALID, by figure: one hiccup of the host and a generator that is too small call for different
/// remedies. Folders of before do not say it.
fn named(verdict: Verdict, raw: &Raw) -> Verdict {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for row in rows(raw).filter(|r| r.trust == Some(Trust::Invalid)) {
        for figure in row.doubts.split_whitespace() {
            *counts.entry(figure).or_default() += 1;
        }
    }
    if counts.is_empty() {
        return verdict;
    }
    let counts: Vec<String> = counts.iter().map(|(figure, n)| format!("{figure} in {n}")).collect();
    let explanation = format!("{} What made intervals INVALID: {}.", verdict.explanation, counts.join(", "));
    Verdict { explanation, ..verdict }
}

/// Intervals of the load, all endpoints together.
fn rows(raw: &Raw) -> impl Iterator<Item = &ClientRow> {
    raw.client.iter().filter(|r| r.phase == Phase::Load && r.endpoint == ALL_ENDPOINTS)
}

/// The summary of the whole load is written at its end, its intervals are judged as they end.
fn by_intervals(raw: &Raw) -> Verdict {
    let mut judged = Judged::default();
    for trust in rows(raw).filter_map(|r| r.trust) {
        judged.count += 1;
        match trust {
            Trust::Valid => {}
            Trust::Suspect => judged.suspect += 1,
            Trust::Invalid => judged.invalid += 1,
        }
    }
    let Judged { count, suspect, invalid } = judged;
    if count == 0 {
        let who = raw.manifest.imported.as_ref().map_or("It", |of| &of.tool);
        let why = format!("{who} left no record of itself.");
        return not_judged(CODE, "Whether the load generator kept up is not known", why);
    }
    // The limits of a whole load, as far as they concern intervals.
    let limits = Thresholds::default();
    let share = |n: u64| n as f64 / count as f64;
    let status = if share(invalid) > limits.intervals_share {
        Status::Fail
    } else if invalid > 0 || share(suspect) > limits.intervals_share {
        Status::Warn
    } else {
        Status::Pass
    };
    let title = match status {
        Status::Pass => "The load generator kept up, interval by interval",
        Status::Warn => "The load generator was near its limits",
        _ => "The load generator could not keep up",
    };
    let because =
        format!("of {count} intervals {invalid} are INVALID and {suspect} SUSPECT, each judged alone");
    let explanation = format!("The load was cut off, and only its intervals are judged: {because}.");
    let verdict = make(CODE, status, title, explanation, Vec::new());
    Verdict { because: vec![because], ..verdict }
}

fn whole(inputs: &VerdictInputs) -> Verdict {
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
        CODE,
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
    Verdict { because, ..verdict }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::fixture::load_alone;

    #[test]
    fn a_load_that_was_cut_off_is_judged_by_its_intervals() {
        let mut raw = load_alone(100);
        let judge = |raw: &Raw| generator(None, raw).status;
        raw.client.iter_mut().for_each(|r| r.trust = Some(Trust::Valid));
        assert_eq!(judge(&raw), Status::Pass);
        raw.client[3].trust = Some(Trust::Invalid);
        assert_eq!(judge(&raw), Status::Warn);
        (raw.client[3].doubts, raw.client[5].doubts) = ("pickup overslept".into(), "crowded".into());
        let explanation = generator(None, &raw).explanation;
        assert!(
            explanation.ends_with("What made intervals INVALID: overslept in 1, pickup in 1."),
            "{explanation}"
        );
        raw.client[..6].iter_mut().for_each(|r| r.trust = Some(Trust::Invalid));
        assert_eq!(judge(&raw), Status::Fail);
        raw.client.iter_mut().for_each(|r| r.trust = None);
        assert_eq!(judge(&raw), Status::NotJudged);
    }

    #[test]
    fn who_had_nothing_to_do_did_not_keep_up_with_it() {
        assert_eq!(generator(Some(&VerdictInputs::default()), &load_alone(1)).status, Status::NotJudged);
    }
}
