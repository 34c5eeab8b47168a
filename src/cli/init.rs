//! `swarmlab init STACK`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_experiment::first::{Entry, First, PathFrom, first};
use swarmlab_weave::{Fronts, Wanted};

use super::paths::{same_file, way};
use super::run::{Ground, RunFlags, carry_out, conclude};
use super::{Global, output, session};
use crate::exit::Exit;

/// Arguments of `init`.
#[derive(Debug, Args)]
#[command(after_help = "\
Writes a first experiment for a stack of yours: experiment.yml, shape.yml and scenario.yml. Where load goes is read off published \
ports and health checks; what is a guess is said in the files. Your stack file is not touched. With --prove the stack comes up with \
its proxies, one user sends requests for five seconds, every proxy is proven to be in their path, and everything is taken down again.

Examples:
  swarmlab init stack.yml
  swarmlab init stack.yml -o lab --service api:3000
  swarmlab init stack.yml --prove && swarmlab run experiment.yml")]
pub struct InitArgs {
    /// Stack file (Compose v3)
    stack: PathBuf,
    /// Folder for the files
    #[arg(short, long, default_value = ".", value_name = "DIR")]
    output: PathBuf,
    /// Service that load goes to, with its port if the file does not say it
    #[arg(long, value_name = "NAME[:PORT]", value_parser = service)]
    service: Option<Wanted>,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
    /// Bring the stack up, send the first requests, and take it down again
    #[arg(long)]
    prove: bool,
    /// How long the stack may take to become ready
    #[arg(long, default_value = "120s", requires = "prove", value_parser = swarmlab_yaml::parse_duration)]
    wait: Duration,
}

fn service(text: &str) -> Result<Wanted, String> {
    match Fronts::parse(text)? {
        Fronts::Named(mut wanted) if wanted.len() == 1 => Ok(wanted.remove(0)),
        _ => Err("expected one service: api, or api:3000".to_owned()),
    }
}

/// Looks, writes, and proves.
pub fn main(args: &InitArgs, global: &Global) -> Exit {
    let variables = |name: &str| std::env::var(name).ok();
    let stack = match swarmlab_experiment::read_stack(&args.stack, &variables) {
        Ok(stack) => stack,
        Err(d) => return output::bad_input(&d, global.json),
    };
    let found =
        match first(&stack, &way(&args.output, &args.stack).display().to_string(), args.service.as_ref()) {
            Ok(found) => found,
            Err(e) => return output::fail(&e, Some(&e.help()), global.json, e.code()),
        };
    if let Err(exit) = write(&found, args, global) {
        return exit;
    }
    for warning in stack.warnings.iter().chain(&found.remarks) {
        output::warning(warning, global.json);
    }
    say(&found, args, global);
    if args.prove { prove(args, global) } else { Exit::Success }
}

fn write(found: &First, args: &InitArgs, global: &Global) -> Result<(), Exit> {
    let failed = |path: &Path, e: &std::io::Error| {
        output::fail(&format!("{}: {e}", path.display()), None, global.json, codes::OUTPUT_FILE)
    };
    let paths = found.files.iter().map(|(name, text)| (args.output.join(name), text));
    let paths: Vec<(PathBuf, &String)> = paths.collect();
    if let Some((path, _)) = paths.iter().find(|(path, _)| same_file(path, &args.stack)) {
        let why = format!("{} is the stack file itself", path.display());
        let help = "another folder: -o DIR";
        return Err(output::fail(&why, Some(help), global.json, codes::BAD_ARGUMENTS));
    }
    // What would be written stands there already: nothing is lost.
    let is_same = |path: &Path, text: &str| std::fs::read_to_string(path).is_ok_and(|there| there == text);
    let is_theirs = |path: &Path, text: &str| path.exists() && !is_same(path, text);
    if let Some((path, _)) = paths.iter().find(|(path, text)| is_theirs(path, text) && !args.force) {
        let why = format!("{} exists already, and is never overwritten unasked", path.display());
        let help = "another folder: -o DIR; or --force";
        return Err(output::fail(&why, Some(help), global.json, codes::BAD_ARGUMENTS));
    }
    std::fs::create_dir_all(&args.output).map_err(|e| failed(&args.output, &e))?;
    for (path, text) in paths {
        std::fs::write(&path, text).map_err(|e| failed(&path, &e))?;
    }
    Ok(())
}

fn say(found: &First, args: &InitArgs, global: &Global) {
    let path = |name: &str| args.output.join(name).display().to_string();
    let files: Vec<String> = found.files.iter().map(|(name, _)| path(name)).collect();
    let entry = |e: &Entry| {
        serde_json::json!({"service": e.service, "port": e.port, "published": e.published, "path": e.path,
            "path_is_guess": e.from == PathFrom::Guess})
    };
    let json = serde_json::json!({
        "event": "initialised", "name": found.name, "files": files, "target": entry(&found.entry),
        "others": found.others.iter().map(entry).collect::<Vec<_>>(), "fronts": found.fronts,
    });
    let Entry { service, port, path: asked, .. } = &found.entry;
    let from = match found.entry.from {
        PathFrom::HealthCheck => "of its health check",
        PathFrom::Guess => "a guess",
    };
    let mut text = format!("load goes to {service}:{port}, GET {asked} ({from})");
    if !found.others.is_empty() {
        let others = found.others.iter().map(|e| format!("{}:{}", e.service, e.port)).collect::<Vec<_>>();
        text.push_str(&format!("\n  it could also go to {}: --service NAME:PORT", others.join(", ")));
    }
    for front in &found.fronts {
        text.push_str(&format!("\n  {front}"));
    }
    for file in &files {
        text.push_str(&format!("\n  wrote {file}"));
    }
    if !args.prove {
        let experiment = path("experiment.yml");
        text.push_str(&format!("\n  next: swarmlab check {experiment}, then swarmlab run {experiment}"));
    }
    output::say(global.json, &json, &text);
}

/// A short run of what was written, by one user: whatever stands in the way of the first request is found now.
fn prove(args: &InitArgs, global: &Global) -> Exit {
    let flags = RunFlags::from_words(["--users 1", "--duration 5s"]);
    let flags = match flags {
        Ok(flags) => flags.into_folder(args.output.join("results"), args.wait),
        Err(e) => return output::fail(&e.render(), None, global.json, codes::BAD_ARGUMENTS),
    };
    let experiment = args.output.join("experiment.yml");
    session::block_on(|cancel, left| async move {
        let ground = Ground::look(&experiment, &flags, global).await;
        let loaded = match ground.read(&experiment, &flags, &BTreeMap::new()) {
            Ok(loaded) => loaded,
            Err(findings) => return output::bad_input(&findings, global.json),
        };
        let finished = match carry_out(loaded, ground, &flags, global, &cancel, &left).await {
            Ok(finished) => finished,
            Err(exit) => return exit,
        };
        let exit = conclude(&finished, &flags, global);
        let Some(counts) = finished.summary.as_ref().map(|s| &s.counts).filter(|_| exit == Exit::Success)
        else {
            return exit;
        };
        let answered = counts.completed.saturating_sub(counts.failed.unwrap_or(0));
        if answered == 0 {
            let why = "no request was answered as expected";
            let scenario = args.output.join("scenario.yml");
            let help = format!(
                "the first answers stand above; write a path that answers into {}",
                scenario.display()
            );
            return output::fail(&why, Some(&help), global.json, codes::NO_ANSWER);
        }
        let json = serde_json::json!({"event": "proved", "answered": answered, "folder": finished.folder.root().display().to_string()});
        let next = format!("next: swarmlab run {}", experiment.display());
        output::say(global.json, &json, &format!("{answered} requests were answered as expected\n  {next}"));
        exit
    })
}
