//! `swarmlab import k6|jmeter|csv FILE…`: what another tool's clients measured, as a run folder.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use swarmlab_codes as codes;
use swarmlab_import::results::{self, Gathered, Mapping, Options, Problem, Unit, zone_s};
use swarmlab_lab::others::{self, Words};
use swarmlab_record::folder::RunFolder;
use swarmlab_yaml::parse_duration;

use super::{Global, output, summary};
use crate::exit::Exit;

/// What imports of all tools share.
#[derive(Debug, Args)]
pub struct OthersArgs {
    /// Files of one load; those of several machines are added up. `-` is standard input
    #[arg(required = true, num_args = 1.., value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder for the run, new or empty
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Length of the intervals, at least 10 ms
    #[arg(long, value_name = "D", default_value = "1s", value_parser = parse_duration)]
    bin: Duration,
    /// Zone of times that are written without one, as +02:00
    #[arg(long, value_name = "ZONE", value_parser = zone, allow_hyphen_values = true)]
    zone: Option<i32>,
    /// What the load was sent to; runs of other targets are no repetitions
    #[arg(long, value_name = "TEXT")]
    target: Option<String>,
}

/// Arguments of `import hdr`.
#[derive(Debug, Args)]
pub struct HdrArgs {
    #[command(flatten)]
    of_all: OthersArgs,
    /// Unit of the values: s, ms, us or ns; not needed for logs of swarmlab's own
    #[arg(long, value_name = "UNIT", value_parser = unit)]
    unit: Option<Unit>,
}

/// Arguments of `import csv`.
#[derive(Debug, Args)]
pub struct MappedArgs {
    #[command(flatten)]
    of_all: OthersArgs,
    /// File (YAML) that says which column is what
    #[arg(long, value_name = "FILE")]
    mapping: PathBuf,
}

fn unit(text: &str) -> Result<Unit, String> {
    let found = Unit::WORDS.iter().find(|(word, _)| *word == text);
    found.map(|(_, unit)| *unit).ok_or_else(|| "one of s, ms, us, ns was expected".to_owned())
}

fn zone(text: &str) -> Result<i32, String> {
    zone_s(text).ok_or_else(|| "hours and minutes from UTC were expected, as +02:00".to_owned())
}

/// Imports a table with a mapping.
pub fn mapped(args: &MappedArgs, global: &Global) -> Exit {
    let name = args.mapping.display().to_string();
    let text = match std::fs::read_to_string(&args.mapping) {
        Ok(text) => text,
        Err(e) => {
            return output::fail(
                &format!("{name} cannot be read: {e}"),
                None,
                global.json,
                codes::MISSING_FILE,
            );
        }
    };
    match Mapping::parse(&text, &name) {
        Ok(mapping) => {
            let options = Options { mapping: Some(mapping), ..Options::default() };
            import(results::WORD_CSV, "CSV", &args.of_all, options, global)
        }
        Err(findings) => output::bad_input(&findings, global.json),
    }
}

/// Imports the files of a tool, by its word and its name.
pub fn main(word: &str, tool: &str, args: &OthersArgs, global: &Global) -> Exit {
    import(word, tool, args, Options::default(), global)
}

/// Imports logs of histograms.
pub fn hdr(args: &HdrArgs, global: &Global) -> Exit {
    let options = Options { unit: args.unit, ..Options::default() };
    import("hdr", "HdrHistogram", &args.of_all, options, global)
}

fn import(word: &str, tool: &str, args: &OthersArgs, options: Options, global: &Global) -> Exit {
    if args.bin < Duration::from_millis(10) || args.bin > Duration::from_secs(86_400) {
        let why = format!("--bin cannot be {:?}", args.bin);
        return output::fail(&why, Some("10ms to 1d"), global.json, codes::BAD_ARGUMENTS);
    }
    if let Some(twice) = args.files.iter().enumerate().find(|(i, f)| args.files[..*i].contains(f)) {
        let why = format!("{} is given twice: its requests would count twice", twice.1.display());
        return output::fail(&why, None, global.json, codes::GIVEN_TWICE);
    }
    let was_there = args.out.exists();
    let folder = match RunFolder::create_at(&args.out) {
        Ok(folder) => folder,
        Err(e) => {
            let why = format!("{}: {e}", args.out.display());
            let help = Some("give another folder with -o");
            return output::fail(&why, help, global.json, codes::BAD_ARGUMENTS);
        }
    };
    let options = Options { zone_s: args.zone, ..options };
    let mut gathered = Gathered::new(args.bin.as_secs_f64());
    let read = args.files.iter().try_fold("", |_, file| read(word, file, &options, &mut gathered));
    let (outcome, times) = match read.and_then(|times| Ok((gathered.finish()?, times))) {
        Ok(read) => read,
        Err(problem) => {
            if !was_there {
                // It was made a moment ago, and nothing is in it.
                let _ = std::fs::remove_dir(folder.root());
            }
            return output::fail(&problem, problem.help(), global.json, problem.code());
        }
    };
    let words = Words {
        tool: tool.to_owned(),
        times: times.to_owned(),
        target: args.target.clone().unwrap_or_else(|| tool.to_owned()),
    };
    match others::write(outcome, &words, &folder) {
        Ok(found) => {
            summary::print(&found, &folder, global.json);
            Exit::Success
        }
        Err(e) => {
            let left = format!("{} is left, half of an import", folder.root().display());
            output::fail(&e, Some(&left), global.json, e.code())
        }
    }
}

/// Reads one file; what its times are.
fn read(word: &str, file: &Path, options: &Options, into: &mut Gathered) -> Result<&'static str, Problem> {
    let name = file.display().to_string();
    if file == Path::new("-") {
        let mut input = std::io::stdin().lock();
        return results::read(word, "standard input", &mut input, options, into).map(|f| f.times());
    }
    let io = |source| Problem::Io { file: name.clone(), source };
    let opened = File::open(file).map_err(io)?;
    if opened.metadata().map_err(io)?.is_dir() {
        return Err(io(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
    }
    let mut input = BufReader::with_capacity(256 << 10, opened);
    results::read(word, &name, &mut input, options, into).map(|f| f.times())
}
