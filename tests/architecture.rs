//! The map in docs/architecture.md against the crates as they are: each room knows what its row says, rows know only rows
//! above them, and readers of a run cannot see how it was measured.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Readers of a run: nothing of these may be below them.
const READERS: [&str; 8] =
    ["record", "frame", "stats", "analysis", "calibrate", "compare", "report", "present"];
const HOW_IT_WAS_MEASURED: [&str; 9] =
    ["tokio", "hyper", "reqwest", "bollard", "rustls", "mio", "loadgen", "testbed", "swarm"];

struct Row {
    name: String,
    knows: BTreeSet<String>,
}

/// The rows of the table: `| [row] | \`name\` | owns | knows |`.
fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let text = std::fs::read_to_string(path).unwrap();
    let table = text.split("## The map").nth(1).unwrap().split("\n## ").next().unwrap();
    let cells = |line: &str| line.split('|').map(|c| c.trim().to_owned()).collect::<Vec<_>>();
    let named = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    table
        .lines()
        .map(cells)
        .filter(|c| c.len() == 6 && c[2].starts_with('`'))
        .map(|c| Row { name: named(&c[2])[0].clone(), knows: named(&c[4]).into_iter().collect() })
        .collect()
}

/// Packages of the build by name, with what they need at run time.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    // For this platform alone: of the others' crates nothing need be on this machine.
    let told = Command::new("rustc").arg("-vV").output().unwrap();
    let told = String::from_utf8(told.stdout).unwrap();
    let host = told.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let all: Value = serde_json::from_slice(&out.stdout).unwrap();
    let list = |v: &Value| v.as_array().unwrap().clone();
    let id = |v: &Value| v["id"].as_str().unwrap().to_owned();
    let name: BTreeMap<String, String> =
        list(&all["packages"]).iter().map(|p| (id(p), short(p["name"].as_str().unwrap()))).collect();
    let needed = |d: &Value| list(&d["dep_kinds"]).iter().any(|k| k["kind"].is_null());
    list(&all["resolve"]["nodes"])
        .iter()
        .map(|n| {
            let deps = list(&n["deps"]);
            let below = deps.iter().filter(|d| needed(d)).map(|d| name[d["pkg"].as_str().unwrap()].clone());
            (name[&id(n)].clone(), below.collect())
        })
        .collect()
}

/// `swarmlab-frame` is the room `frame`; the binary's own package is `swarmlab`.
fn short(package: &str) -> String {
    package.strip_prefix("swarmlab-").unwrap_or(package).to_owned()
}

#[test]
fn the_map_is_what_cargo_says() {
    let packages = packages();
    let rows = rows();
    let rooms: BTreeSet<String> = rows.iter().map(|r| r.name.clone()).collect();
    let folders: BTreeSet<String> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("crates"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .chain(["swarmlab".to_owned()])
        .collect();
    assert_eq!(rooms, folders, "docs/architecture.md has a row for each crate, and no other");
    for row in &rows {
        let real: BTreeSet<String> =
            packages[&row.name].iter().filter(|d| rooms.contains(*d)).cloned().collect();
        assert_eq!(row.knows, real, "what `{}` knows: the map says left, Cargo says right", row.name);
    }
}

#[test]
fn a_row_knows_only_rows_above_it() {
    let mut above = BTreeSet::new();
    for row in rows() {
        for known in &row.knows {
            assert!(above.contains(known), "`{}` stands above `{known}`, which it knows", row.name);
        }
        above.insert(row.name);
    }
}

#[test]
fn readers_cannot_see_how_a_run_was_measured() {
    let packages = packages();
    for reader in READERS {
        let mut seen = BTreeSet::new();
        let mut next = vec![reader.to_owned()];
        while let Some(name) = next.pop() {
            if seen.insert(name.clone()) {
                next.extend(packages.get(&name).into_iter().flatten().cloned());
            }
        }
        let forbidden: Vec<_> = HOW_IT_WAS_MEASURED.iter().filter(|f| seen.contains(**f)).collect();
        assert!(forbidden.is_empty(), "`{reader}` can see {forbidden:?}");
    }
}
