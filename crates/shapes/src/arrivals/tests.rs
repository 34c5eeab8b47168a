//! Schedules against what the laws say.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::shape::{Constant, Ramp, Step};

fn constant(level: f64, duration_s: f64) -> Shape {
    Shape::Constant(Constant { level, duration_s })
}

#[test]
fn uniform_arrivals_are_an_exact_grid() {
    let times: Vec<f64> = Schedule::new(&constant(5000.0, 60.0), Arrivals::Uniform, 1).collect();
    assert_eq!(times.len(), 300_000);
    for (k, t_s) in times.iter().enumerate() {
        assert!((t_s - (k as f64 + 0.5) / 5000.0).abs() < 1e-9);
    }
}

#[test]
fn uniform_arrivals_follow_ramps_and_pauses() {
    let ramp = Shape::Ramp(Ramp { from: 0.0, to: 100.0, duration_s: 10.0 });
    let times: Vec<f64> = Schedule::new(&ramp, Arrivals::Uniform, 1).collect();
    assert_eq!(times.len(), 500);
    // R(t) = 5 t^2, so t(k) = sqrt((k + 1/2) / 5).
    for (k, t_s) in times.iter().enumerate() {
        assert!((t_s - ((k as f64 + 0.5) / 5.0).sqrt()).abs() < 1e-9);
    }
    let stairs =
        Shape::Step(crate::shape::Step { first: 10.0, increment: -10.0, steps: 2, hold_s: 1.0, down: true });
    let times: Vec<f64> = Schedule::new(&stairs, Arrivals::Uniform, 1).collect();
    assert_eq!(times.len(), 20);
    assert!(times.iter().all(|t_s| !(1.0..3.0).contains(t_s)));
}

#[test]
fn poisson_gaps_pass_kolmogorov_smirnov() {
    let rate_per_s = 1000.0;
    let times: Vec<f64> = Schedule::new(&constant(rate_per_s, 100.0), Arrivals::Poisson, 42).collect();
    let n = times.len() as f64;
    // The count is Poisson(1e5): five standard deviations.
    assert!((n - 100_000.0).abs() < 5.0 * 316.3, "{n}");
    let mut gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_by(f64::total_cmp);
    let m = gaps.len() as f64;
    let distance = gaps.iter().enumerate().fold(0.0_f64, |worst, (i, gap)| {
        let law = 1.0 - (-rate_per_s * gap).exp();
        worst.max((law - i as f64 / m).abs()).max((law - (i + 1) as f64 / m).abs())
    });
    // Critical value of the two-sided test at 1 %: 1.628 / sqrt(n).
    assert!(distance < 1.628 / m.sqrt(), "{distance}");
}

#[test]
fn poisson_counts_follow_a_changing_rate() {
    let shape = Shape::Step(Step { first: 1000.0, increment: 1000.0, steps: 2, hold_s: 50.0, down: false });
    let times: Vec<f64> = Schedule::new(&shape, Arrivals::Poisson, 7).collect();
    let first = times.iter().filter(|t_s| **t_s < 50.0).count() as f64;
    let second = times.len() as f64 - first;
    assert!((first - 50_000.0).abs() < 5.0 * 224.0, "{first}");
    assert!((second - 100_000.0).abs() < 5.0 * 317.0, "{second}");
}

const LAWS: [Arrivals; 4] = [
    Arrivals::Uniform,
    Arrivals::Poisson,
    Arrivals::Mmpp2(Modulation { ratio: 10.0, quiet_s: 9.0, busy_s: 1.0 }),
    Arrivals::Mmpp2(Modulation { ratio: 300.0, quiet_s: 0.03, busy_s: 0.001 }),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn threads_share_one_schedule_bit_for_bit(
        which in 0..crate::shape::tests::all().len(),
        law in 0..LAWS.len(),
        threads in 1_usize..9,
        seed in any::<u64>(),
    ) {
        let shape = &crate::shape::tests::all()[which];
        let schedule = || Schedule::new(shape, LAWS[law], seed).take(5000);
        let whole: Vec<u64> = schedule().map(f64::to_bits).collect();
        prop_assert_eq!(&whole, &schedule().map(f64::to_bits).collect::<Vec<_>>(), "twice the same");
        let times: Vec<f64> = whole.iter().map(|bits| f64::from_bits(*bits)).collect();
        prop_assert!(times.windows(2).all(|pair| pair[0] <= pair[1]));
        prop_assert!(times.iter().all(|t_s| *t_s >= 0.0 && *t_s <= shape.duration_s() + 1e-9));
        // Each thread in a thread of its own, as the engine does it.
        let parts: Vec<Vec<u64>> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..threads)
                .map(|thread| {
                    scope.spawn(move || {
                        let mine = Schedule::new(shape, LAWS[law], seed).for_thread(thread, threads);
                        mine.take(5000_usize.div_ceil(threads)).map(f64::to_bits).collect()
                    })
                })
                .collect();
            handles.into_iter().map(|handle| handle.join().unwrap()).collect()
        });
        for (k, bits) in whole.iter().enumerate() {
            prop_assert_eq!(parts[k % threads].get(k / threads), Some(bits));
        }
    }

    #[test]
    fn as_many_arrive_as_the_area_says(which in 0..crate::shape::tests::all().len(), seed in any::<u64>()) {
        let shape = &crate::shape::tests::all()[which];
        let total = Integral::new(shape.segments()).total();
        let uniform = Schedule::new(shape, Arrivals::Uniform, seed).count() as f64;
        prop_assert!((uniform - total).abs() <= 0.5 + 1e-6, "{uniform} {total}");
        let poisson = Schedule::new(shape, Arrivals::Poisson, seed).count() as f64;
        // Six standard deviations: 64 cases shall not fail by chance.
        prop_assert!((poisson - total).abs() <= 6.0 * total.sqrt(), "{poisson} {total}");
    }
}

/// A count in a window of a switched Poisson process has, for long windows, a variance of (1 + b) times its mean
/// with b = 2 (l1 - l2)^2 r1 r2 / ((r1 + r2)^2 (l1 r2 + l2 r1)), l the rates and r the rates of leaving the states
/// (Fischer and Meier-Hellstern 1993, the limit of the index of dispersion for counts).
#[test]
fn mmpp2_counts_are_as_dispersed_as_the_cookbook_says() {
    let modulation = Modulation { ratio: 10.0, quiet_s: 0.9, busy_s: 0.1 };
    let (rate_per_s, duration_s, window_s) = (200.0, 20_000.0, 20.0);
    let law = Arrivals::Mmpp2(modulation);
    let mut counts = vec![0.0; (duration_s / window_s) as usize];
    for t_s in Schedule::new(&constant(rate_per_s, duration_s), law, 11) {
        counts[(t_s / window_s) as usize] += 1.0;
    }
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    let dispersion = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0) / mean;
    let (quiet, busy) = modulation.factors();
    let (l1, l2) = (rate_per_s * quiet, rate_per_s * busy);
    let (r1, r2) = (1.0 / modulation.quiet_s, 1.0 / modulation.busy_s);
    let limit = 1.0 + 2.0 * (l1 - l2).powi(2) * r1 * r2 / ((r1 + r2).powi(2) * (l1 * r2 + l2 * r1));
    // The mean is the shape's: five standard errors of a count that dispersed. The sample variance of 1000 windows
    // has a relative error of sqrt(2 / 1000) = 4.5 %; the windows' finite length takes off another half per cent.
    let expected = rate_per_s * window_s;
    assert!((mean - expected).abs() < 5.0 * (limit * expected / n).sqrt(), "{mean}");
    assert!((dispersion / limit - 1.0).abs() < 0.2, "{dispersion} {limit}");
    assert!(limit > 15.0, "{limit}: far from Poisson, or this test shows nothing");
}

#[test]
fn mmpp2_without_a_difference_is_poisson() {
    let law = Arrivals::Mmpp2(Modulation { ratio: 1.0, ..Modulation::default() });
    let shape = constant(50.0, 100.0);
    let modulated: Vec<f64> = Schedule::new(&shape, law, 3).collect();
    let poisson: Vec<f64> = Schedule::new(&shape, Arrivals::Poisson, 3).collect();
    assert_eq!(modulated.len(), poisson.len());
    assert!(modulated.iter().zip(&poisson).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn mmpp2_passes_a_long_silence_at_once() {
    let stage = |target, duration_s| crate::shape::Stage { target, duration_s };
    let stages =
        vec![stage(10.0, 10.0), stage(0.0, 0.0), stage(0.0, 1e8), stage(10.0, 0.0), stage(10.0, 10.0)];
    let shape = Shape::Stages(crate::shape::Stages { from: 10.0, stages });
    let law = Arrivals::Mmpp2(Modulation { ratio: 2.0, quiet_s: 0.001, busy_s: 0.001 });
    // Some 1e11 switches if each were drawn.
    let times: Vec<f64> = Schedule::new(&shape, law, 5).collect();
    assert!((times.len() as f64 - 200.0).abs() < 5.0 * 15.0, "{}", times.len());
    assert!(times.iter().all(|t_s| !(10.0..10.0 + 1e8).contains(t_s)));
}

#[test]
fn parameters_of_the_law_are_checked() {
    assert!(LAWS.iter().all(|law| law.validate().is_ok()));
    for wrong in [
        Modulation { ratio: 0.5, ..Modulation::default() },
        Modulation { quiet_s: 0.0, ..Modulation::default() },
        Modulation { busy_s: f64::NAN, ..Modulation::default() },
    ] {
        assert!(Arrivals::Mmpp2(wrong).validate().is_err(), "{wrong:?}");
    }
}

#[test]
fn the_seed_decides() {
    let shape = constant(100.0, 10.0);
    let times = |seed| Schedule::new(&shape, Arrivals::Poisson, seed).collect::<Vec<f64>>();
    assert_eq!(times(1), times(1));
    assert_ne!(times(1), times(2));
}

/// The arrivals of all threads, in order, with changes (when, told when, level) on the way.
fn changed(shape: &Shape, law: Arrivals, threads: usize, changes: &[(f64, f64, f64)]) -> Vec<f64> {
    let mut all = Vec::new();
    for thread in 0..threads {
        let mut schedule = Schedule::new(shape, law, 5).for_thread(thread, threads);
        let mut next = schedule.next();
        for &(told_s, at_s, level) in changes {
            while let Some(t_s) = next.filter(|t_s| *t_s <= told_s) {
                all.push(t_s);
                next = schedule.next();
            }
            schedule.set_level(at_s, level);
            next = schedule.next();
        }
        all.extend(next);
        all.extend(schedule);
    }
    all.sort_by(f64::total_cmp);
    all
}

#[test]
fn a_change_of_level_is_a_change_of_the_shape_on_any_number_of_threads() {
    let as_begun = constant(100.0, 4.0);
    // Two levels of nothing, one of them for longer than the gaps; and a rate so low that gaps outlast it.
    let levels = [(100.0, 1.0037), (400.0, 0.75), (0.0, 0.5), (3.0, 0.2), (0.0, 0.1), (50.0, 1.4463)];
    let parts = levels.map(|(level, duration_s)| constant(level, duration_s));
    let as_told = Shape::Sequence(crate::shape::Sequence { parts: parts.to_vec() });
    let mut at_s = 0.0;
    let mut changes = Vec::new();
    for pair in levels.windows(2) {
        at_s += pair[0].1;
        // It is known a little before it holds.
        changes.push((at_s - 0.01, at_s, pair[1].0));
    }
    for law in LAWS {
        let expected: Vec<f64> = Schedule::new(&as_told, law, 5).collect();
        assert!(expected.len() > 100);
        for threads in [1, 2, 3, 8] {
            let times = changed(&as_begun, law, threads, &changes);
            assert_eq!(times.len(), expected.len(), "{law:?} {threads}");
            for (t_s, expected_s) in times.iter().zip(&expected) {
                assert!((t_s - expected_s).abs() < 1e-9, "{law:?} {threads}: {t_s} {expected_s}");
            }
        }
    }
}

#[test]
fn a_level_that_rises_from_nothing_wakes_a_schedule_that_had_ended() {
    let changes = [(0.0, 0.0, 0.0), (1.0, 2.0, 10.0), (5.0, 6.0, 20.0)];
    let times = changed(&constant(100.0, 4.0), Arrivals::Uniform, 3, &changes);
    assert_eq!(times.len(), 20, "{times:?}");
    assert!(times[0] > 2.0 && times[19] < 4.0);
}
