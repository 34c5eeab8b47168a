//! Single values and comments of a YAML text.

use swarmlab_yaml::{Kind, in_quotes, needs_escape, resolve_plain};

/// A string as YAML: plain where that is surely the same, in single quotes, or with escapes.
pub(crate) fn string(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    if text.chars().any(needs_escape) {
        return in_quotes(text);
    }
    format!("'{}'", text.replace('\'', "''"))
}

fn is_plain(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || "/._-=%+~()$ ".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/')
        && text.chars().all(inner)
        && !text.ends_with(' ')
        && matches!(resolve_plain(text), Kind::String(_))
}

/// Longest line of a comment, characters.
const WIDTH: usize = 110;

/// A remark as lines of comment, each with this indentation.
pub(crate) fn comment(indent: &str, text: &str) -> String {
    let clean: String = text.chars().map(|c| if needs_escape(c) { ' ' } else { c }).collect();
    let mut out = String::new();
    let mut line = String::new();
    let room = WIDTH.saturating_sub(indent.len() + 2);
    for word in clean.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            out.push_str(&format!("{indent}# {line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.push_str(format!("{indent}# {line}").trim_end());
    out.push('\n');
    out
}

/// A duration from milliseconds.
pub(crate) fn duration(ms: u64) -> String {
    match ms {
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_string_is_read_back_as_it_was() {
        let texts = [
            "plain",
            "/a/b?x=1",
            "GET /a",
            "",
            " a",
            "a ",
            "it's",
            "{{x}}",
            "null",
            "true",
            "12",
            "0x1f",
            "1e3",
            "- a",
            "a: b",
            "a #b",
            "\u{1}\u{85}\u{2028}\u{feff}",
            "line\nline\r\n\ttab",
            "ä\\\"",
            "~",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "a,b",
            "[",
            "=",
            "2026-01-01",
            "<<",
            "?",
            "\u{1f600}",
            "\u{7f}",
        ];
        for text in texts {
            let yaml = format!("k: {}\n", string(text));
            let document = swarmlab_yaml::load(&yaml, "t.yml").unwrap_or_else(|e| panic!("{yaml}: {e}"));
            assert_eq!(document.root.get("k").unwrap().kind, Kind::String(text.to_owned()), "{yaml}");
        }
    }

    #[test]
    fn comments_are_wrapped_and_never_leave_their_line() {
        let text = comment("  ", &format!("a\nb: {}", "word ".repeat(30)));
        assert!(text.lines().all(|l| l.starts_with("  # ") && l.len() <= WIDTH), "{text}");
        assert_eq!(text.lines().count(), 2);
    }
}
