//! `swarmlab check-regression RUN… --baseline NAME`

use std::path::PathBuf;

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_compare::baseline::Baseline;
use swarmlab_compare::comparison::keys;
use swarmlab_compare::regression::{self, Gate, Outcome};
use swarmlab_compare::variants::{Variant, once};
use swarmlab_compare::{Run, words};
use swarmlab_record::summary::Direction;

use super::baseline::DIR;
use super::comparing::{Allow, Refusal, comparable, margin, no_figure, read};
use super::{Global, output};
use crate::exit::Exit;

/// Chance of a false alarm that is accepted, over all figures.
const ALPHA: f64 = 0.05;

/// Arguments of `check-regression`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 6 when a figure is worse than the baseline by more than the margin, and not by chance; 0 otherwise. A single new run \
will do: how much a run varies is estimated from the baseline (at least three runs), and what that noise hides is said.

Example:
  swarmlab check-regression results/new-* --baseline main --margin 5% --markdown >> $GITHUB_STEP_SUMMARY")]
pub struct CheckRegressionArgs {
    /// Folders of the new runs
    #[arg(required = true, num_args = 1.., value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Name of the baseline
    #[arg(long, value_name = "NAME")]
    baseline: String,
    /// Folder of the baselines
    #[arg(long, default_value = DIR, value_name = "DIR")]
    dir: PathBuf,
    /// How much worse a figure may be
    #[arg(long, default_value = "5%", value_parser = margin, allow_hyphen_values = true)]
    margin: f64,
    /// Figures to check, `*` stands for any text; may be given more than once (default: those of the headline)
    #[arg(long, value_name = "KEY")]
    figure: Vec<String>,
    /// Check all the same where runs differ in this, or fall short of it; may be given more than once
    #[arg(long, value_enum, value_name = "WHAT")]
    allow: Vec<Allow>,
    /// Markdown, for a pull request
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// Checks and prints.
pub fn main(args: &CheckRegressionArgs, global: &Global) -> Exit {
    let gate = match checked(args) {
        Ok(gate) => gate,
        Err(e) => return output::fail(&e.message, e.help.as_deref(), global.json, e.code),
    };
    let unjudged = gate.checks.iter().filter(|check| check.outcome == Outcome::NotJudged).count();
    let exit = if gate.regressed() { Exit::REGRESSION } else { Exit::Success };
    if global.json {
        let sees = gate.sees();
        output::line(
            &serde_json::json!({"event": "regression", "gate": gate, "sees": sees, "regressed": gate.regressed(), "exit": exit as u8}),
        );
    } else if args.markdown {
        output::line(&words::gate_markdown(&gate).trim_end());
    } else {
        output::line(&text(&gate).trim_end());
    }
    if unjudged == gate.checks.len() {
        let help = "a baseline of at least three runs, and figures that it and the new runs have";
        return output::fail(&"no figure could be judged", Some(help), global.json, codes::BAD_VARIANTS);
    }
    exit
}

fn checked(args: &CheckRegressionArgs) -> Result<Gate, Refusal> {
    let baseline = Baseline::load(&args.dir, &args.baseline)?;
    let new = read(&args.runs)?;
    let variants = [
        Variant { name: baseline.name.clone(), runs: baseline.runs },
        Variant { name: "new".to_owned(), runs: new },
    ];
    let runs: Vec<&Run> = variants.iter().flat_map(|v| &v.runs).collect();
    once(&runs)?;
    comparable(&runs, &args.allow)?;
    let mut keys = keys(&variants, &args.figure).map_err(|pattern| no_figure(&pattern, &runs))?;
    if args.figure.is_empty() {
        keys.retain(|key| Direction::of(key).is_some());
    }
    let [old, new] = &variants;
    regression::check(&old.name, &old.runs, &new.runs, &keys, args.margin, ALPHA).map_err(|e| Refusal {
        message: e.to_string(),
        help: None,
        code: codes::INTERNAL,
    })
}

fn text(gate: &Gate) -> String {
    let mut out = output::folded(&words::GATE_HEADING, &words::gate(gate));
    let count = |outcome| gate.checks.iter().filter(|c| c.outcome == outcome).count();
    out.push_str(&format!("\n{}\n", words::gate_limits(gate)));
    let found = count(Outcome::Regressed);
    let unclear = count(Outcome::CannotTell);
    let unjudged = count(Outcome::NotJudged);
    let verdict = if found > 0 { format!("REGRESSION in {found}") } else { "no regression".to_owned() };
    out.push_str(&format!(
        "{verdict} of {} figures against {}{}{}\n",
        gate.checks.len() - unjudged,
        gate.baseline,
        if unclear > 0 { format!("; {unclear} cannot be told") } else { String::new() },
        if unjudged > 0 { format!("; {unjudged} not judged") } else { String::new() }
    ));
    out
}
