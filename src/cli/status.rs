//! `swarmlab status [NAME]`

use clap::Args;
use swarmlab_swarm::{list_stacks, status};

use super::{Global, output, session, swarm};
use crate::exit::Exit;

/// Arguments of `status`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  swarmlab status            every stack of the Swarm\n  swarmlab status exercise   one stack's services"
)]
pub struct StatusArgs {
    /// Name of the stack; without it, all stacks are listed
    name: Option<String>,
}

/// Prints.
pub fn main(args: &StatusArgs, global: &Global) -> Exit {
    session::block_on(|_, _| async move {
        let engine = match swarm::engine(global).await {
            Ok(e) => e,
            Err(exit) => return exit,
        };
        let Some(name) = &args.name else {
            return match list_stacks(&engine).await {
                Ok(stacks) => {
                    let rows: Vec<Vec<String>> = stacks
                        .iter()
                        .map(|s| {
                            vec![
                                s.name.clone(),
                                s.services.to_string(),
                                if s.ours { "swarmlab" } else { "others" }.to_owned(),
                            ]
                        })
                        .collect();
                    let text = if rows.is_empty() {
                        "no stacks".to_owned()
                    } else {
                        output::table(&["stack", "services", "deployed by"], &rows)
                    };
                    output::say(
                        global.json,
                        &serde_json::json!({"event": "stacks", "stacks": stacks}),
                        text.trim_end(),
                    );
                    Exit::Success
                }
                Err(e) => swarm::swarm_failed(e, global),
            };
        };
        match status(&engine, name).await {
            Ok(stack) => {
                let rows: Vec<Vec<String>> = stack
                    .services
                    .iter()
                    .map(|s| {
                        let ports: Vec<String> = s
                            .ports
                            .iter()
                            .map(|p| format!("{}->{}/{}", p.published, p.target, p.protocol))
                            .collect();
                        vec![
                            s.name.clone(),
                            format!("{}/{}", s.healthy, s.desired),
                            s.image.clone(),
                            ports.join(", "),
                            s.newest_error.clone().unwrap_or_default(),
                        ]
                    })
                    .collect();
                let text = output::table(&["service", "healthy", "image", "ports", "newest error"], &rows);
                output::say(
                    global.json,
                    &serde_json::json!({"event": "status", "stack": stack}),
                    text.trim_end(),
                );
                Exit::Success
            }
            Err(e) => swarm::swarm_failed(e, global),
        }
    })
}
