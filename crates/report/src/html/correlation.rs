//! Estimates against the truth, heat maps and scatters.

use super::section;
use crate::chart::{Drawing, Stage, heat_map, interval_plot, scatter, scatter_caption, time_legend};
use crate::markup::Markup;
use crate::model::{Finding, HeatMap, ReportModel, Scatter};
use crate::style::Palette;
use crate::text::{fixed, significant};

pub(super) fn intervals(m: &mut Markup, model: &ReportModel, palette: &Palette) {
    if model.intervals.is_empty() {
        return;
    }
    let lead = "Dot and whisker: the estimate with its confidence interval. Ring: the known truth.";
    section(m, "estimates", "Estimates against the truth", lead);
    for plot in &model.intervals {
        drawing(m, &interval_plot(plot, palette), &plot.note);
    }
    m.close();
}

pub(super) fn heat_maps(m: &mut Markup, maps: &[HeatMap]) {
    if maps.is_empty() {
        return;
    }
    section(
        m,
        "correlation",
        "What moves with what",
        "Server metrics (rows) against client metrics (columns).",
    );
    for (i, map) in maps.iter().enumerate() {
        drawing(m, &heat_map(map, &i.to_string()), &map.note);
        fallback(m, map);
    }
    m.close();
}

pub(super) fn scatters(m: &mut Markup, pairs: &[Scatter], stage: &Stage) {
    if pairs.is_empty() {
        return;
    }
    section(m, "pairs", "The strongest pairs", "One point a bin, coloured by time; the line is the fit.");
    m.raw(&time_legend(stage).inline());
    m.open("div", &[("class", "pairs")]);
    for pair in pairs {
        drawing(m, &scatter(pair, stage), &scatter_caption(pair));
    }
    m.close().close();
}

fn drawing(m: &mut Markup, drawing: &Drawing, caption: &str) {
    m.open("figure", &[("class", "drawing")]).leaf_if("h3", &[], &drawing.title);
    m.open("div", &[("class", "scroll")]).raw(&drawing.inline()).close();
    m.leaf_if("figcaption", &[], caption).close();
}

fn fallback(m: &mut Markup, map: &HeatMap) {
    m.open("details", &[]).leaf("summary", &[], "This map as a table");
    m.open("div", &[("class", "scroll")]).open("table", &[]).open("thead", &[]).open("tr", &[]);
    for heading in ["Server metric", "Client metric"] {
        m.leaf("th", &[], heading);
    }
    for heading in ["r", "lag (s)", "n_eff"] {
        m.leaf("th", &[("class", "n")], heading);
    }
    m.leaf("th", &[], "significant").close().close().open("tbody", &[]);
    for (row, cells) in map.rows.iter().zip(&map.cells) {
        for (column, cell) in map.columns.iter().zip(cells) {
            m.open("tr", &[]).leaf("td", &[], row).leaf("td", &[], column);
            let [r, lag, n_eff, significant] = match cell {
                Some(cell) => [
                    fixed(cell.r, 3),
                    significant(cell.lag_s, 3),
                    significant(cell.n_eff, 3),
                    match cell.finding {
                        Finding::Significant => "yes".into(),
                        Finding::NotSignificant => "no".into(),
                        Finding::TooFew => "too few samples".into(),
                    },
                ],
                None => ["–"; 4].map(str::to_owned),
            };
            m.leaf("td", &[("class", "n")], &r).leaf("td", &[("class", "n")], &lag);
            m.leaf("td", &[("class", "n")], &n_eff).leaf("td", &[], &significant).close();
        }
    }
    m.close().close().close().close();
}
