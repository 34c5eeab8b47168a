//! `swarmlab rerun FOLDER`

use std::path::PathBuf;

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_lab::inputs;
use swarmlab_record::folder::RunFolder;
use swarmlab_record::manifest::{Manifest, Origin};

use super::run::{self, RunFlags};
use super::{Global, output, session};
use crate::exit::Exit;

/// Arguments of `rerun`.
#[derive(Debug, Args)]
#[command(after_help = "\
Runs what was run again: the same files (copies of them are in FOLDER/inputs), variables, seed and changes by the command \
line. What is given here changes that.

Examples:
  swarmlab rerun results/quickstart-20261121T154233Z
  swarmlab rerun results/quickstart-20261121T154233Z --duration 10s")]
pub struct RerunArgs {
    /// Folder of a run
    folder: PathBuf,
    #[command(flatten)]
    options: RunFlags,
}

/// Runs again.
pub fn main(args: RerunArgs, global: &Global) -> Exit {
    let folder = RunFolder::open(&args.folder);
    let manifest = match Manifest::read(&folder.manifest()) {
        Ok(m) => m,
        Err(e) => return output::fail(&e, Some("give the folder of a run"), global.json, e.code()),
    };
    let shown = args.folder.display();
    let Some(kept) = &manifest.inputs else {
        let (why, help) = match (manifest.origin, manifest.provenance.get("command")) {
            (Origin::Load, Some(command)) => {
                let files = match folder.inputs() {
                    files if files.is_dir() => format!("its files are in {}; ", files.display()),
                    _ => String::new(),
                };
                let why = format!("{shown}: a load alone is run again by its command");
                (why, format!("{files}with its secrets instead of ***: {command}"))
            }
            _ => (
                format!("{shown}: no copies of the experiment's files"),
                "run the experiment itself".to_owned(),
            ),
        };
        return output::fail(&why, Some(&help), global.json, codes::NO_INPUTS);
    };
    if let Err(e) = inputs::link(kept, &folder.inputs()) {
        return output::fail(&format!("{shown}: {e}"), None, global.json, codes::NO_INPUTS);
    }
    // Of what is called like a secret the name alone was written down.
    let (open, words): (Vec<&String>, Vec<&String>) =
        manifest.plan.overrides.iter().partition(|word| word.starts_with("--set ") && !word.contains('='));
    let given = |word: &&&String| {
        let name = word.trim_start_matches("--set ");
        args.options.sets(name) || std::env::var_os(name).is_some()
    };
    if let Some(word) = open.iter().find(|word| !given(word)) {
        let why = format!("{shown}: the run was given {word}, and its value was not written down");
        let help = format!("give it again: {word}=VALUE");
        return output::fail(&why, Some(&help), global.json, codes::NO_INPUTS);
    }
    let before = match RunFlags::from_words(words.into_iter().map(String::as_str)) {
        Ok(flags) => flags,
        Err(e) => {
            let why = format!("{shown}: what the command line was cannot be read: {}", e.kind());
            return output::fail(&why, None, global.json, codes::BAD_MANIFEST);
        }
    };
    let flags = args.options.over(before).on(manifest.testbed);
    let path = folder.inputs().join(&kept.experiment);
    let mut recorded = manifest.plan.environment;
    // Of the engine that is used now, not of the one then.
    recorded.retain(|name, _| name != "DOCKER_SOCKET" && name != "DOCKER_DATA_ROOT");
    session::block_on(|cancel, left| async move {
        run::run_file(&path, &flags, &recorded, global, &cancel, &left).await
    })
}
