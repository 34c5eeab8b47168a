//! A pair of metrics, point by point, coloured by time.

use std::fmt::Write as _;

use super::document::Drawing;
use super::stage::Stage;
use crate::axis::ValueAxis;
use crate::markup::Markup;
use crate::model::{Fit, Scale, Scatter, ScatterPoint, Unit};
use crate::style::{TIME_STEPS, time_class};
use crate::text::{coefficient, coord, ellipsize, significant, width_px};

const WIDTH_PX: f64 = 380.0;
const HEIGHT_PX: f64 = 300.0;
const LEFT_PX: f64 = 54.0;
const RIGHT_PX: f64 = 10.0;
const TOP_PX: f64 = 24.0;
const BOTTOM_PX: f64 = 42.0;
const PLOT_W_PX: f64 = WIDTH_PX - LEFT_PX - RIGHT_PX;
const PLOT_H_PX: f64 = HEIGHT_PX - TOP_PX - BOTTOM_PX;

/// Draws `pair`; colours follow the time axis of `stage`.
pub(crate) fn scatter(pair: &Scatter, stage: &Stage) -> Drawing {
    let points: Vec<ScatterPoint> =
        pair.points.iter().filter(|p| p.x.is_finite() && p.y.is_finite()).copied().collect();
    let x_axis = fitted(points.iter().map(|point| point.x), &pair.x_unit, 6);
    let y_axis = fitted(points.iter().map(|point| point.y), &pair.y_unit, 6);
    let mut m = Markup::new();
    grid(&mut m, &x_axis, &y_axis);
    names(&mut m, pair, &x_axis, &y_axis);
    for (class, path) in paths(&points, &x_axis, &y_axis, stage).iter().enumerate() {
        if !path.is_empty() {
            m.open("g", &[("class", &format!("t{class}"))])
                .void("path", &[("class", "pt"), ("d", path)])
                .close();
        }
    }
    if points.is_empty() {
        let (x, y) = (coord(LEFT_PX + PLOT_W_PX / 2.0), coord(TOP_PX + PLOT_H_PX / 2.0));
        m.leaf("text", &[("class", "mid muted"), ("x", &x), ("y", &y)], "no data");
    } else if let Some(ends) = pair.fit.and_then(|fit| fit_ends(fit, &x_axis, &y_axis)) {
        let [x1, y1, x2, y2] = ends.map(coord);
        m.void("line", &[("class", "fit"), ("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2)]);
    }
    Drawing {
        title: pair.title.clone(),
        caption: scatter_caption(pair),
        width_px: WIDTH_PX,
        height_px: HEIGHT_PX,
        body: m.finish(),
    }
}

/// Coefficient, interval, lag and size of the sample in one line.
pub(crate) fn scatter_caption(pair: &Scatter) -> String {
    let mut parts = Vec::new();
    if let Some(r) = pair.r {
        let interval =
            pair.r_interval.map(|(low, high)| format!(" [{}, {}]", coefficient(low), coefficient(high)));
        parts.push(format!("r = {}{}", coefficient(r), interval.unwrap_or_default()));
    }
    let sign = if pair.lag_s > 0.0 { "+" } else { "" };
    parts.push(format!("lag {sign}{} s", significant(pair.lag_s, 3)));
    parts.push(match pair.n_eff {
        Some(n_eff) => format!("n = {}, n_eff = {}", pair.points.len(), significant(n_eff, 3)),
        None => format!("n = {}", pair.points.len()),
    });
    let line = parts.join(" · ");
    if pair.note.is_empty() { line } else { format!("{line}. {}", pair.note) }
}

/// The key to the colours of all scatters.
pub(crate) fn time_legend(stage: &Stage) -> Drawing {
    let (start_s, end_s) = stage.axis.range_s();
    let step_px = 14.0;
    let mut m = Markup::new();
    m.leaf("text", &[("class", "muted"), ("x", "0"), ("y", "11")], &stage.axis.label(start_s));
    let left_px = width_px(&stage.axis.label(start_s), 11.5) + 10.0;
    for class in 0..TIME_STEPS {
        let x = coord(left_px + class as f64 * step_px);
        m.open("g", &[("class", &format!("t{class}"))]);
        m.void("rect", &[("class", "sw"), ("x", &x), ("width", "14.5"), ("height", "12")]).close();
    }
    let right_px = left_px + 8.0 + TIME_STEPS as f64 * step_px;
    let end = stage.axis.label(end_s);
    m.leaf("text", &[("class", "muted"), ("x", &coord(right_px)), ("y", "11")], &end);
    let after = coord(right_px + width_px(&end, 11.5) + 14.0);
    m.leaf(
        "text",
        &[("class", "muted"), ("x", &after), ("y", "11")],
        &format!("time ({})", stage.axis.format()),
    );
    let width_px = 420.0;
    Drawing {
        title: "Colour of the points".into(),
        width_px,
        height_px: 16.0,
        body: m.finish(),
        ..Drawing::default()
    }
}

/// The pair with its own key to the colours, for a document.
pub(crate) fn scatter_with_key(pair: &Scatter, stage: &Stage) -> Drawing {
    let (mut drawing, key) = (scatter(pair, stage), time_legend(stage));
    let mut m = Markup::new();
    let below = format!("translate(0 {})", coord(drawing.height_px + 10.0));
    m.raw(&drawing.body).open("g", &[("transform", &below)]).raw(&key.body).close();
    drawing.body = m.finish();
    drawing.height_px += key.height_px + 10.0;
    drawing
}

/// An axis that fits the data and includes zero where that costs less than half of the room.
fn fitted(values: impl Iterator<Item = f64> + Clone, unit: &Unit, ticks: usize) -> ValueAxis {
    let (low, high) =
        values.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    let near_zero = (low > 0.0 && low < 0.5 * high) || (high < 0.0 && high > 0.5 * low) || low == high;
    ValueAxis::new(values, unit, Scale::Linear, near_zero, ticks)
}

fn across(share: f64) -> f64 {
    LEFT_PX + share * PLOT_W_PX
}

fn down(share: f64) -> f64 {
    TOP_PX + (1.0 - share) * PLOT_H_PX
}

fn grid(m: &mut Markup, x_axis: &ValueAxis, y_axis: &ValueAxis) {
    let (left, right) = (coord(across(0.0)), coord(across(1.0)));
    let (top, bottom) = (coord(down(1.0)), coord(down(0.0)));
    for tick in &y_axis.ticks {
        let y = coord(down(tick.at));
        m.void("line", &[("class", "grid"), ("x1", &left), ("x2", &right), ("y1", &y), ("y2", &y)]);
        m.leaf(
            "text",
            &[("class", "end muted"), ("x", &coord(LEFT_PX - 7.0)), ("y", &y), ("dy", "4")],
            &tick.label,
        );
    }
    for tick in &x_axis.ticks {
        let x = coord(across(tick.at));
        m.void("line", &[("class", "grid"), ("x1", &x), ("x2", &x), ("y1", &top), ("y2", &bottom)]);
        m.leaf("text", &[("class", "mid muted"), ("x", &x), ("y", &coord(down(0.0) + 17.0))], &tick.label);
    }
    m.void("line", &[("class", "zero"), ("x1", &left), ("x2", &right), ("y1", &bottom), ("y2", &bottom)]);
    m.void("line", &[("class", "zero"), ("x1", &left), ("x2", &left), ("y1", &top), ("y2", &bottom)]);
}

fn names(m: &mut Markup, pair: &Scatter, x_axis: &ValueAxis, y_axis: &ValueAxis) {
    let name = |label: &str, symbol: &str, room_px: f64| {
        let full = if symbol.is_empty() { label.to_owned() } else { format!("{label} ({symbol})") };
        ellipsize(&full, 11.5, room_px)
    };
    let below = name(&pair.x_label, &x_axis.display.symbol, WIDTH_PX - 8.0);
    let x = coord(across(0.5));
    m.leaf("text", &[("class", "mid"), ("x", &x), ("y", &coord(HEIGHT_PX - 7.0))], &below);
    let above = name(&pair.y_label, &y_axis.display.symbol, WIDTH_PX - 8.0);
    m.leaf("text", &[("x", "0"), ("y", "12")], &above);
}

/// One path a class of time: a zero-length stroke with round ends is a dot.
fn paths(points: &[ScatterPoint], x_axis: &ValueAxis, y_axis: &ValueAxis, stage: &Stage) -> Vec<String> {
    let mut paths = vec![String::new(); TIME_STEPS];
    for point in points {
        if let (Some(x), Some(y)) = (x_axis.at(point.x), y_axis.at(point.y)) {
            let path = &mut paths[time_class(stage.axis.at(point.t_s))];
            let _ = write!(path, "M{} {}h0", coord(across(x)), coord(down(y)));
        }
    }
    paths
}

/// The part of the fitted line that lies inside the plot: x1, y1, x2, y2.
fn fit_ends(fit: Fit, x_axis: &ValueAxis, y_axis: &ValueAxis) -> Option<[f64; 4]> {
    let raw = |axis: &ValueAxis| (axis.range.0 * axis.display.factor, axis.range.1 * axis.display.factor);
    let ((x_low, x_high), (y_low, y_high)) = (raw(x_axis), raw(y_axis));
    let (mut from, mut to) = (x_low, x_high);
    if fit.slope != 0.0 {
        let at = |y: f64| (y - fit.intercept) / fit.slope;
        let (a, b) = (at(y_low), at(y_high));
        from = from.max(a.min(b));
        to = to.min(a.max(b));
    } else if fit.intercept < y_low || fit.intercept > y_high {
        return None;
    }
    // A line through the plot has a beginning before its end; one beside it, or of NaN, has not.
    if from < to {
        let y = |x: f64| fit.intercept + fit.slope * x;
        let (x1, x2) = (x_axis.at(from)?, x_axis.at(to)?);
        let (y1, y2) = (y_axis.at(y(from))?, y_axis.at(y(to))?);
        return Some([across(x1), down(y1), across(x2), down(y2)]);
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn axis() -> ValueAxis {
        ValueAxis::new([0.0, 10.0].into_iter(), &Unit::Count, Scale::Linear, true, 5)
    }

    #[test]
    fn fitted_lines_end_at_the_edge_of_the_plot() {
        let ends = fit_ends(Fit { slope: 2.0, intercept: 0.0 }, &axis(), &axis()).unwrap();
        assert!((ends[2] - across(0.5)).abs() < 0.01 && (ends[3] - down(1.0)).abs() < 0.01, "{ends:?}");
        assert_eq!(fit_ends(Fit { slope: 0.0, intercept: 11.0 }, &axis(), &axis()), None);
        assert_eq!(fit_ends(Fit { slope: f64::NAN, intercept: 1.0 }, &axis(), &axis()), None);
        assert_eq!(fit_ends(Fit { slope: 1.0, intercept: 100.0 }, &axis(), &axis()), None);
    }

    #[test]
    fn the_caption_says_what_is_known() {
        let pair =
            Scatter { r: Some(0.931), r_interval: Some((0.9, 0.952)), lag_s: 1.0, ..Scatter::default() };
        assert_eq!(scatter_caption(&pair), "r = 0.93 [0.90, 0.95] · lag +1 s · n = 0");
    }
}
