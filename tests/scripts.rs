//! What `scripts/test` does when the Docker engine that it started dies by itself: told apart from a failed test.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// Runs a command on an engine, as the script does, with an engine that is played. `dies` is in how many runs of the command
/// the engine dies, `fails` in how many the command fails on its own. Gives its exit code and what was said and done.
fn on_engine(dies: u32, fails: u32, own: bool) -> (Option<i32>, String) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("scripts")).unwrap();
    let engine = dir.path().join("scripts/engine");
    // It runs while its folder is there.
    let played = "#!/bin/sh\necho \"engine $1\"\ncase $1 in status) [ -e \"$2/alive\" ] ;; stop) rm -r \"$2\" ;; esac\n";
    std::fs::write(&engine, played).unwrap();
    std::fs::set_permissions(&engine, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/on-engine.sh");
    let driver = format!(
        "set -euo pipefail
runs=0
say() {{ echo \"== $*\"; }}
inside() {{ \"$@\"; }}
start_engine() {{
    echo started
    state=engine.$runs
    mkdir $state
    echo 'panic: SetServiceTasksRemove' >$state/dockerd.log
    touch $state/alive
}}
build_images() {{ echo images; }}
command() {{
    runs=$((runs + 1))
    echo \"run $runs: $*\"
    if [ $runs -le {dies} ]; then rm -f engine.*/alive; return 101; fi
    [ $runs -gt {fails} ] || return 7
}}
. {script}
start_engine
{whose}
on_engine command all of them
echo \"deaths: $deaths\"
",
        script = script.display(),
        whose = if own { "" } else { "state=''" },
    );
    let o = Command::new("bash").args(["-c", &driver]).current_dir(dir.path()).output().unwrap();
    let said = [o.stdout, o.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (o.status.code(), said)
}

#[test]
fn an_engine_that_dies_by_itself_is_started_again_and_the_tests_repeated_once() {
    let (code, said) = on_engine(1, 0, true);
    assert_eq!(code, Some(0), "{said}");
    for words in [
        "== the engine died by itself, not the tests",
        "panic: SetServiceTasksRemove",
        "engine stop",
        "run 2: all of them",
        "deaths: 1",
    ] {
        assert!(said.contains(words), "{words} is not in:\n{said}");
    }
    assert_eq!((said.matches("started").count(), said.matches("images").count()), (2, 1), "{said}");
    // Repeated once: what dies again, or fails on the new engine, has failed.
    let (code, said) = on_engine(2, 0, true);
    assert_eq!((code, said.matches("run ").count()), (Some(101), 2), "{said}");
    assert!(said.contains("== the engine died by itself a second time"), "{said}");
}

#[test]
fn a_test_that_fails_on_an_engine_that_lives_is_a_failed_test() {
    let (code, said) = on_engine(0, 1, true);
    assert_eq!((code, said.matches("run ").count()), (Some(7), 1), "{said}");
    assert!(!said.contains("died"), "{said}");
    // Somebody else's engine is never started again.
    let (code, said) = on_engine(1, 0, false);
    assert_eq!(
        (code, said.matches("run ").count(), said.matches("started").count()),
        (Some(101), 1, 1),
        "{said}"
    );
    assert_eq!(on_engine(0, 0, true).0, Some(0));
}
