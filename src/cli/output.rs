//! Printing: errors with help, tables, logs, colours (only on a terminal, never with NO_COLOR).

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use console::Style;
use swarmlab_codes::Code;
use tracing_subscriber::EnvFilter;

use crate::exit::Exit;

/// Sends tracing events to standard error; `SWARMLAB_LOG` overrides the level.
pub fn init_logs(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "swarmlab=debug,info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("SWARMLAB_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    // A second call (in tests) keeps the first subscriber.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .try_init();
}

/// Prints an error with its code and what to do about it, and gives the exit code that it leads to.
pub fn fail(error: &dyn Display, help: Option<&str>, json: bool, code: Code) -> Exit {
    let exit = Exit::of(code);
    if json {
        let message = error.to_string();
        line(
            &serde_json::json!({"event": "error", "code": code.id(), "message": message, "help": help, "exit": exit as u8}),
        );
    } else {
        let red = Style::new().for_stderr().red().bold();
        tell!("{}: {error}", red.apply_to(format!("error[{code}]")));
        if let Some(help) = help {
            tell!("  {}: {help}", Style::new().for_stderr().bold().apply_to("help"));
        }
        let known = [swarmlab_codes::INTERRUPTED, swarmlab_codes::UNKNOWN_CODE];
        if !known.contains(&code) {
            more(code);
        }
    }
    exit
}

/// Prints diagnostics of input files, which bring their own format.
pub fn bad_input(diagnostics: &swarmlab_yaml::Diagnostics, json: bool) -> Exit {
    if json {
        line(
            &serde_json::json!({"event": "diagnostics", "diagnostics": diagnostics, "exit": Exit::BadInput as u8}),
        );
    } else {
        tell!("{diagnostics}");
        more(diagnostics.code());
    }
    Exit::BadInput
}

/// Where a code's page is found.
fn more(code: Code) {
    let bold = Style::new().for_stderr().bold();
    tell!("  {}: swarmlab explain {}", bold.apply_to("more"), code.short());
}

/// Prints a warning of an input file.
pub fn warning(w: &swarmlab_yaml::Diagnostic, json: bool) {
    if json {
        line(&serde_json::json!({"event": "warning", "diagnostic": w}));
    } else {
        tell!("{w}");
    }
}

/// Prints something that a reader of the figures should know, a sentence.
pub fn remark(text: &str, json: bool) {
    if json {
        line(&serde_json::json!({"event": "warning", "message": text}));
    } else {
        tell!("warning: {text}");
    }
}

/// Whether something could not be written to standard output.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line to standard output. A reader that has gone away has seen enough, and ends nothing that must be
/// ended in order; a full disk is told, once, and is a failure in the end ([`end`]).
pub fn line(text: &dyn Display) {
    if let Err(e) = try_line(text)
        && e.kind() != std::io::ErrorKind::BrokenPipe
        && !LOST.swap(true, Ordering::Relaxed)
    {
        tell!("standard output: {e}");
    }
}

/// The exit code of a command that ended so: what was done well and could not be told was not done well.
pub fn end(exit: Exit) -> Exit {
    if exit == Exit::Success && LOST.load(Ordering::Relaxed) { Exit::Failure } else { exit }
}

/// Prints a line to standard output, for those whom it concerns when nobody reads it.
pub fn try_line(text: &dyn Display) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Prints a result: a JSON line or text.
pub fn say(json: bool, value: &serde_json::Value, text: &str) {
    if json { line(value) } else { line(&text) }
}

/// Prints rows under a heading with columns as wide as they need; numbers are right-aligned.
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    let columns = heading.len();
    let mut widths: Vec<usize> = heading.iter().map(|h| h.chars().count()).collect();
    for row in rows {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(cell.chars().count());
        }
    }
    let numeric: Vec<bool> = (0..columns)
        .map(|c| {
            !rows.is_empty()
                && rows.iter().all(|r| {
                    r.get(c).is_none_or(|s| {
                        s.is_empty()
                            || s == "-"
                            || s.starts_with(|ch: char| ch.is_ascii_digit() || ch == '-' || ch == '+')
                    })
                })
        })
        .collect();
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let mut text = String::new();
        for (c, cell) in cells.enumerate().take(columns) {
            let pad = widths[c].saturating_sub(cell.chars().count());
            let gap = " ".repeat(pad);
            if numeric[c] {
                text.push_str(&gap);
                text.push_str(cell);
            } else {
                text.push_str(cell);
                text.push_str(&gap);
            }
            text.push_str("  ");
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&mut heading.iter().copied());
    for row in rows {
        line(&mut row.iter().map(String::as_str));
    }
    out
}

/// Columns of a table where no terminal says how many it shows.
const WIDTH: usize = 100;

/// As [`table`], folded where it is wider than the terminal (or [`WIDTH`] where there is none): the columns that do not fit follow in
/// another table below, each with the first column.
pub fn folded(heading: &[&str], rows: &[Vec<String>]) -> String {
    let terminal = console::Term::stdout().size_checked().map_or(WIDTH, |(_, columns)| usize::from(columns));
    folded_to(heading, rows, terminal)
}

fn folded_to(heading: &[&str], rows: &[Vec<String>], most: usize) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([heading[column].chars().count()]).max().unwrap_or(0) + 2
    };
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for column in 1..heading.len() {
        let fits = blocks
            .last()
            .is_some_and(|block| block.iter().map(|c| width(*c)).sum::<usize>() + width(column) <= most + 2);
        match blocks.last_mut() {
            Some(block) if fits => block.push(column),
            _ => blocks.push(vec![0, column]),
        }
    }
    let one = |block: &Vec<usize>| {
        let heading: Vec<&str> = block.iter().map(|c| heading[*c]).collect();
        let pick =
            |row: &Vec<String>| block.iter().map(|c| row.get(*c).cloned().unwrap_or_default()).collect();
        table(&heading, &rows.iter().map(pick).collect::<Vec<Vec<String>>>())
    };
    blocks.iter().map(one).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_table_that_is_too_wide_goes_on_below_with_its_first_column() {
        let cells = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let rows = vec![cells(&["cpu", "much more", "0.1 to 0.2", "x"])];
        let heading = ["figure", "said", "interval", "p"];
        assert_eq!(super::folded_to(&heading, &rows, 100), super::table(&heading, &rows));
        let folded = super::folded_to(&heading, &rows, 24);
        assert_eq!(
            folded,
            "figure  said\ncpu     much more\n\nfigure    interval  p\ncpu     0.1 to 0.2  x\n"
        );
    }

    #[test]
    fn tables_align_text_left_and_numbers_right() {
        let rows = vec![vec!["a".to_owned(), "1.5".to_owned()], vec!["long".to_owned(), "100".to_owned()]];
        assert_eq!(super::table(&["name", "n"], &rows), "name    n\na     1.5\nlong  100\n");
    }
}
