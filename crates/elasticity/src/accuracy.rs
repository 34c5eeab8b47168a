//! Accuracy, timeshare, instability and jitter of supply `s` against demand `d` over `T` seconds.
//!
//! Accuracy has two normalisations, and both are here by name, because figures of one are often set beside figures of the
//! other: **relative** divides by the demand (SPEC RG: `theta_U = 100/T * integral max(d - s, 0) / d`), **absolute** by time
//! alone (BUNGEE: `accuracy_U = 1/T * integral max(d - s, 0)`, in replicas).

use serde::{Deserialize, Serialize};

use crate::steps::Steps;

/// A figure of each direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Too little: demand above supply.
    pub under: f64,
    /// Too much: supply above demand.
    pub over: f64,
}

/// How well supply followed demand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// SPEC RG's theta: percent of the demand. `None` if the demand is nothing somewhere: then it has no value.
    pub relative_percent: Option<Pair>,
    /// BUNGEE's accuracy: replicas, averaged over time.
    pub absolute_replicas: Pair,
    /// tau: percent of the time in each state.
    pub timeshare_percent: Pair,
    /// SPEC RG's upsilon: percent of the time in which supply and demand do not move the same way. `None` without a second
    /// moment to compare with.
    pub instability_percent: Option<f64>,
    /// BUNGEE's jitter: changes of supply less changes of demand, a second; below zero supply misses some.
    pub jitter_per_s: f64,
    /// Seconds that were judged.
    pub judged_s: f64,
    /// Seconds in which demand or supply is not known.
    pub unknown_s: f64,
}

/// Judges supply against demand, over the time that both have. `sample_s` is the width of the bins in which instability
/// compares directions. `None` if nothing is known of both at once.
pub fn judge(demand: &Steps, supply: &Steps, sample_s: f64) -> Option<Accuracy> {
    let pieces = demand.pieces(supply);
    let both: Vec<(f64, f64, f64)> = pieces.iter().filter_map(|p| Some((p.length_s, p.a?, p.b?))).collect();
    let total: f64 = pieces.iter().map(|p| p.length_s).sum();
    let judged: f64 = both.iter().map(|p| p.0).sum();
    if judged <= 0.0 {
        return None;
    }
    let mean =
        |of: &dyn Fn(f64, f64) -> f64| both.iter().map(|(l, d, s)| l * of(*d, *s)).sum::<f64>() / judged;
    let pair = |under: &dyn Fn(f64, f64) -> f64, over: &dyn Fn(f64, f64) -> f64| Pair {
        under: mean(under),
        over: mean(over),
    };
    let (lack, excess) = (|d: f64, s: f64| (d - s).max(0.0), |d: f64, s: f64| (s - d).max(0.0));
    let relative = both
        .iter()
        .all(|(_, d, _)| *d > 0.0)
        .then(|| pair(&|d, s| 100.0 * lack(d, s) / d, &|d, s| 100.0 * excess(d, s) / d));
    let (begin, end) = (demand.begin_s().max(supply.begin_s()), demand.end_s().min(supply.end_s()));
    let moves = |f: &Steps| f.changes().iter().filter(|(t, ..)| *t > begin && *t < end).count() as f64;
    Some(Accuracy {
        relative_percent: relative,
        absolute_replicas: pair(&lack, &excess),
        timeshare_percent: pair(&|d, s| if d > s { 100.0 } else { 0.0 }, &|d, s| {
            if s > d { 100.0 } else { 0.0 }
        }),
        instability_percent: instability(demand, supply, sample_s),
        jitter_per_s: (moves(supply) - moves(demand)) / judged,
        judged_s: judged,
        unknown_s: total - judged,
    })
}

/// `upsilon = 100 / (T - t_1) * sum over t_2..t_n of min(|sgn(ds) - sgn(dd)|, 1) dt`, on samples `sample_s` apart, as SPEC RG
/// defines it: curves of steps have no direction between their steps.
pub fn instability(demand: &Steps, supply: &Steps, sample_s: f64) -> Option<f64> {
    if !(sample_s.is_finite() && sample_s > 0.0) {
        return None;
    }
    let (begin, end) = (demand.begin_s().max(supply.begin_s()), demand.end_s().min(supply.end_s()));
    let samples = ((end - begin) / sample_s).ceil();
    if !(2.0..=1e8).contains(&samples) {
        return None;
    }
    let at = |i: usize| {
        let t = begin + i as f64 * sample_s;
        Some((demand.at(t)?, supply.at(t)?))
    };
    let (mut differ, mut compared) = (0u64, 0u64);
    for i in 1..samples as usize {
        let (Some((d0, s0)), Some((d1, s1))) = (at(i - 1), at(i)) else { continue };
        compared += 1;
        differ += u64::from(sign(d1 - d0) != sign(s1 - s0));
    }
    (compared > 0).then(|| 100.0 * differ as f64 / compared as f64)
}

fn sign(v: f64) -> i8 {
    i8::from(v > 0.0) - i8::from(v < 0.0)
}
