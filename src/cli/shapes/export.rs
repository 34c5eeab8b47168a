//! `swarmlab shapes export FILE --csv [PATH]`

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use swarmlab_codes as codes;
use swarmlab_shapes::{Arrivals, Modulation, Schedule, Shape};

use super::measures::Measures;
use crate::cli::{Global, output};
use crate::exit::Exit;

/// Arguments of `shapes export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Shape file
    file: PathBuf,
    /// Where the table goes; `-` or nothing: standard output
    #[arg(long, value_name = "PATH", num_args = 0..=1, default_value = "-", default_missing_value = "-")]
    csv: PathBuf,
    /// Width of a row
    #[arg(long, value_name = "D", default_value = "1s", value_parser = step, conflicts_with = "arrivals")]
    step: Duration,
    /// Write the moments at which requests are due, by this law, instead of rates
    #[arg(long, value_name = "LAW")]
    arrivals: Option<Law>,
    /// Seed of the arrivals
    #[arg(long, default_value_t = 42, requires = "arrivals")]
    seed: u64,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Law {
    Uniform,
    Poisson,
    Mmpp2,
}

impl Law {
    fn arrivals(self) -> Arrivals {
        match self {
            Law::Uniform => Arrivals::Uniform,
            Law::Poisson => Arrivals::Poisson,
            Law::Mmpp2 => Arrivals::Mmpp2(Modulation::default()),
        }
    }
}

fn step(text: &str) -> Result<Duration, String> {
    let step = swarmlab_yaml::parse_duration(text)?;
    if step < Duration::from_millis(1) { Err("a step is at least 1ms".to_owned()) } else { Ok(step) }
}

/// Exports.
pub fn main(args: &ExportArgs, global: &Global) -> Exit {
    let to_stdout = args.csv == Path::new("-");
    if to_stdout && global.json {
        let error = "--json and a table on standard output do not go together";
        return output::fail(&error, Some("give a file: --csv PATH"), global.json, codes::BAD_ARGUMENTS);
    }
    let shape = match super::read(&args.file, global) {
        Ok(shape) => shape,
        Err(exit) => return exit,
    };
    let written = if to_stdout {
        write(args, &shape, io::stdout().lock())
    } else {
        File::create(&args.csv).and_then(|file| write(args, &shape, file))
    };
    match written {
        Ok(rows) => {
            if !to_stdout {
                let path = args.csv.display().to_string();
                let value = serde_json::json!({"event": "exported", "path": path, "rows": rows});
                output::say(global.json, &value, &format!("{path}: {rows} rows"));
            }
            Exit::Success
        }
        // Whoever reads has seen enough, as `head` does.
        Err(e) if to_stdout && e.kind() == io::ErrorKind::BrokenPipe => Exit::Success,
        Err(e) => {
            output::fail(&format!("{}: {e}", args.csv.display()), None, global.json, codes::OUTPUT_FILE)
        }
    }
}

/// Writes the table; the number of rows below the heading.
fn write(args: &ExportArgs, shape: &Shape, to: impl Write) -> io::Result<u64> {
    let mut to = BufWriter::new(to);
    let rows = match args.arrivals {
        Some(law) => arrivals(shape, law.arrivals(), args.seed, &mut to)?,
        None => rates(shape, args.step, &mut to)?,
    };
    to.flush()?;
    Ok(rows)
}

fn arrivals(shape: &Shape, law: Arrivals, seed: u64, to: &mut impl Write) -> io::Result<u64> {
    writeln!(to, "t")?;
    let mut rows = 0;
    for t_s in Schedule::new(shape, law, seed) {
        // Whole nanoseconds, cut as the load engine cuts them.
        let t_ns = (t_s * 1e9) as u64;
        writeln!(to, "{}.{:09}", t_ns / 1_000_000_000, t_ns % 1_000_000_000)?;
        rows += 1;
    }
    Ok(rows)
}

fn rates(shape: &Shape, step: Duration, to: &mut impl Write) -> io::Result<u64> {
    let m = Measures::of(shape);
    writeln!(to, "t,rate")?;
    let (mut rows, mut area) = (0_u64, 0.0);
    let step_ns = step.as_nanos();
    loop {
        let (start_s, end_s) = (seconds(u128::from(rows) * step_ns), seconds(u128::from(rows + 1) * step_ns));
        // The last row ends with the shape. What is left for a nanosecond is rounding.
        let end_s = if end_s >= m.duration_s - 1e-9 { m.duration_s } else { end_s };
        let until = m.integral.at(end_s);
        // A billionth is below the rounding of the areas: 50, not 49.99999999999.
        let rate = ((until - area) / (end_s - start_s) * 1e9).round() / 1e9;
        writeln!(to, "{start_s},{}", rate.max(0.0))?;
        area = until;
        rows += 1;
        if end_s >= m.duration_s {
            // A reader takes the last row to be as long as the one before it: say so if it is not.
            let whole = (end_s - start_s - step.as_secs_f64()).abs() < 1e-9;
            if !whole || rows == 1 {
                writeln!(to, "{},", m.duration_s)?;
            }
            return Ok(rows);
        }
    }
}

/// Seconds of whole nanoseconds, without the drift of adding up.
fn seconds(nanoseconds: u128) -> f64 {
    nanoseconds as f64 / 1e9
}
