//! "Did you mean …?"

use strsim::osa_distance;

/// Longer words, in characters, are no slips of the keyboard; comparing costs the product of both lengths.
const LONGEST: usize = 64;

/// The candidate nearest to `word`, if it is near enough to be a slip of the keyboard: at most a third of
/// the word's characters wrong (at least one, at most four), a swap of neighbours counting once. Of equally near ones
/// the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let is_long = |text: &str| text.chars().nth(LONGEST).is_some();
    if is_long(word) {
        return None;
    }
    let limit = (word.chars().count() / 3).clamp(1, 4);
    let lower = word.to_lowercase();
    candidates
        .into_iter()
        .filter(|c| !is_long(c))
        .map(|c| (osa_distance(&lower, &c.to_lowercase()), c))
        .filter(|&(d, _)| d <= limit)
        .min_by_key(|&(d, _)| d)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let keys = ["image", "environment", "networks", "ports"];
        assert_eq!(nearest("imgae", keys), Some("image"));
        assert_eq!(nearest("Enviroment", keys), Some("environment"));
        assert_eq!(nearest("port", keys), Some("ports"));
        assert_eq!(nearest("replicas", keys), None);
        assert_eq!(nearest("", keys), None);
    }

    #[test]
    fn a_swap_counts_once() {
        // Two letters allow one slip: a swap is one, two replacements are two.
        assert_eq!(nearest("ba", ["ab"]), Some("ab"));
        assert_eq!(nearest("ba", ["xy"]), None);
        assert_eq!(nearest("agnet", ["angle", "agent"]), Some("agent"));
        assert_eq!(nearest("gatway", ["ms-exercise", "gateway"]), Some("gateway"));
        assert_eq!(nearest("ms-exercises", ["gateway", "ms-exercise"]), Some("ms-exercise"));
        assert_eq!(nearest("xy", ["gateway", "db"]), None);
    }

    #[test]
    fn of_equally_near_ones_the_first_is_named() {
        assert_eq!(nearest("pot", ["port", "post"]), Some("port"));
        assert_eq!(nearest("pot", ["post", "port"]), Some("post"));
    }

    #[test]
    fn long_texts_are_no_slips_and_cost_nothing() {
        let word = "x".repeat(64);
        assert_eq!(nearest(&word, [&*format!("{}y", "x".repeat(63))]).map(str::len), Some(64));
        let long = "x".repeat(65);
        assert_eq!((nearest(&long, [&*word]), nearest(&word, [&*long])), (None, None));
        let huge = "x".repeat(4 << 20);
        assert_eq!((nearest(&huge, [&*huge]), nearest("x", [&*huge])), (None, None));
    }
}
