//! How wide the bins are: as the plan has them, or as wide as the slowest source that figures need.

use std::collections::BTreeMap;

use swarmlab_record::metric::Meaning;

use swarmlab_record::series::Head;

use super::{AssembleError, Raw};

/// A source slower than so many bins makes the bins wider.
const TOO_SLOW_BINS: f64 = 1.5;
/// By this share of a bin an interval may be longer than its multiple of bins: scrapes are never quite on time.
const LATE_SHARE: f64 = 0.1;

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
            plan_s * (slowest_s / plan_s - LATE_SHARE).ceil().max(1.0)
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
    use super::*;

    #[test]
    fn bins_hold_an_interval_of_the_slowest_source() {
        for (plan_s, slowest_s, want_s) in [
            (1.0, None, 1.0),
            (1.0, Some(1.2), 1.0),
            (1.0, Some(1.5), 1.0),
            (1.0, Some(1.6), 2.0),
            (1.0, Some(15.0), 15.0),
            (1.0, Some(15.002), 15.0),
            (5.0, Some(7.0), 5.0),
            (5.0, Some(15.0), 15.0),
            (10.0, Some(16.0), 20.0),
        ] {
            assert_eq!(width_s(plan_s, slowest_s), want_s, "{plan_s} {slowest_s:?}");
        }
    }
}
