//! Whether the files of a run folder are whole, and agree with each other.
//!
//! A file that was cut, edited or lost gives other figures, and looks as good as before. So the raw files are sealed when a
//! run ends (length and checksum of each, in the manifest), and what two files say of the same answers is compared:
//! also where nothing was sealed. The figures computed from them are sealed as well: `compare` and `list` read nothing else.

mod agreement;
mod seal;

use serde::{Deserialize, Serialize};

pub use agreement::{agreement, of_rows, whole_intervals};
pub use seal::{Seal, Seals, broken, resized, seal, seal_computed};

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Damage {
    /// Its name in the folder.
    pub file: String,
    /// What is wrong and where, words that follow the name.
    pub what: String,
}

impl Damage {
    pub(crate) fn of(file: &str, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), what: what.into() }
    }
}

impl std::fmt::Display for Damage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.file, self.what)
    }
}

/// What is known of a folder's files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Integrity {
    /// Files that were sealed.
    pub sealed: usize,
    /// Pairs of counts, of one endpoint in one interval, that were compared between files.
    pub compared: u64,
    /// Everything that is wrong.
    pub damage: Vec<Damage>,
}
