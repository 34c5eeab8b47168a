//! Append-only JSON lines: what was measured survives a crash with at most a second lost.
//!
//! Parquet files carry their index at the end, so they are written when a run is over. Until then
//! each row goes into a journal (`client.jsonl`; samples of servers: [`crate::samples`]), from which the Parquet files are
//! built, also after a crash. A crash may tear the last line; reading tolerates exactly that.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::FileError;

/// Longest time that a row stays in this process's memory, seconds.
pub const FLUSH_EVERY_S: f64 = 1.0;

/// A file to which rows of one type are appended.
#[derive(Debug)]
pub struct Journal<T> {
    path: PathBuf,
    out: BufWriter<File>,
    flushed_s: Option<f64>,
    rows: PhantomData<fn(&T)>,
}

impl<T: Serialize> Journal<T> {
    /// Begins a journal in a new file.
    ///
    /// # Errors
    /// [`FileError::Io`], also when the file exists: a journal is never overwritten.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let file =
            File::options().write(true).create_new(true).open(path).map_err(FileError::io("create", path))?;
        let out = BufWriter::with_capacity(64 * 1024, file);
        Ok(Self { path: path.into(), out, flushed_s: None, rows: PhantomData })
    }

    /// Appends a row. `now_s` is the reading of any clock in seconds; when [`FLUSH_EVERY_S`] have
    /// passed since the last flush, all rows so far are handed to the operating system.
    ///
    /// # Errors
    /// [`FileError::Io`] naming the file.
    pub fn append(&mut self, row: &T, now_s: f64) -> Result<(), FileError> {
        let mut line = serde_json::to_vec(row)
            .map_err(|e| FileError::io("write", &self.path)(std::io::Error::other(e)))?;
        line.push(b'\n');
        self.out.write_all(&line).map_err(FileError::io("write", &self.path))?;
        self.tick(now_s)
    }

    /// Flushes when it is time; to be called about once a second also when nothing is appended.
    ///
    /// # Errors
    /// [`FileError::Io`] naming the file.
    pub fn tick(&mut self, now_s: f64) -> Result<(), FileError> {
        // Without a last flush, and when the clock was set back, it is time.
        let waited_s = self.flushed_s.map_or(f64::INFINITY, |flushed| now_s - flushed);
        if (0.0..FLUSH_EVERY_S).contains(&waited_s) {
            return Ok(());
        }
        self.out.flush().map_err(FileError::io("write", &self.path))?;
        self.flushed_s = Some(now_s);
        Ok(())
    }

    /// Ends the journal: flushes, and waits until the rows are on the disk.
    ///
    /// # Errors
    /// [`FileError::Io`] naming the file.
    pub fn finish(mut self) -> Result<(), FileError> {
        self.out
            .flush()
            .and_then(|()| self.out.get_ref().sync_all())
            .map_err(FileError::io("write", &self.path))
    }
}

/// What a journal held.
#[derive(Debug, Clone, PartialEq)]
pub struct Recovered<T> {
    /// The rows in the order in which they were appended.
    pub rows: Vec<T>,
    /// Bytes of a last line that was torn by a crash; 0 when the journal is whole.
    pub torn_bytes: usize,
}

/// Reads a journal back, leaving out a torn last line.
///
/// # Errors
/// [`FileError::Io`], and [`FileError::Line`] when a line before the last cannot be read: that is
/// not the mark of a crash but of another file or another version.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Recovered<T>, FileError> {
    let bytes = fs::read(path).map_err(FileError::io("read", path))?;
    let mut rows = Vec::new();
    let mut begin = 0;
    for (i, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let last = begin + line.len() == bytes.len();
        // A row is whole when its line end is there: `{"n":1` might be torn from `{"n":12}`, and
        // a bare number always reads.
        match serde_json::from_slice(line) {
            Ok(row) if line.ends_with(b"\n") => rows.push(row),
            Err(source) if !last => {
                return Err(FileError::Line { path: path.into(), line: i + 1, source });
            }
            _ => return Ok(Recovered { rows, torn_bytes: line.len() }),
        }
        begin += line.len();
    }
    Ok(Recovered { rows, torn_bytes: 0 })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::client::{ClientRow, fixture::row};
    use crate::series::Sample;

    #[test]
    fn client_rows_come_back_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("client.jsonl");
        let mut odd = row(1.7e9 + 0.1, "say \"hi\"\n");
        (odd.response, odd.lateness, odd.users) = (None, None, f64::INFINITY);
        odd.sent = u64::MAX;
        let rows = vec![row(1.7e9, "*"), odd];
        let mut journal = Journal::create(&path).unwrap();
        for row in &rows {
            journal.append(row, 0.0).unwrap();
        }
        journal.finish().unwrap();
        assert_eq!(read::<ClientRow>(&path).unwrap(), Recovered { rows, torn_bytes: 0 });
        assert!(matches!(Journal::<ClientRow>::create(&path), Err(FileError::Io { .. })));
    }

    #[test]
    fn rows_reach_the_file_within_a_second() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("n.jsonl");
        let mut journal = Journal::create(&path).unwrap();
        let held = || read::<u32>(&path).unwrap().rows;
        journal.append(&1, 10.0).unwrap();
        assert_eq!(held(), [1]);
        journal.append(&2, 10.9).unwrap();
        assert_eq!(held(), [1]);
        journal.append(&3, 11.0).unwrap();
        assert_eq!(held(), [1, 2, 3]);
        journal.append(&4, 11.5).unwrap();
        journal.tick(12.0).unwrap();
        assert_eq!(held(), [1, 2, 3, 4]);
        // A clock that was set back must not silence the journal.
        journal.append(&5, 3.0).unwrap();
        assert_eq!(held(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn damage_before_the_last_line_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("n.jsonl");
        fs::write(&path, "1\nx\n3\n").unwrap();
        assert!(matches!(read::<u32>(&path), Err(FileError::Line { line: 2, .. })));
        fs::write(&path, "1\n2\n\0\0\0\n").unwrap();
        assert_eq!(read::<u32>(&path).unwrap(), Recovered { rows: vec![1, 2], torn_bytes: 4 });
        fs::write(&path, "").unwrap();
        assert_eq!(read::<u32>(&path).unwrap(), Recovered { rows: vec![], torn_bytes: 0 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_journal_cut_anywhere_keeps_its_whole_lines(
            values in prop::collection::vec(any::<f64>(), 0..20), cut in 0.0..1.0f64,
        ) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("server.jsonl");
            let pieces: Vec<_> = values.iter().map(|v| Sample::new(0.1, *v)).collect();
            let mut journal = Journal::create(&path).unwrap();
            for piece in &pieces {
                journal.append(piece, 0.0).unwrap();
            }
            journal.finish().unwrap();
            let mut bytes = fs::read(&path).unwrap();
            bytes.truncate((cut * (bytes.len() + 1) as f64) as usize);
            fs::write(&path, &bytes).unwrap();
            let whole = bytes.iter().filter(|b| **b == b'\n').count();
            let tail = bytes.len() - bytes.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
            let back = read::<Sample>(&path).unwrap();
            prop_assert_eq!(back.torn_bytes, tail);
            prop_assert_eq!(back.rows.len(), whole);
            for (read, written) in back.rows.iter().zip(&pieces) {
                let nan = read.value.is_nan() && written.value.is_nan();
                prop_assert!(nan || read.value.to_bits() == written.value.to_bits());
            }
        }
    }
}
