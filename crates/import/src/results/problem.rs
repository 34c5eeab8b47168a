//! Why results are not imported.

use swarmlab_codes::{self as codes, Code};
use swarmlab_units::utc;
use thiserror::Error;

/// Why results are not imported.
#[derive(Debug, Error)]
pub enum Problem {
    /// The system refuses the file.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is of another kind.
    #[error("{file}: {wanted} was expected; it looks like {looks}")]
    Other {
        /// The file.
        file: String,
        /// What was expected.
        wanted: String,
        /// What it looks like.
        looks: String,
        /// What to do with such a file.
        help: String,
    },
    /// The table lacks columns.
    #[error("{file}: the column {missing} is not there; its columns are {there}", missing = .missing.join(", "))]
    Columns {
        /// The file.
        file: String,
        /// The columns.
        missing: Vec<String>,
        /// Those that are there.
        there: String,
    },
    /// Nothing says what the values of a log are.
    #[error("{file}: nothing says the unit of its values")]
    Unit {
        /// The file.
        file: String,
    },
    /// The intervals of a log do not fit those that are wanted.
    #[error("{file}:{line}: an interval of {length_s} s is longer than those of {width_s} s that are wanted")]
    Long {
        /// The file.
        file: String,
        /// Its line.
        line: u64,
        /// Length of the interval, seconds.
        length_s: f64,
        /// Length of ours, seconds.
        width_s: f64,
    },
    /// A time is so far from the others that it, or its unit, cannot be meant.
    #[error(
        "{last} is at {}, and {first} at {}: more than a million intervals of {width_s} s lie between them",
        date(.last_s),
        date(.first_s)
    )]
    Apart {
        /// Where the earliest time stands.
        first: String,
        /// The earliest time, Unix seconds.
        first_s: f64,
        /// Where the latest stands.
        last: String,
        /// The latest time, Unix seconds.
        last_s: f64,
        /// Length of the intervals, seconds.
        width_s: f64,
    },
    /// There is no request in the files.
    #[error("{files}: no request is in it{}", because(.why.as_deref()))]
    Nothing {
        /// The files.
        files: String,
        /// The most frequent remark.
        why: Option<String>,
    },
}

impl Problem {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => codes::MISSING_FILE,
            Self::Io { .. } => codes::UNREADABLE_RESULTS,
            Self::Other { .. } => codes::OTHER_RESULTS,
            Self::Columns { .. } => codes::RESULTS_WITHOUT_COLUMNS,
            Self::Unit { .. } => codes::RESULTS_WITHOUT_UNIT,
            Self::Long { .. } => codes::RESULTS_TOO_COARSE,
            Self::Apart { .. } => codes::RESULTS_APART,
            Self::Nothing { .. } => codes::RESULTS_WITHOUT_REQUESTS,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Io { .. } => None,
            Self::Other { help, .. } => Some(help),
            Self::Columns { .. } => {
                Some("save these columns as well, or name others with `swarmlab import csv --mapping FILE`")
            }
            Self::Unit { .. } => Some("say it: --unit us, ms or ns (most Java tools write ns)"),
            Self::Long { .. } => {
                Some("nothing can be had from within an interval: --bin as long as the log's")
            }
            Self::Apart { .. } => Some(
                "is one of them damaged, or in another unit? A load that is as long needs longer intervals: --bin 1m",
            ),
            Self::Nothing { .. } => Some("the remarks say what was read instead"),
        }
    }
}

fn because(why: Option<&str>) -> String {
    why.map_or_else(String::new, |why| format!("; {why}"))
}

fn date(unix_s: &f64) -> String {
    utc::second_of(*unix_s).and_then(utc::extended).unwrap_or_else(|| format!("{unix_s} s"))
}
