//! Non-negative least squares for small dense systems: Lawson & Hanson, "Solving Least Squares Problems" (1974),
//! chapter 23.

use nalgebra::{DMatrix, DVector};

use crate::error::{StatsError, same_length};

/// Relative size of a gradient that counts as zero.
const GRADIENT_TOLERANCE: f64 = 1e-12;

/// The minimiser of `|A x - b|` over `x >= 0`.
#[derive(Debug, Clone, PartialEq)]
pub struct NnlsSolution {
    /// The coefficients, none negative.
    pub x: Vec<f64>,
    /// Euclidean length of `A x - b`.
    pub residual_norm: f64,
}

/// Solves for a matrix given by its columns. Units: those of `b` per unit of the column.
///
/// # Errors
/// Columns of another length than `b`; values that are not finite; no end after `30 (k + 1)` steps (not seen).
pub fn nnls(columns: &[Vec<f64>], b: &[f64]) -> Result<NnlsSolution, StatsError> {
    for column in columns {
        same_length(column.len(), b.len())?;
    }
    if !columns.iter().flatten().chain(b).all(|v| v.is_finite()) {
        return Err(StatsError::out_of_range("matrix and right side", "finite"));
    }
    // Unit columns make one tolerance fit all units.
    let scale: Vec<f64> = columns.iter().map(|c| length(c)).collect();
    let unit = |(column, s): (&Vec<f64>, &f64)| -> Vec<f64> {
        column.iter().map(|v| if *s > 0.0 { v / s } else { 0.0 }).collect()
    };
    let a = DMatrix::from_vec(b.len(), columns.len(), columns.iter().zip(&scale).flat_map(unit).collect());
    let b = DVector::from_column_slice(b);
    let x = if a.nrows() > a.ncols() {
        // |Ax - b| and |Rx - Q'b| differ by a constant: the iteration needs the small triangle only.
        let qr = a.clone().qr();
        let mut turned = b.clone();
        qr.q_tr_mul(&mut turned);
        active_set(&qr.r(), &turned.rows(0, a.ncols()).into_owned())?
    } else {
        active_set(&a, &b)?
    };
    let residual_norm = length((&a * &x - b).as_slice());
    let x = x.iter().zip(&scale).map(|(v, s)| if *s > 0.0 { v / s } else { 0.0 }).collect();
    Ok(NnlsSolution { x, residual_norm })
}

fn length(v: &[f64]) -> f64 {
    let scale = v.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    if scale == 0.0 { 0.0 } else { v.iter().map(|x| (x / scale).powi(2)).sum::<f64>().sqrt() * scale }
}

fn active_set(a: &DMatrix<f64>, b: &DVector<f64>) -> Result<DVector<f64>, StatsError> {
    let k = a.ncols();
    let tolerance = GRADIENT_TOLERANCE * length(b.as_slice());
    let mut x = DVector::zeros(k);
    let mut passive = vec![false; k];
    // Columns whose gradient was rounding: they came in at zero or below and are not tried again at this x.
    let mut refused = vec![false; k];
    let limit = 30 * (k + 1);
    for _ in 0..limit {
        let gradient = a.transpose() * (b - a * &x);
        let candidate = (0..k)
            .filter(|&j| !passive[j] && !refused[j] && gradient[j] > tolerance)
            .max_by(|&i, &j| gradient[i].total_cmp(&gradient[j]));
        let Some(entering) = candidate else { return Ok(x) };
        passive[entering] = true;
        let mut trial = least_squares(a, b, &passive)?;
        if trial[entering] <= 0.0 {
            passive[entering] = false;
            refused[entering] = true;
            continue;
        }
        refused.fill(false);
        // Each turn frees at least one passive column, so k turns suffice.
        while (0..k).any(|j| passive[j] && trial[j] <= 0.0) {
            let step = (0..k)
                .filter(|&j| passive[j] && trial[j] <= 0.0)
                .map(|j| x[j] / (x[j] - trial[j]))
                .fold(1.0, f64::min);
            let blocking: Vec<usize> = (0..k)
                .filter(|&j| passive[j] && trial[j] <= 0.0 && x[j] / (x[j] - trial[j]) <= step)
                .collect();
            x += (&trial - &x) * step;
            for j in blocking {
                passive[j] = false;
                x[j] = 0.0;
            }
            trial = least_squares(a, b, &passive)?;
        }
        x = trial;
    }
    Err(StatsError::NotConverged { iterations: limit })
}

/// Least squares on the passive columns, zero elsewhere.
fn least_squares(a: &DMatrix<f64>, b: &DVector<f64>, passive: &[bool]) -> Result<DVector<f64>, StatsError> {
    let chosen: Vec<usize> = (0..a.ncols()).filter(|&j| passive[j]).collect();
    let mut full = DVector::zeros(a.ncols());
    if chosen.is_empty() {
        return Ok(full);
    }
    let svd = a.select_columns(&chosen).svd(true, true);
    let cut = svd.singular_values.max() * 1e-13;
    let solution = svd.solve(b, cut).map_err(|_| StatsError::Singular)?;
    for (j, value) in chosen.iter().zip(solution.iter()) {
        full[*j] = *value;
    }
    Ok(full)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_negative_coefficient_becomes_zero() {
        let columns = vec![vec![1.0, 1.0, 1.0], vec![1.0, 2.0, 3.0]];
        let free = nnls(&columns, &[3.0, 5.0, 7.0]).unwrap();
        assert!((free.x[0] - 1.0).abs() < 1e-12 && (free.x[1] - 2.0).abs() < 1e-12);
        let held = nnls(&columns, &[1.0, 3.0, 5.0]).unwrap();
        assert_eq!(held.x[0], 0.0);
        assert!((held.x[1] - 22.0 / 14.0).abs() < 1e-12);
        assert_eq!(nnls(&columns, &[-1.0, -1.0, -1.0]).unwrap().x, [0.0, 0.0]);
        assert_eq!(nnls(&[vec![0.0; 2]], &[1.0, 1.0]).unwrap().x, [0.0]);
        assert!(nnls(&columns, &[f64::NAN, 0.0, 0.0]).is_err());
        assert!(nnls(&columns, &[1.0]).is_err());
    }

    proptest! {
        /// Karush-Kuhn-Tucker: no coefficient negative, no descent direction left.
        #[test]
        fn optimal(entries in prop::collection::vec(-10.0..10.0_f64, 24), b in prop::collection::vec(-10.0..10.0_f64, 6)) {
            let columns: Vec<Vec<f64>> = entries.chunks(6).map(<[f64]>::to_vec).collect();
            let x = nnls(&columns, &b).unwrap().x;
            let residual: Vec<f64> = (0..6)
                .map(|i| b[i] - columns.iter().zip(&x).map(|(c, v)| c[i] * v).sum::<f64>())
                .collect();
            for (column, v) in columns.iter().zip(&x) {
                let gradient: f64 = column.iter().zip(&residual).map(|(a, r)| a * r).sum();
                prop_assert!(*v >= 0.0);
                prop_assert!(gradient <= 1e-7, "descent left: {}", gradient);
                prop_assert!(*v == 0.0 || gradient.abs() <= 1e-7, "not stationary: {}", gradient);
            }
        }
    }
}
