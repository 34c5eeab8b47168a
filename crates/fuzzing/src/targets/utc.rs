//! Dates.

use swarmlab_units::utc;

/// Words of its language.
pub const WORDS: &[&str] = &["2026-11-28", "T", "15:42:33", ".123456789", "Z", "+01:00", "-", "60", "9999"];

/// Runs the target: what is read is written as a date that reads the same.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some((second, _)) = utc::parse(text)
        && let Some(written) = utc::extended(second)
    {
        assert_eq!(utc::parse(&written).map(|(second, _)| second), Some(second), "{text} {written}");
    }
}
