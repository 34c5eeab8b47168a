//! From tasks to their service.

/// The sum over the tasks of a service, bin by bin.
///
/// Each inner slice is one task on the same grid, as [`super::counter_rate`] or
/// [`super::gauge_last`] gives it: 0 while the task does not live, `None` while it lives and its
/// value is unknown. One unknown task makes the sum unknown; no task at all does too, as does a
/// slice that ends early. The values of a bin are added in order of size, so that the order of the
/// tasks changes nothing, not even the last digit.
pub fn sum_over_tasks<T: AsRef<[Option<f64>]>>(tasks: &[T]) -> Vec<Option<f64>> {
    let count = tasks.iter().map(|t| t.as_ref().len()).max().unwrap_or(0);
    (0..count)
        .map(|i| {
            let mut values: Vec<f64> =
                tasks.iter().map(|t| t.as_ref().get(i).copied().flatten()).collect::<Option<_>>()?;
            values.sort_by(f64::total_cmp);
            Some(values.into_iter().sum())
        })
        .collect()
}
