//! `swarmlab replay RUN`, `swarmlab replay RUN --controllers FILE`

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use swarmlab_analysis::replay::{Controlled, Recorded, Replay, Tally, again, replay};
use swarmlab_codes as codes;
use swarmlab_control::Autoscaler;
use swarmlab_experiment::{Autoscale, Decider, FileKind, read_controllers};
use swarmlab_lab::RunError;
use swarmlab_present::recompute;
use swarmlab_record::decisions;
use swarmlab_record::folder::{RunFolder, write_atomically};
use swarmlab_record::manifest::Manifest;

use super::{Global, output};
use crate::exit::Exit;

/// Said of every replay.
const OPEN_LOOP: &str = "an open loop: the load and the services did not react to what a controller asked for, and each \
                         decision saw the replicas that the run had";

/// Said where the run's own controllers decided as they had.
const SAME: &str = "the controllers of the run decide the same on what they saw, byte for byte";

/// Arguments of `replay`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without --controllers the controllers of the run are shown again what they saw in it (decisions.jsonl): they decide the same, byte \
for byte, or the first line that differs is named (exit code 6). With it other controllers are shown, moment by moment, what the \
run had recorded until then, and what they would have asked for is said. Nothing is started and nothing scaled. Also completes the \
folder of a run that was killed.

Examples:
  swarmlab replay results/autoscale-target-tracking-20261121T154233Z
  swarmlab replay results/quickstart-20261121T154233Z --controllers controllers/hpa.yml -o decisions.jsonl")]
pub struct ReplayArgs {
    /// Folder of a run
    #[arg(value_name = "RUN")]
    folder: PathBuf,
    /// Controllers file: `autoscale:` with the services and their controllers; without it those of the run
    #[arg(long, value_name = "FILE")]
    controllers: Option<PathBuf>,
    /// Only this service of the controllers file
    #[arg(long, value_name = "NAME", requires = "controllers")]
    service: Option<String>,
    /// Write every decision to this file, a JSON line each
    #[arg(short, long, value_name = "FILE.jsonl")]
    output: Option<PathBuf>,
}

/// Replays and prints.
pub fn main(args: &ReplayArgs, global: &Global) -> Exit {
    let folder = RunFolder::open(&args.folder);
    let Some(controllers) = &args.controllers else { return same(&folder, args, global) };
    let run = recompute::read(&folder)
        .and_then(|(raw, _)| recompute::assemble(&folder, &raw).map(|(frame, _)| (raw, frame)));
    let (raw, frame) = match run.map_err(RunError::from) {
        Ok(run) => run,
        Err(e) => return output::fail(&e, e.help().as_deref(), global.json, e.code()),
    };
    let recorded = match Recorded::new(&raw, &frame) {
        Ok(recorded) => recorded,
        Err(e) => return output::fail(&e, None, global.json, e.code()),
    };
    let services: Vec<String> = raw.manifest.topology.services.iter().map(|s| s.name.clone()).collect();
    if services.is_empty() {
        let message = format!("{} is the run of a load alone: it has no services", args.folder.display());
        return output::fail(
            &message,
            Some("give the folder of a run of a stack"),
            global.json,
            codes::UNKNOWN_SERVICE,
        );
    }
    let environment = |name: &str| std::env::var(name).ok();
    if let Err(findings) = FileKind::Controllers.expect_file(controllers) {
        return output::bad_input(&findings, global.json);
    }
    let read = match read_controllers(controllers, &environment, Some(&services)) {
        Ok(read) => read,
        Err(findings) => return output::bad_input(&findings, global.json),
    };
    read.warnings.iter().for_each(|w| output::warning(w, global.json));
    let controlled = match chosen(read.services, args.service.as_deref()) {
        Ok(controlled) => controlled,
        Err(refused) => return output::fail(&refused.0, Some(&refused.1), global.json, refused.2),
    };
    let replay = replay(&recorded, controlled);
    let lines: Vec<String> = replay.lines.iter().map(|l| json!(l).to_string()).collect();
    if let Some(path) = &args.output
        && let Err(e) = write(path, &lines)
    {
        let message = format!("cannot write {}: {e}", path.display());
        return output::fail(&message, None, global.json, codes::RUN_IO);
    }
    if global.json {
        print_json(&replay);
    } else {
        output::line(&text(&replay).trim_end());
    }
    Exit::Success
}

/// The run's own controllers, shown again what they saw.
fn same(folder: &RunFolder, args: &ReplayArgs, global: &Global) -> Exit {
    let manifest = match Manifest::read(&folder.manifest()) {
        Ok(manifest) => manifest,
        Err(e) => return output::fail(&e, None, global.json, e.code()),
    };
    let give = "give other controllers: `swarmlab replay RUN --controllers FILE`";
    let recorded = match decisions::read(&folder.decisions()) {
        Ok(recorded) => recorded,
        Err(e) => return output::fail(&e, Some(give), global.json, codes::NO_DECISIONS),
    };
    if recorded.is_empty() {
        let message =
            format!("{} is the run of no controller: it has no decisions.jsonl", args.folder.display());
        return output::fail(&message, Some(give), global.json, codes::NO_DECISIONS);
    }
    let again = again(&recorded, manifest.windows.map_or(manifest.started_unix_s, |w| w.load_start_unix_s));
    if let Some(path) = &args.output
        && let Err(e) = write(path, &again.log)
    {
        let message = format!("cannot write {}: {e}", path.display());
        return output::fail(&message, None, global.json, codes::RUN_IO);
    }
    if let Some(d) = again.difference {
        let shown = |line: Option<String>| line.unwrap_or_else(|| "nothing".to_owned());
        let message = format!(
            "{}:{}: decided otherwise than in the run\n  was: {}\n  now: {}",
            folder.decisions().display(),
            d.line,
            shown(d.recorded),
            shown(d.now)
        );
        let help = "`swarmlab report RUN` says whether the file is as it was sealed; the manifest has the version that made it";
        return output::fail(&message, Some(help), global.json, codes::REPLAY_DIFFERS);
    }
    if global.json {
        output::line(&json!({"event": "replay", "services": again.tallies, "remarks": [SAME]}));
    } else {
        output::line(&format!("{}remark: {SAME}", table(&again.tallies)));
    }
    Exit::Success
}

/// What is said, what to do, and its code.
type Refused = (String, String, codes::Code);

/// The controllers that are asked, fresh.
fn chosen(all: Vec<Autoscale>, service: Option<&str>) -> Result<Vec<Controlled>, Refused> {
    let names: Vec<String> = all.iter().map(|a| a.service.clone()).collect();
    let chosen: Vec<Autoscale> =
        all.into_iter().filter(|a| service.is_none_or(|name| a.service == name)).collect();
    if let Some(name) = service.filter(|_| chosen.is_empty()) {
        let message = format!("the controllers file has no service `{name}`");
        return Err((message, format!("it has {}", names.join(", ")), codes::UNKNOWN_SERVICE));
    }
    let controlled = |a: Autoscale| match a.controller {
        Decider::House(strategy) => Ok(Controlled {
            service: a.service,
            every_s: a.every.as_secs_f64(),
            autoscaler: Autoscaler::new(a.bounds, strategy),
        }),
        Decider::Command(command) => Err((
            format!(
                "the controller of `{}` is a `command` ({}), which cannot be replayed over a run that it was no part of: it is a \
                 program that would have to run",
                a.service,
                command.program.display()
            ),
            "choose the other services with --service, or another controller".to_owned(),
            codes::BAD_ARGUMENTS,
        )),
    };
    chosen.into_iter().map(controlled).collect()
}

fn write(path: &Path, lines: &[String]) -> std::io::Result<()> {
    let mut text = lines.join("\n");
    if !lines.is_empty() {
        text.push('\n');
    }
    write_atomically(path, text.as_bytes())
}

fn print_json(replay: &Replay) {
    for line in &replay.lines {
        output::line(&json!({"event": "decision", "decision": line}));
    }
    let remarks: Vec<&str> =
        replay.remarks.iter().map(String::as_str).chain(std::iter::once(OPEN_LOOP)).collect();
    output::line(&json!({"event": "replay", "services": replay.tallies, "remarks": remarks}));
}

/// A row a service, and why each acted first.
fn table(tallies: &[Tally]) -> String {
    const HEADING: [&str; 9] =
        ["service", "controller", "decisions", "acts", "holds", "reversals", "least", "most", "first act"];
    let rows: Vec<Vec<String>> = tallies.iter().map(row).collect();
    let mut out = output::table(&HEADING, &rows);
    out.push('\n');
    for first in tallies.iter().filter_map(|t| Some((&t.service, t.first.as_ref()?))) {
        out.push_str(&format!("{}: at {} s: {}\n", first.0, rounded(first.1.t_s), first.1.reason));
    }
    out
}

/// Milliseconds: decisions of a run are not quite at their moments.
fn rounded(t_s: f64) -> f64 {
    (t_s * 1e3).round() / 1e3
}

fn text(replay: &Replay) -> String {
    let mut out = table(&replay.tallies);
    for remark in &replay.remarks {
        out.push_str(&format!("remark: {remark}\n"));
    }
    out.push_str(&format!("remark: {OPEN_LOOP}\n"));
    out
}

fn row(t: &Tally) -> Vec<String> {
    let count = |n: Option<u64>| n.map_or("-".to_owned(), |n| n.to_string());
    let holds: Vec<String> = t.holds.iter().map(|(name, n)| format!("{n} {name}")).collect();
    vec![
        t.service.clone(),
        t.controller.to_owned(),
        t.decisions.to_string(),
        t.acts.to_string(),
        if holds.is_empty() { "0".to_owned() } else { holds.join(", ") },
        t.reversals.to_string(),
        count(t.least),
        count(t.most),
        t.first
            .as_ref()
            .map_or("-".to_owned(), |f| format!("{} -> {} at {} s", f.from, f.to, rounded(f.t_s))),
    ]
}
