//! Series that were seen, with the time of the newest sample of each: what was returned once is not returned again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use swarmlab_record::series::{Identity, Reading};

/// By series, its identity, shared by all its samples, and the time of the newest.
#[derive(Debug, Default)]
pub(crate) struct Known(HashMap<SeriesKey, (Arc<Identity>, f64)>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SeriesKey {
    metric: String,
    service: String,
    task: String,
    labels: BTreeMap<String, String>,
}

impl Known {
    /// What is newer than all before it, of samples (Unix seconds and value) in the order of their times.
    pub(crate) fn news(
        &mut self,
        identity: Identity,
        samples: impl Iterator<Item = (f64, f64)>,
    ) -> impl Iterator<Item = Reading> {
        let key = SeriesKey::of(&identity);
        let (shared, newest) = self.0.entry(key).or_insert_with(|| (Arc::new(identity), f64::NEG_INFINITY));
        samples.filter_map(|(t_unix_s, value)| {
            if t_unix_s <= *newest {
                return None;
            }
            *newest = t_unix_s;
            Some(Reading { series: Arc::clone(shared), t_unix_s, value })
        })
    }
}

impl SeriesKey {
    fn of(is: &Identity) -> Self {
        Self {
            metric: is.metric.clone(),
            service: is.service.clone(),
            task: is.task.clone(),
            labels: is.labels.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use swarmlab_record::series::fixture;

    use super::*;

    #[test]
    fn a_sample_is_news_once() {
        let mut known = Known::default();
        let mut times = |service: &str, samples: &[f64]| -> Vec<f64> {
            let samples = samples.iter().map(|t| (*t, 0.0));
            known.news(fixture::identity(service, "a"), samples).map(|r| r.t_unix_s).collect()
        };
        assert_eq!(times("web", &[1.0, 2.0]), [1.0, 2.0]);
        assert_eq!(times("db", &[1.5]), [1.5]);
        assert_eq!(times("web", &[1.0, 2.0, 3.0]), [3.0]);
    }
}
