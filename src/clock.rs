//! The one place that asks what time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use swarmlab_units::utc;

/// Seconds since the Unix epoch on this machine's clock.
pub fn unix_now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

/// `20261121T154233Z` of a time in Unix seconds, for folder names; `2026-11-21T15:42:33Z` with `extended`. Times
/// before 1970, and what is no number, count as 1970; beyond the year 9999 the seconds themselves are written.
pub fn utc(unix_s: f64, extended: bool) -> String {
    let second = utc::second_of(unix_s.max(0.0)).unwrap_or(i64::MAX);
    let date = if extended { utc::extended(second) } else { utc::basic(second) };
    date.unwrap_or_else(|| second.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_utc() {
        assert_eq!(utc(0.0, true), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_400.5, true), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_795_275_753.9, false), "20261121T154233Z");
    }

    #[test]
    fn any_number_has_a_text() {
        assert_eq!([-1.0, f64::NAN].map(|t| utc(t, true)), ["1970-01-01T00:00:00Z"; 2]);
        assert_eq!(utc(253_402_300_800.0, false), "253402300800");
        assert_eq!(utc(f64::INFINITY, true), i64::MAX.to_string());
    }
}
