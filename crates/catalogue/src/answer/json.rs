//! JSON pulled from a reader, token by token: no tree, and no text longer than [`LONGEST_TEXT`] is held.

use std::io::Read;

use super::AnswerError;

/// Bytes read at once.
const BUFFER: usize = 1 << 16;
/// Longest text, bytes: labels and messages are short.
const LONGEST_TEXT: usize = 1 << 20;
/// Deepest nesting of what is passed over.
const DEEPEST: usize = 64;

pub(super) struct Json<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Bytes before the buffer.
    before: u64,
    text: Vec<u8>,
}

type Read1<T> = Result<T, AnswerError>;

impl<R: Read> Json<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: vec![0; BUFFER], at: 0, end: 0, before: 0, text: Vec::new() }
    }

    /// Reads on; whether there is more.
    fn fill(&mut self) -> Read1<bool> {
        self.before += self.end as u64;
        (self.at, self.end) = (0, 0);
        loop {
            match self.input.read(&mut self.buffer) {
                Ok(n) => {
                    self.end = n;
                    return Ok(n > 0);
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn position(&self) -> u64 {
        self.before + self.at as u64
    }

    /// The next byte, white space or not, which stays.
    fn look(&mut self) -> Read1<Option<u8>> {
        if self.at == self.end && !self.fill()? {
            return Ok(None);
        }
        Ok(Some(self.buffer[self.at]))
    }

    fn byte(&mut self) -> Read1<u8> {
        let byte = self.look()?.ok_or_else(|| AnswerError::Cut(self.position()))?;
        self.at += 1;
        Ok(byte)
    }

    /// The first byte of the next token, which stays.
    pub(super) fn peek(&mut self) -> Read1<u8> {
        loop {
            match self.look()? {
                None => return Err(AnswerError::Cut(self.position())),
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.at += 1,
                Some(byte) => return Ok(byte),
            }
        }
    }

    /// An error about the next byte.
    pub(super) fn unexpected(&mut self, expected: &'static str) -> AnswerError {
        let found = match self.look() {
            Ok(Some(byte)) if byte.is_ascii_graphic() => format!("`{}`", char::from(byte)),
            Ok(Some(byte)) => format!("the byte {byte}"),
            Ok(None) => return AnswerError::Cut(self.position()),
            Err(e) => return e,
        };
        AnswerError::NotJson { at: self.position(), expected, found }
    }

    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Read1<()> {
        if self.peek()? != byte {
            return Err(self.unexpected(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// White space to the end of the input.
    pub(super) fn end(&mut self) -> Read1<()> {
        match self.peek() {
            Err(AnswerError::Cut(_)) => Ok(()),
            Err(e) => Err(e),
            Ok(_) => Err(self.unexpected("the end")),
        }
    }

    /// Fills `self.text` with the text that comes.
    fn raw_text(&mut self) -> Read1<()> {
        self.expect(b'"', "a text")?;
        self.text.clear();
        loop {
            if self.at == self.end && !self.fill()? {
                return Err(AnswerError::Cut(self.position()));
            }
            let rest = &self.buffer[self.at..self.end];
            let plain = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len());
            self.text.extend_from_slice(&rest[..plain]);
            self.at += plain;
            if self.text.len() > LONGEST_TEXT {
                return Err(AnswerError::NotNumbers("a text of more than a mebibyte".to_owned()));
            }
            match self.look()? {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                Some(0..0x20) => return Err(self.unexpected("a text without control characters")),
                _ => {}
            }
        }
    }

    fn escape(&mut self) -> Read1<()> {
        let byte = match self.byte()? {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'b' => 8,
            b'f' => 12,
            plain @ (b'"' | b'\\' | b'/') => plain,
            b'u' => {
                let mut utf8 = [0; 4];
                let letter = self.letter()?;
                self.text.extend_from_slice(letter.encode_utf8(&mut utf8).as_bytes());
                return Ok(());
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected("an escape"));
            }
        };
        self.text.push(byte);
        Ok(())
    }

    /// A letter by its number, or by two (surrogates); half of such a pair stands for no letter.
    fn letter(&mut self) -> Read1<char> {
        let first = self.hex()?;
        if (0xd800..0xdc00).contains(&first) && self.look()? == Some(b'\\') {
            self.at += 1;
            if self.byte()? != b'u' {
                self.at -= 1;
                return Err(self.unexpected("the second half of a letter"));
            }
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let number = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self) -> Read1<u32> {
        let mut number = 0;
        for _ in 0..4 {
            let digit = self.look()?.and_then(|b| char::from(b).to_digit(16));
            number = number * 16 + digit.ok_or_else(|| self.unexpected("a hexadecimal digit"))?;
            self.at += 1;
        }
        Ok(number)
    }

    /// A text.
    pub(super) fn text(&mut self) -> Read1<String> {
        self.raw_text()?;
        String::from_utf8(std::mem::take(&mut self.text))
            .map_err(|_| AnswerError::NotNumbers("a text that is no UTF-8".to_owned()))
    }

    pub(super) fn text_or_null(&mut self) -> Read1<String> {
        if self.peek()? == b'n' {
            self.skip()?;
            return Ok(String::new());
        }
        self.text()
    }

    /// A list of texts, or none.
    pub(super) fn texts(&mut self) -> Read1<Vec<String>> {
        let mut out = Vec::new();
        if self.peek()? == b'n' {
            self.skip()?;
            return Ok(out);
        }
        self.array(&mut |json| {
            out.push(json.text()?);
            Ok(())
        })?;
        Ok(out)
    }

    pub(super) fn is_true(&mut self) -> Read1<bool> {
        let is_true = self.peek()? == b't';
        self.skip()?;
        Ok(is_true)
    }

    /// A number, as JSON writes one.
    pub(super) fn number(&mut self) -> Read1<f64> {
        self.peek()?;
        self.text.clear();
        while let Some(byte @ (b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) = self.look()? {
            self.text.push(byte);
            self.at += 1;
            if self.text.len() > 64 {
                return Err(self.unexpected("a number of at most 64 digits"));
            }
        }
        let number = std::str::from_utf8(&self.text).ok().and_then(|text| text.parse().ok());
        number.ok_or_else(|| self.unexpected("a number"))
    }

    /// A number as Prometheus writes values: a text.
    pub(super) fn value(&mut self) -> Read1<f64> {
        self.raw_text()?;
        let text = std::str::from_utf8(&self.text).unwrap_or_default();
        let number = match text {
            "NaN" => Some(f64::NAN),
            "+Inf" | "Inf" => Some(f64::INFINITY),
            "-Inf" => Some(f64::NEG_INFINITY),
            // Not the other words for such numbers that Rust reads.
            _ if text.ends_with(|c: char| c.is_ascii_digit() || c == '.') => text.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| AnswerError::NotNumbers(format!("`{}`, which is no number", short(text))))
    }

    /// The members of an object, one after the other.
    pub(super) fn object(&mut self, each: &mut dyn FnMut(&mut Self, &str) -> Read1<()>) -> Read1<()> {
        self.expect(b'{', "`{`")?;
        if self.peek()? == b'}' {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.text()?;
            self.expect(b':', "`:`")?;
            each(self, &key)?;
            if self.next(b'}')? {
                return Ok(());
            }
        }
    }

    /// The members of a list; each must be read.
    pub(super) fn array(&mut self, each: &mut dyn FnMut(&mut Self) -> Read1<()>) -> Read1<()> {
        self.expect(b'[', "`[`")?;
        if self.peek()? == b']' {
            self.at += 1;
            return Ok(());
        }
        loop {
            each(self)?;
            if self.next(b']')? {
                return Ok(());
            }
        }
    }

    /// Past a comma, or past the end: whether it was the end.
    pub(super) fn next(&mut self, end: u8) -> Read1<bool> {
        match self.peek()? {
            b',' => {
                self.at += 1;
                Ok(false)
            }
            byte if byte == end => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.unexpected(if end == b']' { "`,` or `]`" } else { "`,` or `}`" })),
        }
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self) -> Read1<()> {
        self.skip_within(0)
    }

    fn skip_within(&mut self, depth: usize) -> Read1<()> {
        if depth > DEEPEST {
            return Err(self.unexpected("values that are less deep"));
        }
        match self.peek()? {
            b'{' => self.object(&mut |json, _| json.skip_within(depth + 1)),
            b'[' => self.array(&mut |json| json.skip_within(depth + 1)),
            b'"' => self.raw_text(),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            b'n' => self.word("null"),
            _ => self.number().map(|_| ()),
        }
    }

    fn word(&mut self, word: &'static str) -> Read1<()> {
        for letter in word.bytes() {
            if self.look()? != Some(letter) {
                return Err(self.unexpected(word));
            }
            self.at += 1;
        }
        Ok(())
    }
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
