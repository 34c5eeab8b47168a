//! Bad input gets a clear error and exit code 2, all findings at once, and nothing half done.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::Output;

use support::{Lab, root, swarmlab};

fn run(args: &[&str], dir: &Path) -> Output {
    swarmlab().args(args).current_dir(dir).env("NO_COLOR", "1").env_remove("DOCKER_HOST").output().unwrap()
}

fn stderr(o: &Output) -> String {
    String::from_utf8_lossy(&o.stderr).replace(&root().display().to_string(), "ROOT")
}

#[test]
fn everything_wrong_with_all_files_is_said_at_once() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    std::fs::write(dir.join("shape.yml"), "shape: ramp\nfrom: -5\nduration: 0s\n").unwrap();
    std::fs::write(
        dir.join("bad.yml"),
        format!(
            "name: bad run\nstack: {root}/stacks/exercise.yml\ntarget: {{ service: gatway-envoy, port: 8080 }}\n\
             load:\n  model: closed\n  shape: shape.yml\n  scenario: nowhere.yml\n  spawn_rate: -1\n  thinktime: 3\n\
             measure: {{ bin: 0s, services: [ms-exercize] }}\nslo: {{ p95: 250, error_rate: 1 }}\nsed: 1\n",
            root = root().display()
        ),
    )
    .unwrap();
    let o = run(&["run", "bad.yml"], dir);
    assert_eq!(o.status.code(), Some(2));
    let text = stderr(&o);
    for expected in [
        "bad.yml:1:7",
        "bad.yml:3:20",
        "did you mean `gateway-envoy`?",
        "nowhere.yml cannot be read",
        "spawn_rate",
        "unknown key `thinktime`",
        "did you mean `ms-exercise`?",
        "slo.p95 is a number without a unit",
        "slo.error_rate is a number without a `%`",
        "unknown key `sed`",
        "shape.yml:2:7",
        "shape.yml:3:11",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
    assert!(!dir.join("results").exists(), "nothing may be half done");
}

#[test]
fn each_kind_of_bad_file_has_its_own_words() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let cases: &[(&str, &str, &str)] = &[
        ("empty.yml", "", "empty"),
        ("syntax.yml", "name: [a\n", "syntax.yml:"),
        ("type.yml", "name: 3\nload: 5\n", "load must be a mapping"),
        ("shape.yml", "name: a\nload: { model: closed, shape: s.yml, scenario: c.yml }\n", "unknown"),
    ];
    std::fs::write(dir.join("s.yml"), "shape: zigzag\n").unwrap();
    std::fs::write(dir.join("c.yml"), "name: c\nsteps: [{ name: a, request: GET /x }]\nunknown: 1\n")
        .unwrap();
    for (name, text, expected) in cases {
        std::fs::write(dir.join(name), text).unwrap();
        let o = run(&["check", name], dir);
        assert_eq!(o.status.code(), Some(2), "{name}");
        assert!(stderr(&o).contains(expected), "{name}: {}", stderr(&o));
    }
    let o = run(&["check", "shape.yml"], dir);
    assert!(
        stderr(&o).contains("one of constant, ramp, step, stages, spike, peak, cyclical"),
        "{}",
        stderr(&o)
    );
    let o = run(&["check", "missing.yml"], dir);
    assert_eq!(o.status.code(), Some(2));
    assert!(stderr(&o).contains("missing.yml cannot be read"));
    std::fs::write(lab.dir.path().join("picture.yml"), b"\x89PNG\r\n\xff\xfe").unwrap();
    let o = run(&["check", "picture.yml"], lab.dir.path());
    assert!(
        stderr(&o).contains("E113-not-text") && stderr(&o).contains("picture.yml is no text"),
        "{}",
        stderr(&o)
    );
}

#[test]
fn an_invalid_stack_file_is_shown_with_its_own_lines() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    std::fs::write(dir.join("stack.yml"), "services:\n  web:\n    imag: x\n    deploy: { replicas: many }\n")
        .unwrap();
    std::fs::write(dir.join("s.yml"), "shape: constant\n").unwrap();
    std::fs::write(dir.join("c.yml"), "name: c\nsteps: [{ name: a, request: GET /x }]\n").unwrap();
    std::fs::write(
        dir.join("e.yml"),
        "name: e\nstack: stack.yml\ntarget: { service: web, port: 80 }\nload: { model: open, shape: s.yml, scenario: c.yml }\n",
    )
    .unwrap();
    let o = run(&["check", "e.yml"], dir);
    assert_eq!(o.status.code(), Some(2));
    let text = stderr(&o);
    assert!(text.contains("stack.yml:3:5") && text.contains("did you mean `image`?"), "{text}");
    assert!(text.contains("stack.yml:4:25"), "{text}");
}

#[test]
fn findings_are_data_with_json() {
    let lab = Lab::new();
    std::fs::write(lab.dir.path().join("a.yml"), "name: a\n").unwrap();
    let o = run(&["--json", "check", "a.yml"], lab.dir.path());
    assert_eq!(o.status.code(), Some(2));
    let line: serde_json::Value = serde_json::from_slice(&o.stdout).unwrap();
    assert_eq!(line["event"], "diagnostics");
    assert!(line["diagnostics"].as_array().is_some_and(|d| d.iter().any(|f| f["path"] == "stack")), "{line}");
}

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
fn the_shipped_experiments_and_shapes_are_valid() {
    for file in ["quickstart.yml", "exercise-swarm.yml"] {
        let o = run(&["check", &format!("experiments/{file}")], root());
        assert!(o.status.success(), "{file}: {}", stderr(&o));
    }
    for entry in std::fs::read_dir(root().join("experiments/autoscale")).unwrap().flatten() {
        if entry.path().extension().is_some_and(|e| e == "yml") {
            let o = swarmlab().arg("check").arg(entry.path()).output().unwrap();
            assert!(o.status.success(), "{}: {}", entry.path().display(), stderr(&o));
        }
    }
    for entry in std::fs::read_dir(root().join("loadshapes")).unwrap().flatten() {
        if entry.path().extension().is_some_and(|e| e == "yml") {
            swarmlab_experiment::read_shape(&entry.path()).unwrap_or_else(|e| panic!("{e}"));
        }
    }
}

#[test]
fn what_the_sample_application_would_refuse_is_found_before_anything_starts() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let shape = "shape: constant\nlevel: 1\nduration: 30s\n";
    // No distribution, a demand beyond what it takes, and one that is no duration even to the stack; a name that nobody uses.
    for (variable, value, word) in [
        ("DEMAND_DISTRIBUTION", "bimodal", "E112-demo-option"),
        ("EXERCISE_DEMAND_MS", "60001", "service ms-exercise: the CPU demand must be between 0 and 60000 ms"),
        ("EXERCISE_DEMAND_MS", "abc", "`abcms` is no unit of time"),
        ("EXERCISE_DEMAND_MSS", "8", "did you mean `EXERCISE_DEMAND_MS`?"),
    ] {
        let variables = format!("variables: {{ {variable}: \"{value}\" }}");
        let file = lab.experiment("refused", "embedded", shape, &variables).display().to_string();
        for command in ["check", "run"] {
            let o = run(&[command, &file], dir);
            assert_eq!(o.status.code(), Some(2), "{command}: {}", stderr(&o));
            assert!(stderr(&o).contains(word), "{command}: {}", stderr(&o));
        }
    }
    // So it is of a stack alone, whose variables the environment answers.
    let stack = root().join("stacks/exercise.yml").display().to_string();
    let checked = |distribution: &str| {
        let mut command = swarmlab();
        command.args(["check", &stack]).env("NO_COLOR", "1").env("DEMAND_DISTRIBUTION", distribution);
        command.output().unwrap()
    };
    let o = checked("bimodal");
    assert_eq!(o.status.code(), Some(2), "{}", stderr(&o));
    assert!(stderr(&o).contains("E112-demo-option") && stderr(&o).contains("bimodal"), "{}", stderr(&o));
    assert_eq!(checked("exponential").status.code(), Some(0));
    assert!(!dir.join("results").exists(), "nothing may be half done");
}

#[test]
fn a_variable_without_a_value_is_one_error_at_its_place() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    std::fs::write(dir.join("stack.yml"), "services:\n  web:\n    image: ${NO_SUCH_IMAGE:?name an image}\n")
        .unwrap();
    std::fs::write(dir.join("s.yml"), "shape: constant\n").unwrap();
    std::fs::write(dir.join("c.yml"), "name: c\nsteps: [{ name: a, request: GET /x }]\n").unwrap();
    std::fs::write(
        dir.join("e.yml"),
        "name: e\nstack: stack.yml\ntarget: { service: web, port: 80 }\nload: { model: open, shape: s.yml, scenario: c.yml }\n",
    )
    .unwrap();
    let text = stderr(&run(&["check", "e.yml"], dir));
    assert!(text.contains("stack.yml:3:") && text.contains("name an image"), "{text}");
    assert!(!text.contains("could not be understood"), "{text}");
}

#[test]
fn a_code_is_explained_by_each_of_its_names() {
    let lab = Lab::new();
    let explain = |args: &[&str]| run(&[&["explain"], args].concat(), lab.dir.path());
    let page = explain(&["E204"]);
    assert!(page.status.success() && page.stderr.is_empty());
    let page = String::from_utf8(page.stdout).unwrap();
    assert_eq!(page.trim_end(), swarmlab_codes::UNKNOWN_SERVICE.page(), "no escapes in a pipe");
    for name in ["e204", "204", "E204-unknown-service", "unknown-service"] {
        assert_eq!(String::from_utf8(explain(&[name]).stdout).unwrap(), page, "{name}");
    }
    let told: serde_json::Value = serde_json::from_slice(&explain(&["204", "--json"]).stdout).unwrap();
    assert_eq!((&told["event"], &told["code"]), (&"explained".into(), &"E204-unknown-service".into()));
    for (wrong, near) in [("E999", "E913-unhealthy"), ("unknown-servcie", "E204-unknown-service")] {
        let o = explain(&[wrong]);
        assert_eq!(o.status.code(), Some(2));
        assert!(stderr(&o).contains(&format!("did you mean `{near}`?")), "{}", stderr(&o));
    }
}

#[test]
fn all_codes_are_listed_and_the_document_is_what_explain_prints() {
    let lab = Lab::new();
    let list = String::from_utf8(run(&["explain"], lab.dir.path()).stdout).unwrap();
    let kinds = swarmlab_intervals::ErrorKind::ALL;
    // The names of failed requests are a table of their own.
    assert_eq!(list.lines().count(), swarmlab_codes::all().count() + 1 + 2 + kinds.len(), "{list}");
    assert!(list.starts_with("code  name "), "{list}");
    for kind in kinds {
        let o = run(&["explain", kind.name()], lab.dir.path());
        let page = String::from_utf8(o.stdout.clone()).unwrap();
        assert!(o.status.success() && page.contains(kind.advice()), "{}", stderr(&o));
    }
    let json = run(&["explain", "--json"], lab.dir.path());
    let told: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(told["codes"].as_array().unwrap().len(), swarmlab_codes::all().count());
    let document = run(&["explain", "--markdown"], lab.dir.path()).stdout;
    assert!(
        document == std::fs::read(root().join("docs/errors.md")).unwrap(),
        "docs/errors.md is out of date"
    );
    let both = run(&["explain", "E204", "--markdown"], lab.dir.path());
    assert_eq!(both.status.code(), Some(2));
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

/// Whatever a file is, `check` checks it as that or says which command takes it; so do those that want another.
#[test]
fn a_file_of_another_kind_is_told_as_what_it_is() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let path = |name: &str| root().join(name).display().to_string();
    std::fs::write(dir.join("mine.yml"), "name: mine\nrole: application\nmetrics: []\n").unwrap();
    for (file, words) in [
        ("stacks/exercise.yml", "fine; a stack of 10 services"),
        ("loadshapes/clip.yml", "fine; a load shape (clip) of 300 s"),
        ("controllers/hpa.yml", "fine; controllers of ms-exercise"),
        ("loadshapes/scenarios/basic.yml", "fine; a scenario of 1 class"),
    ] {
        let o = run(&["check", &path(file)], dir);
        let told = String::from_utf8(o.stdout.clone()).unwrap();
        assert!(o.status.code() == Some(0) && told.contains(words), "{told}{}", stderr(&o));
    }
    // A catalogue is checked as one.
    assert!(stderr(&run(&["check", "mine.yml"], dir)).contains("E358"));
    let run_folder = path("crates/present/tests/golden/2-load/raw");
    let import = |name: &str| path(&format!("crates/import/tests/files/{name}"));
    let (har, api) = (import("shop.har"), import("petshop.yaml"));
    let manifest = format!("{run_folder}/manifest.json");
    let (stack, scenario) = (path("stacks/exercise.yml"), path("loadshapes/scenarios/basic.yml"));
    let (shape, experiment) = (path("loadshapes/clip.yml"), path("experiments/quickstart.yml"));
    let exercise = path("crates/present/tests/golden/2-embedded/raw");
    let nowhere = "http://127.0.0.1:1/";
    for (args, words) in [
        (&["check", &har][..], "`swarmlab scenario import "),
        (&["check", &api], "`swarmlab scenario import "),
        (&["check", &run_folder], "`swarmlab report "),
        (&["check", &manifest], "`swarmlab report "),
        (&["check", "."], "is a folder, not a file"),
        (&["run", &stack], "this is a stack file, not an experiment"),
        (&["run", &scenario], "`swarmlab load URL --scenario "),
        (&["up", &experiment], "this is an experiment, not a stack file"),
        (&["load", nowhere, "--shape", &stack], "this is a stack file, not a load shape"),
        (&["load", nowhere, "--scenario", &shape], "this is a load shape, not a scenario"),
        (&["shapes", "show", &scenario], "this is a scenario, not a load shape"),
        (&["catalogues", "show", &stack], "this is a stack file, not a catalogue"),
        (&["replay", &exercise, "--controllers", &stack], "this is a stack file, not a controllers file"),
    ] {
        let o = run(args, dir);
        let told = stderr(&o);
        assert!(
            o.status.code() == Some(2) && told.contains("E120") && told.contains(words),
            "{args:?}: {told}"
        );
    }
}

/// What only shows on the embedded bed is told by `check`, and by `run` before anything starts.
#[test]
fn what_the_embedded_testbed_cannot_do_is_told_before_the_load() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let shape = "shape: constant\nlevel: 2\nduration: 30s\n";
    for (extra, words) in [
        (
            "actions: [{ at: 5s, restart: gateway-envoy }]",
            "action `restart gateway-envoy`: only applications",
        ),
        (
            "actions: [{ at: 5s, scale: { gateway-envoy: 2 } }]",
            "action `scale gateway-envoy to 2`: only applications",
        ),
        ("measure: { queries: { depth: 'sum(x)' } }", "query `depth`: `measure.queries` asks Prometheus"),
    ] {
        let file = lab.experiment("wrong", "embedded", shape, extra).display().to_string();
        for command in ["check", "run"] {
            let o = run(&[command, &file], dir);
            let told = stderr(&o);
            assert!(o.status.code() == Some(2) && told.contains("E121") && told.contains(words), "{told}");
        }
        let auto = lab.experiment("wrong", "auto", shape, extra).display().to_string();
        let o = run(&["run", &auto, "--testbed", "embedded"], dir);
        assert!(o.status.code() == Some(2) && stderr(&o).contains(words), "{}", stderr(&o));
    }
    assert!(!dir.join("results").exists(), "nothing may be half done");
    let fine = lab.experiment("fine", "embedded", shape, "actions: [{ at: 5s, scale: { ms-exercise: 2 } }]");
    let o = run(&["check", &fine.display().to_string()], dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
}

/// What is expected is what should stand at that place of an expression.
#[test]
fn a_mistake_in_an_expression_says_what_is_expected_there() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    for (path, words) in [
        ("/x?n={{1 +}}", "expected a number, a text in quotes, a variable or a function"),
        ("/x?n={{n|upper}}", "expected one of json, url, raw"),
        ("/x?n={{n", "expected `}}` behind it"),
    ] {
        std::fs::write(
            dir.join("s.yml"),
            format!("name: s\nsteps: [{{ name: a, request: 'GET {path}' }}]\n"),
        )
        .unwrap();
        let told = stderr(&run(&["check", "s.yml"], dir));
        assert!(told.contains(words) && !told.contains("expected a path"), "{told}");
    }
}
