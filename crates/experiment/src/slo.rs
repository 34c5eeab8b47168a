//! `slo: { p95: 250ms, error_rate: 1% }`

use std::time::Duration;

use swarmlab_yaml::Value;

/// What is promised to users.
#[derive(Debug, Clone, PartialEq)]
pub struct Slo {
    /// Upper bound of the 95th percentile of the response time.
    pub p95: Option<Duration>,
    /// Upper bound of the share of failed requests, 0 to 1.
    pub error_rate: Option<f64>,
}

impl Slo {
    pub(super) fn read(value: &Value<'_>) -> Option<Self> {
        let map = value.mapping()?;
        let p95 = map.optional("p95", Value::positive_duration);
        let error_rate = map.optional("error_rate", Value::percent);
        map.finish();
        Some(Self { p95, error_rate })
    }
}
