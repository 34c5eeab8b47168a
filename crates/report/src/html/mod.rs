//! The page: one file that opens offline and reads well without its script.

mod correlation;
mod data;
mod head;
mod tables;
mod timeline;
mod verdicts;

use crate::chart::{PanelChart, Stage};
use crate::error::ReportError;
use crate::markup::Markup;
use crate::model::{ReportModel, Status};
use crate::style::{Palette, chart_css};

pub(crate) use head::duration;

const PAGE_CSS: &str = include_str!("page.css");
const PAGE_JS: &str = include_str!("page.js");

/// Nothing may be loaded from anywhere; what is inline may run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// Writes the page of `model`.
///
/// # Errors
/// [`ReportError::Json`] if the data for the script cannot be written.
pub(crate) fn page(model: &ReportModel) -> Result<String, ReportError> {
    let palette = Palette::of(model);
    let stage = Stage::new(&model.timeline, model.duration_s);
    let panels: Vec<PanelChart<'_>> =
        model.timeline.panels.iter().map(|panel| PanelChart::new(panel, model, &stage, &palette)).collect();

    let mut m = Markup::new();
    m.raw("<!doctype html>\n").open("html", &[("lang", "en")]).open("head", &[]);
    m.void("meta", &[("charset", "utf-8")]);
    m.void("meta", &[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]);
    m.void("meta", &[("name", "viewport"), ("content", "width=device-width,initial-scale=1")]);
    m.void("meta", &[("name", "color-scheme"), ("content", "light dark")]);
    m.leaf("title", &[], &model.title);
    m.open("style", &[]).raw(PAGE_CSS).raw(&chart_css()).close().close();
    m.open("body", &[]).open("main", &[]);
    head::write(&mut m, model);
    verdicts::write(&mut m, &model.verdicts);
    timeline::write(&mut m, model, &stage, &panels);
    correlation::intervals(&mut m, model, &palette);
    correlation::heat_maps(&mut m, &model.heat_maps);
    correlation::scatters(&mut m, &model.scatters, &stage);
    tables::write(&mut m, &model.tables);
    tables::notes(&mut m, &model.notes);
    tables::provenance(&mut m, &model.provenance);
    m.close();
    m.open("script", &[("type", "application/json"), ("id", "data")]);
    m.raw(&data::json(model, &stage, &panels, &palette)?).close();
    m.open("script", &[]).raw(PAGE_JS).close();
    Ok(m.finish())
}

/// The sign of a status as a drawing, so that it looks the same in every font.
fn sign(m: &mut Markup, status: Status) {
    let (class, path) = match status {
        Status::Pass => ("sign pass", "M4.6 8.4l2.3 2.3 4.6-5"),
        Status::Warn => ("sign warn", "M8 4.4v4.4M8 11.3v.1"),
        Status::Fail => ("sign fail", "M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4"),
        Status::NotJudged => ("sign open", "M4.8 8h6.4"),
        Status::Info => ("sign info", "M8 7.4v4M8 4.7v.1"),
    };
    m.open(
        "svg",
        &[
            ("class", class),
            ("viewBox", "0 0 16 16"),
            ("width", "16"),
            ("height", "16"),
            ("aria-hidden", "true"),
        ],
    );
    match status {
        Status::Warn => m.void("path", &[("class", "plate"), ("d", "M8 .9l7.4 13.4H.6z")]),
        Status::Fail => m.void("path", &[("class", "plate"), ("d", "M5 .8h6L15.2 5v6L11 15.2H5L.8 11V5z")]),
        _ => m.void("circle", &[("class", "plate"), ("cx", "8"), ("cy", "8"), ("r", "7.4")]),
    };
    let path_class = if status == Status::Warn { "stroke low" } else { "stroke" };
    m.void("path", &[("class", path_class), ("d", path)]).close();
}

/// A section with a heading and an anchor.
fn section(m: &mut Markup, id: &str, heading: &str, lead: &str) {
    m.open("section", &[("id", id)]).leaf("h2", &[], heading).leaf_if("p", &[("class", "lead")], lead);
}
