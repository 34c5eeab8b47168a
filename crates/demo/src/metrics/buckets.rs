//! Bucket bounds of latency histograms: geometric, so that a quantile read from them has the same relative
//! error everywhere.

/// Upper bounds in seconds from `first_s` by `step` up to the first one that reaches `last_s`, each rounded
/// to three significant digits so that it prints short.
pub(crate) fn geometric_s(first_s: f64, last_s: f64, step: f64) -> Vec<f64> {
    let mut bounds_s = Vec::new();
    let mut bound_s = first_s;
    while bounds_s.last().is_none_or(|last| *last < last_s) {
        bounds_s.push(three_digits(bound_s).min(last_s));
        bound_s *= step;
    }
    bounds_s
}

fn three_digits(value: f64) -> f64 {
    // Through text: decimal rounding by arithmetic leaves trailing digits.
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stay_within_the_promise() {
        let bounds_s = geometric_s(1e-4, 60.0, 1.1);
        assert_eq!((bounds_s[0], bounds_s[bounds_s.len() - 1]), (1e-4, 60.0));
        for pair in bounds_s.windows(2) {
            let ratio = pair[1] / pair[0];
            assert!(ratio > 1.0 && ratio < 1.108, "{pair:?}");
        }
        assert_eq!(bounds_s.len(), 141);
    }
}
