//! What a check says of a run.

use super::parser::kind_of;
use super::unit::{self, Amount, Kind};
use super::{Check, Function, Limit, Quantity};

/// Of fewer answers the 95th percentile is the longest, and that none of them failed says little of a rate: no objective is
/// met by them.
pub const LEAST_ANSWERS: u64 = 20;

/// A run's numbers.
pub trait Source {
    /// A figure by key, with its unit; `None` where it is not known.
    fn figure(&self, key: &str) -> Option<(f64, String)>;
    /// Answers of which the quantiles of an endpoint are, or those of all endpoints; `None` where that is not known.
    fn answers(&self, endpoint: Option<&str>) -> Option<u64> {
        let _ = endpoint;
        None
    }
    /// A column over the load: values and unit.
    fn column(&self, name: &str) -> Option<(Vec<Option<f64>>, String)>;
    /// Names of all columns.
    fn columns(&self) -> Vec<String>;
}

/// What a check says.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Both sides are known.
    Judged {
        /// Whether it holds.
        holds: bool,
        /// What was measured.
        value: Amount,
        /// What it was compared with.
        limit: Amount,
    },
    /// A side is not known: why, a sentence.
    NotJudged(String),
}

/// Evaluates a check.
pub fn evaluate(check: &Check, source: &dyn Source) -> Outcome {
    match sides(check, source) {
        Ok((value, limit)) => {
            Outcome::Judged { holds: check.comparison.holds(value.value, limit.value), value, limit }
        }
        Err(why) => Outcome::NotJudged(why),
    }
}

fn sides(check: &Check, source: &dyn Source) -> Result<(Amount, Amount), String> {
    let left = number(&check.left, source)?;
    let value = match &check.over {
        None => left,
        Some(over) => {
            let below = number(over, source)?;
            if below.kind != left.kind {
                return Err(format!(
                    "`{}` and `{}` are not measured in the same unit.",
                    check.left.name, over.name
                ));
            }
            if below.value == 0.0 {
                return Err(format!("`{}` is 0: there is no ratio.", over.name));
            }
            Amount { value: left.value / below.value, kind: Kind::Count }
        }
    };
    let limit = match &check.limit {
        Limit::Amount(amount) => *amount,
        Limit::Share { of_one, of } => {
            let whole = number(of, source)?;
            if whole.value == 0.0 {
                return Err(format!("`{}` is 0: there is no share of it.", of.name));
            }
            Amount { value: whole.value * of_one, kind: whole.kind }
        }
    };
    if value.kind != limit.kind {
        return Err(format!("`{}` is measured in {}.", check.left.name, value.kind.units()));
    }
    Ok((value, limit))
}

/// Names that stand for figures of all endpoints, or of one behind a colon.
const ALIASES: [(&str, &str); 2] = [("errors", "failed"), ("throughput", "throughput_per_s")];

/// The key of what a name stands for.
pub(crate) fn alias(stem: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == stem).map_or(stem, |(_, key)| key)
}

fn number(q: &Quantity, source: &dyn Source) -> Result<Amount, String> {
    let (stem, endpoint) = q.name.split_once(':').map_or((q.name.as_str(), None), |(a, b)| (a, Some(b)));
    let keyed = |key: &str| endpoint.map_or_else(|| key.to_owned(), |e| format!("{key}:{e}"));
    match q.function {
        None if q.name == "offered" => column(Function::Mean, "client_offered_per_s", source),
        None => figure(&keyed(alias(stem)), source),
        Some(function) if stem == "response" => match function {
            Function::Quantile(999) => figure(&keyed("response_p999_ms"), source),
            Function::Mean | Function::Max | Function::Quantile(_) => {
                figure(&keyed(&format!("response_{}_ms", function.name())), source)
            }
            _ => Err(format!("There is no {} of all response times.", function.name())),
        },
        Some(function) => column(function, &q.name, source),
    }
    .and_then(|amount| match kind_of(q).filter(|k| *k != amount.kind) {
        Some(kind) => Err(format!("`{}` is not measured in {}.", q.name, kind.units())),
        None => Ok(amount),
    })
}

fn figure(key: &str, source: &dyn Source) -> Result<Amount, String> {
    let (value, unit) = source.figure(key).ok_or_else(|| format!("The run has no figure `{key}`."))?;
    if key.starts_with("response_p")
        && let Some(n) = source.answers(key.split_once(':').map(|(_, endpoint)| endpoint))
        && n < LEAST_ANSWERS
    {
        return Err(format!("Of {n} answers there is no `{key}` to judge by; {LEAST_ANSWERS} are needed."));
    }
    unit::amount(value, &unit).ok_or_else(|| format!("`{key}` is measured in {unit}."))
}

fn column(function: Function, name: &str, source: &dyn Source) -> Result<Amount, String> {
    let name = resolve(name, &source.columns())?;
    let (values, unit) = source.column(&name).ok_or_else(|| format!("There is no column `{name}`."))?;
    let bins = values.len();
    let known: Vec<f64> = values.into_iter().flatten().filter(|v| v.is_finite()).collect();
    let count = known.len();
    let value =
        apply(function, known).ok_or_else(|| format!("`{name}` is not known in any bin of the load."))?;
    // Of the bins that are not known nothing may be said, and these are the most.
    if count * 2 < bins {
        return Err(format!("`{name}` is known in {count} of {bins} bins of the load: too few to judge by."));
    }
    unit::amount(value, &unit).ok_or_else(|| format!("`{name}` is measured in {unit}."))
}

/// `ms-exercise.cpu` is the column `ms_exercise_cpu_cores`; a name as it stands in the frame is itself.
fn resolve(name: &str, columns: &[String]) -> Result<String, String> {
    if columns.iter().any(|c| c == name) {
        return Ok(name.to_owned());
    }
    let plain = name.replace(['-', '.'], "_");
    let fits = |c: &&String| {
        c.strip_prefix(&plain)
            .is_some_and(|rest| rest.is_empty() || matches!(rest, "_cores" | "_bytes" | "_ms" | "_per_s"))
    };
    let found: Vec<&String> = columns.iter().filter(fits).collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(format!("There is no column `{name}`.")),
        several => {
            let names: Vec<&str> = several.iter().map(|c| c.as_str()).collect();
            Err(format!("`{name}` may be any of {}.", names.join(", ")))
        }
    }
}

fn apply(function: Function, mut known: Vec<f64>) -> Option<f64> {
    let last = *known.last()?;
    let sum: f64 = known.iter().sum();
    Some(match function {
        Function::Min => known.into_iter().fold(f64::INFINITY, f64::min),
        Function::Max => known.into_iter().fold(f64::NEG_INFINITY, f64::max),
        Function::Mean => sum / known.len() as f64,
        Function::Sum => sum,
        Function::Last => last,
        Function::Quantile(thousandths) => {
            // Linear between order statistics (Hyndman & Fan's type 7).
            known.sort_by(f64::total_cmp);
            let at = f64::from(thousandths) / 1000.0 * (known.len() - 1) as f64;
            let (low, high) = (at.floor() as usize, at.ceil() as usize);
            known[low] + at.fract() * (known[high] - known[low])
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::parse;

    struct Run;

    impl Source for Run {
        fn figure(&self, key: &str) -> Option<(f64, String)> {
            let (value, unit) = match key {
                "response_p95_ms" => (240.0, "ms"),
                "response_p999_ms:login" => (900.0, "ms"),
                "failed" => (2.0, ""),
                "sent" => (100.0, "requests"),
                "throughput_per_s" => (47.0, "requests/s"),
                "demand_ms:ms-exercise" => (15.0, "ms/request"),
                "completed" => (0.0, "requests"),
                "response_p50_ms:rare" => (5.0, "ms"),
                "response_mean_ms:rare" => (5.0, "ms"),
                _ => return None,
            };
            Some((value, unit.to_owned()))
        }
        fn answers(&self, endpoint: Option<&str>) -> Option<u64> {
            Some(if endpoint == Some("rare") { LEAST_ANSWERS - 1 } else { LEAST_ANSWERS })
        }
        fn column(&self, name: &str) -> Option<(Vec<Option<f64>>, String)> {
            match name {
                "ms_exercise_cpu_cores" => {
                    Some((vec![Some(0.2), None, Some(0.8), Some(0.5)], "cores".to_owned()))
                }
                "client_offered_per_s" => Some((vec![Some(48.0), Some(52.0)], "requests/s".to_owned())),
                "gateway_memory_bytes" => Some((vec![None, None], "bytes".to_owned())),
                "gateway_cpu_cores" => Some((vec![None, Some(0.1), None], "cores".to_owned())),
                "half_cpu_cores" => Some((vec![None, Some(0.1)], "cores".to_owned())),
                _ => None,
            }
        }
        fn columns(&self) -> Vec<String> {
            [
                "ms_exercise_cpu_cores",
                "client_offered_per_s",
                "gateway_memory_bytes",
                "gateway_cpu_cores",
                "half_cpu_cores",
            ]
            .map(str::to_owned)
            .to_vec()
        }
    }

    fn holds(text: &str) -> Option<bool> {
        match evaluate(&parse(text).unwrap(), &Run) {
            Outcome::Judged { holds, .. } => Some(holds),
            Outcome::NotJudged(_) => None,
        }
    }

    #[test]
    fn figures_columns_ratios_and_shares() {
        for (text, expected) in [
            ("p95(response) < 250ms", true),
            ("p95(response) < 0.2 s", false),
            ("p99.9(response:login) <= 900 ms", true),
            ("max(ms-exercise.cpu) < 0.9 cores", true),
            ("max(ms_exercise_cpu_cores) < 800 mcores", false),
            ("p50(ms-exercise.cpu) <= 0.5 cores", true),
            ("mean(ms-exercise.cpu) >= 0.5 cores", true),
            ("errors / sent < 1 %", false),
            ("errors / sent <= 2 %", true),
            ("throughput >= 95 % of offered", false),
            ("throughput >= 94 % of offered", true),
            ("demand_ms:ms-exercise < 16 ms/request", true),
            ("sent >= 100", true),
            ("max(half.cpu) < 1 cores", true),
            ("mean(response:rare) < 1 s", true),
        ] {
            assert_eq!(holds(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn without_evidence_nothing_is_judged() {
        for (text, why) in [
            ("p99(response) < 1 s", "no figure `response_p99_ms`"),
            ("max(nobody.cpu) < 1 cores", "no column `nobody.cpu`"),
            ("max(gateway.memory) < 1 GiB", "not known in any bin"),
            ("max(gateway.cpu) < 1 cores", "known in 1 of 3 bins"),
            ("users < 5", "no figure `users`"),
            ("p50(response:rare) < 1 s", "Of 19 answers there is no"),
            ("response_p50_ms:rare < 1 s", "20 are needed"),
            ("failed <= 1 % of completed", "`completed` is 0"),
            ("failed / completed <= 1 %", "`completed` is 0"),
        ] {
            match evaluate(&parse(text).unwrap(), &Run) {
                Outcome::NotJudged(said) => assert!(said.contains(why), "{text}: {said}"),
                Outcome::Judged { .. } => panic!("{text}"),
            }
        }
    }
}
