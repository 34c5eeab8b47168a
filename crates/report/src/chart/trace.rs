//! From a series to the path that shows it: gaps stay gaps, and no more points than pixels can show.

use std::fmt::Write as _;

use super::across::INNER_PX;
use crate::axis::{ElapsedAxis, ValueAxis};
use crate::model::{Line, Timeline};
use crate::text::coord;

/// Room above the highest value, so that a line along the top is not cut.
pub(crate) const HEADROOM_PX: f64 = 5.0;

/// Vertical place of a share of the value axis in a plot of `height_px`.
pub(crate) fn down(share: f64, height_px: f64) -> f64 {
    height_px - share * (height_px - HEADROOM_PX)
}

/// The paths of a series.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Trace {
    /// Path data of the line.
    pub(crate) line: String,
    /// Path data of values without a neighbour, drawn as dots.
    pub(crate) dots: String,
}

/// A value and the left and right end of its bin.
#[derive(Debug, Clone, Copy)]
struct Sample {
    left: f64,
    right: f64,
    y: f64,
}

impl Sample {
    fn middle(&self) -> f64 {
        (self.left + self.right) / 2.0
    }
}

/// Traces `line` in a plot of `height_px`.
pub(crate) fn trace(
    line: &Line,
    timeline: &Timeline,
    time: &ElapsedAxis,
    axis: &ValueAxis,
    height_px: f64,
) -> Trace {
    let mut trace = Trace::default();
    for run in runs(line, timeline, time, axis, height_px) {
        if line.step {
            staircase(&run, &mut trace.line);
        } else if let [alone] = run.as_slice() {
            let _ = write!(trace.dots, "M{} {}h0", coord(alone.middle()), coord(alone.y));
        } else {
            let points: Vec<(f64, f64)> = run.iter().map(|sample| (sample.middle(), sample.y)).collect();
            for (i, (x, y)) in thin(&points).into_iter().enumerate() {
                let command = if i == 0 { 'M' } else { 'L' };
                let _ = write!(trace.line, "{command}{} {}", coord(x), coord(y));
            }
        }
    }
    trace
}

/// Stretches of the series without a gap.
fn runs(
    line: &Line,
    timeline: &Timeline,
    time: &ElapsedAxis,
    axis: &ValueAxis,
    height_px: f64,
) -> Vec<Vec<Sample>> {
    let mut runs: Vec<Vec<Sample>> = vec![Vec::new()];
    let mut before_s = f64::NEG_INFINITY;
    for (&t_s, value) in timeline.t_s.iter().zip(&line.values) {
        let place = value.and_then(|value| axis.at(value));
        let skipped = t_s - before_s > 1.5 * timeline.bin_s;
        before_s = t_s;
        if (skipped || place.is_none()) && runs.last().is_some_and(|run| !run.is_empty()) {
            runs.push(Vec::new());
        }
        if let (Some(share), Some(run)) = (place, runs.last_mut()) {
            run.push(Sample {
                left: time.at(t_s) * INNER_PX,
                right: time.at(t_s + timeline.bin_s) * INNER_PX,
                y: down(share, height_px),
            });
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

fn staircase(run: &[Sample], out: &mut String) {
    let mut level = f64::NAN;
    for sample in run {
        if level.is_nan() {
            let _ = write!(out, "M{} {}", coord(sample.left), coord(sample.y));
        } else if (sample.y - level).abs() > 0.005 {
            let _ = write!(out, "H{}V{}", coord(sample.left), coord(sample.y));
        }
        level = sample.y;
    }
    if let Some(last) = run.last() {
        let _ = write!(out, "H{}", coord(last.right));
    }
}

/// Keeps, of each pixel column that holds more than four points, the first, lowest, highest and last: the
/// drawn line is the same to the pixel (the M4 aggregation of Jugel et al., VLDB 2014).
fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if (points.len() as f64) < 2.0 * INNER_PX {
        return points.to_vec();
    }
    points
        .chunk_by(|a, b| a.0.floor() == b.0.floor())
        .flat_map(|column| {
            let by_height = |a: &&usize, b: &&usize| column[**a].1.total_cmp(&column[**b].1);
            let all: Vec<usize> = (0..column.len()).collect();
            let low = all.iter().min_by(by_height).copied();
            let high = all.iter().max_by(by_height).copied();
            let mut kept: Vec<usize> =
                [Some(0), low, high, column.len().checked_sub(1)].into_iter().flatten().collect();
            kept.sort_unstable();
            kept.dedup();
            kept.into_iter().map(|i| column[i])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Scale, Unit};

    fn traced(values: &[Option<f64>], t_s: &[f64], step: bool) -> Trace {
        let timeline = Timeline { t_s: t_s.to_vec(), bin_s: 1.0, ..Timeline::default() };
        let line = Line { values: values.to_vec(), step, ..Line::default() };
        let axis = ValueAxis::new(values.iter().flatten().copied(), &Unit::Count, Scale::Linear, true, 5);
        trace(&line, &timeline, &ElapsedAxis::new(0.0, 10.0), &axis, 105.0)
    }

    #[test]
    fn gaps_are_never_joined() {
        let t =
            traced(&[Some(1.0), Some(1.0), None, Some(1.0), Some(1.0)], &[0.0, 1.0, 2.0, 3.0, 4.0], false);
        assert_eq!(t.line, "M60 5L180 5M420 5L540 5");
        let missing_rows =
            traced(&[Some(1.0), Some(1.0), Some(1.0), Some(1.0)], &[0.0, 1.0, 5.0, 6.0], false);
        assert_eq!(missing_rows.line, "M60 5L180 5M660 5L780 5");
    }

    #[test]
    fn a_value_without_neighbours_is_a_dot() {
        let t = traced(&[None, Some(1.0), None], &[0.0, 1.0, 2.0], false);
        assert_eq!(t, Trace { line: String::new(), dots: "M180 5h0".into() });
        assert_eq!(traced(&[Some(f64::NAN), None], &[0.0, 1.0], false), Trace::default());
    }

    #[test]
    fn steps_hold_for_their_whole_bin() {
        let t = traced(&[Some(0.0), Some(0.0), Some(1.0)], &[0.0, 1.0, 2.0], true);
        assert_eq!(t.line, "M0 105H240V5H360");
    }

    #[test]
    fn thinning_keeps_the_extremes() {
        let points: Vec<(f64, f64)> = (0..100_000)
            .map(|i| (f64::from(i) * 0.012, if i == 51_234 { 999.0 } else { f64::from(i % 7) }))
            .collect();
        let kept = thin(&points);
        assert!(kept.len() <= 4 * 1201, "{}", kept.len());
        assert!(kept.contains(&(51_234.0 * 0.012, 999.0)));
        assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
    }
}
