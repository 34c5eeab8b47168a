#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn find<'a>(document: &'a str, pointer: &str) -> Option<&'a str> {
    Pointer::parse(pointer)
        .unwrap()
        .find(document.as_bytes())
        .map(|found| std::str::from_utf8(found).unwrap())
}

fn text(value: &str) -> Option<String> {
    let mut out = String::new();
    push_text(value.as_bytes(), &mut out).then_some(out)
}

#[test]
fn pointers_lead_through_objects_and_arrays() {
    let document = r#" { "a" : [ 1 , {"b~/c":"x"} , [] ], "\u00e4\"" : null, "":true, "a":2 } "#;
    assert_eq!(find(document, "/a/0"), Some("1"));
    assert_eq!(find(document, "/a/1/b~0~1c"), Some("\"x\""));
    assert_eq!(find(document, "/a/2"), Some("[]"));
    assert_eq!(find(document, "/ä\""), Some("null"));
    assert_eq!(find(document, "/"), Some("true"));
    assert_eq!(find(document, ""), Some(document.trim()));
    for missing in ["/b", "/a/3", "/a/01", "/a/+1", "/a/-", "/a/2/0", "/a/0/0", "/a/1/x"] {
        assert_eq!(find(document, missing), None, "{missing}");
    }
    assert_eq!(Pointer::parse("a"), None);
}

#[test]
fn values_become_text() {
    assert_eq!(
        text(r#""a\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00""#).as_deref(),
        Some("a\"\\/\u{8}\u{c}\n\r\tä😀")
    );
    assert_eq!(text("12.50").as_deref(), Some("12.50"));
    assert_eq!(text(r#"{ "a b" : [ 1, "x \" y" ] }"#).as_deref(), Some(r#"{"a b":[1,"x \" y"]}"#));
    for wrong in ["", "null", "\"", r#""\x""#, r#""\ud83d""#, r#""\ud83dx""#, r#""\u12""#, "\"a\nb\""] {
        assert_eq!(text(wrong), None, "{wrong}");
    }
}

#[test]
fn broken_documents_give_nothing() {
    for broken in
        ["", "{", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":tru}", "{\"a\":01}", "{\"a\":\"x", "[1", "{a:1}"]
    {
        assert_eq!(find(broken, "/a"), None, "{broken}");
    }
    let deep = "[".repeat(200_000);
    assert_eq!(find(&deep, "/0/0"), None);
}

#[test]
fn graphql_errors_are_a_list_with_something_in_it() {
    let errors = Pointer::parse("/errors").unwrap();
    for (body, expected) in [
        (r#"{"data":{"errors":[1]}}"#, false),
        (r#"{"errors":null,"data":{}}"#, false),
        (r#"{"errors":[ ]}"#, false),
        (r#"{"errors":[ [ ] ]}"#, true),
        (r#"{"data":null,"errors":[{"message":"no"}]}"#, true),
    ] {
        assert_eq!(has_graphql_errors(body.as_bytes(), &errors), expected, "{body}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9_f64..1e9).prop_map(Value::from),
        "[a\"\\\\\n{}\\[\\],:ä😀 ]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::hash_map("[ab~/\"0\\\\ ]{0,2}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// All pointers into a value.
fn pointers(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| pointers(item, format!("{at}/{index}"), out));
        }
        Value::Object(entries) => entries.iter().for_each(|(key, item)| {
            pointers(item, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), out);
        }),
        _ => {}
    }
    out.push(at);
}

proptest! {
    #[test]
    fn the_scanner_finds_what_a_parser_finds(value in any_value(), pretty: bool) {
        let document =
            if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let mut all = vec!["/x".to_owned(), "/0/1".to_owned(), "/a/a".to_owned()];
        pointers(&value, String::new(), &mut all);
        for pointer in all {
            let expected = value.pointer(&pointer);
            let found = find(&document, &pointer);
            let parsed = found.map(|found| serde_json::from_str::<Value>(found).unwrap());
            prop_assert_eq!(parsed.as_ref(), expected);
            let expected = match expected {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(other) => Some(other.to_string()),
            };
            prop_assert_eq!(found.and_then(text), expected);
        }
    }

    #[test]
    fn any_bytes_end_in_a_value_or_in_nothing(
        bytes in prop::collection::vec(prop::sample::select(&b"{}[]\",:\\ua10-e. \xc3"[..]), 0..60),
    ) {
        for pointer in ["", "/a", "/0/a", "/a/0"] {
            if let Some(found) = Pointer::parse(pointer).unwrap().find(&bytes) {
                let mut out = String::new();
                push_text(found, &mut out);
            }
        }
    }

    #[test]
    fn strings_are_read_as_a_parser_reads_them(inside in "[a\"\\\\u0dc8fF3ä\n]{0,12}") {
        let string = format!("\"{inside}\"");
        let expected = serde_json::from_str::<String>(&string).ok();
        let mut out = String::new();
        prop_assert_eq!(push_string(string.as_bytes(), &mut out).then_some(out), expected);
    }
}

#[test]
fn numbers_are_told_from_words() {
    for (word, expected) in [
        ("0", true),
        ("-0.5e+10", true),
        ("1E5", true),
        ("00", false),
        ("-", false),
        ("1.", false),
        (".5", false),
        ("1e", false),
    ] {
        assert_eq!(is_number(word.as_bytes()), expected, "{word}");
        assert_eq!(serde_json::from_str::<Value>(word).is_ok(), expected, "{word}");
    }
    assert_eq!(find(&json!({"n": 1e300}).to_string(), "/n"), Some("1e+300"));
}
