//! Folders whose files were cut, edited or lost after the run: figures differ, and the verdict says which file and where.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};

use swarmlab_frame::store;
use swarmlab_present::recompute;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::manifest::State;
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
fn an_events_file_that_was_edited_is_told() {
    let copy = Copy::sealed("2-swarm");
    copy.edit("events.jsonl", |bytes| {
        let text = String::from_utf8(bytes.clone()).unwrap();
        *bytes = text.lines().take(text.lines().count() - 1).collect::<Vec<_>>().join("\n").into_bytes();
    });
    fails(&copy, &["events.jsonl has"]);
}
