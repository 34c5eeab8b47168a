//! `explain`, and the page that it writes.

use crate::support::{Lab, root};
use crate::{run, stderr};

#[test]
fn a_code_is_explained_by_each_of_its_names() {
    let lab = Lab::new();
    let explain = |args: &[&str]| run(&[&["explain"], args].concat(), lab.dir.path());
    let page = explain(&["E204"]);
    assert!(page.status.success() && page.stderr.is_empty());
    let page = String::from_utf8(page.stdout).unwrap();
    assert_eq!(page.trim_end(), swarmlab_codes::UNKNOWN_SERVICE.page(), "no escapes in a pipe");
    for name in ["e204", "204", "E204-unknown-service", "unknown-service"] {
        assert_eq!(String::from_utf8(explain(&[name]).stdout).unwrap(), page, "{name}");
    }
    let told: serde_json::Value = serde_json::from_slice(&explain(&["204", "--json"]).stdout).unwrap();
    assert_eq!((&told["event"], &told["code"]), (&"explained".into(), &"E204-unknown-service".into()));
    for (wrong, near) in [("E999", "E913-unhealthy"), ("unknown-servcie", "E204-unknown-service")] {
        let o = explain(&[wrong]);
        assert_eq!(o.status.code(), Some(2));
        assert!(stderr(&o).contains(&format!("did you mean `{near}`?")), "{}", stderr(&o));
    }
}

#[test]
fn all_codes_are_listed_and_the_document_is_what_explain_prints() {
    let lab = Lab::new();
    let list = String::from_utf8(run(&["explain"], lab.dir.path()).stdout).unwrap();
    let kinds = swarmlab_intervals::ErrorKind::ALL;
    // The names of failed requests are a table of their own.
    assert_eq!(list.lines().count(), swarmlab_codes::all().count() + 1 + 2 + kinds.len(), "{list}");
    assert!(list.starts_with("code  name "), "{list}");
    for kind in kinds {
        let o = run(&["explain", kind.name()], lab.dir.path());
        let page = String::from_utf8(o.stdout.clone()).unwrap();
        assert!(o.status.success() && page.contains(kind.advice()), "{}", stderr(&o));
    }
    let json = run(&["explain", "--json"], lab.dir.path());
    let told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(told["codes"].as_array().unwrap().len(), swarmlab_codes::all().count());
    let document = run(&["explain", "--markdown"], lab.dir.path()).stdout;
    assert!(
        document == std::fs::read(root().join("docs/errors.md")).unwrap(),
        "docs/errors.md is out of date"
    );
    let both = run(&["explain", "E204", "--markdown"], lab.dir.path());
    assert_eq!(both.status.code(), Some(2));
}
