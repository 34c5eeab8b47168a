//! How wide the bins are: as the plan has them, or as wide as the slowest source that figures need.

use std::collections::BTreeMap;

use swarmlab_record::metric::Meaning;

use swarmlab_record::series::Head;

use super::{AssembleError, Raw};

/// A source slower than so many bins makes the bins wider.
const TOO_SLOW_BINS: f64 = 1.5;
/// By this share of a bin an interval may be longer than its multiple of bins: scrapes are never quite on time.
const LATE_SHARE: f64 = 0.1;
/// Or by this share of itself, if that is more: cAdvisor stamps its samples with the moment at which it looked, up to a second
/// before the scrape.
const JITTER_SHARE: f64 = 0.05;

/// Where the bins of a frame lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// Their first edge, Unix seconds.
    pub origin_unix_s: f64,
    /// Their width, seconds.
    pub width_s: f64,
    /// Whether they are wider than planned, so that client rows must be merged.
    pub widened: bool,
}

/// The interval of the slowest source of what figures need (CPU and memory of the measured services and of the proxies before
/// them, what those proxies counted), seconds; `None` without any.
///
/// Of the series of one service and meaning the fastest counts: all are scraped alike, and one with holes seems slower.
pub fn slowest_interval_s(raw: &Raw, heads: &[Head]) -> Option<f64> {
    let topology = &raw.manifest.topology;
    let measured = &raw.manifest.plan.measured;
    let proxies: Vec<&str> = measured.iter().flat_map(|s| topology.before(s)).collect();
    let of_any = [Meaning::CPU, Meaning::MEMORY];
    let of_proxies = [
        Meaning::PROXY_DOWNSTREAM,
        Meaning::PROXY_UPSTREAM,
        Meaning::PROXY_RESPONSES,
        Meaning::PROXY_UPSTREAM_TIME,
    ];
    let mut fastest: BTreeMap<(&str, &Meaning), f64> = BTreeMap::new();
    for series in heads {
        let is = &series.identity;
        let proxy = proxies.contains(&is.service.as_str());
        let needed = (proxy || measured.contains(&is.service)) && of_any.contains(&is.meaning)
            || proxy && of_proxies.contains(&is.meaning);
        // Of a single sample no interval is measured.
        if needed && series.first_unix_s < series.last_unix_s {
            let interval_s = fastest.entry((&is.service, &is.meaning)).or_insert(f64::INFINITY);
            *interval_s = interval_s.min(series.interval_s);
        }
    }
    fastest.into_values().filter(|s| s.is_finite()).reduce(f64::max)
}

/// The width of bins, seconds: the smallest multiple of the plan's that holds an interval of the slowest source.
fn width_s(plan_s: f64, slowest_s: Option<f64>) -> f64 {
    match slowest_s {
        Some(slowest_s) if slowest_s > TOO_SLOW_BINS * plan_s => {
            let late_s = (LATE_SHARE * plan_s).max(JITTER_SHARE * slowest_s);
            plan_s * ((slowest_s - late_s) / plan_s).ceil().max(1.0)
        }
        _ => plan_s,
    }
}

/// The grid of a run. Wider bins keep an edge where the load begins.
///
/// # Errors
/// [`AssembleError::NoWindow`] when no load was begun.
pub fn grid(raw: &Raw, heads: &[Head]) -> Result<Grid, AssembleError> {
    let windows = raw.windows()?;
    let plan_s = raw.manifest.plan.bin_s;
    let width_s = width_s(plan_s, slowest_interval_s(raw, heads));
    if width_s <= plan_s {
        return Ok(Grid { origin_unix_s: windows.grid_unix_s, width_s: plan_s, widened: false });
    }
    let whole_before = ((windows.load_start_unix_s - windows.grid_unix_s) / width_s + 1e-9).floor().max(0.0);
    Ok(Grid { origin_unix_s: windows.load_start_unix_s - whole_before * width_s, width_s, widened: true })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use swarmlab_record::client::{ALL_ENDPOINTS, fixture::row, merged};
    use swarmlab_record::histograms::Binned;
    use swarmlab_record::integrity::Integrity;
    use swarmlab_record::manifest::Manifest;
    use swarmlab_record::series::{Sample, Series, fixture};

    use super::*;
    use crate::assemble;

    /// A load of 60 s from 1010 on, with the CPU of `web` sampled every so many seconds.
    fn raw(every_s: f64) -> (Raw, Vec<Series>) {
        let shape = serde_json::to_value(swarmlab_shapes::Shape::Constant(Default::default())).unwrap();
        let manifest: Manifest = serde_json::from_value(serde_json::json!({
            "format": 2, "swarmlab": "0", "name": "x", "started_unix_s": 1000.0, "testbed": "swarm",
            "testbed_reason": "", "target": null, "provenance": {}, "clock_offset": null, "generator": null,
            "state": { "is": "complete" },
            "plan": {
                "file": "", "text": "", "stack": "", "variables": {}, "target_service": "web", "model": "closed",
                "shape": shape, "duration_s": 60.0, "think_s": null, "steps": 1.0, "bin_s": 1.0,
                "measured": ["web"], "slo_p95_s": null, "slo_error_rate": null, "seed": 1, "declared_demand_s": {},
            },
            "topology": {
                "services": [{ "name": "web", "role": "application", "replicas": 1, "image": "x" }], "fronts": [],
            },
            "windows": {
                "grid_unix_s": 1000.0, "load_start_unix_s": 1010.0, "load_end_unix_s": 1070.0,
                "drained_unix_s": 1070.0, "settled_unix_s": 1075.0,
            },
        }))
        .unwrap();
        // A core and a half used all the time.
        let samples =
            (0..40).map(|i| f64::from(i) * every_s).map(|t| Sample::new(990.0 + t, 1.5 * t)).collect();
        let series = vec![Series::new(Arc::new(fixture::identity("web", "a")), samples, 1.0)];
        let client = (0..70).map(|i| row(1000.0 + f64::from(i), ALL_ENDPOINTS)).collect();
        (
            Raw { manifest, client, events: Vec::new(), decisions: Vec::new(), files: Integrity::default() },
            series,
        )
    }

    #[test]
    fn behind_a_prometheus_of_15_s_the_frame_has_bins_of_15_s_and_says_so() {
        let (raw, series) = raw(15.0);
        let heads: Vec<Head> = series.iter().map(Head::of).collect();
        let grid = grid(&raw, &heads).unwrap();
        assert_eq!(grid, Grid { origin_unix_s: 1010.0, width_s: 15.0, widened: true });
        let rows = merged(&raw.client, grid.origin_unix_s, grid.width_s, &Binned::new());
        let series = series.into_iter().map(Ok::<_, AssembleError>);
        let (frame, _) = assemble::build(&raw, &grid, &rows, &heads, series).unwrap();
        assert_eq!(frame.bins().count(), 4);
        let cores = frame.get("web_cpu_cores").unwrap();
        assert!(cores.iter().all(|v| v.is_some_and(|v| (v - 1.5).abs() < 1e-9)), "{cores:?}");
        // 100 answers in each second.
        let rate = frame.get("client_throughput_per_s").unwrap();
        assert!(rate.iter().all(|v| v.is_some_and(|v| (v - 100.0).abs() < 1e-9)), "{rate:?}");
        let load = crate::load_window(&raw, &frame);
        let notes = crate::quality::notes(&raw, &load);
        let said = "Prometheus scrapes less often than every 1 s: bins of 15 s, which hold one interval of the slowest source.";
        assert!(notes.iter().any(|n| n.text == said), "{notes:?}");
    }

    #[test]
    fn sources_that_keep_up_leave_the_grid_as_planned() {
        let (raw, series) = raw(1.0);
        let heads: Vec<Head> = series.iter().map(Head::of).collect();
        assert_eq!(grid(&raw, &heads).unwrap(), Grid { origin_unix_s: 1000.0, width_s: 1.0, widened: false });
        assert_eq!(slowest_interval_s(&raw, &heads), Some(1.0));
    }

    #[test]
    fn bins_hold_an_interval_of_the_slowest_source() {
        for (plan_s, slowest_s, want_s) in [
            (1.0, None, 1.0),
            (1.0, Some(1.2), 1.0),
            (1.0, Some(1.5), 1.0),
            (1.0, Some(1.6), 2.0),
            (1.0, Some(15.0), 15.0),
            (1.0, Some(15.002), 15.0),
            (1.0, Some(15.6), 15.0),
            (1.0, Some(15.9), 16.0),
            (5.0, Some(7.0), 5.0),
            (5.0, Some(15.0), 15.0),
            (10.0, Some(16.0), 20.0),
        ] {
            assert_eq!(width_s(plan_s, slowest_s), want_s, "{plan_s} {slowest_s:?}");
        }
    }
}
