//! Texts and conditions whose variables are places.

use regex::bytes::Regex;

use super::compiler::Compiler;
use super::text::Encoding;
use crate::scenario::expression::{EvaluationError, Expression, Number, Scope, text_of};
use crate::scenario::{Condition, Filter, Segment, Template, Test};

/// Where the value of a variable stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operand {
    User,
    Iteration,
    Random,
    /// The name of the user's variant.
    Variant,
    Cell {
        feeder: usize,
        column: usize,
    },
    Slot(usize),
}

/// A value of a request, computed before that is written.
#[derive(Debug)]
pub(crate) struct Computed {
    pub slot: usize,
    pub expression: Expression<Operand>,
    /// Whether line ends must not stand in it.
    pub is_for_header: bool,
}

/// A text with variables, outside of requests.
#[derive(Debug)]
pub(crate) struct Text(Vec<(Encoding, Expression<Operand>)>);

/// A condition.
#[derive(Debug)]
pub(crate) enum CompiledCondition {
    Defined(Operand),
    Compare(Text, CompiledTest),
    Not(Box<CompiledCondition>),
    All(Vec<CompiledCondition>),
    Any(Vec<CompiledCondition>),
}

/// What a value is compared with.
#[derive(Debug)]
pub(crate) enum CompiledTest {
    /// Whether it equals one of these, or none of them.
    Equals {
        others: Vec<Text>,
        is_wanted: bool,
    },
    /// Whether `other < value` (`is_below`) or `value < other` is what is wanted.
    Order {
        other: Text,
        is_below: bool,
        is_wanted: bool,
    },
    Contains(Text),
    Matches(Regex),
}

impl Text {
    pub(super) fn new(template: &Template, compiler: &Compiler<'_>) -> Self {
        let piece = |segment: &Segment| match segment {
            Segment::Literal(text) => (Encoding::Raw, Expression::Text(text.clone())),
            Segment::Variable { name, filter } => {
                (encoding(*filter), Expression::Variable(compiler.operand(name)))
            }
            Segment::Computed { expression, filter } => {
                (encoding(*filter), expression.map(&mut |name: &String| compiler.operand(name)))
            }
        };
        Self(template.segments().iter().map(piece).collect())
    }

    /// The text at this moment.
    pub fn evaluate(&self, scope: &mut impl Scope<Operand>) -> Result<String, EvaluationError> {
        if let [(Encoding::Raw, only)] = &self.0[..] {
            return text_of(only, scope);
        }
        let mut whole = Vec::new();
        for (encoding, expression) in &self.0 {
            encoding.push(text_of(expression, scope)?.as_bytes(), &mut whole);
        }
        // Each encoding writes whole characters.
        String::from_utf8(whole).map_err(|error| EvaluationError::NotANumber(error.to_string()))
    }
}

fn encoding(filter: Filter) -> Encoding {
    match filter {
        Filter::Json => Encoding::Json,
        Filter::Url => Encoding::Component,
        Filter::Auto | Filter::Raw => Encoding::Raw,
    }
}

impl CompiledCondition {
    pub(super) fn new(condition: &Condition, compiler: &Compiler<'_>) -> Self {
        let all = |all: &[Condition]| all.iter().map(|one| Self::new(one, compiler)).collect();
        match condition {
            Condition::Defined(name) => CompiledCondition::Defined(compiler.operand(name)),
            Condition::Not(inner) => CompiledCondition::Not(Box::new(Self::new(inner, compiler))),
            Condition::All(conditions) => CompiledCondition::All(all(conditions)),
            Condition::Any(conditions) => CompiledCondition::Any(all(conditions)),
            Condition::Compare { value, test } => {
                let text = |template: &Template| Text::new(template, compiler);
                let equals = |others: &[Template], is_wanted| CompiledTest::Equals {
                    others: others.iter().map(text).collect(),
                    is_wanted,
                };
                let order = |other, is_below, is_wanted| CompiledTest::Order {
                    other: text(other),
                    is_below,
                    is_wanted,
                };
                let test = match test {
                    Test::Equals(other) => equals(std::slice::from_ref(other), true),
                    Test::NotEquals(other) => equals(std::slice::from_ref(other), false),
                    Test::OneOf(others) => equals(others, true),
                    Test::Less(other) => order(other, false, true),
                    Test::AtLeast(other) => order(other, false, false),
                    Test::Greater(other) => order(other, true, true),
                    Test::AtMost(other) => order(other, true, false),
                    Test::Contains(other) => CompiledTest::Contains(text(other)),
                    Test::Matches(pattern) => CompiledTest::Matches(super::regex_or_none(pattern)),
                };
                CompiledCondition::Compare(text(value), test)
            }
        }
    }

    /// Whether it holds at this moment.
    pub fn holds(&self, scope: &mut impl Scope<Operand>) -> Result<bool, EvaluationError> {
        Ok(match self {
            CompiledCondition::Defined(operand) => !scope.text(operand).is_empty(),
            CompiledCondition::Not(inner) => !inner.holds(scope)?,
            CompiledCondition::All(all) => {
                for one in all {
                    if !one.holds(scope)? {
                        return Ok(false);
                    }
                }
                true
            }
            CompiledCondition::Any(all) => {
                for one in all {
                    if one.holds(scope)? {
                        return Ok(true);
                    }
                }
                false
            }
            CompiledCondition::Compare(value, test) => {
                let value = value.evaluate(scope)?;
                match test {
                    CompiledTest::Equals { others, is_wanted } => {
                        let mut is_one = false;
                        for other in others {
                            is_one |= is_equal(&value, &other.evaluate(scope)?);
                        }
                        is_one == *is_wanted
                    }
                    CompiledTest::Order { other, is_below, is_wanted } => {
                        let (value, other) = (number(value)?, number(other.evaluate(scope)?)?);
                        let (low, high) = if *is_below { (other, value) } else { (value, other) };
                        is_less(low, high) == *is_wanted
                    }
                    CompiledTest::Contains(other) => value.contains(&other.evaluate(scope)?),
                    CompiledTest::Matches(pattern) => pattern.is_match(value.as_bytes()),
                }
            }
        })
    }
}

fn number(text: String) -> Result<Number, EvaluationError> {
    Number::parse(text.trim()).ok_or(EvaluationError::NotANumber(text))
}

fn is_less(low: Number, high: Number) -> bool {
    match (low, high) {
        (Number::Whole(low), Number::Whole(high)) => low < high,
        _ => low.to_f64() < high.to_f64(),
    }
}

/// By value if both are numbers, else to the letter.
fn is_equal(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    match (Number::parse(left.trim()), Number::parse(right.trim())) {
        (Some(Number::Whole(left)), Some(Number::Whole(right))) => left == right,
        (Some(left), Some(right)) => left.to_f64() == right.to_f64(),
        _ => false,
    }
}
