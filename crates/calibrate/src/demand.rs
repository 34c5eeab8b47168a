//! CPU of a request, and CPU without any.
//!
//! The demand is all CPU over all requests, less what is used without any. So a run in which dear requests keep users from
//! sending others is not taken for one with cheap requests, as a regression on throughput would. What is used without any
//! request is the intercept of a regression with the level that the shape asks for as its instrument: that level is set by
//! the plan alone, whatever requests happen to cost. It counts where it is more than its own error.

use swarmlab_stats::demand::{MIN_BINS, ratio};
use swarmlab_stats::{hac, linear};

/// Fewer requests tell nothing.
pub const LEAST_REQUESTS: f64 = 100.0;
/// A demand whose 95 % interval reaches further than this share to a side is none.
pub const WIDEST: f64 = 0.25;
/// Below this coefficient of variation the level is constant.
const CONSTANT: f64 = 0.15;
/// Standard errors that what is used without requests must be away from none: taken for more than it is, it makes requests
/// cheaper than they are.
const SURE: f64 = 3.0;
/// Bins that an intercept needs.
const INTERCEPT_BINS: usize = 12;

/// What a request costs a service.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// CPU of a request, in seconds of one core.
    pub mean_s: f64,
    /// Its 95 % interval.
    pub ci_s: (f64, f64),
    /// Requests behind it.
    pub requests: f64,
    /// CPU that the service uses without any, all replicas together, in cores; `None` where it cannot be told from 0, or the
    /// load was too constant to tell.
    pub idle_cores: Option<f64>,
    /// Whether the load varied enough to tell.
    pub varied: bool,
}

/// Finds it. Series by bin: mean cores, requests a second, the level that the shape asks for.
///
/// # Errors
/// Why it is not known, a clause without its full stop.
pub fn find(
    cpu_cores: &[Option<f64>],
    per_s: &[Option<f64>],
    level: &[f64],
    width_s: f64,
) -> Result<Demand, String> {
    let (mut position, mut cpu, mut rate, mut asked) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (i, pair) in cpu_cores.iter().zip(per_s).enumerate() {
        if let (Some(c), Some(r), Some(l)) = (pair.0, pair.1, level.get(i)) {
            position.push(i);
            cpu.push(*c);
            rate.push(*r);
            asked.push(*l);
        }
    }
    if position.len() < MIN_BINS {
        return Err(format!(
            "CPU and requests are known together in {} of {} bins, and {MIN_BINS} are needed",
            position.len(),
            cpu_cores.len()
        ));
    }
    let requests = rate.iter().sum::<f64>() * width_s;
    if requests < LEAST_REQUESTS {
        return Err(format!("it had {requests:.0} requests, and {LEAST_REQUESTS:.0} are needed"));
    }
    let varied = position.len() >= INTERCEPT_BINS && varies(&asked);
    let idle = if varied { intercept(&position, &cpu, &rate, &asked) } else { None };
    let per_bin = rate.iter().sum::<f64>() / position.len() as f64;
    let known =
        |cost: Cost, idle_cores| Demand { mean_s: cost.0, ci_s: cost.1, requests, idle_cores, varied };
    if let Some((cores, error)) = idle {
        let cost = cost(cpu_cores, per_s, cores, error / per_bin)?;
        if reach(cost) <= WIDEST {
            return Ok(known(cost, Some(cores)));
        }
        // It takes the demand out of sight: then it is a part of it.
    }
    let cost = cost(cpu_cores, per_s, 0.0, 0.0)?;
    if cost.0 <= 0.0 {
        return Err(format!("its {requests:.0} requests took no CPU that can be told from none"));
    }
    if reach(cost) > WIDEST {
        let (low_s, high_s) = cost.1;
        return Err(format!(
            "its demand is {:.3} ms with a 95 % interval from {:.3} to {:.3} ms: wider than {:.0} % to a side",
            cost.0 * 1e3,
            low_s * 1e3,
            high_s * 1e3,
            WIDEST * 100.0
        ));
    }
    Ok(known(cost, None))
}

/// A demand and its 95 % interval, in seconds.
type Cost = (f64, (f64, f64));

/// All CPU but what is used without requests over all requests; `error_s` is the standard error of that share a request.
fn cost(
    cpu_cores: &[Option<f64>],
    per_s: &[Option<f64>],
    idle_cores: f64,
    error_s: f64,
) -> Result<Cost, String> {
    let d = ratio::fit(cpu_cores, per_s, idle_cores, None).map_err(|e| e.to_string())?.demand_s;
    let low_s = (d.value - (d.value - d.ci_low).hypot(1.96 * error_s)).max(0.0);
    let high_s = d.value + (d.ci_high - d.value).hypot(1.96 * error_s);
    Ok((d.value, (low_s, high_s)))
}

/// How far an interval reaches to a side, as a share of the value.
fn reach((value, (low, high)): Cost) -> f64 {
    if value > 0.0 { (high - value).max(value - low) / value } else { f64::INFINITY }
}

fn varies(values: &[f64]) -> bool {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    mean > 0.0 && variance.sqrt() / mean > CONSTANT
}

/// CPU at a load of nothing with its standard error, where it is more than three times that.
fn intercept(position: &[usize], cpu: &[f64], rate: &[f64], level: &[f64]) -> Option<(f64, f64)> {
    let ones = vec![1.0; cpu.len()];
    let lag = hac::automatic_lag(cpu.len());
    let (instruments, regressors) = ([ones.clone(), level.to_vec()], [ones, rate.to_vec()]);
    let fit = linear::fit(position, &instruments, &regressors, cpu, lag).ok()?;
    let idle = *fit.coefficients.first()?;
    let mean = cpu.iter().sum::<f64>() / cpu.len() as f64;
    (idle > SURE * fit.se(0) && idle < mean).then_some((idle, fit.se(0)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn known(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().map(|v| Some(*v)).collect()
    }

    /// Numbers between 0 and 1 that look independent.
    fn units() -> impl FnMut() -> f64 {
        let mut seed = 7_u64;
        move || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        }
    }

    #[test]
    fn what_is_used_without_requests_is_no_cost_of_theirs() {
        let level: Vec<f64> = (0..60).map(|i| f64::from(i % 20) + 1.0).collect();
        // Noise that neither the level nor the noise before it knows.
        let mut unit = units();
        let cpu: Vec<f64> = level.iter().map(|l| 0.05 + 0.02 * l + (unit() - 0.5) * 0.02).collect();
        let d = find(&known(&cpu), &known(&level), &level, 1.0).unwrap();
        assert!((d.mean_s / 0.02 - 1.0).abs() < 0.03, "{d:?}");
        assert!((d.idle_cores.unwrap() - 0.05).abs() < 0.01, "{d:?}");
    }

    #[test]
    fn users_who_wait_for_dear_requests_do_not_make_them_cheap() {
        // Bins with dear requests have fewer of them: CPU is the same whatever the rate, at each level.
        let mut unit = units();
        let level: Vec<f64> = (0..120).map(|i| f64::from(i / 30) + 1.0).collect();
        let cost: Vec<f64> = level.iter().map(|_| 0.02 * (0.7 + 0.6 * unit())).collect();
        let rate: Vec<f64> = level.iter().zip(&cost).map(|(l, c)| 0.1 * l / c).collect();
        let cpu: Vec<f64> = level.iter().map(|l| 0.1 * l).collect();
        let truth = cpu.iter().sum::<f64>() / rate.iter().sum::<f64>();
        let d = find(&known(&cpu), &known(&rate), &level, 1.0).unwrap();
        assert!((d.mean_s / truth - 1.0).abs() < 0.03, "{d:?} {truth}");
    }

    #[test]
    fn too_little_evidence_is_no_demand_but_a_reason() {
        let few = find(&known(&[0.1; 4]), &known(&[50.0; 4]), &[1.0; 4], 1.0).unwrap_err();
        assert!(few.contains("4 of 4 bins"), "{few}");
        let rare = find(&known(&[0.1; 30]), &known(&[1.0; 30]), &[1.0; 30], 1.0).unwrap_err();
        assert!(rare.contains("30 requests"), "{rare}");
        let mut wild = vec![0.0; 30];
        wild[3] = 5.0;
        let wide = find(&known(&wild), &known(&[50.0; 30]), &[1.0; 30], 1.0).unwrap_err();
        assert!(wide.contains("95 % interval"), "{wide}");
    }
}
