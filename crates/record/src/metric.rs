//! What a series says, whatever its source calls it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What a metric says about a task: a stable name that columns, figures and settling are keyed by.
///
/// The set is open: a catalogue may name a meaning of its own, which then becomes a column of the frame. The ones below
/// are those that figures and verdicts ask for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Meaning(Cow<'static, str>);

impl Meaning {
    /// CPU seconds used by the task (user and system).
    pub const CPU: Self = Self::known("cpu");
    /// Memory the task cannot give back: working set (cgroup) or resident set (process), bytes.
    pub const MEMORY: Self = Self::known("memory");
    /// Bytes received by the task's network interfaces.
    pub const NETWORK_RECEIVED: Self = Self::known("network_received");
    /// Bytes sent by the task's network interfaces.
    pub const NETWORK_SENT: Self = Self::known("network_sent");
    /// Seconds the task was runnable but held back by its CPU limit.
    pub const CPU_THROTTLED: Self = Self::known("cpu_throttled");
    /// Requests a proxy accepted from its clients.
    pub const PROXY_DOWNSTREAM: Self = Self::known("downstream_requests");
    /// Connections that clients opened to a proxy through which bytes pass unread.
    pub const PROXY_CONNECTIONS: Self = Self::known("downstream_connections_opened");
    /// Requests a proxy sent to the service behind it.
    pub const PROXY_UPSTREAM: Self = Self::known("upstream_requests");
    /// Responses of the service behind a proxy, by class.
    pub const PROXY_RESPONSES: Self = Self::known("upstream_responses");
    /// Time from the proxy's request to the end of the response, cumulative buckets.
    pub const PROXY_UPSTREAM_TIME: Self = Self::known("upstream_time");
    /// Replicas of the service behind a proxy that it sends requests to. Not added up: each proxy sees them for itself.
    pub const PROXY_MEMBERS_HEALTHY: Self = Self::known("upstream_members_healthy");
    /// CPU seconds of a machine by mode.
    pub const NODE_CPU: Self = Self::known("node_cpu");
    /// Periods of the kernel's bandwidth control in which the task ran under a CPU limit.
    pub const CPU_PERIODS: Self = Self::known("cpu_periods");
    /// Of those, the ones in which it was held back.
    pub const CPU_THROTTLED_PERIODS: Self = Self::known("cpu_throttled_periods");
    /// CPU limit of the task, cores.
    pub const CPU_LIMIT: Self = Self::known("cpu_limit");
    /// Memory limit of the task, bytes.
    pub const MEMORY_LIMIT: Self = Self::known("memory_limit");
    /// Application requests the service itself counted.
    pub const APPLICATION_REQUESTS: Self = Self::known("requests");
    /// CPU seconds the service itself accounts for its process.
    pub const APPLICATION_CPU: Self = Self::known("self_cpu");
    /// CPU seconds an application burned on purpose: a declared truth.
    pub const APPLICATION_BURNED: Self = Self::known("burned_cpu");

    const fn known(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// A meaning by its name (lower-case letters, digits and `_`).
    pub fn named(name: impl Into<String>) -> Self {
        Self(Cow::Owned(name.into()))
    }

    /// The stable name.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Meaning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What kind of quantity a series is, which decides how it is brought onto bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A total that only grows, starts at 0 with its task and falls back to 0 on a restart.
    Counter,
    /// A level that is true at the instant of its sample.
    Gauge,
    /// One cumulative bucket of a histogram; its label `le` is the upper bound.
    Bucket,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Counter, Self::Gauge, Self::Bucket];

    /// The name as stored in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Bucket => "bucket",
        }
    }

    /// The inverse of [`Kind::name`]; `None` for any other word.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_stable_names() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Kind::from_name("histogram"), None);
    }

    #[test]
    fn a_named_meaning_is_the_known_one() {
        assert_eq!(Meaning::named("cpu"), Meaning::CPU);
        assert_eq!(serde_json::to_string(&Meaning::CPU).ok().as_deref(), Some("\"cpu\""));
    }
}
