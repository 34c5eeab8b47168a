//! `threshold`: rules with cool-downs, as people's scripts have them. The first rule that holds for its time acts.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::cooldown::Cooldown;
use crate::controller::Controller;
use crate::decision::Advice;
use crate::hold::Hold;
use crate::view::View;

/// A side of a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Greater than.
    Above(f64),
    /// Less than.
    Below(f64),
}

impl When {
    fn holds(self, v: f64) -> bool {
        match self {
            Self::Above(t) => v > t,
            Self::Below(t) => v < t,
        }
    }
}

/// How the count changes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// By so many.
    By(i64),
    /// By so many percent of what is there, at least by one.
    Percent(f64),
    /// To so many.
    To(u64),
}

impl Change {
    /// The count after the change. Parts of a replica are cut off, but never the whole change, as AWS does for step
    /// scaling (12.7 is 12, 0.6 is 1, -6.67 is -6).
    pub fn apply(self, count: u64) -> u64 {
        match self {
            Self::By(n) => count.saturating_add_signed(n),
            Self::To(n) => n,
            Self::Percent(p) => {
                let exact = count as f64 * p / 100.0;
                let whole =
                    if exact.abs() < 1.0 { exact.signum() * f64::from(exact != 0.0) } else { exact.trunc() };
                count.saturating_add_signed(whole as i64)
            }
        }
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The metric.
    pub metric: String,
    /// When it acts.
    pub when: When,
    /// For how long that must have been so.
    pub for_s: f64,
    /// What it does.
    pub change: Change,
    /// Since when it is so.
    #[serde(default)]
    pub since_s: Option<f64>,
}

/// Rules with cool-downs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// In the order in which they are asked.
    pub rules: Vec<Rule>,
    /// How long after a change there is none.
    pub cooldown: Cooldown,
}

impl Controller for Threshold {
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
        let now_s = view.now_s();
        let mut acts: Option<(String, u64)> = None;
        let mut blind = None;
        for rule in &mut self.rules {
            let v = match view.metric(&rule.metric) {
                Ok(v) => v,
                Err(why) => {
                    // What was not seen was not so all the time.
                    rule.since_s = None;
                    blind.get_or_insert(why);
                    continue;
                }
            };
            if !rule.when.holds(v) {
                rule.since_s = None;
                continue;
            }
            let for_s = now_s - *rule.since_s.get_or_insert(now_s);
            if acts.is_none() && for_s >= rule.for_s {
                let (side, limit) = match rule.when {
                    When::Above(t) => ("above", t),
                    When::Below(t) => ("below", t),
                };
                let told = format!("`{}` is {v:.4}, {side} {limit} for {for_s:.0} s", rule.metric);
                acts = Some((told, rule.change.apply(view.desired())));
            }
        }
        if let Some(why) = blind {
            return Err(why);
        }
        let Some((told, to)) = acts else {
            return Ok(Advice::replicas(view.desired(), "no rule holds"));
        };
        let from = view.desired();
        let to = view.bounds().clamp(to);
        if let Some(left) = self.cooldown.left_s(from, to, now_s) {
            return Ok(Advice::replicas(from, format!("{told}, but cools down for {left:.0} s more")));
        }
        let reason = match to.cmp(&from) {
            Ordering::Greater => format!("{told}: up to {to}"),
            Ordering::Less => format!("{told}: down to {to}"),
            Ordering::Equal => format!("{told}, and {to} is as far as it may go"),
        };
        Ok(Advice::replicas(to, reason))
    }
}
