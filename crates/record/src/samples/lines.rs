//! `server.jsonl`, as it was written before `server.journal`: a line names a series once (`{"series":0,"is":{…}}`), the
//! lines after it are samples of named series (`[0,1795275753.9,12.5]`).

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use crate::FileError;
use crate::series::{Identity, Sample};

use super::Entry;

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Series { series: u32, is: Identity },
    Sample(u32, f64, #[serde(with = "crate::nonfinite")] f64),
}

/// Whether a file holds lines: its name says so.
pub(super) fn is_of_lines(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "jsonl")
}

/// Reads the lines one by one; a torn last one is left out.
pub(super) fn scan(path: &Path, mut each: impl FnMut(Entry)) -> Result<(), FileError> {
    let mut input = BufReader::new(File::open(path).map_err(FileError::io("open", path))?);
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        input.read_until(b'\n', &mut text).map_err(FileError::io("read", path))?;
        let whole = text.ends_with(b"\n");
        match serde_json::from_slice(&text) {
            Ok(Line::Series { series, is }) if whole => each(Entry::Series(series, is)),
            Ok(Line::Sample(series, t_unix_s, value)) if whole => {
                each(Entry::Sample(series, Sample { t_unix_s, value }));
            }
            Err(source) if whole && !input.fill_buf().map_err(FileError::io("read", path))?.is_empty() => {
                return Err(FileError::Line { path: path.into(), line: number, source });
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}
