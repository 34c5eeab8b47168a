//! Words and signs of a check, each with its place.

use super::SyntaxError;

/// A word or sign.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A name.
    Word(String),
    /// A number.
    Number(f64),
    /// One of `( ) / % < <= > >=`.
    Sign(&'static str),
}

impl Token {
    /// As it is told.
    pub fn shown(&self) -> String {
        match self {
            Self::Word(word) => format!("`{word}`"),
            Self::Number(number) => format!("the number {number}"),
            Self::Sign(sign) => format!("`{sign}`"),
        }
    }
}

/// Longer ones are no names.
const SIGNS: [&str; 8] = ["<=", ">=", "<", ">", "(", ")", "/", "%"];

/// The tokens, each with the number of characters before it.
pub fn tokens(text: &str) -> Result<Vec<(usize, Token)>, SyntaxError> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let c = chars[at];
        let begin = at;
        if c.is_whitespace() {
            at += 1;
        } else if c == '"' {
            let end = chars[at + 1..].iter().position(|c| *c == '"').map(|n| at + 1 + n);
            let Some(end) = end else {
                return Err(error(at, "a quotation mark that nothing closes", "`\"` at the end of the name"));
            };
            out.push((begin, Token::Word(chars[at + 1..end].iter().collect())));
            at = end + 1;
        } else if c.is_ascii_digit() || c == '.' {
            while at < chars.len() && (chars[at].is_ascii_digit() || chars[at] == '.') {
                at += 1;
            }
            let digits: String = chars[begin..at].iter().collect();
            match digits.parse::<f64>() {
                Ok(number) if number.is_finite() => out.push((begin, Token::Number(number))),
                _ => return Err(error(begin, format!("`{digits}`"), "a number, e.g. 0.9")),
            }
        } else if in_word(c) {
            while at < chars.len() && in_word(chars[at]) {
                at += 1;
            }
            out.push((begin, Token::Word(chars[begin..at].iter().collect())));
        } else {
            let rest: String = chars[at..chars.len().min(at + 2)].iter().collect();
            let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(*sign)) else {
                return Err(error(at, format!("`{c}`"), "a name, a number, or one of < <= > >= ( ) / %"));
            };
            at += sign.len();
            out.push((begin, Token::Sign(sign)));
        }
    }
    Ok(out)
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '*')
}

/// An error at a place.
pub fn error(at: usize, problem: impl Into<String>, expected: impl Into<String>) -> SyntaxError {
    SyntaxError { at, problem: problem.into(), expected: expected.into() }
}
