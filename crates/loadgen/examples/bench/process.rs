//! Cores, CPU time and memory of processes.

use std::process::{Child, Command, Stdio};

use rustix::thread::{CpuSet, sched_setaffinity};

/// Kernel clock ticks per second in `/proc/self/stat`: 100 on every Linux this runs on.
const TICKS_PER_S: f64 = 100.0;

/// Keeps this thread, and those it starts, on one core.
pub fn pin(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set).unwrap();
}

/// CPU time of the children that were waited for, seconds (resolution 10 ms).
pub fn children_cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    // Fields 16 and 17 of proc(5), counted from 1 with the name as the second.
    let ticks: f64 = fields[13..15].iter().map(|f| f.parse::<f64>().unwrap()).sum();
    ticks / TICKS_PER_S
}

/// Resident memory of this process, MB.
pub fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1e3
}

/// A program pinned to a core: its output and the CPU it used, seconds.
pub fn measured(cpu: usize, program: &str, arguments: &[&str]) -> Option<(String, f64)> {
    let before_s = children_cpu_s();
    let core = cpu.to_string();
    let output = Command::new("taskset").args(["-c", &core, program]).args(arguments).output().ok()?;
    output
        .status
        .success()
        .then(|| (String::from_utf8_lossy(&output.stdout).into_owned(), children_cpu_s() - before_s))
}

/// This program again, in the background, until dropped.
pub struct Background(Child);

impl Background {
    /// Starts it.
    pub fn start(arguments: &[&str]) -> Self {
        let program = std::env::current_exe().unwrap();
        Self(Command::new(program).args(arguments).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// This program's path.
pub fn myself() -> String {
    std::env::current_exe().unwrap().display().to_string()
}
