//! Sizes of memory and shares of processors as stack files write them.

/// Reads a size of memory: `128M`, `1.5g`, `64 MiB`, `1048576`, `100b`. Every unit is binary (`1k` is
/// 1024 bytes), in either case, as `docker` reads memory sizes.
///
/// # Errors
/// What is wrong, in a few words.
pub fn parse_bytes(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no size");
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_ascii_lowercase();
    let prefix = unit.strip_suffix('b').unwrap_or(&unit);
    let shift = match prefix.strip_suffix('i').unwrap_or(prefix) {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        "p" => 50,
        _ => return Err(format!("`{unit}` is no unit of size (b, k, m, g, t, p)")),
    };
    if !number.starts_with(|c: char| c.is_ascii_digit()) || number.ends_with('.') {
        return Err(wrong());
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') {
        return Err(wrong());
    }
    let too_large = || format!("`{text}` is too large");
    let whole: i128 = whole.parse().map_err(|_| too_large())?;
    let fraction = &fraction[..fraction.len().min(18)];
    let numerator: i128 = if fraction.is_empty() { 0 } else { fraction.parse().map_err(|_| wrong())? };
    let denominator = 10i128.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
    let bytes = whole
        .checked_mul(1 << shift)
        .and_then(|w| w.checked_add((numerator << shift) / denominator))
        .ok_or_else(too_large)?;
    i64::try_from(bytes).map_err(|_| too_large())
}

/// Reads a number of processors (`0.50`, `2`) as billionths of one. More than nine decimals are refused,
/// as the Engine's unit is the nano-CPU.
///
/// # Errors
/// What is wrong, in a few words.
pub fn parse_nano_cpus(text: &str) -> Result<i64, String> {
    let wrong = || format!("`{text}` is no number of processors");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    if fraction.trim_end_matches('0').len() > 9 {
        return Err(format!("`{text}` is finer than a billionth of a processor"));
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| wrong())? };
    let nanos: i64 = format!("{:0<9}", &fraction[..fraction.len().min(9)]).parse().map_err(|_| wrong())?;
    whole
        .checked_mul(1_000_000_000)
        .and_then(|w| w.checked_add(nanos))
        .ok_or_else(|| format!("`{text}` is too large"))
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
        ] {
            assert_eq!(parse_bytes(text), Ok(want), "{text}");
        }
        for text in
            ["", "M", "-1M", "1x", "1.2.3M", "1.M", ".5M", "1MM", "1Mbb", "1miib", "1  M", "9999999P", "1e3"]
        {
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
        for text in ["", ".", "-1", "1,5", "0.0000000001", "1e3", "99999999999999999999", "half"] {
            assert!(parse_nano_cpus(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in ".{0,16}") {
            let _ = parse_bytes(&text);
            let _ = parse_nano_cpus(&text);
        }

        #[test]
        fn plain_byte_counts_come_back(n in 0i64..) {
            prop_assert_eq!(parse_bytes(&n.to_string()), Ok(n));
        }
    }
}
