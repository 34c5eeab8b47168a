//! `swarmlab scenario import FILE`

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_experiment::FileKind;
use swarmlab_import::{ImportError, Imported, Options, PLACEHOLDER, import};

use crate::cli::{Global, output};
use crate::exit::Exit;

/// Arguments of `scenario import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Recording (HAR) or description (OpenAPI 3.0 and 3.1, Swagger 2; JSON or YAML)
    file: PathBuf,
    /// Where to write the scenario (default: standard output)
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Keep requests to this host; may be given more than once, the first is the main target (default: the host of the
    /// first document)
    #[arg(long, value_name = "HOST[:PORT]")]
    host: Vec<String>,
    /// Keep images, styles, scripts, fonts and media of a recording
    #[arg(long)]
    keep_static: bool,
    /// Let operations that delete be steps, instead of comments
    #[arg(long)]
    destructive: bool,
    /// Write over a scenario that is there
    #[arg(long, requires = "out")]
    force: bool,
}

/// Imports and writes.
pub fn main(args: &ImportArgs, global: &Global) -> Exit {
    let bytes = match std::fs::read(&args.file) {
        Ok(bytes) => bytes,
        Err(e) => {
            let error = format!("{} cannot be read: {e}", args.file.display());
            return output::fail(&error, None, global.json, codes::UNREADABLE_ARGUMENT);
        }
    };
    // The table stands beside the scenario, which names it without a folder.
    let beside = args.out.as_deref().unwrap_or(&args.file);
    let table = beside.with_extension("secrets.csv");
    let table_name = table.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let options = Options {
        hosts: args.host.clone(),
        keep_static: args.keep_static,
        destructive: args.destructive,
        secrets_file: table_name,
    };
    let name = args.file.display().to_string();
    let made = match import(&bytes, &name, &options) {
        Ok(made) => made,
        Err(e) => {
            // What it is instead, if that is known.
            let kind = matches!(e, ImportError::Unknown(_)).then(|| FileKind::of_file(&args.file)).flatten();
            let help = match kind {
                Some(kind) => Some(format!("it is {}: {}", kind.words(), kind.taken_by(&name))),
                None => e.help().map(str::to_owned),
            };
            return output::fail(&format!("{name}: {e}"), help.as_deref(), global.json, e.code());
        }
    };
    for remark in &made.remarks {
        output::remark(remark, global.json);
    }
    if let Some(out) = &args.out
        && let Err(unwritten) = write(out, &table, &made, args, global)
    {
        return match unwritten {
            // As every command that would write over something: nothing was done, and another argument helps.
            Unwritten::Exists => {
                let why = format!("{} exists already, and is never overwritten unasked", out.display());
                let help = "choose another file, or write over it with --force";
                output::fail(&why, Some(help), global.json, codes::BAD_ARGUMENTS)
            }
            Unwritten::Failed(e) => output::fail(&e, None, global.json, codes::OUTPUT_FILE),
        };
    }
    if args.out.is_none() && made.secrets.is_some() {
        let text = format!("the scenario needs {} beside it; -o FILE writes both", table.display());
        output::remark(&text, global.json);
    }
    tell(args, &made, global);
    Exit::Success
}

/// Why a scenario was not written.
enum Unwritten {
    /// There is a file of this name.
    Exists,
    /// The disk, in words.
    Failed(String),
}

/// Writes the scenario, and the table of secrets unless there is one.
fn write(
    out: &Path,
    table: &Path,
    made: &Imported,
    args: &ImportArgs,
    global: &Global,
) -> Result<(), Unwritten> {
    create(out, &made.scenario, args.force).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Unwritten::Exists,
        _ => Unwritten::Failed(format!("{}: {e}", out.display())),
    })?;
    let Some(secrets) = &made.secrets else { return Ok(()) };
    match create(table, secrets, false) {
        Ok(()) => {
            let text = format!("put the real values into {} in place of {PLACEHOLDER}", table.display());
            output::remark(&text, global.json);
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => {
            let columns = secrets.lines().next().unwrap_or_default();
            let text = format!("{} is kept as it is; the scenario takes {columns} from it", table.display());
            output::remark(&text, global.json);
        }
        Err(e) => return Err(Unwritten::Failed(format!("{}: {e}", table.display()))),
    }
    Ok(())
}

fn create(path: &Path, text: &str, over: bool) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if over {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    options.open(path)?.write_all(text.as_bytes())
}

fn tell(args: &ImportArgs, made: &Imported, global: &Global) {
    let out = args.out.as_ref().map(|out| out.display().to_string());
    let targets: String = made.targets.iter().map(|(name, url)| format!(" --target {name}={url}")).collect();
    let run = format!(
        "swarmlab load {}{targets} --scenario {}",
        made.target.as_deref().unwrap_or("URL"),
        out.as_deref().unwrap_or("FILE")
    );
    if global.json {
        output::line(&serde_json::json!({
            "event": "imported", "format": format!("{:?}", made.format), "steps": made.steps, "scenario": made.scenario,
            "secrets": made.secrets, "target": made.target, "written": out, "run": run, "look": format!("{run} --debug"),
        }));
    } else if let Some(out) = out {
        output::line(&format!(
            "{out}: {} steps\nlook at one iteration first: {run} --debug\nthen send it: {run}",
            made.steps
        ));
    } else {
        output::line(&made.scenario.trim_end());
    }
}
