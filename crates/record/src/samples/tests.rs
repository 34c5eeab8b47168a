#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::series::fixture::identity;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server.journal");
    (dir, path)
}

fn reading(series: &Arc<Identity>, t_unix_s: f64, value: f64) -> Reading {
    Reading { series: Arc::clone(series), t_unix_s, value }
}

#[test]
fn samples_come_back_by_series_and_each_series_is_named_once() {
    let (_dir, path) = folder();
    let mut journal = SampleJournal::create(&path).unwrap();
    let (a, b) = (Arc::new(identity("web", "a")), Arc::new(identity("web", "b")));
    // Another allocation of the same identity is the same series.
    let again = Arc::new(identity("web", "a"));
    for (series, t, value) in [(&a, 1.0, 0.1), (&b, 1.0, 5.0), (&again, 2.0, 0.1 + 0.2), (&a, 3.0, f64::NAN)]
    {
        journal.append(&reading(series, t, value), t).unwrap();
    }
    journal.finish().unwrap();
    let back = read(&path).unwrap();
    assert_eq!(back.len(), 2);
    assert_eq!(back[0], (a, vec![Sample::new(1.0, 0.1), Sample::new(2.0, 0.1 + 0.2)]));
    assert_eq!(back[1], (b, vec![Sample::new(1.0, 5.0)]));
}

#[test]
fn nothing_waits_for_more_than_a_second() {
    let (_dir, path) = folder();
    let mut journal = SampleJournal::create(&path).unwrap();
    let a = Arc::new(identity("web", "a"));
    let held = || read(&path).unwrap().first().map_or(0, |(_, samples)| samples.len());
    journal.append(&reading(&a, 1.0, 1.0), 10.0).unwrap();
    assert_eq!(held(), 1);
    journal.append(&reading(&a, 2.0, 1.0), 10.9).unwrap();
    assert_eq!(held(), 1);
    journal.tick(11.0).unwrap();
    assert_eq!(held(), 2);
    // A clock that was set back must not silence the journal.
    journal.append(&reading(&a, 3.0, 1.0), 3.0).unwrap();
    assert_eq!(held(), 3);
    // A burst does not wait for the second.
    for i in 0..FRAME_BYTES / 9 {
        journal.append(&reading(&a, i as f64, 1.0), 3.1).unwrap();
    }
    assert!(held() > FRAME_BYTES / 20);
}

#[test]
fn a_sample_of_a_scrape_costs_nine_bytes() {
    let (_dir, path) = folder();
    let mut journal = SampleJournal::create(&path).unwrap();
    let all: Vec<_> = (0..100).map(|i| Arc::new(identity("web", &format!("{i}")))).collect();
    let mut before = 0;
    for second in 0..3 {
        before = fs::metadata(&path).unwrap().len();
        for series in &all {
            journal.append(&reading(series, f64::from(second), 0.5), f64::from(second) + 0.5).unwrap();
        }
        journal.tick(f64::from(second) + 1.5).unwrap();
    }
    journal.finish().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len() - before, 8 + 9 + 100 * 9);
}

#[test]
fn lines_of_before_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server.jsonl");
    let is = serde_json::to_string(&identity("web", "a")).unwrap();
    let whole = format!("{{\"series\":7,\"is\":{is}}}\n[7,1.5,2.5]\n");
    let a = (Arc::new(identity("web", "a")), vec![Sample::new(1.5, 2.5)]);
    for torn in ["", "[7,2.5", "[7,2.5,1]", "\0\0"] {
        fs::write(&path, format!("{whole}{torn}")).unwrap();
        assert_eq!(read(&path).unwrap(), std::slice::from_ref(&a), "{torn}");
    }
    fs::write(&path, format!("x\n{whole}")).unwrap();
    assert!(matches!(read(&path), Err(FileError::Line { line: 1, .. })));
}

#[test]
fn lines_of_the_first_layout_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("server.jsonl");
    let line = |t: f64, task: &str, metric: &str| {
        format!(
            "{{\"t_unix_s\":{t},\"service\":\"web\",\"task\":\"{task}\",\"metric\":\"{metric}\",\"labels\":{{}},\"value\":2.5}}\n"
        )
    };
    let cpu = "container_cpu_usage_seconds_total";
    let text =
        [line(1.0, "a", cpu), line(1.0, "b", cpu), line(2.0, "a", cpu), line(2.0, "a", "other")].concat();
    fs::write(&path, text).unwrap();
    let found = read(&path).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(
        found[0],
        (Arc::new(identity("web", "a")), vec![Sample::new(1.0, 2.5), Sample::new(2.0, 2.5)])
    );
}

#[test]
fn damage_before_the_end_is_an_error_and_zeros_at_the_end_are_a_crash() {
    let (_dir, path) = folder();
    let mut journal = SampleJournal::create(&path).unwrap();
    let a = Arc::new(identity("web", "a"));
    for t in 0..4 {
        journal.append(&reading(&a, f64::from(t), 1.0), f64::from(t)).unwrap();
    }
    journal.finish().unwrap();
    let good = fs::read(&path).unwrap();
    let len = || read(&path).unwrap()[0].1.len();
    fs::write(&path, [&good[..], &[0; 5000]].concat()).unwrap();
    assert_eq!(len(), 4);
    // The last frame's payload never came.
    let mut bytes = good.clone();
    let end = bytes.len();
    bytes[end - 12..].fill(0);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(len(), 3);
    let mut bytes = good.clone();
    bytes[MAGIC.len() + 20] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(read(&path), Err(FileError::Journal { offset: 8, .. })));
    fs::write(&path, b"something else").unwrap();
    assert!(matches!(read(&path), Err(FileError::Journal { offset: 0, .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_journal_cut_anywhere_keeps_everything_before_its_last_second(
        samples in prop::collection::vec((0..9_u32, any::<f64>(), 0.0..0.5_f64), 0..60), cut in 0.0..1.0f64,
    ) {
        let (_dir, path) = folder();
        let all: Vec<_> = (0..9).map(|i| Arc::new(identity("web", &format!("{i}")))).collect();
        let mut journal = SampleJournal::create(&path).unwrap();
        let mut now_s = 0.0;
        // How long the file was when, and how many samples had been appended a second before.
        let mut known = vec![];
        let mut appended = vec![];
        for (number, value, wait_s) in &samples {
            now_s += wait_s;
            journal.append(&reading(&all[*number as usize], now_s, *value), now_s).unwrap();
            if value.is_finite() {
                appended.push((*number, now_s, value.to_bits()));
            }
            let old = appended.iter().filter(|(_, t, _)| *t <= now_s - FLUSH_EVERY_S).count();
            known.push((fs::metadata(&path).unwrap().len(), old));
        }
        drop(journal);
        let bytes = fs::read(&path).unwrap();
        let cut = (cut * (bytes.len() + 1) as f64) as usize;
        fs::write(&path, &bytes[..cut]).unwrap();
        let mut back = vec![];
        scan(&path, |entry| if let Entry::Sample(_, s) = entry { back.push((s.t_unix_s, s.value.to_bits())) }).unwrap();
        let all: Vec<_> = appended.iter().map(|(_, t, v)| (*t, *v)).collect();
        prop_assert!(all.starts_with(&back));
        // Whatever the file held at some moment of the run, all that was older than a second is in it.
        let promised = known.iter().filter(|(len, _)| *len <= cut as u64).map(|(_, old)| *old).max();
        prop_assert!(back.len() >= promised.unwrap_or(0), "{} of {:?}", back.len(), promised);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = payload::read(&bytes, &mut |_| {});
        let (_dir, path) = folder();
        fs::write(&path, [&MAGIC[..], &bytes].concat()).unwrap();
        let _ = read(&path);
    }
}
