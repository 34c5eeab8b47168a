//! CPU and memory of child processes from `/proc` (embedded testbed).
//!
//! `/proc/<pid>/stat` counts in clock ticks of 10 ms, but the kernel scales user and system time to the
//! scheduler's nanosecond sum before it rounds, so the error is one tick a reading and does not add up.

use std::fs;

/// Kernel clock ticks a second in `/proc/<pid>/stat`; fixed to 100 by the kernel's user-space ABI.
const TICKS_PER_S: f64 = 100.0;
/// Bytes a page on the platforms we run on (x86-64, and arm64 with 4 KiB pages).
const PAGE_BYTES: f64 = 4096.0;

/// One reading of one process.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// User plus system CPU seconds since the process started.
    pub cpu_s: f64,
    /// Resident set, bytes.
    pub resident_bytes: f64,
}

/// Reads a process; the error is a sentence.
pub fn read(pid: u32) -> Result<Reading, String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|e| e.to_string())?;
    parse_stat(&stat).ok_or_else(|| "unexpected format of /proc/<pid>/stat".to_owned())
}

/// Parses `/proc/<pid>/stat` (proc_pid_stat(5)): the command in parentheses may hold anything, so fields are
/// counted from the last closing parenthesis.
pub fn parse_stat(stat: &str) -> Option<Reading> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // Field numbers of the manual minus 3: state is field 3 and the first one here.
    let user: f64 = fields.get(11)?.parse().ok()?;
    let system: f64 = fields.get(12)?.parse().ok()?;
    let resident_pages: f64 = fields.get(21)?.parse().ok()?;
    Some(Reading { cpu_s: (user + system) / TICKS_PER_S, resident_bytes: resident_pages * PAGE_BYTES })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_command_with_parentheses_and_spaces_does_not_shift_fields() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 9 8 7 6 150 50 3 4 20 0 5 0 100 200000 300 18446744073709551615";
        let r = parse_stat(stat).unwrap();
        assert_eq!(r.cpu_s, 2.0);
        assert_eq!(r.resident_bytes, 300.0 * 4096.0);
    }

    #[test]
    fn own_process_can_be_read_and_grows() {
        let a = read(std::process::id()).unwrap();
        assert!(a.resident_bytes > 0.0);
        assert!(read(u32::MAX).is_err());
    }

    #[test]
    fn torn_text_is_refused() {
        assert_eq!(parse_stat(""), None);
        assert_eq!(parse_stat("1 (x) S 1 2"), None);
    }
}
