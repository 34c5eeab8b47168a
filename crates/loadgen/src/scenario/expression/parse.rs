//! Reading an expression.
//!
//! ```text
//! sum     = product *( ("+" / "-") product )
//! product = unary *( ("*" / "/" / "%") unary )
//! unary   = "-" unary / value
//! value   = number / text / name / function "(" [ sum *( "," sum ) ] ")" / "(" sum ")"
//! ```
//!
//! Names may hold `-` and `.`, so a minus needs blanks around it.

use thiserror::Error;

use super::{Expression, Function, Number, Operator};

/// How deep parentheses may be nested.
const MAXIMUM_DEPTH: usize = 32;
/// How many operators an expression may have: each makes its tree deeper, and trees are walked by recursion.
const MAXIMUM_OPERATORS: usize = 500;

/// Why a text is no expression. Offsets are in bytes from its start.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpressionError {
    /// Something else than what must come.
    #[error("expected {expected} at {}", match rest.as_str() { "" => "the end".to_owned(), rest => format!("`{rest}`") })]
    Unexpected {
        /// What could stand there.
        expected: &'static str,
        /// What does, up to the end.
        rest: String,
        /// Where.
        at: usize,
    },
    /// A function that does not exist.
    #[error("there is no function `{name}`{}", match near {
        Some(near) => format!(": did you mean `{near}`?"),
        None => format!(" (there are {})", Function::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ")),
    })]
    UnknownFunction {
        /// Its name.
        name: String,
        /// One of a like name.
        near: Option<&'static str>,
        /// Where.
        at: usize,
    },
    /// Arguments that a function cannot be given.
    #[error("`{}` is called like this: {}{}", function.name(), function.usage(), match *why { "" => String::new(), why => format!("; {why}") })]
    Arguments {
        /// The function.
        function: Function,
        /// What is wrong beside their number.
        why: &'static str,
        /// Where.
        at: usize,
    },
    /// Too many operators.
    #[error("more than {MAXIMUM_OPERATORS} operators")]
    TooLong {
        /// Where.
        at: usize,
    },
    /// Too many parentheses in each other.
    #[error("more than {MAXIMUM_DEPTH} parentheses in each other")]
    TooDeep {
        /// Where.
        at: usize,
    },
}

impl ExpressionError {
    /// Where, in bytes from the start of the expression.
    pub fn at(&self) -> usize {
        match self {
            ExpressionError::Unexpected { at, .. }
            | ExpressionError::UnknownFunction { at, .. }
            | ExpressionError::Arguments { at, .. }
            | ExpressionError::TooLong { at }
            | ExpressionError::TooDeep { at } => *at,
        }
    }
}

/// Reads an expression, all of `text`.
pub(crate) fn parse(text: &str) -> Result<Expression, ExpressionError> {
    let mut parser = Parser { text, at: 0, depth: 0, operators: 0 };
    let expression = parser.sum()?;
    parser.skip_blank();
    if parser.at < text.len() { Err(parser.unexpected("an operator")) } else { Ok(expression) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    operators: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blank(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn unexpected(&self, expected: &'static str) -> ExpressionError {
        ExpressionError::Unexpected { expected, rest: self.rest().to_owned(), at: self.at }
    }

    /// Takes the next character if it is one of these.
    fn take(&mut self, letters: &[char]) -> Option<char> {
        self.skip_blank();
        let letter = self.rest().chars().next().filter(|letter| letters.contains(letter))?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    /// Takes as many characters as fit.
    fn take_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|letter| !fits(letter)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn sum(&mut self) -> Result<Expression, ExpressionError> {
        let mut left = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            let operator = if sign == '+' { Operator::Add } else { Operator::Subtract };
            self.count()?;
            left = Expression::Binary(operator, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    /// One operator more.
    fn count(&mut self) -> Result<(), ExpressionError> {
        self.operators += 1;
        if self.operators > MAXIMUM_OPERATORS {
            Err(ExpressionError::TooLong { at: self.at })
        } else {
            Ok(())
        }
    }

    fn product(&mut self) -> Result<Expression, ExpressionError> {
        let mut left = self.unary()?;
        while let Some(sign) = self.take(&['*', '/', '%']) {
            let operator = match sign {
                '*' => Operator::Multiply,
                '/' => Operator::Divide,
                _ => Operator::Remainder,
            };
            self.count()?;
            left = Expression::Binary(operator, Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, ExpressionError> {
        self.skip_blank();
        self.depth += 1;
        if self.depth > MAXIMUM_DEPTH {
            return Err(ExpressionError::TooDeep { at: self.at });
        }
        let found = match self.take(&['-']) {
            Some(_) => Expression::Negative(Box::new(self.unary()?)),
            None => self.value()?,
        };
        self.depth -= 1;
        Ok(found)
    }

    fn value(&mut self) -> Result<Expression, ExpressionError> {
        if self.take(&['(']).is_some() {
            let inner = self.sum()?;
            return self.take(&[')']).map(|_| inner).ok_or_else(|| self.unexpected("`)`"));
        }
        if let Some(quote) = self.take(&['\'', '"']) {
            let start = self.at - 1;
            let text = self.take_while(|letter| letter != quote).to_owned();
            return match self.take_exactly(quote) {
                true => Ok(Expression::Text(text)),
                false => {
                    let rest = self.text[start..].to_owned();
                    Err(ExpressionError::Unexpected { expected: "a closing quote for", rest, at: start })
                }
            };
        }
        let start = self.at;
        let word = self.take_while(|letter| letter.is_ascii_alphanumeric() || "_-.".contains(letter));
        if word.starts_with(|letter: char| letter.is_ascii_digit())
            && let Some(number) = Number::parse(word)
        {
            return Ok(Expression::Number(number));
        }
        if word.is_empty() || word.starts_with(['-', '.']) {
            self.at = start;
            return Err(self.unexpected("a number, a text in quotes, a variable or a function"));
        }
        if self.take(&['(']).is_none() {
            return Ok(Expression::Variable(word.to_owned()));
        }
        let Some(function) = Function::named(word) else {
            let near = Function::nearest(word);
            return Err(ExpressionError::UnknownFunction { name: word.to_owned(), near, at: start });
        };
        let arguments = self.arguments()?;
        check(function, &arguments).map_err(|why| ExpressionError::Arguments { function, why, at: start })?;
        Ok(Expression::Call(function, arguments))
    }

    fn take_exactly(&mut self, letter: char) -> bool {
        let is_it = self.rest().starts_with(letter);
        self.at += if is_it { letter.len_utf8() } else { 0 };
        is_it
    }

    fn arguments(&mut self) -> Result<Vec<Expression>, ExpressionError> {
        let mut arguments = Vec::new();
        if self.take(&[')']).is_some() {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.sum()?);
            match self.take(&[',', ')']) {
                Some(',') => {}
                Some(_) => return Ok(arguments),
                None => return Err(self.unexpected("`,` or `)`")),
            }
        }
    }
}

/// What is wrong with arguments as they stand there.
fn check(function: Function, arguments: &[Expression]) -> Result<(), &'static str> {
    if !function.arity().contains(&arguments.len()) {
        return Err("");
    }
    match (function, arguments) {
        (Function::Now | Function::Unix | Function::UnixMs, [offset]) => match offset {
            Expression::Text(text) if offset_ms(text).is_some() => Ok(()),
            _ => Err("an offset is a text such as '90s', '-5m', '12h' or '7d'"),
        },
        (Function::Counter, [name]) if !matches!(name, Expression::Text(_)) => {
            Err("the name is a text in quotes")
        }
        (Function::RandomString, [_, Expression::Text(letters)]) if letters.is_empty() => {
            Err("the letters are missing")
        }
        (Function::Weighted, pairs) => {
            let is_pair = |pair: &[Expression]| matches!(pair, [_, Expression::Number(weight)] if weight.to_f64() > 0.0);
            if pairs.chunks(2).all(is_pair) {
                Ok(())
            } else {
                Err("each value has a weight above 0 behind it")
            }
        }
        (Function::RandomInt | Function::RandomFloat, [Expression::Number(from), Expression::Number(to)])
            if from.to_f64() > to.to_f64() =>
        {
            Err("the lower bound comes first")
        }
        _ => Ok(()),
    }
}

/// An offset such as `-5m`, milliseconds.
pub(super) fn offset_ms(text: &str) -> Option<i64> {
    let (sign, size) = match text.strip_prefix('-') {
        Some(size) => (-1, size),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = size.bytes().take_while(u8::is_ascii_digit).count();
    let unit_ms = match &size[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    size[..digits].parse::<i64>().ok()?.checked_mul(unit_ms)?.checked_mul(sign)
}
