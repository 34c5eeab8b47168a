//! Reads the Prometheus text exposition format, as far as our own targets speak it.

use std::collections::BTreeMap;

/// One line: name, labels, value.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Metric name.
    pub name: String,
    /// Labels, unescaped.
    pub labels: BTreeMap<String, String>,
    /// Value; `NaN` and infinities as in the format.
    pub value: f64,
}

/// Parses a whole exposition; comments and blank lines are skipped, a malformed line is an error that quotes it.
pub fn parse(text: &str) -> Result<Vec<Line>, String> {
    text.lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with('#'))
        .map(|l| line(l).ok_or_else(|| format!("not a metric line: {l:?}")))
        .collect()
}

fn line(l: &str) -> Option<Line> {
    let name_end = l.find(|c: char| c == '{' || c.is_ascii_whitespace())?;
    let (name, rest) = l.split_at(name_end);
    if name.is_empty() {
        return None;
    }
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(inner) => labels(inner)?,
        None => (BTreeMap::new(), rest),
    };
    let value = rest.split_ascii_whitespace().next()?;
    let value = match value {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        v => v.parse().ok()?,
    };
    Some(Line { name: name.to_owned(), labels, value })
}

/// Parses `a="b",c="d"} rest` and returns the labels and the rest.
fn labels(mut s: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut out = BTreeMap::new();
    loop {
        s = s.trim_start_matches([',', ' ']);
        if let Some(rest) = s.strip_prefix('}') {
            return Some((out, rest));
        }
        let (key, rest) = s.split_once('=')?;
        let rest = rest.trim_start().strip_prefix('"')?;
        let mut value = String::new();
        let mut chars = rest.char_indices();
        let end = loop {
            match chars.next()? {
                (i, '"') => break i,
                (_, '\\') => match chars.next()?.1 {
                    'n' => value.push('\n'),
                    c => value.push(c),
                },
                (_, c) => value.push(c),
            }
        };
        out.insert(key.trim().to_owned(), value);
        s = &rest[end + 1..];
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn reads_names_labels_and_values() {
        let text = "# HELP x y\n# TYPE x counter\nx 1\ny{a=\"b\",le=\"+Inf\"} 2.5 1700000000\nz{q=\"a\\\"b\\\\c\\nd\"} +Inf\n# EOF\n";
        let lines = parse(text).unwrap();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1].labels["le"], "+Inf");
        assert_eq!(lines[1].value, 2.5);
        assert_eq!(lines[2].labels["q"], "a\"b\\c\nd");
        assert_eq!(lines[2].value, f64::INFINITY);
    }

    #[test]
    fn malformed_lines_are_quoted() {
        for bad in ["x", "x{a=b} 1", "x{a=\"b\" 1", "x{a=\"b\"} one", "{} 1"] {
            let e = parse(bad).unwrap_err();
            assert!(e.contains("not a metric line"), "{bad}: {e}");
        }
    }
}
