//! `redirects`: whether those that answers ask for are followed, and how many one after the other.

use swarmlab_loadgen::MAX_REDIRECTS;
use swarmlab_yaml::{Kind, Value};

/// Most that may be asked for.
const MOST: i64 = 50;

/// `follow`, a number, or `keep`: 0.
pub(crate) fn read(value: &Value<'_>) -> Option<u32> {
    match value.node().kind {
        Kind::Int(_) => u32::try_from(value.int(1..=MOST)?).ok(),
        _ => value.enum_of(&[("follow", MAX_REDIRECTS), ("keep", 0)]),
    }
}
