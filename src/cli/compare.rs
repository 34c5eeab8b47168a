//! `swarmlab compare RUN…`

use std::path::{Path, PathBuf};

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_compare::comparison::{Adjustment, Comparison, Settings, compare, keys};
use swarmlab_compare::variants::{self, Variant, VariantError};
use swarmlab_compare::verdict::pairs_can_tell;
use swarmlab_compare::{Run, words};

use super::campaigned::{self, Campaigned};
use super::comparing::{Allow, Refusal, comparable, margin, no_figure, read};
use super::{Global, output};
use crate::exit::Exit;

/// Arguments of `compare`.
#[derive(Debug, Args)]
#[command(after_help = "\
Runs of the same experiment, variables and options are repetitions of each other; the rest are variants, each compared with the \
baseline (the first). One run is one sample: nothing is claimed of it. A campaign's folder stands for all of its runs: they are \
paired by block where there are enough blocks for pairs to show anything.

Examples:
  swarmlab compare results/pools --baseline 4
  swarmlab compare results/pool-4-* results/pool-8-*
  swarmlab compare results/* --by POOL --baseline 4 --margin 5%
  swarmlab compare before=results/r1,results/r2,results/r3 after=results/r4,results/r5,results/r6 --figure 'demand_ms:*'")]
pub struct CompareArgs {
    /// Folders of runs, NAME=FOLDER,FOLDER…, or the folder of a campaign
    #[arg(required = true, num_args = 1.., value_name = "RUN")]
    runs: Vec<String>,
    /// The variant that the others are compared with: its name, or one of its runs (default: the first)
    #[arg(long, value_name = "NAME|RUN")]
    baseline: Option<String>,
    /// Group runs by this alone: a variable, name, experiment, target, model, duration, shape; may be given more than once
    #[arg(long, value_name = "KEY")]
    by: Vec<String>,
    /// Figures to compare, `*` stands for any text; may be given more than once (default: those of the headline)
    #[arg(long, value_name = "KEY")]
    figure: Vec<String>,
    /// Compare all figures
    #[arg(long, conflicts_with = "figure")]
    all: bool,
    /// What counts as the same
    #[arg(long, default_value = "3%", value_parser = margin, allow_hyphen_values = true)]
    margin: f64,
    /// The first run of a variant belongs to the first of the baseline, and so on
    #[arg(long)]
    paired: bool,
    /// Adjust p-values so that any false claim at all is unlikely (Holm), instead of few among the claims (Benjamini-Hochberg)
    #[arg(long)]
    strict: bool,
    /// Compare all the same where runs differ in this, or fall short of it; may be given more than once
    #[arg(long, value_enum, value_name = "WHAT")]
    allow: Vec<Allow>,
    /// Fixes what is drawn at random
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Markdown, for a pull request
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

/// Compares and prints.
pub fn main(args: &CompareArgs, global: &Global) -> Exit {
    match compared(args) {
        Ok(c) if global.json => {
            output::line(&serde_json::json!({"event": "comparison", "comparison": c}));
            Exit::Success
        }
        Ok(c) => {
            let text = if args.markdown { words::markdown(&c) } else { text(&c) };
            output::line(&text.trim_end());
            Exit::Success
        }
        Err(e) => output::fail(&e.message, e.help.as_deref(), global.json, e.code),
    }
}

impl From<VariantError> for Refusal {
    fn from(e: VariantError) -> Self {
        let help = match &e {
            VariantError::OneVariant { .. } => Some("name the variants: a=RUN1,RUN2 b=RUN3,RUN4".to_owned()),
            _ => None,
        };
        Self { message: e.to_string(), help, code: codes::BAD_VARIANTS }
    }
}

fn compared(args: &CompareArgs) -> Result<Comparison, Refusal> {
    if let [one] = &args.runs[..]
        && campaigned::is_campaign(Path::new(one))
    {
        return of_campaign(args, Path::new(one));
    }
    compare_variants(grouped(args)?, args.paired, args)
}

/// All runs of a campaign. Which test is made is decided by how many there are, before anything is known of what they say.
fn of_campaign(args: &CompareArgs, folder: &Path) -> Result<Comparison, Refusal> {
    if let Some(key) = args.by.first() {
        return Err(Refusal {
            message: format!("--by {key}: a campaign's runs have their variants already"),
            help: Some(format!("name the runs one by one: {}/block-*/variant-*/*", folder.display())),
            code: codes::BAD_VARIANTS,
        });
    }
    let campaign = Campaigned::read(folder)?;
    let keys = matching(&campaign.variants, args)?;
    let (pairs, tests) = (campaign.pairs(), keys.len() * campaign.variants.len().saturating_sub(1));
    let can_tell = pairs_can_tell(pairs, tests, Settings::default().alpha);
    let paired = args.paired || can_tell;
    let campaign = if paired { campaign.in_pairs() } else { campaign };
    let mut remarks = campaign.remarks;
    if !paired {
        remarks.push(format!(
            "Not paired by block: of {} and {} no p-value of pairs is small enough to claim anything. What blocks have in common \
             counts as noise. Ask about fewer figures (--figure), or raise `repetitions`: the campaign goes on.",
            words::plural(pairs, "whole block"),
            words::plural(tests, "test")
        ));
    }
    let mut c = compare_variants(campaign.variants, paired, args)?;
    remarks.append(&mut c.remarks);
    c.remarks = remarks;
    Ok(c)
}

/// The figures that were asked for.
fn matching(variants: &[Variant], args: &CompareArgs) -> Result<Vec<String>, Refusal> {
    let runs: Vec<&Run> = variants.iter().flat_map(|v| &v.runs).collect();
    let all = ["*".to_owned()];
    let patterns = if args.all { &all[..] } else { &args.figure[..] };
    keys(variants, patterns).map_err(|pattern| no_figure(&pattern, &runs))
}

fn compare_variants(variants: Vec<Variant>, paired: bool, args: &CompareArgs) -> Result<Comparison, Refusal> {
    let runs: Vec<&Run> = variants.iter().flat_map(|v| &v.runs).collect();
    variants::once(&runs)?;
    let baseline = variants::baseline(&variants, args.baseline.as_deref())?;
    let base = &variants[baseline];
    comparable(&runs, &args.allow)?;
    let keys = matching(&variants, args)?;
    let unlike = |v: &&Variant| paired && v.runs.len() != base.runs.len();
    if let Some(other) = variants.iter().find(unlike) {
        let (a, b) = (base.name.clone(), other.name.clone());
        return Err(VariantError::Unpaired { a, n: base.runs.len(), b, m: other.runs.len() }.into());
    }
    let adjustment = if args.strict { Adjustment::AnyError } else { Adjustment::FalseDiscoveries };
    let settings =
        Settings { margin: args.margin, adjustment, paired, seed: args.seed, ..Settings::default() };
    Ok(compare(&variants, baseline, &keys, &settings))
}

/// Runs as they were named, and the others as they differ.
fn grouped(args: &CompareArgs) -> Result<Vec<Variant>, Refusal> {
    let mut out: Vec<Variant> = Vec::new();
    let mut unnamed = Vec::new();
    for word in &args.runs {
        // A folder may have an equals sign in its name.
        match word.split_once('=').filter(|_| !PathBuf::from(word).exists()) {
            None => unnamed.push(PathBuf::from(word)),
            Some((name, folders)) => {
                let folders: Vec<PathBuf> =
                    folders.split(',').filter(|f| !f.is_empty()).map(PathBuf::from).collect();
                let runs = read(&folders)?;
                match out.iter_mut().find(|v| v.name == name) {
                    Some(variant) => variant.runs.extend(runs),
                    None => out.push(Variant { name: name.to_owned(), runs }),
                }
            }
        }
    }
    if let Some(empty) = out.iter().find(|v| v.runs.is_empty()) {
        return Err(Refusal {
            message: format!("{}= names no run", empty.name),
            help: Some("name its folders: a=RUN1,RUN2".to_owned()),
            code: codes::BAD_VARIANTS,
        });
    }
    let mut all = variants::group(read(&unnamed)?, &args.by)?;
    // The baseline by default is what was named first.
    if args.runs.first().is_some_and(|w| w.contains('=') && !PathBuf::from(w).exists()) {
        out.append(&mut all);
        all = out;
    } else {
        all.append(&mut out);
    }
    Ok(all)
}

fn text(c: &Comparison) -> String {
    let mut out = String::new();
    let (base, others): (Vec<_>, Vec<_>) = c.variants.iter().partition(|(name, _)| *name == c.baseline);
    for (name, n) in base {
        out.push_str(&format!("baseline: {name} ({})\n", words::plural(*n, "run")));
    }
    for (name, n) in others {
        out.push_str(&format!("\n{name} ({})\n", words::plural(*n, "run")));
        let rows: Vec<Vec<String>> = c
            .rows
            .iter()
            .zip(words::comparison(c))
            .filter(|(row, _)| row.variant.variant == *name)
            .map(|(_, cells)| cells)
            .collect();
        // What is said of a figure stands beside it, wherever the table is folded.
        let beside = |mut cells: Vec<String>| {
            let verdict = cells.pop();
            cells.splice(1..1, verdict);
            cells
        };
        let heading: Vec<String> = beside(words::HEADING.map(str::to_owned).to_vec());
        let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
        let rows: Vec<Vec<String>> = rows.into_iter().map(beside).collect();
        out.push_str(&output::folded(&heading, &rows));
    }
    for remark in &c.remarks {
        out.push_str(&format!("\n{remark}\n"));
    }
    out.push_str(&format!("\n{}", words::method(c)));
    out
}
