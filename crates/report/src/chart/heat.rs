//! The correlation heat map: colour for the eye, the number for the reader, hatching for doubt.

use super::document::Drawing;
use crate::markup::Markup;
use crate::model::{Finding, HeatCell, HeatMap};
use crate::style::{HEAT_STEPS, heat_class};
use crate::text::{coefficient, coord, ellipsize, fixed, significant, width_px, wrap};

const ROW_PX: f64 = 38.0;
const GAP_PX: f64 = 2.0;
const LABEL_PX: f64 = 11.5;
const MAX_GUTTER_PX: f64 = 250.0;
const KEY_PX: f64 = 32.0;
const MAX_HEAD_LINES: usize = 3;

/// Draws `map`. `id` tells its hatching from that of other maps on the same page.
pub(crate) fn heat_map(map: &HeatMap, id: &str) -> Drawing {
    let widest_px = map.rows.iter().map(|row| width_px(row, LABEL_PX)).fold(0.0, f64::max);
    let gutter_px = widest_px.min(MAX_GUTTER_PX) + 12.0;
    let columns = map.columns.len().max(1) as f64;
    let cell_px = ((1080.0 - gutter_px) / columns).clamp(62.0, 116.0);
    let heads: Vec<Vec<String>> =
        map.columns.iter().map(|name| wrap(name, LABEL_PX, cell_px - 6.0, MAX_HEAD_LINES)).collect();
    let head_px = heads.iter().map(Vec::len).max().unwrap_or(0) as f64 * 14.0 + 8.0;
    let bottom_px = head_px + map.rows.len() as f64 * ROW_PX;

    let mut m = Markup::new();
    hatching(&mut m, id);
    for (column, (lines, name)) in heads.iter().zip(&map.columns).enumerate() {
        let x = coord(gutter_px + (column as f64 + 0.5) * cell_px);
        m.open("g", &[]).leaf("title", &[], name);
        for (i, line) in lines.iter().enumerate() {
            let y = coord(head_px - 8.0 - (lines.len() - 1 - i) as f64 * 14.0);
            m.leaf("text", &[("class", "mid"), ("x", &x), ("y", &y)], line);
        }
        m.close();
    }
    for (row, (name, cells)) in map.rows.iter().zip(&map.cells).enumerate() {
        let top_px = head_px + row as f64 * ROW_PX;
        let y = coord(top_px + ROW_PX / 2.0 + 4.0);
        m.open("g", &[]).leaf("title", &[], name);
        let shown = ellipsize(name, LABEL_PX, MAX_GUTTER_PX);
        m.leaf("text", &[("class", "end"), ("x", &coord(gutter_px - 8.0)), ("y", &y)], &shown).close();
        for (column, (cell, other)) in cells.iter().zip(&map.columns).enumerate() {
            let left_px = gutter_px + column as f64 * cell_px;
            let what = format!("{name}, {other}: {}", describe(cell.as_ref()));
            draw_cell(&mut m, cell.as_ref(), (left_px, top_px), cell_px, &what, id);
        }
    }
    m.open("g", &[("transform", &format!("translate({} {})", coord(gutter_px), coord(bottom_px + 14.0)))]);
    key(&mut m, id);
    m.close();
    Drawing {
        title: map.title.clone(),
        caption: map.note.clone(),
        width_px: (gutter_px + columns * cell_px).max(gutter_px + 560.0),
        height_px: bottom_px + 14.0 + KEY_PX,
        body: m.finish(),
    }
}

/// A cell in words.
pub(crate) fn describe(cell: Option<&HeatCell>) -> String {
    let Some(cell) = cell.filter(|cell| cell.r.is_finite()) else { return "no data".to_owned() };
    let doubt = match cell.finding {
        Finding::Significant => "",
        Finding::NotSignificant => ", not significant",
        Finding::TooFew => ", too few samples to tell",
    };
    format!(
        "r = {}, lag {} s, n_eff = {}{doubt}",
        fixed(cell.r, 3),
        signed(cell.lag_s),
        significant(cell.n_eff, 3)
    )
}

fn draw_cell(
    m: &mut Markup,
    cell: Option<&HeatCell>,
    (left, top): (f64, f64),
    cell_px: f64,
    what: &str,
    id: &str,
) {
    let (x, y) = (coord(left + GAP_PX / 2.0), coord(top + GAP_PX / 2.0));
    let (width, height) = (coord(cell_px - GAP_PX), coord(ROW_PX - GAP_PX));
    let place = |class: &str, m: &mut Markup| {
        let attrs =
            [("class", class), ("x", &x), ("y", &y), ("width", &width), ("height", &height), ("rx", "2")];
        m.void("rect", &attrs);
    };
    let middle = coord(left + cell_px / 2.0);
    m.open("g", &[]).leaf("title", &[], what);
    if let Some(cell) = cell.filter(|cell| cell.r.is_finite()) {
        let class = heat_class(cell.r);
        place(&format!("h{class}"), m);
        let fill = format!("url(#hatch-{id})");
        let mut text = format!("mid ht{class}");
        if cell.finding == Finding::Significant {
            text.push_str(" strong");
        } else {
            m.void("rect", &[("x", &x), ("y", &y), ("width", &width), ("height", &height), ("fill", &fill)]);
        }
        let lagged = cell.lag_s != 0.0;
        let up = if lagged { -1.0 } else { 4.0 };
        m.leaf(
            "text",
            &[("class", &text), ("x", &middle), ("y", &coord(top + ROW_PX / 2.0 + up))],
            &coefficient(cell.r),
        );
        if lagged {
            let class = format!("mid small ht{class}");
            let lag = format!("{} s", signed(cell.lag_s));
            m.leaf(
                "text",
                &[("class", &class), ("x", &middle), ("y", &coord(top + ROW_PX / 2.0 + 12.0))],
                &lag,
            );
        }
    } else {
        place("none", m);
        m.leaf(
            "text",
            &[("class", "mid muted"), ("x", &middle), ("y", &coord(top + ROW_PX / 2.0 + 4.0))],
            "–",
        );
    }
    m.close();
}

fn signed(lag_s: f64) -> String {
    let text = significant(lag_s, 3);
    if lag_s > 0.0 { format!("+{text}") } else { text }
}

fn hatching(m: &mut Markup, id: &str) {
    m.open("defs", &[]);
    m.open(
        "pattern",
        &[
            ("id", &format!("hatch-{id}")),
            ("width", "6"),
            ("height", "6"),
            ("patternUnits", "userSpaceOnUse"),
            ("patternTransform", "rotate(45)"),
        ],
    );
    m.void("line", &[("class", "hatch"), ("x1", "0"), ("x2", "0"), ("y1", "0"), ("y2", "6")]);
    m.close().close();
}

fn key(m: &mut Markup, id: &str) {
    let step_px = 12.0;
    for class in 0..HEAT_STEPS {
        let x = coord(class as f64 * step_px);
        m.void("rect", &[("class", &format!("h{class}")), ("x", &x), ("width", "12.5"), ("height", "12")]);
    }
    for (label, class) in [("−1", 0), ("0", HEAT_STEPS / 2), ("+1", HEAT_STEPS - 1)] {
        let x = coord((class as f64 + 0.5) * step_px);
        m.leaf("text", &[("class", "mid muted"), ("x", &x), ("y", "27")], label);
    }
    let fill = format!("url(#hatch-{id})");
    let x = coord(HEAT_STEPS as f64 * step_px + 28.0);
    m.void("rect", &[("class", "h10"), ("x", &x), ("width", "22"), ("height", "12")]);
    m.void("rect", &[("x", &x), ("width", "22"), ("height", "12"), ("fill", &fill)]);
    let text = coord(HEAT_STEPS as f64 * step_px + 56.0);
    m.leaf(
        "text",
        &[("class", "muted"), ("x", &text), ("y", "10")],
        "hatched: not significant, or too few samples",
    );
    m.leaf("text", &[("class", "muted"), ("x", &text), ("y", "27")], "+2 s: server follows client by 2 s");
}
