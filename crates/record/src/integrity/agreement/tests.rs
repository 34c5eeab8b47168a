#![allow(clippy::unwrap_used)]
use swarmlab_intervals::log::{Entry, Packed, RecordError};
use swarmlab_intervals::new_histogram;

use super::*;
use crate::client::fixture::row;

const START_S: f64 = 1_700_000_000.25;

/// Ten intervals of two endpoints, and their log.
fn load() -> (Vec<ClientRow>, Log) {
    let (mut rows, mut log) = (Vec::new(), Log { start_unix_s: Some(START_S), ..Log::default() });
    for second in 0..10_u32 {
        let at_s = f64::from(second);
        for (endpoint, answers) in [("/a", 20), ("/b", 10), (ALL_ENDPOINTS, 30)] {
            // Starts of rows are exact, those of the log are rounded.
            let row = row(START_S + at_s + 0.000_4, endpoint);
            rows.push(ClientRow { sent: answers, completed: answers, ..row });
            if endpoint != ALL_ENDPOINTS {
                let mut histogram = new_histogram();
                histogram.record_n(5_000, answers).unwrap();
                let (quantity, endpoint) = (Quantity::Response, endpoint.to_owned());
                log.entries.push(Entry {
                    start_s: at_s,
                    length_s: 1.0,
                    quantity,
                    endpoint,
                    histogram: Packed::of(&histogram),
                });
            }
        }
    }
    (rows, log)
}

fn said((rows, log): &(Vec<ClientRow>, Log)) -> Vec<String> {
    agreement(rows, log).1.iter().map(Damage::to_string).collect()
}

#[test]
fn a_whole_folder_agrees_in_every_interval() {
    let (rows, log) = load();
    assert_eq!(agreement(&rows, &log), (20, Vec::new()));
}

#[test]
fn a_log_that_was_cut_lacks_what_the_rows_count() {
    let mut load = load();
    load.1.entries.truncate(15);
    assert_eq!(
        said(&load),
        [
            "histograms.hlog lacks 5 of 20 histograms of intervals with answers; the first at 7 s, /b: 10 answers in \
          client.parquet"
        ]
    );
    load.1.entries.drain(2..6);
    assert!(said(&load)[0].contains("lacks 9 of 20") && said(&load)[0].contains("at 1 s, /a"));
    load.1 = Log::default();
    assert!(said(&load)[0].contains("lacks 20 of 20"), "{:?}", said(&load));
}

#[test]
fn rows_that_were_dropped_or_changed_are_found() {
    let mut dropped = load();
    dropped.0.drain(3..6);
    assert_eq!(
        said(&dropped),
        ["client.parquet lacks 2 of 20 rows of intervals with answers; the first at 1 s, /a: 20 answers in \
          histograms.hlog"]
    );
    let mut changed = load();
    changed.0[0].completed = 21;
    let told = said(&changed);
    assert_eq!(told.len(), 2);
    assert!(told[0].contains("do not add up to that of all in 1 intervals"), "{told:?}");
    assert!(told[1].contains("at 0 s, /a: 21 answers in client.parquet, 20 in histograms.hlog"), "{told:?}");
}

#[test]
fn lines_that_cannot_be_read_are_told() {
    let mut load = load();
    load.1.wrong.push(RecordError::Line { line: 12 });
    assert_eq!(said(&load), ["histograms.hlog cannot be read: line 12: not a line of an interval log"]);
}

#[test]
fn the_warm_up_is_not_in_the_log_and_nothing_is_missed() {
    let mut load = load();
    for row in &mut load.0[..3] {
        row.phase = Phase::WarmUp;
    }
    load.1.entries.drain(..2);
    assert_eq!(agreement(&load.0, &load.1), (18, Vec::new()));
}

#[test]
fn what_is_left_of_a_killed_run_agrees_to_the_last_answer() {
    // Its last interval may have reached one file alone, or the row of all endpoints without the others.
    for (rows, entries, whole) in [(30, 18, 16), (27, 20, 16), (27, 19, 16), (28, 19, 18)] {
        let mut load = load();
        load.0.truncate(rows);
        load.1.entries.truncate(entries);
        assert_ne!(agreement(&load.0, &load.1).1, [], "{rows} rows, {entries} histograms");
        whole_intervals(&mut load.0, &mut load.1);
        assert_eq!(agreement(&load.0, &load.1), (whole, Vec::new()), "{rows} rows, {entries} histograms");
    }
    // A hole before that is one.
    let mut load = load();
    load.1.entries.drain(4..6);
    whole_intervals(&mut load.0, &mut load.1);
    assert_eq!(agreement(&load.0, &load.1).1.len(), 1);
}
