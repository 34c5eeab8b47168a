//! Another value in the place of one of a tree, found by the path that findings print: `load.shape`, `actions[0].at`,
//! `labels."swarmlab.role"`.

use crate::Span;
use crate::tree::{Key, Kind, Node};

/// Why no value can be put there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchError {
    /// No way through a tree.
    #[error(
        "`{path}` is no path: expected keys with dots between them, as in `load.shape` or `actions[0].at`"
    )]
    BadPath {
        /// The path.
        path: String,
    },
    /// Something on the way has neither keys nor items.
    #[error("`{at}` is {found} and has nothing in it that could be called `{rest}`")]
    NotInside {
        /// The way so far.
        at: String,
        /// What stands there, with an article.
        found: &'static str,
        /// The next step.
        rest: String,
    },
    /// A list is shorter.
    #[error("`{at}` has no item [{item}]: it has {items}, counted from 0")]
    NoItem {
        /// The way so far.
        at: String,
        /// The item that was asked for.
        item: usize,
        /// How many there are.
        items: usize,
    },
}

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Item(usize),
}

/// Puts `value` where `path` leads, in place of what is there. Keys that are not there yet are added, mappings on the way as
/// well: whether a key may be there, who reads the tree knows. The value takes the place in the text of what it replaces, so
/// that findings about it show something of this file.
///
/// # Errors
/// A path that is none, or that leads through a scalar or beyond a list.
pub fn put(root: &mut Node, path: &str, value: &Node) -> Result<(), PatchError> {
    let steps = steps(path).ok_or_else(|| PatchError::BadPath { path: path.to_owned() })?;
    let (mut at, mut way) = (root, String::new());
    for step in &steps {
        if at.is_null() {
            *at = Node::collection(at.span, Kind::Mapping(Vec::new()));
        }
        let (span, found) = (at.span, at.kind.describe());
        let shown = if way.is_empty() { "the file".to_owned() } else { way.clone() };
        at = match (&mut at.kind, step) {
            (Kind::Mapping(entries), Step::Key(name)) => {
                let index = entries.iter().position(|(key, _)| key.name == *name).unwrap_or_else(|| {
                    entries.push((Key { name: name.clone(), span }, Node::scalar(span, "", false)));
                    entries.len() - 1
                });
                way = crate::join_path(&way, name);
                &mut entries[index].1
            }
            (Kind::Sequence(items), Step::Item(item)) => {
                let count = items.len();
                way = format!("{way}[{item}]");
                items.get_mut(*item).ok_or(PatchError::NoItem { at: shown, item: *item, items: count })?
            }
            (_, step) => {
                let rest = match step {
                    Step::Key(name) => name.clone(),
                    Step::Item(item) => format!("[{item}]"),
                };
                return Err(PatchError::NotInside { at: shown, found, rest });
            }
        };
    }
    let span = at.span;
    *at = value.clone();
    place(at, span);
    Ok(())
}

/// The last value of `path`, if it leads somewhere.
pub fn find<'n>(root: &'n Node, path: &str) -> Option<&'n Node> {
    steps(path)?.iter().try_fold(root, |at, step| match (&at.kind, step) {
        (Kind::Mapping(_), Step::Key(name)) => at.get(name),
        (Kind::Sequence(items), Step::Item(item)) => items.get(*item),
        _ => None,
    })
}

/// A path in the one way of writing it that has no quotes where none are needed; `None` if the text is no path.
pub fn canonical(text: &str) -> Option<String> {
    let add = |way: String, step: Step| match step {
        Step::Item(item) => format!("{way}[{item}]"),
        Step::Key(name) => {
            let is_plain = crate::join_path("", &name) == name;
            let dot = if way.is_empty() { "" } else { "." };
            if is_plain { format!("{way}{dot}{name}") } else { format!("{way}{dot}\"{name}\"") }
        }
    };
    Some(steps(text)?.into_iter().fold(String::new(), add))
}

/// Whether a path is the other, or leads to something in it; both as findings print them.
pub fn is_within(path: &str, other: &str) -> bool {
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Trees are bounded in depth where they are read, and so are paths, so this is, too.
fn place(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.kind {
        Kind::Sequence(items) => items.iter_mut().for_each(|item| place(item, span)),
        Kind::Mapping(entries) => entries.iter_mut().for_each(|(key, value)| {
            key.span = span;
            place(value, span);
        }),
        _ => {}
    }
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut out = Vec::new();
    let mut rest = path;
    loop {
        let (key, after) = key(rest)?;
        out.push(Step::Key(key));
        rest = after;
        while let Some(inside) = rest.strip_prefix('[') {
            let (number, after) = inside.split_once(']')?;
            if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            out.push(Step::Item(number.parse().ok()?));
            rest = after;
        }
        if rest.is_empty() {
            // A path adds what is not there, and whoever walks a tree goes as deep as it is.
            return (out.len() <= crate::MAX_DEPTH).then_some(out);
        }
        rest = rest.strip_prefix('.')?;
    }
}

/// A key at the beginning, in quotes or not, and what follows.
fn key(text: &str) -> Option<(String, &str)> {
    if let Some(inside) = text.strip_prefix('"') {
        let (key, after) = inside.split_once('"')?;
        return (!key.is_empty()).then(|| (key.to_owned(), after));
    }
    let end = text.find(['.', '[', ']', '"']).unwrap_or(text.len());
    let (key, after) = text.split_at(end);
    let is_key = !key.is_empty() && !key.contains(char::is_whitespace);
    is_key.then(|| (key.to_owned(), after))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn root(text: &str) -> Node {
        crate::load(text, "t.yml").unwrap().root
    }

    #[test]
    fn a_value_is_replaced_where_it_stands_and_added_where_there_is_none() {
        let mut tree = root("name: a\nload:\n  shape: x.yml\nactions:\n  - { at: 10s }\n  - { at: 20s }\n");
        for (path, value) in [
            ("load.shape", "y.yml"),
            ("actions[1].at", "30s"),
            ("slo.p95", "250ms"),
            ("labels.\"swarmlab.role\"", "proxy"),
            ("load.warmup", "{ duration: 5s, level: [1, 2] }"),
        ] {
            let line = tree.get("load").unwrap().get("shape").unwrap().span.line;
            put(&mut tree, path, &root(value)).unwrap();
            assert_eq!(find(&tree, path).unwrap().text(), root(value).text(), "{path}");
            assert_eq!(tree.get("load").unwrap().get("shape").unwrap().span.line, line);
        }
        assert_eq!(find(&tree, "actions[0].at").unwrap().text(), Some("10s"));
        assert_eq!(find(&tree, "load.warmup.level[1]").unwrap().kind, Kind::Int(2));
        assert_eq!(tree.get("labels").unwrap().get("swarmlab.role").unwrap().text(), Some("proxy"));
    }

    #[test]
    fn a_path_has_one_way_of_being_written() {
        for (text, told) in [
            ("load.shape", "load.shape"),
            ("\"load\".\"shape\"", "load.shape"),
            ("labels.\"swarmlab.role\"[01].a", "labels.\"swarmlab.role\"[1].a"),
            ("\"a\\b\"", "\"a\\b\""),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(told));
            assert_eq!(canonical(told).as_deref(), Some(told));
        }
        assert!(is_within("a.b[1]", "a.b") && is_within("a.b", "a.b") && is_within("a.b", "a"));
        assert!(!is_within("a.bc", "a.b") && !is_within("a", "a.b"));
    }

    #[test]
    fn what_leads_nowhere_is_told() {
        let mut tree = root("name: a\nactions: [{ at: 10s }]\nslo:\n");
        let told = |tree: &mut Node, path: &str| put(tree, path, &root("1")).unwrap_err().to_string();
        assert_eq!(
            told(&mut tree, "name.first"),
            "`name` is a string and has nothing in it that could be called `first`"
        );
        assert_eq!(told(&mut tree, "actions[1].at"), "`actions` has no item [1]: it has 1, counted from 0");
        assert!(told(&mut tree, "actions.at").contains("`actions` is a list"));
        for bad in ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[]", "a[0]b", "a b", "\"\"", "[0]", "a]"] {
            assert_eq!(canonical(bad), None, "{bad}");
        }
        assert_eq!(canonical(&vec!["a"; crate::MAX_DEPTH + 1].join(".")), None, "deeper than any file");
        // A key without a value becomes a mapping.
        put(&mut tree, "slo.p95", &root("1s")).unwrap();
        assert_eq!(find(&tree, "slo.p95").unwrap().text(), Some("1s"));
    }
}
