#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use super::*;
use crate::store::parquet::{Sheet, Spec, TableReader, Values};
use swarmlab_record::series::{Sample, fixture};

fn folder() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let (who, when) = (dir.path().join("series.parquet"), dir.path().join("samples.parquet"));
    (dir, who, when)
}

fn long(task: &str, count: usize) -> Series {
    let samples = (0..count).map(|i| Sample::new(i as f64, (i * 7 % 11) as f64)).collect();
    Series { samples, ..fixture::series(task, &[]) }
}

#[test]
fn a_series_fills_row_groups_and_is_split_only_when_it_is_longer_than_one() {
    let (_dir, who, when) = folder();
    let counts = [3, GROUP_ROWS - 3, 1, GROUP_ROWS, 2 * GROUP_ROWS + 5, 0, 8];
    let all: Vec<Series> = counts.iter().map(|c| long("a", *c)).collect();
    write_series(&who, &when, &all).unwrap();
    assert!(read_series(&who, &when).unwrap() == all);
    let table = TableReader::open(&when).unwrap();
    let groups: Vec<Vec<(u64, usize)>> =
        (0..table.groups()).map(|g| table.runs(g, "series").unwrap()).collect();
    let full = GROUP_ROWS;
    let expected = [
        vec![(0, 3), (1, full - 3)],
        vec![(2, 1)],
        vec![(3, full)],
        vec![(4, full)],
        vec![(4, full)],
        vec![(4, 5), (6, 8)],
    ];
    assert_eq!(groups, expected);
}

fn samples(path: &Path, of: Vec<u64>) {
    let rows = of.len();
    let mut sheet = Sheet::new(rows);
    sheet.push(Spec::counts("series", "", ""), Values::Counts(of));
    // As other programs write them: nullable, though nothing is null.
    let numbers = || Values::Numbers((0..rows).map(|i| Some(i as f64)).collect());
    sheet.push(Spec::numbers("t_unix_s", "", ""), numbers());
    sheet.push(Spec::numbers("value", "", ""), numbers());
    sheet.write(path, &[]).unwrap();
}

#[test]
fn tables_of_other_writers_are_read_when_they_are_in_order() {
    let (_dir, who, when) = folder();
    write_series(&who, &when, &[long("a", 0), long("b", 0)]).unwrap();
    samples(&when, vec![0, 0, 1]);
    let back = read_series(&who, &when).unwrap();
    assert_eq!(back[0].samples, [Sample::new(0.0, 0.0), Sample::new(1.0, 1.0)]);
    assert_eq!(back[1].samples, [Sample::new(2.0, 2.0)]);
    for (of, said) in [(vec![1, 0], "behind those of later"), (vec![0, 2], "no series has the number 2")] {
        samples(&when, of);
        let error = read_series(&who, &when).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn heads_are_there_without_samples_being_read() {
    let (_dir, who, when) = folder();
    write_series(&who, &when, &[long("a", 3), long("b", 0)]).unwrap();
    let reader = SeriesReader::open(&who, &when).unwrap();
    let spans: Vec<_> = reader.heads().iter().map(|h| (h.first_unix_s, h.last_unix_s)).collect();
    assert_eq!(spans, [(Some(0.0), Some(2.0)), (None, None)]);
}
