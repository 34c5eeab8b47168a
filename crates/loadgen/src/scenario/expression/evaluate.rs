//! Computing an expression. Time, randomness and the user's values come in through [`Scope`].

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::Rng;
use rand::rngs::SmallRng;
use thiserror::Error;

use super::parse::offset_ms;
use super::{Expression, Function, Number};
use crate::scenario::compiled::Encoding;

/// Longest text that a function may make; larger ones do not fit into a request anyway.
const MAXIMUM_BYTES: usize = 16 << 10;

/// What an expression is computed from.
pub(crate) trait Scope<V> {
    /// The text of a variable; empty if it is not set.
    fn text(&mut self, variable: &V) -> Cow<'_, str>;
    /// The generator of the user.
    fn random(&mut self) -> &mut SmallRng;
    /// The time of day, milliseconds since the Unix epoch.
    fn unix_ms(&self) -> i64;
    /// How often the user's counter of this name was asked before.
    fn count(&mut self, counter: &str) -> u64;
}

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Error)]
pub(crate) enum EvaluationError {
    #[error("{0:?} is no number")]
    NotANumber(String),
    #[error("{0} has no finite result, or one of more than 64 bits")]
    NoResult(String),
    #[error("{0} is no number that `{1}` takes here")]
    OutOfRange(Number, &'static str),
    #[error("a value of more than {MAXIMUM_BYTES} bytes")]
    TooLong,
    #[error("a line end or zero in a value for a header")]
    BreaksHeader,
    #[error("{0:?} is no JSON list")]
    NotAList(String),
    #[error("{0} is no number of rounds: a whole number up to {1}")]
    Rounds(String, u32),
    #[error("10,000 conditions, values and rounds without a request")]
    Idle,
    #[error("{0} iterations in a row without a request, though an arrival needs one")]
    NoRequest(u32),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Number(Number),
    Text(String),
}

impl Value {
    fn into_text(self) -> String {
        match self {
            Value::Number(number) => number.to_string(),
            Value::Text(text) => text,
        }
    }

    fn number(self) -> Result<Number, EvaluationError> {
        match self {
            Value::Number(number) => Ok(number),
            Value::Text(text) => Number::parse(text.trim()).ok_or(EvaluationError::NotANumber(text)),
        }
    }
}

/// The value as a text.
pub(crate) fn text_of<V>(
    expression: &Expression<V>,
    scope: &mut impl Scope<V>,
) -> Result<String, EvaluationError> {
    let text = value(expression, scope)?.into_text();
    if text.len() > MAXIMUM_BYTES { Err(EvaluationError::TooLong) } else { Ok(text) }
}

fn value<V>(expression: &Expression<V>, scope: &mut impl Scope<V>) -> Result<Value, EvaluationError> {
    Ok(match expression {
        Expression::Number(number) => Value::Number(*number),
        Expression::Text(text) => Value::Text(text.clone()),
        Expression::Variable(variable) => Value::Text(scope.text(variable).into_owned()),
        Expression::Negative(inner) => {
            let number = number(inner, scope)?;
            Value::Number(number.negative().ok_or_else(|| EvaluationError::NoResult(format!("-({number})")))?)
        }
        Expression::Binary(operator, left, right) => {
            let (left, right) = (number(left, scope)?, number(right, scope)?);
            let result = left.combine(*operator, right);
            Value::Number(
                result.ok_or_else(|| {
                    EvaluationError::NoResult(format!("{left} {} {right}", operator.sign()))
                })?,
            )
        }
        Expression::Call(function, arguments) => call(*function, arguments, scope)?,
    })
}

fn number<V>(expression: &Expression<V>, scope: &mut impl Scope<V>) -> Result<Number, EvaluationError> {
    value(expression, scope)?.number()
}

fn text<V>(expression: &Expression<V>, scope: &mut impl Scope<V>) -> Result<String, EvaluationError> {
    value(expression, scope).map(Value::into_text)
}

/// Calls a function, whose arguments are as many as it takes: that was checked when it was read.
fn call<V>(
    function: Function,
    arguments: &[Expression<V>],
    scope: &mut impl Scope<V>,
) -> Result<Value, EvaluationError> {
    let no_result = || EvaluationError::NoResult(function.name().to_owned());
    Ok(match (function, arguments) {
        (Function::Uuid, _) => Value::Text(uuid(scope.random().random())),
        (Function::Now | Function::Unix | Function::UnixMs, offset) => {
            let offset_ms = match offset {
                [Expression::Text(offset)] => offset_ms(offset).unwrap_or_default(),
                _ => 0,
            };
            let unix_ms = scope.unix_ms().checked_add(offset_ms).ok_or_else(no_result)?;
            match function {
                Function::UnixMs => Value::Number(Number::Whole(unix_ms)),
                Function::Unix => Value::Number(Number::Whole(unix_ms.div_euclid(1000))),
                _ => Value::Text(date(unix_ms).ok_or_else(no_result)?),
            }
        }
        (Function::RandomInt, [from, to]) => {
            let (from, to) = (whole(from, scope, function)?, whole(to, scope, function)?);
            if from > to {
                return Err(EvaluationError::OutOfRange(Number::Whole(to), function.name()));
            }
            Value::Number(Number::Whole(scope.random().random_range(from..=to)))
        }
        (Function::RandomFloat, [from, to]) => {
            let (from, to) = (number(from, scope)?.to_f64(), number(to, scope)?.to_f64());
            let drawn = from + (to - from) * scope.random().random::<f64>();
            if from > to || !drawn.is_finite() {
                return Err(EvaluationError::OutOfRange(Number::Real(to), function.name()));
            }
            Value::Number(Number::Real(drawn))
        }
        (Function::RandomString, [length, letters @ ..]) => {
            let length = whole(length, scope, function)?;
            let length = usize::try_from(length).ok().filter(|&length| length <= MAXIMUM_BYTES);
            let length = length.ok_or(EvaluationError::TooLong)?;
            let letters = match letters {
                [letters] => text(letters, scope)?.chars().collect(),
                _ => ('a'..='z').chain('A'..='Z').chain('0'..='9').collect::<Vec<char>>(),
            };
            if letters.is_empty() {
                return Err(no_result());
            }
            let random = scope.random();
            Value::Text((0..length).map(|_| letters[random.random_range(0..letters.len())]).collect())
        }
        (Function::Choice, choices) => {
            let drawn = scope.random().random_range(0..choices.len());
            value(&choices[drawn], scope)?
        }
        (Function::Weighted, pairs) => {
            let weight = |pair: &[Expression<V>]| match pair {
                [_, Expression::Number(weight)] => weight.to_f64(),
                _ => 0.0,
            };
            let sum: f64 = pairs.chunks(2).map(weight).sum();
            let mut left = scope.random().random::<f64>() * sum;
            let drawn = pairs.chunks(2).find(|pair| {
                left -= weight(pair);
                left < 0.0
            });
            // Sums of fractions may end below the drawn number.
            let drawn = drawn.or_else(|| pairs.chunks(2).next_back()).and_then(<[_]>::first);
            value(drawn.ok_or_else(no_result)?, scope)?
        }
        (Function::Counter, name) => {
            let name = if let [Expression::Text(name)] = name { name.as_str() } else { "" };
            Value::Number(Number::Whole(i64::try_from(scope.count(name)).unwrap_or(i64::MAX)))
        }
        (Function::Round, [a, digits]) => {
            let digits = whole(digits, scope, function)?;
            let in_range = u8::try_from(digits).ok().filter(|&digits| digits <= 15);
            let digits =
                in_range.ok_or(EvaluationError::OutOfRange(Number::Whole(digits), function.name()))?;
            Value::Number(number(a, scope)?.to_digits(digits).ok_or_else(no_result)?)
        }
        (Function::Int | Function::Round | Function::Floor | Function::Ceil | Function::Abs, [a]) => {
            let round = match function {
                Function::Int => f64::trunc,
                Function::Floor => f64::floor,
                Function::Ceil => f64::ceil,
                _ => f64::round,
            };
            let a = number(a, scope)?;
            let result = match function {
                Function::Abs if a.to_f64() < 0.0 => a.negative(),
                Function::Abs => Some(a),
                _ => a.rounded(round),
            };
            Value::Number(result.ok_or_else(no_result)?)
        }
        (Function::Min | Function::Max, all) => {
            let mut best: Option<Number> = None;
            for one in all {
                let one = number(one, scope)?;
                let is_better = best.is_none_or(|best| match function {
                    Function::Min => one.to_f64() < best.to_f64(),
                    _ => one.to_f64() > best.to_f64(),
                });
                best = if is_better { Some(one) } else { best };
            }
            Value::Number(best.ok_or_else(no_result)?)
        }
        (Function::Concat, all) => {
            let mut whole = String::new();
            for one in all {
                whole += &text(one, scope)?;
            }
            Value::Text(whole)
        }
        (Function::Default, [wanted, otherwise]) => {
            let wanted = value(wanted, scope)?;
            if wanted == Value::Text(String::new()) { value(otherwise, scope)? } else { wanted }
        }
        (_, [a]) => {
            let a = text(a, scope)?;
            match function {
                Function::Url => {
                    let mut encoded = Vec::new();
                    Encoding::Component.push(a.as_bytes(), &mut encoded);
                    Value::Text(String::from_utf8(encoded).map_err(|_| no_result())?)
                }
                Function::Base64 => Value::Text(STANDARD.encode(a)),
                Function::Lower => Value::Text(a.to_lowercase()),
                Function::Upper => Value::Text(a.to_uppercase()),
                _ => Value::Number(Number::Whole(a.chars().count() as i64)),
            }
        }
        _ => return Err(no_result()),
    })
}

fn whole<V>(
    expression: &Expression<V>,
    scope: &mut impl Scope<V>,
    function: Function,
) -> Result<i64, EvaluationError> {
    match number(expression, scope)? {
        Number::Whole(whole) => Ok(whole),
        number => Err(EvaluationError::OutOfRange(number, function.name())),
    }
}

impl super::Operator {
    fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '-',
            Self::Multiply => '*',
            Self::Divide => '/',
            Self::Remainder => '%',
        }
    }
}

/// A UUID of version 4 (RFC 9562 section 5.4) of these bits.
fn uuid(bits: u128) -> String {
    let bits = bits & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// `2026-11-21T15:42:33.120Z` (RFC 3339).
fn date(unix_ms: i64) -> Option<String> {
    let mut text = swarmlab_units::utc::extended(unix_ms.div_euclid(1000))?;
    text.insert_str(text.len() - 1, &format!(".{:03}", unix_ms.rem_euclid(1000)));
    Some(text)
}
