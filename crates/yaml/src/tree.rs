//! The tree: nodes that know where they stand and how they were written.

use crate::Span;

/// A loaded file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The file's name for messages, as the user wrote it.
    pub file: String,
    /// The whole text, unchanged; spans point into it.
    pub text: String,
    /// The root value.
    pub root: Node,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands. For an alias (`*name`) the place of the alias; what is inside an aliased
    /// collection keeps the places of the anchored original.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// For scalars the text as written, after unquoting and unfolding (`0440`, `0.50`, `yes`); empty for
    /// collections.
    pub raw: String,
    /// True for scalars that were written in quotes or as a block: always strings.
    pub quoted: bool,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `~`, `null` or nothing at all.
    Null,
    /// `true` or `false`; never `yes`, `no`, `on`, `off`.
    Bool(bool),
    /// A whole number; `0x1f`, `0o17`, `0b11` and the older octal form `0440` included.
    Int(i64),
    /// A number with a fraction or an exponent, or a whole number beyond 64 bits.
    Float(f64),
    /// Any other text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the file, merge keys (`<<`) already resolved.
    Mapping(Vec<(Key, Node)>),
}

/// The key of an entry of a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its text as written.
    pub name: String,
    /// Where it stands.
    pub span: Span,
}

impl Kind {
    /// What a person calls it, with an article: "a string", "a list".
    pub fn describe(&self) -> &'static str {
        match self {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a boolean",
            Kind::Int(_) => "a whole number",
            Kind::Float(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Sequence(_) => "a list",
            Kind::Mapping(_) => "a mapping",
        }
    }
}

impl Node {
    /// A scalar at `span` with this text. Unquoted text is resolved to null, boolean or number where it
    /// is written like one; quoted text is a string.
    pub fn scalar(span: Span, text: impl Into<String>, quoted: bool) -> Node {
        let raw = text.into();
        let kind = if quoted { Kind::String(raw.clone()) } else { resolve_plain(&raw) };
        Node { span, kind, raw, quoted }
    }

    /// A list or mapping at `span`.
    pub fn collection(span: Span, kind: Kind) -> Node {
        Node { span, kind, raw: String::new(), quoted: false }
    }

    /// The text of a scalar as written; `None` for null and for collections.
    pub fn text(&self) -> Option<&str> {
        match self.kind {
            Kind::Null | Kind::Sequence(_) | Kind::Mapping(_) => None,
            _ => Some(&self.raw),
        }
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Key and value of an entry, if this is a mapping that has it.
    pub fn entry(&self, key: &str) -> Option<(&Key, &Node)> {
        match &self.kind {
            Kind::Mapping(entries) => entries.iter().find(|(k, _)| k.name == key).map(|(k, v)| (k, v)),
            _ => None,
        }
    }

    /// True for null.
    pub fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }
}

/// What an unquoted scalar means: YAML 1.2's core schema, plus binary numbers and the older octal form
/// that file modes are written in.
pub fn resolve_plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    number(text).unwrap_or_else(|| Kind::String(text.to_owned()))
}

fn number(text: &str) -> Option<Kind> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    match digits {
        ".inf" | ".Inf" | ".INF" => return Some(Kind::Float(f64::INFINITY * f64::from(sign))),
        ".nan" | ".NaN" | ".NAN" if digits.len() == text.len() => return Some(Kind::Float(f64::NAN)),
        _ => {}
    }
    if digits.len() > 2 {
        let radix = match &digits.as_bytes()[..2] {
            b"0x" | b"0X" => 16,
            b"0o" | b"0O" => 8,
            b"0b" | b"0B" => 2,
            _ => 0,
        };
        if radix > 0 {
            let rest = &digits[2..];
            let clean = rest.chars().all(|c| c.is_digit(radix));
            return clean
                .then(|| i64::from_str_radix(rest, radix).ok().map(|n| Kind::Int(n * i64::from(sign))))?;
        }
    }
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        if digits.len() > 1 && digits.starts_with('0') {
            // `0440` is a file mode; `08` is no number in either version of YAML's octal rules.
            let octal = i64::from_str_radix(digits, 8).ok()?;
            return Some(Kind::Int(octal * i64::from(sign)));
        }
        return match text.parse() {
            Ok(n) => Some(Kind::Int(n)),
            Err(_) => text.parse().ok().map(Kind::Float),
        };
    }
    let looks_decimal = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().any(|b| b.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if looks_decimal { text.parse().ok().map(Kind::Float) } else { None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_scalars_mean_what_the_core_schema_says() {
        let cases = [
            ("", Kind::Null),
            ("~", Kind::Null),
            ("true", Kind::Bool(true)),
            ("12", Kind::Int(12)),
            ("-12", Kind::Int(-12)),
            ("0", Kind::Int(0)),
            ("0440", Kind::Int(0o440)),
            ("0o440", Kind::Int(0o440)),
            ("0x1F", Kind::Int(31)),
            ("1.5", Kind::Float(1.5)),
            ("-.5", Kind::Float(-0.5)),
            ("1e3", Kind::Float(1000.0)),
            ("18446744073709551616", Kind::Float(18446744073709551616.0)),
        ];
        for (text, kind) in cases {
            assert_eq!(resolve_plain(text), kind, "{text}");
        }
        for text in [
            "yes",
            "no",
            "on",
            "off",
            "y",
            "22:22",
            "1_000",
            "08",
            "1.2.3",
            ".",
            "-",
            "+",
            "1-2",
            "0x",
            "0b2",
            "3.5-alpine",
            "e5",
            "inf",
            "nan",
        ] {
            assert_eq!(resolve_plain(text), Kind::String(text.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_whole_number_comes_back(n in any::<i64>()) {
            prop_assert_eq!(resolve_plain(&n.to_string()), Kind::Int(n));
        }

        #[test]
        fn any_text_resolves(text in ".{0,20}") {
            resolve_plain(&text);
        }
    }
}
