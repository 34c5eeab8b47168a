//! What the pages of `swarmlab explain` show as an example makes what they explain.
#![allow(clippy::unwrap_used)]

use std::fs::{File, write};
use std::path::Path;

use swarmlab_codes::{Code, DEMO_OPTION, Room, UNKNOWN_SERVICE, all};
use swarmlab_experiment::{read, read_controllers, read_scenario, read_shape_with_warnings, read_simulation};

/// The files that the examples name.
fn files(folder: &Path) {
    for (name, text) in [
        ("stack.yml", "services:\n  gateway: { image: i, ports: ['8080:8080'] }\n"),
        (
            "global.yml",
            "services:\n  gateway: { image: i, ports: ['8080:8080'] }\n  agent: { image: i, deploy: { mode: global } }\n",
        ),
        (
            "keeps-data.yml",
            "services:\n  gateway: { image: i, ports: ['8080:8080'], volumes: ['data:/data'] }\nvolumes: { data: }\n",
        ),
        ("users.yml", "shape: constant\nlevel: 1\nduration: 10s\n"),
        ("journey.yml", "name: s\nsteps: [{ request: GET / }]\n"),
        ("two-targets.yml", "name: s\nsteps: [{ request: GET /, target: agent }]\n"),
        ("rates.csv", "t,rate\n0,1\n10,2\n"),
        ("not-a-trace.csv", "this is\nno trace\n"),
        ("empty.csv", ""),
        ("queue.yml", "name: q\nrole: application\nmetrics: [{ metric: x, meaning: queue, kind: gauge }]\n"),
        (
            "access.log",
            "127.0.0.1 - - [10/Oct/2024:13:55:36 +0000] \"GET / HTTP/1.0\" 200 1\nbroken\n\
             127.0.0.1 - - [10/Oct/2024:13:55:46 +0000] \"GET / HTTP/1.0\" 200 1\n",
        ),
    ] {
        write(folder.join(name), text).unwrap();
    }
    let cart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../loadshapes/scenarios/cart.binpb");
    std::fs::copy(cart, folder.join("cart.binpb")).unwrap();
    // A file with a hole takes no room.
    write(folder.join("picture.yml"), b"\x89PNG\r\n\xff\xfe").unwrap();
    File::create(folder.join("huge.bin")).unwrap().set_len(65 << 20).unwrap();
}

/// The keys of an experiment that the example does not give itself.
fn whole(example: &str) -> String {
    let mut text = example.to_owned();
    for line in [
        "name: e",
        "stack: stack.yml",
        "target: { service: gateway, port: 8080 }",
        "load: { model: closed, shape: users.yml, scenario: journey.yml }",
    ] {
        let key = line.split(':').next().unwrap();
        if !example.lines().any(|l| l.starts_with(&format!("{key}:"))) {
            text.push_str(&format!("\n{line}"));
        }
    }
    text
}

fn found(folder: &Path, code: Code) -> Option<Vec<Code>> {
    let (first, text) = code.example().split_once('\n')?;
    let path = folder.join(first.strip_prefix("# ")?);
    let said = match first {
        "# shape.yml" => {
            write(&path, text).unwrap();
            read_shape_with_warnings(&path).map_or_else(|findings| findings, |(_, warnings)| warnings)
        }
        "# scenario.yml" => {
            write(&path, text).unwrap();
            read_scenario(&path).map_or_else(|findings| findings, |_| Default::default())
        }
        "# experiment.yml" => {
            write(&path, whole(text)).unwrap();
            read(&path, &|_| None).map_or_else(|findings| findings, |loaded| loaded.warnings)
        }
        "# controllers.yml" => {
            write(&path, text).unwrap();
            read_controllers(&path, &|_| None, None).map_or_else(|findings| findings, |read| read.warnings)
        }
        "# simulation.yml" => {
            write(&path, text).unwrap();
            read_simulation(&path).map_or_else(|findings| findings, |read| read.warnings)
        }
        "# catalogue.yml" => swarmlab_catalogue::parse(text, "catalogue.yml")
            .map_or_else(|findings| findings, |_| Default::default()),
        _ => return None,
    };
    Some(said.iter().map(|d| d.code).collect())
}

#[test]
fn each_example_makes_its_finding() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path());
    let mut tried = 0;
    let mut wrong = Vec::new();
    // What the sample application would refuse is found by the command line, which knows its options.
    let told_here = |c: &Code| matches!(c.room(), Room::Experiment | Room::Load) || *c == UNKNOWN_SERVICE;
    let is_file = |c: &Code| !c.example().starts_with("swarmlab ");
    for code in all().filter(|c| told_here(c) && is_file(c) && *c != DEMO_OPTION) {
        match found(folder.path(), code) {
            Some(found) if found == [code] => tried += 1,
            other => wrong.push(format!("{code} makes {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(tried >= 12, "only {tried}");
}
