#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use super::*;
use crate::clock::Bins;
use crate::frame::{Column, Fold, Frame, Owner};
use swarmlab_record::FileError;
use swarmlab_record::client::{ClientRow, fixture::row};
use swarmlab_record::metric::Kind;
use swarmlab_record::series::{Identity, Series, fixture};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let name = |e: std::io::Result<fs::DirEntry>| e.unwrap().file_name().into_string().unwrap();
        fs::read_dir(self.0.path()).unwrap().map(name).collect()
    }
}

fn series(task: &str, le: Option<&str>, samples: &[(f64, f64)]) -> Series {
    let mut series = fixture::series(task, samples);
    series.born_unix_s = le.map(|_| 1.7e9 + 0.1);
    let identity = Identity {
        kind: if le.is_some() { Kind::Bucket } else { Kind::Gauge },
        upstream: le.map(|_| "web".into()),
        task_is_exact: le.is_none(),
        labels: le.map(|le| ("le".into(), le.into())).into_iter().collect(),
        ..fixture::identity("ms-exercise", task)
    };
    Series { identity: identity.into(), ..series }
}

fn frame() -> Frame {
    let mut frame = Frame::with_zero(Bins::new(1.7e9 + 0.3, 0.1, 3).unwrap(), 1.7e9);
    let values = vec![Some(0.1 + 0.2), None, Some(-0.0)];
    let columns = [
        Column::server("ms-exercise", "cpu", "cores", "counter, \"raw\"", Fold::Mean, values),
        Column::new(Owner::Client, "users", "users", "", Fold::Mean, vec![None; 3]),
        Column::new(
            Owner::Endpoint("GET /".into()),
            "response_p95",
            "ms",
            "é",
            Fold::Never,
            vec![Some(1e-300), Some(1e22), Some(f64::MAX)],
        ),
    ];
    frame.extend(columns.into_iter().map(Result::unwrap)).unwrap();
    frame
}

#[test]
fn client_rows_come_back_as_they_were() {
    let folder = Folder::new();
    let path = folder.path("client.parquet");
    let mut silent = row(1.7e9 + 0.7, "GET /ä,\"x\"");
    (silent.response, silent.service, silent.lateness) = (None, None, None);
    (silent.sent, silent.status_1xx, silent.bytes_received) = (u64::MAX, 7, 1 << 60);
    let mut distinct = row(5.0, "b");
    // Each count differs, so that two swapped columns cannot pass.
    (distinct.offered, distinct.queued, distinct.iterations) = (1001, 1002, 1003);
    (distinct.status_3xx, distinct.status_2xx, distinct.succeeded) = (1004, 1005, 1006);
    let rows = vec![row(1.7e9, "*"), silent, distinct];
    write_client(&path, &rows).unwrap();
    assert_eq!(read_client(&path).unwrap(), rows);
    assert_eq!(folder.names(), ["client.parquet"]);
}

#[test]
fn series_come_back_as_they_were() {
    let folder = Folder::new();
    let (who, when) = (folder.path("series.parquet"), folder.path("samples.parquet"));
    let mut dead = series("c", None, &[]);
    dead.died_unix_s = Some(9.5);
    let all = vec![
        series("a", Some("5"), &[(1.0, 0.1), (2.0, f64::INFINITY)]),
        series("a", Some("+Inf"), &[(1.0, 4.0)]),
        series("b", None, &[(1.5, -2.0), (2.5, 1e-9)]),
        dead,
        series("d", None, &[]),
    ];
    write_series(&who, &when, &all).unwrap();
    assert_eq!(read_series(&who, &when).unwrap(), all);
}

#[test]
fn frames_come_back_as_they_were() {
    let folder = Folder::new();
    let path = folder.path("frame.parquet");
    write_frame(&path, &frame()).unwrap();
    let back = read_frame(&path).unwrap();
    assert_eq!(back, frame());
    assert_eq!(back.columns()[0].values()[2].map(f64::to_bits), Some((-0.0_f64).to_bits()));
    assert_eq!(back.columns()[0].source(), "counter, \"raw\"");
}

#[test]
fn empty_tables_come_back_empty() {
    let folder = Folder::new();
    let path = folder.path("x.parquet");
    write_client(&path, &[]).unwrap();
    assert_eq!(read_client(&path).unwrap(), Vec::<ClientRow>::new());
    let who = folder.path("y.parquet");
    write_series(&who, &path, &[]).unwrap();
    assert_eq!(read_series(&who, &path).unwrap(), []);
    let no_bins = Frame::new(Bins::new(3.0, 1.0, 0).unwrap());
    write_frame(&path, &no_bins).unwrap();
    assert_eq!(read_frame(&path).unwrap(), no_bins);
    let no_columns = Frame::new(Bins::new(3.0, 1.0, 2).unwrap());
    write_frame(&path, &no_columns).unwrap();
    assert_eq!(read_frame(&path).unwrap(), no_columns);
}

#[test]
fn frame_csv_by_hand() {
    let folder = Folder::new();
    let path = folder.path("frame.csv");
    let whole_seconds = Frame::with_zero(Bins::new(1.7e9, 1.0, 3).unwrap(), 1.7e9 - 10.0);
    let mut f = whole_seconds;
    for column in frame().columns() {
        f.push(column.clone()).unwrap();
    }
    write_frame_csv(&path, &f).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        text,
        "t_unix_s,t_s,ms_exercise_cpu_cores,client_users,client_get_response_p95_ms\r\n\
         1700000000,10,0.30000000000000004,,1e-300\r\n\
         1700000001,11,,,1e22\r\n\
         1700000002,12,-0,,1.7976931348623157e308\r\n"
    );
}

#[test]
fn tables_quote_what_must_be_quoted() {
    let folder = Folder::new();
    let path = folder.path("correlations.csv");
    let rows = vec![
        vec!["a,b".into(), Cell::from(0.1), Cell::from(3_i64)],
        vec!["say \"x\"".into(), Cell::Null, Cell::from(true)],
        vec!["two\nlines".to_string().into(), Cell::from(f64::NAN), Cell::from(None::<f64>)],
    ];
    write_table_csv(&path, &["pair", "r, Pearson", "n"], rows).unwrap();
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        "pair,\"r, Pearson\",n\r\n\"a,b\",0.1,3\r\n\"say \"\"x\"\"\",,true\r\n\"two\nlines\",NaN,\r\n"
    );
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let folder = Folder::new();
    let path = folder.path("t.csv");
    write_table_csv(&path, &["a"], vec![vec![Cell::from(1_i64)]]).unwrap();
    let ragged = write_table_csv(&path, &["a"], vec![vec![Cell::Null], vec![]]);
    assert!(matches!(ragged, Err(FileError::Ragged { row: 2, cells: 0, header: 1, .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), "a\r\n1\r\n");
    assert_eq!(folder.names(), ["t.csv"]);
}

#[test]
fn errors_name_the_file_and_the_column() {
    let folder = Folder::new();
    let path = folder.path("odd.parquet");
    let said = |e: FileError| e.to_string();
    assert!(said(read_client(&path).unwrap_err()).contains("odd.parquet"));
    assert!(matches!(write_client(&folder.path("no/x.parquet"), &[]), Err(FileError::Io { .. })));
    for junk in [&b""[..], b"PAR1", b"not parquet at all, but long enough to hold a footer"] {
        fs::write(&path, junk).unwrap();
        let error = read_client(&path).unwrap_err();
        assert!(matches!(error, FileError::Parquet { .. }), "{error}");
    }
    write_frame(&path, &frame()).unwrap();
    let error = read_client(&path).unwrap_err();
    assert!(matches!(&error, FileError::Column { column, .. } if column == "width_s"), "{error}");
    write_client(&path, &[row(0.0, "*")]).unwrap();
    assert!(matches!(read_frame(&path), Err(FileError::Description { .. })));
}

/// The size of a long run: 100,000 client rows (of 5 h with 5 endpoints) and as many server samples.
///
/// Measured on two shared cores in the debug profile with dependencies at `opt-level = 1`: client
/// written in 1.1 s, read in 0.5 s, 847 KiB; server written in 0.4 s, read in 0.2 s, 172 KiB. Run
/// with `--nocapture` to see it here.
#[test]
fn a_long_run_comes_back_as_it_was() {
    let folder = Folder::new();
    let (client, server) = (folder.path("client.parquet"), folder.path("samples.parquet"));
    let who = folder.path("series.parquet");
    let rows: Vec<ClientRow> = (0..100_000_u32)
        .map(|i| {
            let mut row = row(1.7e9 + f64::from(i / 5), ["*", "login", "list", "add", "out"][i as usize % 5]);
            row.sent = u64::from(i);
            if let Some(response) = &mut row.response {
                response.p95 = f64::from(i).sqrt();
            }
            row
        })
        .collect();
    let all: Vec<Series> = (0..100_u32)
        .map(|task| {
            let samples: Vec<_> =
                (0..1000).map(|i| (f64::from(i) + 0.01, f64::from(i * task) * 0.1)).collect();
            series(&format!("task-{task}"), Some("5"), &samples)
        })
        .collect();
    let begun = Instant::now();
    write_client(&client, &rows).unwrap();
    let client_written = begun.elapsed();
    let rows_back = read_client(&client).unwrap();
    let client_read = begun.elapsed() - client_written;
    let begun = Instant::now();
    write_series(&who, &server, &all).unwrap();
    let server_written = begun.elapsed();
    let all_back = read_series(&who, &server).unwrap();
    let server_read = begun.elapsed() - server_written;
    let size = |path| fs::metadata(path).unwrap().len() / 1024;
    println!(
        "client: written {client_written:?}, read {client_read:?}, {} KiB; server: written \
         {server_written:?}, read {server_read:?}, {} KiB",
        size(&client),
        size(&server)
    );
    assert_eq!(rows_back, rows);
    assert_eq!(all_back, all);
    // Label sets repeat by the thousand: they must not be stored by the thousand.
    assert!(size(&server) < 4096);
}

#[test]
fn what_nobody_recorded_is_null_and_comes_back_as_unknown() {
    use swarmlab_record::client::{LatencyMs, Unknown};
    let folder = Folder::new();
    let path = folder.path("client.parquet");
    let none = Unknown::of(&["offered", "users", "think_s"]);
    let mut told = row(1000.0, "*");
    (told.offered, told.think_s, told.unknown) = (0, 0.0, Unknown::of(&["offered", "think_s"]));
    let mut untold = row(1001.0, "*");
    (untold.offered, untold.users, untold.think_s, untold.unknown) = (0, 0.0, 0.0, none);
    untold.response = untold.response.map(|r| LatencyMs { p50: f64::NAN, p99: f64::NAN, ..r });
    write_client(&path, &[told.clone(), untold.clone()]).unwrap();
    let back = read_client(&path).unwrap();
    assert_eq!(back[0], told);
    assert_eq!(back[1].unknown, none);
    let (known, unknown) = (untold.response.unwrap(), back[1].response.unwrap());
    assert!(unknown.p50.is_nan() && unknown.p95 == known.p95 && unknown.mean == known.mean);
    // For every other reader they are nulls, not zeros.
    let sheet = super::parquet::read(&path).unwrap();
    assert_eq!(sheet.numbers("offered").unwrap(), [None, None]);
    assert_eq!(sheet.numbers("users").unwrap(), [Some(told.users), None]);
    assert_eq!(sheet.numbers("response_p50_ms").unwrap(), [Some(11.0), None]);
}
