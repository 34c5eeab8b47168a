//! Damaged files: whatever bytes stand in a table, reading it ends with an error or with rows, never with a panic.
#![allow(clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use swarmlab_frame::store::{SeriesReader, read_client};

const FLIPS: u64 = 1500;

/// A small generator of its own: the same damage on every machine.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

/// Reads a file with one to four bytes changed, or cut, again and again; the panics, by the seed that made them.
fn panics(original: &Path, read: impl Fn(&Path)) -> Vec<u64> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(original.file_name().unwrap());
    let bytes = std::fs::read(original).unwrap();
    (0..FLIPS)
        .filter(|seed| {
            let mut state = *seed + 1;
            let mut damaged = bytes.clone();
            for _ in 0..1 + next(&mut state) % 4 {
                let at = next(&mut state) % damaged.len();
                damaged[at] = next(&mut state) as u8;
            }
            if next(&mut state).is_multiple_of(8) {
                damaged.truncate(next(&mut state) % bytes.len());
            }
            std::fs::write(&path, &damaged).unwrap();
            catch_unwind(AssertUnwindSafe(|| read(&path))).is_err()
        })
        .collect()
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../present/tests/golden").join(name)
}

#[test]
fn client_tables() {
    assert_eq!(panics(&golden("2-load/raw/client.parquet"), |p| drop(read_client(p))), Vec::<u64>::new());
}

#[test]
fn tables_of_series_and_samples() {
    let (who, when) = (golden("2-embedded/raw/series.parquet"), golden("2-embedded/raw/samples.parquet"));
    let read = |who: &Path, when: &Path| {
        if let Ok(reader) = SeriesReader::open(who, when) {
            // An error is the last thing that is given.
            let after = reader.skip_while(Result::is_ok).skip(1).take(1).count();
            assert_eq!(after, 0);
        }
    };
    assert_eq!(panics(&who, |damaged| read(damaged, &when)), Vec::<u64>::new());
    assert_eq!(panics(&when, |damaged| read(&who, damaged)), Vec::<u64>::new());
}
