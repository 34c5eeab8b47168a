//! Frames in a file: length, checksum, payload.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};

use crate::FileError;

use super::MAGIC;

/// No frame is longer; a length beyond it is damage.
const LONGEST: usize = 64 << 20;
const HEADER: usize = 8;

#[derive(Debug)]
pub(super) struct FrameWriter {
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
}

impl FrameWriter {
    pub(super) fn create(path: &Path) -> Result<Self, FileError> {
        let mut file =
            File::options().write(true).create_new(true).open(path).map_err(FileError::io("create", path))?;
        file.write_all(MAGIC).map_err(FileError::io("write", path))?;
        Ok(Self { path: path.into(), file, buffer: Vec::new() })
    }

    /// Hands one frame to the operating system, in one piece.
    pub(super) fn write(&mut self, payload: &[u8]) -> Result<(), FileError> {
        self.buffer.clear();
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        self.buffer.extend_from_slice(&length.to_le_bytes());
        self.buffer.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
        self.buffer.extend_from_slice(payload);
        self.file.write_all(&self.buffer).map_err(FileError::io("write", &self.path))
    }

    pub(super) fn finish(self) -> Result<(), FileError> {
        self.file.sync_all().map_err(FileError::io("write", &self.path))
    }
}

/// Gives each whole frame to `each`. What a crash may leave at the end (a frame cut short, or zeros) is left out.
pub(super) fn scan(path: &Path, mut each: impl FnMut(&[u8]) -> Result<(), String>) -> Result<(), FileError> {
    let file = File::open(path).map_err(FileError::io("open", path))?;
    let mut input = BufReader::with_capacity(256 * 1024, file);
    let mut offset = 0_u64;
    let damaged = |offset: u64, problem: &str| FileError::Journal {
        path: path.into(),
        offset,
        problem: problem.to_owned(),
    };
    let mut payload = Vec::new();
    read_up_to(&mut input, MAGIC.len(), &mut payload).map_err(FileError::io("read", path))?;
    if payload != MAGIC {
        // Killed while the first bytes were written, or another file.
        let torn = MAGIC.starts_with(&payload);
        return if torn { Ok(()) } else { Err(damaged(0, "not a journal of samples")) };
    }
    offset += MAGIC.len() as u64;
    loop {
        let mut header = Vec::with_capacity(HEADER);
        read_up_to(&mut input, HEADER, &mut header).map_err(FileError::io("read", path))?;
        let (Some(length), Some(checksum)) = (word(&header, 0), word(&header, 4)) else { return Ok(()) };
        let length = length as usize;
        if length == 0 || length > LONGEST {
            let zeros = header.iter().all(|b| *b == 0) && only_zeros(&mut input, path)?;
            return if zeros { Ok(()) } else { Err(damaged(offset, "a frame of an impossible length")) };
        }
        payload.clear();
        read_up_to(&mut input, length, &mut payload).map_err(FileError::io("read", path))?;
        if payload.len() < length {
            return Ok(());
        }
        if crc32fast::hash(&payload) != checksum {
            // The length may be on the disk and the payload not.
            let last = only_zeros(&mut input, path)?;
            return if last { Ok(()) } else { Err(damaged(offset, "a frame does not fit its checksum")) };
        }
        each(&payload).map_err(|problem| damaged(offset, &problem))?;
        offset += (HEADER + length) as u64;
    }
}

fn word(header: &[u8], at: usize) -> Option<u32> {
    header.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn read_up_to(input: &mut impl Read, length: usize, into: &mut Vec<u8>) -> std::io::Result<usize> {
    input.by_ref().take(length as u64).read_to_end(into)
}

/// Whether nothing but zeros follows (a file that was made longer, and whose content never came).
fn only_zeros(input: &mut impl Read, path: &Path) -> Result<bool, FileError> {
    let mut chunk = [0; 4096];
    loop {
        match input.read(&mut chunk).map_err(FileError::io("read", path))? {
            0 => return Ok(true),
            n if chunk[..n].iter().any(|b| *b != 0) => return Ok(false),
            _ => {}
        }
    }
}
