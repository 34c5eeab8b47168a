//! Meanings that figures and verdicts ask for, and what a row that claims one must be.

use swarmlab_record::metric::{Kind, Meaning};

/// The kind and the unit that figures count on, for each meaning they ask for.
pub const DEMANDED: [(Meaning, Kind, &str); 18] = {
    use Kind::{Bucket, Counter, Gauge};
    [
        (Meaning::CPU, Counter, "s"),
        (Meaning::MEMORY, Gauge, "bytes"),
        (Meaning::NETWORK_RECEIVED, Counter, "bytes"),
        (Meaning::NETWORK_SENT, Counter, "bytes"),
        (Meaning::CPU_THROTTLED, Counter, "s"),
        (Meaning::PROXY_DOWNSTREAM, Counter, "requests"),
        (Meaning::PROXY_UPSTREAM, Counter, "requests"),
        (Meaning::PROXY_RESPONSES, Counter, "responses"),
        (Meaning::PROXY_UPSTREAM_TIME, Bucket, "ms"),
        (Meaning::APPLICATION_REQUESTS, Counter, "requests"),
        (Meaning::APPLICATION_CPU, Counter, "s"),
        (Meaning::APPLICATION_BURNED, Counter, "s"),
        (Meaning::PROXY_MEMBERS_HEALTHY, Gauge, "replicas"),
        (Meaning::NODE_CPU, Counter, "s"),
        (Meaning::CPU_PERIODS, Counter, "periods"),
        (Meaning::CPU_THROTTLED_PERIODS, Counter, "periods"),
        (Meaning::CPU_LIMIT, Gauge, "cores"),
        (Meaning::MEMORY_LIMIT, Gauge, "bytes"),
    ]
};

/// The kind and unit that a meaning must have; `None`: any.
pub fn demanded(meaning: &Meaning) -> Option<(Kind, &'static str)> {
    DEMANDED.iter().find(|(m, ..)| m == meaning).map(|(_, kind, unit)| (*kind, *unit))
}

/// The word of a kind in catalogues.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Bucket => "histogram",
    }
}
