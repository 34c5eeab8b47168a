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

#[test]
fn the_stack_is_found_from_wherever_the_files_stand_and_never_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let app = dir.path().join("deep/app");
    std::fs::create_dir_all(&app).unwrap();
    std::fs::write(app.join("stack.yml"), STACK).unwrap();
    // Another stack lies where a way that counts `..` as a folder would end.
    std::fs::write(dir.path().join("stack.yml"), "services: { other: { image: x, ports: [\"1:80\"] } }\n")
        .unwrap();
    std::os::unix::fs::symlink(dir.path(), app.join("link")).unwrap();
    for (output, way) in [
        ("../lab", "../app/stack.yml"),
        ("link/lab2", "../deep/app/stack.yml"),
        ("sub/../lab3", "../stack.yml"),
    ] {
        std::fs::create_dir_all(app.join("sub")).unwrap();
        let o = run(&["init", "stack.yml", "-o", output], &app);
        assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
        let file = app.join(output).join("experiment.yml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(&format!("stack: {way}\n")), "{output}: {text}");
        let o = run(&["check", file.to_str().unwrap()], dir.path());
        assert!(
            o.status.success() && String::from_utf8_lossy(&o.stdout).contains("shop"),
            "{output}: {}",
            stderr(&o)
        );
    }
    // Under its own file's name, also through a link.
    std::fs::copy(app.join("stack.yml"), app.join("experiment.yml")).unwrap();
    let o = run(&["init", "experiment.yml", "--force"], &app);
    assert!(o.status.code() == Some(2) && stderr(&o).contains("is the stack file itself"), "{}", stderr(&o));
    assert_eq!(std::fs::read_to_string(app.join("experiment.yml")).unwrap(), STACK);
}
