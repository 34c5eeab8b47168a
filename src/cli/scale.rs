//! `swarmlab scale NAME SERVICE=N …`

use std::time::Duration;

use clap::Args;
use swarmlab_swarm::{ScaleOptions, scale};

use super::{Global, output, session, swarm};
use crate::exit::Exit;

/// Arguments of `scale`.
#[derive(Debug, Args)]
#[command(after_help = "\
Returns when the replicas run, and when those that are too many are gone, containers included.

Examples:
  swarmlab scale exercise ms-exercise=4
  swarmlab scale exercise ms-exercise=1 ms-other=2 --wait 2m")]
pub struct ScaleArgs {
    /// Name of the stack
    name: String,
    /// Replicas wanted, `SERVICE=N`
    #[arg(required = true, value_parser = pair)]
    services: Vec<(String, u64)>,
    /// Wait until they run, at most so long; 0s returns at once
    #[arg(long, default_value = "60s", value_parser = swarmlab_yaml::parse_duration)]
    wait: Duration,
    /// Lift the bound of 100 replicas a service, and of what the Swarm can hold
    #[arg(long)]
    force: bool,
    /// Scale also a stack that something else than swarmlab deployed
    #[arg(long)]
    adopt: bool,
}

fn pair(text: &str) -> Result<(String, u64), String> {
    let expected = || "expected SERVICE=N, such as ms-exercise=4".to_owned();
    let (service, n) = text.split_once('=').ok_or_else(expected)?;
    if service.is_empty() {
        return Err(expected());
    }
    Ok((service.to_owned(), n.parse().map_err(|_| expected())?))
}

/// Scales.
pub fn main(args: &ScaleArgs, global: &Global) -> Exit {
    session::block_on(|cancel, _| async move {
        let engine = match swarm::engine(global).await {
            Ok(e) => e,
            Err(exit) => return exit,
        };
        let wanted: Vec<(&str, u64)> = args.services.iter().map(|(s, n)| (s.as_str(), *n)).collect();
        let wait_s = (!args.wait.is_zero()).then_some(args.wait.as_secs_f64());
        let (force, adopt) = (args.force, args.adopt);
        let options = ScaleOptions { wait_s, force, adopt, cancel, ..ScaleOptions::default() };
        match scale(&engine, &args.name, &wanted, &options).await {
            Ok(report) => {
                let mut text: Vec<String> = report
                    .services
                    .iter()
                    .map(|s| format!("{}: {} -> {}", s.service, s.from, s.to))
                    .collect();
                if let Some(s) = report.converged_s {
                    text.push(format!("converged in {s:.1} s"));
                }
                output::say(
                    global.json,
                    &serde_json::json!({"event": "scaled", "report": report}),
                    &text.join("\n"),
                );
                Exit::Success
            }
            Err(e) => swarm::swarm_failed(e, global),
        }
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn pairs_are_checked() {
        assert_eq!(super::pair("a=3"), Ok(("a".to_owned(), 3)));
        for bad in ["a", "=3", "a=x", "a=-1", "a="] {
            assert!(super::pair(bad).is_err(), "{bad}");
        }
    }
}
