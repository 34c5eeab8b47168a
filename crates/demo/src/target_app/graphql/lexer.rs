//! Tokens of a GraphQL document (section 2.1 of the specification).

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// One of `! $ ( ) : = @ [ ] { } |`.
    Sign(char),
    /// `...`
    Spread,
    Name(String),
    Int(i64),
    Float(f64),
    Text(String),
    End,
}

impl std::fmt::Display for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Sign(sign) => write!(f, "`{sign}`"),
            Token::Spread => f.write_str("`...`"),
            Token::Name(name) => write!(f, "`{name}`"),
            Token::Int(number) => write!(f, "`{number}`"),
            Token::Float(number) => write!(f, "`{number}`"),
            Token::Text(text) => write!(f, "{text:?}"),
            Token::End => f.write_str("the end"),
        }
    }
}

/// Splits a document; the last token is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            ' ' | '\t' | '\r' | '\n' | ',' | '\u{feff}' => (None, first.len_utf8()),
            '#' => (None, rest.find('\n').unwrap_or(rest.len())),
            '!' | '$' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '}' | '|' => {
                (Some(Token::Sign(first)), 1)
            }
            '.' if rest.starts_with("...") => (Some(Token::Spread), 3),
            'a'..='z' | 'A'..='Z' | '_' => {
                let length =
                    rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Some(Token::Name(rest[..length].to_owned())), length)
            }
            '-' | '0'..='9' => {
                let ends = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '+' | '.');
                let length = rest.find(ends).unwrap_or(rest.len());
                (Some(number(&rest[..length])?), length)
            }
            '"' if rest.starts_with("\"\"\"") => return Err("block strings are not supported".into()),
            '"' => {
                let length = text_length(rest).ok_or("a string is never closed by `\"`")?;
                // The escapes are those of JSON.
                let text = serde_json::from_str(&rest[..length]);
                (Some(Token::Text(text.map_err(|_| "a string is not valid")?)), length)
            }
            other => return Err(format!("{other:?} does not belong here")),
        };
        tokens.extend(token);
        rest = &rest[length..];
    }
    tokens.push(Token::End);
    Ok(tokens)
}

fn number(text: &str) -> Result<Token, String> {
    if let Ok(number) = text.parse() {
        return Ok(Token::Int(number));
    }
    let float = text.parse().ok().filter(|number: &f64| number.is_finite());
    float.map(Token::Float).ok_or_else(|| format!("`{text}` is no number"))
}

/// Length of the string that begins `text`, with its quotes.
fn text_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return Some(at + 1),
            '\n' => return None,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    None
}
