//! Gauges: the level at the end of a bin.

use crate::clock::Bins;
use swarmlab_record::series::Series;

use super::Tolerance;

/// The level of a gauge at the end of each bin, in the unit of the series.
///
/// The last sample at or before the bin's end counts, unless it is older than
/// [`Tolerance::stale_intervals`]: then the level is unknown. A task that is known to be dead, or not
/// yet born, at the bin's end holds nothing: 0, so that a service's memory is the sum over its
/// tasks. Samples outside the task's life and samples that are not finite are left out, so no level
/// is carried across a death. From a known birth to the first sample, at most
/// [`Tolerance::birth_s`], the level is that of the first sample: a task that nobody has looked at yet
/// holds about what it is first seen with.
pub fn gauge_last(series: &Series, bins: &Bins, tolerance: Tolerance) -> Vec<Option<f64>> {
    let alive = |t: f64| {
        series.born_unix_s.is_none_or(|born| t >= born) && series.died_unix_s.is_none_or(|died| t < died)
    };
    let mut samples: Vec<_> = series
        .samples
        .iter()
        .filter(|s| s.value.is_finite() && s.t_unix_s.is_finite() && alive(s.t_unix_s))
        .collect();
    samples.sort_by(|a, b| a.t_unix_s.total_cmp(&b.t_unix_s));
    bins.spans()
        .map(|(_, end)| {
            if !alive(end) {
                return Some(0.0);
            }
            let after = samples.partition_point(|s| s.t_unix_s <= end);
            let Some(last) = after.checked_sub(1).and_then(|i| samples.get(i)) else {
                let (born, first) = (series.born_unix_s?, samples.first()?);
                return tolerance.is_begun(first.t_unix_s - born).then_some(first.value);
            };
            tolerance.fresh(end - last.t_unix_s, series.interval_s).then_some(last.value)
        })
        .collect()
}
