//! What the kernel says about a thread, about this process and about the machine. What it does not tell is
//! `None`, never 0.

mod cgroup;
mod cpus;
mod machine;

pub(crate) use machine::Machine;

use std::fs;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::LoadError;

/// Time the thread was ready to run but had no core, nanoseconds; `None` where the kernel does not tell.
pub(crate) fn run_queue_wait_ns(thread_id: i32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread_id}/schedstat")).ok()?;
    text.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// Files kept free for everything else in the process.
const RESERVED_FILES: u64 = 64;

/// Makes sure `wanted` more files can be opened, raising the soft limit towards the hard one if needed.
pub(crate) fn ensure_open_files(wanted: usize) -> Result<(), LoadError> {
    let in_use = fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64);
    let needed = in_use + RESERVED_FILES + wanted as u64;
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current else { return Ok(()) };
    if current >= needed {
        return Ok(());
    }
    let most = limit.maximum.unwrap_or(u64::MAX);
    let raised = Rlimit { current: Some(needed), maximum: limit.maximum };
    if needed <= most && setrlimit(Resource::Nofile, raised).is_ok() {
        return Ok(());
    }
    Err(too_few_files(wanted, in_use, most))
}

fn too_few_files(wanted: usize, in_use: u64, limit: u64) -> LoadError {
    let others = in_use + RESERVED_FILES;
    LoadError::OpenFiles {
        wanted,
        needed: others + wanted as u64,
        limit,
        available: limit.saturating_sub(others),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_files_tell_the_limit_what_is_needed_and_what_to_lower() {
        assert_eq!(
            too_few_files(200, 10, 64).to_string(),
            "up to 200 connections need a limit of 274 open files, but this process may open 64: allow it more \
             (ulimit -n 274)"
        );
        assert_eq!(
            too_few_files(200, 10, 100).to_string(),
            "up to 200 connections need a limit of 274 open files, but this process may open 100: allow it more \
             (ulimit -n 274), or lower the connections (--connections, limits.max_connections) to 26"
        );
    }
}
