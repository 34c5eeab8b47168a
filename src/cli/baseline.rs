//! `swarmlab baseline save | list | show | rm`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use swarmlab_compare::baseline::{Baseline, BaselineError, FORMAT, names};
use swarmlab_compare::{Run, variants, words};
use swarmlab_record::utc;

use super::comparing::{Allow, Refusal, comparable, read};
use super::{Global, output};
use crate::exit::Exit;

/// Where baselines are kept unless something else is said.
pub const DIR: &str = "baselines";

/// Arguments of `baseline`.
#[derive(Debug, Args)]
#[command(after_help = "\
A baseline holds all figures of its runs, so their folders may go. Each is a file, small enough for a repository.

Examples:
  swarmlab baseline save main results/main-*
  swarmlab baseline show main
  swarmlab check-regression results/new-* --baseline main")]
pub struct BaselineArgs {
    #[command(subcommand)]
    command: Command,
    /// Folder of the baselines
    #[arg(long, global = true, default_value = DIR, value_name = "DIR")]
    dir: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Keep runs under a name
    #[command(after_help = "\
Examples:
  swarmlab baseline save main results/main-*
  swarmlab baseline save main results/new-* --replace")]
    Save {
        /// Name
        name: String,
        /// Folders of runs, repetitions of the same
        #[arg(required = true, num_args = 1.., value_name = "RUN")]
        runs: Vec<PathBuf>,
        /// In place of the one that is there
        #[arg(long)]
        replace: bool,
        /// Keep all the same what differs in this, or falls short of it
        #[arg(long, value_enum, value_name = "WHAT")]
        allow: Vec<Allow>,
    },
    /// Names of all baselines
    #[command(after_help = "\
Examples:
  swarmlab baseline list
  swarmlab baseline list --dir ci/baselines")]
    List,
    /// Figures of a baseline and their noise
    #[command(after_help = "\
Examples:
  swarmlab baseline show main")]
    Show {
        /// Name
        name: String,
    },
    /// Remove a baseline
    #[command(after_help = "\
Examples:
  swarmlab baseline rm main")]
    Rm {
        /// Name
        name: String,
    },
}

impl From<BaselineError> for Refusal {
    fn from(e: BaselineError) -> Self {
        let help = match &e {
            BaselineError::Exists { .. } => Some("another name, or --replace".to_owned()),
            BaselineError::Unknown { .. } => Some("`swarmlab baseline save NAME RUN…` keeps one".to_owned()),
            _ => None,
        };
        Self { message: e.to_string(), help, code: e.code() }
    }
}

/// Keeps, lists, shows or removes.
pub fn main(args: &BaselineArgs, global: &Global) -> Exit {
    match obey(args, global.json) {
        Ok(()) => Exit::Success,
        Err(e) => output::fail(&e.message, e.help.as_deref(), global.json, e.code),
    }
}

fn obey(args: &BaselineArgs, json: bool) -> Result<(), Refusal> {
    match &args.command {
        Command::Save { name, runs, replace, allow } => {
            let runs = read(runs)?;
            let all: Vec<&Run> = runs.iter().collect();
            variants::once(&all)?;
            comparable(&all, allow)?;
            if let Some(variants) = mixed(&runs) {
                let why = "these runs are not repetitions of each other, and what they differ by will count as noise";
                output::remark(&format!("{why}: {variants}"), json);
            }
            let saved_unix_s = swarmlab_telemetry::clock::unix_now_s();
            let count = runs.len();
            let baseline = Baseline { format: FORMAT, name: name.clone(), saved_unix_s, runs };
            let path = baseline.save(&args.dir, *replace)?;
            let value = serde_json::json!({"event": "saved", "baseline": name, "file": path.display().to_string(), "runs": count});
            output::say(json, &value, &format!("{}: {}", path.display(), words::plural(count, "run")));
        }
        Command::List => {
            let mut rows = Vec::new();
            for name in names(&args.dir)? {
                match Baseline::load(&args.dir, &name) {
                    Ok(b) if json => output::line(&serde_json::json!({
                        "event": "baseline", "baseline": name, "runs": b.runs.len(), "saved_unix_s": b.saved_unix_s,
                    })),
                    Ok(b) => rows.push(vec![name, b.runs.len().to_string(), utc::extended(b.saved_unix_s)]),
                    Err(e) => output::remark(&e.to_string(), json),
                }
            }
            if !json {
                output::line(&output::table(&["name", "runs", "saved"], &rows).trim_end());
            }
        }
        Command::Show { name } => {
            let b = Baseline::load(&args.dir, name)?;
            if json {
                output::line(&serde_json::json!({"event": "baseline", "baseline": b}));
            } else {
                output::line(&shown(&b).trim_end());
            }
        }
        Command::Rm { name } => {
            let path = Baseline::remove(&args.dir, name)?;
            let value =
                serde_json::json!({"event": "removed", "baseline": name, "file": path.display().to_string()});
            output::say(json, &value, &format!("removed {}", path.display()));
        }
    }
    Ok(())
}

/// The variants among runs that should be repetitions; none where they are.
fn mixed(runs: &[Run]) -> Option<String> {
    let variants = variants::group(runs.to_vec(), &[]).ok().filter(|v| v.len() > 1)?;
    let told = variants.iter().map(|v| format!("{} ({})", v.name, words::plural(v.runs.len(), "run")));
    Some(told.collect::<Vec<_>>().join("; "))
}

fn shown(b: &Baseline) -> String {
    let mut out = format!("{}, saved {}\n", b.name, utc::extended(b.saved_unix_s));
    for run in &b.runs {
        out.push_str(&format!("  {}\n", run.folder));
    }
    let headline = b.runs.iter().flat_map(|r| &r.figures).filter(|m| m.headline);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for m in headline {
        let label = if m.unit.is_empty() { m.key.clone() } else { format!("{} ({})", m.key, m.unit) };
        if rows.iter().any(|r| r[0] == label) {
            continue;
        }
        let values: Vec<String> = b.runs.iter().map(|r| value(r, &m.key)).collect();
        rows.push(vec![label, values.join("  ")]);
    }
    out.push('\n');
    out.push_str(&output::table(&["figure", "runs"], &rows));
    out
}

fn value(run: &Run, key: &str) -> String {
    run.figure(key).map_or_else(|| "-".to_owned(), words::number)
}
