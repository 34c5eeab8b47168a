//! `swarmlab up STACK`

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::weaving::{WeaveFlags, in_words};
use super::{Global, output, session, swarm};
use crate::exit::Exit;
use swarmlab_lab::message::{Message, News};
use swarmlab_telemetry::clock::unix_now_s;
use swarmlab_testbed::swarm::{Rise, SwarmBed};
use swarmlab_weave::{Naming, Wishes};

/// Arguments of `up`.
#[derive(Debug, Args)]
#[command(after_help = "\
Takes any stack that `docker stack deploy` takes. Returns when every service has converged and has stayed up for five \
seconds, every health check passes and, where the stack has them, Prometheus scrapes every task and one request went \
through each proxy; says what it could not prove. Otherwise says which did not and why, removes what it created, and \
fails.

Examples:
  swarmlab up stacks/exercise.yml
  swarmlab up stacks/exercise.yml --name lab2 --wait 60s
  swarmlab up stack.yml --observe                    with an Envoy before each service, and telemetry
  swarmlab up stack.yml --front gateway,api:3000     before these
  swarmlab up stacks/exercise.yml --update --prune   change the stack that is up to what the file says")]
pub struct UpArgs {
    /// Stack file (Compose v3)
    stack: PathBuf,
    /// Name of the stack (default: the file's name without its ending)
    #[arg(long)]
    name: Option<String>,
    /// How long it may take
    #[arg(long, default_value = "120s", value_parser = swarmlab_yaml::parse_duration)]
    wait: Duration,
    /// How long all replicas of a service must stay up to count as up (a service's `update_config.monitor` goes before)
    #[arg(long, default_value = "5s", value_parser = swarmlab_yaml::parse_duration)]
    watch: Duration,
    /// Change a stack that is there already, in place
    #[arg(long)]
    update: bool,
    /// With --update: remove services that the file does not have any more
    #[arg(long, requires = "update")]
    prune: bool,
    /// With --update: change also a stack that something else than swarmlab deployed
    #[arg(long, requires = "update")]
    adopt: bool,
    /// Lift the bound on numbers of replicas
    #[arg(long)]
    force: bool,
    /// Put proxies before services, and Prometheus, cAdvisor and node-exporter beside them; the file stays as it is.
    /// Implied by the flags below
    #[arg(long)]
    observe: bool,
    #[command(flatten)]
    weave: WeaveFlags,
}

impl UpArgs {
    /// What is woven in, if anything.
    fn wishes(&self) -> Option<Wishes> {
        (self.observe || self.weave.any()).then(|| self.weave.wishes(Naming::Kept))
    }
}

/// The name of a stack, by its file if none is given.
pub fn stack_name(given: Option<&str>, path: &std::path::Path) -> String {
    given.map(str::to_owned).unwrap_or_else(|| {
        path.file_stem().map_or_else(|| "stack".to_owned(), |s| s.to_string_lossy().into_owned())
    })
}

/// Deploys.
pub fn main(args: &UpArgs, global: &Global) -> Exit {
    session::block_on(|cancel, left| async move {
        let name = stack_name(args.name.as_deref(), &args.stack);
        if let Err(exit) = swarm::readable(&args.stack, global) {
            return exit;
        }
        let engine = match swarm::engine(global).await {
            Ok(e) => e,
            Err(exit) => return exit,
        };
        let wishes = args.wishes();
        let (specs, fronts) = match swarm::stack(&args.stack, &name, wishes.as_ref(), &engine, global).await {
            Ok(read) => read,
            Err(exit) => return exit,
        };
        left.set(vec![format!("parts of the stack {name:?} (remove them with `swarmlab down {name}`)")]);
        let started = std::time::Instant::now();
        let mut watcher = super::progress::watcher(global.json);
        let mut note = |n| {
            let message = Message { t_unix_s: unix_now_s(), news: News::from(n) };
            // It prints; what cannot be printed cannot be said either.
            let _ = watcher.on(&message);
        };
        let catalogues = std::sync::Arc::new(swarmlab_catalogue::Catalogues::builtin());
        let rise = Rise {
            wait: args.wait,
            watch: args.watch,
            update: args.update,
            prune: args.prune,
            adopt: args.adopt,
            force: args.force,
            prometheus: args.weave.prometheus().cloned(),
        };
        let up = SwarmBed::up(engine, &specs, catalogues, &rise, &cancel, &mut note).await;
        drop(watcher);
        match up {
            Ok(bed) => {
                let took_s = started.elapsed().as_secs_f64();
                let services = specs.services.len();
                let (word, unproven) = (if services == 1 { "service" } else { "services" }, bed.unproven());
                let mut text = format!("{name} is up: {services} {word} ready in {took_s:.1} s");
                for front in &fronts {
                    text.push_str(&format!("\n  {}", in_words(front)));
                }
                for what in unproven {
                    text.push_str(&format!("\n  not proven: {what}"));
                }
                output::say(
                    global.json,
                    &serde_json::json!({
                        "event": "up", "stack": name, "services": services, "took_s": took_s, "unproven": unproven,
                        "fronts": fronts.iter().map(|f| serde_json::json!({"proxy": f.proxy, "service": f.service})).collect::<Vec<_>>(),
                    }),
                    &text,
                );
                Exit::Success
            }
            Err(e) => swarm::failed(&e, global),
        }
    })
}
