//! The judgement itself.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{Thresholds, VerdictInputs};

/// Whether a generator's figures can be believed, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Trust {
    /// Nothing speaks against the figures.
    Valid,
    /// Something comes near to a limit.
    Suspect,
    /// The generator, not the target, shaped the figures.
    Invalid,
}

impl Trust {
    /// All, the best first.
    pub const ALL: [Self; 3] = [Self::Valid, Self::Suspect, Self::Invalid];

    /// The word, as in the serialised form.
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::Suspect => "SUSPECT",
            Self::Invalid => "INVALID",
        }
    }

    /// The inverse of [`Trust::name`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name() == name)
    }
}

/// One figure that speaks against the generator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The judgement that this reason alone leads to.
    pub trust: Trust,
    /// Which figure, one of `lateness`, `pickup`, `overslept`, `sent_share`, `cpu`, `run_queue`, `steal`,
    /// `crowded`, `throttled`, `queue_full`, `intervals`.
    pub figure: String,
    /// The figure, the limit and what they mean, in words.
    pub text: String,
}

/// A judgement with its reasons, the gravest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The gravest of the reasons, or [`Trust::Valid`].
    pub trust: Trust,
    /// What speaks against the generator; empty if nothing does.
    pub reasons: Vec<Reason>,
    /// Figures that could not be judged because the kernel does not tell them, named as in the reasons.
    #[serde(default)]
    pub unmeasured: Vec<String>,
}

/// Judges `inputs` by `thresholds`. Nothing offered is valid: it claims nothing.
pub fn verdict(inputs: &VerdictInputs, thresholds: &Thresholds) -> Verdict {
    let mut judge = Judge { thresholds, reasons: Vec::new(), unmeasured: Vec::new() };
    judge.lateness(inputs);
    judge.load(inputs);
    judge.machine(inputs);
    judge.intervals(inputs);
    let Judge { mut reasons, unmeasured, .. } = judge;
    reasons.sort_by_key(|reason| Reverse(reason.trust));
    Verdict { trust: reasons.first().map_or(Trust::Valid, |reason| reason.trust), reasons, unmeasured }
}

struct Judge<'a> {
    thresholds: &'a Thresholds,
    reasons: Vec<Reason>,
    unmeasured: Vec<String>,
}

impl Judge<'_> {
    fn add(&mut self, trust: Trust, figure: &str, text: String) {
        self.reasons.push(Reason { trust, figure: figure.to_owned(), text });
    }

    /// INVALID above the limit, SUSPECT above its `suspect_share`; `text` is given the limit that was exceeded.
    fn over(&mut self, figure: &str, value: f64, limit: f64, text: impl FnOnce(f64) -> String) {
        self.over_from(figure, value, limit * self.thresholds.suspect_share, limit, text);
    }

    /// INVALID above the limit, SUSPECT above `from`; `text` is given the one that was exceeded.
    fn over_from(
        &mut self,
        figure: &str,
        value: f64,
        from: f64,
        limit: f64,
        text: impl FnOnce(f64) -> String,
    ) {
        if value > limit {
            self.add(Trust::Invalid, figure, text(limit));
        } else if value > from {
            self.add(Trust::Suspect, figure, text(from));
        }
    }

    /// A share of time; `None` is noted as unmeasured.
    fn share(&mut self, figure: &str, value: Option<f64>, limit: f64, what: &str) {
        match value {
            None => self.unmeasured.push(figure.to_owned()),
            Some(share) => {
                self.over(figure, share, limit, |limit| {
                    format!("{what} {:.2} % of the time; limit {:.1} %", share * 100.0, limit * 100.0)
                });
            }
        }
    }

    fn lateness(&mut self, inputs: &VerdictInputs) {
        let by_service_s = inputs.service_p50_s * self.thresholds.lateness_share;
        let floor_s = self.thresholds.lateness_floor_s;
        let limit_s = by_service_s.max(floor_s);
        let from_s = (by_service_s * self.thresholds.suspect_share).max(floor_s);
        let words = |limit_s: f64| {
            if limit_s <= floor_s && by_service_s != floor_s {
                format!("{:.3} ms", limit_s * 1e3)
            } else {
                format!(
                    "{:.0} % of the median service time of {:.3} ms",
                    limit_s / inputs.service_p50_s * 100.0,
                    inputs.service_p50_s * 1e3
                )
            }
        };
        let pickup_ms = inputs.pickup_p99_s * 1e3;
        let noticed = |limit_s: f64| {
            let limit = words(limit_s);
            format!("the generator noticed due moments {pickup_ms:.3} ms late (p99); limit {limit}")
        };
        let pickup_is_over = inputs.pickup_p99_s > limit_s;
        self.over_from("pickup", inputs.pickup_p99_s, from_s, limit_s, noticed);
        // What was noticed late was sent late: the same thing is not said twice.
        if !pickup_is_over {
            let lateness_ms = inputs.lateness_p99_s * 1e3;
            let left = |limit_s: f64| {
                let limit = words(limit_s);
                format!(
                    "requests left {lateness_ms:.3} ms late (p99), waiting for connections or slots; limit {limit}"
                )
            };
            self.over_from("lateness", inputs.lateness_p99_s, from_s, limit_s, left);
        }
    }

    fn load(&mut self, inputs: &VerdictInputs) {
        let due = inputs.sent + inputs.unsent;
        if inputs.unsent > 0 {
            let share = inputs.sent as f64 / due as f64;
            if share < self.thresholds.sent_share {
                let text = format!(
                    "{} of {due} due requests were sent ({:.2} %); limit {:.1} %",
                    inputs.sent,
                    share * 100.0,
                    self.thresholds.sent_share * 100.0
                );
                self.add(Trust::Invalid, "sent_share", text);
            }
        }
        if let Some(share) = inputs.overslept_share {
            let limit = self.thresholds.overslept_share;
            let text = |limit: f64| {
                format!(
                    "late wake-ups took {:.2} % of the users' time, so that they asked less than they would have; \
                     limit {:.1} %",
                    share * 100.0,
                    limit * 100.0
                )
            };
            self.over("overslept", share, limit, text);
        }
        if inputs.queue_full > 0 {
            let text = format!("{} requests found the queue full (limits.max_queue)", inputs.queue_full);
            self.add(Trust::Suspect, "queue_full", text);
        }
    }

    fn machine(&mut self, inputs: &VerdictInputs) {
        let limits = *self.thresholds;
        let cpu = inputs.worst_cpu_cores;
        let used = |limit: f64| format!("a thread used {cpu:.2} cores; limit {limit:.2}");
        self.over("cpu", cpu, limits.cpu_cores, used);
        let waited = inputs.worst_run_queue_fraction;
        self.share("run_queue", waited, limits.run_queue_fraction, "a thread was ready but had no core for");
        let stolen = inputs.thread_steal_fraction.or(inputs.machine_steal_fraction);
        self.share("steal", stolen, limits.steal_fraction, "the hypervisor took the generator's CPUs for");
        match inputs.crowded_chance {
            None => self.unmeasured.push("crowded".to_owned()),
            // Lateness shows how timers fare. An answer that wakes a thread on a busy core may fare worse (a
            // kernel that preempts lazily leaves it until the next tick), and nothing here can see it.
            Some(chance) if chance > limits.crowded_chance => {
                let text = format!(
                    "other work kept the CPUs that the generator may use: with a chance of {:.0} % none was free; \
                     limit {:.0} %",
                    chance * 100.0,
                    limits.crowded_chance * 100.0
                );
                self.add(Trust::Suspect, "crowded", text);
            }
            Some(_) => {}
        }
        match inputs.throttled_fraction {
            None => self.unmeasured.push("throttled".to_owned()),
            // A thread under a quota that bites stands still for whole periods: any of it is worth a word.
            Some(share) if share > 0.0 => {
                let text = format!(
                    "a CPU quota held the generator back for {:.2} % of the time; limit {:.1} %",
                    share * 100.0,
                    limits.throttled_fraction * 100.0
                );
                let over = share > limits.throttled_fraction;
                self.add(if over { Trust::Invalid } else { Trust::Suspect }, "throttled", text);
            }
            Some(_) => {}
        }
    }

    /// A short disturbance hardly moves the figures of a long run, and is to be known all the same.
    fn intervals(&mut self, inputs: &VerdictInputs) {
        let judged = inputs.intervals;
        if judged.invalid > 0 {
            let share = judged.invalid as f64 / judged.count.max(judged.invalid) as f64;
            let limit = self.thresholds.intervals_share;
            let trust = if share > limit { Trust::Invalid } else { Trust::Suspect };
            let are = if judged.invalid == 1 { "is" } else { "are" };
            let limit = match trust {
                Trust::Invalid => format!("); limit {:.0} %", limit * 100.0),
                _ => format!("; from {:.0} % on the whole load is)", limit * 100.0),
            };
            let text = format!(
                "{} of {} intervals {are} INVALID judged alone ({:.1} %{limit}",
                judged.invalid,
                judged.count,
                share * 100.0
            );
            self.add(trust, "intervals", text);
        }
        let share = judged.suspect as f64 / judged.count.max(judged.suspect).max(1) as f64;
        if share > self.thresholds.intervals_share {
            let are = if judged.suspect == 1 { "is" } else { "are" };
            let text = format!(
                "{} of {} intervals {are} SUSPECT judged alone ({:.1} %); limit {:.0} %",
                judged.suspect,
                judged.count,
                share * 100.0,
                self.thresholds.intervals_share * 100.0
            );
            self.add(Trust::Suspect, "intervals", text);
        }
    }
}
