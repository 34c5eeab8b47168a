//! `init`: files that can be checked and run at once, and nothing that is there is written over.

use crate::{run, stderr};

const STACK: &str = "\
services:
  db: { image: postgres, ports: [\"5432:5432\"] }
  shop: { image: shop, ports: [\"8080:80\"] }
  admin: { image: admin, ports: [\"8081:8000\"] }
";

#[test]
fn a_first_experiment_is_one_that_check_finds_fine() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("stack.yml"), STACK).unwrap();
    let o = run(&["init", "stack.yml", "-o", "lab"], dir.path());
    let said = String::from_utf8_lossy(&o.stdout).into_owned();
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    for words in [
        "shop:80, GET / (a guess)",
        "admin:8000: --service NAME:PORT",
        "shop-front before shop",
        "swarmlab run lab/experiment.yml",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let experiment = std::fs::read_to_string(dir.path().join("lab/experiment.yml")).unwrap();
    assert!(experiment.contains("stack: ../stack.yml"), "{experiment}");
    let o = run(&["check", "lab/experiment.yml"], dir.path());
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    // What is there is its owner's.
    std::fs::write(dir.path().join("lab/scenario.yml"), "mine").unwrap();
    let o = run(&["init", "stack.yml", "-o", "lab"], dir.path());
    assert_eq!(o.status.code(), Some(2), "{}", stderr(&o));
    assert!(stderr(&o).contains("exists already") && stderr(&o).contains("--force"), "{}", stderr(&o));
    assert_eq!(std::fs::read_to_string(dir.path().join("lab/scenario.yml")).unwrap(), "mine");
    let o = run(&["init", "stack.yml", "-o", "lab", "--force", "--service", "admin"], dir.path());
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let scenario = std::fs::read_to_string(dir.path().join("lab/scenario.yml")).unwrap();
    assert!(scenario.contains("GET /"), "{scenario}");
    for (args, words) in [
        (["--service", "shp"], "did you mean `shop`?"),
        (["--service", "db"], "E266"),
        (["--service", "a,b"], "expected one service"),
        (["--wait", "5s"], "--prove"),
    ] {
        let o = run(&[&["init", "stack.yml", "-o", "other"], &args[..]].concat(), dir.path());
        assert!(o.status.code() == Some(2) && stderr(&o).contains(words), "{args:?}: {}", stderr(&o));
    }
    assert!(!dir.path().join("other").exists());
}
