#![allow(clippy::unwrap_used)]
use super::super::outcome::{Part, Stretch};
use super::*;
use swarmlab_intervals::ErrorKind;

const ZERO_US: i64 = 1_795_275_753_000_000;

fn sample(start_ms: i64, duration_ms: u64) -> Sample<'static> {
    Sample {
        line: 2,
        endpoint: "a",
        start_us: ZERO_US + start_ms * 1000,
        duration_us: duration_ms * 1000,
        answered: true,
        status: Some(200),
        ending: Ending::Well,
        bytes_sent: None,
        bytes_received: Some(10),
    }
}

#[test]
fn a_request_is_sent_where_it_begins_and_answered_where_it_ends() {
    let mut gathered = Gathered::new(1.0);
    gathered.begin_file("f");
    gathered.sample(&sample(900, 1200)).unwrap();
    gathered.sample(&sample(4100, 50)).unwrap();
    let refused = Ending::Named(ErrorKind::ConnectRefused);
    gathered.sample(&Sample { ending: refused, answered: false, status: None, ..sample(4200, 1) }).unwrap();
    gathered.users(ZERO_US, 3.0);
    let outcome = gathered.finish().unwrap();
    assert_eq!(
        (outcome.begin_unix_s, outcome.end_unix_s),
        (ZERO_US as f64 / 1e6, ZERO_US as f64 / 1e6 + 5.0)
    );
    // The first second was not loaded from its begin, nor the last to its end.
    assert_eq!(outcome.load_unix_s, (ZERO_US as f64 / 1e6 + 1.0, ZERO_US as f64 / 1e6 + 4.0));
    assert!(outcome.unknown.contains(&"bytes_sent") && !outcome.unknown.contains(&"users"));
    let all: Vec<Stretch> = outcome.stretches.collect();
    let sum = |s: &Stretch, of: fn(&Part) -> u64| s.parts.iter().map(of).sum::<u64>();
    let counts: Vec<_> =
        all.iter().map(|s| (sum(s, |p| p.sent), sum(s, |p| p.completed), s.in_flight)).collect();
    assert_eq!(counts, [(1, 0, 1), (0, 0, 1), (0, 1, 0), (0, 0, 0), (1, 1, 0)]);
    assert_eq!(all.iter().map(|s| s.users).collect::<Vec<_>>(), [Some(3.0); 5]);
    let last = &all[4].parts[0];
    assert_eq!((last.failed, last.connect_errors, last.errors["connect_refused"]), (1, 1, 1));
    assert_eq!((all[2].parts[0].response.max() / 1000, all[2].parts[0].response_sum_us), (1200, 1_200_000));
}

#[test]
fn times_that_lie_too_far_apart_are_refused_with_both_places() {
    let mut gathered = Gathered::new(1.0);
    gathered.begin_file("f");
    gathered.sample(&sample(0, 1)).unwrap();
    let far = Sample { line: 7, ..sample(3_600_000 * 24 * 400, 1) };
    let told = gathered.sample(&far).unwrap_err().to_string();
    assert!(told.contains("f:2") && told.contains("f:7"), "{told}");
    let mut longer = Gathered::new(60.0);
    longer.begin_file("f");
    longer.sample(&sample(0, 1)).unwrap();
    longer.sample(&far).unwrap();
}

#[test]
fn endpoints_beyond_the_bound_count_together() {
    let mut gathered = Gathered::new(1.0);
    gathered.begin_file("f");
    for i in 0..300 {
        let name = format!("/orders/{i}");
        gathered.sample(&Sample { endpoint: &name, ..sample(0, 1) }).unwrap();
    }
    let outcome = gathered.finish().unwrap();
    assert_eq!(outcome.remarks[0].lines, 100);
    let stretch = outcome.stretches.last().unwrap();
    assert_eq!(stretch.parts.len(), 201);
    assert_eq!(stretch.parts.iter().find(|p| p.endpoint == OTHERS).unwrap().completed, 100);
}
