//! Single values out of JSON text, without building a tree of it.

/// A JSON pointer (RFC 6901), split once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pointer {
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Token {
    /// Key of an object.
    key: String,
    /// Index of an array, if it can be one.
    index: Option<usize>,
}

impl Pointer {
    /// Splits a pointer; `None` if it is neither empty nor begins with `/`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        if parts.next() != Some("") {
            return None;
        }
        let token = |part: &str| {
            let key = part.replace("~1", "/").replace("~0", "~");
            // No sign, no leading zero: RFC 6901 section 4.
            let is_index = key == "0" || (!key.starts_with('0') && key.bytes().all(|b| b.is_ascii_digit()));
            let index = if is_index { key.parse().ok() } else { None };
            Token { key, index }
        };
        Some(Self { tokens: parts.map(token).collect() })
    }

    /// The bytes of the value that the pointer names, as they are written. The document is read only up to
    /// that value's end: what comes after it may be wrong. Of two equal keys the first counts.
    pub fn find<'a>(&self, document: &'a [u8]) -> Option<&'a [u8]> {
        let mut scanner = Scanner { bytes: document, at: 0 };
        for token in &self.tokens {
            scanner.enter(token)?;
        }
        scanner.skip_blank();
        let start = scanner.at;
        scanner.skip_value()?;
        Some(&document[start..scanner.at])
    }
}

/// Appends the text of a value: of a string what it stands for, of anything else but null what is written,
/// without blanks. Whether it is a value other than null; if not, `out` may hold a part.
pub fn push_text(value: &[u8], out: &mut String) -> bool {
    match value.first() {
        Some(b'"') => push_string(value, out),
        Some(b'n') | None => false,
        Some(_) => push_compact(value, out),
    }
}

/// Appends what a JSON string, quotes included, stands for. Whether it is one.
pub fn push_string(string: &[u8], out: &mut String) -> bool {
    let Some(inside) = string.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) else {
        return false;
    };
    let Ok(mut rest) = std::str::from_utf8(inside) else { return false };
    loop {
        let Some(at) = rest.find('\\') else {
            if !is_plain(rest) {
                return false;
            }
            out.push_str(rest);
            return true;
        };
        if !is_plain(&rest[..at]) {
            return false;
        }
        out.push_str(&rest[..at]);
        let Some((letter, after)) = unescape(&rest[at + 1..]) else { return false };
        out.push(letter);
        rest = after;
    }
}

/// Neither a quote nor a control character, which must be escaped.
fn is_plain(text: &str) -> bool {
    !text.bytes().any(|byte| byte < 0x20 || byte == b'"')
}

/// The character that an escape stands for, and what follows it; `text` begins behind the backslash.
fn unescape(text: &str) -> Option<(char, &str)> {
    let mut letters = text.chars();
    let letter = match letters.next()? {
        letter @ ('"' | '\\' | '/') => letter,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let (first, rest) = hex4(letters.as_str())?;
            if !(0xd800..0xe000).contains(&first) {
                return Some((char::from_u32(first)?, rest));
            }
            let (second, rest) = hex4(rest.strip_prefix("\\u")?)?;
            if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
                return None;
            }
            let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Some((char::from_u32(code)?, rest));
        }
        _ => return None,
    };
    Some((letter, letters.as_str()))
}

fn hex4(text: &str) -> Option<(u32, &str)> {
    let digits = text.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, &text[4..]))
}

/// Appends a value without the blanks between its parts.
fn push_compact(value: &[u8], out: &mut String) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return false };
    let mut in_string = false;
    let mut escaped = false;
    for piece in text.split_inclusive([' ', '\t', '\n', '\r']) {
        for byte in piece.bytes() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = in_string,
                b'"' => in_string = !in_string,
                _ => {}
            }
        }
        // A piece ends with a blank, or with the text.
        out.push_str(if in_string { piece } else { piece.trim_ascii_end() });
    }
    true
}

/// The values of a list, as they are written. `None` if it is none.
pub fn items(list: &[u8]) -> Option<Vec<&[u8]>> {
    let mut scanner = Scanner { bytes: list, at: 0 };
    scanner.expect(b'[')?;
    scanner.skip_blank();
    let mut items = Vec::new();
    if scanner.peek()? == b']' {
        return Some(items);
    }
    loop {
        scanner.skip_blank();
        let start = scanner.at;
        scanner.skip_value()?;
        items.push(&list[start..scanner.at]);
        if !scanner.next_item(b']')? {
            return Some(items);
        }
    }
}

/// Whether the answer to a GraphQL request tells of errors: `errors` is there and neither null nor empty.
pub fn has_graphql_errors(body: &[u8], errors: &Pointer) -> bool {
    match errors.find(body) {
        None | Some(b"null") => false,
        Some(value) => value
            .strip_prefix(b"[")
            .and_then(|rest| rest.strip_suffix(b"]"))
            .is_none_or(|inside| !inside.trim_ascii().is_empty()),
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that is no blank must be this one.
    fn expect(&mut self, byte: u8) -> Option<()> {
        self.skip_blank();
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Behind an item: whether another follows, before the container's end.
    fn next_item(&mut self, close: u8) -> Option<bool> {
        self.skip_blank();
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b',' => Some(true),
            byte if byte == close => Some(false),
            _ => None,
        }
    }

    /// Goes to the item that `token` names.
    fn enter(&mut self, token: &Token) -> Option<()> {
        self.skip_blank();
        match self.peek()? {
            b'{' => {
                self.at += 1;
                loop {
                    self.skip_blank();
                    let start = self.at;
                    self.skip_string()?;
                    let is_it = is_key(&self.bytes[start..self.at], &token.key);
                    self.expect(b':')?;
                    if is_it {
                        return Some(());
                    }
                    self.skip_value()?;
                    if !self.next_item(b'}')? {
                        return None;
                    }
                }
            }
            b'[' => {
                self.at += 1;
                for _ in 0..token.index? {
                    self.skip_value()?;
                    if !self.next_item(b']')? {
                        return None;
                    }
                }
                self.skip_blank();
                (self.peek()? != b']').then_some(())
            }
            _ => None,
        }
    }

    fn skip_string(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        self.at += 1;
        loop {
            let rest = self.bytes.get(self.at..)?;
            let length = rest.iter().position(|&byte| byte == b'"' || byte == b'\\')?;
            self.at += length + if rest[length] == b'"' { 1 } else { 2 };
            if rest[length] == b'"' {
                return Some(());
            }
        }
    }

    /// Passes a value; brackets are counted, not told apart.
    fn skip_value(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.skip_blank();
            match self.peek()? {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    self.at += 1;
                    depth += 1;
                    continue;
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.at += 1;
                }
                b',' | b':' if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => self.skip_word()?,
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    fn skip_word(&mut self) -> Option<()> {
        let rest = &self.bytes[self.at..];
        let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let word = &rest[..rest.iter().position(|byte| !is_inside(byte)).unwrap_or(rest.len())];
        if !(matches!(word, b"true" | b"false" | b"null") || is_number(word)) {
            return None;
        }
        self.at += word.len();
        Some(())
    }
}

/// A number, RFC 8259 section 6.
fn is_number(word: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = word.strip_prefix(b"-").unwrap_or(word);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    rest = &rest[whole..];
    if let Some(after) = rest.strip_prefix(b".") {
        let fraction = digits(after);
        if fraction == 0 {
            return false;
        }
        rest = &after[fraction..];
    }
    if let Some(after) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let after = after.strip_prefix(b"+").or_else(|| after.strip_prefix(b"-")).unwrap_or(after);
        let exponent = digits(after);
        return exponent > 0 && exponent == after.len();
    }
    rest.is_empty()
}

/// Whether a JSON string, quotes included, is this key.
fn is_key(string: &[u8], key: &str) -> bool {
    let inside = &string[1..string.len() - 1];
    if !inside.contains(&b'\\') {
        return inside == key.as_bytes();
    }
    // Rare enough for a buffer.
    let mut text = String::new();
    push_string(string, &mut text) && text == key
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
