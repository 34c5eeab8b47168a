//! `swarmlab down NAME`

use std::time::Duration;

use clap::Args;
use swarmlab_swarm::{DownOptions, down};

use super::{Global, output, session, swarm};
use crate::exit::Exit;

/// Arguments of `down`.
#[derive(Debug, Args)]
#[command(after_help = "\
Removes only what carries the stack's label, and returns when services, containers, networks, configs, secrets and
volumes are gone.

Examples:
  swarmlab down exercise
  swarmlab down exercise --keep-volumes")]
pub struct DownArgs {
    /// Name of the stack
    name: String,
    /// Leave the stack's volumes
    #[arg(long)]
    keep_volumes: bool,
    /// How long it may take
    #[arg(long, default_value = "60s", value_parser = swarmlab_yaml::parse_duration)]
    wait: Duration,
}

/// Removes.
pub fn main(args: &DownArgs, global: &Global) -> Exit {
    session::block_on(|cancel, left| async move {
        let engine = match swarm::engine(global).await {
            Ok(e) => e,
            Err(exit) => return exit,
        };
        left.set(vec![format!("parts of the stack {:?}", args.name)]);
        let options = DownOptions {
            keep_volumes: args.keep_volumes,
            timeout_s: args.wait.as_secs_f64(),
            cancel,
            ..DownOptions::default()
        };
        match down(&engine, &args.name, &options, &mut |_| {}).await {
            Ok(report) => {
                let mut text = format!(
                    "{} is gone: {} objects removed in {:.1} s",
                    report.stack,
                    report.removed.len(),
                    report.took_s
                );
                for kept in &report.kept {
                    text.push_str(&format!("\n  kept: {kept}"));
                }
                output::say(global.json, &serde_json::json!({"event": "down", "report": report}), &text);
                Exit::Success
            }
            Err(e) => swarm::swarm_failed(e, global),
        }
    })
}
