//! The timeline as documents: every panel alone, and all panels over one axis.

use super::across::{Across, INNER_PX};
use super::document::{Extent, open_document};
use super::panel::{LegendItem, PanelChart, color_of};
use super::stage::{FOOT_PX, Stage};
use crate::markup::Markup;
use crate::text::{coord, ellipsize, width_px};

const LEFT_PX: f64 = 68.0;
const RIGHT_PX: f64 = 24.0;
const TOP_PX: f64 = 14.0;
const HEADING_PX: f64 = 26.0;
const TITLE_PX: f64 = 22.0;
const LEGEND_ROW_PX: f64 = 17.0;
const BETWEEN_PX: f64 = 16.0;
const NAME_PX: f64 = 260.0;

/// One panel with phases, markers, axis and legend.
pub(crate) fn panel_document(chart: &PanelChart<'_>, stage: &Stage) -> String {
    compose(&chart.panel.title, &chart.description(), std::slice::from_ref(chart), stage, Extent::Fixed)
}

/// As [`panel_document`], as wide as the window and with labels that can be read from a distance.
pub(crate) fn panel_picture(chart: &PanelChart<'_>, stage: &Stage) -> String {
    compose(&chart.panel.title, &chart.description(), std::slice::from_ref(chart), stage, Extent::Window)
}

/// All panels over one time axis.
pub(crate) fn timeline_document(title: &str, charts: &[PanelChart<'_>], stage: &Stage) -> String {
    let names: Vec<&str> = charts.iter().map(|chart| chart.panel.title.as_str()).collect();
    compose(title, &format!("Panels over one time axis: {}", names.join(", ")), charts, stage, Extent::Fixed)
}

fn compose(
    title: &str,
    description: &str,
    charts: &[PanelChart<'_>],
    stage: &Stage,
    extent: Extent,
) -> String {
    // A single panel has its own title below the strip.
    let top_px = if charts.len() > 1 { TOP_PX + HEADING_PX } else { TOP_PX };
    let strip_px = stage.strip_px(Across::Document);
    let heads: Vec<f64> = charts.iter().map(|chart| TITLE_PX + legend_px(&chart.legend)).collect();
    let panels_px: f64 =
        heads.iter().zip(charts).map(|(head_px, chart)| head_px + chart.height_px + BETWEEN_PX).sum();
    let height_px = top_px + strip_px + panels_px + FOOT_PX;
    let mut m = open_document(title, description, (LEFT_PX + INNER_PX + RIGHT_PX, height_px), extent);
    if charts.len() > 1 {
        let title = ellipsize(title, 17.0, INNER_PX);
        at(&mut m, TOP_PX, |m| {
            m.leaf("text", &[("class", "name heading"), ("y", "12")], &title);
        });
    }
    at(&mut m, top_px, |m| stage.strip(m, Across::Document));
    let mut top_px = top_px + strip_px + 8.0;
    for (chart, head_px) in charts.iter().zip(&heads) {
        at(&mut m, top_px, |m| head(m, chart));
        top_px += head_px;
        at(&mut m, top_px, |m| chart.draw(m, Across::Document, stage));
        top_px += chart.height_px + BETWEEN_PX;
    }
    at(&mut m, top_px - BETWEEN_PX, |m| stage.foot(m, Across::Document));
    m.finish()
}

fn at(m: &mut Markup, top_px: f64, draw: impl FnOnce(&mut Markup)) {
    m.open("g", &[("transform", &format!("translate({} {})", coord(LEFT_PX), coord(top_px)))]);
    draw(m);
    m.close();
}

fn head(m: &mut Markup, chart: &PanelChart<'_>) {
    let (title, unit) = chart.heading();
    // The larger of the two sizes of titles; the unit follows.
    let title = ellipsize(title, 18.0, INNER_PX - 240.0);
    m.open("text", &[("class", "name"), ("x", "0"), ("y", "14")]).text(&title);
    if !unit.is_empty() {
        m.leaf("tspan", &[("class", "muted"), ("dx", "8"), ("font-weight", "400")], unit);
    }
    m.close();
    for (item, (x_px, row)) in chart.legend.iter().zip(legend_places(&chart.legend)) {
        let y_px = TITLE_PX + 10.0 + row as f64 * LEGEND_ROW_PX;
        let (x1, x2, y) = (coord(x_px), coord(x_px + 22.0), coord(y_px - 4.0));
        m.open("g", &[("class", color_of(&item.classes))]);
        let class = if item.key.is_some() { format!("ln {}", item.classes) } else { item.classes.clone() };
        m.void("line", &[("class", &class), ("x1", &x1), ("x2", &x2), ("y1", &y), ("y2", &y)]);
        m.close();
        let name = ellipsize(&item.name, 11.5, NAME_PX);
        m.leaf("text", &[("x", &coord(x_px + 28.0)), ("y", &coord(y_px))], &name);
    }
}

fn legend_px(legend: &[LegendItem]) -> f64 {
    legend_places(legend).last().map_or(4.0, |(_, row)| (row + 1) as f64 * LEGEND_ROW_PX + 6.0)
}

/// Left edge and row of each entry.
fn legend_places(legend: &[LegendItem]) -> Vec<(f64, usize)> {
    let (mut x_px, mut row) = (0.0, 0);
    legend
        .iter()
        .map(|item| {
            let width_px = 28.0 + width_px(&item.name, 11.5).min(NAME_PX) + 18.0;
            if x_px > 0.0 && x_px + width_px > INNER_PX {
                x_px = 0.0;
                row += 1;
            }
            let place = (x_px, row);
            x_px += width_px;
            place
        })
        .collect()
}
