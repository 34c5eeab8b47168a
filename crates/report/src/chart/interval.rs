//! Estimates with their confidence intervals beside the known truth.
//!
//! Two lanes: on the left the estimates on one scale, on the right their deviation from the truth in per
//! cent. The left lane says which service is the expensive one; only the right one shows a good estimate's
//! interval, which on the left is narrower than its dot.

use super::document::Drawing;
use crate::axis::ValueAxis;
use crate::markup::Markup;
use crate::model::{IntervalPlot, IntervalRow, Scale, Unit};
use crate::style::Palette;
use crate::text::{coord, ellipsize, fixed, significant, width_px};

const ROW_PX: f64 = 32.0;
const HEAD_PX: f64 = 26.0;
const FOOT_PX: f64 = 24.0;
const LANE_PX: f64 = 290.0;
const BETWEEN_PX: f64 = 60.0;
const WORDS_PX: f64 = 230.0;
const MAX_GUTTER_PX: f64 = 200.0;

/// A scale with a place on the drawing.
struct Lane {
    axis: ValueAxis,
    left_px: f64,
    title: String,
}

/// Estimate, interval and truth in the unit of one lane.
struct Marks {
    estimate: Option<f64>,
    interval: Option<(f64, f64)>,
    truth: Option<f64>,
}

/// Draws `plot` in the colours of `palette`.
pub(crate) fn interval_plot(plot: &IntervalPlot, palette: &Palette) -> Drawing {
    let widest_px = plot.rows.iter().map(|row| width_px(&row.label, 11.5)).fold(0.0, f64::max);
    let left_px = widest_px.min(MAX_GUTTER_PX) + 16.0;
    let bottom_px = HEAD_PX + plot.rows.len().max(1) as f64 * ROW_PX;
    let absolute = lane(plot.rows.iter().map(plain), &plot.unit, left_px, |axis| axis.display.symbol.clone());
    let percent = Unit::Other("%".into());
    let relative = plot.rows.iter().any(|row| deviation(row).is_some()).then(|| {
        let marks = plot.rows.iter().filter_map(deviation);
        lane(marks, &percent, left_px + LANE_PX + BETWEEN_PX, |_| {
            format!("deviation from {} (%)", plot.truth_label)
        })
    });
    let right_px = relative.as_ref().map_or(left_px, |lane| lane.left_px) + LANE_PX + 24.0;

    let mut m = Markup::new();
    for lane in [Some(&absolute), relative.as_ref()].into_iter().flatten() {
        lane.grid(&mut m, bottom_px);
    }
    for (i, row) in plot.rows.iter().enumerate() {
        let y_px = HEAD_PX + (i as f64 + 0.5) * ROW_PX;
        let y = coord(y_px + 4.0);
        m.open("g", &[("class", &palette.classes(&row.ink, &row.label))]).leaf("title", &[], &row.label);
        let label = ellipsize(&row.label, 11.5, MAX_GUTTER_PX);
        m.leaf("text", &[("class", "end"), ("x", &coord(left_px - 12.0)), ("y", &y)], &label);
        absolute.marks(&mut m, &plain(row), y_px);
        if let Some((lane, marks)) = relative.as_ref().zip(deviation(row)) {
            lane.marks(&mut m, &Marks { truth: None, ..marks }, y_px);
        }
        let words = words(row, &absolute.axis);
        m.leaf("text", &[("class", "muted"), ("x", &coord(right_px)), ("y", &y)], &words).close();
    }
    Drawing {
        title: plot.title.clone(),
        caption: plot.note.clone(),
        width_px: right_px + WORDS_PX,
        height_px: bottom_px + FOOT_PX,
        body: m.finish(),
    }
}

fn lane(
    marks: impl Iterator<Item = Marks> + Clone,
    unit: &Unit,
    left_px: f64,
    title: impl Fn(&ValueAxis) -> String,
) -> Lane {
    let values = marks.flat_map(|marks| {
        let (low, high) = marks.interval.unzip();
        [marks.estimate, low, high, marks.truth].into_iter().flatten()
    });
    let axis = ValueAxis::new(values, unit, Scale::Linear, true, 6);
    let title = title(&axis);
    Lane { axis, left_px, title }
}

impl Lane {
    fn across(&self, share: f64) -> f64 {
        self.left_px + share * LANE_PX
    }

    fn grid(&self, m: &mut Markup, bottom_px: f64) {
        m.leaf_if("text", &[("class", "muted"), ("x", &coord(self.left_px)), ("y", "12")], &self.title);
        let bottom = coord(bottom_px);
        for tick in &self.axis.ticks {
            let x = coord(self.across(tick.at));
            m.void("line", &[("class", "grid"), ("x1", &x), ("x2", &x), ("y1", "22"), ("y2", &bottom)]);
            m.leaf(
                "text",
                &[("class", "mid muted"), ("x", &x), ("y", &coord(bottom_px + 16.0))],
                &tick.label,
            );
        }
        if let Some(zero) = self.axis.at(0.0) {
            let x = coord(self.across(zero));
            m.void("line", &[("class", "mark solid"), ("x1", &x), ("x2", &x), ("y1", "22"), ("y2", &bottom)]);
        }
    }

    fn marks(&self, m: &mut Markup, marks: &Marks, y_px: f64) {
        let place = |value: f64| self.axis.at(value).map(|share| coord(self.across(share)));
        let y = coord(y_px);
        // The truth is an open ring around the dot: both stay visible when they agree, which they should.
        if let Some(x) = marks.truth.and_then(place) {
            m.void("circle", &[("class", "ring"), ("cx", &x), ("cy", &y), ("r", "8")]);
        }
        let ends = marks.interval.and_then(|(low, high)| Some((place(low)?, place(high)?)));
        if let Some((low, high)) = ends {
            m.void("line", &[("class", "ln"), ("x1", &low), ("x2", &high), ("y1", &y), ("y2", &y)]);
            let (top, bottom) = (coord(y_px - 3.5), coord(y_px + 3.5));
            for x in [low, high] {
                m.void("line", &[("class", "ln"), ("x1", &x), ("x2", &x), ("y1", &top), ("y2", &bottom)]);
            }
        }
        if let Some(x) = marks.estimate.and_then(place) {
            m.void("circle", &[("class", "sw"), ("cx", &x), ("cy", &y), ("r", "4")]);
        }
    }
}

fn plain(row: &IntervalRow) -> Marks {
    Marks { estimate: row.estimate, interval: row.interval, truth: row.truth }
}

/// The row in per cent above its truth; `None` without both an estimate and a truth other than zero.
fn deviation(row: &IntervalRow) -> Option<Marks> {
    let truth = row.truth.filter(|truth| truth.is_finite() && *truth != 0.0)?;
    let percent = |value: f64| (value / truth - 1.0) * 100.0;
    let estimate = row.estimate.map(percent).filter(|share| share.is_finite())?;
    let interval = row.interval.map(|(low, high)| (percent(low), percent(high)));
    Some(Marks { estimate: Some(estimate), interval, truth: Some(0.0) })
}

/// The row in figures.
fn words(row: &IntervalRow, axis: &ValueAxis) -> String {
    let number = |value: f64| significant(value / axis.display.factor, 4);
    let Some(estimate) = row.estimate.filter(|value| value.is_finite()) else {
        return "no estimate".to_owned();
    };
    let mut text = number(estimate);
    if let Some((low, high)) = row.interval {
        text.push_str(&format!(" [{}, {}]", number(low), number(high)));
    }
    if let Some(share) = deviation(row).and_then(|marks| marks.estimate) {
        let sign = if share > 0.0 { "+" } else { "" };
        text.push_str(&format!(" · {sign}{} %", fixed(share, 1)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_as_a_sentence() {
        let axis = ValueAxis::new([15.0].into_iter(), &Unit::Ms, Scale::Linear, true, 5);
        let row = IntervalRow {
            estimate: Some(15.07),
            interval: Some((14.98, 15.16)),
            truth: Some(15.0),
            ..IntervalRow::default()
        };
        assert_eq!(words(&row, &axis), "15.07 [14.98, 15.16] · +0.5 %");
        assert_eq!(words(&IntervalRow::default(), &axis), "no estimate");
    }

    #[test]
    fn a_truth_of_zero_has_no_deviation_in_per_cent() {
        let row = IntervalRow { estimate: Some(1.0), truth: Some(0.0), ..IntervalRow::default() };
        assert!(deviation(&row).is_none());
        let plot = IntervalPlot { rows: vec![row], ..IntervalPlot::default() };
        assert!(!interval_plot(&plot, &Palette::default()).body.contains("deviation"));
    }
}
