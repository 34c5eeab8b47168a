//! What a text becomes, and what is said about a broken one.
#![allow(clippy::unwrap_used, missing_docs)]

use insta::assert_snapshot;
use swarmlab_yaml::{Document, Kind, Node, load};

fn good(text: &str) -> Document {
    load(text, "t.yml").unwrap_or_else(|e| panic!("{e}\n--- in\n{text}"))
}

fn bad(text: &str) -> String {
    load(text, "t.yml").expect_err(text).to_string()
}

/// Every node as `line:column text-it-covers`, indented by depth.
fn outline(doc: &Document) -> String {
    fn walk(node: &Node, text: &str, depth: usize, out: &mut String) {
        let pad = "  ".repeat(depth);
        let at = |s: swarmlab_yaml::Span| format!("{}:{} {:?}", s.line, s.column, s.slice(text).unwrap());
        match &node.kind {
            Kind::Sequence(items) => {
                out.push_str(&format!("{pad}[ {}\n", at(node.span)));
                items.iter().for_each(|n| walk(n, text, depth + 1, out));
            }
            Kind::Mapping(entries) => {
                out.push_str(&format!("{pad}{{ {}\n", at(node.span)));
                for (key, value) in entries {
                    out.push_str(&format!("{pad}  {} =\n", at(key.span)));
                    walk(value, text, depth + 2, out);
                }
            }
            kind => out.push_str(&format!("{pad}{} -> {kind:?}\n", at(node.span))),
        }
    }
    let mut out = String::new();
    walk(&doc.root, &doc.text, 0, &mut out);
    out
}

#[test]
fn every_node_knows_its_place() {
    let text =
        "a: 1\nlist:\n  - x\n  - {k: 'q v'} # note\nmode: 0440\ntext: |\n  one\n  two\nnone:\nend: \"é\"\n";
    assert_snapshot!(outline(&good(text)), @r#"
    { 1:1 "a: 1\nlist:\n  - x\n  - {k: 'q v'} # note\nmode: 0440\ntext: |\n  one\n  two\nnone:\nend: \"é\""
      1:1 "a" =
        1:4 "1" -> Int(1)
      2:1 "list" =
        [ 3:3 "- x\n  - {k: 'q v'}"
          3:5 "x" -> String("x")
          { 4:5 "{k: 'q v'}"
            4:6 "k" =
              4:9 "'q v'" -> String("q v")
      5:1 "mode" =
        5:7 "0440" -> Int(288)
      6:1 "text" =
        7:3 "one\n  two" -> String("one\ntwo\n")
      9:1 "none" =
        9:5 "" -> Null
      10:1 "end" =
        10:6 "\"é\"" -> String("é")
    "#);
}

#[test]
fn a_byte_order_mark_and_crlf_do_not_shift_places() {
    assert_snapshot!(outline(&good("\u{feff}a: 1\r\nb:\r\n  - c\r\n  - d: |\r\n      x\r\n      y\r\n")), @r#"
    { 1:1 "a: 1\r\nb:\r\n  - c\r\n  - d: |\r\n      x\r\n      y"
      1:1 "a" =
        1:4 "1" -> Int(1)
      2:1 "b" =
        [ 3:3 "- c\r\n  - d: |\r\n      x\r\n      y"
          3:5 "c" -> String("c")
          { 4:5 "d: |\r\n      x\r\n      y"
            4:5 "d" =
              5:7 "x\r\n      y" -> String("x\ny\n")
    "#);
}

#[test]
fn anchors_and_merge_keys() {
    let text = "\
x-base: &base { image: a, init: true }
x-more: &more { init: false, user: u }
one: { <<: *base, image: b }
two:
  <<: [*base, *more]
  cmd: *base
";
    assert_snapshot!(outline(&good(text)), @r#"
    { 1:1 "x-base: &base { image: a, init: true }\nx-more: &more { init: false, user: u }\none: { <<: *base, image: b }\ntwo:\n  <<: [*base, *more]\n  cmd: *base"
      1:1 "x-base" =
        { 1:15 "{ image: a, init: true }"
          1:17 "image" =
            1:24 "a" -> String("a")
          1:27 "init" =
            1:33 "true" -> Bool(true)
      2:1 "x-more" =
        { 2:15 "{ init: false, user: u }"
          2:17 "init" =
            2:23 "false" -> Bool(false)
          2:30 "user" =
            2:36 "u" -> String("u")
      3:1 "one" =
        { 3:6 "{ <<: *base, image: b }"
          1:27 "init" =
            1:33 "true" -> Bool(true)
          3:19 "image" =
            3:26 "b" -> String("b")
      4:1 "two" =
        { 5:3 "<<: [*base, *more]\n  cmd: *base"
          1:17 "image" =
            1:24 "a" -> String("a")
          1:27 "init" =
            1:33 "true" -> Bool(true)
          2:30 "user" =
            2:36 "u" -> String("u")
          6:3 "cmd" =
            { 6:8 "*base"
              1:17 "image" =
                1:24 "a" -> String("a")
              1:27 "init" =
                1:33 "true" -> Bool(true)
    "#);
}

#[test]
fn quotes_and_tags_decide_what_a_scalar_is() {
    let doc = good("a: '1'\nb: !!str 1\nc: \"<<\"\nd: ! 5\ne: !!int 0x10\n'<<': 3\n");
    let kind = |k: &str| doc.root.get(k).unwrap().kind.clone();
    assert_eq!(kind("a"), Kind::String("1".into()));
    assert_eq!(kind("b"), Kind::String("1".into()));
    assert_eq!(kind("c"), Kind::String("<<".into()));
    assert_eq!(kind("e"), Kind::Int(16));
    assert_eq!(kind("<<"), Kind::Int(3), "a quoted << is a key like any other");
}

#[test]
fn repeated_keys_and_unknown_anchors_are_all_reported() {
    assert_snapshot!(bad("a: 1\nb: { c: 1, c: 2 }\na: 3\nd: *nobody\ne: !reset []\n<<: 5\n[x]: 1\n"), @r"
    error[E011-duplicate-key]: the key `c` is given twice
     --> t.yml:2:12
      |
    2 | b: { c: 1, c: 2 }
      |            ^
      = help: it was given before at line 2, column 6: keep one

    error[E011-duplicate-key]: the key `a` is given twice
     --> t.yml:3:1
      |
    3 | a: 3
      | ^
      = help: it was given before at line 1, column 1: keep one

    error[E012-unknown-anchor]: no anchor `&nobody` before this alias
     --> t.yml:4:4
      |
    4 | d: *nobody
      |    ^^^^^^^
      = help: an anchor must stand before its aliases in the file

    error[E015-unknown-tag]: the tag `!reset` means nothing here
     --> t.yml:5:4
      |
    5 | e: !reset []
      |    ^^^^^^
      = help: remove the tag

    error[E013-bad-merge]: `<<` merges mappings, found a whole number
     --> t.yml:6:5
      |
    6 | <<: 5
      |     ^ expected a mapping, an alias of one, or a list of them

    error[E014-bad-key]: a key must be a name, found a list
     --> t.yml:7:1
      |
    7 | [x]: 1
      | ^^^ expected a name

    6 errors
    ");
}

#[test]
fn a_tab_in_the_indentation_is_named() {
    assert_snapshot!(bad("services:\n\tweb:\n\t\timage: x\n"), @r"
    error[E010-syntax]: not valid YAML: tabs disallowed within this context (block indentation)
     --> t.yml:2:2
      |
    2 | 	web:
      | 	^
      = help: a tab stands in the indentation: indent with spaces

    1 error
    ");
}

#[test]
fn broken_syntax_points_at_the_spot() {
    assert_snapshot!(bad("a: [1, 2\nb: 3\n"), @r"
    error[E010-syntax]: not valid YAML: illegal placement of ':' indicator
     --> t.yml:2:2
      |
    2 | b: 3
      |  ^

    1 error
    ");
    assert_snapshot!(bad("a: 1\n b: 2\n"), @r"
    error[E010-syntax]: not valid YAML: mapping values are not allowed in this context
     --> t.yml:2:3
      |
    2 |  b: 2
      |   ^

    1 error
    ");
    assert_snapshot!(bad("a: \"open\n"), @r#"
    error[E010-syntax]: not valid YAML: invalid indentation in multiline quoted scalar
     --> t.yml:1:8
      |
    1 | a: "open
      |        ^

    1 error
    "#);
    assert_snapshot!(bad("a: b: c\n"), @r"
    error[E010-syntax]: not valid YAML: mapping values are not allowed in this context
     --> t.yml:1:5
      |
    1 | a: b: c
      |     ^

    1 error
    ");
}

#[test]
fn an_empty_file_is_said_to_be_empty() {
    assert_snapshot!(bad(""), @r"
    error[E016-empty-file]: the file holds no value
     --> t.yml:1:1
      = help: a file of comments and blank lines alone says nothing; write at least one `key: value`

    1 error
    ");
    for text in ["\n\n", "# only words\n", "---\n", "\u{feff}", "---\n...\n"] {
        assert!(bad(text).contains("E016-empty-file"), "{text:?}: {}", bad(text));
    }
    assert_eq!(good("~").root.kind, Kind::Null, "a written null is a value");
}

#[test]
fn a_second_document_is_refused() {
    assert_snapshot!(bad("a: 1\n---\nb: 2\n"), @r"
    error[E017-second-document]: a second document begins here
     --> t.yml:2:1
      |
    2 | ---
      | ^^^
      = help: one file holds one document: remove the `---`

    1 error
    ");
}

#[test]
fn a_billion_laughs_cost_nothing() {
    let mut text = String::from("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for i in 1..12 {
        let row = vec![format!("*a{}", i - 1); 10].join(", ");
        text.push_str(&format!("a{i}: &a{i} [{row}]\n"));
    }
    assert!(bad(&text).contains("E018-too-large"));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(", "));
    assert!(bad(&long).contains("E018-too-large"));
}

#[test]
fn depth_is_bounded_also_through_aliases() {
    assert!(bad(&"[".repeat(5000)).contains("[E01"));
    assert!(bad(&"- ".repeat(5000)).contains("[E01"));
    let mut text = String::from("a0: &a0 [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]\n");
    for i in 1..20 {
        text.push_str(&format!("a{i}: &a{i} [[[[[[[[[[*a{}]]]]]]]]]]\n", i - 1));
    }
    assert!(bad(&text).contains("nested more than 100 deep"));
}

#[test]
fn an_alias_inside_its_own_anchor_is_refused() {
    assert!(bad("a: &a [1, *a]\n").contains("inside its own anchor"));
}

#[test]
fn one_endless_line_is_read_in_moderate_time() {
    let text = format!("a: [{}]\n", "1, ".repeat(50_000));
    let doc = good(&text);
    let Some(Kind::Sequence(items)) = doc.root.get("a").map(|n| &n.kind) else { panic!("no list") };
    assert_eq!(items.len(), 50_000);
    assert_eq!(items[49_999].span.column, 5 + 3 * 49_999);
}

#[test]
fn a_flood_of_errors_is_cut_short() {
    let all = load(&"a: 1\n".repeat(10_000), "t.yml").unwrap_err();
    assert!((1..1000).contains(&all.len()), "{}", all.len());
}
