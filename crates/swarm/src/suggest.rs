//! "Did you mean": the known name nearest to a mistyped one.

/// The nearest of `known`, if it is near enough to be a slip: at most a third of the letters differ.
pub(crate) fn nearest(typed: &str, known: &[String]) -> Option<String> {
    known
        .iter()
        .map(|name| (edits(typed, name), name))
        .filter(|(edits, name)| *edits <= name.chars().count().max(3) / 3)
        .min()
        .map(|(_, name)| name.clone())
}

/// Insertions, deletions, replacements and swaps of neighbouring characters that make `b` of `a`.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            if i == 0 || j == 0 {
                table[i][j] = i + j;
                continue;
            }
            let replace = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(table[i - 2][j - 2] + 1);
            }
            table[i][j] = best;
        }
    }
    table[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_known_pairs() {
        assert_eq!(edits("kitten", "sitting"), 3);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("same", "same"), 0);
        assert_eq!(edits("agnet", "agent"), 1);
    }

    #[test]
    fn suggests_slips_and_nothing_else() {
        let known = vec!["gateway".to_string(), "ms-exercise".to_string(), "db".to_string()];
        assert_eq!(nearest("gatway", &known).as_deref(), Some("gateway"));
        assert_eq!(nearest("ms-exercises", &known).as_deref(), Some("ms-exercise"));
        assert_eq!(nearest("prometheus", &known), None);
        assert_eq!(nearest("xy", &known), None);
    }
}
