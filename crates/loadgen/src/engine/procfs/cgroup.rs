//! How long a CPU quota has held this process back: `cpu.stat` of its control group and of the groups above.
//!
//! Version 1 (kernel documentation `scheduler/sched-bwc.rst`): `nr_throttled`, `throttled_time` in nanoseconds.
//! Version 2 (`admin-guide/cgroup-v2.rst`): `nr_throttled`, `throttled_usec`. Both count the time of every CPU
//! on which the group had work, so two CPUs held back for one second are two seconds. A group that is not
//! limited itself is held back with the group above it, and only that one counts it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What quotas have done since the groups began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Throttled {
    /// Periods in which a quota ran out.
    pub periods: u64,
    /// Time held back, nanoseconds, summed over CPUs.
    pub ns: u64,
}

/// The `cpu.stat` files that tell whether a quota holds a thread of this process back.
pub(crate) fn stat_files(thread_id: i32) -> BTreeSet<PathBuf> {
    let groups = fs::read_to_string(format!("/proc/self/task/{thread_id}/cgroup")).unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    directories(&groups, &mounts)
        .into_iter()
        .map(|directory| directory.join("cpu.stat"))
        .filter(|file| fs::read_to_string(file).ok().as_deref().and_then(parse).is_some())
        .collect()
}

/// The sum over `files`; `None` if none of them tells.
pub(crate) fn throttled(files: &BTreeSet<PathBuf>) -> Option<Throttled> {
    files.iter().filter_map(|file| parse(&fs::read_to_string(file).ok()?)).reduce(|sum, one| Throttled {
        periods: sum.periods.saturating_add(one.periods),
        ns: sum.ns.saturating_add(one.ns),
    })
}

fn parse(stat: &str) -> Option<Throttled> {
    let field = |name: &str| {
        stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse::<u64>().ok())
    };
    let ns = field("throttled_time").or_else(|| field("throttled_usec").map(|us| us.saturating_mul(1000)))?;
    Some(Throttled { periods: field("nr_throttled")?, ns })
}

/// The directories of the groups that `groups` (proc(5), `/proc/PID/cgroup`) names and of those above them,
/// as far as `mounts` (`/proc/PID/mountinfo`) shows them.
fn directories(groups: &str, mounts: &str) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let is_v2 = controllers.is_empty();
        if !is_v2 && !controllers.split(',').any(|name| name == "cpu") {
            continue;
        }
        for (root, point) in mounts.lines().filter_map(|line| mount(line, is_v2)) {
            // A container may see only its own part of the tree.
            let Ok(below) = Path::new(group).strip_prefix(&root) else { continue };
            // A group outside of what is visible is written with "..", which names nothing here.
            if below.components().any(|part| part == std::path::Component::ParentDir) {
                continue;
            }
            let lowest: PathBuf = point.components().chain(below.components()).collect();
            found.extend(lowest.ancestors().take_while(|one| one.starts_with(&point)).map(Path::to_owned));
        }
    }
    found
}

/// Root and mount point, if the line mounts the hierarchy of the CPU controller of that version.
fn mount(line: &str, is_v2: bool) -> Option<(PathBuf, PathBuf)> {
    let (place, kind) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, point) = (unescape(place.next()?), unescape(place.next()?));
    let mut kind = kind.split(' ');
    let fits = match kind.next()? {
        "cgroup2" => is_v2,
        "cgroup" => !is_v2 && kind.nth(1)?.split(',').any(|option| option == "cpu"),
        _ => false,
    };
    fits.then(|| (root.into(), point.into()))
}

/// Spaces and the like are written as octal `\040` in mountinfo.
fn unescape(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) if byte.is_ascii() => {
                out.push(char::from(byte));
                out.push_str(&part[3..]);
            }
            _ => {
                out.push('\\');
                out.push_str(part);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(groups: &str, mounts: &str) -> Vec<String> {
        directories(groups, mounts).into_iter().map(|path| path.display().to_string()).collect()
    }

    const V1: &str = "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n\
        33 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n";
    const V2: &str = "24 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";

    #[test]
    fn version_1_is_found_with_the_groups_above() {
        let groups = "4:memory:/m\n3:cpuset:/c\n1:cpu,cpuacct:/a/b\n";
        let base = "/sys/fs/cgroup/cpu,cpuacct";
        assert_eq!(found(groups, V1), [base.to_owned(), format!("{base}/a"), format!("{base}/a/b")]);
    }

    #[test]
    fn version_2_is_found_and_not_taken_for_version_1() {
        let below = ["/sys/fs/cgroup", "/sys/fs/cgroup/user.slice"];
        assert_eq!(found("0::/user.slice\n", V2), below);
        assert_eq!(found("0::/user.slice\n", V1), [""; 0]);
        assert_eq!(found("1:cpu:/a\n", V2), [""; 0]);
    }

    #[test]
    fn a_container_sees_its_part_of_the_tree() {
        let mounts = "5 4 0:29 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n";
        assert_eq!(found("1:cpu:/docker/abc\n", mounts), ["/sys/fs/cgroup/cpu"]);
        assert_eq!(found("1:cpu:/docker/other\n", mounts), [""; 0]);
        assert_eq!(found("0::/../up\n", V2), [""; 0]);
    }

    #[test]
    fn both_versions_tell_nanoseconds_and_silence_is_unknown() {
        let v1 = "nr_periods 5\nnr_throttled 3\nthrottled_time 2500\nnr_bursts 0\n";
        let v2 = "usage_usec 9\nnr_periods 5\nnr_throttled 3\nthrottled_usec 7\n";
        assert_eq!(parse(v1), Some(Throttled { periods: 3, ns: 2500 }));
        assert_eq!(parse(v2), Some(Throttled { periods: 3, ns: 7000 }));
        // The root of version 2 has no quota.
        assert_eq!(parse("usage_usec 9\nuser_usec 5\n"), None);
        assert_eq!(throttled(&BTreeSet::new()), None);
    }

    proptest! {
        #[test]
        fn strange_texts_are_no_panic(
            groups in "([0-9]:(|cpu|cpu,cpuacct):(/[a.\\\\]{0,2}){0,3}\n|\\PC){0,4}",
            mounts in "([0-9] [0-9] 0:1 (/[a.\\\\0-9]{0,4}){1,2} /m rw - cgroup2? x rw,cpu\n|\\PC){0,4}",
            stat in "((nr_throttled|throttled_time|throttled_usec) [0-9]{0,30}\n|\\PC){0,4}",
        ) {
            let _ = (directories(&groups, &mounts), parse(&stat));
        }
    }

    #[test]
    fn escaped_spaces_are_spaces() {
        assert_eq!(unescape("/a\\040b\\x"), "/a b\\x");
    }
}
