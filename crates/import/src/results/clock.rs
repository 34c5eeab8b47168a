//! Moments as tools write them, in microseconds since the Unix epoch.

use swarmlab_units::utc;

/// How a number of time is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
    /// Nanoseconds.
    Ns,
}

impl Unit {
    /// The words of mapping files and options.
    pub const WORDS: [(&str, Self); 4] =
        [("s", Self::S), ("ms", Self::Ms), ("us", Self::Us), ("ns", Self::Ns)];

    /// So many microseconds has one.
    pub fn us(self) -> f64 {
        match self {
            Self::S => 1e6,
            Self::Ms => 1e3,
            Self::Us => 1.0,
            Self::Ns => 1e-3,
        }
    }

    /// The unit of a Unix time of this or the last decades, by its size.
    fn of_unix(number: f64) -> Self {
        match number.abs() {
            n if n < 1e11 => Self::S,
            n if n < 1e14 => Self::Ms,
            n if n < 1e17 => Self::Us,
            _ => Self::Ns,
        }
    }
}

/// How moments are written in a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clock {
    /// Unit of numbers; none: by their size.
    pub unit: Option<Unit>,
    /// From when numbers count, Unix microseconds.
    pub zero_us: i64,
    /// Of dates without a zone, seconds east of UTC; none: UTC, which is told.
    pub zone_s: Option<i32>,
}

/// A moment that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Unix microseconds.
    pub us: i64,
    /// A date that did not say in which zone it is, nor did anybody else: taken as UTC.
    pub zoneless: bool,
}

/// Moments of load tests lie between 1990 and 2100; others are a unit or a column mixed up.
const BELIEVED_US: std::ops::Range<i64> = 631_152_000_000_000..4_102_444_800_000_000;

impl Clock {
    /// Unix times whose unit shows in their size, and dates.
    pub fn unix(zone_s: Option<i32>) -> Self {
        Self { unit: None, zero_us: 0, zone_s }
    }

    /// Reads a number or a date; `None` for anything else, and for moments that cannot be meant.
    pub fn read(&self, text: &str) -> Option<Moment> {
        let moment = match number(text) {
            Some(number) => {
                let unit = self.unit.unwrap_or_else(|| Unit::of_unix(number));
                let us = number * unit.us();
                let us = (us.abs() < 1e18).then_some(us.round() as i64)?;
                Moment { us: self.zero_us.checked_add(us)?, zoneless: false }
            }
            None => {
                let (us, zone_s) = date(text)?;
                let east_s = zone_s.or(self.zone_s).unwrap_or(0);
                Moment {
                    us: us - i64::from(east_s) * 1_000_000,
                    zoneless: zone_s.is_none() && self.zone_s.is_none(),
                }
            }
        };
        BELIEVED_US.contains(&moment.us).then_some(moment)
    }
}

/// A finite number, with a comma for its point where there is no point.
pub fn number(text: &str) -> Option<f64> {
    let first = text.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.')) {
        return None;
    }
    let parsed: Option<f64> = text.parse().ok();
    let parsed = parsed.or_else(|| text.replacen(',', ".", 1).parse().ok());
    parsed.filter(|n| n.is_finite())
}

/// A duration, whole microseconds; `None` for what is no number, is negative, or is longer than a day.
pub fn duration_us(text: &str, unit: Unit) -> Option<u64> {
    of_duration(number(text)?, unit)
}

/// The same of a number.
pub fn of_duration(number: f64, unit: Unit) -> Option<u64> {
    const DAY_US: f64 = 86_400e6;
    let us = number * unit.us();
    (0.0..=DAY_US).contains(&us).then_some(us.round() as u64)
}

/// `+02:00`, `-0530`, `Z`, `UTC`: seconds east of UTC.
pub fn zone_s(text: &str) -> Option<i32> {
    if ["Z", "z", "UTC", "GMT"].contains(&text) {
        return Some(0);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let whole = digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 2 || digits.len() == 4);
    let number: i32 = digits.parse().ok().filter(|_| whole)?;
    let (hours, minutes) = if digits.len() == 4 { (number / 100, number % 100) } else { (number, 0) };
    (hours <= 18 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

/// A date with the zone that it names, if it names one: microseconds as if it were UTC.
fn date(text: &str) -> Option<(i64, Option<i32>)> {
    let mut rest = Scan(text);
    let (year, month, day) = if text.as_bytes().get(2) == Some(&b'/') {
        // 29/Nov/2026:12:05:06 +0000
        let day = rest.digits(2)?;
        rest.one(b"/")?;
        let month = utc::month(rest.take(3)?.as_bytes())?;
        rest.one(b"/")?;
        (rest.digits(4)?, u32::from(month), day)
    } else {
        let year = rest.digits(4)?;
        let between = rest.one(b"-/")?;
        let month = rest.digits(2)?;
        rest.one(&[between])?;
        (year, month, rest.digits(2)?)
    };
    rest.one(b"T t:_")?;
    let hour = rest.digits(2)?;
    rest.one(b":")?;
    let minute = rest.digits(2)?;
    let second = match rest.one(b":") {
        Some(_) => rest.digits(2)?,
        None => 0,
    };
    let part_us = if rest.one(b".,").is_some() { rest.fraction_us()? } else { 0 };
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let midnight =
        utc::midnight(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
    let us = (midnight + i64::from(hour * 3600 + minute * 60 + second)) * 1_000_000 + part_us;
    let zone = rest.0.trim();
    let zone_s = if zone.is_empty() { None } else { Some(zone_s(zone)?) };
    Some((us, zone_s))
}

/// What is left of a text.
struct Scan<'a>(&'a str);

impl<'a> Scan<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a str> {
        let taken = self.0.get(..bytes)?;
        self.0 = &self.0[bytes..];
        Some(taken)
    }

    fn one(&mut self, of: &[u8]) -> Option<u8> {
        let byte = *self.0.as_bytes().first().filter(|b| of.contains(b))?;
        self.take(1)?;
        Some(byte)
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let taken = self.take(count)?;
        taken.bytes().all(|b| b.is_ascii_digit()).then(|| taken.parse().ok())?
    }

    fn fraction_us(&mut self) -> Option<i64> {
        let length = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let digits = self.take(length).filter(|d| !d.is_empty())?;
        let micros: String = digits.chars().chain("000000".chars()).take(6).collect();
        micros.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn times_in_any_unit_and_dates_are_the_same_moment() {
        let clock = Clock::unix(None);
        for text in [
            "1795275753.25",
            "1795275753250",
            "1795275753250000",
            "1795275753250000000",
            "2026-11-21T15:42:33.25Z",
            "2026-11-21T16:42:33.250+01:00",
            "2026-11-21 10:42:33,25 -0500",
            "2026/11/21 15:42:33.250",
        ] {
            assert_eq!(clock.read(text).map(|m| m.us), Some(1_795_275_753_250_000), "{text}");
        }
        assert_eq!(clock.read("21/Nov/2026:15:42:33 +0000").unwrap().us, 1_795_275_753_000_000);
        assert_eq!(clock.read("2026-11-21 15:42").unwrap().us, 1_795_275_720_000_000);
    }

    #[test]
    fn a_date_without_a_zone_is_in_the_one_that_is_given_or_says_so() {
        let text = "2026-11-21T15:42:33";
        let utc = Clock::unix(None).read(text).unwrap();
        let given = Clock::unix(zone_s("+02:00")).read(text).unwrap();
        assert!(utc.zoneless && !given.zoneless);
        assert_eq!(utc.us - given.us, 7_200_000_000);
        // One that says its own zone keeps it.
        assert!(!Clock::unix(None).read("2026-11-21T15:42:33Z").unwrap().zoneless);
        assert_eq!(
            [zone_s("-0530"), zone_s("+19:00"), zone_s("2"), zone_s("+1")],
            [Some(-19_800), None, None, None]
        );
    }

    #[test]
    fn what_cannot_be_meant_is_no_moment() {
        for text in [
            "",
            "N/A",
            "nan",
            "inf",
            "-1",
            "12",
            "1e300",
            "2026-13-01T00:00:00Z",
            "11/21/26 15:42:33",
            "99999999999999999999",
        ] {
            assert_eq!(Clock::unix(None).read(text), None, "{text}");
        }
        let since = Clock { unit: Some(Unit::Ms), zero_us: 1_795_275_753_000_000, zone_s: None };
        assert_eq!(since.read("250").unwrap().us, 1_795_275_753_250_000);
        assert_eq!(duration_us("1,5", Unit::Ms), Some(1500));
        assert_eq!(
            [duration_us("-1", Unit::Ms), duration_us("N/A", Unit::S), duration_us("1e9", Unit::S)],
            [None; 3]
        );
    }
}
