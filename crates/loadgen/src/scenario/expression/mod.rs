//! Expressions in templates: arithmetic, and functions that make values. They compute one value and know neither
//! statements nor functions of the user's own: where that is not enough, a Locust file or a command takes over.

mod evaluate;
mod function;
mod number;
mod parse;

pub(crate) use evaluate::{EvaluationError, Scope, text_of};
pub use function::Function;
pub(crate) use function::nearest;
pub use number::Number;
pub use parse::ExpressionError;
pub(crate) use parse::parse;

/// Something to compute, with variables `V`: by name as it is written, by place once it is compiled.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression<V = String> {
    /// A number as it stands there.
    Number(Number),
    /// A text in quotes.
    Text(String),
    /// The value of a variable.
    Variable(V),
    /// `-a`.
    Negative(Box<Expression<V>>),
    /// `a + b` and the like.
    Binary(Operator, Box<Expression<V>>, Box<Expression<V>>),
    /// `name(a, b)`.
    Call(Function, Vec<Expression<V>>),
}

/// What stands between two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`: exact where the quotient of whole numbers is whole, else with a fraction.
    Divide,
    /// `%`: the remainder, with the sign of the dividend as in C.
    Remainder,
}

impl<V> Expression<V> {
    /// The same with other variables.
    pub(crate) fn map<W>(&self, variable: &mut impl FnMut(&V) -> W) -> Expression<W> {
        match self {
            Expression::Number(number) => Expression::Number(*number),
            Expression::Text(text) => Expression::Text(text.clone()),
            Expression::Variable(name) => Expression::Variable(variable(name)),
            Expression::Negative(inner) => Expression::Negative(Box::new(inner.map(variable))),
            Expression::Binary(operator, left, right) => {
                let (left, right) = (left.map(variable), right.map(variable));
                Expression::Binary(*operator, Box::new(left), Box::new(right))
            }
            Expression::Call(function, arguments) => {
                Expression::Call(*function, arguments.iter().map(|one| one.map(variable)).collect())
            }
        }
    }
}

impl Expression {
    /// Calls `found` with each variable, and whether it may be missing: the first argument of `default` may.
    pub(crate) fn variables<'a>(&'a self, found: &mut dyn FnMut(&'a str, bool)) {
        match self {
            Expression::Number(_) | Expression::Text(_) => {}
            Expression::Variable(name) => found(name, false),
            Expression::Negative(inner) => inner.variables(found),
            Expression::Binary(_, left, right) => {
                left.variables(found);
                right.variables(found);
            }
            Expression::Call(Function::Default, arguments) => {
                for (index, argument) in arguments.iter().enumerate() {
                    argument.variables(&mut |name, may_miss| found(name, may_miss || index == 0));
                }
            }
            Expression::Call(_, arguments) => arguments.iter().for_each(|one| one.variables(found)),
        }
    }
}

#[cfg(test)]
mod tests;
