//! The stacked panels over one time axis.

use super::section;
use crate::chart::{Across, FOOT_PX, LegendItem, PANEL_PX, PanelChart, Stage};
use crate::markup::Markup;
use crate::model::{Line, ReportModel, Whole};
use crate::text::{coord, significant};

const LEAD: &str = "All panels share one clock; a curve is interrupted where nothing was measured. Move over a panel to \
                    read values, click a name to hide or show it everywhere.";
const DOUBT: &str =
    "In the grey stretches the load generator could not keep up: their response times are not to be trusted.";
/// Phases beyond these are left out of the tables below the panels.
const MAX_PHASE_COLUMNS: usize = 6;

pub(super) fn write(m: &mut Markup, model: &ReportModel, stage: &Stage, panels: &[PanelChart<'_>]) {
    if panels.is_empty() {
        return;
    }
    let lead = if model.timeline.doubtful.is_empty() { LEAD.to_owned() } else { format!("{LEAD} {DOUBT}") };
    section(m, "timeline", "What happened, second by second", &lead);
    m.open("div", &[("class", "stack")]);
    let strip_px = stage.strip_px(Across::Page);
    m.open("div", &[("class", "strip")]);
    band(m, stage);
    if strip_px > 0.0 {
        svg(m, strip_px, "Events", |m| stage.strip(m, Across::Page));
    }
    m.close();
    for (i, chart) in panels.iter().enumerate() {
        let (title, unit) = chart.heading();
        m.open("figure", &[("class", "panel"), ("data-panel", &i.to_string())]).open("figcaption", &[]);
        m.open("h3", &[]).text(title).leaf_if("span", &[("class", "unit")], unit).close();
        m.open("div", &[("class", "legend")]);
        for item in &chart.legend {
            legend(m, item);
        }
        m.close().close();
        let label = format!("{title}. {}", chart.description());
        plot(m, "plot", PANEL_PX, &label, |m| chart.draw(m, Across::Page, stage));
        m.close();
    }
    plot(m, "strip", FOOT_PX, "Time axis", |m| stage.foot(m, Across::Page));
    m.close();
    fallback(m, model, panels);
    m.close();
}

fn plot(m: &mut Markup, class: &str, height_px: f64, label: &str, draw: impl FnOnce(&mut Markup)) {
    m.open("div", &[("class", class)]);
    svg(m, height_px, label, draw);
    m.close();
}

fn svg(m: &mut Markup, height_px: f64, label: &str, draw: impl FnOnce(&mut Markup)) {
    let height = coord(height_px);
    m.open(
        "svg",
        &[("class", "chart"), ("width", "100%"), ("height", &height), ("role", "img"), ("aria-label", label)],
    );
    draw(m);
    m.close();
}

/// The names of the phases, which the browser cuts where they have no room.
fn band(m: &mut Markup, stage: &Stage) {
    m.open("div", &[("class", "band")]);
    for (start, length, name) in stage.phases() {
        let place = format!("left:{}%;width:{}%", coord(start * 100.0), coord(length * 100.0));
        m.leaf("span", &[("style", &place), ("title", name)], name);
    }
    m.close();
}

fn legend(m: &mut Markup, item: &LegendItem) {
    let sample = |m: &mut Markup| {
        m.open(
            "svg",
            &[("class", "chart sample"), ("width", "22"), ("height", "8"), ("aria-hidden", "true")],
        );
        let class = if item.key.is_some() { format!("ln {}", item.classes) } else { item.classes.clone() };
        m.void("line", &[("class", &class), ("x1", "1"), ("x2", "21"), ("y1", "4"), ("y2", "4")]).close();
    };
    if let Some(key) = &item.key {
        m.open(
            "button",
            &[("type", "button"), ("data-k", key), ("aria-pressed", "true"), ("title", &item.name)],
        );
        sample(m);
        m.leaf("span", &[], &item.name).close();
    } else {
        m.open("span", &[("class", "fixed")]);
        sample(m);
        m.leaf("span", &[], &item.name).close();
    }
}

/// The panels in figures, for those who cannot or would rather not look.
fn fallback(m: &mut Markup, model: &ReportModel, panels: &[PanelChart<'_>]) {
    m.open("details", &[]).leaf("summary", &[], "The panels in figures");
    let phases = &model.timeline.phases[..model.timeline.phases.len().min(MAX_PHASE_COLUMNS)];
    let (from_s, to_s) = model.timeline.load_s.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
    let when = if model.timeline.load_s.is_some() { ", load" } else { "" };
    m.open("div", &[("class", "scroll")]).open("table", &[]).open("thead", &[]).open("tr", &[]);
    m.leaf("th", &[], "Panel").leaf("th", &[], "Line").leaf("th", &[], "Unit");
    for heading in ["lowest bin", "whole", "highest bin"] {
        m.leaf("th", &[("class", "n")], &format!("{heading}{when}"));
    }
    for phase in phases {
        m.leaf("th", &[("class", "n")], &format!("mean, {}", phase.name));
    }
    m.leaf("th", &[("class", "n")], "empty bins").close().close().open("tbody", &[]);
    for chart in panels {
        for line in &chart.panel.lines {
            m.open("tr", &[]);
            for text in [&chart.panel.title, &line.name, &chart.axis.display.symbol] {
                m.leaf("td", &[("class", "k")], text);
            }
            let load = Summary::of(line, model, from_s, to_s);
            let whole = match line.whole {
                Whole::Mean => load.mean,
                Whole::Is(value) => Some(value),
                Whole::Unknown => None,
            };
            for value in [load.low, whole, load.high] {
                m.leaf("td", &[("class", "n")], &number(value, chart));
            }
            for phase in phases {
                // A mean of quantiles is no quantile.
                let mean = Summary::of(line, model, phase.start_s, phase.end_s).mean;
                let mean = mean.filter(|_| line.whole == Whole::Mean);
                m.leaf("td", &[("class", "n")], &number(mean, chart));
            }
            let all = Summary::of(line, model, f64::NEG_INFINITY, f64::INFINITY);
            m.leaf("td", &[("class", "n")], &(line.values.len() - all.count).to_string()).close();
        }
    }
    m.close().close().close().close();
}

fn number(value: Option<f64>, chart: &PanelChart<'_>) -> String {
    value.map_or("–".into(), |value| significant(value / chart.axis.display.factor, 3))
}

#[derive(Debug, PartialEq)]
struct Summary {
    count: usize,
    low: Option<f64>,
    mean: Option<f64>,
    high: Option<f64>,
}

impl Summary {
    /// Of the bins that start in `[from_s, to_s)`.
    fn of(line: &Line, model: &ReportModel, from_s: f64, to_s: f64) -> Self {
        let bins = model.timeline.t_s.iter().zip(&line.values);
        let values: Vec<f64> = bins
            .filter(|(t_s, _)| (from_s..to_s).contains(*t_s))
            .filter_map(|(_, value)| value.filter(|value| value.is_finite()))
            .collect();
        let count = values.len();
        Self {
            count,
            low: values.iter().copied().reduce(f64::min),
            mean: (count > 0).then(|| values.iter().map(|value| value / count as f64).sum()),
            high: values.iter().copied().reduce(f64::max),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::Timeline;

    #[test]
    fn summaries_leave_out_what_was_not_measured() {
        let timeline = Timeline { t_s: vec![0.0, 1.0, 2.0, 3.0], bin_s: 1.0, ..Timeline::default() };
        let model = ReportModel { timeline, ..ReportModel::default() };
        let line = Line { values: vec![Some(1.0), None, Some(f64::NAN), Some(5.0)], ..Line::default() };
        let summary = Summary::of(&line, &model, f64::NEG_INFINITY, f64::INFINITY);
        assert_eq!(summary, Summary { count: 2, low: Some(1.0), mean: Some(3.0), high: Some(5.0) });
        assert_eq!(Summary::of(&line, &model, 1.0, 3.0).mean, None);
    }

    #[test]
    fn a_quantile_of_the_load_is_not_the_mean_of_its_bins_and_the_warm_up_is_left_out() {
        use crate::model::{Panel, Phase, Unit};
        let line = |name: &str, whole| Line {
            name: name.into(),
            values: [900.0, 10.0, 20.0, 60.0].map(Some).to_vec(),
            whole,
            ..Line::default()
        };
        let phase = |name: &str, start_s, end_s| Phase { name: name.into(), start_s, end_s };
        let model = ReportModel {
            timeline: Timeline {
                t_s: vec![-1.0, 0.0, 1.0, 2.0],
                bin_s: 1.0,
                load_s: Some((0.0, 3.0)),
                phases: vec![phase("warm-up", -1.0, 0.0), phase("load", 0.0, 3.0)],
                panels: vec![Panel {
                    title: "Response time".into(),
                    unit: Unit::Ms,
                    lines: vec![
                        line("p95", Whole::Is(49.5)),
                        line("mean", Whole::Mean),
                        line("p99", Whole::Unknown),
                    ],
                    ..Panel::default()
                }],
                ..Timeline::default()
            },
            ..ReportModel::default()
        };
        let files = crate::render(&model).unwrap();
        let page = &files.iter().find(|f| f.path == "report.html").unwrap().text;
        let rows = page.split("The panels in figures").nth(1).unwrap().split("</table>").next().unwrap();
        let cells = |name: &str| -> Vec<&str> {
            let row = rows.split("<tr>").find(|row| row.contains(&format!(">{name}<"))).unwrap();
            row.split("class=\"n\">").skip(1).map(|cell| cell.split('<').next().unwrap()).collect()
        };
        // Lowest bin, whole, highest bin of the load; the mean of each phase; empty bins.
        assert_eq!(cells("p95"), ["10", "49.5", "60", "–", "–", "0"]);
        assert_eq!(cells("mean"), ["10", "30", "60", "900", "30", "0"]);
        assert_eq!(cells("p99"), ["10", "–", "60", "–", "–", "0"]);
    }
}
