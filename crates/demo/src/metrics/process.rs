//! CPU and memory of this process, read when asked for.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::clock::process_cpu_ns;

/// `process_cpu_seconds_total` with nanoseconds (the usual exporters read ticks of 10 ms from /proc) and
/// `process_resident_memory_bytes`.
#[derive(Debug)]
pub(crate) struct ProcessCollector;

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), std::fmt::Error> {
        counter_f64(
            &mut encoder,
            "process_cpu_seconds",
            "CPU time of the process, user and system",
            process_cpu_ns() as f64 / 1e9,
        )?;
        if let Some(bytes) = resident_bytes() {
            gauge(&mut encoder, "process_resident_memory_bytes", "Memory in RAM", bytes)?;
        }
        Ok(())
    }
}

/// One counter; `_total` is appended to its name.
pub(crate) fn counter_f64(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    value: f64,
) -> Result<(), std::fmt::Error> {
    let counter = ConstCounter::new(value);
    counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)
}

/// Writes one gauge, with its help.
pub(crate) fn gauge(
    encoder: &mut DescriptorEncoder,
    name: &str,
    help: &str,
    value: i64,
) -> Result<(), std::fmt::Error> {
    let gauge = ConstGauge::new(value);
    gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
}

fn resident_bytes() -> Option<i64> {
    resident_bytes_in(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn resident_bytes_in(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim_end().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn resident_memory_is_found() {
        let status = "Name:\tx\nVmPeak:\t  9 kB\nVmRSS:\t    1844 kB\nRssAnon:\t 1 kB\n";
        assert_eq!(resident_bytes_in(status), Some(1844 * 1024));
        assert_eq!(resident_bytes_in("Name:\tx\n"), None);
        assert!(resident_bytes().unwrap() > 100_000);
    }
}
