//! Folders whose files were cut, edited or lost after the run: figures differ, and the verdict says which file and where.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};

use swarmlab_frame::store;
use swarmlab_present::recompute;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::manifest::{Manifest, State};
use swarmlab_record::summary::{Status, Summary};

/// A copy of a golden folder, sealed as a run that ended.
struct Copy {
    dir: tempfile::TempDir,
    folder: RunFolder,
}

impl Copy {
    fn of(name: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let raw = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).join("raw");
        for file in std::fs::read_dir(raw).unwrap() {
            let path = file.unwrap().path();
            std::fs::copy(&path, dir.path().join(path.file_name().unwrap())).unwrap();
        }
        let folder = RunFolder::open(dir.path());
        Self { folder, dir }
    }

    fn sealed(name: &str) -> Self {
        let copy = Self::of(name);
        recompute::seal(&copy.folder, State::Complete).unwrap();
        copy
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn edit(&self, file: &str, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = std::fs::read(self.path(file)).unwrap();
        edit(&mut bytes);
        std::fs::write(self.path(file), bytes).unwrap();
    }

    /// The status of the verdict on the files, and its reasons.
    fn judged(&self) -> (Status, Vec<String>) {
        let verdict = self.verdict("files-agree");
        (verdict.status, verdict.because)
    }

    fn verdict(&self, code: &str) -> swarmlab_record::summary::Verdict {
        let summary: Summary = recompute::analyse(&self.folder).unwrap();
        summary.verdicts.into_iter().find(|v| v.code == code).unwrap()
    }
}

#[track_caller]
fn fails(copy: &Copy, words: &[&str]) {
    let (status, because) = copy.judged();
    assert_eq!(status, Status::Fail);
    let told = because.join("\n");
    for word in words {
        assert!(told.contains(word), "{word} is not in:\n{told}");
    }
}

#[test]
fn whole_folders_of_each_kind_agree() {
    for name in ["1-embedded", "1-swarm", "1-load", "1-killed", "2-embedded", "2-swarm", "2-load", "2-killed"]
    {
        assert_eq!(Copy::of(name).judged(), (Status::Pass, Vec::new()), "{name}");
    }
    assert_eq!(Copy::sealed("2-embedded").judged(), (Status::Pass, Vec::new()));
}

#[test]
fn a_log_that_was_cut_is_told_with_and_without_a_seal() {
    for sealed in [true, false] {
        let copy = if sealed { Copy::sealed("2-load") } else { Copy::of("2-load") };
        copy.edit("histograms.hlog", |bytes| bytes.truncate(bytes.len() / 2));
        fails(&copy, &["histograms.hlog lacks", "the first at"]);
        assert_eq!(copy.judged().1.iter().any(|b| b.contains("when the run ended")), sealed);
    }
}

#[test]
fn lines_cut_out_of_the_middle_are_told() {
    let copy = Copy::sealed("2-load");
    copy.edit("histograms.hlog", |bytes| {
        let lines: Vec<&[u8]> = bytes.split_inclusive(|b| *b == b'\n').collect();
        *bytes = [&lines[..6], &lines[12..]].concat().concat();
    });
    fails(&copy, &["histograms.hlog has", "histograms.hlog lacks"]);
}

#[test]
fn a_damaged_line_does_not_hide_the_others() {
    let copy = Copy::sealed("2-load");
    copy.edit("histograms.hlog", |bytes| {
        let at = bytes.len() / 2;
        bytes[at] = b'#';
    });
    fails(&copy, &["histograms.hlog cannot be read: line", "another checksum"]);
}

#[test]
fn a_log_that_is_lost_is_told_and_the_rest_is_shown() {
    let copy = Copy::sealed("2-embedded");
    std::fs::remove_file(copy.path("histograms.hlog")).unwrap();
    fails(&copy, &["histograms.hlog is missing", "histograms.hlog lacks"]);
    // No quantile, so no objective is met by it.
    assert_eq!(copy.verdict("slo-p95").status, Status::NotJudged);
    assert!(copy.path("report.html").exists());
}

#[test]
fn rows_dropped_from_the_clients_table_are_told() {
    let copy = Copy::sealed("2-embedded");
    let mut rows = store::read_client(&copy.path("client.parquet")).unwrap();
    let gone = rows.iter().map(|r| r.t_unix_s).fold(0.0, f64::max) - 5.0;
    rows.retain(|r| r.t_unix_s < gone - 3.0 || r.t_unix_s > gone);
    store::write_client(&copy.path("client.parquet"), &rows).unwrap();
    fails(&copy, &["client.parquet has", "client.parquet lacks"]);
    assert_eq!(copy.verdict("data-complete").status, Status::Fail);
}

#[test]
fn samples_that_are_lost_or_damaged_leave_what_the_clients_felt() {
    for lost in [true, false] {
        let copy = Copy::sealed("2-embedded");
        if lost {
            std::fs::remove_file(copy.path("samples.parquet")).unwrap();
        } else {
            copy.edit("samples.parquet", |bytes| bytes.truncate(bytes.len() - 9));
        }
        fails(&copy, &["samples.parquet", "samples of servers cannot be read"]);
        let summary = recompute::analyse(&copy.folder).unwrap();
        assert!(summary.headline.iter().any(|f| f.key == "response_p95_ms"), "{:?}", summary.headline);
        // Nobody's account is left to compare a demand with.
        assert!(summary.verdicts.iter().all(|v| !v.code.starts_with("demand-recovered")));
        assert!(summary.demands.is_empty());
    }
}

#[test]
fn a_journal_beside_a_sealed_run_writes_nothing_over() {
    let copy = Copy::sealed("2-embedded");
    let before = std::fs::read(copy.path("samples.parquet")).unwrap();
    copy.edit("events.jsonl", |bytes| bytes.truncate(bytes.len() - 5));
    for journal in [copy.folder.client_journal(), copy.folder.server_journal(), copy.folder.server_lines()] {
        std::fs::write(journal, "").unwrap();
    }
    fails(&copy, &["events.jsonl has"]);
    assert_eq!(std::fs::read(copy.path("samples.parquet")).unwrap(), before);
}

#[test]
fn an_events_file_that_was_edited_is_told() {
    let copy = Copy::sealed("2-swarm");
    copy.edit("events.jsonl", |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.lines().take(text.lines().count() - 1).collect::<Vec<_>>().join("\n").into_bytes();
    });
    fails(&copy, &["events.jsonl has"]);
}

#[test]
fn a_run_that_was_killed_is_called_so_once_its_folder_is_completed() {
    let copy = Copy::of("2-killed");
    let state = || Manifest::read(&copy.folder.manifest()).unwrap().state;
    assert_eq!(state(), State::Running);
    let first = recompute::analyse(&copy.folder).unwrap();
    assert_eq!((first.state.clone(), state()), (State::Killed, State::Killed));
    assert_eq!(recompute::analyse(&copy.folder).unwrap(), first);
    // One that an earlier version completed and left as running: its seals are kept, a file that was cut since is told.
    let mut manifest = Manifest::read(&copy.folder.manifest()).unwrap();
    manifest.state = State::Running;
    manifest.write(&copy.folder.manifest()).unwrap();
    copy.edit("histograms.hlog", |log| log.truncate(log.len() / 2));
    fails(&copy, &["histograms.hlog"]);
    assert_eq!(state(), State::Killed);
}

#[test]
fn the_journals_of_a_run_that_goes_on_are_left_to_it() {
    let copy = Copy::of("2-killed");
    let at_work = std::fs::File::open(copy.path("events.jsonl")).unwrap();
    at_work.lock().unwrap();
    let early = recompute::analyse(&copy.folder);
    assert!(matches!(early, Err(recompute::RecomputeError::GoesOn(_))), "{early:?}");
    assert!(copy.path("client.jsonl").exists() && !copy.path("client.parquet").exists());
    drop(at_work);
    assert!(recompute::analyse(&copy.folder).is_ok());
}

/// A full disk ends a run, and then takes none of its tables either.
#[test]
fn why_a_run_ended_is_in_its_folder_though_its_tables_cannot_be_written() {
    let copy = Copy::of("2-killed");
    let in_the_way = copy.path("client.parquet/in-the-way");
    std::fs::create_dir_all(&in_the_way).unwrap();
    std::fs::write(copy.folder.spare(), [0; 100]).unwrap();
    let full = State::Partial { reason: "no space left on device".to_owned() };
    assert!(recompute::seal(&copy.folder, full.clone()).is_err());
    assert!(!copy.folder.spare().exists(), "its room is for the manifest");
    std::fs::remove_dir_all(copy.path("client.parquet")).unwrap();
    let summary = recompute::analyse(&copy.folder).unwrap();
    assert_eq!(summary.state, full);
    assert!(summary.notes.iter().any(|n| n.text.contains("no space left on device")), "{:?}", summary.notes);
    // Its files end within an interval, which is no damage.
    let files = summary.verdicts.iter().find(|v| v.code == "files-agree").unwrap();
    assert_eq!(files.status, Status::Pass, "{files:?}");
}
