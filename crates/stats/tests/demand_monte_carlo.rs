//! Known demand in, the same demand out, and an interval that means what it says: 400 seeded runs a case.
#![allow(clippy::unwrap_used)]

mod simulate;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use simulate::{ar1, exponential, normal, poisson, shapes};
use swarmlab_stats::demand::{Aggregation, DemandFit, DemandOptions, Estimate, Fallback, Method, fit, ratio};

const RUNS: u64 = 400;
const DEMAND_S: f64 = 0.015;
const IDLE_CORES: f64 = 0.05;

fn known(values: Vec<f64>) -> Vec<Option<f64>> {
    values.into_iter().map(Some).collect()
}

fn as_is() -> DemandOptions {
    DemandOptions { aggregation: Aggregation::Bins(1), ..DemandOptions::default() }
}

fn covers(estimate: Estimate, truth: f64) -> bool {
    estimate.ci_low <= truth && truth <= estimate.ci_high
}

/// Shares of runs, in percent.
#[derive(Default)]
struct Tally {
    runs: f64,
    covered: f64,
    within_1_percent: f64,
    relative_error: f64,
}

impl Tally {
    fn add(&mut self, estimate: Estimate, truth: f64) {
        let error = estimate.value / truth - 1.0;
        self.runs += 1.0;
        self.covered += f64::from(u8::from(covers(estimate, truth)));
        self.within_1_percent += f64::from(u8::from(error.abs() <= 0.01));
        self.relative_error += error;
    }

    fn percent(&self, count: f64) -> f64 {
        100.0 * count / self.runs
    }

    #[track_caller]
    fn covers_90_to_99(&self, case: &str) {
        let coverage = self.percent(self.covered);
        println!("{case}: coverage {coverage:.1} %, bias {:.3} %", self.percent(self.relative_error));
        assert!((90.0..=99.0).contains(&coverage), "{case}: coverage {coverage} %");
    }
}

fn simulate(seed: u64, load: &[f64], rho: f64, noise_cores: f64) -> DemandFit {
    let mut rng = SmallRng::seed_from_u64(seed);
    let noise = ar1(&mut rng, load.len(), rho);
    let cpu = load.iter().zip(noise).map(|(x, e)| IDLE_CORES + DEMAND_S * x + noise_cores * e).collect();
    fit(&known(cpu), &[known(load.to_vec())], 1.0, &as_is()).unwrap()
}

#[test]
fn demand_is_recovered_and_covered_under_ar1_noise() {
    for (n, rho) in [(60, 0.0), (60, 0.5), (300, 0.5)] {
        for (name, load) in shapes(n) {
            // The same precision for each length, so that 1 % is a fair demand: 0.3 % standard error or so.
            let noise_cores = 0.004 * (n as f64 / 300.0).sqrt();
            let (mut demand, mut idle) = (Tally::default(), Tally::default());
            for seed in 0..RUNS {
                let f = simulate(seed, &load, rho, noise_cores);
                assert_eq!(f.method, Method::Regression);
                demand.add(f.classes[0].demand_s, DEMAND_S);
                idle.add(f.idle_cores.unwrap(), IDLE_CORES);
            }
            let case = format!("{name}, n {n}, rho {rho}");
            demand.covers_90_to_99(&case);
            idle.covers_90_to_99(&format!("idle of {case}"));
            assert!(demand.percent(demand.within_1_percent) >= 99.0, "{case}");
            assert!(demand.percent(demand.relative_error).abs() < 0.1, "{case}");
        }
    }
}

#[test]
fn few_bins_still_cover() {
    for (n, rho) in [(12, 0.0), (12, 0.3), (24, 0.0), (24, 0.5)] {
        for (name, load) in shapes(n).into_iter().take(2) {
            let mut tally = Tally::default();
            (0..RUNS).for_each(|s| tally.add(simulate(s, &load, rho, 0.004).classes[0].demand_s, DEMAND_S));
            tally.covers_90_to_99(&format!("{name}, n {n}, rho {rho}"));
        }
    }
}

#[test]
fn a_service_without_idle_cost_is_covered_at_the_bound() {
    let (_, load) = shapes(60).swap_remove(0);
    let (mut tally, mut at_zero) = (Tally::default(), 0);
    for seed in 0..RUNS {
        let mut rng = SmallRng::seed_from_u64(seed);
        let noise = ar1(&mut rng, load.len(), 0.5);
        let cpu = load.iter().zip(noise).map(|(x, e)| DEMAND_S * x + 0.01 * e).collect();
        let f = fit(&known(cpu), &[known(load.clone())], 1.0, &as_is()).unwrap();
        tally.add(f.classes[0].demand_s, DEMAND_S);
        let idle = f.idle_cores.unwrap();
        assert!(idle.value >= 0.0 && idle.ci_low >= 0.0);
        at_zero += u32::from(idle.value == 0.0);
    }
    tally.covers_90_to_99("no idle cost");
    assert!((140..=260).contains(&at_zero), "the bound binds about every other time: {at_zero}");
}

#[test]
fn two_classes_of_random_cost_are_told_apart() {
    let truth = [0.015, 0.004];
    let mut tallies = [Tally::default(), Tally::default()];
    for seed in 0..RUNS {
        let mut rng = SmallRng::seed_from_u64(seed);
        let (mut cpu, mut classes) = (Vec::new(), [Vec::new(), Vec::new()]);
        for t in 0..120 {
            let rates = [5.0 + 0.4 * f64::from(t), 30.0 + 25.0 * (f64::from(t) / 9.0).sin()];
            let mut work = IDLE_CORES;
            for c in 0..2 {
                let count = poisson(&mut rng, rates[c]);
                // Exponential demand: the noise grows with the load.
                work += (0..count).map(|_| exponential(&mut rng, truth[c])).sum::<f64>();
                classes[c].push(f64::from(count));
            }
            cpu.push(work);
        }
        let f = fit(&known(cpu), &classes.map(known), 1.0, &as_is()).unwrap();
        assert_eq!((f.method, f.fallback), (Method::Regression, None));
        for c in 0..2 {
            tallies[c].add(f.classes[c].demand_s, truth[c]);
        }
    }
    for (tally, case) in tallies.iter().zip(["heavy class", "light class"]) {
        tally.covers_90_to_99(case);
        assert!(tally.percent(tally.relative_error).abs() < 1.0);
    }
}

#[test]
fn constant_load_falls_back_to_the_ratio() {
    let mut tally = Tally::default();
    for seed in 0..RUNS {
        let mut rng = SmallRng::seed_from_u64(seed);
        let load: Vec<f64> = ar1(&mut rng, 120, 0.2).iter().map(|e| 40.0 + 0.5 * e).collect();
        let noise = ar1(&mut rng, 120, 0.5);
        let cpu: Vec<f64> =
            load.iter().zip(noise).map(|(x, e)| IDLE_CORES + DEMAND_S * x + 0.01 * e).collect();
        let options = DemandOptions { known_idle_cores: Some(IDLE_CORES), ..as_is() };
        let f = fit(&known(cpu.clone()), &[known(load.clone())], 1.0, &options).unwrap();
        assert_eq!((f.method, f.fallback), (Method::Ratio, Some(Fallback::ThroughputTooConstant)));
        assert_eq!((f.idle_cores, f.condition_number.unwrap() > 30.0), (None, true));
        tally.add(f.classes[0].demand_s, DEMAND_S);
        // Without the idle rate its share stays in the figure: 0.05 / 40 s.
        let raw = ratio::fit(&known(cpu), &known(load), 0.0, None).unwrap();
        assert!((raw.demand_s.value - f.classes[0].demand_s.value - IDLE_CORES / 40.0).abs() < 2e-5);
    }
    tally.covers_90_to_99("ratio");
    assert!(tally.percent(tally.within_1_percent) >= 95.0);
}

#[test]
fn two_constant_classes_are_called_constant() {
    let mut rng = SmallRng::seed_from_u64(3);
    let mut steady = |level: f64| known(ar1(&mut rng, 60, 0.0).iter().map(|e| level + 0.1 * e).collect());
    let classes = [steady(10.0), steady(30.0)];
    let f = fit(&known(vec![0.5; 60]), &classes, 1.0, &as_is()).unwrap();
    assert_eq!((f.method, f.fallback), (Method::Ratio, Some(Fallback::ThroughputTooConstant)));
    assert!((f.classes[0].demand_s.value - 0.5 / 40.0).abs() < 1e-4);
    assert_eq!((f.r2, f.classes[0].flattening_per_s), (None, None));
}

#[test]
fn classes_that_move_together_share_one_figure() {
    let (_, load) = shapes(60).swap_remove(0);
    let cpu = load.iter().map(|x| 0.02 * x + 0.01 * x).collect();
    let f = fit(&known(cpu), &[known(load.clone()), known(load)], 1.0, &as_is()).unwrap();
    assert_eq!((f.method, f.fallback), (Method::Ratio, Some(Fallback::ClassesNotSeparable)));
    assert_eq!(f.condition_number, None);
    assert_eq!(f.classes[0], f.classes[1]);
    assert!((f.classes[0].demand_s.value - 0.015).abs() < 1e-12);
}

#[test]
fn wider_bins_heal_displaced_samples() {
    let (mut bias, mut predicted) = ([0.0; 2], [0.0; 2]);
    for seed in 0..RUNS {
        let mut rng = SmallRng::seed_from_u64(seed);
        let counts: Vec<f64> = (0..300).map(|_| f64::from(poisson(&mut rng, 10.0))).collect();
        // The CPU counter is read up to half a second after each bin's edge, work spread evenly inside a bin.
        let late: Vec<f64> = (0..=300).map(|_| (0.25 + 0.1 * normal(&mut rng)).clamp(0.0, 0.5)).collect();
        let next = |t: usize| counts.get(t + 1).copied().unwrap_or(10.0);
        let cpu = (0..300)
            .map(|t| IDLE_CORES + DEMAND_S * (counts[t] * (1.0 - late[t]) + next(t) * late[t + 1]))
            .collect();
        let cpu = known(cpu);
        for (i, aggregation) in [Aggregation::Bins(1), Aggregation::Auto].into_iter().enumerate() {
            let options = DemandOptions { aggregation, ..DemandOptions::default() };
            let f = fit(&cpu, &[known(counts.clone())], 1.0, &options).unwrap();
            assert_eq!(f.method, Method::Regression);
            bias[i] += (f.classes[0].demand_s.value / DEMAND_S - 1.0) / RUNS as f64;
            predicted[i] -= 0.25 * f.classes[0].flattening_per_s.unwrap() / RUNS as f64;
            assert_eq!(f.bin_width_s, if aggregation == Aggregation::Auto { 5.0 } else { 1.0 });
        }
    }
    println!("slope bias at 1 s {:.3}, at 5 s {:.3}", bias[0], bias[1]);
    println!("predicted {predicted:.3?}");
    assert!(bias[0] < -0.2, "the fault must show at 1 s: {bias:?}");
    assert!(bias[1].abs() < 0.3 * bias[0].abs(), "and mostly heal at 5 s: {bias:?}");
    for (found, expected) in bias.iter().zip(predicted) {
        assert!((found - expected).abs() < 0.01, "foretold {predicted:?}, found {bias:?}");
    }
}

#[test]
fn gaps_are_left_out_not_counted_as_zero() {
    let (_, load) = shapes(200).swap_remove(0);
    let mut cpu: Vec<Option<f64>> = load.iter().map(|x| Some(IDLE_CORES + DEMAND_S * x)).collect();
    let mut throughput = known(load);
    cpu[17] = None;
    cpu[90] = Some(f64::NAN);
    throughput[31] = None;
    let f = fit(&cpu, std::slice::from_ref(&throughput), 1.0, &as_is()).unwrap();
    assert_eq!(f.n, 197);
    assert!((f.classes[0].demand_s.value - DEMAND_S).abs() < 1e-12);
    let wide = fit(&cpu, &[throughput], 1.0, &DemandOptions::default()).unwrap();
    assert_eq!(wide.n, 37);
    assert!((wide.classes[0].demand_s.value - DEMAND_S).abs() < 1e-12);
}

#[test]
fn bad_input_is_named() {
    let cpu = known(vec![1.0; 10]);
    let zero = known(vec![0.0; 10]);
    let call = |x: &[Vec<Option<f64>>], w: f64| fit(&cpu, x, w, &as_is()).unwrap_err().to_string();
    assert_eq!(call(&[], 1.0), "classes must be at least one");
    assert_eq!(call(std::slice::from_ref(&zero), 0.0), "bin_width_s must be positive");
    assert_eq!(call(std::slice::from_ref(&zero), 1.0), "no request in any complete bin");
    assert_eq!(call(&[known(vec![-1.0; 10])], 1.0), "throughput_per_s must be zero or more");
    assert_eq!(call(&[zero[1..].to_vec()], 1.0), "the series differ in length: 10 against 9");
    assert_eq!(call(&[vec![None; 10]], 1.0), "0 complete observations, at least 5 needed");
}
