//! `server.jsonl`: samples of servers as they come. A line names a series once (`{"series":0,"is":{…}}`), the lines after it
//! are samples of named series (`[0,1795275753.9,12.5]`). A crash may tear the last line and loses at most a second.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::FileError;
use crate::journal::{self, Journal};
use crate::series::{Identity, Reading, Sample};

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// A series is named.
    Series {
        /// Its number in this file.
        series: u32,
        /// What it is.
        is: Identity,
    },
    /// A sample: number of its series, Unix seconds, value.
    Sample(u32, f64, #[serde(with = "crate::nonfinite")] f64),
}

/// Appends samples to the file.
#[derive(Debug)]
pub struct SampleJournal {
    journal: Journal<Line>,
    numbers: HashMap<String, u32>,
    /// The same by address of the shared identity: hashing whole identities for each sample costs too much.
    known: HashMap<usize, (Arc<Identity>, u32)>,
}

impl SampleJournal {
    /// Begins a journal in a new file.
    ///
    /// # Errors
    /// [`FileError::Io`], also when the file exists.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        Ok(Self { journal: Journal::create(path)?, numbers: HashMap::new(), known: HashMap::new() })
    }

    /// Appends a sample. One that is not finite says nothing and is left out.
    ///
    /// # Errors
    /// [`FileError::Io`] naming the file.
    pub fn append(&mut self, reading: &Reading, now_s: f64) -> Result<(), FileError> {
        if !reading.value.is_finite() || !reading.t_unix_s.is_finite() {
            return Ok(());
        }
        let address = Arc::as_ptr(&reading.series) as usize;
        let number = match self.known.get(&address) {
            Some((_, number)) => *number,
            None => {
                let number = self.number(&reading.series, now_s)?;
                // Holding the Arc keeps its address from being given to another identity.
                self.known.insert(address, (Arc::clone(&reading.series), number));
                number
            }
        };
        self.journal.append(&Line::Sample(number, reading.t_unix_s, reading.value), now_s)
    }

    fn number(&mut self, identity: &Identity, now_s: f64) -> Result<u32, FileError> {
        let text = serde_json::to_string(identity).unwrap_or_default();
        if let Some(number) = self.numbers.get(&text) {
            return Ok(*number);
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.journal.append(&Line::Series { series: number, is: identity.clone() }, now_s)?;
        self.numbers.insert(text, number);
        Ok(number)
    }

    /// Flushes when it is time.
    ///
    /// # Errors
    /// [`FileError::Io`] naming the file.
    pub fn tick(&mut self, now_s: f64) -> Result<(), FileError> {
        self.journal.tick(now_s)
    }

    /// Ends the journal and waits until it is on the disk.
    ///
    /// # Errors
    /// [`FileError::Io`] naming the file.
    pub fn finish(self) -> Result<(), FileError> {
        self.journal.finish()
    }
}

/// What a journal held: each series with its samples in the order in which they were appended.
///
/// # Errors
/// As [`journal::read`].
pub fn read(path: &Path) -> Result<Vec<(Arc<Identity>, Vec<Sample>)>, FileError> {
    let mut out: Vec<(Arc<Identity>, Vec<Sample>)> = Vec::new();
    let mut place: HashMap<u32, usize> = HashMap::new();
    for line in journal::read::<Line>(path)?.rows {
        match line {
            Line::Series { series, is } => {
                place.insert(series, out.len());
                out.push((Arc::new(is), Vec::new()));
            }
            Line::Sample(series, t_unix_s, value) => {
                if let Some((_, samples)) = place.get(&series).and_then(|i| out.get_mut(*i)) {
                    samples.push(Sample { t_unix_s, value });
                }
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::series::fixture::identity;

    #[test]
    fn samples_come_back_by_series_and_each_series_is_named_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("server.jsonl");
        let mut journal = SampleJournal::create(&path).unwrap();
        let (a, b) = (Arc::new(identity("web", "a")), Arc::new(identity("web", "b")));
        // Another allocation of the same identity is the same series.
        let again = Arc::new(identity("web", "a"));
        for (series, t, value) in
            [(&a, 1.0, 0.1), (&b, 1.0, 5.0), (&again, 2.0, 0.1 + 0.2), (&a, 3.0, f64::NAN)]
        {
            journal.append(&Reading { series: Arc::clone(series), t_unix_s: t, value }, t).unwrap();
        }
        journal.finish().unwrap();
        let back = read(&path).unwrap();
        assert_eq!(back.len(), 2);
        assert_eq!(back[0], (a, vec![Sample::new(1.0, 0.1), Sample::new(2.0, 0.1 + 0.2)]));
        assert_eq!(back[1], (b, vec![Sample::new(1.0, 5.0)]));
    }
}
