//! Sizes, shares of processors and durations as the docker command line reads them from stack files: what its
//! parsers (`go-units`, `math/big`, `time.ParseDuration`) take is taken, what they refuse is refused.

use std::time::Duration;

/// Reads a size of memory: `128M`, `1.5g`, `.5g`, `1e3`, `64 MiB`, `1048576`, `100b`. Every unit is binary (`1k` is
/// 1024 bytes), in either case; `Mi` without a `b` is no unit.
///
/// # Errors
/// What is wrong, in a few words.
pub fn parse_bytes(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no size");
    // The unit is what follows the last digit, point or blank.
    let last = text.rfind(|c: char| c.is_ascii_digit() || c == '.' || c == ' ').ok_or_else(wrong)?;
    let (number, unit) = text.split_at(last + 1);
    let number = number.strip_suffix(' ').unwrap_or(number);
    let size = parse_float(number).filter(|size| *size >= 0.0).ok_or_else(wrong)?;
    let lower = unit.to_ascii_lowercase();
    let (prefix, rest) = lower.split_at(lower.chars().next().map_or(0, char::len_utf8));
    let shift = match (prefix, rest) {
        ("" | "b", "") => 0,
        ("k", "" | "b" | "ib") => 10,
        ("m", "" | "b" | "ib") => 20,
        ("g", "" | "b" | "ib") => 30,
        ("t", "" | "b" | "ib") => 40,
        ("p", "" | "b" | "ib") => 50,
        _ => return Err(format!("`{lower}` is no unit of size (b, k, m, g, t, p)")),
    };
    // A plain count of bytes is exact where a float is not.
    if let (0, Ok(whole)) = (shift, number.parse::<i64>()) {
        return Ok(whole);
    }
    let bytes = size * (1u64 << shift) as f64;
    // 2^63: the first that an i64 does not hold.
    if bytes >= 9_223_372_036_854_775_808.0 {
        return Err(format!("`{text}` is too large"));
    }
    Ok(bytes as i64)
}

/// A decimal number with sign, fraction and exponent; `_` may stand between digits.
fn parse_float(text: &str) -> Option<f64> {
    let between_digits = |i: usize| {
        let digit = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_digit());
        i > 0 && digit(text.as_bytes().get(i - 1).copied()) && digit(text.as_bytes().get(i + 1).copied())
    };
    if text.match_indices('_').any(|(i, _)| !between_digits(i)) {
        return None;
    }
    // `inf` and `nan` are numbers to Rust, and no sizes.
    let plain = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-' | 'e' | 'E' | '_');
    text.chars().all(plain).then(|| text.replace('_', "").parse().ok()).flatten()
}

/// Reads a number of processors (`0.50`, `2`, `1e-1`, `1/2`) as billionths of one. What is no whole number of them
/// is refused, as the Engine's unit is the nano-CPU.
///
/// # Errors
/// What is wrong, in a few words.
pub fn parse_nano_cpus(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no number of processors");
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    let (above, exponent) = scientific(above).ok_or_else(wrong)?;
    let below: i128 = below.parse().ok().filter(|n| *n > 0 && text.len() < 40).ok_or_else(wrong)?;
    let too_large = || format!("`{text}` is too large");
    let too_fine = || format!("`{text}` is finer than a billionth of a processor");
    let power = |n: i32| 10i128.checked_pow(n.unsigned_abs());
    let (above, below) = match exponent + 9 {
        up @ 0.. => (power(up).and_then(|p| above.checked_mul(p)).ok_or_else(too_large)?, below),
        down if above != 0 => (above, power(down).and_then(|p| below.checked_mul(p)).ok_or_else(too_fine)?),
        _ => (above, below),
    };
    if above % below != 0 {
        return Err(too_fine());
    }
    i64::try_from(above / below).map_err(|_| too_large())
}

/// A number without a sign as a whole number and a power of ten: `1.50e2` is (150, 0).
fn scientific(text: &str) -> Option<(i128, i32)> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (digits, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok().filter(|e| (-100..=100).contains(e))?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if digits.len() > 30
        || !all_digits(whole)
        || !all_digits(fraction)
        || !digits.contains(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let number = format!("0{whole}{fraction}").parse().ok()?;
    Some((number, exponent - i32::try_from(fraction.len()).ok()?))
}

/// Reads a duration: numbers with units (`h`, `m`, `s`, `ms`, `us`, `µs`, `ns`), one after the other in any order
/// (`1h30m`, `.5s`), or `0`. A negative one is refused, as the Engine does.
///
/// # Errors
/// What is wrong, in a few words.
pub fn parse_go_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration");
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.starts_with('-') {
        return Err(format!("`{text}` is negative"));
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let (whole, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len())),
            None => ("", after),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(wrong());
        }
        let (unit, after) =
            after.split_at(after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len()));
        let unit_ns: u128 = match unit {
            "ns" => 1,
            "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "" => return Err(format!("`{text}` has a number without a unit")),
            _ => return Err(format!("`{unit}` is no unit of time (h, m, s, ms, us, ns)")),
        };
        let too_long = || format!("`{text}` is too long");
        let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| too_long())? };
        // More digits than these are less than a nanosecond of any unit.
        let fraction = &fraction[..fraction.len().min(18)];
        let part = fraction.bytes().fold(0u128, |sum, b| sum * 10 + u128::from(b - b'0')) * unit_ns
            / 10u128.pow(u32::try_from(fraction.len()).unwrap_or(18));
        nanos = whole.checked_mul(unit_ns).and_then(|w| nanos.checked_add(w + part)).ok_or_else(too_long)?;
        if nanos > i64::MAX as u128 {
            return Err(too_long());
        }
        rest = after;
    }
    u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes() {
        for (text, want) in [
            ("0", 0),
            ("1048576", 1 << 20),
            ("100b", 100),
            ("100B", 100),
            ("128M", 128 << 20),
            ("128m", 128 << 20),
            ("64MiB", 64 << 20),
            ("64 mb", 64 << 20),
            ("1.5g", 3 << 29),
            ("0.1k", 102),
            ("2T", 2 << 40),
            (".5g", 1 << 29),
            ("1.", 1),
            ("1.m", 1 << 20),
            ("1e3", 1000),
            ("1e7k", 10_240_000_000),
            ("+5m", 5 << 20),
            ("1_000", 1000),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(parse_bytes(text), Ok(want), "{text}");
        }
        for text in [
            "", "M", "-1M", "1x", "1.2.3M", "512Mi", "1MM", "1Mbb", "1miib", "1  M", " 1M", "9999999P",
            "0x10", "_1", "inf", "1é",
        ] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn processors() {
        for (text, want) in
            [("0.50", 500_000_000), ("2", 2_000_000_000), (".25", 250_000_000), ("1.", 1_000_000_000)]
        {
            assert_eq!(parse_nano_cpus(text), Ok(want), "{text}");
        }
        assert_eq!(parse_nano_cpus("0.000000001"), Ok(1));
        assert_eq!(parse_nano_cpus("0.1000000000000"), Ok(100_000_000));
        assert_eq!(parse_nano_cpus("1e-1"), Ok(100_000_000));
        assert_eq!(parse_nano_cpus("1/2"), Ok(500_000_000));
        assert_eq!(parse_nano_cpus("+1e1"), Ok(10_000_000_000));
        for text in
            ["", ".", "-1", "1,5", "0.0000000001", "1/3", "1/0", "1e99", "99999999999999999999", "half"]
        {
            assert!(parse_nano_cpus(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations() {
        let ms = Duration::from_millis;
        for (text, want) in [
            ("0", ms(0)),
            ("0s", ms(0)),
            ("1.5h", ms(5_400_000)),
            (".5s", ms(500)),
            ("1.s", ms(1_000)),
            ("+5s", ms(5_000)),
            ("1h1m1h", ms(7_260_000)),
            ("1m30s", ms(90_000)),
            ("1us", Duration::from_micros(1)),
            ("1\u{b5}s", Duration::from_micros(1)),
            ("1.0000000001s", ms(1_000)),
        ] {
            assert_eq!(parse_go_duration(text), Ok(want), "{text}");
        }
        for text in
            ["", "5", "1d", " 5s", "5s ", "1e3s", "-5s", ".s", "s", "300000000h", "1h1", "+", "1.5.5s"]
        {
            assert!(parse_go_duration(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,16}") {
            let _ = parse_bytes(&text);
            let _ = parse_nano_cpus(&text);
            let _ = parse_go_duration(&text);
        }

        #[test]
        fn numbers_with_anything_around_them_are_answered(text in "[0-9.e/_+hmsnµkgib -]{0,14}") {
            let _ = (parse_bytes(&text), parse_nano_cpus(&text), parse_go_duration(&text));
        }

        #[test]
        fn plain_byte_counts_come_back(n in 0i64..) {
            prop_assert_eq!(parse_bytes(&n.to_string()), Ok(n));
        }
    }
}
