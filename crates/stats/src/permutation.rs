//! Exact p-values of correlations of few pairs.
//!
//! The t test of a coefficient takes normal errors for granted. Of a handful of pairs it claims far too much: r = 1 of
//! three has p = 0 by it, while three ranks fall into that order, or its reverse, by chance one time in three. Among all
//! orders of y (each as likely as any other if x and y have nothing to do with each other) the share whose |r| is at least
//! the observed one is the p-value, whatever the distribution (Pitman 1937).

/// More pairs than that have more orders than are worth trying; there the t test is close.
pub const MOST_PAIRS: usize = 7;

/// Rounding that does not tell coefficients apart.
const TIE: f64 = 1e-9;

/// Two-sided p-value of a coefficient of two series in standard form, over all orders of the second. At least `2 / n!`.
/// `None` for more than [`MOST_PAIRS`] pairs.
#[must_use]
pub fn exact_p(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() > MOST_PAIRS || x.len() != y.len() {
        return None;
    }
    let coefficient = |y: &[f64]| x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>();
    let observed = coefficient(y).abs() - TIE;
    let (mut extreme, mut all) = (0_u32, 0_u32);
    each_order(&mut y.to_vec(), &mut |y| {
        all += 1;
        extreme += u32::from(coefficient(y).abs() >= observed);
    });
    Some(f64::from(extreme) / f64::from(all))
}

/// Least p-value that so few pairs can have: `2 / n!`, the two orders that agree or disagree perfectly.
#[must_use]
pub fn least_p(n: usize) -> f64 {
    2.0 / (1..=n.min(170)).map(|k| k as f64).product::<f64>()
}

/// Calls with each order of the values once (Heap 1963).
fn each_order(values: &mut [f64], with: &mut impl FnMut(&[f64])) {
    let mut turns = vec![0; values.len()];
    with(values);
    let mut at = 1;
    while at < values.len() {
        if turns[at] < at {
            let other = if at % 2 == 0 { 0 } else { turns[at] };
            values.swap(other, at);
            with(values);
            turns[at] += 1;
            at = 1;
        } else {
            turns[at] = 0;
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::series::standard_form;

    #[test]
    fn every_order_once() {
        let mut seen = std::collections::BTreeSet::new();
        each_order(&mut [1.0, 2.0, 3.0, 4.0, 5.0], &mut |order| {
            assert!(seen.insert(format!("{order:?}")));
        });
        assert_eq!(seen.len(), 120);
    }

    #[test]
    fn three_in_a_row_happen_one_time_in_three() {
        let x = standard_form(&[1.0, 2.0, 3.0]).unwrap();
        let down = standard_form(&[3.0, 2.0, 1.0]).unwrap();
        for y in [&x, &down] {
            assert!((exact_p(&x, y).unwrap() - 1.0 / 3.0).abs() < 1e-12);
        }
        assert!((least_p(3) - 1.0 / 3.0).abs() < 1e-12);
        assert!((least_p(5) - 1.0 / 60.0).abs() < 1e-12);
    }

    #[test]
    fn many_pairs_are_left_to_the_t_test() {
        let x: Vec<f64> = (0..8).map(f64::from).collect();
        assert_eq!(exact_p(&x, &x), None);
    }
}
