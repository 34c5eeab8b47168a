//! Null distributions of rank statistics, exactly: how often a statistic is at most `q` when all orders are equally likely.
//!
//! Both are counted by adding one observation after the other (Mann & Whitney 1947; Wilcoxon 1945). With ties they are
//! approximate, a little wide.

/// `P(U <= q)` for q = 0, 1, …: U counts the pairs of `m` and `n` observations of which the first is greater.
#[must_use]
pub fn mann_whitney(m: usize, n: usize) -> Vec<f64> {
    // ways[j][u]: orders of i observations of one kind and j of the other with the statistic u. The greatest of all belongs to
    // the first kind (and beats all j others), or to the second.
    let most = m * n;
    let mut ways = vec![vec![0.0; most + 1]; n + 1];
    for row in &mut ways {
        row[0] = 1.0;
    }
    for i in 1..=m {
        for j in 1..=n {
            // In place: ways[j] is still that of i - 1, ways[j - 1] already that of i.
            for u in (0..=i * j).rev() {
                let first = if u >= j { ways[j][u - j] } else { 0.0 };
                ways[j][u] = first + ways[j - 1][u];
            }
        }
    }
    cumulated(&ways[n])
}

/// `P(V <= q)` for q = 0, 1, …: V is the sum of the ranks (by size) of the positive ones among `n` differences.
#[must_use]
pub fn signed_rank(n: usize) -> Vec<f64> {
    let most = n * (n + 1) / 2;
    let mut ways = vec![0.0; most + 1];
    ways[0] = 1.0;
    for rank in 1..=n {
        for v in (rank..=most).rev() {
            ways[v] += ways[v - rank];
        }
    }
    cumulated(&ways)
}

fn cumulated(ways: &[f64]) -> Vec<f64> {
    let all: f64 = ways.iter().sum();
    let mut so_far = 0.0;
    ways.iter()
        .map(|w| {
            so_far += w;
            so_far / all
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_against_two_by_hand() {
        // aabb, abab, abba, baab, baba, bbaa: U = 0, 1, 2, 2, 3, 4.
        let expected = [1.0, 2.0, 4.0, 5.0, 6.0].map(|k| k / 6.0);
        for (ours, theirs) in mann_whitney(2, 2).iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-15);
        }
    }

    #[test]
    fn symmetric_in_its_arguments_and_about_its_middle() {
        let (a, b) = (mann_whitney(3, 7), mann_whitney(7, 3));
        assert_eq!(a.len(), 22);
        for q in 0..a.len() {
            assert!((a[q] - b[q]).abs() < 1e-14);
        }
        for q in 0..21 {
            assert!((a[q] - (1.0 - a[20 - q])).abs() < 1e-14, "{q}");
        }
    }

    #[test]
    fn three_signs_by_hand() {
        // Sums of subsets of {1, 2, 3}: 0, 1, 2, 3, 3, 4, 5, 6.
        let expected = [1.0, 2.0, 3.0, 5.0, 6.0, 7.0, 8.0].map(|k| k / 8.0);
        for (ours, theirs) in signed_rank(3).iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-15);
        }
    }
}
