//! The functions that expressions can call.

use std::ops::RangeInclusive;

macro_rules! functions {
    ($($variant:ident $name:literal $from:literal ..= $to:literal $usage:literal),* $(,)?) => {
        /// A function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Function {
            $(#[doc = concat!("`", $usage, "`")] $variant),*
        }

        impl Function {
            /// All functions.
            pub const ALL: &'static [Function] = &[$(Function::$variant),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Function::$variant => $name),* }
            }

            /// How it is called.
            pub fn usage(self) -> &'static str {
                match self { $(Function::$variant => $usage),* }
            }

            /// How many arguments it takes.
            pub fn arity(self) -> RangeInclusive<usize> {
                match self { $(Function::$variant => $from..=$to),* }
            }
        }
    };
}

functions! {
    Uuid "uuid" 0..=0 "uuid()",
    Now "now" 0..=1 "now() or now('-5m')",
    Unix "unix" 0..=1 "unix() or unix('1h')",
    UnixMs "unix_ms" 0..=1 "unix_ms() or unix_ms('1h')",
    RandomInt "random_int" 2..=2 "random_int(1, 6)",
    RandomFloat "random_float" 2..=2 "random_float(0, 1)",
    RandomString "random_string" 1..=2 "random_string(8) or random_string(8, '01')",
    Choice "choice" 1..=100 "choice('a', 'b', 'c')",
    Weighted "weighted" 2..=100 "weighted('a', 3, 'b', 1)",
    Counter "counter" 0..=1 "counter() or counter('name')",
    Int "int" 1..=1 "int(a / b)",
    Round "round" 1..=2 "round(a / b) or round(a / b, 2)",
    Floor "floor" 1..=1 "floor(a / b)",
    Ceil "ceil" 1..=1 "ceil(a / b)",
    Abs "abs" 1..=1 "abs(a - b)",
    Min "min" 2..=100 "min(a, 10)",
    Max "max" 2..=100 "max(a, 0)",
    Url "url" 1..=1 "url(a)",
    Base64 "base64" 1..=1 "base64(a)",
    Concat "concat" 2..=100 "concat(a, ':', b)",
    Lower "lower" 1..=1 "lower(a)",
    Upper "upper" 1..=1 "upper(a)",
    Length "length" 1..=1 "length(a)",
    Default "default" 2..=2 "default(a, 'none')",
}

impl Function {
    /// The function of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }

    /// The one whose name is nearest to a word, if that can be a slip of the keyboard.
    pub(super) fn nearest(word: &str) -> Option<&'static str> {
        nearest(word, Self::ALL.iter().map(|function| function.name()))
    }
}

/// Longer words, in bytes, are no slips of the keyboard; comparing costs the product of both lengths.
const LONGEST: usize = 64;

/// The candidate that is nearest to a word, if that can be a slip of the keyboard: a third of it wrong, at least one
/// character and at most four.
pub(crate) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).clamp(1, 4);
    candidates
        .filter(|candidate| word.len() <= LONGEST && candidate.len() <= LONGEST)
        .map(|candidate| (strsim::osa_distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|&(distance, _)| distance <= most)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}
