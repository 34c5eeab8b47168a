//! Which series a row is about: a raw name, or a PromQL selector of one with matchers of labels.
//!
//! Of PromQL's regular expressions only lists of plain words are understood (`=~"a|b"`): a catalogue needs no more, and a
//! list cannot be misread.

use std::fmt;

use crate::labels::LabelSet;

/// A raw name, and what its labels must be.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// Name at the source.
    pub name: String,
    /// All of them must hold.
    pub matchers: Vec<Matcher>,
}

/// What one label must be. A label that is absent is as one that is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Matcher {
    /// The label.
    pub label: String,
    /// Whether it must be one of the values, or none of them.
    pub equal: bool,
    /// The values.
    pub values: Vec<String>,
}

/// Whether a text is a metric's name.
pub fn is_metric_name(text: &str) -> bool {
    let mut chars = text.chars();
    let begin = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    chars.next().is_some_and(begin) && chars.all(|c| begin(c) || c.is_ascii_digit())
}

/// Whether a text is a label's name.
pub fn is_label_name(text: &str) -> bool {
    is_metric_name(text) && !text.contains(':')
}

impl Selector {
    /// A raw name, whatever its labels.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), matchers: Vec::new() }
    }

    /// Reads `name` or `name{label="value",…}`.
    ///
    /// # Errors
    /// What is wrong, in a few words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (name, rest) =
            text.split_once('{').map_or((text, None), |(name, rest)| (name.trim(), Some(rest)));
        if !is_metric_name(name) {
            return Err(format!("`{name}` is no name of a metric"));
        }
        let matchers = match rest {
            None => Vec::new(),
            Some(rest) => matchers(rest)?,
        };
        Ok(Self { name: name.to_owned(), matchers })
    }

    /// Whether a series with this name and these labels is meant.
    pub fn selects(&self, labels: &impl LabelSet) -> bool {
        self.matchers.iter().all(|m| {
            let value = labels.value(&m.label).unwrap_or_default();
            m.values.iter().any(|v| v == value) == m.equal
        })
    }

    /// Whether some series could be meant by both: no label separates them.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.name == other.name
            && !self.matchers.iter().any(|a| other.matchers.iter().any(|b| a.excludes(b) || b.excludes(a)))
    }
}

impl Matcher {
    /// Whether no value satisfies both.
    fn excludes(&self, other: &Self) -> bool {
        let holds = |v: &String| other.values.contains(v) == other.equal;
        self.label == other.label && self.equal && !self.values.iter().any(holds)
    }
}

/// Reads what stands after the `{`.
fn matchers(mut rest: &str) -> Result<Vec<Matcher>, String> {
    let mut out = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix('}') {
            return if after.trim().is_empty() {
                Ok(out)
            } else {
                Err(format!("`{}` after the `}}`", after.trim()))
            };
        }
        let at = rest.find(['=', '!']).ok_or("a `}` is missing")?;
        let (label, tail) = rest.split_at(at);
        let label = label.trim();
        if !is_label_name(label) {
            return Err(format!("`{label}` is no name of a label"));
        }
        let (equal, list, tail) =
            [("=~", true, true), ("!~", false, true), ("!=", false, false), ("=", true, false)]
                .into_iter()
                .find_map(|(sign, equal, list)| Some((equal, list, tail.strip_prefix(sign)?)))
                .ok_or_else(|| format!("after `{label}` stands none of =, !=, =~, !~"))?;
        let (value, after) =
            quoted(tail.trim_start()).ok_or_else(|| format!("the value of `{label}` is not in quotes"))?;
        let values: Vec<String> = match list {
            false => vec![value],
            true => value.split('|').map(str::to_owned).collect(),
        };
        if list && values.iter().any(|v| v.contains(['.', '*', '+', '?', '(', ')', '[', ']', '^', '$', '\\']))
        {
            return Err(format!("the pattern of `{label}` is more than plain words with `|` between them"));
        }
        out.push(Matcher { label: label.to_owned(), equal, values });
        rest = after.trim_start();
        rest = match rest.strip_prefix(',') {
            Some(after) => after,
            None if rest.starts_with('}') => rest,
            None => return Err("a `,` or `}` is missing".to_owned()),
        };
    }
}

/// A text in double or single quotes, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    loop {
        match chars.next()? {
            (i, c) if c == quote => return Some((value, &text[i + 1..])),
            (_, '\\') => value.push(chars.next()?.1),
            (_, c) => value.push(c),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.matchers.is_empty() {
            return Ok(());
        }
        let shown: Vec<String> = self
            .matchers
            .iter()
            .map(|m| {
                let sign = match (m.equal, m.values.len()) {
                    (true, 1) => "=",
                    (false, 1) => "!=",
                    (true, _) => "=~",
                    (false, _) => "!~",
                };
                let value = m.values.join("|").replace('\\', "\\\\").replace('"', "\\\"");
                format!("{}{sign}\"{value}\"", m.label)
            })
            .collect();
        write!(f, "{{{}}}", shown.join(","))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn selectors_are_read_written_and_matched() {
        let text = "x_total{code=\"total\",host!=\"*\",mode=~\"a|b\"}";
        let selector = Selector::parse(text).unwrap();
        assert_eq!(selector.to_string(), text);
        let labels = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        assert!(selector.selects(&labels(&[("code", "total"), ("host", "h"), ("mode", "b")])));
        assert!(!selector.selects(&labels(&[("code", "total"), ("host", "*"), ("mode", "b")])));
        assert!(!selector.selects(&labels(&[("code", "total"), ("host", "h")])));
        assert!(Selector::parse("x").unwrap().selects(&labels(&[])));
        assert!(Selector::parse(" x { a = 'b' , } ").is_ok());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("", "`` is no name of a metric"),
            ("9x", "`9x` is no name of a metric"),
            ("x{a}", "a `}` is missing"),
            ("x{a=b}", "the value of `a` is not in quotes"),
            ("x{a=\"b\"", "a `,` or `}` is missing"),
            ("x{a=\"b\"} y", "`y` after the `}`"),
            ("x{a=~\"b.*\"}", "the pattern of `a` is more than plain words with `|` between them"),
            ("x{a!\"b\"}", "after `a` stands none of =, !=, =~, !~"),
        ] {
            assert_eq!(Selector::parse(text).unwrap_err(), why, "{text}");
        }
    }

    #[test]
    fn selectors_that_a_label_separates_do_not_overlap() {
        let selector = |text: &str| Selector::parse(text).unwrap();
        assert!(!selector("x{a=\"1\"}").overlaps(&selector("x{a!=\"1\"}")));
        assert!(!selector("x{a=\"1\"}").overlaps(&selector("x{a=~\"2|3\"}")));
        assert!(selector("x{a=\"1\"}").overlaps(&selector("x{b=\"1\"}")));
        assert!(selector("x").overlaps(&selector("x{b=\"1\"}")));
        assert!(!selector("x").overlaps(&selector("y")));
    }
}
