//! Sums of products at many lags at once, through the fast Fourier transform: `n log n` where adding them up takes `n` for
//! each lag.

use std::f64::consts::PI;

/// `sum_t z[t] z[t + lag]` for lags `1..=max_lag`, to about 1e-13 of `sum z²`.
pub(crate) fn lagged_sums(z: &[f64], max_lag: usize) -> Vec<f64> {
    // As many zeros behind the values as lags: the transform's circle must not wrap products around.
    let size = (z.len() + max_lag).next_power_of_two();
    let mut re = vec![0.0; size];
    re[..z.len()].copy_from_slice(z);
    let mut im = vec![0.0; size];
    transform(&mut re, &mut im);
    for (a, b) in re.iter_mut().zip(&mut im) {
        (*a, *b) = (*a * *a + *b * *b, 0.0);
    }
    // The power is even, so that transforming it once more is transforming it back, but for the factor.
    transform(&mut re, &mut im);
    (1..=max_lag).map(|lag| re[lag] / size as f64).collect()
}

/// In place, radix 2 (Cooley & Tukey 1965); the length is a power of two.
fn transform(re: &mut [f64], im: &mut [f64]) {
    let n = re.len();
    let mut j = 0;
    for i in 1..n {
        let mut bit = n >> 1;
        while j & bit != 0 {
            j ^= bit;
            bit >>= 1;
        }
        j |= bit;
        if i < j {
            re.swap(i, j);
            im.swap(i, j);
        }
    }
    let roots: Vec<(f64, f64)> = (0..n / 2).map(|k| (-2.0 * PI * k as f64 / n as f64).sin_cos()).collect();
    let mut half = 1;
    while half < n {
        let step = n / (2 * half);
        for begin in (0..n).step_by(2 * half) {
            for k in 0..half {
                let (sin, cos) = roots[k * step];
                let (a, b) = (begin + k, begin + k + half);
                let (x, y) = (re[b] * cos - im[b] * sin, re[b] * sin + im[b] * cos);
                (re[b], im[b]) = (re[a] - x, im[a] - y);
                (re[a], im[a]) = (re[a] + x, im[a] + y);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_adding_up() {
        for n in [1, 2, 7, 64, 100] {
            let z: Vec<f64> = (0..n).map(|t| f64::from((t * 37 + 11) % 23) - 11.0).collect();
            let max_lag = z.len() / 2;
            let squares: f64 = z.iter().map(|v| v * v).sum();
            for (lag, sum) in (1..).zip(lagged_sums(&z, max_lag)) {
                let added: f64 = z.iter().zip(&z[lag..]).map(|(a, b)| a * b).sum();
                assert!((sum - added).abs() <= 1e-13 * squares, "{n} {lag}: {sum} {added}");
            }
        }
    }
}
