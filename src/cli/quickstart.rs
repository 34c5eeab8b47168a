//! `swarmlab quickstart`: the built-in experiment, from the checkout if run there, else from copies in the binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use swarmlab_codes as codes;

use super::run::{self, RunFlags};
use super::{Global, output, session};
use crate::exit::Exit;

/// Arguments of `quickstart`.
#[derive(Debug, Args)]
#[command(after_help = "\
Runs experiments/quickstart.yml on the embedded testbed: the sample application as child processes, 45 s of load, no \
Docker, no root. Outside a checkout the files are written to ./swarmlab-quickstart first.

Example:
  swarmlab quickstart")]
pub struct QuickstartArgs {
    #[command(flatten)]
    options: RunFlags,
}

/// The experiment, as in the repository.
const EXPERIMENT: &str = "experiments/quickstart.yml";
/// Folder for the copies.
const COPIES: &str = "swarmlab-quickstart";

/// Every file the experiment needs.
const FILES: &[(&str, &str)] = &[
    (EXPERIMENT, include_str!("../../experiments/quickstart.yml")),
    ("stacks/exercise.yml", include_str!("../../stacks/exercise.yml")),
    ("stacks/exercise.password.example", include_str!("../../stacks/exercise.password.example")),
    ("stacks/exercise.token.example", include_str!("../../stacks/exercise.token.example")),
    ("envoy/gateway.yaml", include_str!("../../envoy/gateway.yaml")),
    ("envoy/ms-exercise.yaml", include_str!("../../envoy/ms-exercise.yaml")),
    ("envoy/ms-other.yaml", include_str!("../../envoy/ms-other.yaml")),
    ("prometheus/prometheus.yml", include_str!("../../prometheus/prometheus.yml")),
    ("loadshapes/quickstart.yml", include_str!("../../loadshapes/quickstart.yml")),
    ("loadshapes/scenarios/exercise.yml", include_str!("../../loadshapes/scenarios/exercise.yml")),
];

/// Runs it.
pub fn main(args: &QuickstartArgs, global: &Global) -> Exit {
    let path = match experiment_file() {
        Ok(p) => p,
        Err((path, e)) => {
            return output::fail(
                &format!("{} cannot be written: {e}", path.display()),
                None,
                global.json,
                codes::OUTPUT_FILE,
            );
        }
    };
    session::block_on(|cancel, left| async move {
        run::run_file(&path, &args.options, &BTreeMap::new(), global, &cancel, &left).await
    })
}

fn experiment_file() -> Result<PathBuf, (PathBuf, std::io::Error)> {
    if Path::new(EXPERIMENT).exists() {
        return Ok(PathBuf::from(EXPERIMENT));
    }
    let root = Path::new(COPIES);
    for (name, text) in FILES {
        let path = root.join(name);
        let write = || {
            // What the user changed in an earlier copy stays.
            if path.exists() {
                return Ok(());
            }
            std::fs::create_dir_all(path.parent().unwrap_or(root))?;
            std::fs::write(&path, text)
        };
        write().map_err(|e| (path.clone(), e))?;
    }
    Ok(root.join(EXPERIMENT))
}
