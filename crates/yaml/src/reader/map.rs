//! Reading a mapping with known keys: asking for a key makes it known, `finish` reports the rest.

use super::{Value, join_path};
use crate::suggest::nearest;
use crate::tree::{Key, Node};
use std::cell::RefCell;
use std::time::Duration;
use swarmlab_codes as codes;

/// Up to this many known keys are listed beside a suggestion; a longer list would bury it.
const FEW_KEYS: usize = 12;

/// A mapping that is being read. Every method that names a key makes the key known; [`finish`] then
/// reports the keys of the file that nobody asked for.
///
/// [`finish`]: MapReader::finish
#[derive(Debug)]
pub struct MapReader<'c> {
    value: Value<'c>,
    entries: &'c [(Key, Node)],
    known: RefCell<Vec<&'static str>>,
    unlisted: RefCell<Vec<&'static str>>,
    prefixes: RefCell<Vec<&'static str>>,
}

impl<'c> MapReader<'c> {
    pub(super) fn new(value: Value<'c>, entries: &'c [(Key, Node)]) -> Self {
        MapReader {
            value,
            entries,
            known: RefCell::default(),
            unlisted: RefCell::default(),
            prefixes: RefCell::default(),
        }
    }

    /// The mapping as a value.
    pub fn value(&self) -> &Value<'c> {
        &self.value
    }

    /// The value of a key, null or not; `None` if the key is absent.
    pub fn get(&self, key: &'static str) -> Option<Value<'c>> {
        self.known.borrow_mut().push(key);
        self.find(key)
    }

    /// As [`get`](Self::get), for a key that is understood but not worth recommending (ignored, refused,
    /// deprecated): it is left out of the lists of known keys.
    pub fn get_unlisted(&self, key: &'static str) -> Option<Value<'c>> {
        self.unlisted.borrow_mut().push(key);
        self.find(key)
    }

    /// The value of a key, read by `read`; a missing or empty key is an error.
    pub fn required<T>(&self, key: &'static str, read: impl FnOnce(&Value<'c>) -> Option<T>) -> Option<T> {
        match self.get(key) {
            Some(value) if !value.is_null() => read(&value),
            other => {
                let path = join_path(self.value.path(), key);
                let owner = if self.value.path().is_empty() { "the file" } else { self.value.path() };
                let (span, message) = match other {
                    Some(_) => (self.key_span(key), format!("`{key}` of {owner} has no value")),
                    None => (self.value.key_span(), format!("`{key}` is missing in {owner}")),
                };
                let missing = self.value.cx.error(codes::MISSING_KEY, span, message);
                self.value.cx.push(missing.at(path).help(format!("add `{key}: …`")));
                None
            }
        }
    }

    /// The value of a key, read by `read`; `None` if it is absent, null or wrong (then an error is
    /// filed).
    pub fn optional<T>(&self, key: &'static str, read: impl FnOnce(&Value<'c>) -> Option<T>) -> Option<T> {
        self.get(key).filter(|v| !v.is_null()).and_then(|v| read(&v))
    }

    /// As [`optional`](Self::optional), with a default. (A wrong value also gives the default, but then
    /// an error is filed and the whole reading fails.)
    pub fn or<T>(&self, key: &'static str, default: T, read: impl FnOnce(&Value<'c>) -> Option<T>) -> T {
        self.optional(key, read).unwrap_or(default)
    }

    /// A string that must be there.
    pub fn string(&self, key: &'static str) -> Option<String> {
        self.required(key, Value::string)
    }

    /// A duration, with a default.
    pub fn duration_or(&self, key: &'static str, default: Duration) -> Duration {
        self.or(key, default, Value::duration)
    }

    /// Makes keys known that are read elsewhere or not at all.
    pub fn known(&self, keys: &[&'static str]) -> &Self {
        self.known.borrow_mut().extend_from_slice(keys);
        self
    }

    /// Accepts every key with this prefix (`x-`).
    pub fn known_prefix(&self, prefix: &'static str) -> &Self {
        self.prefixes.borrow_mut().push(prefix);
        self
    }

    /// The key of an entry, for pointing at the key and not at its value.
    pub fn key(&self, key: &str) -> Option<&'c Key> {
        self.entries.iter().map(|(k, _)| k).find(|k| k.name == key)
    }

    /// Whether there are keys, and none of them is one that was asked for: it is something else altogether.
    pub fn is_foreign(&self) -> bool {
        let known = self.known.borrow();
        let is_known = |(key, _): &(Key, Node)| known.contains(&key.name.as_str());
        !self.entries.is_empty() && !self.entries.iter().any(is_known)
    }

    /// Reports every key that was not asked for.
    pub fn finish(&self) {
        let mut known = self.known.borrow().clone();
        known.sort_unstable();
        known.dedup();
        let prefixes = self.prefixes.borrow();
        for (key, _) in self.entries {
            let name = key.name.as_str();
            if known.contains(&name)
                || self.unlisted.borrow().contains(&name)
                || prefixes.iter().any(|p| name.starts_with(p))
            {
                continue;
            }
            let path = self.value.path();
            let place = if path.is_empty() { "in the file".to_owned() } else { format!("in {path}") };
            let list = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
            let known_keys = match known.len() {
                0 => "no key is known here".to_owned(),
                1 => format!("the only known key is {list}"),
                _ => format!("known keys: {list}"),
            };
            let help = match nearest(name, known.iter().copied()) {
                Some(near) if known.len() > FEW_KEYS => format!("did you mean `{near}`?"),
                Some(near) => format!("did you mean `{near}`?\n{known_keys}"),
                None => known_keys,
            };
            let cx = self.value.cx;
            let unknown = cx.error(codes::UNKNOWN_KEY, key.span, format!("unknown key `{name}` {place}"));
            cx.push(unknown.at(join_path(path, name)).help(help));
        }
    }

    fn find(&self, key: &str) -> Option<Value<'c>> {
        self.entries.iter().find(|(k, _)| k.name == key).map(|(k, node)| self.value.child(k, node))
    }

    fn key_span(&self, key: &str) -> crate::Span {
        self.key(key).map_or(self.value.span(), |k| k.span)
    }
}
