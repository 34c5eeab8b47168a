//! Recorded load in all its formats.

use std::fmt::Write;

use swarmlab_shapes::Shape;
use swarmlab_shapes::trace::{Format, Options, Select, Trace, parse_bytes, read};

/// A trace in any format: what is read and a shape has rates, and is read again from its canonical form as the
/// same. A window of it is no longer than asked for.
pub fn trace(input: &[u8]) {
    for format in Format::ALL {
        match parse_bytes(format, input) {
            Ok(trace) => whole(trace),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
        window(format, input, 0.0);
        window(format, input, 1.5);
    }
}

/// The part up to 90 s.
fn window(format: Format, input: &[u8], from_s: f64) {
    let select = Select { from_ns: (from_s * 1e9) as u64, to_ns: Some(90_000_000_000), ..Select::default() };
    let options = Options { select, bin_s: 0.7, bad_lines: 2 };
    if let Ok(reading) = read(format, input, &options) {
        let series = reading.series;
        assert!(reading.selected <= reading.records && reading.bad_lines <= options.bad_lines);
        assert!(series.end_s <= 90.0 - from_s + 1e-9, "{}: {} s", format.word(), series.end_s);
        assert!(series.points.iter().all(|(t_s, _)| *t_s >= 0.0), "{}: before the start", format.word());
    }
}

fn whole(trace: Trace) {
    let mut canonical = String::new();
    for (t_s, rate) in trace.points() {
        let _ = writeln!(canonical, "{t_s},{rate}");
    }
    let points = trace.points().to_vec();
    let shape = Shape::Trace(trace);
    // Rates may be beyond any load, times may be equal once the first is taken off: an error, no panic.
    if shape.validate().is_err() {
        return;
    }
    let duration_s = shape.duration_s();
    for share in [0.0, 0.5, 1.0] {
        assert!(shape.value_at(duration_s * share) >= 0.0);
    }
    let _ = writeln!(canonical, "{duration_s},");
    match parse_bytes(Format::Csv, canonical.as_bytes()) {
        Ok(again) => {
            assert_eq!(again.points(), points);
            assert_eq!(Shape::Trace(again).duration_s(), duration_s);
        }
        Err(error) => panic!("{error}: {canonical}"),
    }
}
