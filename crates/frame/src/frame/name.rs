//! Column names: `<service>_<metric>_<unit>`, `client_<metric>_<unit>`, `client_<endpoint>_…`.
//!
//! Names are made of lower-case letters, digits and underscores so that they can be typed in any
//! language that reads the frame. Folding `ms-exercise` and `ms_exercise` into the same word would
//! merge two services silently, so each column remembers whom it is about ([`Owner`]), and the frame
//! refuses two owners that fold to the same word.

use serde::{Deserialize, Serialize};

/// Whom a column is about, by the name as it was before folding.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Owner {
    /// All clients together.
    Client,
    /// One endpoint as the clients saw it.
    Endpoint(String),
    /// One service of the stack.
    Service(String),
    /// A user's own queries.
    Query,
}

impl Owner {
    /// The beginning of this owner's column names, without the underscore that follows.
    ///
    /// # Errors
    /// [`NameError`] when the name cannot be folded, or folds to a reserved word.
    pub fn prefix(&self) -> Result<String, NameError> {
        match self {
            Self::Client => Ok("client".into()),
            Self::Query => Ok("query".into()),
            Self::Endpoint(name) => {
                let word = fold(name);
                if word.is_empty() {
                    return Err(NameError::Empty { what: "endpoint", name: name.clone() });
                }
                Ok(format!("client_{word}"))
            }
            Self::Service(name) => {
                let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
                if let Some(bad) = name.chars().find(|&c| !plain(c)) {
                    return Err(NameError::Character { what: "service", name: name.clone(), bad });
                }
                let word: String = name.to_ascii_lowercase().replace(['-', '.'], "_");
                if !word.starts_with(|c: char| c.is_ascii_alphabetic()) {
                    return Err(NameError::Begin { what: "service", name: name.clone() });
                }
                // `t_…` are the time columns, `client_…` the clients'.
                if word == "t" || word == "client" || word.starts_with("client_") {
                    return Err(NameError::Reserved { name: name.clone() });
                }
                Ok(word)
            }
        }
    }
}

/// Why a column cannot be named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left to name a column by.
    #[error("the {what} {name:?} holds no letter or digit to name a column by")]
    Empty {
        /// The part of the name: endpoint, metric.
        what: &'static str,
        /// As given.
        name: String,
    },
    /// A character that cannot be part of a name.
    #[error("the {what} {name:?} holds {bad:?}, which cannot be part of a column name")]
    Character {
        /// The part of the name: service, metric, unit.
        what: &'static str,
        /// As given.
        name: String,
        /// The first offending character.
        bad: char,
    },
    /// A name must begin with a letter.
    #[error("the {what} {name:?} must begin with a letter to name a column")]
    Begin {
        /// The part of the name: service, metric.
        what: &'static str,
        /// As given.
        name: String,
    },
    /// The service's columns would look like the time columns or the clients' columns.
    #[error("a service named {name:?} would mix its columns with `t_…` or `client_…`: rename the service")]
    Reserved {
        /// As given.
        name: String,
    },
}

/// Lower case, each run of other characters one underscore, none at either end.
fn fold(name: &str) -> String {
    let mut word = String::with_capacity(name.len());
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c.to_ascii_lowercase());
        } else if !word.is_empty() && !word.ends_with('_') {
            word.push('_');
        }
    }
    word.truncate(word.trim_end_matches('_').len());
    word
}

/// `<owner>_<metric>_<unit>`; the unit is left out when empty or when the metric already ends in it
/// (`users` in `users` is `client_users`).
pub(super) fn column_name(owner: &Owner, metric: &str, unit: &str) -> Result<String, NameError> {
    let prefix = owner.prefix()?;
    if metric.is_empty() {
        return Err(NameError::Empty { what: "metric", name: metric.into() });
    }
    for (what, word) in [("metric", metric), ("unit", unit)] {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if let Some(bad) = word.chars().find(|&c| !plain(c)) {
            return Err(NameError::Character { what, name: word.into(), bad });
        }
    }
    if !metric.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(NameError::Begin { what: "metric", name: metric.into() });
    }
    let told = unit.is_empty() || metric == unit || metric.ends_with(&format!("_{unit}"));
    Ok(if told { format!("{prefix}_{metric}") } else { format!("{prefix}_{metric}_{unit}") })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn service(name: &str) -> Owner {
        Owner::Service(name.into())
    }

    #[test]
    fn names_follow_the_rule() {
        let name = |owner: Owner, metric, unit| column_name(&owner, metric, unit).unwrap();
        assert_eq!(name(service("ms-exercise"), "cpu", "cores"), "ms_exercise_cpu_cores");
        assert_eq!(name(service("Web.v2"), "replicas_desired", ""), "web_v2_replicas_desired");
        assert_eq!(name(Owner::Client, "users", "users"), "client_users");
        assert_eq!(name(Owner::Client, "throughput", "per_s"), "client_throughput_per_s");
        let endpoint = Owner::Endpoint("GET /exercises/{id}".into());
        assert_eq!(name(endpoint, "response_p95", "ms"), "client_get_exercises_id_response_p95_ms");
    }

    #[test]
    fn what_cannot_be_named_is_refused() {
        assert!(matches!(service("a b").prefix(), Err(NameError::Character { bad: ' ', .. })));
        assert!(matches!(service("").prefix(), Err(NameError::Begin { .. })));
        assert!(matches!(service("2web").prefix(), Err(NameError::Begin { .. })));
        for name in ["t", "T", "client", "client-api"] {
            assert!(matches!(service(name).prefix(), Err(NameError::Reserved { .. })), "{name}");
        }
        assert!(matches!(Owner::Endpoint("/ *".into()).prefix(), Err(NameError::Empty { .. })));
        let refused = |metric, unit| column_name(&service("web"), metric, unit).is_err();
        assert!(refused("", "s") && refused("CPU", "s") && refused("cpu", "1/s") && refused("_x", "s"));
    }
}
