//! Text from a model is never trusted: a service may be called `<script>`.

use serde::Serialize;

use crate::error::ReportError;

/// Escapes `text` for HTML and XML, in element content and in quoted attributes alike. Characters that XML
/// 1.0 cannot hold at all (most control characters) become U+FFFD, because one of them would make an SVG
/// unreadable as a whole.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// JSON that can stand inside a `<script>` element: nothing in it can end the element or open a comment.
pub(crate) fn json_for_script(value: &impl Serialize) -> Result<String, ReportError> {
    Ok(serde_json::to_string(value)?
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029"))
}

/// Escapes `text` for one line of Markdown, also inside a table cell.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A file name from a title: lower-case ASCII letters, digits and single hyphens, at most 60 characters.
/// Empty when the title holds none of them.
pub(crate) fn slug(title: &str) -> String {
    let mut out = String::new();
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() >= 60 {
            break;
        }
    }
    out.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn markup_and_unprintable_characters_become_harmless() {
        assert_eq!(
            escape("<b a=\"x\" c='y'>&\u{0}\n"),
            "&lt;b a=&quot;x&quot; c=&#39;y&#39;&gt;&amp;\u{fffd}\n"
        );
    }

    #[test]
    fn a_script_element_cannot_be_ended_from_inside() {
        let json = json_for_script(&"</script><!-- \u{2028} &amp;").unwrap();
        assert!(!json.contains('<') && !json.contains('>') && !json.contains('\u{2028}'));
        let back: String = serde_json::from_str(&json).unwrap();
        assert_eq!(back, "</script><!-- \u{2028} &amp;");
    }

    #[test]
    fn markdown_has_no_active_characters_left() {
        assert_eq!(markdown("a|b*c_<i>\nd"), "a\\|b\\*c\\_&lt;i&gt; d");
    }

    #[test]
    fn slugs_are_plain_file_names() {
        assert_eq!(slug("CPU by service (µ)"), "cpu-by-service");
        assert_eq!(slug("../../etc/passwd"), "etc-passwd");
        assert_eq!(slug("<>"), "");
        assert!(slug(&"x".repeat(500)).len() <= 60);
    }
}
