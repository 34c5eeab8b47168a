//! Names in a check that no run of an experiment can have, found before it starts.

use super::evaluate::alias;
use super::{Check, Limit, Quantity};

/// What is known of a run's names beforehand; of what is not known, nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// Services of the stack. Empty is a load alone, which has figures of clients and no columns.
    pub services: Option<&'a [String]>,
    /// Names that statistics of requests are kept under.
    pub endpoints: Option<&'a [String]>,
}

/// A name that the run will not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// The name.
    pub name: String,
    /// What it would be: `figure`, `service` or `endpoint`.
    pub what: &'static str,
    /// The names that there are.
    pub known: Vec<String>,
}

/// Whose figure it is: what may stand behind its colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    /// All endpoints, or the one behind the colon.
    Clients,
    /// The run.
    Run,
    /// The service behind the colon.
    Service,
}

/// Stems of all figures; with what they are written as beside their key.
const FIGURES: [(&str, Of); 20] = [
    ("errors", Of::Clients),
    ("throughput", Of::Clients),
    ("offered", Of::Clients),
    ("sent", Of::Clients),
    ("completed", Of::Clients),
    ("failed", Of::Clients),
    ("throughput_per_s", Of::Clients),
    ("error_rate", Of::Clients),
    ("response_mean_ms", Of::Clients),
    ("response_p50_ms", Of::Clients),
    ("response_p90_ms", Of::Clients),
    ("response_p95_ms", Of::Clients),
    ("response_p99_ms", Of::Clients),
    ("response_p999_ms", Of::Clients),
    ("response_max_ms", Of::Clients),
    ("users", Of::Run),
    ("demand_ms", Of::Service),
    ("idle_cores", Of::Service),
    ("replica_seconds", Of::Service),
    ("slo_violation_s", Of::Run),
];

/// Owners of columns that are no services.
const OWNERS: [&str; 2] = ["client", "query"];

impl Known<'_> {
    /// The first name of a check that the run will not have.
    pub fn stranger(&self, check: &Check) -> Option<Stranger> {
        let of = match &check.limit {
            Limit::Share { of, .. } => Some(of),
            Limit::Amount(_) => None,
        };
        [Some(&check.left), check.over.as_ref(), of].into_iter().flatten().find_map(|q| self.of(q))
    }

    fn of(&self, q: &Quantity) -> Option<Stranger> {
        let (stem, behind) = q.name.split_once(':').map_or((q.name.as_str(), None), |(a, b)| (a, Some(b)));
        match q.function {
            Some(_) if stem == "response" => behind.and_then(|name| self.endpoint(name)),
            Some(_) => self.column(&q.name),
            None => self.figure(stem, behind),
        }
    }

    fn figure(&self, stem: &str, behind: Option<&str>) -> Option<Stranger> {
        let alone = self.services.is_some_and(<[String]>::is_empty);
        let stems = FIGURES.iter().filter(|(_, of)| !alone || *of == Of::Clients);
        match (stems.clone().find(|(known, _)| *known == stem), behind) {
            (Some((_, Of::Clients)), Some(name)) if stem != "offered" => self.endpoint(name),
            (Some((_, Of::Service)), Some(name)) => self.service(name, name),
            (Some((_, Of::Clients | Of::Run)), None) => None,
            _ => {
                let written = |(stem, of): &(&str, Of)| match of {
                    Of::Service => format!("{stem}:SERVICE"),
                    Of::Clients | Of::Run => (*stem).to_owned(),
                };
                let name = behind.map_or_else(|| stem.to_owned(), |behind| format!("{stem}:{behind}"));
                Some(Stranger { name, what: "figure", known: stems.map(written).collect() })
            }
        }
    }

    fn endpoint(&self, name: &str) -> Option<Stranger> {
        let known = self.endpoints?;
        let stranger = || Stranger { name: name.to_owned(), what: "endpoint", known: known.to_vec() };
        (!known.iter().any(|k| k == name)).then(stranger)
    }

    /// The service of `SERVICE.METRIC`. Names of whole columns are known when there is a frame.
    fn column(&self, name: &str) -> Option<Stranger> {
        let (service, _) = name.rsplit_once('.')?;
        if OWNERS.contains(&service) { None } else { self.service(service, name) }
    }

    fn service(&self, service: &str, name: &str) -> Option<Stranger> {
        let known = self.services?;
        // A service's own name may hold a point, and so may what follows it.
        let begins =
            |k: &String| name.strip_prefix(k.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('.'));
        let stranger = || Stranger { name: service.to_owned(), what: "service", known: known.to_vec() };
        (!known.iter().any(begins)).then(stranger)
    }
}

/// Whether a figure of this key may be written in a check; whoever makes figures tries theirs.
pub fn is_figure(key: &str) -> bool {
    let q = Quantity { function: None, name: key.to_owned() };
    alias(key) == key && Known::default().of(&q).is_none()
}

/// The keys that figures of runs can have; what stands behind a colon is in capitals.
pub fn figure_keys() -> impl Iterator<Item = String> {
    let own = FIGURES.iter().filter(|(stem, _)| alias(stem) == *stem && *stem != "offered");
    own.map(|(stem, of)| match of {
        Of::Service => format!("{stem}:SERVICE"),
        Of::Clients | Of::Run => (*stem).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::parse;

    fn names(of: &[&str]) -> Vec<String> {
        of.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn what_no_run_can_have_is_found_beforehand() {
        let (services, endpoints) = (names(&["ms-exercise", "a.b"]), names(&["login", "GET /a:b"]));
        let known = Known { services: Some(&services), endpoints: Some(&endpoints) };
        for (text, what) in [
            ("throughputt >= 95 % of offered", Some(("figure", "throughputt"))),
            ("throughput >= 95 % of offerd", Some(("figure", "offerd"))),
            ("offered:login > 5/s", Some(("figure", "offered:login"))),
            ("response < 5 ms", Some(("figure", "response"))),
            ("users:login < 5", Some(("figure", "users:login"))),
            ("demand_ms < 5 ms", Some(("figure", "demand_ms"))),
            ("demand_ms:ms-exercse < 5 ms", Some(("service", "ms-exercse"))),
            ("errors:logn / sent < 1 %", Some(("endpoint", "logn"))),
            ("errors / sent:logn < 1 %", Some(("endpoint", "logn"))),
            ("p95(response:logn) < 5 ms", Some(("endpoint", "logn"))),
            ("max(ms-exercse.cpu) < 1 cores", Some(("service", "ms-exercse"))),
            ("p95(response) < 5 ms", None),
            ("p95(\"response:GET /a:b\") < 5 ms", None),
            ("throughput:login >= 95 % of offered", None),
            ("idle_cores:a.b < 1 cores", None),
            ("max(ms-exercise.cpu) < 1 cores", None),
            ("max(a.b.cpu) < 1 cores", None),
            ("max(client.in_flight) < 5", None),
            ("max(whatever_column) < 5", None),
            ("users < 5", None),
        ] {
            let found = known.stranger(&parse(text).unwrap());
            let told = found.as_ref().map(|s| (s.what, s.name.as_str()));
            assert_eq!(told, what, "{text}");
            assert_eq!(
                Known::default().stranger(&parse(text).unwrap()),
                found.filter(|s| s.what == "figure")
            );
        }
    }

    #[test]
    fn a_load_alone_has_figures_of_clients() {
        let known = Known { services: Some(&[]), endpoints: None };
        let stranger = |text| known.stranger(&parse(text).unwrap());
        assert_eq!(stranger("failed < 1"), None);
        assert_eq!(stranger("demand_ms:web < 1 ms").map(|s| s.what), Some("figure"));
        assert!(stranger("users < 1").is_some_and(|s| !s.known.contains(&"users".to_owned())));
    }

    #[test]
    fn figures_by_key() {
        assert!(is_figure("sent") && is_figure("failed:login") && is_figure("demand_ms:web"));
        assert!(!is_figure("errors") && !is_figure("sentt"));
    }
}
