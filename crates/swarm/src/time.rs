//! The Engine's timestamps as seconds since 1970.

/// Reads RFC 3339 as the Engine writes it (`2026-11-21T03:45:47.944056952Z`, or with `+01:00`).
///
/// Returns seconds since 1970-01-01 UTC (a `f64` keeps them to a quarter of a microsecond), or `None` if
/// the text is no such time or is the Engine's "never" (year 1).
pub(crate) fn unix_s(text: &str) -> Option<f64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = text.get(from..to)?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok()
    };
    let mark = |at: usize, allowed: &[u8]| text.as_bytes().get(at).is_some_and(|b| allowed.contains(b));
    let marks = [(4, &b"-"[..]), (7, b"-"), (10, b"Tt "), (13, b":"), (16, b":")];
    if !marks.iter().all(|(at, allowed)| mark(*at, allowed)) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let in_range = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
    if year < 1970 || !in_range || second > 60 {
        return None;
    }
    let rest = text.get(19..)?;
    let zone_at = rest.find(['Z', 'z', '+', '-'])?;
    let (fraction, zone) = rest.split_at(zone_at);
    let fraction_s = match fraction.strip_prefix('.') {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) => {
            format!("0.{digits}").parse::<f64>().ok()?
        }
        None if fraction.is_empty() => 0.0,
        _ => return None,
    };
    let whole_s = days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
    Some((whole_s - zone_offset_s(zone)?) as f64 + fraction_s)
}

fn zone_offset_s(zone: &str) -> Option<i64> {
    if zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    Some(sign * (hours.parse::<u8>().ok()? as i64 * 3_600 + minutes.parse::<u8>().ok()? as i64 * 60))
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (years counted from March, so that the leap
/// day comes last).
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    365 * year + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_the_engine_writes() {
        // An event of the Engine carries both forms: timeNano 1795232747944056952.
        let t = unix_s("2026-11-21T03:45:47.944056952Z").unwrap();
        assert!((t - 1_795_232_747.944_057).abs() < 1e-6, "{t}");
        assert_eq!(unix_s("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(unix_s("2024-02-29T12:00:00Z"), Some(1_709_208_000.0));
        assert_eq!(unix_s("2024-03-01T00:00:00+01:00"), Some(1_709_247_600.0));
    }

    #[test]
    fn never_and_nonsense_are_none() {
        for text in ["0001-01-01T00:00:00Z", "", "yesterday", "2026-13-01T00:00:00Z", "2026-11-21T03:45:47"] {
            assert_eq!(unix_s(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,40}") {
            let _ = unix_s(&text);
        }

        #[test]
        fn a_day_has_86400_seconds(day in 1i64..28, month in 1i64..=12, year in 1970i64..2200) {
            let at = |d: i64| unix_s(&format!("{year:04}-{month:02}-{d:02}T00:00:00Z")).unwrap();
            prop_assert_eq!(at(day + 1) - at(day), 86_400.0);
        }
    }
}
