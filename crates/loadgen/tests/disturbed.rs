//! The verdict on a generator that is disturbed on purpose, and on one that is not.
//!
//! These tests need a CPU to themselves and, for the quota, the right to make control groups: they are ignored by
//! default, and `scripts/test` runs them with `--ignored --test-threads 1`.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/known.rs"]
mod known;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{get, rate, spec, users};
use known::{Killed, KnownServer, Witness, alone, bound_to_normally, cpus};
use rustix::time::{ClockId, clock_gettime};
use swarmlab_intervals::trust::{Thresholds, Trust, Verdict, verdict};
use swarmlab_intervals::{Interval, Outcome};
use swarmlab_loadgen::{Model, Wait, start};

/// Both models, as one would use them.
fn models(duration_s: f64) -> [(Model, Wait); 2] {
    [
        (rate(300.0, duration_s), Wait::default()),
        (users(30.0, duration_s), Wait::Exponential { mean_s: 0.08 }),
    ]
}

fn judged(interval: &Interval) -> Verdict {
    verdict(&interval.verdict_inputs(), &Thresholds::default())
}

/// Runs a load for 6 s and begins `disturb` after 2 intervals. The moment at which the disturbance began and the
/// intervals with their verdicts, in seconds since the Unix epoch.
fn disturbed<T>(
    model: Model,
    wait: Wait,
    prepare: impl FnOnce() + Send,
    disturb: impl FnOnce() -> T + Send,
) -> (f64, Vec<(f64, Verdict)>, Outcome)
where
    T: Send,
{
    let (own, other) = cpus();
    let server = KnownServer::start(other, 3, "constant 20");
    let mut spec = spec(server.address, model, get("/", wait));
    spec.interval_s = 1.0;
    bound_to_normally(own, move || {
        prepare();
        let handle = start(spec).unwrap();
        let mut seen = Vec::new();
        for _ in 0..2 {
            let interval = handle.intervals().recv().unwrap();
            seen.push((interval.end_unix_s, judged(&interval)));
        }
        let disturbance = disturb();
        let begun_unix_s = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs_f64();
        for interval in handle.intervals() {
            seen.push((interval.end_unix_s, judged(&interval)));
        }
        drop(disturbance);
        let outcome = handle.join().unwrap();
        (begun_unix_s, seen, outcome)
    })
}

/// Whether an interval that ended at most 2 s after the disturbance (and the 0.1 s that it takes to begin) says
/// so; and the whole run.
fn flagged_within_two_seconds(
    (begun_unix_s, seen, outcome): &(f64, Vec<(f64, Verdict)>, Outcome),
    figures: &[&str],
) {
    let named = |verdict: &Verdict| verdict.reasons.iter().any(|r| figures.contains(&&*r.figure));
    let first = seen.iter().find(|(end, verdict)| end > begun_unix_s && named(verdict));
    let (end_unix_s, _) = first.unwrap_or_else(|| panic!("never flagged: {seen:#?}"));
    assert!(end_unix_s - begun_unix_s <= 2.1, "flagged after {} s", end_unix_s - begun_unix_s);
    let run = verdict(&outcome.verdict_inputs, &Thresholds::default());
    assert!(run.trust > Trust::Valid, "{run:?}");
}

/// A process that does nothing but use the CPU that it is bound to.
fn hog(cpu: usize, nice: i32) -> Killed {
    let child = Command::new("nice")
        .args(["-n", &nice.to_string(), "taskset", "-c", &cpu.to_string()])
        .args(["sh", "-c", "while :; do :; done"])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    Killed(child)
}

#[test]
#[ignore = "needs a CPU to itself; scripts/test runs it"]
fn a_cpu_hog_is_flagged() {
    let _alone = alone();
    // An ordinary one, which the generator may be ahead of, and one of its own rank (without the privilege
    // both are the same).
    for nice in [0, -15] {
        for (model, wait) in models(6.0) {
            let seen = disturbed(model, wait, || (), || hog(cpus().0, nice));
            flagged_within_two_seconds(&seen, &["pickup", "lateness", "run_queue", "crowded"]);
        }
    }
}

/// A control group of version 1 or 2 that goes with its owner.
struct Group {
    path: PathBuf,
    is_v1: bool,
}

impl Group {
    /// Fails with words where control groups cannot be made.
    fn new(name: &str) -> Self {
        let name = format!("swarmlab-{name}-{}", std::process::id());
        let v1 = Path::new("/sys/fs/cgroup/cpu");
        let is_v1 = v1.join("cpu.cfs_quota_us").exists() || v1.join("tasks").exists();
        let root = if is_v1 { v1 } else { Path::new("/sys/fs/cgroup") };
        if !is_v1 {
            let _ = std::fs::write(root.join("cgroup.subtree_control"), "+cpu");
        }
        let path = root.join(name);
        std::fs::create_dir(&path).unwrap_or_else(|error| {
            panic!(
                "this test makes a control group, which needs root and a writable {}: {error}",
                root.display()
            )
        });
        Self { path, is_v1 }
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.path.join(file), text)
            .unwrap_or_else(|error| panic!("{}/{file}: {error}", self.path.display()));
    }

    /// Version 1 moves the calling thread; version 2 can only move the process, tests and all.
    fn enter(&self) {
        if self.is_v1 {
            self.write("tasks", &rustix::thread::gettid().as_raw_nonzero().to_string());
        } else {
            self.write("cgroup.procs", &std::process::id().to_string());
        }
    }

    fn limit(&self, quota_us: u32) {
        if self.is_v1 {
            self.write("cpu.cfs_period_us", "100000");
            self.write("cpu.cfs_quota_us", &quota_us.to_string());
        } else {
            self.write("cpu.max", &format!("{quota_us} 100000"));
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.is_v1 {
            let _ = std::fs::write("/sys/fs/cgroup/cgroup.procs", std::process::id().to_string());
        }
        // Threads that ended leave the group a moment later.
        let begun = Instant::now();
        while std::fs::remove_dir(&self.path).is_err() && begun.elapsed() < Duration::from_secs(5) {
            std::thread::yield_now();
        }
    }
}

#[test]
#[ignore = "makes a control group, which needs root; scripts/test runs it"]
fn a_cpu_quota_is_flagged() {
    let _alone = alone();
    for (number, (model, wait)) in models(6.0).into_iter().enumerate() {
        let group = Group::new(&format!("quota{number}"));
        // A hundredth of a CPU: less than the generator needs.
        let seen = disturbed(model, wait, || group.enter(), || group.limit(1000));
        flagged_within_two_seconds(&seen, &["throttled"]);
        let (_, intervals, outcome) = &seen;
        // The group had no limit at first: nothing was held back, and that is known.
        assert!(intervals[0].1.reasons.iter().all(|reason| reason.figure != "throttled"), "{intervals:?}");
        assert!(!intervals[0].1.unmeasured.contains(&"throttled".to_owned()));
        let run = verdict(&outcome.verdict_inputs, &Thresholds::default());
        assert_eq!(run.trust, Trust::Invalid, "{run:?}");
    }
}

/// Busy ticks and all ticks of a CPU.
fn ticks(cpu: usize) -> (u64, u64) {
    let stat = std::fs::read_to_string("/proc/stat").unwrap();
    let line = stat.lines().find_map(|line| line.strip_prefix(&format!("cpu{cpu} "))).unwrap();
    let fields: Vec<u64> = line.split_ascii_whitespace().take(8).map(|f| f.parse().unwrap()).collect();
    let all: u64 = fields.iter().sum();
    (all - fields[3] - fields[4] - fields[7], all)
}

/// CPU time of this process, all threads, seconds.
fn process_cpu_s() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Fifty runs with nothing else to do for the generator's CPU, all of them valid. Whether that is so is looked at
/// apart from the verdict: in the kernel's account of that CPU, and by a thread that does nothing but wake up there.
/// Runs that others disturbed do not count, but the machine must be quiet enough for fifty out of two hundred.
#[test]
#[ignore = "takes minutes of a quiet machine; scripts/test --quiet-machine runs it"]
fn quiet_machine_fifty_clean_runs_raise_no_flag() {
    /// What else may happen on the CPU, and what the account itself is off by (whole ticks of 10 ms).
    const OTHERS: f64 = 0.04;
    /// How much of the time the CPU may have run nobody: so little that of 300 requests a second hardly one is hit,
    /// and the verdict is about the third worst.
    const STALLED: f64 = 0.0025;
    let _alone = alone();
    let (own, other) = cpus();
    let server = KnownServer::start(other, 3, "constant 20");
    let (mut clean, mut flagged, mut attempts, mut quietest) = (0, Vec::new(), 0, (1.0_f64, 1.0_f64));
    while clean < 50 {
        attempts += 1;
        assert!(
            attempts <= 200,
            "the machine is too busy: {clean} runs of 200 were undisturbed, {} of them flagged; in the quietest one other \
             work took {:.0} % of the CPU, and for {:.1} % of the time it ran nobody",
            flagged.len(),
            quietest.0 * 100.0,
            quietest.1 * 100.0
        );
        let (model, wait) = models(2.0).into_iter().nth(attempts % 2).unwrap();
        let mut spec = spec(server.address, model, get("/", wait));
        spec.interval_s = 1.0;
        let (outcome, others, stalled) = bound_to_normally(own, move || {
            let witness = Witness::of(own);
            let (before, cpu_s, begun) = (ticks(own), process_cpu_s(), Instant::now());
            let handle = start(spec).unwrap();
            for _ in handle.intervals() {}
            let outcome = handle.join().unwrap();
            let (after, cpu_s, took_s) = (ticks(own), process_cpu_s() - cpu_s, begun.elapsed().as_secs_f64());
            let busy = (after.0 - before.0) as f64 / (after.1 - before.1) as f64;
            (outcome, busy - cpu_s / took_s, witness.ask().lost_s() / took_s)
        });
        quietest = (quietest.0.min(others), quietest.1.min(stalled));
        if others > OTHERS || stalled > STALLED {
            continue;
        }
        clean += 1;
        let judged = verdict(&outcome.verdict_inputs, &Thresholds::default());
        if judged.trust > Trust::Valid {
            flagged.push((attempts, others, stalled, judged.reasons));
        }
    }
    println!("{clean} undisturbed runs of {attempts}");
    assert!(flagged.is_empty(), "{} of {clean} runs were flagged: {flagged:#?}", flagged.len());
}
