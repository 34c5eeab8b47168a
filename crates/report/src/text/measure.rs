//! How wide text will be, without a font to ask.
//!
//! A report is drawn with whatever system font its reader has, so widths can only be estimated. The
//! estimate leans to the wide side (DejaVu Sans, the widest of the usual ones), since a gap looks better
//! than a collision.

/// Estimated width of `text` in pixels at `size_px`.
pub(crate) fn width_px(text: &str, size_px: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size_px
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '\u{202f}' => 0.34,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '-' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
        c if c.is_ascii_uppercase() => 0.72,
        c if c >= '\u{2e80}' => 1.05,
        _ => 0.63,
    }
}

/// `text`, cut with an ellipsis so that it fits `room_px` at `size_px`.
pub(crate) fn ellipsize(text: &str, size_px: f64, room_px: f64) -> String {
    if width_px(text, size_px) <= room_px {
        return text.to_owned();
    }
    let room_px = room_px - 0.8 * size_px;
    let mut used_px = 0.0;
    let mut out = String::new();
    for c in text.chars() {
        used_px += em(c) * size_px;
        if used_px > room_px {
            break;
        }
        out.push(c);
    }
    format!("{}…", out.trim_end())
}

/// `text` broken at spaces into at most `max_lines` lines of
/// `room_px`; what does not fit is cut.
pub(crate) fn wrap(text: &str, size_px: f64, room_px: f64, max_lines: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width_px(&format!("{line} {word}"), size_px) <= room_px => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > max_lines {
        let rest = lines.split_off(max_lines.saturating_sub(1)).join(" ");
        lines.push(rest);
    }
    lines.iter().map(|line| ellipsize(line, size_px, room_px)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_text_fits_and_says_that_it_was_cut() {
        let long = "a-service-with-a-very-long-name-indeed";
        let cut = ellipsize(long, 12.0, 100.0);
        assert!(width_px(&cut, 12.0) <= 104.0 && cut.ends_with('…'), "{cut}");
        assert_eq!(ellipsize("short", 12.0, 100.0), "short");
    }

    #[test]
    fn wrapping_keeps_all_words_while_there_is_room() {
        assert_eq!(wrap("latency p95", 12.0, 60.0, 3), ["latency", "p95"]);
        assert_eq!(wrap("a b c d", 12.0, 500.0, 3), ["a b c d"]);
        assert_eq!(wrap("one two three four five", 12.0, 40.0, 2).len(), 2);
        assert!(wrap("", 12.0, 40.0, 2).is_empty());
    }
}
