//! Kinds of keys that shapes share.

use std::time::Duration;

use swarmlab_yaml::{MapReader, Value};

/// Largest level: beyond it a unit mistake is certain.
pub const MAX_LEVEL: f64 = 1e7;

pub fn level(map: &MapReader<'_>, key: &'static str, default: f64) -> f64 {
    map.or(key, default, |v| v.float(0.0..=MAX_LEVEL))
}

/// A level that may be below 0 because it is a difference.
pub fn difference(map: &MapReader<'_>, key: &'static str, default: f64) -> f64 {
    map.or(key, default, |v| v.float(-MAX_LEVEL..=MAX_LEVEL))
}

/// A duration above 0, in seconds.
pub fn long(map: &MapReader<'_>, key: &'static str, default_s: f64) -> f64 {
    map.optional(key, Value::positive_duration).map_or(default_s, |d: Duration| d.as_secs_f64())
}

/// A duration that may be 0, in seconds.
pub fn maybe_zero(map: &MapReader<'_>, key: &'static str, default_s: f64) -> f64 {
    map.optional(key, Value::duration).map_or(default_s, |d: Duration| d.as_secs_f64())
}

pub fn count(map: &MapReader<'_>, key: &'static str, default: u32) -> u32 {
    map.or(key, i64::from(default), |v| v.int(1..=100_000)).try_into().unwrap_or(default)
}

pub fn hour(map: &MapReader<'_>, key: &'static str, default: f64) -> f64 {
    map.or(key, default, |v| v.float(0.0..=24.0))
}

pub fn seed(map: &MapReader<'_>, default: u64) -> u64 {
    map.optional("seed", |v| v.int(0..=i64::MAX)).map_or(default, i64::unsigned_abs)
}

/// A word, with a default.
pub fn word<T: Clone>(map: &MapReader<'_>, key: &'static str, default: T, words: &[(&str, T)]) -> T {
    map.or(key, default, |v| v.enum_of(words))
}
