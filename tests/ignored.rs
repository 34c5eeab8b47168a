//! Tests that a plain `cargo test` leaves out: each says how it is run, `scripts/test` runs it so, and the README names that.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every Rust file below a folder.
fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// A test that is left out: its program (`cargo test --test PROGRAM`), its name, why and how it is run.
struct Ignored {
    program: String,
    name: String,
    why: String,
}

fn ignored() -> Vec<Ignored> {
    let mut folders = vec![root().join("tests")];
    folders
        .extend(std::fs::read_dir(root().join("crates")).unwrap().map(|e| e.unwrap().path().join("tests")));
    let mut out = Vec::new();
    for folder in folders {
        let mut files = Vec::new();
        sources(&folder, &mut files);
        for file in files {
            let below = file.strip_prefix(&folder).unwrap();
            let program = Path::new(below.components().next().unwrap().as_os_str()).file_stem().unwrap();
            let text = read(&file);
            let mut lines = text.lines().map(str::trim);
            while let Some(line) = lines.next() {
                let Some(rest) = line.strip_prefix("#[ignore") else { continue };
                let why = rest.trim_start_matches(" = \"").trim_end_matches("\"]").to_owned();
                let named = lines.by_ref().find_map(|l| l.split_once("fn ")?.1.split_once('('));
                let name = named.unwrap().0.to_owned();
                out.push(Ignored { program: program.to_str().unwrap().to_owned(), name, why });
            }
        }
    }
    out
}

#[test]
fn what_is_left_out_is_run_by_the_script_as_it_says() {
    let (script, readme) = (read(&root().join("scripts/test")), read(&root().join("README.md")));
    let runs: Vec<&str> = script
        .lines()
        .filter(|line| line.contains("--ignored") && !line.trim_start().starts_with('#'))
        .collect();
    let all = ignored();
    assert!(all.len() > 50, "only {} were found", all.len());
    for Ignored { program, name, why } in &all {
        assert!(why.contains("scripts/test"), "{name}: {why:?} does not say how it is run");
        let flag = ["--long", "--quiet-machine"].into_iter().find(|flag| why.contains(flag));
        let by = runs.iter().any(|run| {
            let words: Vec<&str> = run.split_whitespace().collect();
            let behind = |flag: &str| -> Vec<&str> {
                words.windows(2).filter(|pair| pair[0] == flag).map(|pair| pair[1]).collect()
            };
            // What a line ends with that is no flag and no flag's value chooses by name.
            let chosen = ["endurance_", "quiet_machine"]
                .into_iter()
                .find(|part| words.ends_with(&[part]) && !words.ends_with(&["--skip", part]));
            behind("--test").contains(&program.as_str())
                && !behind("--skip").iter().any(|part| name.contains(part))
                && chosen.is_none_or(|part| name.contains(part))
        });
        assert!(by, "no line of scripts/test runs {program}: {name}");
        // What is chosen or skipped by its name takes the flag that its text says.
        let by_name = if name.starts_with("endurance_") || program == "closed_forms" {
            Some("--long")
        } else {
            name.contains("quiet_machine").then_some("--quiet-machine")
        };
        assert_eq!(flag, by_name, "{name}: {why:?}");
        let command = format!("scripts/test {}", flag.unwrap_or_default());
        assert!(readme.contains(command.trim_end()), "the README does not name `{command}` ({name})");
    }
}
