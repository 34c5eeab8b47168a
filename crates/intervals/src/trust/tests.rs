use proptest::prelude::*;

use super::*;

fn good() -> VerdictInputs {
    VerdictInputs {
        offered: 10_000,
        sent: 10_000,
        unsent: 0,
        lateness_p99_s: 1e-4,
        pickup_p99_s: 5e-5,
        service_p50_s: 10e-3,
        overslept_share: Some(1e-4),
        worst_cpu_cores: 0.2,
        worst_run_queue_fraction: Some(0.01),
        machine_steal_fraction: Some(0.0),
        thread_steal_fraction: Some(0.0),
        crowded_chance: Some(0.0),
        throttled_fraction: Some(0.0),
        queue_full: 0,
        intervals: Judged { count: 10, suspect: 0, invalid: 0 },
    }
}

fn judge(change: impl FnOnce(&mut VerdictInputs)) -> (Trust, Vec<String>) {
    let mut inputs = good();
    change(&mut inputs);
    let verdict = verdict(&inputs, &Thresholds::default());
    (verdict.trust, verdict.reasons.into_iter().map(|reason| reason.figure).collect())
}

fn named(trust: Trust, figure: &str) -> (Trust, Vec<String>) {
    (trust, vec![figure.to_owned()])
}

#[test]
fn a_clean_run_is_valid() {
    assert_eq!(judge(|_| {}), (Trust::Valid, vec![]));
    assert_eq!(verdict(&VerdictInputs::default(), &Thresholds::default()).trust, Trust::Valid);
}

#[test]
fn each_limit_is_named() {
    let invalid = |figure| named(Trust::Invalid, figure);
    assert_eq!(judge(|i| i.lateness_p99_s = 1.1e-3), invalid("lateness"));
    assert_eq!(judge(|i| (i.lateness_p99_s, i.pickup_p99_s) = (1.2e-3, 1.1e-3)), invalid("pickup"));
    assert_eq!(judge(|i| (i.sent, i.unsent) = (9_989, 11)), invalid("sent_share"));
    assert_eq!(judge(|i| i.overslept_share = Some(0.011)), invalid("overslept"));
    assert_eq!(judge(|i| i.worst_cpu_cores = 0.81), invalid("cpu"));
    assert_eq!(judge(|i| i.worst_run_queue_fraction = Some(0.21)), invalid("run_queue"));
    assert_eq!(judge(|i| i.thread_steal_fraction = Some(0.11)), invalid("steal"));
    assert_eq!(judge(|i| i.throttled_fraction = Some(0.011)), invalid("throttled"));
    assert_eq!(judge(|i| i.intervals.invalid = 1), invalid("intervals"));
}

#[test]
fn half_way_is_suspect_and_the_gravest_comes_first() {
    assert_eq!(judge(|i| i.worst_cpu_cores = 0.5), named(Trust::Suspect, "cpu"));
    assert_eq!(judge(|i| (i.sent, i.unsent) = (9_990, 10)).0, Trust::Valid);
    let (trust, figures) = judge(|i| (i.worst_cpu_cores, i.unsent) = (0.5, 10_000));
    assert_eq!((trust, figures), (Trust::Invalid, vec!["sent_share".to_owned(), "cpu".to_owned()]));
}

#[test]
fn any_throttling_and_any_bad_interval_is_suspect() {
    assert_eq!(judge(|i| i.crowded_chance = Some(0.51)), named(Trust::Suspect, "crowded"));
    assert_eq!(judge(|i| i.throttled_fraction = Some(1e-6)), named(Trust::Suspect, "throttled"));
    assert_eq!(judge(|i| i.intervals.suspect = 1), named(Trust::Suspect, "intervals"));
    assert_eq!(judge(|i| i.intervals = Judged { count: 100, suspect: 5, invalid: 0 }).0, Trust::Valid);
    let short = Judged { count: 1000, suspect: 0, invalid: 1 };
    assert_eq!(judge(|i| i.intervals = short), named(Trust::Suspect, "intervals"));
}

#[test]
fn below_the_floor_fast_targets_do_not_matter() {
    let fast = |lateness_s| judge(|i| (i.service_p50_s, i.pickup_p99_s) = (50e-6, lateness_s));
    let floor_s = Thresholds::default().lateness_floor_s;
    assert_eq!(fast(floor_s * 0.9).0, Trust::Valid);
    assert_eq!(fast(floor_s * 1.1).0, Trust::Invalid);
    // From where half of the share is more than the floor on, there is a half-way again.
    let slow = |lateness_s| judge(|i| (i.service_p50_s, i.pickup_p99_s) = (40e-3, lateness_s)).0;
    assert_eq!([1.9e-3, 2.1e-3, 4.1e-3].map(slow), [Trust::Valid, Trust::Suspect, Trust::Invalid]);
    // A target that never answers leaves only the floor to judge by.
    assert_eq!(judge(|i| (i.service_p50_s, i.pickup_p99_s) = (0.0, 1.0)).0, Trust::Invalid);
}

#[test]
fn the_unknown_is_named_and_is_not_nothing() {
    let mut inputs = good();
    inputs.worst_run_queue_fraction = None;
    (inputs.thread_steal_fraction, inputs.crowded_chance, inputs.throttled_fraction) = (None, None, None);
    let of = |inputs: &VerdictInputs| verdict(inputs, &Thresholds::default());
    // The machine's steal stands in for that of the threads' own CPUs.
    assert_eq!(of(&inputs).unmeasured, ["run_queue", "crowded", "throttled"]);
    inputs.machine_steal_fraction = None;
    assert_eq!(of(&inputs).unmeasured, ["run_queue", "steal", "crowded", "throttled"]);
    assert_eq!(of(&inputs).trust, Trust::Valid);
}

#[test]
fn reasons_are_words() {
    let mut inputs = good();
    (inputs.pickup_p99_s, inputs.throttled_fraction) = (2e-3, Some(0.25));
    let texts: Vec<String> =
        verdict(&inputs, &Thresholds::default()).reasons.into_iter().map(|r| r.text).collect();
    assert_eq!(
        texts,
        [
            "the generator noticed due moments 2.000 ms late (p99); limit 10 % of the median service time of \
             10.000 ms",
            "a CPU quota held the generator back for 25.00 % of the time; limit 1.0 %",
        ]
    );
}

#[test]
fn a_suspicion_names_the_limit_that_was_exceeded() {
    let mut inputs = good();
    (inputs.worst_cpu_cores, inputs.worst_run_queue_fraction) = (0.54, Some(0.103));
    (inputs.overslept_share, inputs.service_p50_s, inputs.pickup_p99_s) = (Some(0.0056), 40e-3, 2.5e-3);
    let texts: Vec<String> =
        verdict(&inputs, &Thresholds::default()).reasons.into_iter().map(|r| r.text).collect();
    let ends = [
        "limit 5 % of the median service time of 40.000 ms",
        "0.56 % of the users' time, so that they asked less than they would have; limit 0.5 %",
        "a thread used 0.54 cores; limit 0.40",
        "10.30 % of the time; limit 10.0 %",
    ];
    assert_eq!(texts.len(), ends.len());
    for (text, end) in texts.iter().zip(ends) {
        assert!(text.ends_with(end), "{text}");
    }
}

/// Inputs around and beyond every limit.
fn any_inputs() -> impl Strategy<Value = VerdictInputs> {
    let share = || prop::option::of(0.0..0.3_f64);
    let counts = (0..10_000_u64, 0..20_u64, 0..3_u64, 1..100_u64, (0..8_u64, 0..8_u64));
    let times = (0.0..5e-3_f64, 0.0..5e-3_f64, 0.0..30e-3_f64);
    (counts, times, 0.0..1.0_f64, (share(), share(), share(), share(), share(), share())).prop_map(
        |(counts, times, worst_cpu_cores, shares)| VerdictInputs {
            offered: counts.0 + counts.1,
            sent: counts.0,
            unsent: counts.1,
            lateness_p99_s: times.0,
            pickup_p99_s: times.1,
            service_p50_s: times.2,
            overslept_share: shares.0.map(|share| share / 10.0),
            worst_cpu_cores,
            worst_run_queue_fraction: shares.1,
            machine_steal_fraction: shares.2,
            thread_steal_fraction: shares.3,
            throttled_fraction: shares.4.map(|share| share / 10.0),
            crowded_chance: shares.5.map(|share| share * 3.0),
            queue_full: counts.2,
            intervals: Judged {
                count: counts.3 + counts.4.0 + counts.4.1,
                suspect: counts.4.0,
                invalid: counts.4.1,
            },
        },
    )
}

proptest! {
    #[test]
    fn worse_inputs_never_make_a_better_verdict(
        inputs in any_inputs(), which in 0..14_usize, more in 1e-6..0.2_f64, count in 1..50_u64,
    ) {
        let mut worse = inputs;
        let sound = |of: &VerdictInputs| of.intervals.count.saturating_sub(of.intervals.suspect + of.intervals.invalid);
        // Unknown stays unknown: what became known can only speak against, and is tested below.
        let add = |share: &mut Option<f64>| *share = share.map(|share| share + more);
        match which {
            0 => worse.unsent += count,
            1 => worse.lateness_p99_s += more,
            2 => worse.pickup_p99_s += more,
            3 => worse.service_p50_s /= 1.0 + more,
            4 => add(&mut worse.overslept_share),
            5 => worse.worst_cpu_cores += more,
            6 => add(&mut worse.worst_run_queue_fraction),
            7 => add(&mut worse.machine_steal_fraction),
            8 => add(&mut worse.thread_steal_fraction),
            9 => add(&mut worse.throttled_fraction),
            10 => add(&mut worse.crowded_chance),
            // As many intervals as before, some of them worse: more of them would dilute the others.
            11 => worse.intervals.suspect += count.min(sound(&worse)),
            12 => worse.queue_full += count,
            _ => worse.intervals.invalid += count.min(sound(&worse)),
        }
        let of = |inputs: &VerdictInputs| verdict(inputs, &Thresholds::default()).trust;
        prop_assert!(of(&worse) >= of(&inputs), "{inputs:?} {worse:?}");
    }

    #[test]
    fn a_figure_that_becomes_known_never_makes_a_better_verdict(inputs in any_inputs(), which in 0..4_usize) {
        let mut blind = inputs;
        match which {
            0 => blind.worst_run_queue_fraction = None,
            2 => blind.crowded_chance = None,
            1 => (blind.thread_steal_fraction, blind.machine_steal_fraction) = (None, None),
            _ => blind.throttled_fraction = None,
        }
        let of = |inputs: &VerdictInputs| verdict(inputs, &Thresholds::default()).trust;
        prop_assert!(of(&inputs) >= of(&blind));
    }

    #[test]
    fn the_verdict_is_its_gravest_reason(inputs in any_inputs()) {
        let judged = verdict(&inputs, &Thresholds::default());
        let gravest = judged.reasons.iter().map(|reason| reason.trust).max();
        prop_assert_eq!(judged.trust, gravest.unwrap_or(Trust::Valid));
        prop_assert!(judged.reasons.is_sorted_by(|a, b| a.trust >= b.trust));
    }

    #[test]
    fn lateness_counts_in_the_closed_model_as_in_the_open_one(inputs in any_inputs()) {
        let closed = VerdictInputs { overslept_share: Some(0.0), ..inputs };
        let open = VerdictInputs { overslept_share: None, ..inputs };
        let of = |inputs: &VerdictInputs| verdict(inputs, &Thresholds::default()).trust;
        prop_assert_eq!(of(&closed), of(&open));
    }
}
