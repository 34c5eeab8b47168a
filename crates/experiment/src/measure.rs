//! `measure: { bin: 1s, services: [gateway, ms-exercise] }`

use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_yaml::Value;

use super::target::known_service;

/// What is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Width of a bin.
    pub bin: Duration,
    /// Services under study; empty means every application of the stack.
    pub services: Vec<String>,
}

impl Default for Measure {
    fn default() -> Self {
        Self { bin: Duration::from_secs(1), services: Vec::new() }
    }
}

impl Measure {
    pub(super) fn read(value: &Value<'_>, services: Option<&[String]>) -> Option<Self> {
        let map = value.mapping()?;
        let bin = map.or("bin", Self::default().bin, |v| {
            let bin = v.positive_duration()?;
            // Sources are sampled once a second: a narrower bin would show the sampling, not the service.
            if bin < Duration::from_secs(1) || bin > Duration::from_secs(60) || bin.subsec_nanos() != 0 {
                v.fail(
                    codes::BAD_VALUE,
                    format!("{} must be whole seconds from 1s to 60s", v.path()),
                    "1s to 60s",
                );
                return None;
            }
            Some(bin)
        });
        let services = map.or("services", Vec::new(), |v| v.list(|item| known_service(item, services)));
        map.finish();
        Some(Self { bin, services })
    }
}
