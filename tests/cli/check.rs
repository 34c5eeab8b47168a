//! `check`: what a file is, and what cannot be done with it.

use crate::support::{Lab, root, swarmlab};
use crate::{run, stderr};

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

/// Whatever a file is, `check` checks it as that or says which command takes it; so do those that want another.
#[test]
fn a_file_of_another_kind_is_told_as_what_it_is() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let path = |name: &str| root().join(name).display().to_string();
    std::fs::write(dir.join("mine.yml"), "name: mine\nrole: application\nmetrics: []\n").unwrap();
    for (file, words) in [
        ("stacks/exercise.yml", "fine; a stack of 10 services"),
        ("simulations/exercise.yml", "fine; a model of 3 services"),
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
    let (model, nothing) = (path("simulations/surge.yml"), path("prometheus/prometheus.yml"));
    let nowhere = "http://127.0.0.1:1/";
    for (args, words) in [
        (&["check", &har][..], "`swarmlab scenario import "),
        (&["check", &api], "`swarmlab scenario import "),
        (&["check", &run_folder], "`swarmlab report "),
        (&["check", &manifest], "`swarmlab report "),
        (&["check", "."], "is a folder, not a file"),
        (&["run", &stack], "this is a stack file, not an experiment"),
        (&["run", &scenario], "`swarmlab load URL --scenario "),
        (&["run", &model], "`swarmlab simulate "),
        (&["up", &model], "this is a model of `simulate`, not a stack file"),
        (&["check", &nothing], "none of its keys (`global`, `scrape_configs`) is one"),
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
    // What lacks something of an experiment and has the rest is told what it lacks.
    std::fs::write(dir.join("lacks.yml"), "name: lacks\nstack: s.yml\ntarget: { service: a, port: 80 }\n")
        .unwrap();
    let told = stderr(&run(&["check", "lacks.yml"], dir));
    assert!(told.contains("`load`") && !told.contains("E120"), "{told}");
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
    // A number that a service has already asks for nothing.
    for scale in ["ms-exercise: 2", "gateway-envoy: 1"] {
        let extra = format!("actions: [{{ at: 5s, scale: {{ {scale} }} }}]");
        let fine = lab.experiment("fine", "embedded", shape, &extra);
        let o = run(&["check", &fine.display().to_string()], dir);
        assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    }
    let away = "actions: [{ at: 5s, scale: { gateway-envoy: 2 } }, { at: 9s, scale: { gateway-envoy: 1 } }]";
    let away = lab.experiment("away", "embedded", shape, away);
    assert_eq!(run(&["check", &away.display().to_string()], dir).status.code(), Some(2));
}

/// Also where nobody asked for it: `auto`, and no engine answers.
#[test]
fn what_a_controller_will_not_see_is_told_when_the_testbed_is_known() {
    let lab = Lab::new();
    let shape = "shape: constant\nlevel: 2\nduration: 30s\n";
    let extra = "autoscale: { ms-exercise: { max: 2, controller: { kind: target-tracking, \
                 metric: cpu_utilization, target: 60% } } }";
    let words = "the embedded testbed's plain processes have no CPU limit";
    let told = |testbed: &str, args: &[&str]| {
        let file = lab.experiment("seen", testbed, shape, extra).display().to_string();
        let o =
            run(&[args, &[&file, "--engine", "unix:///nowhere/docker.sock"][..]].concat(), lab.dir.path());
        (o.status.code(), stderr(&o))
    };
    for (testbed, args) in
        [("embedded", &["check"][..]), ("auto", &["run"]), ("swarm", &["run", "--testbed", "embedded"])]
    {
        let (code, said) = told(testbed, args);
        assert!(code == Some(2) && said.contains("E149") && said.contains(words), "{testbed}: {said}");
        assert_eq!(said.contains("`testbed: auto` is the embedded one here"), testbed == "auto", "{said}");
    }
    assert_eq!(told("auto", &["check"]).0, Some(0), "nobody knows yet");
    assert!(!lab.dir.path().join("results").exists(), "nothing may be half done");
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
