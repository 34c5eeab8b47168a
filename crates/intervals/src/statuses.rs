//! Answers by their exact status.

use std::collections::BTreeMap;

/// Different statuses that are told apart in one endpoint and interval. Servers use a handful.
const DIFFERENT: usize = 16;

/// How many answers had which status. Has a fixed size, so that counting on the hot path takes no memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct Statuses {
    /// Status and count, in the order in which they came; unused ones have count 0.
    counts: [(u16, u64); DIFFERENT],
    /// Answers of further statuses, by class.
    further: [u64; 6],
}

impl Statuses {
    /// One more answer.
    #[inline]
    pub fn count(&mut self, status: u16) {
        self.add_many(status, 1);
    }

    /// So many more answers.
    pub fn add_many(&mut self, status: u16, n: u64) {
        if n == 0 {
            return;
        }
        for (known, count) in &mut self.counts {
            if *count == 0 || *known == status {
                *known = status;
                *count += n;
                return;
            }
        }
        self.further[class_of(status)] += n;
    }

    /// Adds the counts of `other`.
    pub fn add(&mut self, other: &Self) {
        for (status, n) in other.counts {
            self.add_many(status, n);
        }
        for (sum, n) in self.further.iter_mut().zip(other.further) {
            *sum += n;
        }
    }

    /// Answers of a class: 1 for 1xx, …, 5 for 5xx, 0 for anything else.
    pub fn class(&self, class: usize) -> u64 {
        let of_class = self.counts.iter().filter(|(status, _)| class_of(*status) == class);
        of_class.map(|(_, n)| n).sum::<u64>() + self.further.get(class).copied().unwrap_or(0)
    }

    /// All answers.
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|(_, n)| n).sum::<u64>() + self.further.iter().sum::<u64>()
    }

    /// Counts by name: the status, the name of a code of gRPC, or the class (`4xx`) of those beyond the first sixteen.
    pub fn by_name(&self) -> BTreeMap<String, u64> {
        let exact = self.counts.iter().map(|(status, n)| (status_name(*status), *n));
        let names = ["other", "1xx", "2xx", "3xx", "4xx", "5xx"];
        let further = names.iter().map(|name| (*name).to_owned()).zip(self.further);
        let mut out = BTreeMap::new();
        for (name, n) in exact.chain(further).filter(|(_, n)| *n > 0) {
            *out.entry(name).or_default() += n;
        }
        out
    }
}

/// Equal where the same statuses were counted as often, in whatever order they came.
impl PartialEq for Statuses {
    fn eq(&self, other: &Self) -> bool {
        self.by_name() == other.by_name()
    }
}

/// What is added to a code of gRPC to count it as a status: far beyond those of HTTP.
pub const GRPC_STATUSES: u16 = 10_000;

/// What a status is called: its number, the name of a code of gRPC, or `other` if it is none.
pub fn status_name(status: u16) -> String {
    match status.checked_sub(GRPC_STATUSES) {
        Some(code) => grpc_name(code),
        None if class_of(status) == 0 => "other".to_owned(),
        None => status.to_string(),
    }
}

/// The name of a code of gRPC (<https://grpc.github.io/grpc/core/md_doc_statuscodes.html>).
pub fn grpc_name(code: u16) -> String {
    match GRPC_NAMES.get(usize::from(code)) {
        Some(name) => (*name).to_owned(),
        None => format!("gRPC {code}"),
    }
}

/// Names of the codes of gRPC, from 0 on.
pub const GRPC_NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// Whether a status sends the client elsewhere (RFC 9110, 15.4).
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Of counts by name ([`Statuses::by_name`]) the redirects.
pub fn redirects(by_name: &BTreeMap<String, u64>) -> u64 {
    let is_one = |name: &String| name.parse().is_ok_and(is_redirect);
    by_name.iter().filter(|(name, _)| is_one(name)).map(|(_, n)| n).sum()
}

fn class_of(status: u16) -> usize {
    let class = usize::from(status / 100);
    if class <= 5 { class } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(statuses: &[u16]) -> Statuses {
        let mut out = Statuses::default();
        statuses.iter().for_each(|s| out.count(*s));
        out
    }

    fn named(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
        counts.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect()
    }

    #[test]
    fn statuses_are_told_apart_and_added_up() {
        let mut sum = of(&[200, 404, 200, 429]);
        sum.add(&of(&[429, 503]));
        assert_eq!(sum.by_name(), named(&[("200", 2), ("404", 1), ("429", 2), ("503", 1)]));
        assert_eq!((sum.class(2), sum.class(4), sum.class(5), sum.class(3)), (2, 3, 1, 0));
        assert_eq!((sum.total(), of(&[200, 404]) == of(&[404, 200])), (6, true));
    }

    #[test]
    fn more_than_sixteen_are_counted_by_class() {
        let statuses: Vec<u16> = (400..420).chain([999, 0]).collect();
        let all = of(&statuses);
        assert_eq!((all.total(), all.class(4), all.class(0)), (22, 20, 2));
        assert_eq!((all.by_name()["4xx"], all.by_name()["other"], all.by_name().len()), (4, 2, 18));
        // What is no status has no number either.
        assert_eq!(of(&[0, 0, 200]).by_name(), named(&[("200", 1), ("other", 2)]));
    }

    #[test]
    fn codes_of_grpc_have_names_of_their_own() {
        let counted = of(&[200, GRPC_STATUSES, GRPC_STATUSES + 14, GRPC_STATUSES + 14, GRPC_STATUSES + 77]);
        assert_eq!(counted.by_name(), named(&[("200", 1), ("OK", 1), ("UNAVAILABLE", 2), ("gRPC 77", 1)]));
        assert_eq!((counted.class(2), counted.class(0), redirects(&counted.by_name())), (1, 4, 0));
    }

    #[test]
    fn redirects_are_those_that_lead_elsewhere() {
        let counted = of(&[200, 301, 302, 302, 304, 308, 404]);
        assert_eq!(redirects(&counted.by_name()), 4);
        assert_eq!(redirects(&named(&[("3xx", 5)])), 0, "which they were is not known");
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(Statuses::default().by_name().is_empty());
        assert_eq!(Statuses::default().total(), 0);
    }
}
