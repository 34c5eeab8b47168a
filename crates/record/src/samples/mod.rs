//! `server.journal`: samples of servers as they come, and what a crash leaves of them.
//!
//! The file begins with [`MAGIC`]; behind it stand frames, one a second or a mebibyte: length and CRC-32 of the payload
//! (two little-endian `u32`), then the payload, which needs no other frame to be read:
//!
//! | tag (LEB128) | what follows |
//! |---|---|
//! | 0 | a series: its number and the length of its [`Identity`] as JSON (LEB128 each), then the JSON |
//! | 1 | the time of the samples that follow, `f64` |
//! | 2 + n | a sample of the series whose number is the last sample's plus one plus n (zigzag), `f64` |
//!
//! Samples of one scrape have one time and follow each other, so a sample costs nine bytes, and reading one costs
//! nanoseconds where a JSON line costs a hundred times that. A kill may tear the last frame, so it loses at most a second.

mod frames;
mod lines;
mod payload;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::FileError;
use crate::journal::FLUSH_EVERY_S;
use crate::series::{Identity, Reading, Sample};

use frames::FrameWriter;
use payload::Payload;

/// First bytes of the file.
pub const MAGIC: &[u8; 8] = b"SWLSMP1\n";
/// A frame is written when it is this long, whatever the time.
const FRAME_BYTES: usize = 1 << 20;

/// Appends samples to the file.
#[derive(Debug)]
pub struct SampleJournal {
    frames: FrameWriter,
    payload: Payload,
    flushed_s: Option<f64>,
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
        Ok(Self {
            frames: FrameWriter::create(path)?,
            payload: Payload::default(),
            flushed_s: None,
            numbers: HashMap::new(),
            known: HashMap::new(),
        })
    }

    /// Appends a sample. One that is not finite says nothing and is left out. `now_s` is the reading of any clock in
    /// seconds; what has waited for a second is handed to the operating system.
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
                let number = self.number(&reading.series);
                // Holding the Arc keeps its address from being given to another identity.
                self.known.insert(address, (Arc::clone(&reading.series), number));
                number
            }
        };
        self.payload.sample(number, reading.t_unix_s, reading.value);
        self.tick(now_s)
    }

    fn number(&mut self, identity: &Identity) -> u32 {
        let text = serde_json::to_string(identity).unwrap_or_default();
        if let Some(number) = self.numbers.get(&text) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.payload.series(number, &text);
        self.numbers.insert(text, number);
        number
    }

    /// Writes a frame when it is time; to be called about once a second also when nothing is appended.
    ///
    /// # Errors
    /// [`FileError::Io`] naming the file.
    pub fn tick(&mut self, now_s: f64) -> Result<(), FileError> {
        // Without a last flush, and when the clock was set back, it is time.
        let waited_s = self.flushed_s.map_or(f64::INFINITY, |flushed| now_s - flushed);
        let waiting = (0.0..FLUSH_EVERY_S).contains(&waited_s);
        if waiting && self.payload.bytes().len() < FRAME_BYTES {
            return Ok(());
        }
        self.flushed_s = Some(now_s);
        self.flush()
    }

    fn flush(&mut self) -> Result<(), FileError> {
        if !self.payload.bytes().is_empty() {
            self.frames.write(self.payload.bytes())?;
            self.payload.clear();
        }
        Ok(())
    }

    /// Ends the journal and waits until it is on the disk.
    ///
    /// # Errors
    /// [`FileError::Io`] naming the file.
    pub fn finish(mut self) -> Result<(), FileError> {
        self.flush()?;
        self.frames.finish()
    }
}

/// What a journal holds, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A series is named; its samples come later.
    Series(u32, Identity),
    /// A sample of a series that was named.
    Sample(u32, Sample),
}

/// Reads a journal from begin to end in a bounded amount of memory. A torn end is left out.
///
/// Journals of JSON lines (`server.jsonl`), as they were written before, are read as well.
///
/// # Errors
/// [`FileError::Io`], and [`FileError::Journal`] when something before the end is damaged: that is not the mark of a
/// crash but of another file or another version.
pub fn scan(path: &Path, mut each: impl FnMut(Entry)) -> Result<(), FileError> {
    if lines::is_of_lines(path) {
        return lines::scan(path, each);
    }
    frames::scan(path, |bytes| read_frame(bytes, &mut each))
}

/// Reads the content of one frame of a journal.
///
/// # Errors
/// What is wrong with it.
pub fn read_frame(bytes: &[u8], mut each: impl FnMut(Entry)) -> Result<(), String> {
    payload::read(bytes, &mut each)
}

/// A series and its samples.
pub type Named = (Arc<Identity>, Vec<Sample>);

/// What a journal held: each series with its samples in the order in which they were appended.
///
/// # Errors
/// As [`scan`].
pub fn read(path: &Path) -> Result<Vec<Named>, FileError> {
    let mut out: Vec<Named> = Vec::new();
    let mut place: HashMap<u32, usize> = HashMap::new();
    scan(path, |entry| match entry {
        Entry::Series(number, is) => {
            place.insert(number, out.len());
            out.push((Arc::new(is), Vec::new()));
        }
        Entry::Sample(number, sample) => {
            if let Some((_, samples)) = place.get(&number).and_then(|i| out.get_mut(*i)) {
                samples.push(sample);
            }
        }
    })?;
    Ok(out)
}

#[cfg(test)]
mod tests;
