//! `pid`: the discrete controller in velocity form (Åström and Hägglund, *PID Controllers*, 1995, ch. 3).
//!
//! `u_k = sat(u_{k-1} + Kp (e_k - e_{k-1}) + Ki T e_k + Kd (e_k - 2 e_{k-1} + e_{k-2}) / T)` with `e = U - U*`, so that
//! load above the setpoint asks for replicas. What is kept is the output after saturation: it cannot wind up.

use serde::{Deserialize, Serialize};

use crate::controller::Controller;
use crate::decision::Advice;
use crate::hold::Hold;
use crate::view::View;

/// The equation: gains, and what it remembers. Pure arithmetic, also for whatever else is to be steered.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pid {
    /// Output per unit of error.
    pub kp: f64,
    /// Output per unit of error and second.
    pub ki: f64,
    /// Output per unit of error a second.
    pub kd: f64,
    /// The output, after saturation.
    #[serde(default)]
    pub output: f64,
    /// The last error and the one before.
    #[serde(default)]
    pub errors: Option<(f64, f64)>,
}

impl Pid {
    /// With these gains, from this output on.
    pub fn new(kp: f64, ki: f64, kd: f64, output: f64) -> Self {
        Self { kp, ki, kd, output, errors: None }
    }

    /// The output after `period_s` with this error, between `low` and `high`. Before the first error there was the same
    /// one: beginning is no jump.
    pub fn step(&mut self, error: f64, period_s: f64, low: f64, high: f64) -> f64 {
        let (last, before) = self.errors.unwrap_or((error, error));
        let mut output = self.output + self.kp * (error - last) + self.ki * period_s * error;
        if period_s > 0.0 {
            output += self.kd * (error - 2.0 * last + before) / period_s;
        }
        self.errors = Some((error, last));
        self.output = output.min(high).max(low);
        self.output
    }
}

/// Replicas by PID.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PidScaling {
    /// The metric.
    pub metric: String,
    /// Where it is to be.
    pub setpoint: f64,
    /// An error that is no larger asks for nothing.
    pub deadband: f64,
    /// The equation, in replicas.
    pub pid: Pid,
    /// When it was last asked, with all there.
    #[serde(default)]
    pub asked_s: Option<f64>,
    /// The count that it last gave.
    #[serde(default)]
    pub gave: Option<u64>,
}

impl Controller for PidScaling {
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
        let v = match view.metric(&self.metric) {
            Ok(v) => v,
            Err(why) => {
                // Differences over a hole are of something else, and the hole is no time of error.
                self.pid.errors = None;
                self.asked_s = None;
                return Err(why);
            }
        };
        let now_s = view.now_s();
        let bounds = view.bounds();
        // Somebody else has set the count: go on from there, without a jump.
        if self.gave != Some(view.desired()) {
            self.pid.output = view.desired() as f64;
        }
        let error = v - self.setpoint;
        let error = if error.abs() <= self.deadband { 0.0 } else { error };
        let period_s = self.asked_s.map_or(0.0, |at| (now_s - at).max(0.0));
        self.asked_s = Some(now_s);
        let output = self.pid.step(error, period_s, bounds.min as f64, bounds.max as f64);
        let replicas = output.round().max(0.0) as u64;
        self.gave = Some(replicas);
        let reason =
            format!("`{}` is {v:.4}, {error:+.4} from {}: {output:.2} replicas", self.metric, self.setpoint);
        Ok(Advice::replicas(replicas, reason).with("output", output).with("error", error))
    }
}
