//! Values that an answer gave and a later request sends: what becomes `extract`, and what is only said.

use std::collections::{BTreeMap, BTreeSet};

use super::request::{Part, Place};
use crate::draft::From;
use crate::json::Leaf;
use crate::secrets::{identifier, is_secret_name, is_secret_value, unique};

/// Names that templates give a meaning of their own, now or where they are likely to.
const RESERVED: [&str; 12] = [
    "user",
    "iteration",
    "random",
    "uuid",
    "now",
    "time",
    "date",
    "timestamp",
    "index",
    "loop",
    "item",
    "secrets",
];
/// Values longer than this are not looked for.
const LONGEST: usize = 4096;
/// Values of all answers together.
const MAXIMUM: usize = 500_000;

/// Where an answer gave a value.
#[derive(Debug, Clone)]
struct Origin {
    /// Which step's answer.
    step: usize,
    end_ms: f64,
    from: From,
    /// What it is called there.
    name: String,
    /// How often it stands in that answer.
    count: usize,
}

/// A value of an answer that a later step needs.
#[derive(Debug)]
pub(super) struct Link {
    /// The step whose answer gives it.
    pub step: usize,
    pub from: From,
    pub variable: String,
}

/// What a value of a request is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// This variable, of an earlier answer.
    Variable(String),
    /// Perhaps from this step's answer; what to say about it.
    Perhaps(String),
    /// Nothing that an answer gave.
    Own,
}

/// What answers gave so far.
#[derive(Debug, Default)]
pub(super) struct Correlator {
    known: BTreeMap<String, Origin>,
    /// Values that requests sent before any answer held them: the client's own.
    own: BTreeSet<String>,
    links: Vec<Link>,
}

impl Correlator {
    /// What a part of the request sent at `start_ms` is. `names`: of the steps so far.
    pub fn look(&mut self, part: &Part, start_ms: f64, names: &[String]) -> Found {
        let Some(origin) = self.known.get(&part.value).filter(|origin| origin.end_ms <= start_ms) else {
            if part.value.len() <= LONGEST && self.own.len() < MAXIMUM {
                self.own.insert(part.value.clone());
            }
            return Found::Own;
        };
        let is_secret = is_secret_name(&part.name) || is_secret_value(&part.value);
        match strength(&part.value, is_secret) {
            Strength::Sure if origin.count == 1 => Found::Variable(self.variable(&part.value)),
            Strength::None => Found::Own,
            Strength::Weak if !is_identifier(part) => Found::Own,
            _ => {
                let place = match &origin.from {
                    From::Json(pointer) => pointer.clone(),
                    From::Header(name) => format!("header {name}"),
                };
                let again =
                    if origin.count > 1 { format!(", {} times", origin.count) } else { String::new() };
                let step = names.get(origin.step).map_or("", String::as_str);
                Found::Perhaps(format!(
                    "{} may come from the answer of “{step}” ({place}{again}): `extract` it there, if so",
                    described(part)
                ))
            }
        }
    }

    /// The variable that a value of an answer gets.
    fn variable(&mut self, value: &str) -> String {
        let Some(origin) = self.known.get(value).cloned() else { return String::new() };
        let same = |link: &&Link| link.step == origin.step && link.from == origin.from;
        if let Some(link) = self.links.iter().find(same) {
            return link.variable.clone();
        }
        let base = match identifier(&origin.name) {
            name if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("value_{name}")
            }
            name => name,
        };
        let base = base.trim_end_matches('_');
        let base = if RESERVED.contains(&base) { format!("{base}_value") } else { base.to_owned() };
        let variable = unique(&base, |name| self.links.iter().any(|link| link.variable == name));
        self.links.push(Link { step: origin.step, from: origin.from, variable: variable.clone() });
        variable
    }

    /// Takes in the JSON of an answer that was whole at `end_ms`; `noun`: what the answering path is about.
    pub fn answered(&mut self, step: usize, end_ms: f64, leaves: &[Leaf], noun: &str) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for leaf in leaves {
            *counts.entry(&leaf.text).or_default() += 1;
        }
        for leaf in leaves {
            let name = match leaf.key.to_ascii_lowercase().as_str() {
                "id" | "uuid" | "key" | "" => {
                    let above = above(&leaf.pointer).unwrap_or(noun);
                    format!("{}_{}", singular(above), if leaf.key.is_empty() { "id" } else { &leaf.key })
                }
                _ => leaf.key.clone(),
            };
            let count = counts.get(leaf.text.as_str()).copied().unwrap_or(1);
            self.give(
                &leaf.text,
                Origin { step, end_ms, from: From::Json(leaf.pointer.clone()), name, count },
            );
        }
    }

    /// Takes in a header of an answer.
    pub fn answered_header(&mut self, step: usize, end_ms: f64, name: &str, value: &str) {
        let from = From::Header(name.to_ascii_lowercase());
        self.give(value, Origin { step, end_ms, from, name: name.to_owned(), count: 1 });
    }

    fn give(&mut self, value: &str, origin: Origin) {
        let fits = value.len() <= LONGEST && !self.own.contains(value) && self.known.len() < MAXIMUM;
        if fits && strength(value, true) != Strength::None {
            // The first answer that holds it is where it comes from.
            self.known.entry(value.to_owned()).or_insert(origin);
        }
    }

    /// What later steps need of earlier answers.
    pub fn links(self) -> Vec<Link> {
        self.links
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// Could be anything.
    None,
    /// Could be chance.
    Weak,
    /// Two places have this value because one has it from the other.
    Sure,
}

/// How little a value can be in two places by chance.
fn strength(value: &str, is_secret: bool) -> Strength {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_number = value.parse::<f64>().is_ok();
    match value.chars().count() {
        0 | 1 => Strength::None,
        _ if ["true", "false", "null"].contains(&value) => Strength::None,
        length if is_number && length >= 6 && digits == length => Strength::Sure,
        _ if is_number => Strength::Weak,
        length if length >= 8 && digits > 0 && !value.contains(char::is_whitespace) => Strength::Sure,
        length if length >= 20 && !value.contains(char::is_whitespace) => Strength::Sure,
        length if is_secret && length >= 6 => Strength::Sure,
        _ if digits > 0 => Strength::Weak,
        _ => Strength::None,
    }
}

/// Whether a part is called like what points at something.
fn is_identifier(part: &Part) -> bool {
    let name = part.name.to_ascii_lowercase();
    matches!(part.place, Place::Path(_)) || name == "id" || name.ends_with("_id") || part.name.ends_with("Id")
}

fn described(part: &Part) -> String {
    match &part.place {
        Place::Path(_) if part.name.is_empty() => "a part of the path".to_owned(),
        Place::Path(_) => format!("the part of the path behind {}", part.name),
        Place::Query(_) => format!("the parameter {}", part.name),
        Place::Header(..) => format!("the header {}", part.name),
        Place::Json(_) => format!("{} in the body", part.name),
        Place::Form(_) => format!("the field {}", part.name),
    }
}

/// The last key above the value at a pointer.
fn above(pointer: &str) -> Option<&str> {
    let (above, _) = pointer.rsplit_once('/')?;
    above.rsplit('/').find(|token| !token.is_empty() && !token.bytes().all(|b| b.is_ascii_digit()))
}

fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|short| short.len() > 2 && !short.ends_with('s')).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_differ_in_how_much_they_say() {
        for (value, expected) in [
            ("a", Strength::None),
            ("true", Strength::None),
            ("EUR", Strength::None),
            ("electronics", Strength::None),
            ("17", Strength::Weak),
            ("12.50", Strength::Weak),
            ("sku-7", Strength::Weak),
            ("184467", Strength::Sure),
            ("ord-2026-11", Strength::Sure),
            ("3f2504e0-4f89-41d3-9a0c-0305e82c3301", Strength::Sure),
            ("a sentence with 3 words", Strength::Weak),
        ] {
            assert_eq!(strength(value, false), expected, "{value}");
        }
        assert_eq!((above("/items/0/id"), above("/0/id"), above("/id")), (Some("items"), None, None));
        assert_eq!((singular("orders"), singular("address"), singular("bus")), ("order", "address", "bus"));
    }
}
