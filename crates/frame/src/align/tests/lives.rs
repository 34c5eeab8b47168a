//! Counters of tasks that come, go and restart, against the truth that they were made from.

use proptest::prelude::*;

use super::{bins, series};
use crate::align::*;
use swarmlab_record::series::Series;

/// How long the service is watched, seconds.
const WATCHED_S: f64 = 3600.0;

/// A task whose use swings around a mean.
#[derive(Debug, Clone)]
struct Truth {
    born_s: f64,
    died_s: f64,
    mean: f64,
    swing: f64,
    period_s: f64,
}

impl Truth {
    /// What it has used since its birth.
    fn total(&self, t_s: f64) -> f64 {
        let t = (t_s.min(self.died_s) - self.born_s).max(0.0);
        let turn = std::f64::consts::TAU / self.period_s;
        self.mean * (t + self.swing / turn * (1.0 - (turn * t).cos()))
    }

    /// The counter as it is scraped: each `interval_s`, never quite on time, from a new container being found on, and
    /// from 0 again after a restart.
    fn scraped(&self, interval_s: f64, phase: f64, late: &[f64], restart_s: Option<f64>) -> Series {
        let mut samples = Vec::new();
        let scrapes = (0_u32..).map(|i| (f64::from(i), late[i as usize % late.len()]));
        for (i, late) in scrapes.take_while(|(i, _)| i * interval_s < WATCHED_S + 30.0) {
            let t = (i + phase + 0.2 * late) * interval_s;
            if t > self.born_s && t <= self.died_s {
                let since = restart_s.filter(|r| *r <= t && *r > self.born_s).map_or(0.0, |r| self.total(r));
                samples.push((t, self.total(t) - since));
            }
        }
        let died = (self.died_s < WATCHED_S + 30.0).then_some(self.died_s);
        let interval_s = swarmlab_record::series::interval_s(
            &samples.iter().map(|&(t, v)| swarmlab_record::series::Sample::new(t, v)).collect::<Vec<_>>(),
        )
        .unwrap_or(interval_s);
        Series { interval_s, ..series(&samples, Some(self.born_s), died) }
    }
}

fn tasks() -> impl Strategy<Value = Vec<Truth>> {
    let task = (0.0..3000.0_f64, 120.0..3000.0_f64, 0.1..4.0_f64, 0.0..0.5_f64, 600.0..3600.0_f64);
    let task = task.prop_map(|(born_s, lives_s, mean, swing, period_s)| Truth {
        born_s,
        died_s: born_s + lives_s,
        mean,
        swing,
        period_s,
    });
    prop::collection::vec(task, 1..12)
}

/// The service's total over the time, and how many of its bins are unknown.
fn measured(all: &[Series], width_s: f64) -> (f64, usize) {
    let grid = bins(0.0, width_s, (WATCHED_S / width_s) as usize);
    let tasks: Vec<_> = all.iter().map(|s| counter_rate(s, &grid, Tolerance::default())).collect();
    let rates = sum_over_tasks(&tasks);
    (rates.iter().flatten().sum::<f64>() * width_s, rates.iter().filter(|v| v.is_none()).count())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn births_and_deaths_cost_no_bin_and_no_work(
        tasks in tasks(), interval_s in 1_u32..16, phase in 0.0..1.0_f64,
        late in prop::collection::vec(0.0..1.0_f64, 50),
    ) {
        let interval_s = f64::from(interval_s);
        let all: Vec<_> = tasks.iter().map(|t| t.scraped(interval_s, phase, &late, None)).collect();
        let truth: f64 = tasks.iter().map(|t| t.total(WATCHED_S - WATCHED_S % interval_s)).sum();
        let (total, unknown) = measured(&all, interval_s);
        prop_assert_eq!(unknown, 0);
        prop_assert!((total / truth - 1.0).abs() <= 0.005, "{} for {}", total, truth);
    }

    /// A restart loses at most what was counted since the last sample, and nothing more.
    #[test]
    fn a_restart_loses_at_most_one_interval(
        interval_s in 1_u32..16, phase in 0.0..1.0_f64, restart_s in 100.0..3500.0_f64,
        mean in 0.1..4.0_f64, late in prop::collection::vec(0.0..1.0_f64, 50),
    ) {
        let interval_s = f64::from(interval_s);
        let task = Truth { born_s: 0.0, died_s: 2.0 * WATCHED_S, mean, swing: 0.0, period_s: 600.0 };
        let (total, unknown) = measured(&[task.scraped(interval_s, phase, &late, Some(restart_s))], interval_s);
        let truth = task.total(WATCHED_S - WATCHED_S % interval_s);
        prop_assert_eq!(unknown, 0);
        prop_assert!(total <= truth * (1.0 + 1e-9), "{} for {}", total, truth);
        prop_assert!(truth - total <= 1.2 * interval_s * mean * (1.0 + 1e-9), "{} for {}", total, truth);
        prop_assert!((total / truth - 1.0).abs() <= 0.005, "{} for {}", total, truth);
    }
}
