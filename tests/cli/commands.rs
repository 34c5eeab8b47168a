//! Arguments, and what commands need to be there.

use crate::support::{Lab, swarmlab};
use crate::{run, stderr};

#[test]
fn arguments_are_checked_with_exit_code_2() {
    let lab = Lab::new();
    for args in [
        &["run"][..],
        &["frobnicate"],
        &["scale", "x", "a"],
        &["up", "x.yml", "--wait", "5"],
        &["demo", "proxy"],
    ] {
        assert_eq!(run(args, lab.dir.path()).status.code(), Some(2), "{args:?}");
    }
    let help = run(&["--help"], lab.dir.path());
    assert!(help.status.success());
    assert!(String::from_utf8_lossy(&help.stdout).contains("Exit codes"));
}

/// A name of a file need not be a text.
#[test]
fn arguments_that_are_no_text_are_checked_as_well() {
    use std::os::unix::ffi::OsStrExt;
    let odd = std::ffi::OsStr::from_bytes(b"\xff.yml");
    let o = swarmlab().args(["check".as_ref(), odd, "--nothing".as_ref()]).output().unwrap();
    assert!(o.status.code() == Some(2) && stderr(&o).contains("--nothing"), "{}", stderr(&o));
    // Nor that of a folder, whatever is told of it.
    let lab = Lab::new();
    let folder = lab.dir.path().join(std::ffi::OsStr::from_bytes(b"u\xff"));
    let raw = crate::support::root().join("crates/present/tests/golden/2-load/raw");
    std::fs::create_dir_all(folder.join("run")).unwrap();
    for file in std::fs::read_dir(raw).unwrap().flatten() {
        std::fs::copy(file.path(), folder.join("run").join(file.file_name())).unwrap();
    }
    let run = folder.join("run");
    for args in [
        ["report".as_ref(), run.as_os_str()],
        ["list".as_ref(), folder.as_os_str()],
        ["open".as_ref(), run.as_os_str()],
    ] {
        for json in [&[][..], &["--json"]] {
            let o = swarmlab()
                .args(args)
                .args(json)
                .env_remove("DISPLAY")
                .env_remove("BROWSER")
                .output()
                .unwrap();
            assert_eq!(o.status.code(), Some(0), "{args:?}: {}", stderr(&o));
        }
    }
}

#[test]
fn no_engine_is_an_environment_error_that_says_what_to_do() {
    let lab = Lab::new();
    for args in [
        &["--engine", "unix:///nowhere.sock", "status"][..],
        &["--engine", "unix:///nowhere.sock", "down", "x"],
        &["--engine", "tcp://127.0.0.1:1", "status"],
    ] {
        let o = run(args, lab.dir.path());
        assert_eq!(o.status.code(), Some(3), "{args:?}: {}", stderr(&o));
        assert!(
            stderr(&o).contains("no Docker engine answers") && stderr(&o).contains("help:"),
            "{}",
            stderr(&o)
        );
        assert!(stderr(&o).starts_with("error[E401-no-engine]: "), "{}", stderr(&o));
        assert!(stderr(&o).ends_with("more: swarmlab explain E401\n"), "{}", stderr(&o));
        let json = run(&[&["--json"], args].concat(), lab.dir.path());
        let told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
        assert_eq!((&told["code"], &told["exit"]), (&"E401-no-engine".into(), &3.into()), "{told}");
    }
    let experiment = lab.experiment("x", "swarm", "shape: constant\nduration: 1s\n", "");
    let o = run(&["--engine", "unix:///nowhere.sock", "run", experiment.to_str().unwrap()], lab.dir.path());
    assert_eq!(o.status.code(), Some(3));
    assert!(!lab.dir.path().join("results").exists());
}

#[test]
fn a_folder_that_is_no_run_is_refused() {
    let lab = Lab::new();
    let o = run(&["report", "."], lab.dir.path());
    assert_eq!(o.status.code(), Some(2));
    assert!(stderr(&o).contains("manifest.json"));
    assert!(stderr(&o).contains("`swarmlab load --out`"), "{}", stderr(&o));
    std::fs::write(lab.dir.path().join("manifest.json"), "{\"format\": 99}").unwrap();
    let o = run(&["report", "."], lab.dir.path());
    assert_eq!(o.status.code(), Some(2));
    assert!(stderr(&o).contains("newer"), "{}", stderr(&o));
}

#[test]
fn a_removal_names_one_stack_or_all() {
    let lab = Lab::new();
    let nowhere = ["--engine", "unix:///nowhere.sock"];
    for (args, code) in [
        (&["down"][..], 2),
        (&["down", "lab", "--all"], 2),
        (&["down", "--all", "--adopt"], 2),
        (&["up", "stack.yml", "--prune"], 2),
        (&["up", "stack.yml", "--adopt"], 2),
        (&["scale", "lab", "web"], 2),
        // These are understood, and find no engine.
        (&["down", "--all", "--dry-run"], 3),
        (&["down", "lab", "--adopt"], 3),
        (&["scale", "lab", "web=2", "--force", "--adopt"], 3),
        (&["ps", "lab"], 3),
        (&["logs", "lab", "web", "-f", "--tail", "3", "--since", "5m"], 3),
        (&["doctor"], 3),
    ] {
        let o = run(&[args, &nowhere].concat(), lab.dir.path());
        assert_eq!(o.status.code(), Some(code), "{args:?}: {}", stderr(&o));
    }
}

#[test]
fn a_doctor_who_finds_no_engine_says_so_among_its_checks() {
    let lab = Lab::new();
    let o = run(&["--engine", "unix:///nowhere.sock", "doctor", "--json"], lab.dir.path());
    assert_eq!(o.status.code(), Some(3), "{}", stderr(&o));
    let told = String::from_utf8(o.stdout).unwrap();
    let lines: Vec<serde_json::Value> = told.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let check = &lines[0]["checks"][0];
    assert_eq!((&check["what"], &check["health"]), (&"engine".into(), &"broken".into()), "{told}");
    assert!(check["remedy"].as_str().unwrap().contains("DOCKER_HOST"), "{told}");
    assert_eq!(lines[1]["code"], "E482-environment-broken", "{told}");
}

#[test]
fn a_stack_file_that_is_missing_is_told_before_an_engine_is_asked_for() {
    let lab = Lab::new();
    for command in ["up", "doctor"] {
        let o = run(&["--engine", "unix:///nowhere.sock", command, "nope.yml"], lab.dir.path());
        assert_eq!(o.status.code(), Some(2), "{command}: {}", stderr(&o));
        assert!(stderr(&o).contains("cannot read the stack file"), "{command}: {}", stderr(&o));
    }
}
