//! One column of the frame: values per bin with name, unit and origin.

use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::name::{NameError, Owner, column_name};

/// How the values of several bins become the value of one longer bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fold {
    /// Time-weighted means and rates: the mean is exact, since bins are equally long.
    Mean,
    /// Totals per bin.
    Sum,
    /// Levels read at the end of a bin.
    Last,
    /// Maxima.
    Max,
    /// Quantiles and means over requests: they cannot be had from the parts (a mean of
    /// percentiles is not a percentile), so a coarser frame leaves the column out.
    Never,
}

impl Fold {
    /// One value from the values of consecutive bins; `None` when any that counts is unknown.
    pub(super) fn apply(self, parts: &[Option<f64>]) -> Option<f64> {
        match self {
            Self::Never => None,
            Self::Last => parts.last().copied().flatten(),
            Self::Mean | Self::Sum | Self::Max => {
                let known: Vec<f64> = parts.iter().copied().collect::<Option<_>>()?;
                let sum: f64 = known.iter().sum();
                match self {
                    Self::Mean => Some(sum / known.len() as f64),
                    Self::Sum => Some(sum),
                    _ => known.into_iter().reduce(f64::max),
                }
            }
        }
    }
}

/// One value per bin, `None` where nothing is known.
#[derive(Debug, Clone)]
pub struct Column {
    name: String,
    owner: Owner,
    unit: String,
    source: String,
    fold: Fold,
    /// Shared with the selections that were made of it: a long run's frame is large, and is looked at in windows.
    values: Arc<[Option<f64>]>,
    range: Range<usize>,
}

impl PartialEq for Column {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.owner == other.owner
            && self.unit == other.unit
            && self.source == other.source
            && self.fold == other.fold
            && self.values() == other.values()
    }
}

impl Column {
    /// A column named `<owner>_<metric>_<unit>`; see [`Owner`] for the words that make it up.
    ///
    /// `unit` is made of lower-case letters, digits and underscores (`ms`, `per_s`, `cores`), empty
    /// for a plain count or ratio. `source` says in words how the values were obtained. NaN and
    /// infinities are not measurements: they become `None`.
    ///
    /// # Errors
    /// [`NameError`] when the name cannot be made.
    pub fn new(
        owner: Owner,
        metric: &str,
        unit: &str,
        source: impl Into<String>,
        fold: Fold,
        values: Vec<Option<f64>>,
    ) -> Result<Self, NameError> {
        let name = column_name(&owner, metric, unit)?;
        Ok(Self::restored(name, owner, unit.into(), source.into(), fold, values))
    }

    /// A column of a service: `<service>_<metric>_<unit>`.
    ///
    /// # Errors
    /// [`NameError`] when the name cannot be made.
    pub fn server(
        service: &str,
        metric: &str,
        unit: &str,
        source: impl Into<String>,
        fold: Fold,
        values: Vec<Option<f64>>,
    ) -> Result<Self, NameError> {
        Self::new(Owner::Service(service.into()), metric, unit, source, fold, values)
    }

    /// A column with a name that was checked when it was first made (read from a file).
    pub(crate) fn restored(
        name: String,
        owner: Owner,
        unit: String,
        source: String,
        fold: Fold,
        mut values: Vec<Option<f64>>,
    ) -> Self {
        for value in &mut values {
            *value = value.filter(|v| v.is_finite());
        }
        let range = 0..values.len();
        Self { name, owner, unit, source, fold, values: values.into(), range }
    }

    /// The full name, unique in its frame.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whom the column is about.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The unit, empty when dimensionless.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// How the values were obtained, in words.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How bins are put together.
    pub fn fold(&self) -> Fold {
        self.fold
    }

    /// One value per bin.
    pub fn values(&self) -> &[Option<f64>] {
        self.values.get(self.range.clone()).unwrap_or_default()
    }

    /// The same column with other values, as a coarser grid makes it.
    pub(super) fn with_values(&self, values: Vec<Option<f64>>) -> Self {
        Self { range: 0..values.len(), values: values.into(), ..self.clone() }
    }

    /// Some bins of the column.
    pub(super) fn selected(&self, bins: Range<usize>) -> Self {
        let range = self.range.start + bins.start..self.range.start + bins.end;
        Self { range, ..self.clone() }
    }
}
