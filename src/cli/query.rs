//! `swarmlab query PROMQL`

use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use swarmlab_codes as codes;
use swarmlab_frame::store::{TidyFile, TidyFormat, TidyText};
use swarmlab_record::FileError;
use swarmlab_telemetry::past::parts::folder_of;
use swarmlab_telemetry::past::{Job, Joined, Parts, PastError, Plan, Stop, Wanted, Window};
use swarmlab_yaml::parse_duration;

use super::past::{
    MOMENTS, PrometheusArgs, fetched, help, interruptible, shown, tell as tell_news, window_ms,
};
use super::session::Left;
use super::{Global, output};
use crate::exit::Exit;

/// Arguments of `query`.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP.as_str())]
pub struct QueryArgs {
    /// What is asked, in PromQL; with --raw a selector alone
    promql: String,
    /// Address of the Prometheus: http:// or https://, and the path below which it is served
    #[arg(long, value_name = "URL")]
    prometheus: String,
    /// Begin of the window
    #[arg(long, value_name = "FROM")]
    from: String,
    /// End of the window
    #[arg(long, value_name = "TO", default_value = "now")]
    to: String,
    /// The value each so often, from FROM on
    #[arg(long, value_name = "D", value_parser = parse_duration, required_unless_present = "raw", conflicts_with = "raw")]
    step: Option<Duration>,
    /// The samples as Prometheus keeps them, with their own times: those after FROM, up to and with TO
    #[arg(long)]
    raw: bool,
    /// Where to write: .csv, .jsonl or .parquet (default: CSV on standard output)
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write over FILE if it is there
    #[arg(long, requires = "out")]
    force: bool,
    /// Throw away what an earlier command left unfinished
    #[arg(long, requires = "out")]
    restart: bool,
    #[command(flatten)]
    access: PrometheusArgs,
}

static AFTER_HELP: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    format!(
        "One row a sample: its time, each label, its value. Windows of any length are asked for in pieces that share no \
moment, and joined. The file is there whole or not at all: what was fetched of it stays in FILE.parts, and the same command goes \
on with that. What Prometheus warns of is told. {MOMENTS}

Examples:
  swarmlab query 'sum by (job) (rate(http_requests_total[1m]))' --prometheus http://127.0.0.1:9090 --from now-6h --step 5s -o rates.csv
  swarmlab query container_cpu_usage_seconds_total --raw --prometheus http://127.0.0.1:9090 --from now-1h -o cpu.parquet
  swarmlab query up --prometheus https://metrics.example/prom --bearer-file token --from 2026-11-28T02:00:00Z --to 2026-11-28T03:00:00Z --step 15s

Exit codes: 0 done, 1 an answer or file that cannot be kept, 2 bad arguments, credentials or query, 3 no Prometheus there, 4 it \
does not answer, 5 no sample in the window, 130 interrupted."
    )
});

/// How it failed.
#[derive(Debug, thiserror::Error)]
enum QueryError {
    #[error(transparent)]
    Past(#[from] PastError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{0} ends with none of .csv, .jsonl, .parquet")]
    Ending(String),
    #[error("{0} exists already, and is never overwritten unasked")]
    Exists(String),
    #[error("`{0}` has no sample in the window")]
    Nothing(String),
    #[error("standard output: {0}")]
    Output(std::io::Error),
}

impl QueryError {
    fn code(&self) -> codes::Code {
        match self {
            Self::Past(e) => e.code(),
            Self::File(_) | Self::Output(_) => codes::OUTPUT_FILE,
            Self::Ending(_) | Self::Exists(_) => codes::BAD_ARGUMENTS,
            Self::Nothing(_) => codes::NO_SAMPLES,
        }
    }

    fn help(&self) -> Option<&'static str> {
        match self {
            Self::Past(e) => help(e),
            Self::Ending(_) => Some("the ending says how the file is written"),
            Self::Exists(_) => Some("choose another file, or write over it with --force"),
            Self::Nothing(_) => {
                Some("is the name right, and were there samples then? --raw takes a selector alone")
            }
            Self::File(_) | Self::Output(_) => None,
        }
    }
}

/// Asks and writes.
pub fn main(args: &QueryArgs, global: &Global) -> Exit {
    interruptible(|stop, left| ask(args, global, stop, left))
}

fn ask(args: &QueryArgs, global: &Global, stop: &Stop, left: &Left) -> Exit {
    if let Some(out) = &args.out {
        left.set(vec![format!("{}, with which the same command goes on", folder_of(out).display())]);
    }
    let Err(e) = run(args, global, stop) else { return Exit::Success };
    let kept = args
        .out
        .as_deref()
        .filter(|_| !matches!(e, QueryError::Past(PastError::OtherParts { .. } | PastError::Part { .. })))
        .and_then(kept);
    let help: Vec<&str> = [e.help(), kept.as_deref()].into_iter().flatten().collect();
    let help = (!help.is_empty()).then(|| help.join("; "));
    output::fail(&e, help.as_deref(), global.json, e.code())
}

/// What of an output is kept for later; a folder without any part is not.
fn kept(out: &Path) -> Option<String> {
    let folder = folder_of(out);
    // Whoever is at work there keeps it.
    let _held = folder.exists().then(|| Parts::hold(&folder).ok()).flatten()?;
    match parts_in(&folder) {
        0 => {
            if let Err(e) = Parts::remove(&folder) {
                tracing::warn!("{e}");
            }
            None
        }
        n => Some(format!("the same command goes on with the parts in {} ({n})", folder.display())),
    }
}

/// How many parts a folder holds.
fn parts_in(folder: &Path) -> usize {
    let Ok(all) = std::fs::read_dir(folder) else { return 0 };
    all.filter_map(Result::ok).filter(|e| e.path().extension().is_some_and(|ending| ending == "part")).count()
}

fn run(args: &QueryArgs, global: &Global, stop: &Stop) -> Result<(), QueryError> {
    let to = args.out.as_deref().map(|path| to(path, args.force)).transpose()?;
    let asker = args.access.asker(&args.prometheus, stop)?;
    let wanted = wanted(args)?;
    let folder = args.out.as_deref().map(folder_of);
    // Held until the end of it all.
    let _held = folder.as_deref().map(Parts::hold).transpose()?;
    if let (Some(folder), true) = (&folder, args.restart) {
        Parts::clear(folder)?;
    }
    let now_ms = asker.now_ms(&|news| tell_news(news, global.json))?;
    // A plan of which nothing was fetched binds nobody.
    let with_parts = folder.as_deref().filter(|folder| parts_in(folder) > 0);
    let begun = with_parts.map(Parts::begun).transpose()?;
    let plan = match (begun, &folder) {
        (Some(begun), Some(folder)) => same(begun, args, wanted, asker.url(), folder)?,
        _ => {
            let (from_ms, to_ms) = window_ms(&args.from, &args.to, now_ms, global.json)?;
            let asked = (args.from.clone(), args.to.clone());
            let window = Window { from_ms, to_ms };
            let workers = usize::from(args.access.parallel);
            Plan::new(asker.url(), &args.promql, asked, window, wanted, workers)?
        }
    };
    let parts = match &folder {
        Some(folder) => Parts::in_folder(folder, &plan)?,
        None => Parts::in_memory(&plan),
    };
    let before = (0..parts.count()).filter(|i| parts.has(*i)).count();
    if before > 0 {
        let Window { from_ms, to_ms } = plan.window;
        let text = format!(
            "going on with what was begun, the window from {} to {}: {before} of {} parts are there (--restart throws them away)",
            shown(from_ms),
            shown(to_ms),
            parts.count()
        );
        output::remark(&text, global.json);
    }
    let workers = usize::from(args.access.parallel);
    fetched(&Job { asker: &asker, plan: &plan, parts: &parts, workers }, global.json)?;
    let joined = Joined::new(&parts)?;
    for warning in &joined.warnings {
        output::remark(&format!("Prometheus: {warning}"), global.json);
    }
    if joined.samples == 0 {
        folder.as_deref().map(Parts::remove).transpose()?;
        return Err(QueryError::Nothing(args.promql.clone()));
    }
    match (&to, &args.out) {
        (Some(format), Some(path)) => write(&joined, *format, path, stop)?,
        _ => print(&joined, global.json, stop)?,
    }
    folder.as_deref().map(Parts::remove).transpose()?;
    if let Some(path) = &args.out {
        tell(&joined, path, &plan, global.json);
    }
    Ok(())
}

fn wanted(args: &QueryArgs) -> Result<Wanted, PastError> {
    let Some(step) = args.step else { return Ok(Wanted::Raw) };
    if step.is_zero() || step.subsec_nanos() % 1_000_000 != 0 {
        let why = format!("--step {step:?}: a step is a whole number of milliseconds, at least one");
        return Err(PastError::Window(why));
    }
    // A longer step than any window is the window's first point.
    Ok(Wanted::Steps { step_ms: i64::try_from(step.as_millis()).unwrap_or(i64::MAX) })
}

/// The format of the output, which must not be there unless it is to be written over.
fn to(path: &Path, force: bool) -> Result<TidyFormat, QueryError> {
    let format = TidyFormat::of(path).ok_or_else(|| QueryError::Ending(path.display().to_string()))?;
    if path.exists() && !force {
        return Err(QueryError::Exists(path.display().to_string()));
    }
    Ok(format)
}

/// The plan that was begun, if it is of the same question. Relative times mean what they meant then.
fn same(begun: Plan, args: &QueryArgs, wanted: Wanted, url: &str, folder: &Path) -> Result<Plan, PastError> {
    let step = |wanted: Wanted| match wanted {
        Wanted::Steps { step_ms } => format!("a step of {step_ms} ms"),
        Wanted::Raw => "raw samples".to_owned(),
    };
    for (what, theirs, ours) in [
        ("address", begun.url.clone(), url.to_owned()),
        ("query", begun.promql.clone(), args.promql.clone()),
        ("begin", begun.asked.0.clone(), args.from.clone()),
        ("end", begun.asked.1.clone(), args.to.clone()),
        ("step", step(begun.wanted), step(wanted)),
    ] {
        if theirs != ours {
            return Err(PastError::OtherParts { folder: folder.to_owned(), what, theirs, ours });
        }
    }
    Ok(begun)
}

fn write(joined: &Joined<'_>, format: TidyFormat, path: &Path, stop: &Stop) -> Result<(), QueryError> {
    let mut file = TidyFile::create(path, format, joined.labels.iter().cloned())?;
    joined.each::<QueryError>(&mut |labels, points| {
        stop.check()?;
        Ok(file.series(labels, points.iter().map(|p| (p.t_ms as f64 / 1e3, p.value)))?)
    })?;
    Ok(file.finish()?)
}

/// To standard output. A reader that has gone away has seen enough.
fn print(joined: &Joined<'_>, json: bool, stop: &Stop) -> Result<(), QueryError> {
    let format = if json { TidyFormat::JsonLines } else { TidyFormat::Csv };
    let printed = || -> Result<(), QueryError> {
        let out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        let mut text =
            TidyText::new(out, format, joined.labels.iter().cloned()).map_err(QueryError::Output)?;
        if json {
            text = text.of_event("sample");
        }
        joined.each::<QueryError>(&mut |labels, points| {
            stop.check()?;
            let samples = points.iter().map(|p| (p.t_ms as f64 / 1e3, p.value));
            text.series(labels, samples).map_err(QueryError::Output)
        })?;
        text.finish().and_then(|mut out| out.flush()).map_err(QueryError::Output)
    };
    match printed() {
        Err(QueryError::Output(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn tell(joined: &Joined<'_>, path: &Path, plan: &Plan, json: bool) {
    let (series, samples) = (joined.series(), joined.samples);
    let Window { from_ms, to_ms } = plan.window;
    let value = json!({
        "event": "query", "file": path.display().to_string(), "series": series, "samples": samples, "parts": plan.pieces().len(),
        "from_unix_s": from_ms as f64 / 1e3, "to_unix_s": to_ms as f64 / 1e3,
        "warnings": joined.warnings,
    });
    let text = format!("{}: {samples} samples of {series} series", path.display());
    output::say(json, &value, &text);
}
