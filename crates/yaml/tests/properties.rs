//! No text, however wild, makes the room panic, and every place it names lies in the text.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use swarmlab_yaml::{Cx, Document, Kind, Node, Value, load};

fn check_spans(node: &Node, doc: &Document) {
    assert!(node.span.slice(&doc.text).is_some(), "{:?}", node.span);
    let again = swarmlab_yaml::Span::locate(&doc.text, node.span.offset, node.span.len);
    assert_eq!(node.span, again);
    match &node.kind {
        Kind::Sequence(items) => items.iter().for_each(|n| check_spans(n, doc)),
        Kind::Mapping(entries) => {
            for (key, value) in entries {
                assert!(key.span.slice(&doc.text).is_some());
                check_spans(value, doc);
            }
        }
        _ => {}
    }
}

fn exercise(text: &str) {
    match load(text, "f.yml") {
        Ok(doc) => {
            check_spans(&doc.root, &doc);
            let cx = Cx::new(&doc);
            let root = cx.root();
            let read = root.mapping().map(|map| {
                map.optional("a", Value::string);
                map.optional("b", Value::duration);
                map.required("c", |v| v.list(Value::bool));
                map.optional("d", |v| v.map(Value::percent));
                map.finish();
            });
            if let Err(all) = cx.finish(read) {
                let _ = all.to_string();
            }
        }
        Err(all) => {
            assert!(!all.is_empty());
            for d in &all {
                assert!(d.span.slice(text).is_some() || d.code == swarmlab_codes::TOO_LARGE);
            }
            let _ = all.to_string();
            assert!(serde_json::to_string(&all).is_ok());
        }
    }
}

/// Text made of the pieces YAML is made of, so that much of it parses.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "c",
        "d",
        ": ",
        ":",
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "&x ",
        "*x",
        "<<: ",
        "|\n",
        ">-\n",
        "'",
        "\"",
        "#",
        " ",
        "\t",
        "1",
        "true",
        "~",
        "250ms",
        "1%",
        "!!str ",
        "!x ",
        "---",
        "...",
        "?",
        "%YAML 1.2\n",
        "\r\n",
        "é",
        "\u{feff}",
        "\\",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|p| p.concat())
}

/// A value written out by plain rules, to be found again.
#[derive(Debug, Clone)]
enum Tree {
    Text(String),
    List(Vec<Tree>),
    Map(Vec<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = "[a-zA-Zé \"'#:{}\\[\\],&*!|>%@`-]{0,8}".prop_map(Tree::Text);
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Tree::List),
            prop::collection::vec(inner, 0..4).prop_map(Tree::Map),
        ]
    })
}

fn write(tree: &Tree, out: &mut String) {
    match tree {
        Tree::Text(t) => out.push_str(&format!("'{}'", t.replace('\'', "''"))),
        Tree::List(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push_str(", ");
            }
            out.push(']');
        }
        Tree::Map(values) => {
            out.push('{');
            for (i, value) in values.iter().enumerate() {
                out.push_str(&format!("k{i}: "));
                write(value, out);
                out.push_str(", ");
            }
            out.push('}');
        }
    }
}

fn same(tree: &Tree, node: &Node) -> bool {
    match (tree, &node.kind) {
        (Tree::Text(t), Kind::String(s)) => t == s,
        (Tree::List(a), Kind::Sequence(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Tree::Map(a), Kind::Mapping(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, (_, b))| same(a, b))
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn random_text_never_panics(text in "(?s).{0,60}") {
        exercise(&text);
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        exercise(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn random_yaml_never_panics(text in yamlish()) {
        exercise(&text);
    }

    #[test]
    fn what_is_written_is_read_back(tree in tree()) {
        let mut text = String::new();
        write(&tree, &mut text);
        let doc = load(&text, "f.yml").map_err(|e| TestCaseError::fail(format!("{e}\n{text}")))?;
        prop_assert!(same(&tree, &doc.root), "{text}\n{:?}", doc.root);
        check_spans(&doc.root, &doc);
    }
}
