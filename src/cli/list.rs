//! `swarmlab list [DIR]`

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use swarmlab_campaign::folder::Recorded;
use swarmlab_codes as codes;
use swarmlab_record::folder::{RunFolder, as_text};
use swarmlab_record::integrity;
use swarmlab_record::manifest::{Manifest, State};
use swarmlab_record::summary::{Figure, Status, Summary, Unread};
use swarmlab_record::utc;

use super::campaigned::is_campaign;
use super::{Global, output};
use crate::exit::Exit;

/// Arguments of `list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swarmlab list
  swarmlab list results/campaign --json")]
pub struct ListArgs {
    /// Folder with the folders of runs, one of them, or the folder of a campaign
    #[arg(default_value = "results")]
    dir: PathBuf,
}

/// One run.
#[derive(Debug, Serialize)]
struct Entry {
    #[serde(serialize_with = "as_text")]
    folder: PathBuf,
    name: String,
    started_unix_s: f64,
    testbed: Option<String>,
    state: State,
    /// The few figures that are read first; none where the run has no summary.
    headline: Vec<Figure>,
    /// How many verdicts passed.
    passed: usize,
    /// Codes of those that failed.
    failed: Vec<String>,
    /// How many could not be judged, or held only just.
    open: usize,
    /// Raw files that are missing or have another length than when the run ended: its figures are not of these.
    damaged: Vec<String>,
    /// Why there are no figures.
    unreadable: Option<String>,
    /// Whether a command is at work on it.
    is_written: bool,
}

/// Lists.
pub fn main(args: &ListArgs, global: &Global) -> Exit {
    let (mut entries, unreadable) = match scan(&args.dir) {
        Ok(found) => found,
        Err(e) => {
            let why = format!("cannot read {}: {e}", args.dir.display());
            let help = match e.kind() {
                std::io::ErrorKind::NotFound if args.dir == Path::new("results") => {
                    "no run was made here yet: `swarmlab quickstart` makes one; or give the folder with the folders of runs"
                }
                _ => "give the folder with the folders of runs",
            };
            return output::fail(&why, Some(help), global.json, codes::NO_MANIFEST);
        }
    };
    entries
        .sort_by(|a, b| a.started_unix_s.total_cmp(&b.started_unix_s).then_with(|| a.folder.cmp(&b.folder)));
    if global.json {
        for entry in &entries {
            output::line(&serde_json::json!({"event": "run", "run": entry}));
        }
    } else if entries.is_empty() {
        output::line(&format!("no run in {}", args.dir.display()));
    } else {
        let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
        let heading = ["started", "folder", "bed", "state", "requests/s", "p95 ms", "failed", "verdicts"];
        output::line(&output::table(&heading, &rows).trim_end());
    }
    for (folder, why) in &unreadable {
        output::remark(&format!("{}: {why}", folder.display()), global.json);
    }
    Exit::Success
}

type Unreadable = Vec<(PathBuf, String)>;

/// Folders of runs, and folders that are none though they look like some or hold some; other folders without a manifest are passed
/// over.
fn scan(dir: &Path) -> std::io::Result<(Vec<Entry>, Unreadable)> {
    let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
    // The folder of a run itself.
    if RunFolder::open(dir).manifest().exists() {
        look(dir.to_owned(), &mut entries, &mut unreadable);
        return Ok((entries, unreadable));
    }
    // That of a campaign has the folders of its runs deeper down.
    match Recorded::read(dir) {
        Ok(None) => below(dir, &mut entries, &mut unreadable)?,
        Ok(Some(campaign)) => {
            for folder in campaign.trials.iter().map(|trial| dir.join(&trial.folder)).filter(|f| f.is_dir()) {
                below(&folder, &mut entries, &mut unreadable)?;
            }
        }
        Err(e) => unreadable.push((dir.to_owned(), e.to_string())),
    }
    unreadable.sort();
    Ok((entries, unreadable))
}

fn below(dir: &Path, entries: &mut Vec<Entry>, unreadable: &mut Unreadable) -> std::io::Result<()> {
    for found in std::fs::read_dir(dir)? {
        let folder = found?.path();
        if is_campaign(&folder) {
            let why = format!("a campaign: `swarmlab list {}` shows its runs", folder.display());
            unreadable.push((folder, why));
            continue;
        }
        let files = RunFolder::open(&folder);
        if !files.manifest().exists() {
            // Of a load that was killed before its first second, say.
            if files.events().exists() || files.client_journal().exists() || files.summary().exists() {
                unreadable.push((folder, "no manifest.json".to_owned()));
            }
            continue;
        }
        look(folder, entries, unreadable);
    }
    Ok(())
}

fn look(folder: PathBuf, entries: &mut Vec<Entry>, unreadable: &mut Unreadable) {
    let files = RunFolder::open(&folder);
    match Manifest::read(&files.manifest()) {
        Ok(manifest) => entries.push(entry(folder, &manifest, &files)),
        Err(e) => unreadable.push((folder, e.to_string())),
    }
}

fn entry(folder: PathBuf, manifest: &Manifest, files: &RunFolder) -> Entry {
    let summary = Summary::read(files, manifest).map_err(|e| match e {
        Unread::Io(e) if e.kind() == std::io::ErrorKind::NotFound => "no summary.json".to_owned(),
        e => format!("summary.json: {e}"),
    });
    let mut out = Entry {
        folder,
        name: manifest.name.clone(),
        started_unix_s: manifest.started_unix_s,
        testbed: manifest.testbed.map(|bed| bed.to_string()),
        state: manifest.state.clone(),
        headline: Vec::new(),
        passed: 0,
        failed: Vec::new(),
        open: 0,
        damaged: integrity::resized(files, &manifest.files).into_iter().map(|damage| damage.file).collect(),
        unreadable: None,
        is_written: files.is_being_written(),
    };
    match summary {
        Ok(s) => {
            for v in &s.verdicts {
                match v.status {
                    Status::Pass => out.passed += 1,
                    Status::Fail => out.failed.push(v.code.clone()),
                    Status::NotJudged | Status::Warn => out.open += 1,
                    Status::Info => {}
                }
            }
            out.headline = s.headline;
        }
        Err(why) => out.unreadable = Some(why),
    }
    out
}

fn row(e: &Entry) -> Vec<String> {
    let figure = |key: &str| {
        e.headline
            .iter()
            .find(|f| f.key == key && f.number.is_some())
            .map_or("-".to_owned(), |f| f.value.clone())
    };
    let state = match &e.state {
        State::Running if e.is_written => "running",
        State::Running | State::Killed => "killed",
        State::Complete => "complete",
        State::Partial { .. } => "partial",
    };
    let mut verdicts = vec![format!("{} passed", e.passed)];
    if e.open > 0 {
        verdicts.push(format!("{} open", e.open));
    }
    if !e.failed.is_empty() {
        verdicts.push(format!("FAILED {}", e.failed.join(" ")));
    }
    if !e.damaged.is_empty() {
        verdicts.push(format!("DAMAGED {}", e.damaged.join(" ")));
    }
    let verdicts = match &e.unreadable {
        Some(_) if e.is_written => "not yet".to_owned(),
        Some(why) => format!("{why}: swarmlab report {}", e.folder.display()),
        None => verdicts.join(", "),
    };
    vec![
        utc::extended(e.started_unix_s),
        e.folder.display().to_string(),
        e.testbed.clone().unwrap_or_else(|| "load".to_owned()),
        state.to_owned(),
        figure("throughput_per_s"),
        figure("response_p95_ms"),
        figure("failed"),
        verdicts,
    ]
}
