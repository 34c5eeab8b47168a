//! From tree to typed values, gathering every error on the way.
//!
//! A getter that finds something wrong files a [`Diagnostic`] with the [`Cx`] and returns `None`; the
//! caller goes on with the next key. So the types are assembled only after everything was looked at.

mod map;
mod scalar;
mod units;

pub use map::MapReader;
pub use units::{parse_duration, parse_percent};

use crate::load::MAX_FINDINGS;
use crate::tree::{Document, Key, Kind, Node};
use crate::{Diagnostic, Diagnostics, Span};
use std::cell::RefCell;
use swarmlab_codes::{self as codes, Code};

/// The reading of one document: what it reads from, and what it has found so far.
#[derive(Debug)]
pub struct Cx<'d> {
    document: &'d Document,
    found: RefCell<Vec<Diagnostic>>,
}

impl<'d> Cx<'d> {
    /// Begins to read a document.
    pub fn new(document: &'d Document) -> Self {
        Cx { document, found: RefCell::new(Vec::new()) }
    }

    /// The document that is read.
    pub fn document(&self) -> &'d Document {
        self.document
    }

    /// The root value; its path is empty.
    pub fn root(&self) -> Value<'_> {
        self.value(&self.document.root, "")
    }

    /// A value of this document (or one that was made from it), at a path.
    pub fn value<'c>(&'c self, node: &'c Node, path: impl Into<String>) -> Value<'c> {
        Value { cx: self, node, path: path.into(), key: None }
    }

    /// Files a finding. Beyond a few hundred they are dropped: nobody reads more.
    pub fn push(&self, finding: Diagnostic) {
        let mut found = self.found.borrow_mut();
        if found.len() < MAX_FINDINGS || (finding.is_error() && !found.iter().any(Diagnostic::is_error)) {
            found.push(finding);
        }
    }

    /// An error at a span of this document, not yet filed: add `at`, `expected` or `help`, then
    /// [`push`](Cx::push) it.
    pub fn error(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, &self.document.file, &self.document.text, span, message)
    }

    /// A warning at a span of this document, not yet filed.
    pub fn warning(&self, code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(code, &self.document.file, &self.document.text, span, message)
    }

    /// True if an error was filed.
    pub fn has_errors(&self) -> bool {
        self.found.borrow().iter().any(Diagnostic::is_error)
    }

    /// Ends the reading: the value and the warnings if no error was filed.
    ///
    /// # Errors
    /// All findings, warnings included, if there is an error among them.
    pub fn finish<T>(self, value: Option<T>) -> Result<(T, Diagnostics), Diagnostics> {
        let Cx { document, found } = self;
        let found = Diagnostics::new(found.into_inner());
        match value {
            Some(value) if !found.has_errors() => Ok((value, found)),
            None if !found.has_errors() => {
                // A reader that returns nothing must say why. Should one forget, the user still learns
                // that the file was not accepted.
                let mut all = found.into_vec();
                let span = document.root.span;
                all.push(Diagnostic::error(
                    codes::UNREADABLE,
                    &document.file,
                    &document.text,
                    span,
                    "the file could not be understood",
                ));
                Err(Diagnostics::new(all))
            }
            _ => Err(found),
        }
    }
}

/// One value in the hands of a reader: the node, and the way to it.
#[derive(Debug, Clone)]
pub struct Value<'c> {
    cx: &'c Cx<'c>,
    node: &'c Node,
    path: String,
    key: Option<Span>,
}

/// A value with the place it was read from, for checks that come later.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
    /// The way to it from the root.
    pub path: String,
}

impl<'c> Value<'c> {
    /// The reading this value belongs to.
    pub fn cx(&self) -> &'c Cx<'c> {
        self.cx
    }

    /// The node itself.
    pub fn node(&self) -> &'c Node {
        self.node
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.node.span
    }

    /// Where its key stands, or the value itself if it has none (the root, items of lists).
    pub fn key_span(&self) -> Span {
        self.key.unwrap_or(self.node.span)
    }

    /// The way to it from the root, e.g. `services.web.ports[0]`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// True if nothing stands there (`key:` or `key: null`).
    pub fn is_null(&self) -> bool {
        self.node.is_null()
    }

    /// An error at this value, not yet filed.
    pub fn error(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        self.cx.error(code, self.node.span, message).at(self.path.clone())
    }

    /// Files an error at this value.
    pub fn fail(&self, code: Code, message: impl Into<String>, expected: impl Into<String>) {
        self.cx.push(self.error(code, message).expected(expected));
    }

    /// Files a warning at this value.
    pub fn warn(&self, code: Code, message: impl Into<String>) {
        self.cx.push(self.cx.warning(code, self.node.span, message).at(self.path.clone()));
    }

    /// Files "expected X, found Y" and returns `None`.
    pub fn wrong_type<T>(&self, expected: &str) -> Option<T> {
        let name = if self.path.is_empty() { "the file" } else { self.path.as_str() };
        let found = match self.node.text() {
            Some(text) if text.chars().count() <= 40 && !text.contains('\n') => {
                format!("{} (`{text}`)", self.node.kind.describe())
            }
            _ => self.node.kind.describe().to_owned(),
        };
        let message = format!("{name} must be {expected}, found {found}");
        self.fail(codes::WRONG_TYPE, message, expected);
        None
    }

    /// The value together with its place.
    pub fn spanned<T>(&self, read: impl FnOnce(&Value<'c>) -> Option<T>) -> Option<Spanned<T>> {
        let value = read(self)?;
        Some(Spanned { value, span: self.span(), path: self.path.clone() })
    }

    /// A mapping with known keys.
    pub fn mapping(&self) -> Option<MapReader<'c>> {
        match &self.node.kind {
            Kind::Mapping(entries) => Some(MapReader::new(self.clone(), entries)),
            _ => self.wrong_type("a mapping"),
        }
    }

    /// The entries of a mapping whose keys are the user's own, in the order of the file.
    pub fn entries(&self) -> Option<Vec<(&'c Key, Value<'c>)>> {
        match &self.node.kind {
            Kind::Mapping(entries) => {
                Some(entries.iter().map(|(key, node)| (key, self.child(key, node))).collect())
            }
            _ => self.wrong_type("a mapping"),
        }
    }

    /// The items of a list.
    pub fn items(&self) -> Option<Vec<Value<'c>>> {
        match &self.node.kind {
            Kind::Sequence(items) => {
                let item =
                    |(i, node)| Value { cx: self.cx, node, path: format!("{}[{i}]", self.path), key: None };
                Some(items.iter().enumerate().map(item).collect())
            }
            _ => self.wrong_type("a list"),
        }
    }

    /// A list, each item read by `read`; `None` if one of them is wrong (all are looked at).
    pub fn list<T>(&self, read: impl Fn(&Value<'c>) -> Option<T>) -> Option<Vec<T>> {
        let read: Vec<Option<T>> = self.items()?.iter().map(read).collect();
        read.into_iter().collect()
    }

    /// A mapping with the user's own keys, each value read by `read`; `None` if one of them is wrong
    /// (all are looked at).
    pub fn map<T>(&self, read: impl Fn(&Value<'c>) -> Option<T>) -> Option<Vec<(Key, T)>> {
        let entries = self.entries()?;
        let read: Vec<_> = entries.iter().map(|(key, v)| Some(((*key).clone(), read(v)?))).collect();
        read.into_iter().collect()
    }

    fn child(&self, key: &'c Key, node: &'c Node) -> Value<'c> {
        Value { cx: self.cx, node, path: join_path(&self.path, &key.name), key: Some(key.span) }
    }
}

/// The path of an entry: `services` + `web` -> `services.web`. Keys that are no plain words are quoted:
/// `labels."swarmlab.role"`.
pub fn join_path(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let shown = if plain { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() { shown } else { format!("{path}.{shown}") }
}
