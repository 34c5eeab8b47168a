//! `swarmlab down NAME`

use std::time::Duration;

use clap::Args;
use swarmlab_swarm::{
    CancellationToken, DownOptions, DownPlan, DownReport, Engine, SwarmError, down, own_stacks, plan_down,
};

use super::session::Left;
use super::{Global, output, session, swarm};
use crate::exit::Exit;

/// Arguments of `down`.
#[derive(Debug, Args)]
#[command(after_help = "\
Removes only what carries the stack's label, and returns when services, containers, networks, configs, secrets and \
volumes are gone. Services are brought to zero first: an engine may die of a removal while tasks are being reaped. \
A removal that was interrupted is finished by the next one.

Examples:
  swarmlab down exercise
  swarmlab down exercise --keep-volumes
  swarmlab down --all --dry-run         what swarmlab ever made on this engine, and would remove")]
pub struct DownArgs {
    /// Name of the stack
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    name: Option<String>,
    /// Every stack that swarmlab made on this engine; none is fine, too
    #[arg(long)]
    all: bool,
    /// Say what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    /// Leave the stack's volumes
    #[arg(long)]
    keep_volumes: bool,
    /// Remove also a stack that something else than swarmlab deployed
    #[arg(long, conflicts_with = "all")]
    adopt: bool,
    /// How long each stack may take
    #[arg(long, default_value = "60s", value_parser = swarmlab_yaml::parse_duration)]
    wait: Duration,
}

impl DownArgs {
    fn options(&self, cancel: &CancellationToken) -> DownOptions {
        DownOptions {
            keep_volumes: self.keep_volumes,
            timeout_s: self.wait.as_secs_f64(),
            foreign: self.adopt,
            cancel: cancel.clone(),
            ..DownOptions::default()
        }
    }
}

/// Removes.
pub fn main(args: &DownArgs, global: &Global) -> Exit {
    session::block_on(|cancel, left| async move {
        let engine = match swarm::engine(global).await {
            Ok(e) => e,
            Err(exit) => return exit,
        };
        match remove(args, global, &engine, &cancel, &left).await {
            Ok(()) => Exit::Success,
            Err(e) => swarm::swarm_failed(e, global),
        }
    })
}

/// Each stack in turn; with `--all` one that cannot be removed keeps no other from it.
async fn remove(
    args: &DownArgs,
    global: &Global,
    engine: &Engine,
    cancel: &CancellationToken,
    left: &Left,
) -> Result<(), SwarmError> {
    let options = args.options(cancel);
    let stacks = match &args.name {
        Some(name) => vec![name.clone()],
        None => own_stacks(engine).await?,
    };
    if stacks.is_empty() {
        let json = serde_json::json!({"event": "down", "report": null});
        output::say(global.json, &json, "nothing of swarmlab is on this engine");
    }
    let mut failed = None;
    for (i, stack) in stacks.iter().enumerate() {
        left.set(
            stacks[i..]
                .iter()
                .map(|name| format!("parts of the stack {name:?} (swarmlab down {name})"))
                .collect(),
        );
        let done = if args.dry_run {
            plan_down(engine, stack, &options).await.map(|plan| say_plan(&plan, global))
        } else {
            down(engine, stack, &options, &mut |_| {}).await.map(|report| say_report(&report, global))
        };
        match done {
            Ok(()) => {}
            // Of a stack that went meanwhile, nothing is left either.
            Err(SwarmError::NoSuchStack { .. }) if args.all => {}
            Err(e) if stacks.len() == 1 || cancel.is_cancelled() => return Err(e),
            Err(e) => {
                if let Some(earlier) = failed.replace(e) {
                    swarm::swarm_failed(earlier, global);
                }
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

fn say_plan(plan: &DownPlan, global: &Global) {
    let mut text = format!("{} would be removed: {} objects", plan.stack, plan.doomed.len());
    for object in &plan.doomed {
        text.push_str(&format!("\n  {object}"));
    }
    for kept in &plan.kept {
        text.push_str(&format!("\n  kept: {kept}"));
    }
    output::say(global.json, &serde_json::json!({"event": "down_plan", "plan": plan}), &text);
}

fn say_report(report: &DownReport, global: &Global) {
    let (stack, removed) = (&report.stack, report.removed.len());
    let word = if removed == 1 { "object" } else { "objects" };
    let mut text = format!("{stack} is gone: {removed} {word} removed in {:.1} s", report.took_s);
    for kept in &report.kept {
        text.push_str(&format!("\n  kept: {kept} (swarmlab down {stack} removes it)"));
    }
    if report.other_nodes {
        text.push_str("\n  volumes on other nodes cannot be seen from here (there: docker volume ls)");
    }
    output::say(global.json, &serde_json::json!({"event": "down", "report": report}), &text);
}
