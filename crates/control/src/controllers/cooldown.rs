//! Cool-downs: how long after a change there is none, by direction.

use serde::{Deserialize, Serialize};

/// How long after a change there is none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Cooldown {
    /// Before the count may grow again.
    pub up_s: f64,
    /// Before it may shrink again.
    pub down_s: f64,
    /// When the count was last changed by this controller.
    #[serde(default)]
    pub changed_s: Option<f64>,
}

impl Cooldown {
    /// A fresh one.
    pub fn new(up_s: f64, down_s: f64) -> Self {
        Self { up_s, down_s, changed_s: None }
    }

    /// How long there is still no change from `from` to `to`; notes the change if it may be.
    pub fn left_s(&mut self, from: u64, to: u64, now_s: f64) -> Option<f64> {
        let wait_s = if to > from { self.up_s } else { self.down_s };
        let left = self.changed_s.map(|at| at + wait_s - now_s).filter(|left| *left > 0.0);
        if to != from && left.is_none() {
            self.changed_s = Some(now_s);
        }
        left.filter(|_| to != from)
    }
}
