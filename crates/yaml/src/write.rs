//! Texts as YAML takes them.

/// A text in double quotes, as every reader of YAML reads it back.
#[must_use]
pub fn in_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if needs_escape(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// What YAML does not take as it is, or readers would not see: control characters, line ends and the byte-order mark of
/// Unicode. All are below 0x10000.
#[must_use]
pub fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::Kind;

    #[test]
    fn what_is_in_quotes_is_read_back() {
        for text in ["", "yes", "a\nb\r\t", "\\\"", "\u{1}\u{7f}\u{85}\u{2028}\u{feff}", "ä\u{1f600}"] {
            let document = crate::load(&format!("k: {}\n", super::in_quotes(text)), "t.yml").unwrap();
            assert_eq!(document.root.get("k").unwrap().kind, Kind::String(text.to_owned()));
        }
    }
}
