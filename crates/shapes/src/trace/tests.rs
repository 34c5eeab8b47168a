//! Traces: each format, each error with its place, each operation, and any bytes at all.
#![allow(clippy::unwrap_used)]

mod any_bytes;
mod operations;

use super::*;

fn options(change: impl FnOnce(&mut Options)) -> Options {
    let mut options = Options::default();
    change(&mut options);
    options
}

fn series(format: Format, bytes: impl AsRef<[u8]>, options: &Options) -> (Vec<(f64, f64)>, f64) {
    let reading = read(format, bytes.as_ref(), options).unwrap();
    (reading.series.points, reading.series.end_s)
}

fn error(format: Format, bytes: impl AsRef<[u8]>) -> String {
    read(format, bytes.as_ref(), &Options::default()).unwrap_err().to_string()
}

fn seconds(s: u64) -> u64 {
    s * 1_000_000_000
}

#[test]
fn canonical() {
    let all = Options::default();
    let text = "# a trace\nt,rate\n\n0,1.5\n10,0\r\n 20 , 3 \n";
    assert_eq!(series(Format::Csv, text, &all), (vec![(0.0, 1.5), (10.0, 0.0), (20.0, 3.0)], 30.0));
    // The end in a last row; time from the first row; no line feed at the end.
    let text = "898000000,4\n898000060,5\n898000070,";
    assert_eq!(series(Format::Csv, text, &all), (vec![(0.0, 4.0), (60.0, 5.0)], 70.0));
    let window = options(|o| (o.select.from_ns, o.select.to_ns) = (seconds(15), Some(seconds(25))));
    let text = "0,1\n10,2\n20,3\n30,no number";
    assert_eq!(series(Format::Csv, &text[..14], &window), (vec![(0.0, 2.0), (5.0, 3.0)], 10.0));
    let late = options(|o| o.select.from_ns = seconds(30));
    assert!(matches!(read(Format::Csv, &b"0,1\n10,2\n20,3\n"[..], &late), Err(TraceError::NothingSelected)));
}

#[test]
fn canonical_errors_name_their_line() {
    // A spreadsheet's byte order mark is no part of the first number.
    let marked = series(Format::Csv, b"\xEF\xBB\xBF0,5\n1,6\n", &options(|_| {}));
    assert_eq!(marked.0.len(), series(Format::Csv, "0,5\n1,6\n", &options(|_| {})).0.len());
    for (text, expected) in [
        ("", "the trace is empty"),
        ("# nothing\n", "the trace is empty"),
        ("t,rate\n", "the trace is empty"),
        ("0,1\n", "a trace of one row has no width: add a row with its end and no rate, as in `60,`"),
        ("t,rate\n0,1\nt,rate\n", "line 3: `t` is no time in seconds"),
        ("0,1\n1,x\n", "line 2: `x` is no rate"),
        ("0,1\n1,-2\n", "line 2: the rate -2 is below 0"),
        ("0,1\n1,inf\n", "line 2: `inf` is no rate"),
        ("0,1\n\n1 2\n", "line 3: expected two fields, a time and a rate, found `1 2`"),
        ("0,1,2\n", "line 1: expected two fields, a time and a rate, found `0,1,2`"),
        ("0,1\n5,1\n5,2\n", "line 3: the time 5 does not come after the one before it, 5"),
        ("0,1\n5,\n6,2\n", "line 3: there is a row after the one that gives the end"),
        ("5,\n", "line 1: the first row has no rate"),
    ] {
        assert_eq!(error(Format::Csv, text), expected, "{text:?}");
    }
    let long = format!("0,1\n{}", "1".repeat(MAX_LINE_BYTES + 1));
    assert_eq!(error(Format::Csv, long), "line 2 is longer than 262144 bytes");
    let many: String = (0..=MAX_POINTS).map(|t| format!("{t},1\n")).collect();
    assert!(error(Format::Csv, &many).starts_with("the trace has more than 262144 points"));
    // Those before the window are not held.
    let late = options(|o| o.select.from_ns = seconds(MAX_POINTS as u64 - 5));
    assert_eq!(series(Format::Csv, &many, &late).0.len(), 6);
    assert_eq!(
        error(Format::Csv, b"0,1\n\xff\x1b[31m,2\n"),
        "line 2: `\u{fffd}\u{fffd}[31m` is no time in seconds"
    );
}

#[test]
fn limbo() {
    let all = Options::default();
    assert_eq!(
        series(Format::Limbo, "0.5,10\n1.5,20\n2.5,30\n", &all),
        (vec![(0.0, 10.0), (1.0, 20.0), (2.0, 30.0)], 3.0)
    );
    assert_eq!(series(Format::Limbo, "30,2\n", &all), (vec![(0.0, 2.0)], 60.0));
    for (text, expected) in [
        ("", "the trace is empty"),
        ("0.5,1\n1.5,\n", "line 2: the rate is missing"),
        (
            "0.5,1\n1.5,1\n3.5,1\n",
            "line 3: the time 3.5 is 2 s after the one before it; intervals of 1 s must follow each other without a gap",
        ),
        ("1.5,1\n0.5,1\n", "line 2: the time 0.5 does not come after the one before it, 1.5"),
    ] {
        assert_eq!(error(Format::Limbo, text), expected, "{text:?}");
    }
    // A tenth of a second is no binary fraction: the edges must not drift.
    let text: String = (0..1000).map(|i| format!("{:.2},1\n", 0.05 + f64::from(i) * 0.1)).collect();
    let (points, end_s) = series(Format::Limbo, text, &all);
    assert!((points[999].0 - 99.9).abs() < 1e-9 && (end_s - 100.0).abs() < 1e-9);
}

fn azure(rows: &[(&str, &str, &str, &str, &[u32])]) -> String {
    let minutes = rows.first().map_or(0, |row| row.4.len());
    let mut text = "HashOwner,HashApp,HashFunction,Trigger".to_owned();
    (1..=minutes).for_each(|minute| text.push_str(&format!(",{minute}")));
    for (owner, app, function, trigger, counts) in rows {
        text.push_str(&format!("\n{owner},{app},{function},{trigger}"));
        counts.iter().for_each(|count| text.push_str(&format!(",{count}")));
    }
    text
}

#[test]
fn azure_rows_are_selected_and_added() {
    let text = azure(&[
        ("o1", "a1", "f1", "http", &[60, 0, 120]),
        ("o1", "a2", "f2", "timer", &[6, 6, 6]),
        ("o2", "a3", "f3", "http", &[0, 60, 0]),
    ]);
    let rates = |change: &dyn Fn(&mut Select)| {
        let options = options(|o| change(&mut o.select));
        let (points, end_s) = series(Format::Azure2019, &text, &options);
        (points.into_iter().map(|(_, rate)| rate).collect::<Vec<_>>(), end_s)
    };
    assert_eq!(rates(&|_| ()), (vec![1.1, 1.1, 2.1], 180.0));
    assert_eq!(rates(&|s| s.trigger = Some("HTTP".into())).0, [1.0, 1.0, 2.0]);
    assert_eq!(rates(&|s| s.owner = Some("o1".into())).0, [1.1, 0.1, 2.1]);
    assert_eq!(rates(&|s| s.app = Some("a2".into())).0, [0.1; 3]);
    assert_eq!(rates(&|s| s.function = Some("f3".into())).0, [0.0, 1.0, 0.0]);
    assert_eq!(rates(&|s| s.row = Some(3)).0, [0.0, 1.0, 0.0]);
    assert_eq!(rates(&|s| (s.from_ns, s.to_ns) = (seconds(90), Some(seconds(150)))), (vec![1.1, 2.1], 60.0));
    let none = options(|o| o.select.function = Some("nobody".into()));
    assert!(matches!(read(Format::Azure2019, text.as_bytes(), &none), Err(TraceError::NothingSelected)));
    let day = azure(&[("o", "a", "f", "queue", &[1; 1440])]);
    assert_eq!(series(Format::Azure2019, day, &Options::default()).1, 86_400.0);
}

#[test]
fn azure_errors_name_their_line() {
    let head = "HashOwner,HashApp,HashFunction,Trigger,1,2\n";
    for (text, expected) in [
        ("", "the trace is empty"),
        (head, "the trace is empty"),
        (
            "o,a,f,t,1\n",
            "line 1: expected the heading `HashOwner,HashApp,HashFunction,Trigger,1,2,...` up to 1440, found `o,a,f,t,1`",
        ),
    ] {
        assert_eq!(error(Format::Azure2019, text), expected);
    }
    for (row, expected) in [
        ("o,a,f,t,1", "line 2: 1 minutes, but the heading names 2"),
        ("o,a,f,t,1,2,3", "line 2: more than 2 minutes"),
        ("o,a,f,t,1,-2", "line 2: minute 2: `-2` is no number of invocations"),
        ("o,a,f,t,1,1e3", "line 2: minute 2: `1e3` is no number of invocations"),
    ] {
        assert_eq!(error(Format::Azure2019, format!("{head}{row}\n")), expected);
    }
}

fn worldcup(records: &[(u32, u8, u8)]) -> Vec<u8> {
    let record = |(unix_s, method, server): &(u32, u8, u8)| {
        let mut record = unix_s.to_be_bytes().to_vec();
        record.extend([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 16, 0, *method, 0b1000_0010, 3, *server]);
        record
    };
    records.iter().flat_map(record).collect()
}

#[test]
fn worldcup_records_are_counted() {
    // The first seconds of 30 April 1998, a little out of order.
    let t = 893_971_817;
    let bytes =
        worldcup(&[(t, 0, 7), (t, 0, 7), (t + 2, 2, 64), (t + 1, 0, 64), (t - 1, 0, 7), (t + 9, 200, 7)]);
    let all = Options::default();
    let expected = vec![(0.0, 1.0), (1.0, 2.0), (2.0, 1.0), (3.0, 1.0), (4.0, 0.0), (10.0, 1.0)];
    assert_eq!(series(Format::Worldcup98, &bytes, &all), (expected, 11.0));
    let bins = options(|o| o.bin_s = 5.0);
    assert_eq!(series(Format::Worldcup98, &bytes, &bins), (vec![(0.0, 0.2), (5.0, 0.8), (10.0, 0.2)], 15.0));
    let gets = options(|o| o.select.method = Some("get".into()));
    assert_eq!(read(Format::Worldcup98, &bytes[..], &gets).unwrap().selected, 4);
    let server = options(|o| o.select.server = Some(64));
    assert_eq!(series(Format::Worldcup98, &bytes, &server), (vec![(0.0, 0.0), (1.0, 1.0), (2.0, 1.0)], 3.0));
    let window = options(|o| (o.select.from_ns, o.select.to_ns) = (seconds(1), Some(seconds(4))));
    let expected = vec![(0.0, 1.0), (1.0, 1.0), (2.0, 0.0)];
    assert_eq!(series(Format::Worldcup98, &bytes, &window), (expected, 3.0));
    // A window from the first request on does not begin before it, however early another one came.
    let window = options(|o| o.select.to_ns = Some(seconds(2)));
    assert_eq!(series(Format::Worldcup98, &bytes, &window), (vec![(0.0, 2.0), (1.0, 1.0)], 2.0));
    assert_eq!(error(Format::Worldcup98, &bytes[..47]), "record 3 is cut off: 7 of its 20 bytes are there");
    assert_eq!(error(Format::Worldcup98, b""), "the trace is empty");
}

#[test]
fn a_window_that_ends_within_a_bin_keeps_the_rate() {
    let bytes = worldcup(&[(100, 0, 0), (105, 0, 0), (110, 0, 0), (111, 0, 0), (119, 0, 0)]);
    let window = options(|o| (o.bin_s, o.select.to_ns) = (10.0, Some(seconds(14))));
    assert_eq!(series(Format::Worldcup98, &bytes, &window), (vec![(0.0, 0.2), (10.0, 0.5)], 14.0));
}

const LOG: &str = r#"in24.inetnebr.com - - [01/Aug/1995:00:00:01 -0400] "GET /shuttle/missions/sts-68/news/sts-68-mcc-05.txt HTTP/1.0" 200 1839
uplherc.upl.com - - [01/Aug/1995:00:00:07 -0400] "GET / HTTP/1.0" 304 0
127.0.0.1 - bob [01/Aug/1995:06:00:08 +0200] "POST /api/x HTTP/1.1" 503 17 "-" "curl/8"
"#;

#[test]
fn access_logs_are_counted() {
    let expected = vec![(0.0, 1.0), (1.0, 0.0), (6.0, 1.0), (7.0, 1.0)];
    assert_eq!(series(Format::AccessLog, LOG, &Options::default()), (expected, 8.0));
    for (change, selected) in [
        (&(|s: &mut Select| s.method = Some("POST".into())) as &dyn Fn(&mut Select), 1),
        (&|s| s.path = Some("/shuttle".into()), 1),
        (&|s| s.status = Some("3xx".into()), 1),
        (&|s| s.status = Some("200".into()), 1),
        (&|s| s.from_ns = seconds(6), 2),
    ] {
        let reading = read(Format::AccessLog, LOG.as_bytes(), &options(|o| change(&mut o.select))).unwrap();
        assert_eq!((reading.records, reading.selected), (3, selected));
    }
}

#[test]
fn bad_lines_of_access_logs_are_named_or_counted() {
    let text = format!("{LOG}alyssa.p\n");
    assert_eq!(error(Format::AccessLog, &text), "line 4: no `[time]`, in `alyssa.p`");
    let reading = read(Format::AccessLog, text.as_bytes(), &options(|o| o.bad_lines = 1)).unwrap();
    assert_eq!((reading.records, reading.bad_lines), (3, 1));
    let twice = format!("{text}alyssa.p\n");
    assert!(read(Format::AccessLog, twice.as_bytes(), &options(|o| o.bad_lines = 1)).is_err());
}
