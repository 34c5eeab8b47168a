//! Texts and values as YAML takes them.

use crate::tree::{Kind, Node, resolve_plain};

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

/// A value on one line, as every reader of YAML reads it back.
#[must_use]
pub fn flow(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => node.raw.clone(),
        Kind::String(_) => word(&node.raw),
        Kind::Sequence(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Kind::Mapping(entries) => {
            let entry = |(key, value): &(crate::Key, Node)| format!("{}: {}", word(&key.name), flow(value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as it is where nothing else can be meant by it, in quotes elsewhere.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    let is_plain = text.chars().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '/');
    if is_plain && matches!(resolve_plain(text), Kind::String(_)) { text.to_owned() } else { in_quotes(text) }
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

    #[test]
    fn a_value_on_one_line_is_read_back() {
        let text = "a: [1, 0440, 2.50, ~, true, \"true\", \"0440\", x.yml, ../x.yml, '- a', 'a: b', '#', 'a # b', '*x', '']\n\
                    'k: 1':\n  - {}\n  - []\n  - |\n    two\n    lines\n'1': { b: -1e3 }\n";
        let first = crate::load(text, "t.yml").unwrap().root;
        let written = super::flow(&first);
        assert!(!written.contains('\n'), "{written}");
        let again = crate::load(&written, "t.yml").unwrap().root;
        assert_eq!(super::flow(&again), written);
        let kinds = |node: &crate::Node| match &node.get("a").unwrap().kind {
            Kind::Sequence(items) => items.iter().map(|i| i.kind.clone()).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        assert_eq!(kinds(&again), kinds(&first));
        assert_eq!(again.get("k: 1").unwrap().kind.describe(), "a list");
    }
}
