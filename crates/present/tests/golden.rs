//! Run folders that were written by real runs, one of each kind and layout: re-computing them gives the same bytes.
//!
//! A folder in `golden/` has the raw files (`raw/`), what must come out (`expected/`: the summary and the frame as text, so
//! that a difference can be read), and the digests of everything else that comes out (`expected/digests.txt`). After a
//! change that is meant: `SWARMLAB_BLESS=1 cargo test -p swarmlab-present --test golden`, and look at the difference.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use swarmlab_present::recompute;
use swarmlab_record::folder::RunFolder;

/// Compared byte by byte; of the others the digest.
const AS_TEXT: [&str; 3] = ["summary.json", "frame.csv", "correlations.csv"];
/// Parquet holds the writing program's version, and its bytes hang on the compressor's; what it says is tested in its room.
const NOT_COMPARED: &str = "parquet";

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn copied(raw: &Path) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(raw).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), dir.path().join(entry.file_name())).unwrap();
    }
    dir
}

/// Everything in a folder but `inputs`, by its path in it.
fn outputs(root: &Path, inputs: &[String]) -> BTreeMap<String, Vec<u8>> {
    let mut out = BTreeMap::new();
    let mut next = vec![root.to_owned()];
    while let Some(dir) = next.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_dir() {
                next.push(path);
            } else if !inputs.contains(&name) && path.extension().is_none_or(|e| e != NOT_COMPARED) {
                out.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    out
}

fn digests(outputs: &BTreeMap<String, Vec<u8>>) -> String {
    let mut text = String::new();
    for (name, bytes) in outputs.iter().filter(|(n, _)| !AS_TEXT.contains(&n.as_str())) {
        let digest: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        writeln!(text, "{digest}  {name}").unwrap();
    }
    text
}

fn check(kind: &str) {
    let folder = golden().join(kind);
    let dir = copied(&folder.join("raw"));
    let mut inputs: Vec<String> = fs::read_dir(dir.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|name| !AS_TEXT.contains(&name.as_str()))
        .collect();
    inputs.extend(["events.jsonl", "load.json", "manifest.json"].map(str::to_owned));
    recompute::analyse(&RunFolder::open(dir.path())).unwrap();
    let first = outputs(dir.path(), &inputs);
    recompute::analyse(&RunFolder::open(dir.path())).unwrap();
    assert!(
        first == outputs(dir.path(), &inputs),
        "{kind}: the second time gives other bytes than the first"
    );
    let expected = folder.join("expected");
    if std::env::var_os("SWARMLAB_BLESS").is_some() {
        fs::create_dir_all(&expected).unwrap();
        for name in AS_TEXT {
            fs::write(expected.join(name), &first[name]).unwrap();
        }
        fs::write(expected.join("digests.txt"), digests(&first)).unwrap();
    }
    for name in AS_TEXT {
        let want = fs::read_to_string(expected.join(name)).unwrap();
        let got = String::from_utf8(first[name].clone()).unwrap();
        let differs = want.lines().zip(got.lines()).position(|(a, b)| a != b);
        let at = differs.map_or("at its end".to_owned(), |i| {
            let line = |t: &str| t.lines().nth(i).unwrap_or_default().chars().take(300).collect::<String>();
            format!("in line {}:\n  expected {}\n  got      {}", i + 1, line(&want), line(&got))
        });
        assert!(want == got, "{kind}/{name} differs {at}");
    }
    assert_eq!(fs::read_to_string(expected.join("digests.txt")).unwrap(), digests(&first), "{kind}");
}

macro_rules! golden_folders {
    ($($test:ident: $folder:literal,)*) => {
        $(#[test]
        fn $test() {
            check($folder);
        })*

        #[test]
        fn every_folder_has_a_test() {
            let mut found: Vec<String> = fs::read_dir(golden())
                .unwrap()
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .collect();
            found.sort();
            assert_eq!(found, [$($folder),*]);
        }
    };
}

golden_folders! {
    an_embedded_run_of_the_first_layout: "1-embedded",
    a_killed_run_of_the_first_layout: "1-killed",
    a_load_of_the_first_layout: "1-load",
    a_run_on_a_swarm_of_the_first_layout: "1-swarm",
    an_embedded_run: "2-embedded",
    a_killed_run: "2-killed",
    a_load: "2-load",
    a_run_on_a_swarm: "2-swarm",
}
