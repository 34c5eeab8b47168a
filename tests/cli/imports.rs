//! `scenario import`.

use crate::support::{Lab, root};
use crate::{run, stderr};

/// A file of the importer's own tests.
fn imported(name: &str) -> String {
    root().join("crates/import/tests/files").join(name).display().to_string()
}

#[test]
fn what_is_imported_passes_check() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    for (name, counts) in [
        ("shop.har", "1 class, 1 task, 7 steps"),
        ("proxy.har", "1 class, 1 task, 3 steps"),
        ("petshop.yaml", "1 class, 2 tasks, 6 steps"),
        ("tickets.json", "1 class, 1 task, 3 steps"),
        ("legacy.json", "1 class, 1 task, 3 steps"),
    ] {
        let out = format!("{name}.yml");
        let o = run(&["scenario", "import", &imported(name), "-o", &out], dir);
        assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
        let checked = run(&["check", &out], dir);
        assert_eq!(checked.status.code(), Some(0), "{}", stderr(&checked));
        let told = String::from_utf8(checked.stdout).unwrap();
        assert!(told.contains(counts), "{name}: {told}");
    }
    let table = dir.join("shop.har.secrets.csv");
    assert_eq!(std::fs::read_to_string(&table).unwrap(), "password,csrf_token\nchange-me,change-me\n");
    // Neither a scenario nor its secrets are written over.
    std::fs::write(&table, "password,csrf_token\nreal,ones\n").unwrap();
    let again = ["scenario", "import", &imported("shop.har"), "-o", "shop.har.yml"];
    let o = run(&again, dir);
    assert!(o.status.code() == Some(2) && stderr(&o).contains("--force"), "{}", stderr(&o));
    let o = run(&[&again[..], &["--force"]].concat(), dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    assert!(std::fs::read_to_string(&table).unwrap().contains("real"));
    // One iteration is looked at before a load of it.
    let told = String::from_utf8(o.stdout).unwrap();
    let look = told.lines().position(|line| line.ends_with("--scenario shop.har.yml --debug"));
    assert!(look.is_some() && look < told.lines().position(|line| line.ends_with("shop.har.yml")), "{told}");
}

#[test]
fn what_cannot_be_imported_is_told_by_its_code() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    std::fs::write(dir.join("half.har"), "{\"log\": {\"entries\": [").unwrap();
    std::fs::write(dir.join("package.json"), "{\"name\": \"x\"}").unwrap();
    std::fs::write(dir.join("empty.har"), "{\"log\": {\"entries\": []}}").unwrap();
    std::fs::write(dir.join("api4.yml"), "openapi: 4.0.0\npaths: {}\n").unwrap();
    std::fs::write(dir.join("shape.yml"), "shape: constant\nlevel: 1\nduration: 1s\n").unwrap();
    for (name, words) in [
        ("api4.yml", "OpenAPI 4.0.0 is not known: OpenAPI 3.0 and 3.1 and Swagger 2.0 are read"),
        ("shape.yml", "it is a load shape: `swarmlab shapes show shape.yml`"),
    ] {
        let o = run(&["scenario", "import", name], dir);
        let told = stderr(&o);
        assert!(o.status.code() == Some(2) && told.contains("E326") && told.contains(words), "{told}");
    }
    for (name, code) in
        [("half.har", "E325"), ("package.json", "E326"), ("empty.har", "E327"), ("nowhere", "E604")]
    {
        let o = run(&["scenario", "import", name], dir);
        assert_eq!(o.status.code(), Some(2), "{name}");
        assert!(stderr(&o).contains(code), "{}", stderr(&o));
    }
}
