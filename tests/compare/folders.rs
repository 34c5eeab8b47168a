//! `list`, `open`, and figures of folders that nobody should believe.

use crate::support::{Lab, root, swarmlab};
use crate::{RUN, json_line, run, stderr, stdout, write};

#[test]
fn figures_that_were_changed_after_they_were_computed_are_not_believed() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let folder = dir.join("run");
    std::fs::create_dir_all(&folder).unwrap();
    for file in std::fs::read_dir(root().join(RUN).join("raw")).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    write(dir, "other", "4", Some(15.0), 24.0);
    assert!(run(&["report", "run"], dir).status.success());
    let summary = std::fs::read_to_string(folder.join("summary.json")).unwrap();
    let edited = summary.replacen("\"number\": ", "\"number\": 1", 1);
    assert_ne!(edited, summary);
    std::fs::write(folder.join("summary.json"), edited).unwrap();
    let o = run(&["compare", "a=run", "b=other"], dir);
    assert_eq!(o.status.code(), Some(2), "{}", stderr(&o));
    assert!(stderr(&o).contains("E750") && stderr(&o).contains("changed"), "{}", stderr(&o));
    let o = run(&["list", "."], dir);
    assert!(stdout(&o).contains("summary.json: was changed"), "{}", stdout(&o));
    assert!(run(&["report", "run"], dir).status.success());
    assert_eq!(std::fs::read_to_string(folder.join("summary.json")).unwrap(), summary);
    assert!(!stdout(&run(&["list", "."], dir)).contains("changed"));
}

#[test]
fn runs_are_listed_by_time_and_what_cannot_be_read_is_named() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let results = dir.join("results");
    let o = run(&["list"], dir);
    assert!(
        o.status.code() == Some(2) && stderr(&o).contains("`swarmlab quickstart` makes one"),
        "{}",
        stderr(&o)
    );
    write(&results, "later", "4", Some(15.0), 30.0);
    write(&results, "earlier", "4", Some(15.0), 20.0);
    let damaged = write(&results, "damaged", "4", Some(15.0), 25.0);
    std::fs::write(damaged.join("manifest.json"), "{}").unwrap();
    let bare = write(&results, "bare", "4", Some(15.0), 40.0);
    std::fs::remove_file(bare.join("summary.json")).unwrap();
    std::fs::create_dir_all(results.join("notes")).unwrap();
    let o = run(&["list"], dir);
    assert_eq!(o.status.code(), Some(0), "{}", stderr(&o));
    let text = stdout(&o);
    let at = |name: &str| text.find(name).unwrap_or_else(|| panic!("{name} in {text}"));
    assert!(
        at("results/earlier") < at("results/later") && at("results/later") < at("results/bare"),
        "{text}"
    );
    assert!(text.contains("10 passed") && text.contains("no summary.json"), "{text}");
    assert!(stderr(&o).contains("results/damaged") && !stderr(&o).contains("notes"), "{}", stderr(&o));
    let lines = stdout(&run(&["--json", "list", "results"], dir));
    assert_eq!(lines.lines().count(), 4, "{lines}");
    assert_eq!(run(&["list", "nowhere"], dir).status.code(), Some(2));
    let one = stdout(&run(&["list", "results/later"], dir));
    assert!(one.lines().count() == 2 && one.contains("results/later"), "{one}");
}

#[test]
fn the_path_of_a_report_is_printed_and_given_to_the_browser() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let folder = write(dir, "a", "4", Some(15.0), 24.0);
    let o = run(&["open", "a"], dir);
    assert!(o.status.code() == Some(2) && stderr(&o).contains("swarmlab report a"), "{}", stderr(&o));
    std::fs::write(dir.join("scenario.yml"), "").unwrap();
    for (what, words) in [
        (".", "`swarmlab list .` shows those in it"),
        ("a/summary.json", "`swarmlab open a`"),
        ("scenario.yml", "give the folder of a run, as `swarmlab list` shows them"),
        ("nowhere", "give the folder of a run, as `swarmlab list` shows them"),
    ] {
        let o = run(&["open", what], dir);
        assert!(o.status.code() == Some(2) && stderr(&o).contains(words), "{what}: {}", stderr(&o));
    }
    std::fs::write(folder.join("report.html"), "").unwrap();
    let o = run(&["open", "a"], dir);
    assert_eq!(o.status.code(), Some(0));
    assert!(stdout(&o).trim().ends_with("a/report.html"), "{}", stdout(&o));
    let o = swarmlab()
        .args(["--json", "open", "a"])
        .current_dir(dir)
        .env("BROWSER", "no-such-browser:true")
        .output();
    assert_eq!(json_line(&o.unwrap())["opened"], true);
}
