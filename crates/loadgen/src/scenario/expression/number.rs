//! Numbers of expressions: whole ones exactly, others as `f64`.

use std::fmt;

use super::Operator;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    /// A whole number: the identifiers that are counted on often have more digits than an `f64` keeps.
    Whole(i64),
    /// Any other; finite.
    Real(f64),
}

impl Number {
    /// Reads what JSON calls a number (RFC 8259 section 6), with leading zeros allowed.
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit_or_sign = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
        // `f64` also reads "inf" and "nan", and both `.5` and `5.`.
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !text.bytes().all(is_digit_or_sign) || !digits.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        match text.parse() {
            Ok(whole) => Some(Number::Whole(whole)),
            Err(_) => text.parse().ok().filter(|real: &f64| real.is_finite()).map(Number::Real),
        }
    }

    /// As an `f64`, rounded if it has more digits than that keeps.
    pub fn to_f64(self) -> f64 {
        match self {
            Number::Whole(whole) => whole as f64,
            Number::Real(real) => real,
        }
    }

    /// A whole number if it is one that `i64` holds exactly.
    fn of(real: f64) -> Option<Self> {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        match real {
            _ if !real.is_finite() => None,
            _ if real.fract() == 0.0 && real.abs() <= EXACT => Some(Number::Whole(real as i64)),
            _ => Some(Number::Real(real)),
        }
    }

    /// What two numbers give; `None` if that is no finite number, or a whole one beyond 64 bits.
    pub fn combine(self, operator: Operator, other: Number) -> Option<Number> {
        if let (Number::Whole(a), Number::Whole(b)) = (self, other) {
            let whole = match operator {
                Operator::Add => Some(a.checked_add(b)?),
                Operator::Subtract => Some(a.checked_sub(b)?),
                Operator::Multiply => Some(a.checked_mul(b)?),
                Operator::Divide if b == 0 => return None,
                Operator::Divide => a.checked_rem(b)?.eq(&0).then_some(a.checked_div(b)?),
                Operator::Remainder => Some(a.checked_rem(b)?),
            };
            if let Some(whole) = whole {
                return Some(Number::Whole(whole));
            }
        }
        let (a, b) = (self.to_f64(), other.to_f64());
        Number::of(match operator {
            Operator::Add => a + b,
            Operator::Subtract => a - b,
            Operator::Multiply => a * b,
            Operator::Divide => a / b,
            Operator::Remainder => a % b,
        })
    }

    /// `-a`.
    pub fn negative(self) -> Option<Number> {
        match self {
            Number::Whole(whole) => whole.checked_neg().map(Number::Whole),
            Number::Real(real) => Some(Number::Real(-real)),
        }
    }

    /// Applies one of `f64::floor` and its like.
    pub fn rounded(self, round: fn(f64) -> f64) -> Option<Number> {
        match self {
            Number::Whole(_) => Some(self),
            Number::Real(real) => Number::of(round(real)),
        }
    }

    /// Rounds half away from zero, to so many digits behind the point.
    pub fn to_digits(self, digits: u8) -> Option<Number> {
        match self {
            Number::Whole(_) => Some(self),
            Number::Real(real) => {
                let factor = 10_f64.powi(i32::from(digits));
                Number::of((real * factor).round() / factor)
            }
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Whole(whole) => write!(f, "{whole}"),
            Number::Real(real) => write!(f, "{real}"),
        }
    }
}
