//! `server.jsonl`, as it was written before `server.journal`: a line names a series once (`{"series":0,"is":{…}}`), the
//! lines after it are samples of named series (`[0,1795275753.9,12.5]`). In the first layout each line said everything.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use crate::FileError;
use crate::layout1;
use crate::series::{Identity, Sample};

use super::Entry;

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Series { series: u32, is: Identity },
    Sample(u32, f64, #[serde(with = "crate::nonfinite")] f64),
    First(layout1::Line),
}

/// Whether a file holds lines: its name says so.
pub(super) fn is_of_lines(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "jsonl")
}

/// Reads the lines one by one; a torn last one is left out.
pub(super) fn scan(path: &Path, mut each: impl FnMut(Entry)) -> Result<(), FileError> {
    let mut input = BufReader::new(File::open(path).map_err(FileError::io("open", path))?);
    let mut text = Vec::new();
    let mut first = HashMap::new();
    for number in 1.. {
        text.clear();
        input.read_until(b'\n', &mut text).map_err(FileError::io("read", path))?;
        let whole = text.ends_with(b"\n");
        match serde_json::from_slice(&text) {
            Ok(Line::Series { series, is }) if whole => each(Entry::Series(series, is)),
            Ok(Line::Sample(series, t_unix_s, value)) if whole => {
                each(Entry::Sample(series, Sample { t_unix_s, value }));
            }
            Ok(Line::First(line)) if whole => {
                let (key, sample) = line.split();
                let next = u32::try_from(first.len()).unwrap_or(u32::MAX);
                let number = first.entry(key).or_insert_with_key(|key| {
                    let is = layout1::identity_of(key.0.clone(), key.1.clone(), key.2.clone(), key.3.clone());
                    // Names that were never collected were never written.
                    is.map(|is| each(Entry::Series(next, is))).map(|()| next)
                });
                if let Some(number) = number {
                    each(Entry::Sample(*number, sample));
                }
            }
            Err(source) if whole && !input.fill_buf().map_err(FileError::io("read", path))?.is_empty() => {
                return Err(FileError::Line { path: path.into(), line: number, source });
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}
