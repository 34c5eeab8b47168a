//! YAML to be written: a tree of mappings, lists and scalars, and its text.

/// A node of a document to be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    /// A text, quoted where YAML would read something else; its dollars are doubled, as variables are replaced in it.
    Text(String),
    /// A number, a truth value or nothing, as it stands.
    Plain(String),
    /// A list.
    List(Vec<Tree>),
    /// A mapping, in this order.
    Map(Vec<(String, Tree)>),
}

impl Tree {
    /// A text.
    pub(super) fn text(text: impl Into<String>) -> Self {
        Tree::Text(text.into())
    }

    /// A number or truth value.
    pub(super) fn plain(value: impl ToString) -> Self {
        Tree::Plain(value.to_string())
    }

    /// A list of texts.
    pub(super) fn texts<'a>(texts: impl IntoIterator<Item = &'a String>) -> Self {
        Tree::List(texts.into_iter().map(Tree::text).collect())
    }

    /// A mapping of texts.
    pub(super) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> Self {
        Tree::Map(pairs.into_iter().map(|(key, value)| (key.clone(), Tree::text(value))).collect())
    }

    /// Whether it holds nothing.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Tree::List(items) => items.is_empty(),
            Tree::Map(entries) => entries.is_empty(),
            _ => false,
        }
    }
}

/// A mapping under construction: what is absent or empty is left out.
#[derive(Debug, Default)]
pub(super) struct Entries(Vec<(String, Tree)>);

impl Entries {
    /// An entry.
    pub(super) fn put(&mut self, key: &str, value: Tree) {
        self.0.push((key.to_owned(), value));
    }

    /// An entry, unless there is no value or nothing in it.
    pub(super) fn some(&mut self, key: &str, value: Option<Tree>) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.put(key, value);
        }
    }

    /// `key: true`, where it is true.
    pub(super) fn flag(&mut self, key: &str, set: bool) {
        self.some(key, set.then(|| Tree::plain(true)));
    }

    /// As a tree.
    pub(super) fn done(self) -> Tree {
        Tree::Map(self.0)
    }
}

/// The text of a document, block style.
pub(super) fn render(tree: &Tree) -> String {
    let mut out = String::new();
    block(tree, 0, &mut out);
    out
}

fn block(tree: &Tree, depth: usize, out: &mut String) {
    match tree {
        Tree::Map(entries) => {
            for (key, value) in entries {
                indent(depth, out);
                out.push_str(&scalar(key));
                out.push(':');
                below(value, depth + 1, out);
            }
        }
        Tree::List(items) => {
            for item in items {
                indent(depth, out);
                out.push('-');
                match item {
                    Tree::Map(entries) if !entries.is_empty() => {
                        // The first entry stands behind the dash.
                        let mut inner = String::new();
                        block(item, depth + 1, &mut inner);
                        out.push(' ');
                        out.push_str(inner.trim_start());
                    }
                    other => below(other, depth + 1, out),
                }
            }
        }
        _ => {}
    }
}

/// What stands behind a colon or a dash.
fn below(value: &Tree, depth: usize, out: &mut String) {
    match value {
        Tree::Text(text) => {
            out.push(' ');
            out.push_str(&scalar(&text.replace('$', "$$")));
            out.push('\n');
        }
        Tree::Plain(text) => {
            out.push(' ');
            out.push_str(text);
            out.push('\n');
        }
        Tree::Map(entries) if entries.is_empty() => out.push_str(" {}\n"),
        Tree::List(items) if items.is_empty() => out.push_str(" []\n"),
        _ => {
            out.push('\n');
            block(value, depth, out);
        }
    }
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

/// A text as YAML reads it back: as it stands where that is safe, else in double quotes.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    swarmlab_yaml::in_quotes(text)
}

/// Words that YAML, in one version or another, takes for something else than a text.
const WORDS: [&str; 10] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan"];

fn is_plain(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | ':' | '$' | '@');
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '_')
        && !text.ends_with(':')
        && text.chars().all(inner)
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn back(text: &str) -> String {
        let tree = Tree::Map(vec![("k".to_owned(), Tree::List(vec![Tree::text(text)]))]);
        let text = render(&tree);
        let document = swarmlab_yaml::load(&text, "t").unwrap_or_else(|e| panic!("{e}\n{text}"));
        let swarmlab_yaml::Kind::Sequence(items) = &document.root.get("k").unwrap().kind else { panic!() };
        items[0].text().unwrap().to_owned()
    }

    #[test]
    fn texts_that_look_like_something_else_are_quoted() {
        for text in [
            "", "yes", "NULL", "0440", "1.5", "a: b", "a #b", "- x", "a:", "{x}", "é", "a\nb", "~",
            "\u{2028}",
        ] {
            assert_eq!(back(text), text);
        }
        assert_eq!(scalar("docker.io/envoyproxy/envoy:v1.38.0"), "docker.io/envoyproxy/envoy:v1.38.0");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "(?s)[^$]{0,30}") {
            prop_assert_eq!(back(&text), text);
        }
    }
}
