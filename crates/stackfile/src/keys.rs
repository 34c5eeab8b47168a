//! Keys of a service that mean nothing, or must not be used, on a Swarm.

use swarmlab_codes as codes;
use swarmlab_yaml::{MapReader, Value};

/// Accepted by `docker stack deploy` without effect, each with what to do instead.
const IGNORED: [(&str, &str); 18] = [
    ("build", "images are built beforehand: `docker build`"),
    ("cgroup_parent", ""),
    ("cgroupns_mode", ""),
    ("container_name", "tasks are named by the Swarm"),
    ("devices", ""),
    ("domainname", ""),
    ("expose", "services on one network reach each other on every port"),
    ("external_links", "put both services on one network"),
    ("ipc", ""),
    ("links", "put both services on one network"),
    ("mac_address", ""),
    ("network_mode", "name the network under `networks`"),
    ("pid", ""),
    ("privileged", "name single capabilities under `cap_add`"),
    ("security_opt", ""),
    ("shm_size", "mount a `tmpfs` at /dev/shm"),
    ("tmpfs", "mount it: `volumes: [{ type: tmpfs, target: /path, tmpfs: { size: 67108864 } }]`"),
    ("userns_mode", ""),
];

/// Refused by `docker stack deploy`, each with what to do instead.
const REFUSED: [(&str, &str); 8] = [
    ("cpu_quota", "write `deploy.resources.limits.cpus`"),
    ("cpu_shares", "write `deploy.resources.reservations.cpus`"),
    ("cpuset", "write `deploy.resources.limits.cpus`"),
    ("extends", "share settings by an anchor and a merge key: `<<: *name`"),
    ("mem_limit", "write `deploy.resources.limits.memory`"),
    ("memswap_limit", "write `deploy.resources.limits.memory`"),
    ("volume_driver", "declare the volume under the top-level `volumes`, with its driver"),
    ("volumes_from", "declare the volume under the top-level `volumes` and mount it in both services"),
];

/// Files a warning for each ignored key of a service and an error for each refused one.
pub(crate) fn judge(map: &MapReader<'_>) {
    let cx = map.value().cx();
    for (key, instead) in IGNORED {
        let Some(value) = map.get_unlisted(key) else { continue };
        let found =
            cx.warning(codes::IGNORED_KEY, value.key_span(), format!("`{key}` has no effect on a Swarm"));
        cx.push(with_help(found, instead).at(value.path()));
    }
    for (key, instead) in REFUSED {
        let Some(value) = map.get_unlisted(key) else { continue };
        let found =
            cx.error(codes::REFUSED_KEY, value.key_span(), format!("`{key}` cannot be used on a Swarm"));
        cx.push(with_help(found, instead).at(value.path()));
    }
}

fn with_help(found: swarmlab_yaml::Diagnostic, help: &str) -> swarmlab_yaml::Diagnostic {
    if help.is_empty() { found } else { found.help(help) }
}

/// Files a warning for something of a key that has no effect.
pub(crate) fn ignored(value: &Value<'_>, what: &str) {
    value.warn(codes::IGNORED_KEY, format!("{what} has no effect on a Swarm"));
}

/// Files a warning for each key of a mapping that is none of `known`: the docker command line passes over them here.
pub(crate) fn ignore_others(map: &MapReader<'_>, known: &[&str]) {
    for (key, value) in map.value().entries().unwrap_or_default() {
        if !known.contains(&key.name.as_str()) && !key.name.starts_with("x-") {
            ignored(&value, &format!("`{}`", value.path()));
        }
    }
}

/// Files an error for something that the Swarm knows and this room does not handle.
pub(crate) fn unsupported(value: &Value<'_>, why: &str) {
    let cx = value.cx();
    let what = value.node().text().map(|text| format!(" `{text}`")).unwrap_or_default();
    let message = format!("{}{what} is not supported", value.path());
    cx.push(cx.error(codes::UNSUPPORTED, value.span(), message).at(value.path()).help(why));
}
