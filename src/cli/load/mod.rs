//! `swarmlab load URL`: a load alone, against anything that speaks HTTP.

mod args;
mod debug;
mod live;
mod origin;
mod plan;
pub(super) mod text;

pub use args::LoadArgs;

use std::path::{Path, PathBuf};
use std::time::Duration;

use swarmlab_checks::{Check, Known, Threshold, only_later};
use swarmlab_codes as codes;
use swarmlab_intervals::ErrorKind;
use swarmlab_intervals::trust::Trust;
use swarmlab_yaml::nearest;

use super::junit::{self, Case, CaseOutcome};
use super::{Global, output, session};
use crate::exit::Exit;
use crate::load::LoadFailure;
use crate::load::checks;
use crate::load::files::Files;
use crate::load::locust::Locust;
use crate::load::objectives::{Figure, Objective, Objectives};
use crate::load::summary::LoadSummary;
use swarmlab_lab::bus::Bus;
use swarmlab_lab::load::Early;
use swarmlab_lab::machine;
use swarmlab_record::folder::RunFolder;

/// Sends the load and prints its summary.
pub fn main(args: &LoadArgs, global: &Global) -> Exit {
    let plan = match plan::plan(args) {
        Ok(p) => p,
        Err(plan::PlanError::Files(d)) => return output::bad_input(&d, global.json),
        Err(e) => return output::fail(&e, e.help(), global.json, e.code()),
    };
    let checks = match checks(&args.check, &plan.spec.scenario.endpoints()) {
        Ok(checks) => checks,
        Err((why, help)) => return output::fail(&why, Some(&help), global.json, codes::BAD_CHECK),
    };
    let thresholds = match thresholds(&checks, args.abort_after) {
        Ok(thresholds) => thresholds,
        Err(why) => return output::fail(&why, None, global.json, codes::BAD_CHECK),
    };
    for w in plan.warnings.iter() {
        output::warning(w, global.json);
    }
    if args.debug {
        return debug::main(args, &plan, global);
    }
    if args.keep_awake
        && let Err(e) = swarmlab_loadgen::can_keep_awake()
    {
        output::remark(&machine::cannot_keep_awake(&e.to_string()), global.json);
    }
    session::block_on(|cancel, _left| async move {
        let objectives = Objectives { p95: args.max_p95, error_rate: args.max_errors, checks };
        // A page alone is that of a folder that nobody wants to keep.
        let passing = PassingFolder::new();
        let out = args.out.as_deref().or_else(|| args.html.is_some().then_some(passing.path()));
        let create = |out: &Path| {
            let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
            Files::create(out, &plan.spec, &plan.title, &objectives, origin::of(args, words))
        };
        if let Some(page) = &args.html
            && let Some(folder) = page.parent().filter(|f| !f.as_os_str().is_empty() && !f.is_dir())
        {
            let why = format!("--html {}: {} is no folder", page.display(), folder.display());
            return output::fail(&why, None, global.json, codes::RESULTS_PLACE);
        }
        let mut files = match out.map(create).transpose() {
            Ok(f) => f,
            Err(e) => {
                let folder = out.unwrap_or(Path::new("")).display();
                return output::fail(
                    &format!("--out {folder}: {e}"),
                    None,
                    global.json,
                    codes::RESULTS_PLACE,
                );
            }
        };
        let locust = args.locust_csv.as_deref();
        let mut locust = match locust
            .map(|prefix| Locust::create(prefix, &plan.spec.scenario, args.locust_full_history))
            .transpose()
        {
            Ok(l) => l,
            Err(e) => {
                let prefix = args.locust_csv.as_deref().unwrap_or(Path::new("")).display();
                let help = "PREFIX is the beginning of four file names, in a folder that exists";
                let error = format!("--locust-csv {prefix}: {e}");
                return output::fail(&error, Some(help), global.json, codes::RESULTS_PLACE);
            }
        };
        let mut live = live::live(&plan, global.json);
        let mut bus = Bus::new();
        bus.attach(live.as_mut());
        if let Some(files) = &mut files {
            bus.attach(files);
        }
        if let Some(locust) = &mut locust {
            bus.attach(locust);
        }
        let ended = swarmlab_lab::load::load(plan.spec.clone(), thresholds, &mut bus, &cancel).await;
        drop(bus);
        drop(live);
        let ended = match ended {
            Ok(e) => e,
            Err(e) => {
                // The folder says why itself, as far as that can still be written.
                if let Some(Err(also)) = files.map(|files| files.fail(&e.to_string())) {
                    tracing::debug!("the folder cannot say why its load failed: {also}");
                }
                return match e {
                    // Whoever read the lines has seen enough.
                    LoadFailure::Write(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Exit::Success,
                    LoadFailure::Interrupted => Exit::Interrupted,
                    e => output::fail(&e, help_of(&e), global.json, e.code()),
                };
            }
        };
        let summary = LoadSummary::of(&plan.spec, &plan.title, &ended, &objectives);
        if let Some(files) = files
            && let Err(e) = files.finish(&ended, &summary)
        {
            return output::fail(&e, None, global.json, codes::RESULTS_NOT_WRITTEN);
        }
        if let (Some(page), Some(out)) = (&args.html, out)
            // A load in which nothing was due has no report.
            && summary.counts.offered > 0
            && let Err(e) = std::fs::copy(RunFolder::open(out).report(), page)
        {
            let why = format!("--html {}: {e}", page.display());
            return output::fail(&why, None, global.json, codes::RESULTS_NOT_WRITTEN);
        }
        if let Some(locust) = locust
            && let Err(e) = locust.finish(&ended.outcome)
        {
            return output::fail(&e, None, global.json, codes::RESULTS_NOT_WRITTEN);
        }
        if let Some(path) = &args.junit
            && let Err(e) = junit::write(path, &plan.title, &cases(&summary, ended.early.as_ref()))
        {
            let why = format!("--junit {}: {e}", path.display());
            return output::fail(&why, None, global.json, codes::OUTPUT_FILE);
        }
        let value = serde_json::json!({"event": "finished", "summary": summary});
        output::say(global.json, &value, text::summary(&summary).trim_end());
        exit(args, &summary, ended.early.as_ref(), global)
    })
}

/// A place for a folder below the system's temporary one; what is there goes with this value.
struct PassingFolder(PathBuf);

impl PassingFolder {
    fn new() -> Self {
        let now_ns =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        Self(std::env::temp_dir().join(format!("swarmlab-load-{}-{now_ns}", std::process::id())))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PassingFolder {
    fn drop(&mut self) {
        // Mostly nothing is there.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Reads `--check`, all of them, before anything is sent.
fn checks(texts: &[String], endpoints: &[String]) -> Result<Vec<Check>, (String, String)> {
    let known = Known { services: Some(&[]), endpoints: Some(endpoints) };
    let mut out = Vec::new();
    for text in texts {
        let check = swarmlab_checks::parse(text).map_err(|e| {
            (format!("--check {text:?}: {} at character {}", e.problem, e.at + 1), e.expected)
        })?;
        if let Some(column) = checks::column(&check) {
            let why = format!("--check {text:?}: a load alone has no column {:?}", column.name);
            let help = "columns over time are for `checks` of an experiment; here: figures, and quantiles of response";
            return Err((why, help.to_owned()));
        }
        if let Some(stranger) = known.stranger(&check) {
            let why = format!("--check {text:?}: this load has no {} `{}`", stranger.what, stranger.name);
            let all = format!("expected one of {}", stranger.known.join(", "));
            let help = match nearest(&stranger.name, stranger.known.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`? {all}"),
                None => all,
            };
            return Err((why, help));
        }
        out.push(check);
    }
    Ok(out)
}

/// The checks that `--abort-after` lets end the load: all but those that only its end can tell.
fn thresholds(checks: &[Check], abort_after: Option<Duration>) -> Result<Vec<Threshold>, String> {
    let Some(after) = abort_after else { return Ok(Vec::new()) };
    let now = |check: &&Check| only_later(check).is_none();
    let threshold =
        |check: &Check| Threshold { check: check.clone(), abort_after_s: Some(after.as_secs_f64()) };
    let all: Vec<Threshold> = checks.iter().filter(now).map(threshold).collect();
    match checks.iter().find_map(only_later) {
        Some(why) if all.is_empty() => Err(format!("--abort-after: no --check can end the load: {why}")),
        _ => Ok(all),
    }
}

/// What a pipeline is shown of the load.
fn cases(s: &LoadSummary, early: Option<&Early>) -> Vec<Case> {
    let objectives = s.objectives.iter().map(|o| {
        let name = match o.figure {
            Figure::ResponseP95Ms => "max-p95",
            Figure::ErrorRate => "max-errors",
        };
        let value = o.value.map_or("unknown".to_owned(), |v| v.to_string());
        let why = match &o.because {
            Some(why) => format!("{value} ({why}), at most {}", o.limit),
            None => format!("{value}, at most {}", o.limit),
        };
        Case {
            name: name.to_owned(),
            outcome: if o.met { CaseOutcome::Passed } else { CaseOutcome::Failed(why) },
        }
    });
    let checks = s.checks.iter().map(|c| {
        // What cannot be judged was not proved.
        let outcome = match c.holds {
            Some(true) => CaseOutcome::Passed,
            _ => CaseOutcome::Failed(c.because.clone()),
        };
        Case { name: c.check.clone(), outcome }
    });
    let verdict = &s.generator.verdict;
    let generator = match verdict.trust {
        Trust::Invalid => CaseOutcome::Failed("the generator's own figures are not valid".to_owned()),
        _ => CaseOutcome::Passed,
    };
    let generator = Case { name: "generator-valid".to_owned(), outcome: generator };
    let ended = early.and_then(|early| match early {
        Early::Missed(why) => {
            Some(Case { name: "abort-after".to_owned(), outcome: CaseOutcome::Failed(why.clone()) })
        }
        Early::Interrupted => None,
    });
    objectives.chain(checks).chain([generator]).chain(ended).collect()
}

fn help_of(e: &LoadFailure) -> Option<&'static str> {
    match e {
        LoadFailure::Load(swarmlab_loadgen::LoadError::OpenFiles { .. }) => {
            Some("fewer --connections, or a higher limit (ulimit -n)")
        }
        _ => None,
    }
}

fn exit(args: &LoadArgs, summary: &LoadSummary, early: Option<&Early>, global: &Global) -> Exit {
    match early {
        Some(Early::Interrupted) => return Exit::Interrupted,
        Some(Early::Missed(why)) => return output::fail(why, None, global.json, codes::CHECK_ENDED),
        None => {}
    }
    if summary.counts.offered == 0 {
        let help = "a longer --duration, a higher --rate, or a shape whose level is above 0";
        return output::fail(&"no request was due in this time", Some(help), global.json, codes::NOTHING_DUE);
    }
    if summary.counts.completed == 0 {
        let kind = || summary.counts.errors.keys().find_map(|name| ErrorKind::named(name));
        let help = match (summary.first_errors.values().next(), kind()) {
            (Some(text), _) => text.clone(),
            (None, Some(kind)) => format!("{kind} ({}): {}", kind.means(), kind.advice()),
            (None, None) => "is the address right, and does anything listen there?".to_owned(),
        };
        return output::fail(&"no request was answered", Some(&help), global.json, codes::NO_ANSWER);
    }
    // Validity goes first, as in `run`: figures that are not valid cannot say that an objective is missed.
    if args.require_valid && summary.generator.verdict.trust == Trust::Invalid {
        let why = "the generator's own figures are not valid, and --require-valid was given";
        return output::fail(&why, None, global.json, codes::NOT_VALID);
    }
    match unproved(summary) {
        Some((why, help)) => output::fail(&why, help, global.json, codes::OBJECTIVE_MISSED),
        None => Exit::Success,
    }
}

/// Which objectives are not met, told apart from those that could not be judged: what cannot be judged was not proved, but
/// did not fail either.
fn unproved(summary: &LoadSummary) -> Option<(String, Option<&'static str>)> {
    let option = |o: &Objective| match o.figure {
        Figure::ResponseP95Ms => "--max-p95".to_owned(),
        Figure::ErrorRate => "--max-errors".to_owned(),
    };
    let objectives = summary.objectives.iter().map(|o| (option(o), o.value.map(|_| o.met)));
    let checks = summary.checks.iter().map(|c| (format!("--check '{}'", c.check), c.holds));
    let all: Vec<(String, Option<bool>)> = objectives.chain(checks).collect();
    let those = |which: Option<bool>| {
        let names: Vec<&str> =
            all.iter().filter(|(_, met)| *met == which).map(|(name, _)| name.as_str()).collect();
        names.join(", ")
    };
    let (missed, unjudged) = (those(Some(false)), those(None));
    let help = (!unjudged.is_empty()).then_some("a longer load gives more to judge by");
    match (missed.is_empty(), unjudged.is_empty()) {
        (true, true) => None,
        (false, true) => Some((format!("the answers do not meet {missed}"), help)),
        (true, false) => Some((format!("could not be judged: {unjudged}"), help)),
        (false, false) => {
            Some((format!("the answers do not meet {missed}; could not be judged: {unjudged}"), help))
        }
    }
}
