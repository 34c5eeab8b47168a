//! Reading a path, by the grammar of RFC 9535, appendix A.

use serde_json::Value;

use super::{Comparable, Comparison, JsonPath, JsonPathError, Query, Segment, Selector, Test};

/// How deep filters and parentheses may be nested.
const MAXIMUM_DEPTH: usize = 32;
/// Integers that I-JSON keeps exactly (RFC 7493 section 2.2).
const MAXIMUM_INTEGER: i64 = (1 << 53) - 1;

type Result<T> = std::result::Result<T, JsonPathError>;

pub(super) fn parse(path: &str) -> Result<JsonPath> {
    let mut parser = Parser { path, at: 0, depth: 0 };
    if !parser.take("$") {
        return parser.fail("`$`");
    }
    let segments = parser.segments()?;
    if parser.at < path.len() { parser.fail("`.`, `..` or `[`") } else { Ok(JsonPath { segments }) }
}

struct Parser<'a> {
    path: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.path[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn fail<T>(&self, expected: &'static str) -> Result<T> {
        Err(JsonPathError { expected, at: self.at, path: self.path.to_owned() })
    }

    fn take(&mut self, token: &str) -> bool {
        let is_it = self.rest().starts_with(token);
        self.at += if is_it { token.len() } else { 0 };
        is_it
    }

    fn skip_blank(&mut self) {
        self.at = self.path.len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    /// Blanks, then a token.
    fn take_after_blank(&mut self, token: &str) -> bool {
        self.skip_blank();
        self.take(token)
    }

    /// Segments, as many as there are; blanks behind the last one are left.
    fn segments(&mut self) -> Result<Vec<Segment>> {
        let mut segments = Vec::new();
        loop {
            let before = self.at;
            self.skip_blank();
            let is_descendant = self.take("..");
            let selectors = if self.take("[") {
                self.bracketed()?
            } else if is_descendant || self.take(".") {
                vec![if self.take("*") { Selector::Wildcard } else { Selector::Name(self.shorthand()?) }]
            } else {
                self.at = before;
                return Ok(segments);
            };
            segments.push(Segment { is_descendant, selectors });
        }
    }

    /// A name without quotes.
    fn shorthand(&mut self) -> Result<String> {
        let is_first = |letter: char| letter.is_ascii_alphabetic() || letter == '_' || !letter.is_ascii();
        if !self.peek().is_some_and(is_first) {
            return self.fail("a name, or `*`");
        }
        let rest = self.rest();
        let is_inside = |letter: char| is_first(letter) || letter.is_ascii_digit();
        let length = rest.find(|letter| !is_inside(letter)).unwrap_or(rest.len());
        self.at += length;
        Ok(rest[..length].to_owned())
    }

    /// Behind `[`: selectors with commas, and `]`.
    fn bracketed(&mut self) -> Result<Vec<Selector>> {
        let mut selectors = Vec::new();
        loop {
            self.skip_blank();
            selectors.push(self.selector()?);
            if self.take_after_blank("]") {
                return Ok(selectors);
            }
            if !self.take(",") {
                return self.fail("`,` or `]`");
            }
        }
    }

    fn selector(&mut self) -> Result<Selector> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some('\'' | '"') => Ok(Selector::Name(self.quoted()?)),
            Some('?') => {
                self.at += 1;
                Ok(Selector::Filter(self.any()?))
            }
            Some(':' | '-' | '0'..='9') => self.index_or_slice(),
            _ => self.fail("a name in quotes, an index, a slice, `*` or a filter `?…`"),
        }
    }

    fn index_or_slice(&mut self) -> Result<Selector> {
        let start = self.integer()?;
        if !self.take_after_blank(":") {
            return match start {
                Some(index) => Ok(Selector::Index(index)),
                None => self.fail("`:`"),
            };
        }
        self.skip_blank();
        let end = self.integer()?;
        let step = if self.take_after_blank(":") {
            self.skip_blank();
            self.integer()?
        } else {
            None
        };
        Ok(Selector::Slice { start, end, step: step.unwrap_or(1) })
    }

    /// An integer, if there is one: no leading zeros, no `-0`.
    fn integer(&mut self) -> Result<Option<i64>> {
        let rest = self.rest();
        let sign = usize::from(rest.starts_with('-'));
        let digits = rest[sign..].bytes().take_while(u8::is_ascii_digit).count();
        if sign + digits == 0 {
            return Ok(None);
        }
        let text = &rest[..sign + digits];
        let is_plain = text == "0" || !text[sign..].starts_with('0');
        match text
            .parse::<i64>()
            .ok()
            .filter(|found| is_plain && found.unsigned_abs() <= MAXIMUM_INTEGER.unsigned_abs())
        {
            Some(found) => {
                self.at += text.len();
                Ok(Some(found))
            }
            None => self.fail("a whole number without leading zeros, of at most 53 bits"),
        }
    }

    /// A name or string in quotes.
    fn quoted(&mut self) -> Result<String> {
        let Some(quote) = self.peek() else { return self.fail("a quote") };
        let start = self.at;
        self.at += 1;
        // As JSON, whose strings have the same escapes but for that of the single quote.
        let mut json = String::from("\"");
        loop {
            match self.peek() {
                None => {
                    self.at = start;
                    return self.fail("a closing quote for this one");
                }
                Some(letter) if letter == quote => {
                    self.at += 1;
                    break;
                }
                Some('\\') => {
                    let escaped = self.rest()[1..].chars().next();
                    match escaped {
                        Some('\'') if quote == '\'' => json.push('\''),
                        Some('"') if quote == '\'' => return self.fail("an escape such as `\\'` or `\\n`"),
                        Some(letter) => json.extend(['\\', letter]),
                        None => return self.fail("an escape such as `\\\\` or `\\n`"),
                    }
                    self.at += 1 + escaped.map_or(0, char::len_utf8);
                }
                Some(letter) => {
                    if letter == '"' {
                        json.push('\\');
                    }
                    json.push(letter);
                    self.at += letter.len_utf8();
                }
            }
        }
        json.push('"');
        match serde_json::from_str(&json) {
            Ok(text) => Ok(text),
            Err(_) => {
                self.at = start;
                self.fail("a string with the escapes of JSON and no control characters")
            }
        }
    }

    /// `a || b`.
    fn any(&mut self) -> Result<Test> {
        self.depth += 1;
        if self.depth > MAXIMUM_DEPTH {
            return self.fail("less depth");
        }
        let mut all = vec![self.all()?];
        while self.take_after_blank("||") {
            all.push(self.all()?);
        }
        self.depth -= 1;
        Ok(if all.len() > 1 { Test::Any(all) } else { all.swap_remove(0) })
    }

    /// `a && b`.
    fn all(&mut self) -> Result<Test> {
        let mut all = vec![self.basic()?];
        while self.take_after_blank("&&") {
            all.push(self.basic()?);
        }
        Ok(if all.len() > 1 { Test::All(all) } else { all.swap_remove(0) })
    }

    /// `(a)`, `!a`, a comparison, or a query that selects something.
    fn basic(&mut self) -> Result<Test> {
        self.skip_blank();
        if self.take("!") {
            self.skip_blank();
            let inner = if self.take("(") { self.parenthesised()? } else { Test::Exists(self.query()?) };
            return Ok(Test::Not(Box::new(inner)));
        }
        if self.take("(") {
            return self.parenthesised();
        }
        let start = self.at;
        if !matches!(self.peek(), Some('@' | '$')) {
            let left = Comparable::Literal(self.literal()?);
            let comparison = self.comparison()?;
            return Ok(Test::Compare(left, comparison, self.comparable()?));
        }
        let query = self.query()?;
        self.skip_blank();
        if !self.rest().starts_with(['=', '!', '<', '>']) {
            return Ok(Test::Exists(query));
        }
        let left = self.singular(query, start)?;
        let comparison = self.comparison()?;
        Ok(Test::Compare(left, comparison, self.comparable()?))
    }

    fn parenthesised(&mut self) -> Result<Test> {
        let inner = self.any()?;
        if self.take_after_blank(")") { Ok(inner) } else { self.fail("`)`, `&&` or `||`") }
    }

    fn query(&mut self) -> Result<Query> {
        let from_root = self.take("$");
        if !from_root && !self.take("@") {
            return self.fail("`@`, `$` or a literal (functions are not known here)");
        }
        Ok(Query { from_root, segments: self.segments()? })
    }

    fn singular(&mut self, query: Query, start: usize) -> Result<Comparable> {
        let is_one = |segment: &Segment| {
            !segment.is_descendant
                && matches!(segment.selectors[..], [Selector::Name(_) | Selector::Index(_)])
        };
        if query.segments.iter().all(is_one) {
            return Ok(Comparable::Singular(query));
        }
        self.at = start;
        self.fail("a query of names and indices alone, since it is compared")
    }

    fn comparable(&mut self) -> Result<Comparable> {
        self.skip_blank();
        let start = self.at;
        if matches!(self.peek(), Some('@' | '$')) {
            let query = self.query()?;
            return self.singular(query, start);
        }
        Ok(Comparable::Literal(self.literal()?))
    }

    fn comparison(&mut self) -> Result<Comparison> {
        self.skip_blank();
        let all = [
            ("==", Comparison::Equal),
            ("!=", Comparison::NotEqual),
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        match all.into_iter().find(|(sign, _)| self.take(sign)) {
            Some((_, comparison)) => Ok(comparison),
            None => self.fail("`==`, `!=`, `<`, `<=`, `>` or `>=`"),
        }
    }

    /// A string, a number, `true`, `false` or `null`.
    fn literal(&mut self) -> Result<Value> {
        if matches!(self.peek(), Some('\'' | '"')) {
            return self.quoted().map(Value::from);
        }
        let rest = self.rest();
        let is_inside = |letter: char| letter.is_ascii_alphanumeric() || "+-._".contains(letter);
        let word = &rest[..rest.find(|letter| !is_inside(letter)).unwrap_or(rest.len())];
        match serde_json::from_str(word) {
            Ok(value) => {
                self.at += word.len();
                Ok(value)
            }
            Err(_) => self.fail("`@`, `$` or a literal (functions are not known here)"),
        }
    }
}
