//! What the clients of other load tools measured: their files, read line by line, as requests in intervals of ours.
//!
//! A format is a file here that implements [`Format`], a name in [`FORMATS`], a test. Nothing is made up: of what a file does
//! not tell nothing is known afterwards, and histograms are those of single requests or whole histograms of the tool's own.

mod cell;
mod clock;
mod gather;
mod hdr;
mod jmeter;
mod k6;
mod k6_csv;
mod k6_json;
mod lines;
mod locust_history;
mod locust_stats;
mod mapped;
mod mapping;
mod outcome;
mod problem;
mod remarks;
mod sample;
mod stretches;
mod table;

use std::io::{BufRead, Cursor, Read};

pub use clock::{Unit, zone_s};
pub use gather::{Gathered, MAX_INTERVALS, OTHERS, OTHERWISE};
pub use lines::Lines;
pub use mapping::Mapping;
pub use outcome::{Failure, Outcome, Part, Stretch, Told};
pub use problem::Problem;
pub use remarks::{Remark, Remarks};
pub use stretches::Stretches;

/// What the user says of the files.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Zone of times that are written without one, seconds east of UTC.
    pub zone_s: Option<i32>,
    /// Unit of histograms' values, where the file does not say it.
    pub unit: Option<Unit>,
    /// Which column is what, for [`WORD_CSV`].
    pub mapping: Option<Mapping>,
}

/// A kind of file that results are read from.
pub trait Format: Sync {
    /// The word of the command line for it: several formats of one tool have the same.
    fn word(&self) -> &'static str;

    /// What such a file is, for messages: `k6's CSV (--out csv)`.
    fn about(&self) -> &'static str;

    /// What its times are, a sentence for readers of the report.
    fn times(&self) -> &'static str;

    /// Whether the begin of a file looks like it.
    fn looks(&self, head: &str) -> bool;

    /// Reads a file to its end.
    ///
    /// # Errors
    /// Why it cannot be: lines that are wrong are remarks.
    fn read(
        &self,
        file: &str,
        lines: &mut Lines<'_>,
        options: &Options,
        into: &mut Gathered,
    ) -> Result<(), Problem>;
}

/// The word for tables with a mapping.
pub const WORD_CSV: &str = "csv";

/// All formats, in the order in which they are looked for.
pub const FORMATS: &[&dyn Format] = &[
    &k6_csv::K6Csv,
    &k6_json::K6Json,
    &jmeter::JMeter,
    &hdr::Hdr,
    &locust_history::LocustHistory,
    &locust_stats::LocustStats,
    &locust_stats::LocustFailures,
    &mapped::Mapped,
];

/// Kinds of files that hold no requests: what they look like, by what their begin has, and what to do.
const OTHERS_LOOK_LIKE: [(&str, &str, &str); 6] = [
    ("Count,Message,Traceback,Nodes", "Locust's exceptions", "they hold no requests: leave the file out"),
    ("<testResults", "JMeter's XML", "let JMeter write CSV: -Jjmeter.save.saveservice.output_format=csv"),
    (
        "\"root_group\"",
        "k6's summary, which holds no single requests",
        "run k6 with --out csv=FILE or --out json=FILE",
    ),
    (
        "Percentile TotalCount",
        "a table of percentiles (wrk2 --latency, .hgrm)",
        "no histogram can be had from percentiles",
    ),
    ("\"log\":", "a recording (HAR)", "`swarmlab scenario import FILE` makes a scenario of it"),
    ("t_unix_s,", "a table of swarmlab's own", "`swarmlab report DIR` takes the folder that it lies in"),
];

/// Bytes of a file's begin that are looked at.
const HEAD_BYTES: u64 = 16 << 10;

/// The format of a word in which a file is written, read from a file of any size into `into`.
///
/// # Errors
/// A file of another kind, one that cannot be read, columns that are not there, times that lie too far apart.
pub fn read(
    word: &str,
    file: &str,
    input: &mut dyn BufRead,
    options: &Options,
    into: &mut Gathered,
) -> Result<&'static dyn Format, Problem> {
    let io = |source| Problem::Io { file: file.to_owned(), source };
    let mut head = Vec::new();
    (&mut *input).take(HEAD_BYTES).read_to_end(&mut head).map_err(io)?;
    let format = choose(word, file, &head)?;
    into.begin_file(file);
    format.read(file, &mut Lines::new(Cursor::new(head).chain(input)), options, into)?;
    Ok(format)
}

/// Which format of a word the begin of a file is.
fn choose(word: &str, file: &str, head: &[u8]) -> Result<&'static dyn Format, Problem> {
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let of_word = move || FORMATS.iter().filter(move |f| f.word() == word);
    let packed = match head {
        [0x1f, 0x8b, ..] => {
            Some(("a file that is compressed", format!("gunzip -c FILE | swarmlab import {word} - …")))
        }
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(("text in UTF-16", "save it as UTF-8".to_owned())),
        _ => None,
    };
    let other = |looks: &str, help: String| Problem::Other {
        file: file.to_owned(),
        wanted: of_word().map(|f| f.about()).collect::<Vec<_>>().join(" or "),
        looks: looks.to_owned(),
        help,
    };
    if let Some((looks, help)) = packed {
        return Err(other(looks, help));
    }
    if let Some(format) = of_word().find(|f| f.looks(text)) {
        return Ok(*format);
    }
    let spaced = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(format) = FORMATS.iter().find(|f| f.word() != WORD_CSV && f.looks(text)) {
        return Err(other(format.about(), format!("swarmlab import {} FILE -o DIR", format.word())));
    }
    if let Some((_, looks, help)) = OTHERS_LOOK_LIKE.iter().find(|(has, ..)| spaced.contains(has)) {
        return Err(other(looks, (*help).to_owned()));
    }
    let help =
        "of any table that has a line for each request: swarmlab import csv FILE --mapping FILE -o DIR";
    let first = text.lines().next().unwrap_or_default();
    let looks = match first {
        "" => "an empty file".to_owned(),
        _ => format!("nothing known; it begins with `{}`", remarks::shortened(first)),
    };
    Err(other(&looks, help.to_owned()))
}

/// Reads a file from memory and goes through all of its intervals: the door of the fuzz targets.
#[doc(hidden)]
pub fn through(word: &str, bytes: &[u8], options: &Options) -> Result<(u64, u64), Problem> {
    // Days: there are 40,000 of them at most.
    let mut gathered = Gathered::new(86_400.0);
    let mut input = bytes;
    read(word, "f", &mut input, options, &mut gathered)?;
    let outcome = gathered.finish()?;
    let requests = outcome.requests;
    let ended =
        outcome.stretches.flat_map(|s| s.parts).map(|p| p.completed.max(p.succeeded + p.failed)).sum();
    Ok((requests, ended))
}
