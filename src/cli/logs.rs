//! `swarmlab logs NAME [SERVICE]`

use std::time::Duration;

use clap::Args;
use swarmlab_swarm::{LogLine, LogOptions, logs};

use super::{Global, output, session, swarm};
use crate::exit::Exit;
use swarmlab_telemetry::clock::unix_now_s;

/// Arguments of `logs`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each line begins with its task, as `web.1`; lines of one task come in their order. What a task wrote to standard error \
comes on standard output, too: it is what was asked for.

Examples:
  swarmlab logs exercise
  swarmlab logs exercise ms-exercise --tail 20 --follow")]
pub struct LogsArgs {
    /// Name of the stack
    name: String,
    /// Only this service
    service: Option<String>,
    /// Go on with what is written from now on, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// The last lines of each task only
    #[arg(long, value_name = "N")]
    tail: Option<u32>,
    /// Lines of the last time only, such as 5m
    #[arg(long, value_name = "DURATION", value_parser = swarmlab_yaml::parse_duration)]
    since: Option<Duration>,
}

/// Prints.
pub fn main(args: &LogsArgs, global: &Global) -> Exit {
    session::block_on(|cancel, _| async move {
        let engine = match swarm::engine(global).await {
            Ok(e) => e,
            Err(exit) => return exit,
        };
        let options = LogOptions {
            follow: args.follow,
            tail: args.tail,
            // The engine takes whole seconds, 32 bits of them.
            since_unix_s: args.since.map(|since| (unix_now_s() - since.as_secs_f64()) as i32),
            cancel: cancel.clone(),
        };
        let mut width = 0;
        let mut tell = |line: LogLine| {
            width = width.max(line.task.chars().count());
            let json = serde_json::json!({"event": "log", "line": line});
            let text = format!("{:width$} | {}", line.task, line.text);
            let printed = if global.json { output::try_line(&json) } else { output::try_line(&text) };
            // Nobody reads any more.
            if printed.is_err() {
                cancel.cancel();
            }
        };
        match logs(&engine, &args.name, args.service.as_deref(), &options, &mut tell).await {
            Ok(()) => Exit::Success,
            Err(e) => swarm::swarm_failed(e, global),
        }
    })
}
