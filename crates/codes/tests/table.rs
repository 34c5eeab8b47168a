//! The table is whole: unique, in its ranges, used, documented.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use swarmlab_codes::{Code, Level, all, find, markdown};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The files below a folder whose names end so.
fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            files(&path, ending, found);
        } else if name.ends_with(ending) {
            found.push(path);
        }
    }
}

#[test]
fn numbers_names_and_constants_are_unique() {
    let count = all().count();
    assert_eq!(all().map(Code::number).collect::<BTreeSet<_>>().len(), count, "a number is there twice");
    assert_eq!(all().map(Code::name).collect::<BTreeSet<_>>().len(), count, "a name is there twice");
    assert_eq!(all().map(Code::constant).collect::<BTreeSet<_>>().len(), count);
    let numbers: Vec<u16> = all().map(Code::number).collect();
    assert!(numbers.is_sorted(), "rows stand in the order of their numbers: {numbers:?}");
}

#[test]
fn each_row_keeps_to_the_form() {
    for code in all() {
        let letter = if code.level() == Level::Error { 'E' } else { 'W' };
        assert_eq!(code.id(), format!("{letter}{:03}-{}", code.number(), code.name()));
        assert_eq!(code.number() / 100, code.room().hundreds(), "{code} stands in another room's range");
        assert_eq!(code.constant().to_lowercase().replace('_', "-"), code.name());
        assert!(code.name().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        assert_eq!(code.level() == Level::Warning, code.exit() == 0, "{code}: warnings alone end nothing");
        for (what, text) in [("meaning", code.means()), ("advice", code.advice())] {
            assert!(text.len() > 5 && text.ends_with('.'), "{code}: {what} is no sentence: {text:?}");
        }
        assert!(!code.title().ends_with('.') && code.title().len() <= 80, "{code}");
        assert!(!code.example().is_empty(), "{code} has no example");
    }
}

#[test]
fn a_code_is_found_by_each_of_its_names() {
    for code in all() {
        let number = format!("{:03}", code.number());
        for text in [code.id(), code.name(), code.short(), &number, &code.short().to_lowercase()] {
            assert_eq!(find(text), Some(code), "{text}");
        }
    }
    for text in ["", "E", "e", "E2", "99", "nothing", "W204", "E203", "-"] {
        assert_eq!(find(text), None, "{text:?}");
    }
}

#[test]
fn each_code_is_told_somewhere() {
    let mut sources = Vec::new();
    for folder in ["src", "crates"] {
        files(&root().join(folder), ".rs", &mut sources);
    }
    let own = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "codes");
    let test = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "tests");
    let text: String =
        sources.iter().filter(|p| !own(p) && !test(p)).map(|p| read_to_string(p).unwrap()).collect();
    // `codes::NAME` or `swarmlab_codes::NAME`.
    let words: BTreeSet<&str> = text
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != ':')
        .filter(|word| word.contains("codes::"))
        .map(|word| word.trim_start_matches("swarmlab_"))
        .collect();
    let unused: Vec<Code> =
        all().filter(|code| !words.contains(format!("codes::{}", code.constant()).as_str())).collect();
    assert!(unused.is_empty(), "written down and never told: {unused:?}");
}

#[test]
fn each_code_that_the_documents_mention_exists() {
    let mut documents = Vec::new();
    files(&root().join("docs"), ".md", &mut documents);
    documents.push(root().join("README.md"));
    documents.push(root().join("CHANGELOG.md"));
    for path in documents {
        let text = read_to_string(&path).unwrap();
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            let short = word.split('-').next().unwrap_or_default();
            let number = short.strip_prefix(['E', 'W']).unwrap_or_default();
            if number.len() != 3 || !number.bytes().all(|b| b.is_ascii_digit()) {
                continue;
            }
            // `E999` stands for one that does not exist.
            let known = short == "E999" || find(if word.ends_with('-') { short } else { word }).is_some();
            assert!(known, "{}: no code {word}", path.display());
        }
    }
}

#[test]
fn the_document_is_the_table() {
    let path = root().join("docs/errors.md");
    let written = read_to_string(&path).unwrap_or_default();
    assert!(written == markdown(), "write it anew: swarmlab explain --markdown > docs/errors.md");
}

#[test]
fn a_page_reads_like_this() {
    let expected = "\
E204-unknown-service: the stack has no service of this name

The experiment's `target` or `measure.services` names a service that the stack
file does not have.

Example

    # experiment.yml
    target: { service: gatewai, port: 8080 }

What to do

Take one of the names that the caret line lists, or add the service to the stack
file.

Stack file; ends with exit code 2.";
    assert_eq!(swarmlab_codes::UNKNOWN_SERVICE.page(), expected);
    for code in all() {
        let example: Vec<&str> = code.example().lines().collect();
        for line in code.page().lines().filter(|l| !example.contains(&l.trim_start_matches("    "))) {
            assert!(line.chars().count() <= 100, "{code}: {line}");
        }
    }
}
