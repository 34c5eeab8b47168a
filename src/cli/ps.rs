//! `swarmlab ps NAME`

use clap::Args;
use swarmlab_swarm::{TaskStatus, tasks};

use super::{Global, output, session, swarm};
use crate::exit::Exit;
use swarmlab_telemetry::clock::unix_now_s;

/// Arguments of `ps`.
#[derive(Debug, Args)]
#[command(after_help = "\
Shows, as `docker stack ps` does, the tasks of a stack with those of the past that the Swarm remembers, the newest of each \
replica first.

Examples:
  swarmlab ps exercise
  swarmlab ps exercise --running")]
pub struct PsArgs {
    /// Name of the stack
    name: String,
    /// Only tasks that are meant to run
    #[arg(long)]
    running: bool,
}

/// Prints.
pub fn main(args: &PsArgs, global: &Global) -> Exit {
    session::block_on(|_, _| async move {
        let engine = match swarm::engine(global).await {
            Ok(e) => e,
            Err(exit) => return exit,
        };
        let mut found = match tasks(&engine, &args.name).await {
            Ok(found) => found,
            Err(e) => return swarm::swarm_failed(e, global),
        };
        if args.running {
            found.retain(|task| task.desired <= swarmlab_swarm::TaskState::Running);
        }
        let now = unix_now_s();
        let rows: Vec<Vec<String>> = found.iter().map(|task| row(task, now)).collect();
        let text = output::table(&["id", "name", "image", "node", "desired", "state", "error"], &rows);
        let json = serde_json::json!({"event": "tasks", "stack": args.name, "tasks": found});
        output::say(global.json, &json, text.trim_end());
        Exit::Success
    })
}

fn row(task: &TaskStatus, now_unix_s: f64) -> Vec<String> {
    let age = task.since_t_unix_s.map(|since| format!(" for {}", duration(now_unix_s - since)));
    let mut error = task.error.clone();
    if let Some(code) = task.exit_code.filter(|code| *code != 0 && !error.contains(&format!("({code})"))) {
        error = format!("{error} [exit code {code}]").trim_start().to_owned();
    }
    vec![
        task.id.chars().take(12).collect(),
        task.name.clone(),
        task.image.clone(),
        task.node.clone(),
        task.desired.to_string(),
        format!("{}{}", task.state, age.unwrap_or_default()),
        error,
    ]
}

/// In the largest unit that it has several of.
fn duration(s: f64) -> String {
    let s = s.max(0.0);
    match s {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3_600.0),
        s => format!("{:.0} d", s / 86_400.0),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn ages_have_one_unit() {
        for (s, text) in [(-1.0, "0 s"), (4.4, "4 s"), (150.0, "2 min"), (7_300.0, "2 h"), (200_000.0, "2 d")]
        {
            assert_eq!(super::duration(s), text);
        }
    }
}
