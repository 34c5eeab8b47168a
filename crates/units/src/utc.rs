//! Unix seconds to dates in UTC, and back, in the proleptic Gregorian calendar.
//!
//! Whatever has no answer is `None`: years that four digits do not hold (0 to 9999), days that no month has, numbers
//! that are none. Unix time has no leap seconds.

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

/// The years that four digits hold.
const YEARS: std::ops::RangeInclusive<i32> = 0..=9999;

/// `2026-11-21T15:42:33Z`, as RFC 3339 and the Engine write it.
pub fn extended(unix_s: i64) -> Option<String> {
    let t = moment(unix_s)?;
    let (date, (hour, minute, second)) = (t.date(), t.to_hms());
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// `20261121T154233Z`, which is a file name everywhere and sorts by time.
pub fn basic(unix_s: i64) -> Option<String> {
    let t = moment(unix_s)?;
    let ((year, month, day), (hour, minute, second)) = (t.to_calendar_date(), t.to_hms());
    Some(format!("{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z", u8::from(month)))
}

/// The second that a moment lies in, also before 1970; `None` for what is no finite number.
pub fn second_of(unix_s: f64) -> Option<i64> {
    // A number beyond the range of i64 becomes its end, which no year of four digits reaches.
    unix_s.is_finite().then(|| unix_s.floor() as i64)
}

/// Reads RFC 3339, such as `2026-11-21T03:45:47.944056952Z` or with `+01:00`: the second, and nanoseconds after it.
///
/// Digits beyond the ninth are dropped. The leap second that the format allows at a month's end is the last
/// nanosecond before the next month.
pub fn parse(text: &str) -> Option<(i64, u32)> {
    let t = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some((t.unix_timestamp(), t.nanosecond()))
}

/// [`parse`] as one number, which keeps times of this century to a quarter of a microsecond.
pub fn parse_s(text: &str) -> Option<f64> {
    parse(text).map(|(second, nanos)| second as f64 + f64::from(nanos) / 1e9)
}

/// Unix seconds of the start of a day; months count from 1.
pub fn midnight(year: i32, month: u8, day: u8) -> Option<i64> {
    let month = Month::try_from(month).ok()?;
    let date = Date::from_calendar_date(year, month, day).ok().filter(|_| YEARS.contains(&year))?;
    Some(date.midnight().assume_utc().unix_timestamp())
}

/// The number of a month, from 1, of the three letters that HTTP dates and access logs name it by (RFC 9110, 5.6.7),
/// in any case.
pub fn month(letters: &[u8]) -> Option<u8> {
    const NAMES: [&[u8; 3]; 12] =
        [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];
    (1..).zip(NAMES).find(|(_, name)| letters.eq_ignore_ascii_case(*name)).map(|(number, _)| number)
}

fn moment(unix_s: i64) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(unix_s).ok().filter(|t| YEARS.contains(&t.year()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// First and last second of the years with four digits, as `date -u` has them.
    const FIRST_S: i64 = -62_167_219_200;
    const LAST_S: i64 = 253_402_300_799;

    #[test]
    fn dates_agree_with_date_u() {
        for (unix_s, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59Z"),
            (-2_203_891_200, "1900-03-01T00:00:00Z"),
            (-2_203_891_201, "1900-02-28T23:59:59Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_208_000, "2024-02-29T12:00:00Z"),
            (1_795_275_753, "2026-11-21T15:42:33Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (-62_135_596_800, "0001-01-01T00:00:00Z"),
            (FIRST_S, "0000-01-01T00:00:00Z"),
            (LAST_S, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(extended(unix_s).as_deref(), Some(text));
            assert_eq!(parse(text), Some((unix_s, 0)), "{text}");
            let plain: String = text.chars().filter(|c| !matches!(c, '-' | ':')).collect();
            assert_eq!(basic(unix_s), Some(plain));
        }
    }

    #[test]
    fn what_four_digits_do_not_hold_has_no_date() {
        for unix_s in [FIRST_S - 1, LAST_S + 1, i64::MIN, i64::MAX] {
            assert_eq!((extended(unix_s), basic(unix_s)), (None, None), "{unix_s}");
        }
        for (year, month, day) in
            [(-1, 12, 31), (10_000, 1, 1), (i32::MIN, 1, 1), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0)]
        {
            assert_eq!(midnight(year, month, day), None, "{year} {month} {day}");
        }
    }

    #[test]
    fn a_moment_lies_in_the_second_before_it() {
        assert_eq!([0.0, 1.9, -0.1, -1.0].map(second_of), [0, 1, -1, -1].map(Some));
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(second_of), [None; 3]);
        assert_eq!([1e300, -1e300].map(|t| second_of(t).and_then(extended)), [None, None]);
    }

    #[test]
    fn rfc_3339_is_read_to_the_nanosecond() {
        for (text, want) in [
            ("2026-11-21T03:45:47.944056952Z", (1_795_232_747, 944_056_952)),
            ("2026-11-21t03:45:47.9440569529z", (1_795_232_747, 944_056_952)),
            ("2026-11-21 03:45:47.5Z", (1_795_232_747, 500_000_000)),
            ("2024-03-01T00:00:00+01:00", (1_709_247_600, 0)),
            ("1969-12-31T23:59:59.25Z", (-1, 250_000_000)),
            ("2016-12-31T23:59:60Z", (1_483_228_799, 999_999_999)),
            ("0000-01-01T00:00:00+23:59", (FIRST_S - 86_340, 0)),
            ("9999-12-31T23:59:59-23:59", (LAST_S + 86_340, 0)),
        ] {
            assert_eq!(parse(text), Some(want), "{text}");
        }
        assert_eq!(parse_s("1969-12-31T23:59:59.25Z"), Some(-0.75));
        for text in [
            "",
            "yesterday",
            "2026-11-21",
            "2026-11-21T03:45:47",
            "2026-11-21T03:45:47.Z",
            "2026-11-21T03:45:47+25:00",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T03:45:47Z ",
            "10000-01-01T00:00:00Z",
            "-001-01-01T00:00:00Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(midnight(1970, 1, 1), Some(0));
        assert_eq!(midnight(0, 1, 1), Some(FIRST_S));
        assert_eq!(midnight(9999, 12, 31), Some(LAST_S - 86_399));
        for (year, is_leap) in [(1900, false), (2000, true), (2023, false), (2024, true), (2100, false)] {
            assert_eq!(midnight(year, 2, 29).is_some(), is_leap, "{year}");
        }
        assert_eq!((midnight(2026, 4, 31), midnight(2026, 12, 32)), (None, None));
    }

    #[test]
    fn months_go_by_three_letters() {
        assert_eq!([&b"Jan"[..], b"MAY", b"dec"].map(month), [Some(1), Some(5), Some(12)]);
        assert_eq!([&b"January"[..], b"Okt", b"", b"ja"].map(month), [None; 4]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(unix_s in FIRST_S..=LAST_S) {
            let text = extended(unix_s).unwrap_or_default();
            prop_assert_eq!(parse(&text), Some((unix_s, 0)));
        }

        #[test]
        fn any_input_is_answered(text in "\\PC{0,40}", dated in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{0,12}[Zz+-][0-9:]{0,5}",
            unix_s: i64, float: f64, year: i32, number: u8, day: u8)
        {
            let _ = (parse(&text), parse_s(&dated), basic(unix_s), second_of(float).and_then(extended));
            let _ = (midnight(year, number, day), month(text.as_bytes()));
        }
    }
}
