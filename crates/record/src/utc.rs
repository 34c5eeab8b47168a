//! Moments as people and file names read them.

/// `20261121T154233Z` of a time in Unix seconds, for the names of folders.
pub fn compact(unix_s: f64) -> String {
    let [y, m, d, hh, mm, ss] = parts(unix_s);
    format!("{y:04}{m:02}{d:02}T{hh:02}{mm:02}{ss:02}Z")
}

/// `2026-11-21T15:42:33Z` of a time in Unix seconds.
pub fn extended(unix_s: f64) -> String {
    let [y, m, d, hh, mm, ss] = parts(unix_s);
    format!("{y:04}-{m:02}-{d:02}T{hh:02}:{mm:02}:{ss:02}Z")
}

fn parts(unix_s: f64) -> [i64; 6] {
    let secs = unix_s.max(0.0) as i64;
    let (days, rest) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    let (y, m, d) = civil_from_days(days);
    [y, m, d, rest / 3600, rest / 60 % 60, rest % 60]
}

/// Proleptic Gregorian date of a day count since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms").
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let d = doy - (153 * mp + 2) / 5 + 1;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(m <= 2), m, d)
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
}
