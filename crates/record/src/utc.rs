//! Moments as people and file names read them.

use swarmlab_units::utc;

/// `20261121T154233Z` of a time in Unix seconds, for the names of folders. Times before 1970, and what is no number, count
/// as 1970; beyond the year 9999 the seconds themselves are written.
pub fn compact(unix_s: f64) -> String {
    text(unix_s, utc::basic)
}

/// `2026-11-21T15:42:33Z` of a time in Unix seconds; out of range as [`compact`].
pub fn extended(unix_s: f64) -> String {
    text(unix_s, utc::extended)
}

fn text(unix_s: f64, format: impl Fn(i64) -> Option<String>) -> String {
    let second = utc::second_of(unix_s.max(0.0)).unwrap_or(i64::MAX);
    format(second).unwrap_or_else(|| second.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_utc() {
        assert_eq!(extended(0.0), "1970-01-01T00:00:00Z");
        assert_eq!(extended(951_782_400.5), "2000-02-29T00:00:00Z");
        assert_eq!(compact(1_795_275_753.9), "20261121T154233Z");
    }

    #[test]
    fn any_number_has_a_text() {
        assert_eq!([-1.0, f64::NAN].map(extended), ["1970-01-01T00:00:00Z"; 2]);
        assert_eq!(compact(253_402_300_800.0), "253402300800");
        assert_eq!(extended(f64::INFINITY), i64::MAX.to_string());
    }
}
