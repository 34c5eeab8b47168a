//! Which thresholds can be missed while the load still goes on.

use super::{Check, Comparison, Limit, Quantity, evaluate::alias};

/// A threshold, and whether a load that misses it is ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The threshold.
    pub check: Check,
    /// Ends the load if it is missed so long after its beginning, or later, seconds; none looks at its end alone.
    pub abort_after_s: Option<f64>,
}

impl Threshold {
    /// One that is looked at when the load is over.
    pub fn at_the_end(check: Check) -> Self {
        Self { check, abort_after_s: None }
    }
}

/// Figures that are counts: they grow as long as the load lasts.
const COUNTS: [&str; 3] = ["sent", "completed", "failed"];
/// What else is known of clients at any moment.
const SO_FAR: [&str; 2] = ["throughput_per_s", "error_rate"];

/// Why a threshold says nothing before the load is over; a sentence, none where it does.
pub fn only_later(check: &Check) -> Option<String> {
    let of = match &check.limit {
        Limit::Share { of, .. } => Some(of),
        Limit::Amount(_) => None,
    };
    let quantities = [Some(&check.left), check.over.as_ref(), of];
    if let Some(late) = quantities.into_iter().flatten().find(|q| !is_so_far(q)) {
        return Some(format!(
            "`{}` is known when the run is over; while it goes on, what the clients felt is: response times, counts of requests, \
             `throughput` and `error_rate`",
            late.name
        ));
    }
    let grows = check.over.is_none() && of.is_none() && is_count(&check.left);
    (grows && matches!(check.comparison, Comparison::Above | Comparison::AtLeast)).then(|| {
        format!(
            "`{}` grows as long as the load lasts: before its end nobody knows that it stays too low",
            check.left.name
        )
    })
}

fn stem(q: &Quantity) -> &str {
    alias(q.name.split_once(':').map_or(q.name.as_str(), |(stem, _)| stem))
}

fn is_count(q: &Quantity) -> bool {
    q.function.is_none() && COUNTS.contains(&stem(q))
}

fn is_so_far(q: &Quantity) -> bool {
    match q.function {
        Some(_) => stem(q) == "response",
        None => is_count(q) || SO_FAR.contains(&stem(q)) || stem(q).starts_with("response_"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::parse;

    #[test]
    fn what_clients_felt_so_far_can_be_missed_and_the_rest_cannot() {
        for (text, why) in [
            ("p95(response) < 250ms", None),
            ("response_p99_ms:login < 1 s", None),
            ("errors / sent < 1 %", None),
            ("error_rate < 1 %", None),
            ("failed < 100", None),
            ("throughput >= 20 /s", None),
            ("throughput >= 95 % of offered", Some("`offered` is known when")),
            ("completed >= 90 % of sent", None),
            ("sent > 1000", Some("grows")),
            ("max(ms-exercise.cpu) < 0.9 cores", Some("`ms-exercise.cpu` is known when")),
            ("demand_ms:web < 5 ms/request", Some("`demand_ms:web` is known when")),
            ("users < 5", Some("`users`")),
        ] {
            let told = only_later(&parse(text).unwrap());
            assert_eq!(told.is_some(), why.is_some(), "{text}: {told:?}");
            assert!(told.unwrap_or_default().contains(why.unwrap_or_default()), "{text}");
        }
    }
}
