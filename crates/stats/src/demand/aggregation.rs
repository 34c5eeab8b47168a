//! Wider bins against errors in variables.

use crate::error::StatsError;
use crate::series::{finite, mean};

/// Width aimed at. CPU counters read each second with a jitter of some 0.1 to 0.3 s misplace 2 to 6 % of the
/// *changes* between bins of 5 s, against 10 to 30 % at 1 s.
pub const TARGET_WIDTH_S: f64 = 5.0;

/// Averaging leaves at least this many bins: fewer make the interval of the fit useless.
pub const MIN_GROUPS: usize = 20;

/// Means of `k` adjacent bins; `None` if any of the `k` is missing. Bins left over at the end are dropped, so
/// every group is equally wide.
///
/// # Errors
/// [`StatsError::OutOfRange`] when `k` is zero.
pub fn aggregate(series: &[Option<f64>], k: usize) -> Result<Vec<Option<f64>>, StatsError> {
    if k == 0 {
        return Err(StatsError::out_of_range("bins per group", "at least 1"));
    }
    let group = |bins: &[Option<f64>]| {
        let values: Option<Vec<f64>> = bins.iter().map(|v| finite(*v)).collect();
        values.and_then(|v| mean(&v))
    };
    Ok(series.chunks_exact(k).map(group).collect())
}

/// How many bins to average: as many as make [`TARGET_WIDTH_S`], fewer if less than [`MIN_GROUPS`] groups would
/// remain, at least one.
#[must_use]
pub fn bins_per_group(n_bins: usize, bin_width_s: f64) -> usize {
    // The cast saturates: a tiny width asks for many bins, the second bound holds.
    let wanted = (TARGET_WIDTH_S / bin_width_s).round().max(1.0) as usize;
    wanted.min(n_bins / MIN_GROUPS).max(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_missing_bin_empties_its_group_only() {
        let s = [Some(1.0), Some(3.0), None, Some(4.0), Some(5.0), Some(7.0), Some(9.0)];
        assert_eq!(aggregate(&s, 2).unwrap(), [Some(2.0), None, Some(6.0)]);
        assert_eq!(aggregate(&s, 1).unwrap(), s);
        assert_eq!(aggregate(&s, 8).unwrap(), []);
        assert!(aggregate(&s, 0).is_err());
        assert_eq!(aggregate(&[Some(f64::NAN), Some(1.0)], 2).unwrap(), [None]);
    }

    #[test]
    fn width_and_number_of_bins_bound_the_choice() {
        assert_eq!(bins_per_group(300, 1.0), 5);
        assert_eq!(bins_per_group(45, 1.0), 2);
        assert_eq!(bins_per_group(10, 1.0), 1);
        assert_eq!(bins_per_group(300, 10.0), 1);
        assert_eq!(bins_per_group(1000, 0.5), 10);
        assert_eq!(bins_per_group(1000, 0.0), 50);
        assert_eq!(bins_per_group(1000, f64::NAN), 1);
    }
}
