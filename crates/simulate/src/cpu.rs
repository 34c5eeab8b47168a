//! The processor of a replica: everyone on it gets the same share, and at most one core.
//!
//! What a job has attained is the same for all that came at the same time, so the processor counts one attained service,
//! and a job ends when that reaches what it was at its coming plus its demand. Whoever ends next is the least of a heap: a
//! coming or a going costs its logarithm, however many there are.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use crate::model::Quota;
use crate::visits::VisitId;

#[derive(Debug)]
struct Job {
    /// Attained service at which it ends.
    ends_at: f64,
    order: u64,
    visit: VisitId,
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Job {}

impl PartialOrd for Job {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Job {
    fn cmp(&self, other: &Self) -> Ordering {
        self.ends_at.total_cmp(&other.ends_at).then(self.order.cmp(&other.order))
    }
}

/// What is due on a processor.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Due {
    Nothing,
    Job,
    QuotaUsed,
    NewPeriod,
}

/// Periods of a quota.
#[derive(Debug)]
struct Periods {
    quota: Quota,
    /// When the first period began: replicas are not in step.
    phase_s: f64,
    /// Number of the present one.
    number: f64,
    /// CPU used in it, in seconds.
    used_s: f64,
    throttled: bool,
}

impl Periods {
    fn start_of(&self, number: f64) -> f64 {
        self.phase_s + number * self.quota.period_s
    }

    fn end_s(&self) -> f64 {
        self.start_of(self.number + 1.0)
    }

    /// Moves on to the period of `t_s`; what is used at `cores` counts from its beginning.
    fn move_on(&mut self, t_s: f64, cores: f64) {
        if t_s < self.end_s() {
            return;
        }
        self.number = ((t_s - self.phase_s) / self.quota.period_s).floor();
        // The end of a period belongs to the next one, whatever the division's rounding says.
        if t_s >= self.end_s() {
            self.number += 1.0;
        }
        self.used_s = cores * (t_s - self.start_of(self.number)).max(0.0);
        self.throttled = false;
    }
}

/// Of a limit at least this share is left for requests, whatever a replica uses without any.
const LEAST_SHARE: f64 = 1e-3;

/// The processor of one replica.
#[derive(Debug)]
pub(crate) struct Cpu {
    /// What is left of the limit for requests.
    limit_cores: f64,
    /// CPU that is used beside all requests, and since when it was not taken.
    idle_cores: f64,
    taken_s: f64,
    periods: Option<Periods>,
    at_s: f64,
    attained_s: f64,
    jobs: BinaryHeap<Reverse<Job>>,
    orders: u64,
    due: Due,
    /// CPU used since it was taken, in seconds.
    used_s: f64,
    /// Time during which there was work and no quota, since it was taken, in seconds.
    throttled_s: f64,
}

impl Cpu {
    pub(crate) fn new(now_s: f64, limit_cores: f64, quota: Option<Quota>, phase: f64) -> Self {
        let periods = quota.map(|quota| Periods {
            quota,
            phase_s: now_s - phase * quota.period_s,
            number: 0.0,
            used_s: 0.0,
            throttled: false,
        });
        Self {
            limit_cores,
            idle_cores: 0.0,
            taken_s: now_s,
            periods,
            at_s: now_s,
            attained_s: 0.0,
            jobs: BinaryHeap::new(),
            orders: 0,
            due: Due::Nothing,
            used_s: 0.0,
            throttled_s: 0.0,
        }
    }

    /// With so much that is used without any request: it is not there for requests.
    pub(crate) fn idling(mut self, idle_cores: f64) -> Self {
        self.idle_cores = idle_cores;
        self.limit_cores = self.left(self.limit_cores);
        self
    }

    /// What a limit leaves for requests.
    fn left(&self, limit_cores: f64) -> f64 {
        (limit_cores - self.idle_cores).max(limit_cores * LEAST_SHARE)
    }

    /// Cores that requests use right now.
    fn cores(&self) -> f64 {
        let jobs = self.jobs.len() as f64;
        match &self.periods {
            Some(p) if p.throttled => 0.0,
            Some(p) => jobs.min(p.quota.node_cores),
            None => jobs.min(self.limit_cores),
        }
    }

    /// Goes on to a moment that is not after what is due.
    fn advance(&mut self, now_s: f64) {
        let passed_s = (now_s - self.at_s).max(0.0);
        let cores = self.cores();
        self.at_s = now_s;
        if !self.jobs.is_empty() {
            self.attained_s += passed_s * cores / self.jobs.len() as f64;
            self.used_s += passed_s * cores;
        }
        if let Some(p) = &mut self.periods {
            if p.throttled {
                self.throttled_s += passed_s;
            }
            p.used_s += passed_s * cores;
            p.move_on(now_s, cores);
        }
    }

    /// A job with so much demand, in seconds of one core; gives the moment that is due then.
    pub(crate) fn push(&mut self, now_s: f64, visit: VisitId, demand_s: f64) -> f64 {
        self.advance(now_s);
        if self.jobs.is_empty() {
            // Sums start again where nobody has attained anything, so that they stay exact.
            self.attained_s = 0.0;
        }
        self.orders += 1;
        self.jobs.push(Reverse(Job { ends_at: self.attained_s + demand_s, order: self.orders, visit }));
        self.plan()
    }

    /// What was due has come: the visit whose job ended, if one did, and the moment that is due next.
    pub(crate) fn fire(&mut self, now_s: f64) -> (Option<VisitId>, f64) {
        let due = self.due;
        self.advance(now_s);
        let mut ended = None;
        match due {
            Due::Job => {
                if let Some(Reverse(job)) = self.jobs.pop() {
                    // Exactly, whatever rounding made of the sum.
                    self.attained_s = job.ends_at;
                    ended = Some(job.visit);
                }
            }
            Due::QuotaUsed => {
                let (limit_cores, cores) = (self.limit_cores, self.cores());
                if let Some(p) = &mut self.periods {
                    let quota_s = limit_cores * p.quota.period_s;
                    // Used to the end but for rounding; where rounding led into the next period, it is not. What is left
                    // may be too little to move the time: it would be due at this moment for ever.
                    let left_s = quota_s - p.used_s;
                    p.throttled = left_s <= quota_s * 1e-9 || now_s + left_s / cores <= now_s;
                }
            }
            // `advance` has moved on.
            Due::NewPeriod | Due::Nothing => {}
        }
        (ended, self.plan())
    }

    /// Another limit, at once; gives the moment that is due then.
    pub(crate) fn set_limit(&mut self, now_s: f64, limit_cores: f64) -> f64 {
        self.advance(now_s);
        self.limit_cores = self.left(limit_cores);
        if let Some(p) = &mut self.periods {
            p.throttled = p.used_s >= self.limit_cores * p.quota.period_s;
        }
        self.plan()
    }

    /// Takes all jobs away.
    pub(crate) fn clear(&mut self, now_s: f64) {
        self.advance(now_s);
        self.jobs.clear();
        self.due = Due::Nothing;
    }

    /// CPU used and time throttled since they were taken.
    pub(crate) fn take(&mut self, now_s: f64) -> (f64, f64) {
        self.advance(now_s);
        let idle_s = (now_s - std::mem::replace(&mut self.taken_s, now_s)).max(0.0) * self.idle_cores;
        (std::mem::take(&mut self.used_s) + idle_s, std::mem::take(&mut self.throttled_s))
    }

    /// Finds out what is due, and when.
    fn plan(&mut self) -> f64 {
        let Some(Reverse(first)) = self.jobs.peek() else {
            self.due = Due::Nothing;
            return f64::INFINITY;
        };
        let cores = self.cores();
        let job_s = self.at_s + (first.ends_at - self.attained_s).max(0.0) * self.jobs.len() as f64 / cores;
        let Some(p) = &self.periods else {
            self.due = Due::Job;
            return job_s;
        };
        if p.throttled {
            self.due = Due::NewPeriod;
            return p.end_s();
        }
        let quota_s = self.limit_cores * p.quota.period_s;
        let used_up_s = self.at_s + (quota_s - p.used_s).max(0.0) / cores;
        // Else it is renewed before, and used up in the next period or, at this rate, in none.
        let used_up_s = if used_up_s < p.end_s() {
            used_up_s
        } else if cores * p.quota.period_s > quota_s {
            p.end_s() + quota_s / cores
        } else {
            f64::INFINITY
        };
        let (due, at_s) = if job_s <= used_up_s { (Due::Job, job_s) } else { (Due::QuotaUsed, used_up_s) };
        self.due = due;
        at_s
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(index: u32) -> VisitId {
        VisitId { index, age: 0 }
    }

    /// Runs jobs (coming, demand) to their ends: who ended when.
    fn run(cpu: &mut Cpu, jobs: &[(f64, f64)]) -> Vec<(u32, f64)> {
        let mut due_s = f64::INFINITY;
        let mut ended = Vec::new();
        let mut fire = |cpu: &mut Cpu, due_s: f64| {
            let (visit, next_s) = cpu.fire(due_s);
            ended.extend(visit.map(|v| (v.index, due_s)));
            next_s
        };
        for (i, (at_s, demand_s)) in jobs.iter().enumerate() {
            while due_s <= *at_s {
                due_s = fire(cpu, due_s);
            }
            due_s = cpu.push(*at_s, id(i as u32), *demand_s);
        }
        while due_s.is_finite() {
            due_s = fire(cpu, due_s);
        }
        ended
    }

    fn near(found: &[(u32, f64)], expected: &[(u32, f64)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (f, e) in found.iter().zip(expected) {
            assert!(f.0 == e.0 && (f.1 - e.1).abs() < 1e-9, "{found:?} {expected:?}");
        }
    }

    #[test]
    fn a_core_is_shared_evenly() {
        // Alone for 1 s, then each at half speed; the second ends at 3 s with 1 s of work, the first has 1 s left.
        let found = run(&mut Cpu::new(0.0, 1.0, None, 0.0), &[(0.0, 3.0), (1.0, 1.0)]);
        near(&found, &[(1, 3.0), (0, 4.0)]);
    }

    #[test]
    fn one_job_has_at_most_one_core_and_all_at_most_the_limit() {
        near(&run(&mut Cpu::new(0.0, 2.0, None, 0.0), &[(0.0, 1.0)]), &[(0, 1.0)]);
        near(&run(&mut Cpu::new(0.0, 0.5, None, 0.0), &[(0.0, 1.0)]), &[(0, 2.0)]);
        let three = [(0.0, 1.0), (0.0, 1.0), (0.0, 1.0)];
        near(&run(&mut Cpu::new(0.0, 2.0, None, 0.0), &three), &[(0, 1.5), (1, 1.5), (2, 1.5)]);
    }

    #[test]
    fn who_has_used_the_quota_waits_for_the_next_period() {
        let quota = Some(Quota { period_s: 0.1, node_cores: 4.0 });
        // Half a core: 50 ms in each 100 ms. 120 ms of work: 50, pause, 50, pause, 20.
        let mut cpu = Cpu::new(0.0, 0.5, quota, 0.0);
        near(&run(&mut cpu, &[(0.0, 0.12)]), &[(0, 0.22)]);
        let (used_s, throttled_s) = cpu.take(0.22);
        assert!((used_s - 0.12).abs() < 1e-9 && (throttled_s - 0.1).abs() < 1e-9);
        // Begun in the middle of a period, it has its whole quota left and then that of the next.
        near(&run(&mut Cpu::new(0.0, 0.5, quota, 0.0), &[(0.06, 0.08)]), &[(0, 0.14)]);
        // Two at once use it twice as fast.
        let two = [(0.0, 0.05), (0.0, 0.05)];
        near(&run(&mut Cpu::new(0.0, 0.5, quota, 0.0), &two), &[(0, 0.125), (1, 0.125)]);
    }

    #[test]
    fn a_small_quota_ends_also_late_where_moments_are_coarse() {
        // A thousandth of a core: 100 us in each period, used up four times as fast, after some hours.
        let quota = Some(Quota { period_s: 0.1, node_cores: 4.0 });
        for start in 0..200 {
            let start_s = 30_000.0 + f64::from(start) * 0.037;
            let mut cpu = Cpu::new(0.0, 0.001, quota, 0.3);
            let mut due_s = f64::INFINITY;
            for i in 0..4 {
                due_s = cpu.push(start_s + f64::from(i) * 1.1e-5, id(i), 0.001);
            }
            let mut looks = 0;
            while due_s.is_finite() {
                due_s = cpu.fire(due_s).1;
                looks += 1;
                assert!(looks < 1000, "at {due_s} s it does not go on");
            }
        }
    }

    #[test]
    fn what_is_used_without_requests_is_counted_and_not_there_for_them() {
        let mut cpu = Cpu::new(2.0, 1.0, None, 0.0).idling(0.2);
        near(&run(&mut cpu, &[(2.0, 0.8)]), &[(0, 3.0)]);
        let (used_s, _) = cpu.take(4.0);
        assert!((used_s - 1.2).abs() < 1e-9, "{used_s}");
        assert!((cpu.take(5.0).0 - 0.2).abs() < 1e-9);
        // A limit below it leaves next to nothing, but not less than that.
        assert!(cpu.set_limit(5.0, 0.1).is_infinite());
        assert!(cpu.push(5.0, id(1), 1e-6).is_finite());
    }

    #[test]
    fn a_limit_changes_what_is_left() {
        let mut cpu = Cpu::new(0.0, 1.0, None, 0.0);
        cpu.push(0.0, id(0), 1.0);
        assert!((cpu.set_limit(0.5, 0.5) - 1.5).abs() < 1e-12);
        let quota = Some(Quota { period_s: 0.1, node_cores: 4.0 });
        let mut cpu = Cpu::new(0.0, 0.5, quota, 0.0);
        cpu.push(0.0, id(0), 1.0);
        // 40 ms are used: more than the 20 ms of the new limit, so it waits for the period's end.
        assert!((cpu.set_limit(0.04, 0.2) - 0.1).abs() < 1e-12);
        // More again while throttled: on with it.
        assert!((cpu.set_limit(0.05, 0.5) - 0.06).abs() < 1e-12);
    }

    proptest! {
        /// Whatever comes: all that is asked for is worked off, nobody is faster than a core, and no period sees more
        /// than its quota.
        #[test]
        fn a_quota_is_never_exceeded(
            gaps in proptest::collection::vec((0.0_f64..0.2, 0.0_f64..0.1), 1..60),
            limit in 0.05_f64..3.0,
            phase in 0.0_f64..1.0,
        ) {
            let quota = Quota { period_s: 0.1, node_cores: 2.0 };
            let mut cpu = Cpu::new(0.0, limit, Some(quota), phase);
            let mut at_s = 0.0;
            let jobs: Vec<(f64, f64)> = gaps.iter().map(|(g, d)| { at_s += g; (at_s, *d) }).collect();
            let mut due_s = f64::INFINITY;
            let mut next = jobs.iter().enumerate().peekable();
            let (mut total_s, mut period, mut in_period_s) = (0.0, 0_u64, 0.0);
            loop {
                let comes_s = next.peek().map_or(f64::INFINITY, |(_, j)| j.0);
                let ends_s = (period as f64 + 1.0 - phase) * 0.1;
                let now_s = comes_s.min(due_s).min(ends_s);
                if comes_s.is_infinite() && due_s.is_infinite() { break; }
                // An observer of its own looks at the period's edges, too.
                let used_s = cpu.take(now_s).0;
                total_s += used_s;
                in_period_s += used_s;
                prop_assert!(in_period_s <= limit * 0.1 + 1e-9, "{} of {}", in_period_s, limit * 0.1);
                if now_s == due_s {
                    due_s = cpu.fire(now_s).1;
                } else if let Some((i, j)) = next.next_if(|_| now_s == comes_s) {
                    due_s = cpu.push(now_s, id(i as u32), j.1);
                }
                if now_s == ends_s { period += 1; in_period_s = 0.0; }
            }
            let asked_s: f64 = jobs.iter().map(|j| j.1).sum();
            prop_assert!((total_s - asked_s).abs() < 1e-9, "{} of {}", total_s, asked_s);
        }
    }
}
