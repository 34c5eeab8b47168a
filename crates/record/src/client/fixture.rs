//! A row that tests change one field of.

use super::{ClientRow, LatencyMs, LatenessMs};

/// A row in which every field is set.
pub fn row(t_unix_s: f64, endpoint: &str) -> ClientRow {
    let latency = LatencyMs { mean: 12.5, p50: 11.0, p90: 20.25, p95: 24.0, p99: 31.0, max: 60.1 };
    ClientRow {
        t_unix_s,
        width_s: 1.0,
        phase: crate::Phase::Load,
        endpoint: endpoint.into(),
        users: 10.0,
        offered: 102,
        sent: 101,
        completed: 100,
        succeeded: 97,
        failed: 3,
        late: 5,
        connect_errors: 1,
        trust: Some(swarmlab_intervals::trust::Trust::Suspect),
        doubts: "crowded".into(),
        in_flight: 4,
        queued: 1,
        iterations: 20,
        think_s: 8.5,
        status_1xx: 0,
        status_2xx: 97,
        status_3xx: 0,
        status_4xx: 1,
        status_5xx: 2,
        statuses_json: "{\"200\":97,\"404\":1,\"503\":2}".into(),
        errors_json: "{\"status_5xx\":2,\"status_4xx\":1}".into(),
        bytes_sent: 20_000,
        bytes_received: 1_000_000,
        response: Some(latency),
        service: Some(LatencyMs { mean: 12.0, ..latency }),
        lateness: Some(LatenessMs { p50: 0.01, p99: 0.2 }),
        unknown: super::Unknown::default(),
    }
}
