//! CPU and memory of child processes from `/proc` (embedded testbed).
//!
//! `/proc/<pid>/stat` counts in clock ticks (of 10 ms, as a rule), but the kernel scales user and system time to the
//! scheduler's nanosecond sum before it rounds, so the error is one tick a reading and does not add up.

use std::fs;

/// What the kernel counts in.
#[derive(Debug, Clone, Copy)]
pub struct Units {
    /// Clock ticks a second in `/proc/<pid>/stat`.
    pub ticks_per_s: f64,
    /// Bytes a page of memory: 4096 on x86-64, up to 65536 on arm64.
    pub page_bytes: f64,
}

impl Units {
    /// Those of the running kernel, which tells each process at its start: no system call.
    pub fn of_this_kernel() -> Self {
        Self {
            ticks_per_s: rustix::param::clock_ticks_per_second() as f64,
            page_bytes: rustix::param::page_size() as f64,
        }
    }
}

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
    parse_stat(&stat, Units::of_this_kernel())
        .ok_or_else(|| "unexpected format of /proc/<pid>/stat".to_owned())
}

/// Parses `/proc/<pid>/stat` (proc_pid_stat(5)): the command in parentheses may hold anything, so fields are
/// counted from the last closing parenthesis.
pub fn parse_stat(stat: &str, units: Units) -> Option<Reading> {
    let (_, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    // Field numbers of the manual minus 3: state is field 3 and the first one here.
    let user: f64 = fields.get(11)?.parse().ok()?;
    let system: f64 = fields.get(12)?.parse().ok()?;
    let resident_pages: f64 = fields.get(21)?.parse().ok()?;
    Some(Reading {
        cpu_s: (user + system) / units.ticks_per_s,
        resident_bytes: resident_pages * units.page_bytes,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const COMMON: Units = Units { ticks_per_s: 100.0, page_bytes: 4096.0 };

    #[test]
    fn a_command_with_parentheses_and_spaces_does_not_shift_fields() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 9 8 7 6 150 50 3 4 20 0 5 0 100 200000 300 18446744073709551615";
        let r = parse_stat(stat, COMMON).unwrap();
        assert_eq!(r.cpu_s, 2.0);
        assert_eq!(r.resident_bytes, 300.0 * 4096.0);
        let large = Units { ticks_per_s: 250.0, page_bytes: 65_536.0 };
        let r = parse_stat(stat, large).unwrap();
        assert_eq!((r.cpu_s, r.resident_bytes), (0.8, 300.0 * 65_536.0));
    }

    #[test]
    fn units_are_what_getconf_says() {
        let getconf = |name: &str| {
            let out = std::process::Command::new("getconf").arg(name).output().ok()?;
            String::from_utf8(out.stdout).ok()?.trim().parse::<f64>().ok()
        };
        let units = Units::of_this_kernel();
        assert!(units.page_bytes >= 4096.0 && units.ticks_per_s > 0.0);
        // A small machine may have no `getconf`.
        assert_eq!(getconf("PAGESIZE").unwrap_or(units.page_bytes), units.page_bytes);
        assert_eq!(getconf("CLK_TCK").unwrap_or(units.ticks_per_s), units.ticks_per_s);
    }

    #[test]
    fn own_process_can_be_read_and_grows() {
        let a = read(std::process::id()).unwrap();
        assert!(a.resident_bytes > 0.0);
        assert!(read(u32::MAX).is_err());
    }

    #[test]
    fn torn_text_is_refused() {
        assert_eq!(parse_stat("", COMMON), None);
        assert_eq!(parse_stat("1 (x) S 1 2", COMMON), None);
    }
}
