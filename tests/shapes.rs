//! `swarmlab shapes`: what is listed, shown and exported.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use support::{root, swarmlab};

fn run(args: &[&str], dir: &Path) -> Output {
    swarmlab().arg("shapes").args(args).current_dir(dir).env("NO_COLOR", "1").output().unwrap()
}

fn stdout(o: &Output) -> String {
    assert_eq!(o.status.code(), Some(0), "{}", String::from_utf8_lossy(&o.stderr));
    String::from_utf8(o.stdout.clone()).unwrap()
}

fn json(args: &[&str], dir: &Path) -> Value {
    serde_json::from_str(&stdout(&run(&[args, &["--json"]].concat(), dir))).unwrap()
}

#[test]
fn list_names_kinds_and_files() {
    let listed = json(&["list"], root());
    let kinds = listed["shapes"].as_array().unwrap();
    assert_eq!(kinds.len(), 20);
    assert_eq!(kinds[1]["defaults"], "from: 0, to: 100, duration: 300s");
    let files = listed["files"].as_array().unwrap();
    let sine = files.iter().find(|f| f["file"] == "loadshapes/sine.yml").unwrap();
    assert_eq!((&sine["shape"], sine["max"].as_f64().unwrap().round()), (&Value::from("sine"), 100.0));
    assert!(files.iter().all(|f| f.get("error").is_none()), "{files:?}");

    let dir = tempfile::tempdir().unwrap();
    assert!(stdout(&run(&["list"], dir.path())).ends_with("no shape files in ./loadshapes\n"));
    std::fs::create_dir(dir.path().join("loadshapes")).unwrap();
    std::fs::write(dir.path().join("loadshapes/bad.yml"), "shape: zigzag\n").unwrap();
    std::fs::write(dir.path().join("loadshapes/good.yml"), "shape: ramp\n").unwrap();
    let text = stdout(&run(&["list"], dir.path()));
    assert!(text.contains("error: shape cannot be `zigzag`"), "{text}");
    assert!(text.contains("loadshapes/good.yml  ramp"), "{text}");
}

#[test]
fn show_gives_figures_a_plot_and_a_picture() {
    let dir = tempfile::tempdir().unwrap();
    let svg = dir.path().join("out.svg");
    let text = stdout(&run(&["show", "loadshapes/ramp.yml", "--plot", svg.to_str().unwrap()], root()));
    let head = "loadshapes/ramp.yml: ramp, 300 s\nlevel: min 0, mean 50, max 100 (users or requests/s)\n\
                area: 15000 (user-seconds or requests)\n";
    assert!(text.starts_with(head), "{text}");
    // The ramp's plot: ever more of ever higher rows.
    let rows: Vec<usize> =
        text.lines().filter_map(|l| l.split_once('│')).map(|(_, r)| r.matches('█').count()).collect();
    assert_eq!(rows.len(), 10);
    assert!(rows.windows(2).all(|pair| pair[0] < pair[1]), "{rows:?}");
    assert!(text.contains("\n    0      0\n   30     10\n"), "{text}");
    let picture = std::fs::read_to_string(&svg).unwrap();
    assert!(picture.starts_with("<?xml") && picture.contains("users or requests/s"));
    assert!(
        picture.contains("time since the load started (min:s)")
            && picture.contains("<title id=\"title\">ramp.yml</title>")
            && picture.contains("ramp, at most 100<")
    );
    // It grows with its window.
    let root_element = picture.lines().find(|l| l.contains("<svg")).unwrap().split_once('>').unwrap().0;
    assert!(root_element.contains("viewBox=") && root_element.contains("width=\"100%\""), "{root_element}");
    // The load ends at its level, not at the 0 that follows.
    assert!(text.ends_with("\n  300    100\n"), "{text}");

    let shown = json(&["show", "loadshapes/trace-azure2019.yml"], root());
    assert_eq!(
        (&shown["shape"], &shown["duration_s"], &shown["max"]),
        (&"trace".into(), &1440.0.into(), &50.0.into())
    );
    assert!(shown["origin"].as_str().unwrap().starts_with("traces/azure2019.csv (azure2019): 2 of 4 rows"));
    assert_eq!(shown["values"].as_array().unwrap().len(), 11);
    let ramp = json(&["show", "loadshapes/ramp.yml"], root());
    assert_eq!(ramp["values"][10], serde_json::json!({"t_s": 300.0, "value": 100.0}));
}

/// Heights of the points of the picture's curve, from the top of the plot area.
fn heights_px(picture: &str) -> Vec<f64> {
    let (_, path) = picture.split_once("<path class=\"ln ").unwrap();
    let data = path.split_once(" d=\"").unwrap().1.split_once('"').unwrap().0;
    data.split(['M', 'L']).filter_map(|p| p.split_once(' ')).map(|(_, y)| y.parse().unwrap()).collect()
}

#[test]
fn the_picture_reaches_the_highest_level() {
    let dir = tempfile::tempdir().unwrap();
    let svg = dir.path().join("out.svg");
    for name in ["dlim", "noise", "mmpp2", "sine", "spike"] {
        let file = format!("loadshapes/{name}.yml");
        let shown = json(&["show", &file, "--plot", svg.to_str().unwrap()], root());
        let picture = std::fs::read_to_string(&svg).unwrap();
        // The dashed line of the mean gives the scale, the line of zero its origin.
        let level_px = |class: &str| -> f64 {
            let (_, line) = picture.split_once(&format!("<line class=\"{class}\" x1=\"0\"")).unwrap();
            line.split_once("y1=\"").unwrap().1.split_once('"').unwrap().0.parse().unwrap()
        };
        let (zero_px, mean_px) = (level_px("zero"), level_px("ref"));
        let figure = |key: &str| shown[key].as_f64().unwrap();
        let top_px = heights_px(&picture).into_iter().fold(f64::MAX, f64::min);
        let drawn = (zero_px - top_px) / (zero_px - mean_px) * figure("mean");
        assert!((drawn / figure("max") - 1.0).abs() < 0.005, "{name}: {drawn} of {}", figure("max"));
    }
}

#[test]
fn an_export_is_a_trace_of_the_same_area() {
    let dir = tempfile::tempdir().unwrap();
    for (name, step) in
        [("sine", "7s"), ("dlim", "1s"), ("stages", "500ms"), ("constant", "400s"), ("trace-csv", "11s")]
    {
        let file = root().join(format!("loadshapes/{name}.yml"));
        let file = file.to_str().unwrap();
        let exported = json(&["export", file, "--csv", "t.csv", "--step", step], dir.path());
        let csv = std::fs::read_to_string(dir.path().join("t.csv")).unwrap();
        assert!(csv.starts_with("t,rate\n0,"), "{csv}");
        assert!(exported["rows"].as_u64().unwrap() < csv.lines().count() as u64);
        std::fs::write(dir.path().join("t.yml"), "shape: trace\nfile: t.csv\n").unwrap();
        let (before, after) = (json(&["show", file], dir.path()), json(&["show", "t.yml"], dir.path()));
        for figure in ["duration_s", "area"] {
            let (a, b) = (before[figure].as_f64().unwrap(), after[figure].as_f64().unwrap());
            assert!((a / b - 1.0).abs() < 1e-9, "{name} {figure}: {a} {b}");
        }
    }
}

#[test]
fn arrivals_are_fixed_by_their_seed() {
    let arrivals = |law: &str, seed: &str| {
        stdout(&run(
            &["export", "loadshapes/sawtooth.yml", "--csv", "--arrivals", law, "--seed", seed],
            root(),
        ))
    };
    for law in ["poisson", "mmpp2"] {
        assert_eq!(arrivals(law, "7"), arrivals(law, "7"));
        assert_ne!(arrivals(law, "7"), arrivals(law, "8"));
    }
    let uniform = arrivals("uniform", "7");
    // 15000 requests by the area; the first at R(t) = 1/2 of a ramp of 100/60 per second.
    assert_eq!(uniform.lines().count(), 15_001);
    let first: f64 = uniform.lines().nth(1).unwrap().parse().unwrap();
    assert!((first - (2.0 * 0.5 * 60.0 / 100.0_f64).sqrt()).abs() < 1e-8, "{first}");
}

#[test]
fn wrong_input_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("s.yml"), "shape: sine\nmin: 5\nmax: 3\n").unwrap();
    std::fs::write(dir.path().join("good.yml"), "shape: ramp\n").unwrap();
    for (args, code, expected) in [
        (&["show", "s.yml"][..], 2, "error[E301-impossible-shape]: min is 5, but must be at most max, 3"),
        (&["export", "s.yml"], 2, "E301-impossible-shape"),
        (&["show", "nowhere.yml"], 2, "nowhere.yml cannot be read"),
        (&["export", "good.yml", "--step", "0s"], 2, "a step is at least 1ms"),
        (&["export", "good.yml", "--seed", "1"], 2, "--arrivals"),
        (&["export", "good.yml", "--csv", "no/such/folder.csv"], 1, "no/such/folder.csv"),
        (&["show", "good.yml", "--plot", "no/such/folder.svg"], 1, "no/such/folder.svg"),
    ] {
        let o = run(args, dir.path());
        let text = String::from_utf8_lossy(&o.stderr);
        assert_eq!(o.status.code(), Some(code), "{args:?} {text}");
        assert!(text.contains(expected), "{args:?} {text}");
    }
    let o = run(&["export", "good.yml", "--json"], dir.path());
    assert_eq!(o.status.code(), Some(2));
}

#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let mut child = swarmlab()
        .args(["shapes", "export", "loadshapes/step.yml", "--csv", "-", "--arrivals", "uniform"])
        .current_dir(root())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let o = child.wait_with_output().unwrap();
    assert_eq!((o.status.code(), String::from_utf8_lossy(&o.stderr).as_ref()), (Some(0), ""));
}
