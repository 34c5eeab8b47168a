//! Shape files: what ships, what is documented, and what is said about wrong ones.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use swarmlab_shapes::shape::{Constant, Cyclical, Dlim, DoubleWave, Integral, Mmpp2, Peak, Ramp, Sawtooth};
use swarmlab_shapes::shape::{Diurnal, Noise, Shape, Sine, Spike, Step as StepShape};
use swarmlab_shapes::{Arrivals, Modulation};

use super::*;
use crate::load::parse;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../loadshapes")
}

/// Reads a text as if it were a file in `loadshapes/`.
fn text(text: &str) -> Result<Shape, String> {
    parse(&examples().join("x.yml"), text, element)
        .map(|(shape, _)| shape)
        .map_err(|findings| findings.to_string().replace(&format!("{}/", examples().display()), ""))
}

#[test]
fn every_example_is_read_and_every_kind_has_one() {
    let mut words = Vec::new();
    for entry in std::fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "yml") {
            continue;
        }
        let (shape, warnings) = read_with_warnings(&path).unwrap_or_else(|e| panic!("{e}"));
        assert!(warnings.is_empty(), "{warnings}");
        assert!(shape.maximum() > 0.0 && shape.duration_s() <= 1800.0, "{}", path.display());
        words.push(shape.word());
    }
    for (word, _) in WORDS {
        assert!(words.contains(&word), "no example of {word}");
    }
}

#[test]
fn the_catalogue_is_the_readers() {
    let words: Vec<&str> = CATALOGUE.iter().map(|e| e.word).collect();
    assert_eq!(words, WORDS.map(|(word, _)| word));
    for e in CATALOGUE {
        let (plain, written) =
            (format!("shape: {}\n", e.word), format!("{{ shape: {}, {} }}", e.word, e.defaults));
        // Where something must be given, it is.
        let inner = "{ shape: ramp }";
        let fill = |text: &str| match e.word {
            "stages" => text.replace("[{ target: …, duration: … }]", "[{ target: 1, duration: 1s }]"),
            "dlim" => text.replace("points: …", "points: [1, 1.5, 1]").replace("every: 120s", "every: 240s"),
            "sequence" | "sum" => text.replace('…', inner),
            "trace" => text
                .replace("file: …", "file: traces/canonical.csv")
                .replace("bin: 1s, bad_lines: 0, ", "")
                .replace("scale: 1, peak: …, resample: …, ", "scale: 1, "),
            _ => text
                .replace("times: …", "times: 3")
                .replace("max: …", "max: 7")
                .replace("of: …", &format!("of: {inner}")),
        };
        let written = text(&fill(&written)).unwrap_or_else(|e| panic!("{e}"));
        let plain = match e.word {
            "stages" => text("shape: stages\nstages: [{ target: 1, duration: 1s }]\n"),
            "dlim" => Ok(Shape::Dlim(Box::<Dlim>::default())),
            "sequence" | "sum" => text(&format!("{plain}parts: [{inner}]\n")),
            "trace" => {
                text("shape: trace\nfile: traces/canonical.csv\n").map(|shape| same_points(&shape, &written))
            }
            "repeat" => text(&format!("{plain}times: 3\nof: {inner}\n")),
            "clip" => text(&format!("{plain}max: 7\nof: {inner}\n")),
            "scale" | "noise" => text(&format!("{plain}of: {inner}\n")),
            _ => text(&plain),
        };
        assert_eq!(plain.unwrap_or_else(|e| panic!("{e}")), written, "{}", e.word);
    }
}

/// The second of two traces, if their points are the same: what is said of their origin may differ.
fn same_points(a: &Shape, b: &Shape) -> Shape {
    match (a, b) {
        (Shape::Trace(x), Shape::Trace(y)) if x.points() == y.points() => b.clone(),
        _ => a.clone(),
    }
}

#[test]
fn defaults_are_those_of_the_shapes() {
    for (word, shape) in [
        ("constant", Shape::Constant(Constant::default())),
        ("ramp", Shape::Ramp(Ramp::default())),
        ("step", Shape::Step(StepShape::default())),
        ("spike", Shape::Spike(Spike::default())),
        ("peak", Shape::Peak(Peak::default())),
        ("cyclical", Shape::Cyclical(Cyclical::default())),
        ("sawtooth", Shape::Sawtooth(Sawtooth::default())),
        ("sine", Shape::Sine(Sine::default())),
        ("diurnal", Shape::Diurnal(Diurnal::default())),
        ("double-wave", Shape::DoubleWave(DoubleWave::default())),
        ("mmpp2", Shape::Mmpp2(Mmpp2::default())),
    ] {
        assert_eq!(text(&format!("shape: {word}\n")), Ok(shape.clone()), "{word}");
        assert_eq!(shape.word(), word);
    }
    let noise = Shape::Noise(Noise::over(Shape::Ramp(Ramp::default())));
    assert_eq!(text("{ shape: noise, of: { shape: ramp } }"), Ok(noise));
}

#[test]
fn wrong_words_and_keys_are_all_found_at_once() {
    let found = text(
        "shape: sum\nparts:\n  - { shape: sinne }\n  - { shape: sine, min: -1, amplitude: 3, period: 60 }\n  \
         - shape: repeat\n    of: { shape: step, steps: 0 }\n",
    );
    assert_eq!(
        found.unwrap_err(),
        "\
error[E004-bad-value]: parts[0].shape cannot be `sinne`
 --> x.yml:3:14 (parts[0].shape)
  |
3 |   - { shape: sinne }
  |              ^^^^^ expected one of constant, ramp, step, stages, spike, peak, cyclical, sawtooth, sine, diurnal, \
double-wave, mmpp2, dlim, trace, sequence, sum, scale, repeat, clip, noise
  = help: did you mean `sine`?

error[E004-bad-value]: parts[1].min is -1, out of range
 --> x.yml:4:25 (parts[1].min)
  |
4 |   - { shape: sine, min: -1, amplitude: 3, period: 60 }
  |                         ^^ expected a number from 0 to 10000000

error[E001-unknown-key]: unknown key `amplitude` in parts[1]
 --> x.yml:4:29 (parts[1].amplitude)
  |
4 |   - { shape: sine, min: -1, amplitude: 3, period: 60 }
  |                             ^^^^^^^^^
  = help: known keys: `duration`, `max`, `min`, `period`, `phase`, `shape`

error[E004-bad-value]: parts[1].period is a number without a unit
 --> x.yml:4:51 (parts[1].period)
  |
4 |   - { shape: sine, min: -1, amplitude: 3, period: 60 }
  |                                                   ^^ expected a duration such as 250ms, 1s or 1m30s
  = help: write the unit: 60s for seconds, 60ms for milliseconds

error[E002-missing-key]: `times` is missing in parts[2]
 --> x.yml:5:5 (parts[2].times)
  |
5 |   - shape: repeat
  |     ^^^^^^^^^^^^^
  = help: add `times: …`

error[E004-bad-value]: parts[2].of.steps is 0, out of range
 --> x.yml:6:31 (parts[2].of.steps)
  |
6 |     of: { shape: step, steps: 0 }
  |                               ^ expected a whole number from 1 to 100000

6 errors"
    );
}

#[test]
fn contradictions_are_found_where_they_stand() {
    for (wrong, expected) in [
        (
            "{ shape: repeat, times: 2, of: { shape: sine, min: 5, max: 3 } }",
            "error[E301-impossible-shape]: min is 5, but must be at most max, 3\n --> x.yml:1:32 (of)",
        ),
        (
            "{ shape: repeat, times: 100000, of: { shape: step, steps: 100000 } }",
            "error[E301-impossible-shape]: the shape lasts 1200000000000 s, which is beyond 1000000000 s",
        ),
        (
            "{ shape: repeat, times: 1000, of: { shape: step, steps: 1000, hold: 1ms } }",
            "error[E301-impossible-shape]: the shape needs more than 524288 pieces",
        ),
        ("{ shape: sum, parts: [] }", "error[E301-impossible-shape]: parts must not be empty"),
        (
            "{ shape: dlim, burst: { width: 20s, every: 10s } }",
            "width_s of the burst is 20, but must be at most its every_s, 10",
        ),
        (
            "{ shape: diurnal, low_hour: 4, high_hour: 4 }",
            "high_hour is 4, but must be another hour than low_hour, 4",
        ),
        ("{ shape: mmpp2, low_for: 10us }", "low_for_s must be at least 0.001 s, not 0.00001"),
        ("{ shape: trace, file: nowhere.csv }", "error[E101-missing-file]: nowhere.csv cannot be read"),
        ("{ shape: trace, file: . }", "error[E101-missing-file]: . cannot be read: not a regular file"),
        (
            "{ shape: trace, file: traces/limbo.csv, select: { row: 3 } }",
            "error[E302-contradiction]: select.row has no meaning with this format",
        ),
        (
            "{ shape: trace, file: traces/limbo.csv, scale: 2, peak: 100 }",
            "error[E302-contradiction]: `scale` and `peak` both say how high the trace is",
        ),
        (
            "{ shape: trace, file: traces/limbo.csv, bin: 5s }",
            "expected `format: worldcup98` or `format: access-log`",
        ),
        (
            "{ shape: trace, file: traces/limbo.csv, select: { from: 5s, to: 5s } }",
            "error[E302-contradiction]: the window ends before it begins",
        ),
        (
            "{ shape: trace, file: traces/access.log }",
            "error[E303-bad-trace]: traces/access.log: line 1: expected two fields, a time and a rate",
        ),
        (
            "{ shape: trace, file: traces/canonical.csv, select: { from: 2h } }",
            "traces/canonical.csv: nothing in the trace is what `select` asks for",
        ),
        (
            "{ shape: trace, file: traces/access.log, format: access-log, select: { status: ok } }",
            "expected a status such as 200 or 2xx",
        ),
    ] {
        let found = text(wrong).unwrap_err();
        assert!(found.contains(expected), "{expected:?} is missing in\n{found}");
        assert!(found.ends_with("1 error"), "{found}");
    }
    let deep = (0..40)
        .fold("{ shape: ramp }".to_owned(), |of, _| format!("{{ shape: repeat, times: 1, of: {of} }}"));
    assert!(text(&deep).unwrap_err().contains("nested more than 16 deep"));
}

#[test]
fn unreadable_lines_are_a_warning_if_they_are_allowed() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("a.log"), "h - - [10/Oct/2000:13:55:36 -0700] \"GET /\" 200 1\nbroken\n")
        .unwrap();
    let path = dir.path().join("s.yml");
    let shape = |bad: u32| {
        let text = format!("shape: trace\nfile: a.log\nformat: access-log\nbad_lines: {bad}\n");
        std::fs::write(&path, text).unwrap();
        read_with_warnings(&path)
    };
    let refused = shape(0).unwrap_err().to_string();
    assert!(refused.contains("a.log: line 2: no `[time]`, in `broken`"), "{refused}");
    let (read, warnings) = shape(1).unwrap();
    assert_eq!(read.maximum(), 1.0);
    assert!(warnings.to_string().contains("W304-bad-lines"), "{warnings}");
}

#[test]
fn what_is_done_to_a_trace_is_done_in_order() {
    let plain = text("shape: trace\nfile: traces/canonical.csv\n").unwrap();
    let area = |shape: &Shape| Integral::new(shape.segments()).total();
    let changed = text(
        "shape: trace\nfile: traces/canonical.csv\nselect: { from: 2m, to: 12m }\ncompress: 4\nresample: 7s\npeak: 90\n",
    )
    .unwrap();
    assert_eq!((plain.duration_s(), changed.duration_s()), (1200.0, 150.0));
    assert!((changed.maximum() - 90.0).abs() < 1e-9);
    let scaled = text("shape: trace\nfile: traces/canonical.csv\nscale: 3\nresample: 11s\n").unwrap();
    assert!((area(&scaled) / area(&plain) - 3.0).abs() < 1e-9);
    let Shape::Trace(trace) = changed else { panic!("no trace") };
    assert_eq!(
        trace.origin(),
        "traces/canonical.csv (csv): 10 of 13 rows, time 4 times as fast, means of 7 s, scaled to a peak of 90"
    );
}

#[test]
fn laws_of_arrivals() {
    let law = |text: &str| {
        parse(Path::new("e.yml"), text, |v| v.mapping()?.required("arrivals", arrivals))
            .map(|(law, _)| law)
            .map_err(|e| e.to_string())
    };
    assert_eq!(law("arrivals: uniform"), Ok(Arrivals::Uniform));
    assert_eq!(law("arrivals: poisson"), Ok(Arrivals::Poisson));
    assert_eq!(law("arrivals: mmpp2"), Ok(Arrivals::Mmpp2(Modulation::default())));
    let given = Modulation { ratio: 4.0, quiet_s: 2.0, busy_s: 0.5 };
    assert_eq!(law("arrivals: { mmpp2: { ratio: 4, quiet: 2s, busy: 500ms } }"), Ok(Arrivals::Mmpp2(given)));
    for (wrong, expected) in [
        ("arrivals: normal", "expected one of uniform, poisson, mmpp2"),
        ("arrivals: { mmpp2: { ratio: 0.5 } }", "arrivals.mmpp2.ratio is 0.5, out of range"),
        (
            "arrivals: { mmpp2: { quiet: 1us } }",
            "arrivals.quiet_s must be 0.001 to 1e9 seconds, not 0.000001",
        ),
        ("arrivals: { mmpp3: {} }", "unknown key `mmpp3`"),
    ] {
        let found = law(wrong).unwrap_err();
        assert!(found.contains(expected), "{found}");
    }
}
