//! What is odd about the series that were fetched; each is told once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use swarmlab_record::metric::Meaning;
use swarmlab_record::series::Identity;

/// Something the user should know of the series that are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// What it is about: a remark of the same reason is told once.
    pub reason: String,
    /// What to tell, a sentence.
    pub text: String,
}

/// Found so far, and which of it was told.
#[derive(Debug, Default)]
pub(crate) struct Remarks {
    /// By reason, who does not say whose it is.
    unnamed: BTreeMap<String, BTreeSet<String>>,
    /// The raw name that speaks for a service and a meaning.
    speaks: HashMap<(String, Meaning), String>,
    /// Told by others already, and so left out: service, meaning, the name that speaks, the name that is left out.
    doubled: BTreeSet<(String, Meaning, String, String)>,
    told: BTreeSet<String>,
}

impl Remarks {
    /// A series that does not say of whom it speaks.
    pub(crate) fn unnamed(&mut self, why: String, who: String) {
        self.unnamed.entry(why).or_default().insert(who);
    }

    /// Whether a series speaks for its service and meaning. Two names that say the same would be added up.
    pub(crate) fn speaks(&mut self, is: &Identity) -> bool {
        let key = (is.service.clone(), is.meaning.clone());
        let speaks = self.speaks.entry(key).or_insert_with(|| is.metric.clone());
        if *speaks == is.metric {
            return true;
        }
        self.doubled.insert((is.service.clone(), is.meaning.clone(), speaks.clone(), is.metric.clone()));
        false
    }

    /// Reasons that were told elsewhere.
    pub(crate) fn told(&mut self, reasons: impl IntoIterator<Item = String>) {
        self.told.extend(reasons);
    }

    /// What was not told yet.
    pub(crate) fn take(&mut self) -> Vec<Remark> {
        let mut out = Vec::new();
        for (why, who) in std::mem::take(&mut self.unnamed) {
            if self.told.insert(why.clone()) {
                let first = who.first().map_or("", String::as_str);
                let others = match who.len() {
                    0 | 1 => String::new(),
                    n => format!(" and {} others", n - 1),
                };
                out.push(Remark { text: format!("{why}: {first}{others}."), reason: why });
            }
        }
        for (service, meaning, speaks, left_out) in &self.doubled {
            let text = format!(
                "{speaks} and {left_out} both tell `{meaning}` of {service}: {left_out} is left out."
            );
            if self.told.insert(text.clone()) {
                out.push(Remark { reason: text.clone(), text });
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use swarmlab_record::series::fixture;

    use super::*;

    fn texts(remarks: &mut Remarks) -> Vec<String> {
        remarks.take().into_iter().map(|r| r.text).collect()
    }

    #[test]
    fn each_reason_is_told_once_with_whom_it_meets() {
        let mut remarks = Remarks::default();
        for who in ["/docker/1", "/docker/2", "/docker/1"] {
            remarks.unnamed("no labels".to_owned(), who.to_owned());
        }
        assert_eq!(texts(&mut remarks), ["no labels: /docker/1 and 1 others."]);
        remarks.unnamed("no labels".to_owned(), "/docker/3".to_owned());
        remarks.told(["no task".to_owned()]);
        remarks.unnamed("no task".to_owned(), "x".to_owned());
        assert!(remarks.take().is_empty());
    }

    #[test]
    fn of_two_names_for_one_meaning_the_first_speaks() {
        let mut remarks = Remarks::default();
        let cpu = fixture::identity("web", "a");
        let other = Identity { metric: "other_cpu_total".to_owned(), ..cpu.clone() };
        let elsewhere = Identity { service: "db".to_owned(), ..other.clone() };
        assert!(remarks.speaks(&cpu) && !remarks.speaks(&other) && remarks.speaks(&elsewhere));
        assert!(remarks.speaks(&cpu) && !remarks.speaks(&other));
        assert_eq!(
            texts(&mut remarks),
            [
                "container_cpu_usage_seconds_total and other_cpu_total both tell `cpu` of web: other_cpu_total is left out."
            ]
        );
        assert!(remarks.take().is_empty());
    }
}
