//! What a reader says about values that are not what was asked for.
#![allow(clippy::unwrap_used, missing_docs)]

use insta::assert_snapshot;
use swarmlab_yaml::{Cx, Diagnostics, Value, load};

fn errors(text: &str, read: impl FnOnce(&Value<'_>) -> Option<()>) -> Diagnostics {
    let doc = load(text, "t.yml").unwrap();
    let cx = Cx::new(&doc);
    let value = read(&cx.root());
    cx.finish(value).expect_err("the reading should fail")
}

#[test]
fn all_errors_come_at_once_sorted_by_place() {
    let text = "\
name: 7
rate: fast
users: 0
share: 5
wait: 1 fortnight
init: yes
model: clsed
tags: [a, {b: c}, 3]
labels: {ok: v, bad: [1]}
extra key: 1
";
    let all = errors(text, |root| {
        let map = root.mapping()?;
        map.required("name", Value::string);
        map.required("rate", |v| v.float(0.0..=f64::MAX));
        map.required("users", |v| v.int(1..=10));
        map.required("share", Value::percent);
        map.required("wait", Value::duration);
        map.required("init", Value::bool);
        map.required("model", |v| v.enum_of(&[("open", ()), ("closed", ())]));
        map.required("tags", |v| v.list(Value::string));
        map.required("labels", |v| v.map(Value::text));
        map.required("seed", |v| v.int(0..=i64::MAX));
        map.finish();
        Some(())
    });
    assert_snapshot!(all, @r#"
    error[E002-missing-key]: `seed` is missing in the file
     --> t.yml:1:1 (seed)
      |
    1 | name: 7
      | ^^^^^^^
      = help: add `seed: …`

    error[E003-wrong-type]: name must be a string, found a whole number
     --> t.yml:1:7 (name)
      |
    1 | name: 7
      |       ^ expected a string
      = help: put it in quotes: "7"

    error[E003-wrong-type]: rate must be a number of at least 0, found a string (`fast`)
     --> t.yml:2:7 (rate)
      |
    2 | rate: fast
      |       ^^^^ expected a number of at least 0

    error[E004-bad-value]: users is 0, out of range
     --> t.yml:3:8 (users)
      |
    3 | users: 0
      |        ^ expected a whole number from 1 to 10

    error[E004-bad-value]: share is a number without a `%`
     --> t.yml:4:8 (share)
      |
    4 | share: 5
      |        ^ expected a percentage such as 1%, between 0% and 100%
      = help: write 5%

    error[E004-bad-value]: wait: `fortnight` is no unit of time (ns, us, ms, s, m, h, d)
     --> t.yml:5:7 (wait)
      |
    5 | wait: 1 fortnight
      |       ^^^^^^^^^^^ expected a duration such as 250ms, 1s or 1m30s

    error[E003-wrong-type]: init must be true or false, found the string `yes`
     --> t.yml:6:7 (init)
      |
    6 | init: yes
      |       ^^^ expected true or false
      = help: write true, without quotes

    error[E004-bad-value]: model cannot be `clsed`
     --> t.yml:7:8 (model)
      |
    7 | model: clsed
      |        ^^^^^ expected one of open, closed
      = help: did you mean `closed`?

    error[E003-wrong-type]: tags[1] must be a string, found a mapping
     --> t.yml:8:11 (tags[1])
      |
    8 | tags: [a, {b: c}, 3]
      |           ^^^^^^ expected a string

    error[E003-wrong-type]: tags[2] must be a string, found a whole number
     --> t.yml:8:19 (tags[2])
      |
    8 | tags: [a, {b: c}, 3]
      |                   ^ expected a string
      = help: put it in quotes: "3"

    error[E003-wrong-type]: labels.bad must be a string, found a list
     --> t.yml:9:22 (labels.bad)
      |
    9 | labels: {ok: v, bad: [1]}
      |                      ^^^ expected a string

    error[E001-unknown-key]: unknown key `extra key` in the file
      --> t.yml:10:1 ("extra key")
       |
    10 | extra key: 1
       | ^^^^^^^^^
       = help: known keys: `init`, `labels`, `model`, `name`, `rate`, `seed`, `share`, `tags`, `users`, `wait`

    12 errors
    "#);
}

#[test]
fn a_root_of_the_wrong_type_and_an_empty_value_are_named() {
    assert_snapshot!(errors("- a\n", |v| v.mapping().map(|_| ())), @r"
    error[E003-wrong-type]: the file must be a mapping, found a list
     --> t.yml:1:1
      |
    1 | - a
      | ^^^ expected a mapping

    1 error
    ");
    assert_snapshot!(errors("name:\n", |v| v.mapping()?.string("name").map(|_| ())), @r"
    error[E002-missing-key]: `name` of the file has no value
     --> t.yml:1:1 (name)
      |
    1 | name:
      | ^^^^
      = help: add `name: …`

    1 error
    ");
}

#[test]
fn a_forgetful_reader_still_fails_with_a_reason() {
    assert!(errors("a: 1\n", |_| None).to_string().contains("E000"));
}

#[test]
fn findings_have_a_form_for_machines() {
    let all = errors("name: 7\n", |v| v.mapping()?.string("name").map(|_| ()));
    assert_snapshot!(serde_json::to_string_pretty(&all).unwrap(), @r#"
    [
      {
        "code": "E003-wrong-type",
        "severity": "error",
        "file": "t.yml",
        "span": {
          "offset": 6,
          "len": 1,
          "line": 1,
          "column": 7
        },
        "path": "name",
        "message": "name must be a string, found a whole number",
        "expected": "a string",
        "help": "put it in quotes: \"7\"",
        "source_line": "name: 7"
      }
    ]
    "#);
}

#[test]
fn long_lines_are_cut_around_the_spot() {
    let text = format!("a: [{}oops]\n", "12345, ".repeat(60));
    let all = errors(&text, |v| v.mapping()?.required("a", |v| v.list(|v| v.int(0..=9_999_999))).map(|_| ()));
    assert_snapshot!(all, @r"
    error[E003-wrong-type]: a[60] must be a whole number from 0 to 9999999, found a string (`oops`)
     --> t.yml:1:425 (a[60])
      |
    1 | ...12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, 12345, oops]
      |                                                                          ^^^^ expected a whole number from 0 to 9999999

    1 error
    ");
}

#[test]
fn warnings_alone_do_not_fail() {
    let doc = load("a: 1\n", "t.yml").unwrap();
    let cx = Cx::new(&doc);
    let map = cx.root().mapping().unwrap();
    map.get("a").unwrap().warn(swarmlab_codes::IGNORED_KEY, "a has no effect");
    let (_, warnings) = cx.finish(Some(())).unwrap();
    assert_eq!(warnings.counts(), (0, 1));
}

#[test]
fn keys_with_an_accepted_prefix_are_not_unknown() {
    let doc = load("x-any: 1\nb: 2\n", "t.yml").unwrap();
    let cx = Cx::new(&doc);
    cx.root().mapping().unwrap().known(&["b"]).known_prefix("x-").finish();
    assert!(cx.finish(Some(())).is_ok());
}

#[test]
fn unlisted_keys_are_accepted_and_not_recommended() {
    let all = errors("old: 1\nnwe: 2\n", |v| {
        let map = v.mapping()?;
        map.get_unlisted("old");
        map.get("new");
        map.finish();
        Some(())
    });
    assert_eq!(all.len(), 1, "{all}");
    assert!(all.to_string().contains("the only known key is `new`"), "{all}");
}

#[test]
fn many_wrong_values_are_read_in_moderate_time() {
    let text = format!("a:\n{}", "- x\n".repeat(20_000));
    let all = errors(&text, |v| v.mapping()?.required("a", |v| v.list(Value::bool)).map(|_| ()));
    assert!(all.len() <= 200);
}
