//! Numbers as people read them.

/// `value` with `decimals` digits after the point, a true minus sign, and narrow spaces between thousands
/// from 10 000 on.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), None), |(w, r)| (w, Some(r)));
    let negative = value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let mut out = String::with_capacity(plain.len() + 6);
    if negative {
        out.push('−');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    if let Some(rest) = rest {
        out.push('.');
        out.push_str(rest);
    }
    out
}

/// `value` rounded to `digits` significant digits; powers of ten outside 0.001 to 10 million.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = digits.max(1);
    let text = format!("{:.*e}", digits - 1, value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-3..7).contains(&exponent) {
        let decimals = usize::try_from(digits as i32 - 1 - exponent).unwrap_or(0);
        let text = fixed(value, decimals);
        return if text.contains('.') { trim_zeros(&text).to_owned() } else { text };
    }
    let mantissa = if mantissa.contains('.') { trim_zeros(mantissa) } else { mantissa };
    let sign = if value < 0.0 { "−" } else { "" };
    format!("{sign}{mantissa}×10{}", superscript(exponent))
}

fn trim_zeros(text: &str) -> &str {
    text.trim_end_matches('0').trim_end_matches('.')
}

/// A correlation coefficient: two decimals, three where two would round it to one.
pub(crate) fn coefficient(r: f64) -> String {
    fixed(r, if r.abs() >= 0.985 && r.abs() < 1.0 { 3 } else { 2 })
}

/// An exponent as superscript digits.
pub(crate) fn superscript(exponent: i32) -> String {
    exponent
        .to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            '4' => '⁴',
            '5' => '⁵',
            '6' => '⁶',
            '7' => '⁷',
            '8' => '⁸',
            '9' => '⁹',
            _ => '⁰',
        })
        .collect()
}

/// A drawing coordinate: at most two decimals, never an exponent, never `-0`.
pub(crate) fn coord(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{:.2}", value.clamp(-1e6, 1e6));
    let text = trim_zeros(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_and_minus_is_a_minus() {
        assert_eq!(fixed(-1_234_567.891, 1), "−1\u{202f}234\u{202f}567.9");
        assert_eq!(fixed(1234.0, 0), "1234");
        assert_eq!(fixed(-0.0001, 2), "0.00");
        assert_eq!(fixed(f64::NAN, 2), "–");
    }

    #[test]
    fn significant_digits_survive_rounding_up() {
        assert_eq!(significant(0.999_96, 4), "1");
        assert_eq!(significant(15.0749, 4), "15.07");
        assert_eq!(significant(-0.004_2, 3), "−0.0042");
        assert_eq!(significant(123_456.0, 3), "123\u{202f}456");
        assert_eq!(significant(2.5e12, 3), "2.5×10¹²");
        assert_eq!(significant(1e-7, 3), "1×10⁻⁷");
        assert_eq!(significant(0.0, 3), "0");
    }

    #[test]
    fn a_strong_coefficient_is_not_rounded_to_a_perfect_one() {
        assert_eq!([0.931, -0.45, 0.9981, 1.0].map(coefficient), ["0.93", "−0.45", "0.998", "1.00"]);
    }

    #[test]
    fn coordinates_stay_short_and_readable_by_any_viewer() {
        assert_eq!(coord(-0.001), "0");
        assert_eq!(coord(12.50), "12.5");
        assert_eq!(coord(f64::INFINITY), "0");
        assert_eq!(coord(1e300), "1000000");
    }
}
