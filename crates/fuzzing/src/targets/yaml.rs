//! YAML with positions, and its readers.

use swarmlab_yaml::{Cx, Document, Kind, Node, Value, load};

/// Words of its language.
pub const WORDS: &[&str] = &[
    "a: ", "- ", "\n  ", "[", "]", "{", "}", "&x ", "*x", "<<: ", "|\n", ">-\n", "'", "\"", "# ", "\t", "!!str ", "---\n",
    "...\n", "? ", "%YAML 1.2\n", "\r\n", "é", "\u{feff}", "\\", "250ms", "~",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match load(text, "f.yml") {
        Ok(document) => {
            check(&document.root, &document);
            let cx = Cx::new(&document);
            let read = cx.root().mapping().map(|map| {
                map.optional("a", Value::string);
                map.optional("b", Value::duration);
                map.required("c", |v| v.list(Value::bool));
                map.optional("d", |v| v.map(Value::percent));
                map.finish();
            });
            if let Err(findings) = cx.finish(read) {
                assert!(!findings.to_string().is_empty());
            }
        }
        Err(findings) => {
            assert!(!findings.is_empty());
            for finding in &findings {
                assert!(finding.span.slice(text).is_some() || finding.code == swarmlab_codes::TOO_LARGE, "{finding}");
            }
        }
    }
}

/// Every place lies in the text.
fn check(node: &Node, document: &Document) {
    assert!(node.span.slice(&document.text).is_some(), "{:?}", node.span);
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|item| check(item, document)),
        Kind::Mapping(entries) => entries.iter().for_each(|(_, value)| check(value, document)),
        _ => {}
    }
}
