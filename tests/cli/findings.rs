//! What is wrong with files: all at once, each with its place.

use crate::support::{Lab, root};
use crate::{run, stderr};

#[test]
fn everything_wrong_with_all_files_is_said_at_once() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    std::fs::write(dir.join("shape.yml"), "shape: ramp\nfrom: -5\nduration: 0s\n").unwrap();
    std::fs::write(
        dir.join("bad.yml"),
        format!(
            "name: bad run\nstack: {root}/stacks/exercise.yml\ntarget: {{ service: gatway-envoy, port: 8080 }}\n\
             load:\n  model: closed\n  shape: shape.yml\n  scenario: nowhere.yml\n  spawn_rate: -1\n  thinktime: 3\n\
             measure: {{ bin: 0s, services: [ms-exercize] }}\nslo: {{ p95: 250, error_rate: 1 }}\nsed: 1\n",
            root = root().display()
        ),
    )
    .unwrap();
    let o = run(&["run", "bad.yml"], dir);
    assert_eq!(o.status.code(), Some(2));
    let text = stderr(&o);
    for expected in [
        "bad.yml:1:7",
        "bad.yml:3:20",
        "did you mean `gateway-envoy`?",
        "nowhere.yml cannot be read",
        "spawn_rate",
        "unknown key `thinktime`",
        "did you mean `ms-exercise`?",
        "slo.p95 is a number without a unit",
        "slo.error_rate is a number without a `%`",
        "unknown key `sed`",
        "shape.yml:2:7",
        "shape.yml:3:11",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
    assert!(!dir.join("results").exists(), "nothing may be half done");
}

#[test]
fn each_kind_of_bad_file_has_its_own_words() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let cases: &[(&str, &str, &str)] = &[
        ("empty.yml", "", "empty"),
        ("syntax.yml", "name: [a\n", "syntax.yml:"),
        ("type.yml", "name: 3\nload: 5\n", "load must be a mapping"),
        ("shape.yml", "name: a\nload: { model: closed, shape: s.yml, scenario: c.yml }\n", "unknown"),
    ];
    std::fs::write(dir.join("s.yml"), "shape: zigzag\n").unwrap();
    std::fs::write(dir.join("c.yml"), "name: c\nsteps: [{ name: a, request: GET /x }]\nunknown: 1\n")
        .unwrap();
    for (name, text, expected) in cases {
        std::fs::write(dir.join(name), text).unwrap();
        let o = run(&["check", name], dir);
        assert_eq!(o.status.code(), Some(2), "{name}");
        assert!(stderr(&o).contains(expected), "{name}: {}", stderr(&o));
    }
    let o = run(&["check", "shape.yml"], dir);
    assert!(
        stderr(&o).contains("one of constant, ramp, step, stages, spike, peak, cyclical"),
        "{}",
        stderr(&o)
    );
    let o = run(&["check", "missing.yml"], dir);
    assert_eq!(o.status.code(), Some(2));
    assert!(stderr(&o).contains("missing.yml cannot be read"));
    std::fs::write(lab.dir.path().join("picture.yml"), b"\x89PNG\r\n\xff\xfe").unwrap();
    // Whatever takes a file says so of one that is there.
    for command in [
        &["check", "picture.yml"][..],
        &["run", "picture.yml"],
        &["campaign", "picture.yml", "--dry-run"],
        &["plan", "picture.yml"],
        &["weave", "picture.yml", "-o", "woven.yml"],
        &["simulate", "picture.yml"],
        &["catalogues", "show", "picture.yml"],
        &["shapes", "show", "picture.yml"],
        &["load", "http://127.0.0.1:1/", "--scenario", "picture.yml"],
        &["load", "http://127.0.0.1:1/", "--shape", "picture.yml"],
    ] {
        let o = run(command, lab.dir.path());
        let said = stderr(&o);
        assert_eq!(o.status.code(), Some(2), "{command:?}: {said}");
        assert!(said.contains("E113-not-text") && said.contains("is no text"), "{command:?}: {said}");
    }
}

/// What `check` says of an experiment on this stack, which it refuses.
fn refused_with(stack: &str) -> String {
    let lab = Lab::new();
    let write = |name: &str, text: &str| std::fs::write(lab.dir.path().join(name), text).unwrap();
    write("stack.yml", stack);
    write("s.yml", "shape: constant\n");
    write("c.yml", "name: c\nsteps: [{ name: a, request: GET /x }]\n");
    write(
        "e.yml",
        "name: e\nstack: stack.yml\ntarget: { service: web, port: 80 }\nload: { model: open, shape: s.yml, scenario: c.yml }\n",
    );
    let o = run(&["check", "e.yml"], lab.dir.path());
    assert_eq!(o.status.code(), Some(2));
    stderr(&o)
}

#[test]
fn an_invalid_stack_file_is_shown_with_its_own_lines() {
    let text = refused_with("services:\n  web:\n    imag: x\n    deploy: { replicas: many }\n");
    assert!(text.contains("stack.yml:3:5") && text.contains("did you mean `image`?"), "{text}");
    assert!(text.contains("stack.yml:4:25"), "{text}");
}

#[test]
fn findings_are_data_with_json() {
    let lab = Lab::new();
    std::fs::write(lab.dir.path().join("a.yml"), "name: a\n").unwrap();
    let o = run(&["--json", "check", "a.yml"], lab.dir.path());
    assert_eq!(o.status.code(), Some(2));
    let line: serde_json::Value = serde_json::from_slice(&o.stdout).unwrap();
    assert_eq!(line["event"], "diagnostics");
    assert!(line["diagnostics"].as_array().is_some_and(|d| d.iter().any(|f| f["path"] == "stack")), "{line}");
}

#[test]
fn a_variable_without_a_value_is_one_error_at_its_place() {
    let text = refused_with("services:\n  web:\n    image: ${NO_SUCH_IMAGE:?name an image}\n");
    assert!(text.contains("stack.yml:3:") && text.contains("name an image"), "{text}");
    assert!(!text.contains("could not be understood"), "{text}");
}

/// What is expected is what should stand at that place of an expression.
#[test]
fn a_mistake_in_an_expression_says_what_is_expected_there() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    for (path, words) in [
        ("/x?n={{1 +}}", "expected a number, a text in quotes, a variable or a function"),
        ("/x?n={{n|upper}}", "expected one of json, url, raw"),
        ("/x?n={{n", "expected `}}` behind it"),
    ] {
        std::fs::write(
            dir.join("s.yml"),
            format!("name: s\nsteps: [{{ name: a, request: 'GET {path}' }}]\n"),
        )
        .unwrap();
        let told = stderr(&run(&["check", "s.yml"], dir));
        assert!(told.contains(words) && !told.contains("expected a path"), "{told}");
    }
}
