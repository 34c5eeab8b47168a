//! Which sources have been sampled, and whether that was after the system fell quiet.

use std::collections::{BTreeMap, BTreeSet};

use swarmlab_record::metric::Meaning;

/// One quantity of one service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// Short name of the service.
    pub service: String,
    /// What is sampled of it.
    pub meaning: Meaning,
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {}", self.meaning, self.service)
    }
}

/// A source was sampled for a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Which source.
    pub source: Source,
    /// Which task of the service.
    pub task: String,
    /// When the newest of its samples was true, seconds since the Unix epoch on the samples' clock.
    pub t_unix_s: f64,
}

/// The newest sample of each source and task.
#[derive(Debug, Clone, Default)]
pub(crate) struct Freshness(BTreeMap<Source, BTreeMap<String, f64>>);

impl Freshness {
    /// Takes one round; rounds may come late and in any order.
    pub fn take(&mut self, seen: &[Seen]) {
        for s in seen.iter().filter(|s| s.t_unix_s.is_finite()) {
            if !self.0.contains_key(&s.source) {
                self.0.insert(s.source.clone(), BTreeMap::new());
            }
            let Some(tasks) = self.0.get_mut(&s.source) else { continue };
            match tasks.get_mut(&s.task) {
                Some(t) => *t = t.max(s.t_unix_s),
                None => drop(tasks.insert(s.task.clone(), s.t_unix_s)),
            }
        }
    }

    /// Sources that are waited for: those that have a living task not sampled since an instant of the samples' clock,
    /// and those that have to have been sampled and never were.
    pub fn missing(&self, since_unix_s: f64, gone_s: f64, required: &[Source]) -> BTreeSet<Source> {
        let stale = |tasks: &BTreeMap<String, f64>| {
            let newest = tasks.values().copied().fold(f64::NEG_INFINITY, f64::max);
            tasks.values().any(|t| *t < since_unix_s && newest - t < gone_s)
        };
        let sampled = self.0.iter().filter(|(_, tasks)| stale(tasks)).map(|(source, _)| source.clone());
        let never = required.iter().filter(|r| !self.0.contains_key(*r)).cloned();
        sampled.chain(never).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu(service: &str) -> Source {
        Source { service: service.to_owned(), meaning: Meaning::CPU }
    }

    fn seen(service: &str, task: &str, t_unix_s: f64) -> Seen {
        Seen { source: cpu(service), task: task.to_owned(), t_unix_s }
    }

    #[test]
    fn a_source_is_waited_for_until_each_living_task_was_sampled() {
        let mut f = Freshness::default();
        f.take(&[seen("web", "1", 99.0), seen("web", "2", 100.5), seen("db", "1", 101.0)]);
        assert_eq!(f.missing(100.0, 10.0, &[]), [cpu("web")].into());
        f.take(&[seen("web", "1", 100.0)]);
        assert_eq!(f.missing(100.0, 10.0, &[]), [].into());
    }

    #[test]
    fn a_task_that_others_left_behind_is_gone_but_a_service_without_any_is_waited_for() {
        let mut f = Freshness::default();
        f.take(&[seen("web", "1", 90.0), seen("web", "2", 100.0), seen("db", "1", 50.0)]);
        assert_eq!(f.missing(100.0, 10.0, &[]), [cpu("db")].into());
        assert_eq!(f.missing(100.0, 10.5, &[]), [cpu("db"), cpu("web")].into());
    }

    #[test]
    fn what_is_required_must_have_been_seen_once() {
        let mut f = Freshness::default();
        assert_eq!(f.missing(0.0, 10.0, &[cpu("web")]), [cpu("web")].into());
        f.take(&[seen("web", "1", f64::NAN)]);
        assert_eq!(f.missing(0.0, 10.0, &[cpu("web")]), [cpu("web")].into());
        f.take(&[seen("web", "1", 1.0)]);
        assert_eq!(f.missing(0.0, 10.0, &[cpu("web")]), [].into());
    }

    #[test]
    fn a_late_round_does_not_make_a_source_older() {
        let mut f = Freshness::default();
        f.take(&[seen("web", "1", 100.0)]);
        f.take(&[seen("web", "1", 95.0)]);
        assert_eq!(f.missing(100.0, 10.0, &[]), [].into());
    }
}
