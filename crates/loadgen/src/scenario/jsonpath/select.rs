//! Selecting nodes, by RFC 9535, section 2.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Comparable, Comparison, Query, Segment, Selector, Test};

/// Most nodes that are looked at for one path.
const MAXIMUM_VISITS: usize = 1_000_000;

pub(super) fn select<'a>(segments: &[Segment], root: &'a Value) -> Option<Vec<&'a Value>> {
    Walk { root, left: MAXIMUM_VISITS }.segments(segments, root)
}

struct Walk<'a> {
    root: &'a Value,
    left: usize,
}

impl<'a> Walk<'a> {
    fn visit(&mut self) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        Some(())
    }

    fn segments(&mut self, segments: &[Segment], from: &'a Value) -> Option<Vec<&'a Value>> {
        let mut nodes = vec![from];
        for Segment { is_descendant, selectors } in segments {
            let mut found = Vec::new();
            for node in nodes {
                self.segment(selectors, *is_descendant, node, &mut found)?;
            }
            nodes = found;
        }
        Some(nodes)
    }

    fn segment(
        &mut self,
        selectors: &[Selector],
        is_descendant: bool,
        node: &'a Value,
        found: &mut Vec<&'a Value>,
    ) -> Option<()> {
        self.visit()?;
        for selector in selectors {
            self.selector(selector, node, found)?;
        }
        if is_descendant {
            for child in children(node) {
                self.segment(selectors, true, child, found)?;
            }
        }
        Some(())
    }

    fn selector(&mut self, selector: &Selector, node: &'a Value, found: &mut Vec<&'a Value>) -> Option<()> {
        self.visit()?;
        match (selector, node) {
            (Selector::Name(name), Value::Object(entries)) => found.extend(entries.get(name)),
            (Selector::Index(index), Value::Array(items)) => {
                found.extend(position(*index, items.len()).and_then(|at| items.get(at)));
            }
            (Selector::Slice { start, end, step }, Value::Array(items)) => {
                for at in slice(*start, *end, *step, items.len()) {
                    self.visit()?;
                    found.extend(items.get(at));
                }
            }
            (Selector::Wildcard, _) => {
                for child in children(node) {
                    self.visit()?;
                    found.push(child);
                }
            }
            (Selector::Filter(test), _) => {
                for child in children(node) {
                    self.visit()?;
                    if self.holds(test, child)? {
                        found.push(child);
                    }
                }
            }
            _ => {}
        }
        Some(())
    }

    fn holds(&mut self, test: &Test, node: &'a Value) -> Option<bool> {
        Some(match test {
            Test::Any(all) => {
                for one in all {
                    if self.holds(one, node)? {
                        return Some(true);
                    }
                }
                false
            }
            Test::All(all) => {
                for one in all {
                    if !self.holds(one, node)? {
                        return Some(false);
                    }
                }
                true
            }
            Test::Not(inner) => !self.holds(inner, node)?,
            Test::Exists(query) => !self.query(query, node)?.is_empty(),
            Test::Compare(left, comparison, right) => {
                let (left, right) = (self.value(left, node)?, self.value(right, node)?);
                compare(left.as_ref(), *comparison, right.as_ref())
            }
        })
    }

    fn query(&mut self, query: &Query, node: &'a Value) -> Option<Vec<&'a Value>> {
        let from = if query.from_root { self.root } else { node };
        self.segments(&query.segments, from)
    }

    /// The value to compare; the inner `None`: there is none.
    fn value(&mut self, of: &Comparable, node: &'a Value) -> Option<Option<Value>> {
        match of {
            Comparable::Literal(value) => Some(Some(value.clone())),
            Comparable::Singular(query) => Some(self.query(query, node)?.first().map(|&value| value.clone())),
        }
    }
}

fn children(node: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match node {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(entries) => Box::new(entries.values()),
        _ => Box::new(std::iter::empty()),
    }
}

/// The place of an index, which is counted from the end if negative.
fn position(index: i64, length: usize) -> Option<usize> {
    let from_end = index.checked_add(i64::try_from(length).ok()?)?;
    usize::try_from(if index < 0 { from_end } else { index }).ok()
}

/// The places of a slice, section 2.3.4.2.2.
fn slice(start: Option<i64>, end: Option<i64>, step: i64, length: usize) -> Vec<usize> {
    let length = length as i64;
    let normal = |index: i64| if index < 0 { index + length } else { index };
    let mut places = Vec::new();
    match step.cmp(&0) {
        Ordering::Equal => {}
        Ordering::Greater => {
            let mut at = normal(start.unwrap_or(0)).clamp(0, length);
            let end = normal(end.unwrap_or(length)).clamp(0, length);
            while at < end {
                places.push(at as usize);
                at = at.saturating_add(step);
            }
        }
        Ordering::Less => {
            let mut at = start.map_or(length - 1, normal).clamp(-1, length - 1);
            let end = end.map_or(-1, normal).clamp(-1, length - 1);
            while at > end {
                places.push(at as usize);
                at = at.saturating_add(step);
            }
        }
    }
    places
}

/// Section 2.3.5.2.2: only numbers and strings have an order; what is missing equals only what is missing.
fn compare(left: Option<&Value>, comparison: Comparison, right: Option<&Value>) -> bool {
    let is_equal = || match (left, right) {
        (Some(left), Some(right)) => equals(left, right),
        (None, None) => true,
        _ => false,
    };
    let order = || match (left?, right?) {
        (Value::Number(left), Value::Number(right)) => left.as_f64()?.partial_cmp(&right.as_f64()?),
        // By Unicode scalar values, which is the order of UTF-8.
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        _ => None,
    };
    match comparison {
        Comparison::Equal => is_equal(),
        Comparison::NotEqual => !is_equal(),
        Comparison::Less => order() == Some(Ordering::Less),
        Comparison::Greater => order() == Some(Ordering::Greater),
        Comparison::AtMost => is_equal() || order() == Some(Ordering::Less),
        Comparison::AtLeast => is_equal() || order() == Some(Ordering::Greater),
    }
}

/// Whether two values are equal; numbers by value.
pub(crate) fn equals(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equals(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, left)| right.get(key).is_some_and(|right| equals(left, right)))
        }
        _ => left == right,
    }
}
