//! The examples of RFC 9535. Objects have no order, so what is selected from them is compared as a set.
#![allow(clippy::unwrap_used)]
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// Section 1.5, figure 1.
fn store() -> Value {
    json!({ "store": {
        "book": [
            { "category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century", "price": 8.95 },
            { "category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour", "price": 12.99 },
            { "category": "fiction", "author": "Herman Melville", "title": "Moby Dick", "isbn": "0-553-21311-3",
              "price": 8.99 },
            { "category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings",
              "isbn": "0-395-19395-8", "price": 22.99 }
        ],
        "bicycle": { "color": "red", "price": 399 }
    } })
}

fn select(path: &str, document: &Value) -> Vec<Value> {
    let path = JsonPath::parse(path).unwrap_or_else(|error| panic!("{error}"));
    path.select(document).unwrap().into_iter().cloned().collect()
}

fn sorted(mut values: Vec<Value>) -> Vec<String> {
    values.sort_by_key(Value::to_string);
    values.iter().map(Value::to_string).collect()
}

fn assert_selects(document: &Value, cases: &[(&str, Value)]) {
    for (path, expected) in cases {
        let found = select(path, document);
        assert_eq!(sorted(found.clone()), sorted(expected.as_array().unwrap().clone()), "{path}: {found:?}");
    }
}

#[test]
fn the_store_of_the_introduction_is_searched() {
    let store = store();
    let titles = |path: &str| {
        select(path, &store).iter().map(|book| book["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_selects(
        &store,
        &[
            (
                "$.store.book[*].author",
                json!(["Nigel Rees", "Evelyn Waugh", "Herman Melville", "J. R. R. Tolkien"]),
            ),
            ("$..author", json!(["Nigel Rees", "Evelyn Waugh", "Herman Melville", "J. R. R. Tolkien"])),
            ("$.store..price", json!([8.95, 12.99, 8.99, 22.99, 399])),
            ("$..book[2].author", json!(["Herman Melville"])),
            ("$..book[2].publisher", json!([])),
        ],
    );
    assert_eq!(select("$.store.*", &store).len(), 2);
    assert_eq!(titles("$..book[2]"), ["Moby Dick"]);
    assert_eq!(titles("$..book[-1]"), ["The Lord of the Rings"]);
    assert_eq!(titles("$..book[0,1]"), titles("$..book[:2]"));
    assert_eq!(titles("$..book[?@.isbn]"), ["Moby Dick", "The Lord of the Rings"]);
    assert_eq!(titles("$..book[?@.price<10]"), ["Sayings of the Century", "Moby Dick"]);
    assert_eq!(select("$..*", &store).len(), 27);
}

#[test]
fn names_are_quoted_or_short() {
    // Section 2.3.1.3.
    let document = json!({ "o": { "j j": { "k.k": 3 } }, "'": { "@": 2 }, "ä☺": 5, "x\"y": 6 });
    assert_selects(
        &document,
        &[
            ("$.o['j j']", json!([{ "k.k": 3 }])),
            ("$.o['j j']['k.k']", json!([3])),
            (r#"$.o["j j"]["k.k"]"#, json!([3])),
            (r#"$["'"]["@"]"#, json!([2])),
            (r"$['\'']['@']", json!([2])),
            ("$.ä☺", json!([5])),
            (r#"$['x"y']"#, json!([6])),
            (r#"$["x\"y"]"#, json!([6])),
            (r#"$["\u00e4\u263a"]"#, json!([5])),
            ("$ [ 'o' ] .none", json!([])),
        ],
    );
}

#[test]
fn indices_and_slices_count_from_both_ends() {
    // Sections 2.3.3.3 and 2.3.4.3.
    let letters = json!(["a", "b", "c", "d", "e", "f", "g"]);
    for (path, expected) in [
        ("$[1]", json!(["b"])),
        ("$[-2]", json!(["f"])),
        ("$[7]", json!([])),
        ("$[-8]", json!([])),
        ("$[1:3]", json!(["b", "c"])),
        ("$[5:]", json!(["f", "g"])),
        ("$[1:5:2]", json!(["b", "d"])),
        ("$[5:1:-2]", json!(["f", "d"])),
        ("$[::-1]", json!(["g", "f", "e", "d", "c", "b", "a"])),
        ("$[-2:]", json!(["f", "g"])),
        ("$[:-5]", json!(["a", "b"])),
        ("$[::0]", json!([])),
        ("$[ 1 : 3 , 0 ]", json!(["b", "c", "a"])),
        ("$[0,0]", json!(["a", "a"])),
        ("$[9007199254740991:]", json!([])),
        ("$[0:9007199254740991:9007199254740991]", json!(["a"])),
    ] {
        assert_eq!(Value::from(select(path, &letters)), expected, "{path}");
    }
}

#[test]
fn filters_compare_and_ask_for_existence() {
    // Section 2.3.5.3, tables 11 and 12.
    let document = json!({
        "a": [3, 5, 1, 2, 4, 6, { "b": "j" }, { "b": "k" }, { "b": {} }, { "b": "kilo" }],
        "o": { "p": 1, "q": 2, "r": 3, "s": 5, "t": { "u": 6 } },
        "e": "f",
        "obj": { "x": "y" }, "arr": [2, 3]
    });
    assert_selects(
        &document,
        &[
            ("$.a[?@.b == 'kilo']", json!([{ "b": "kilo" }])),
            ("$.a[?(@.b == 'kilo')]", json!([{ "b": "kilo" }])),
            ("$.a[?@>3.5]", json!([5, 4, 6])),
            ("$.a[?@.b]", json!([{ "b": "j" }, { "b": "k" }, { "b": {} }, { "b": "kilo" }])),
            ("$[?@.*]", json!([document["a"], document["o"], document["obj"], document["arr"]])),
            ("$[?@[?@.b]]", json!([document["a"]])),
            ("$.o[?@<3, ?@<3]", json!([1, 2, 1, 2])),
            ("$.a[?@<2 || @.b == \"k\"]", json!([1, { "b": "k" }])),
            ("$.o[?@>1 && @<4]", json!([2, 3])),
            ("$.o[?@.u || @.x]", json!([{ "u": 6 }])),
            ("$.a[?@.b == $.x]", json!([3, 5, 1, 2, 4, 6])),
            ("$.a[?@ == @]", document["a"].clone()),
            ("$.a[?!@.b && !(@ < 5)]", json!([5, 6])),
        ],
    );
    let holds = |test: &str| !select(&format!("$[?{test}]"), &json!([document])).is_empty();
    for (test, expected) in [
        ("@.absent1 == @.absent2", true),
        ("@.absent1 <= @.absent2", true),
        ("@.absent == 'g'", false),
        ("@.absent1 != @.absent2", false),
        ("@.absent != 'g'", true),
        ("1 <= 2", true),
        ("1 > 2", false),
        ("13 == '13'", false),
        ("'a' <= 'b'", true),
        ("'a' > 'b'", false),
        ("@.obj == @.arr", false),
        ("@.obj != @.arr", true),
        ("@.obj == @.obj", true),
        ("@.arr == @.arr", true),
        ("@.obj == 17", false),
        ("@.obj <= @.arr", false),
        ("@.obj < @.arr", false),
        ("@.obj <= @.obj", true),
        ("1 <= @.arr", false),
        ("true <= true", true),
        ("true > true", false),
        ("null == null", true),
        ("1 == 1.0", true),
        ("1e2 == 100", true),
    ] {
        assert_eq!(holds(test), expected, "{test}");
    }
}

#[test]
fn descendants_come_before_their_children() {
    // Section 2.5.2.3.
    let document = json!({ "o": { "j": 1, "k": 2 }, "a": [5, 3, [{ "j": 4 }, { "k": 6 }]] });
    assert_selects(
        &document,
        &[
            ("$..j", json!([1, 4])),
            ("$..[0]", json!([5, { "j": 4 }])),
            ("$..o", json!([{ "j": 1, "k": 2 }])),
            ("$.a..[0, 1]", json!([5, 3, { "j": 4 }, { "k": 6 }])),
        ],
    );
    assert_eq!(Value::from(select("$.a..[0]", &document)), json!([5, { "j": 4 }]));
}

#[test]
fn what_is_no_path_says_what_is_expected_where() {
    for (path, expected, at) in [
        ("", "`$`", 0),
        ("a", "`$`", 0),
        ("$a", "`.`, `..` or `[`", 1),
        ("$.", "a name, or `*`", 2),
        ("$.1", "a name, or `*`", 2),
        ("$.a ", "`.`, `..` or `[`", 3),
        ("$[", "a name in quotes, an index", 2),
        ("$[a]", "a name in quotes, an index", 2),
        ("$[0", "`,` or `]`", 3),
        ("$[01]", "without leading zeros", 2),
        ("$[-0]", "without leading zeros", 2),
        ("$[9007199254740992]", "at most 53 bits", 2),
        ("$['a]", "a closing quote", 2),
        ("$['\\x']", "the escapes of JSON", 2),
        ("$[?@.a == ]", "a literal", 10),
        ("$[?length(@) > 1]", "functions are not known", 3),
        ("$[?@.* == 1]", "since it is compared", 3),
        ("$[?1]", "`==`, `!=`", 4),
        ("$[?(@.a]", "`)`, `&&` or `||`", 7),
        ("$[?@.a && ]", "functions are not known", 10),
    ] {
        let error = JsonPath::parse(path).unwrap_err();
        assert!(error.expected.contains(expected), "{path}: {error}");
        assert_eq!(error.at, at, "{path}: {error}");
    }
    let deep = format!("$[?{}@{}]", "(".repeat(100), ")".repeat(100));
    assert!(JsonPath::parse(&deep).is_err());
}

#[test]
fn a_search_without_end_is_given_up() {
    let deep = (0..100).fold(json!(1), |inner, n| json!([inner, n]));
    // Of the 100 lists in each other the k-th has 2 (100 - k) nodes below it.
    assert_eq!(select("$..*..*", &deep).len(), 9900);
    // Its nodes grow with the fifth power of the depth.
    assert_eq!(JsonPath::parse("$..*..*..*..*..*").unwrap().select(&deep), None);
}

proptest! {
    #[test]
    fn any_text_is_a_path_or_refused(text in "\\PC*|\\$[.*\\[\\]a-c0-9?@!=<>&|()' :,-]*") {
        match JsonPath::parse(&text) {
            Ok(path) => drop(path.select(&store())),
            Err(error) => prop_assert!(error.at <= text.len()),
        }
    }

    /// Of names and indices alone it is a JSON pointer.
    #[test]
    fn a_singular_path_finds_what_a_pointer_finds(way in prop::collection::vec(0_usize..4, 0..5)) {
        let document = json!({ "a": [{ "a": 1, "b": [2, { "a": 3 }] }, [4, 5]], "b": { "a": { "b": [6] } } });
        let tokens: Vec<&str> = way.iter().map(|&step| ["a", "b", "0", "1"][step]).collect();
        let path: String = std::iter::once("$".to_owned())
            .chain(tokens.iter().map(|token| match token.parse::<u8>() {
                Ok(index) => format!("[{index}]"),
                Err(_) => format!(".{token}"),
            }))
            .collect();
        let pointer: String = tokens.iter().map(|token| format!("/{token}")).collect();
        let expected: Vec<Value> = document.pointer(&pointer).cloned().into_iter().collect();
        prop_assert_eq!(select(&path, &document), expected);
    }
}
