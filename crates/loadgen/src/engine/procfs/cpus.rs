//! What the CPUs of this machine did, and how much of them the hypervisor gave to others: `/proc/stat`, proc(5).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Ticks of one CPU since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Ticks {
    /// All states together, idle included: how much time has passed.
    pub total: u64,
    /// Runnable, but the hypervisor ran something else.
    pub steal: u64,
    /// Running anything: neither idle nor waiting for a disk nor stolen.
    pub busy: u64,
}

/// Ticks of every CPU that is on line, by number.
pub(crate) type Cpus = BTreeMap<usize, Ticks>;

/// The CPUs now; `None` where the kernel does not count steal.
pub(crate) fn cpus() -> Option<Cpus> {
    parse(&fs::read_to_string("/proc/stat").ok()?)
}

fn parse(text: &str) -> Option<Cpus> {
    let mut cpus = Cpus::new();
    for line in text.lines() {
        let Some((number, fields)) = line.strip_prefix("cpu").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        // The first line, "cpu" without a number, is the sum.
        let Ok(number) = number.parse() else { continue };
        // user nice system idle iowait irq softirq steal; guest times behind them are part of user.
        let fields: Vec<u64> =
            fields.split_ascii_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
        let (idle, iowait, steal) = (*fields.get(3)?, *fields.get(4)?, *fields.get(7)?);
        let total = fields.iter().fold(0_u64, |sum, ticks| sum.saturating_add(*ticks));
        cpus.insert(
            number,
            Ticks {
                total,
                steal,
                busy: total.saturating_sub(idle).saturating_sub(iowait).saturating_sub(steal),
            },
        );
    }
    (!cpus.is_empty()).then_some(cpus)
}

/// What CPUs did between two readings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shares {
    /// Share of the time stolen.
    pub steal: f64,
    /// Share of the time busy.
    pub busy: f64,
    /// Number of CPUs.
    pub cpus: usize,
}

/// What the CPUs of `of` (all, if `None`) did between two readings; `None` if no time has passed for them.
/// A CPU that came or went in between is left out.
pub(crate) fn shares(before: &Cpus, after: &Cpus, of: Option<&BTreeSet<usize>>) -> Option<Shares> {
    let (mut total, mut steal, mut busy, mut count) = (0_u64, 0_u64, 0_u64, 0);
    for (number, after) in after {
        if of.is_none_or(|of| of.contains(number))
            && let Some(before) = before.get(number)
        {
            total = after.total.saturating_sub(before.total).saturating_add(total);
            steal = after.steal.saturating_sub(before.steal).saturating_add(steal);
            busy = after.busy.saturating_sub(before.busy).saturating_add(busy);
            count += 1;
        }
    }
    let share = |ticks: u64| ticks as f64 / total as f64;
    (total > 0).then(|| Shares { steal: share(steal), busy: share(busy), cpus: count })
}

/// The CPUs that a thread of this process may run on; `None` where the kernel does not tell.
pub(crate) fn allowed_cpus(thread_id: i32) -> Option<BTreeSet<usize>> {
    let status = fs::read_to_string(format!("/proc/self/task/{thread_id}/status")).ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    parse_list(list.trim())
}

/// `0-2,5` as the kernel writes sets of CPUs.
fn parse_list(list: &str) -> Option<BTreeSet<usize>> {
    /// Linux's own limit, so that a strange line cannot ask for a huge set.
    const MAXIMUM_CPUS: usize = 8192;
    let mut cpus = BTreeSet::new();
    for range in list.split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if last >= MAXIMUM_CPUS {
            return None;
        }
        cpus.extend(first..=last);
    }
    Some(cpus)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    const BEFORE: &str = "cpu  9 9 9 9 9 9 9 9 0 0\n\
        cpu0 100 0 0 900 0 0 0 5 50 0\ncpu1 0 0 0 1000 0 0 0 0 0 0\nintr 5 5\n";
    const AFTER: &str = "cpu  9 9 9 9 9 9 9 9 0 0\n\
        cpu0 150 0 0 925 0 0 0 30 75 0\ncpu1 0 0 0 1100 0 0 0 0 0 0\ncpu2 1 1 1 1 1 1 1 1\nintr 5 5\n";

    #[test]
    fn shares_are_those_of_the_cpus_asked_for() {
        let (before, after) = (parse(BEFORE).unwrap(), parse(AFTER).unwrap());
        assert_eq!(before[&0], Ticks { total: 1005, steal: 5, busy: 100 });
        let of = |cpus: &[usize]| shares(&before, &after, Some(&cpus.iter().copied().collect()));
        assert_eq!(of(&[0]), Some(Shares { steal: 0.25, busy: 0.5, cpus: 1 }));
        assert_eq!(of(&[1]), Some(Shares { steal: 0.0, busy: 0.0, cpus: 1 }));
        assert_eq!(shares(&before, &after, None), Some(Shares { steal: 0.125, busy: 0.25, cpus: 2 }));
        // Nothing known is not nothing stolen.
        assert_eq!(of(&[2]), None);
        assert_eq!(shares(&before, &before, None), None);
    }

    #[test]
    fn a_kernel_without_steal_is_unknown() {
        assert_eq!(parse("cpu 1 2 3 4\ncpu0 1 2 3 4 5 6 7\n"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn sets_of_cpus_are_read_as_the_kernel_writes_them() {
        assert_eq!(parse_list("0-2,5"), Some([0, 1, 2, 5].into()));
        assert_eq!(parse_list("3"), Some([3].into()));
        assert_eq!(parse_list("0-99999999999"), None);
        assert_eq!(parse_list("x"), None);
    }

    proptest! {
        #[test]
        fn strange_texts_are_no_panic(
            before in "(cpu[0-2]( ([0-9]|18446744073709551615)){0,9}\n|\\PC){0,6}",
            after in "(cpu[0-2]( ([0-9]|18446744073709551615)){8,9}\n){0,4}",
            list in "[-0-9,]{0,9}|\\PC{0,9}",
        ) {
            if let (Some(before), Some(after)) = (parse(&before), parse(&after)) {
                let _ = shares(&before, &after, None);
            }
            let _ = parse_list(&list);
        }
    }

    #[test]
    fn this_kernel_is_understood() {
        let id = rustix::thread::gettid().as_raw_nonzero().get();
        let allowed = allowed_cpus(id).unwrap();
        assert!(!allowed.is_empty());
        assert!(allowed.iter().all(|cpu| cpus().unwrap().contains_key(cpu)));
    }
}
