//! Durations and percentages as people write them.

use std::time::Duration;

/// Reads `250ms`, `1s`, `2m`, `1h`, `1m30s`, `1.5s`, `10us`, `5ns`, `2d`. Zero may stand without a unit
/// only as `0s`.
///
/// # Errors
/// What is wrong, in a few words.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("an empty duration".to_owned());
    }
    if rest.starts_with('-') {
        return Err(format!("a duration cannot be negative, found `{text}`"));
    }
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let number_len = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, tail) = rest.split_at(number_len);
        let unit_len = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, next) = tail.split_at(unit_len);
        let unit_nanos: u128 = match unit.trim() {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            "d" => 86_400_000_000_000,
            "" => return Err(format!("`{text}` lacks a unit (ns, us, ms, s, m, h, d)")),
            other => return Err(format!("`{other}` is no unit of time (ns, us, ms, s, m, h, d)")),
        };
        let part = decimal_times(number, unit_nanos)
            .ok_or_else(|| format!("`{number}` is no number, or too large"))?;
        nanos = nanos.checked_add(part).ok_or("the duration is too long")?;
        rest = next;
    }
    u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| "the duration is too long".to_owned())
}

/// Reads `1%` or `0.5 %` as a fraction between 0 and 1.
///
/// # Errors
/// What is wrong, in a few words.
pub fn parse_percent(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_suffix('%').ok_or_else(|| format!("`{text}` lacks a `%`"))?.trim();
    let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let percent: f64 = match number.parse() {
        Ok(percent) if plain => percent,
        _ => return Err(format!("`{number}` is no number from 0 to 100")),
    };
    if percent > 100.0 {
        return Err(format!("`{text}` is more than 100%"));
    }
    Ok(percent / 100.0)
}

/// `number * scale`, exactly, rounded down; `None` for what is not digits with at most one point.
fn decimal_times(number: &str, scale: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    // Fifteen decimals of a day are below a nanosecond: what comes after them cannot matter.
    let fraction = &fraction[..fraction.len().min(15)];
    let tenths: u128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let part = tenths * scale / 10u128.pow(u32::try_from(fraction.len()).ok()?);
    whole.checked_mul(scale)?.checked_add(part)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations() {
        let ms = Duration::from_millis;
        for (text, want) in [
            ("250ms", ms(250)),
            ("1s", ms(1000)),
            ("2m", ms(120_000)),
            ("1m30s", ms(90_000)),
            ("1.5s", ms(1500)),
            ("0.1s", ms(100)),
            ("1h0m0s", ms(3_600_000)),
            ("1h", ms(3_600_000)),
            ("10us", Duration::from_micros(10)),
            ("0s", ms(0)),
            (".5s", ms(500)),
            ("1.25m", ms(75_000)),
        ] {
            assert_eq!(parse_duration(text), Ok(want), "{text}");
        }
        for text in ["", "1", "s", "-1s", "1 fortnight", "1.2.3s", "1s2", "99999999999999d", "é", "."] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn percentages() {
        assert_eq!(parse_percent("1%"), Ok(0.01));
        assert_eq!(parse_percent("0.5 %"), Ok(0.005));
        for text in ["1", "-1%", "101%", "%", "nan%", "1e1%"] {
            assert!(parse_percent(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,20}") {
            let _ = parse_duration(&text);
            let _ = parse_percent(&text);
        }

        #[test]
        fn whole_nanoseconds_come_back(n in any::<u64>()) {
            prop_assert_eq!(parse_duration(&format!("{n}ns")), Ok(Duration::from_nanos(n)));
            let (s, sub) = (n / 1_000_000_000, n % 1_000_000_000);
            prop_assert_eq!(parse_duration(&format!("{s}.{sub:09}s")), Ok(Duration::from_nanos(n)));
        }
    }
}
