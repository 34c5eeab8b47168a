//! `swarmlab plan STACK`

use std::path::{Path, PathBuf};

use clap::Args;
use swarmlab_swarm::{Change, Difference, Planned, UpPlan, plan_up};

use super::{Global, output, session, swarm, up, weaving::WeaveFlags};
use crate::exit::Exit;
use swarmlab_weave::Naming;

/// Arguments of `plan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Compares a stack file with what is there of the stack, object by object and field by field, and changes nothing.
`+` would be created, `~` changed in place, `-` removed; `=` stays as it is. Values of variables that are called like
secrets are not shown. Says, too, where `up` would refuse: ports that somebody holds, proxies that were woven in and would \
stay.

Examples:
  swarmlab plan stacks/exercise.yml
  swarmlab plan stacks/exercise.yml --name lab2 --prune   also what `up --update --prune` would remove
  swarmlab plan stacks/exercise.yml --json                for scripts: new, and one change per object")]
pub struct PlanArgs {
    /// Stack file (Compose v3)
    stack: PathBuf,
    /// Name of the stack (default: the file's name without its ending)
    #[arg(long)]
    name: Option<String>,
    /// As of `up --update --prune`: services that the file does not have any more would be removed
    #[arg(long)]
    prune: bool,
    /// As of `up --update --adopt`: compare also with a stack that something else than swarmlab deployed
    #[arg(long)]
    adopt: bool,
    /// As of `up --observe`: compare the stack with proxies and telemetry woven in. Implied by the flags below
    #[arg(long)]
    observe: bool,
    #[command(flatten)]
    weave: WeaveFlags,
}

impl PlanArgs {
    fn weaves(&self) -> bool {
        self.observe || self.weave.any()
    }
}

/// Compares and prints.
pub fn main(args: &PlanArgs, global: &Global) -> Exit {
    session::block_on(|_, _| async move {
        let name = up::stack_name(args.name.as_deref(), &args.stack);
        if let Err(exit) = swarm::readable(&args.stack, global) {
            return exit;
        }
        let engine = match swarm::engine(global).await {
            Ok(e) => e,
            Err(exit) => return exit,
        };
        let wishes = args.weaves().then(|| args.weave.wishes(Naming::Kept));
        let (specs, _) = match swarm::stack(&args.stack, &name, wishes.as_ref(), &engine, global).await {
            Ok(read) => read,
            Err(exit) => return exit,
        };
        match plan_up(&engine, &specs, args.prune, args.adopt).await {
            Ok(plan) => {
                let text = text(&plan, &command(args, &plan));
                output::say(global.json, &serde_json::json!({"event": "up_plan", "plan": plan}), &text);
                Exit::Success
            }
            Err(e) => swarm::swarm_failed(e, global),
        }
    })
}

/// What does what the plan says.
fn command(args: &PlanArgs, plan: &UpPlan) -> String {
    let mut command = format!("swarmlab up {}", word(&args.stack));
    if let Some(name) = &args.name {
        command.push_str(&format!(" --name {name}"));
    }
    for (wanted, flag) in [
        (!plan.new, " --update"),
        (!plan.new && args.prune, " --prune"),
        (!plan.new && args.adopt, " --adopt"),
    ] {
        if wanted {
            command.push_str(flag);
        }
    }
    if args.observe {
        command.push_str(" --observe");
    }
    command.push_str(&args.weave.words());
    command
}

/// A path as a shell reads it.
fn word(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+=,".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

fn text(plan: &UpPlan, command: &str) -> String {
    let count = |is: fn(&Change) -> bool| plan.objects.iter().filter(|o| is(&o.change)).count();
    let (created, changed, removed) = (
        count(|c| *c == Change::Create),
        count(|c| matches!(c, Change::Update { .. })),
        count(|c| *c == Change::Remove),
    );
    let mut text = format!("{}: {created} to create, {changed} to change, {removed} to remove", plan.stack);
    for Planned { object, change } in &plan.objects {
        let (sign, remark) = match change {
            Change::Create => ('+', ""),
            Change::Update { .. } => ('~', ""),
            Change::Keep => ('=', ""),
            Change::External => ('=', " (external, has to be there)"),
            Change::Remove => ('-', ""),
            Change::Leave => ('=', " (not in the file; stays)"),
        };
        text.push_str(&format!("\n  {sign} {object}{remark}"));
        if let Change::Update { differences } = change {
            for Difference { path, now, then } in differences {
                let side = |value: &Option<String>| value.as_deref().unwrap_or("nothing").to_owned();
                text.push_str(&format!("\n      {path}: {} -> {}", side(now), side(then)));
            }
        }
    }
    let nothing = created + changed + removed == 0;
    text.push_str(&match &plan.refused[..] {
        _ if nothing => "\nnothing to do".to_owned(),
        [] => format!("\nto do it: {command}"),
        reasons => format!("\n`{command}` would refuse it:\n  {}", reasons.join("\n  ")),
    });
    text
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use swarmlab_swarm::{ObjectKind, ObjectRef};

    use super::*;

    #[derive(Parser)]
    struct Parsed {
        #[command(flatten)]
        args: PlanArgs,
    }

    #[test]
    fn a_plan_reads_as_a_list_and_ends_with_what_to_do() {
        let object =
            |kind, name: &str, change| Planned { object: ObjectRef { kind, name: name.to_owned() }, change };
        let image = Difference {
            path: "TaskTemplate.ContainerSpec.Image".to_owned(),
            now: Some("web:1".to_owned()),
            then: Some("web:2".to_owned()),
        };
        let mut plan = UpPlan {
            stack: "lab".to_owned(),
            new: false,
            objects: vec![
                object(ObjectKind::Network, "lab_net", Change::Keep),
                object(ObjectKind::Config, "lab_c_12", Change::Create),
                object(ObjectKind::Service, "lab_web", Change::Update { differences: vec![image] }),
                object(ObjectKind::Service, "lab_old", Change::Leave),
            ],
            refused: Vec::new(),
        };
        let args = Parsed::parse_from(["plan", "lab.yml"]).args;
        let said = text(&plan, &command(&args, &plan));
        assert_eq!(
            said,
            "lab: 1 to create, 1 to change, 0 to remove\n  = network lab_net\n  + config lab_c_12\n  ~ service lab_web\n      \
             TaskTemplate.ContainerSpec.Image: web:1 -> web:2\n  = service lab_old (not in the file; stays)\nto do it: \
             swarmlab up lab.yml --update"
        );
        let clash = "web: port 80/tcp is held by the service lab_web-front".to_owned();
        let refused = UpPlan { refused: vec![clash.clone()], ..plan.clone() };
        let said = text(&refused, &command(&args, &refused));
        assert!(
            said.ends_with(&format!("\n`swarmlab up lab.yml --update` would refuse it:\n  {clash}")),
            "{said}"
        );
        plan.objects.truncate(1);
        assert!(text(&plan, &command(&args, &plan)).ends_with("\nnothing to do"));
        plan.new = true;
        assert_eq!(command(&args, &plan), "swarmlab up lab.yml");
        let apart = Parsed::parse_from(["plan", "my lab's.yml"]).args;
        assert_eq!(command(&apart, &plan), r"swarmlab up 'my lab'\''s.yml'");
        for words in [
            "lab.yml --observe",
            "lab.yml --front web,api:3000 --front-protocol http2 --prometheus-port 9191",
            "lab.yml --front auto --prometheus http://127.0.0.1:9090",
        ] {
            let args = Parsed::parse_from(["plan"].into_iter().chain(words.split(' '))).args;
            assert_eq!(command(&args, &plan), format!("swarmlab up {words}"));
        }
    }
}
