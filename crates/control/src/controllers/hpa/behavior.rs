//! Rates by direction: policies, which of them counts, and how far they let the count go.

use serde::{Deserialize, Serialize};

use super::stabilise::{Memory, Windows};

/// How far usage over target may be from 1 without a change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tolerances {
    /// Upwards.
    pub up: f64,
    /// Downwards.
    pub down: f64,
}

impl Default for Tolerances {
    fn default() -> Self {
        Self { up: 0.1, down: 0.1 }
    }
}

impl Tolerances {
    /// True if the ratio asks for no change.
    pub fn within(&self, ratio: f64) -> bool {
        (1.0 - self.down) <= ratio && ratio <= (1.0 + self.up)
    }
}

/// What a policy counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// Replicas.
    Pods,
    /// Percent of the replicas at the period's start.
    Percent,
}

/// So many in so long.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// What `value` counts.
    pub kind: PolicyKind,
    /// How many.
    pub value: i64,
    /// In how long.
    pub period_s: f64,
}

/// Which policy counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Select {
    /// The one that lets the count go farthest.
    Max,
    /// The one that lets it go least far.
    Min,
    /// None: no change in this direction.
    Disabled,
}

/// One direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// How far back recommendations count; `None` is the controller's own.
    pub stabilization_s: Option<f64>,
    /// Which policy counts.
    pub select: Select,
    /// The policies.
    pub policies: Vec<Policy>,
}

impl Rules {
    /// What Kubernetes takes upwards: 4 replicas or 100 % in 15 s, whichever is more, at once.
    pub fn default_up() -> Self {
        let policies = vec![
            Policy { kind: PolicyKind::Pods, value: 4, period_s: 15.0 },
            Policy { kind: PolicyKind::Percent, value: 100, period_s: 15.0 },
        ];
        Self { stabilization_s: Some(0.0), select: Select::Max, policies }
    }

    /// What Kubernetes takes downwards: 100 % in 15 s, stabilised as the controller is set.
    pub fn default_down() -> Self {
        let policies = vec![Policy { kind: PolicyKind::Percent, value: 100, period_s: 15.0 }];
        Self { stabilization_s: None, select: Select::Max, policies }
    }
}

/// Both directions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Behavior {
    /// Upwards.
    pub up: Rules,
    /// Downwards.
    pub down: Rules,
}

impl Default for Behavior {
    fn default() -> Self {
        Self { up: Rules::default_up(), down: Rules::default_down() }
    }
}

impl Behavior {
    /// The stabilisation windows.
    pub fn windows(&self, down_default_s: f64) -> Windows {
        Windows {
            up_s: self.up.stabilization_s.unwrap_or(0.0),
            down_s: self.down.stabilization_s.unwrap_or(down_default_s),
        }
    }

    /// How long changes of the count must be remembered.
    pub fn longest_period_s(&self) -> f64 {
        self.up.policies.iter().chain(&self.down.policies).map(|p| p.period_s).fold(0.0, f64::max)
    }

    /// How far the count may go now, and what stopped it.
    pub fn limit(
        &self,
        memory: &Memory,
        current: i64,
        desired: i64,
        (min, max): (i64, i64),
        now_s: f64,
    ) -> (i64, Option<&'static str>) {
        if desired > current {
            let limit = self.up_limit(memory, current, now_s).max(current);
            let most = max.min(limit);
            let why =
                if max > limit { "limited by the rate upwards" } else { "limited by the greatest count" };
            if desired > most { (most, Some(why)) } else { (desired, None) }
        } else if desired < current {
            let limit = self.down_limit(memory, current, now_s).min(current);
            let least = min.max(limit);
            let why =
                if min < limit { "limited by the rate downwards" } else { "limited by the least count" };
            if desired < least { (least, Some(why)) } else { (desired, None) }
        } else {
            (desired, None)
        }
    }

    /// The greatest count that the policies upwards allow.
    pub fn up_limit(&self, memory: &Memory, current: i64, now_s: f64) -> i64 {
        let proposals = self.up.policies.iter().map(|policy| {
            let start = memory.at_start(current, policy.period_s, now_s);
            match policy.kind {
                PolicyKind::Pods => start.saturating_add(policy.value),
                // Upwards, or a small count would never grow.
                PolicyKind::Percent => (start as f64 * (1.0 + policy.value as f64 / 100.0)).ceil() as i64,
            }
        });
        match self.up.select {
            Select::Disabled => current,
            Select::Min => proposals.min().unwrap_or(current),
            Select::Max => proposals.max().unwrap_or(current),
        }
    }

    /// The least count that the policies downwards allow.
    pub fn down_limit(&self, memory: &Memory, current: i64, now_s: f64) -> i64 {
        let proposals = self.down.policies.iter().map(|policy| {
            let start = memory.at_start(current, policy.period_s, now_s);
            match policy.kind {
                PolicyKind::Pods => start.saturating_sub(policy.value),
                PolicyKind::Percent => (start as f64 * (1.0 - policy.value as f64 / 100.0)) as i64,
            }
        });
        match self.down.select {
            Select::Disabled => current,
            Select::Min => proposals.max().unwrap_or(current),
            Select::Max => proposals.min().unwrap_or(current),
        }
    }
}

/// Without rules: at once up to the greater of so many times the count and 4.
pub fn without_rules(
    current: i64,
    desired: i64,
    (min, max): (i64, i64),
    factor: i64,
) -> (i64, Option<&'static str>) {
    let limit = current.saturating_mul(factor).max(4);
    let most = max.min(limit);
    if desired < min {
        (min, Some("limited by the least count"))
    } else if desired > most {
        let why = if max > limit { "limited by the rate upwards" } else { "limited by the greatest count" };
        (most, Some(why))
    } else {
        (desired, None)
    }
}
