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

/// [`sum_over_tasks`] of tasks that come one after the other, in half the memory: eight bytes a task and bin.
#[derive(Debug, Default)]
pub struct TaskSum {
    bins: usize,
    tasks: Vec<Vec<u64>>,
}

/// Stands for an unknown value: a NaN that no arithmetic makes.
const UNKNOWN: u64 = 0x7ff8_5357_4c41_4221;

impl TaskSum {
    /// Adds one task.
    pub fn add(&mut self, values: &[Option<f64>]) {
        self.bins = self.bins.max(values.len());
        self.tasks.push(values.iter().map(|v| v.map_or(UNKNOWN, f64::to_bits)).collect());
    }

    /// The sum of those added so far, by the rules of [`sum_over_tasks`].
    pub fn sum(&self) -> Vec<Option<f64>> {
        let mut values: Vec<f64> = Vec::with_capacity(self.tasks.len());
        (0..self.bins)
            .map(|i| {
                values.clear();
                for task in &self.tasks {
                    let bits = *task.get(i).filter(|bits| **bits != UNKNOWN)?;
                    values.push(f64::from_bits(bits));
                }
                values.sort_unstable_by(f64::total_cmp);
                Some(values.iter().sum())
            })
            .collect()
    }
}
