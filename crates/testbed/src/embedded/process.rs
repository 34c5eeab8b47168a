//! One child process: start, health, log, stop.
//!
//! A child dies with us: its standard input is a pipe that nobody writes to, and it leaves when that closes,
//! so that even a killed parent leaves nothing behind.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use super::plan::ProcessPlan;
use crate::TestbedError;

/// How long a child may take to stop before it is killed.
const GRACE: Duration = Duration::from_secs(10);
/// Lines of its log that an error shows.
const LOG_LINES: usize = 10;

/// A running child.
pub struct Running {
    /// What it is.
    pub plan: ProcessPlan,
    /// Process id.
    pub pid: u32,
    /// Whether it answers: requests may go to it.
    pub healthy: bool,
    /// Whether its end was told already.
    pub told: bool,
    child: Child,
    log: PathBuf,
}

/// Starts a child with its output in `<log_dir>/<task>.log`.
pub fn start(binary: &Path, plan: ProcessPlan, log_dir: &Path) -> Result<Running, TestbedError> {
    let io = |what: String| move |source| TestbedError::Io { what, source };
    let log = log_dir.join(format!("{}.log", plan.task));
    let out = std::fs::File::create(&log).map_err(io(format!("create {}", log.display())))?;
    let err = out.try_clone().map_err(io(format!("open {}", log.display())))?;
    let child = Command::new(binary)
        .args(&plan.args)
        .envs(&plan.env)
        .stdin(Stdio::piped())
        .stdout(out)
        .stderr(err)
        // A Ctrl-C on the terminal is for us: we stop the children in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(io(format!("start {} ({})", plan.task, binary.display())))?;
    let pid = child.id().unwrap_or(0);
    Ok(Running { plan, pid, healthy: false, told: false, child, log })
}

/// Whether a health check passes now; bounded in time by the client.
pub async fn answers(http: &reqwest::Client, health_url: &str) -> Result<(), String> {
    let answer = http.get(health_url).send().await.map_err(|e| e.to_string())?;
    if answer.status().is_success() { Ok(()) } else { Err(format!("answers {}", answer.status())) }
}

impl Running {
    /// `Some(what it did)` if it is gone.
    pub fn exited(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(Some(status)) => Some(format!("ended with {status}")),
            Ok(None) => None,
            Err(e) => Some(format!("cannot be waited for: {e}")),
        }
    }

    /// The last lines it wrote.
    pub fn log_tail(&self) -> Vec<String> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(LOG_LINES)).map(|l| (*l).to_owned()).collect()
    }

    /// An error about this child.
    pub fn failed(&self, what: impl Into<String>) -> TestbedError {
        TestbedError::Child { task: self.plan.task.clone(), what: what.into(), log: self.log_tail() }
    }

    /// Asks it to finish (SIGTERM).
    pub fn terminate(&self) {
        if let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) {
            // It may be gone already, which is what we want.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    /// Waits until it is gone; kills it when it does not stop in time. Returns whether it had to be killed.
    pub async fn gone(&mut self) -> bool {
        if tokio::time::timeout(GRACE, self.child.wait()).await.is_ok() {
            return false;
        }
        let _ = self.child.kill().await;
        true
    }
}
