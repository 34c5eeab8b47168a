//! `swarmlab merge DIR DIR…`

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;

use super::load::text::{endpoint_table, errors, named, time_table};
use super::{Global, output};
use crate::exit::Exit;
use crate::load::merge::{self, MergeError, Merged};
use swarmlab_record::folder::RunFolder;

/// Arguments of `merge`.
#[derive(Debug, Args)]
#[command(after_help = "\
For loads that one machine cannot send: start `swarmlab load --out DIR` on each, bring the folders together, merge them. \
Histograms are added value by value and counts are summed; quantiles are never averaged. The clocks of the machines \
should agree: requests per second are counted over the span from the first start to the last end.

Example:
  swarmlab merge results/generator-1 results/generator-2 --out results/both")]
pub struct MergeArgs {
    /// Folders that `load --out` or `run` wrote
    #[arg(required = true, num_args = 1..)]
    folders: Vec<PathBuf>,
    /// Folder for all of it together, as `load --out` writes one (new or empty): report.html and the rest
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Adds up and prints.
pub fn main(args: &MergeArgs, global: &Global) -> Exit {
    match merged(args) {
        Ok(merged) => {
            for remark in &merged.remarks {
                output::remark(remark, global.json);
            }
            if global.json {
                output::line(&serde_json::json!({"event": "merged", "summary": merged}));
            } else {
                let mut out = String::new();
                // Writing to a string cannot fail.
                let _ = write(&mut out, &merged);
                output::line(&out.trim_end());
                if let Some(out) = &args.out {
                    output::line(&format!("\nreport: {}", RunFolder::open(out).report().display()));
                }
            }
            Exit::Success
        }
        Err(e) => {
            let help = match &e {
                MergeError::NoResults(_) | MergeError::Empty(_) => {
                    Some("give folders that `swarmlab load --out DIR` or `swarmlab run` wrote")
                }
                _ => None,
            };
            output::fail(&e, help, global.json, e.code())
        }
    }
}

/// Reads, adds up, and writes the folder if one is wanted.
fn merged(args: &MergeArgs) -> Result<Merged, MergeError> {
    let sources = merge::read(&args.folders)?;
    let merged = merge::merge(&sources)?;
    if let Some(out) = &args.out {
        merge::folder::write(&sources, out)?;
    }
    Ok(merged)
}

fn write(out: &mut String, m: &Merged) -> std::fmt::Result {
    let c = &m.counts;
    writeln!(out, "Generators")?;
    let rows: Vec<Vec<String>> = m
        .generators
        .iter()
        .map(|g| {
            vec![
                g.folder.clone(),
                g.sent.to_string(),
                format!("{:.2} s", g.start_unix_s - m.start_unix_s),
                format!("{:.2} s", g.span_s),
                format!("{} of {}", g.suspect, g.intervals),
                format!("{} of {}", g.invalid, g.intervals),
            ]
        })
        .collect();
    let heads = ["Folder", "sent", "begins after", "lasts", "suspect", "invalid"];
    out.extend(output::table(&heads, &rows).lines().map(|l| format!("  {l}\n")));
    if !m.overlap {
        writeln!(out, "  They did not all send at one time: rates are over the whole span.")?;
    }
    writeln!(out, "\nSummary")?;
    writeln!(out, "  Requests/sec: {:.2}", m.requests_per_s)?;
    writeln!(out, "  Span:         {:.2} s", m.span_s)?;
    writeln!(
        out,
        "  Requests:     {} due, {} sent, {} answered, {} as expected, {} failed",
        c.offered, c.sent, c.completed, c.succeeded, c.failed
    )?;
    time_table(out, &m.times, m.connect.as_ref(), m.tls.as_ref())?;
    endpoint_table(out, &m.endpoints)?;
    named(out, "Answers", &c.status, c)?;
    errors(out, c)
}
