//! How the demand of a service varies, and which part of its times no CPU explains.
//!
//! The run is simulated again and again, each time with another law of the demand, and the times of the service's answers
//! are compared with those that were counted, in bins in which little had to wait: there a time is a demand, and no queue.
//! What answers took longer on the average than any demand explains is a wait, the same for each request.

use swarmlab_intervals::{Histogram, add_histogram, new_histogram};
use swarmlab_simulate::{Action, Law, Model, ModelError, Simulation};

use crate::conditions::Act;
use crate::evidence::Evidence;
use crate::times::Times;

/// Answers that a comparison needs.
pub const LEAST_ANSWERS: f64 = 200.0;
/// Answers with which it is content.
const ENOUGH_ANSWERS: f64 = 4000.0;
/// Simulated answers with which a law is content, and the most seeds for them.
const SIMULATED: f64 = 6000.0;
const SEEDS: u64 = 3;
/// Squared coefficients of variation that are tried first, then those around the best of them, and the least there.
const COARSE: [f64; 5] = [0.06, 0.2, 0.6, 1.5, 4.0];
const FINE: [f64; 5] = [0.5, 0.7, 1.0, 1.4, 2.0];
const LEAST_SCV: f64 = 0.02;
/// Quantiles that are compared, and from how many answers on the last.
const QUANTILES: [f64; 7] = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
const FOR_THE_LAST: f64 = 1000.0;
/// A wait below this share of the mean, or this time, is none.
const LEAST_WAIT: (f64, f64) = (0.02, 2e-4);

/// Bins in which little had to wait.
#[derive(Debug, Clone, PartialEq)]
pub struct Quiet {
    /// Their numbers.
    pub bins: Vec<usize>,
    /// Most of its limit that a service used in them, 0 to 1.
    pub most: f64,
    /// Answers in them.
    pub answers: f64,
}

/// What fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The law of the demand.
    pub law: Law,
    /// What no CPU explains, in seconds.
    pub wait_s: f64,
    /// Mean factor by which simulated quantiles are off, less 1.
    pub off: f64,
    /// Answers that were compared.
    pub answers: f64,
}

/// The bins to compare: `busiest` is the share of its limits that the busiest service used, by bin. As few had to wait as
/// there can be with enough answers.
pub fn quiet(evidence: &Evidence, busiest: &[Option<f64>]) -> Option<Quiet> {
    for (most, least) in [(0.3, 1500.0), (0.5, 700.0), (0.7, LEAST_ANSWERS), (0.85, LEAST_ANSWERS)] {
        let (mut bins, mut answers) = (Vec::new(), 0.0);
        for (i, used) in busiest.iter().enumerate() {
            let n = evidence.felt.get(i).and_then(Option::as_ref).map_or(0.0, |h| h.len() as f64);
            if answers < ENOUGH_ANSWERS && n > 0.0 && used.is_some_and(|u| u <= most) {
                bins.push(i);
                answers += n;
            }
        }
        if answers >= least {
            return Some(Quiet { bins, most, answers });
        }
    }
    None
}

/// Finds the law of a service's demand, whose mean is known, and its wait. The services that it calls have theirs already.
/// `None` where nobody counted enough of its times.
///
/// # Errors
/// The model cannot be simulated.
pub fn find(
    model: &Model,
    service: usize,
    evidence: &Evidence,
    quiet: &Quiet,
) -> Result<Option<Fitted>, ModelError> {
    let own = &model.services[service];
    let is_entry = service == model.entry;
    let seen = match is_entry {
        true => Some(evidence.felt(&quiet.bins)),
        false => evidence.fronts.of(&own.name).and_then(|f| f.times(&quiet.bins)),
    };
    let Some(seen) = seen.filter(|t| t.count() >= LEAST_ANSWERS) else { return Ok(None) };
    let try_all = |laws: Vec<Law>, seeds: u64| -> Result<Option<Fitted>, ModelError> {
        let mut best: Option<Fitted> = None;
        for law in laws {
            let mut tried = model.clone();
            tried.services[service].before = law.clone();
            tried.services[service].wait = Law::NOTHING;
            let times = simulated(&tried, service, evidence, quiet, seeds)?;
            let Some(fitted) = compared(law, &seen, &times) else { continue };
            // The simpler ones come first, and stay where others are no nearer.
            if best.as_ref().is_none_or(|b| fitted.off < b.off) {
                best = Some(fitted);
            }
        }
        Ok(best)
    };
    let mean_s = own.before.mean_s();
    let Some(coarse) = try_all(laws(mean_s, &COARSE), 1)? else { return Ok(None) };
    let around = coarse.law.scv().max(LEAST_SCV);
    try_all(laws(mean_s, &FINE.map(|f| f * around)), SEEDS)
}

/// All laws of a mean with these variations, and the two that have none to choose, the simplest first.
fn laws(mean_s: f64, scvs: &[f64]) -> Vec<Law> {
    let mut out = vec![Law::Constant { mean_s }, Law::Exponential { mean_s }];
    for &scv in scvs {
        out.push(Law::Lognormal { mean_s, scv });
        // Of 1 it is the exponential.
        if scv != 1.0 {
            out.push(Law::Gamma { mean_s, scv });
        }
    }
    out
}

fn compared(law: Law, seen: &Times, simulated: &Times) -> Option<Fitted> {
    let (mean_s, by_s) = (seen.mean_s()?, simulated.mean_s()?);
    let error_s = seen.deviation_s()? / seen.count().sqrt();
    let wait_s = mean_s - by_s;
    let least_s = (2.0 * error_s).max(LEAST_WAIT.0 * mean_s).max(LEAST_WAIT.1);
    let wait_s = if wait_s > least_s { wait_s } else { 0.0 };
    let (mut sum, mut n) = (0.0, 0.0);
    for q in QUANTILES.iter().filter(|q| **q < 0.99 || seen.count() >= FOR_THE_LAST) {
        let (a, b) = (seen.quantile_s(*q)?, simulated.quantile_s(*q)? + wait_s);
        if a > 0.0 && b > 0.0 {
            sum += (b / a).ln().powi(2);
            n += 1.0;
        }
    }
    let off = if n > 0.0 { (sum / n).sqrt().exp() - 1.0 } else { return None };
    Some(Fitted { law, wait_s, off, answers: seen.count() })
}

/// Times of a service's answers in some bins; of the entry those that clients feel.
fn simulated(
    model: &Model,
    service: usize,
    evidence: &Evidence,
    quiet: &Quiet,
    seeds: u64,
) -> Result<Times, ModelError> {
    let mut sum = new_histogram();
    for seed in 1..=seeds {
        once(model, service, evidence, quiet, seed, &mut sum)?;
        if sum.len() as f64 >= SIMULATED {
            break;
        }
    }
    Ok(Times::of_micros(&sum))
}

fn once(
    model: &Model,
    service: usize,
    evidence: &Evidence,
    quiet: &Quiet,
    seed: u64,
    sum: &mut Histogram,
) -> Result<(), ModelError> {
    let mut simulation = Simulation::at_rest(model.clone(), seed)?;
    simulation.begin(evidence.sent.clients.clone(), evidence.sent.errands.clone(), seed)?;
    for (at_s, act) in &evidence.acts {
        if let Some(action) = action(model, act) {
            simulation.at(*at_s, action)?;
        }
    }
    let last = quiet.bins.last().copied().unwrap_or_default();
    for bin in 0..=last {
        simulation.go_on_until((bin + 1) as f64 * evidence.width_s);
        let (clients, services) = (simulation.take_clients(), simulation.take_services());
        let _ = simulation.take_lives();
        if quiet.bins.contains(&bin) {
            let response =
                if service == model.entry { &clients.response } else { &services[service].response };
            add_histogram(sum, response);
        }
    }
    Ok(())
}

/// What an act is in a simulation; nothing of a service that the model does not have.
pub(crate) fn action(model: &Model, act: &Act) -> Option<Action> {
    let service = model.services.iter().position(|s| s.name == act.service())?;
    Some(match act {
        Act::Scale { replicas, .. } => Action::Scale { service, replicas: *replicas },
        Act::Limit { cores, .. } => Action::Limit { service, cores: *cores },
    })
}
