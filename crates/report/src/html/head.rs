//! Title, circumstances and headline figures.

use super::sign;
use crate::markup::Markup;
use crate::model::{Figure, ReportModel, Status};
use crate::text::{fixed, width_px};

pub(super) fn write(m: &mut Markup, model: &ReportModel) {
    m.open("header", &[]).leaf("h1", &[], &model.title).leaf_if(
        "p",
        &[("class", "subtitle")],
        &model.subtitle,
    );
    m.open("dl", &[("class", "meta")]);
    for (key, value) in [
        ("Experiment", model.experiment.as_str()),
        ("Testbed", &model.testbed),
        ("Load started", &model.started_utc),
        ("Load lasted", &duration(model.duration_s)),
    ] {
        if !value.is_empty() {
            m.open("div", &[]).leaf("dt", &[], key).leaf("dd", &[], value).close();
        }
    }
    m.close();
    if let Some(notice) = &model.notice {
        banner(m, Status::Info, "", notice);
    }
    if let Some(reason) = &model.partial {
        banner(m, Status::Warn, "Partial run. ", reason);
    }
    m.close();
    if !model.figures.is_empty() {
        let columns = format!("--columns:{}", columns(&model.figures));
        m.open("section", &[("class", "figures"), ("style", &columns), ("aria-label", "Headline figures")]);
        for figure in &model.figures {
            card(m, figure);
        }
        m.close();
    }
}

fn banner(m: &mut Markup, status: Status, lead: &str, text: &str) {
    let class = if status == Status::Warn { "banner warn" } else { "banner" };
    m.open("p", &[("class", class)]);
    sign(m, status);
    m.open("span", &[]).leaf("b", &[], lead).text(text).close().close();
}

/// How many figures stand in a row: all of them if they are few and short, else rows of equal length.
fn columns(figures: &[Figure]) -> usize {
    let short = |figure: &Figure| {
        let value_px = width_px(&figure.value, 27.0) + width_px(&figure.unit, 14.0) + 8.0;
        value_px <= 155.0 && width_px(&figure.label, 13.0) <= 135.0
    };
    let count = figures.len();
    if count <= 4 || count <= 6 && figures.iter().all(short) {
        count
    } else {
        count.div_ceil(count.div_ceil(4))
    }
}

fn card(m: &mut Markup, figure: &Figure) {
    m.open("div", &[("class", "figure")]).open("div", &[("class", "label")]).text(&figure.label);
    if figure.status != Status::Info {
        sign(m, figure.status);
        m.leaf("span", &[("class", "sr")], figure.status.word());
    }
    m.close();
    m.open("div", &[("class", "value")]).text(&figure.value);
    m.leaf_if("span", &[("class", "unit")], &figure.unit).close();
    m.leaf_if("div", &[("class", "uncertainty")], &figure.uncertainty);
    m.leaf_if("div", &[("class", "note")], &figure.note).close();
}

/// Seconds as people say them; empty when unknown.
pub(crate) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds <= 0.0 {
        return String::new();
    }
    if seconds < 120.0 {
        return format!("{} s", fixed(seconds, usize::from(seconds < 10.0)));
    }
    let whole = seconds.round();
    let (hours, minutes, rest) = ((whole / 3600.0).floor(), (whole / 60.0).floor() % 60.0, whole % 60.0);
    if hours > 0.0 { format!("{hours} h {minutes} min {rest} s") } else { format!("{minutes} min {rest} s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_fill_rows_of_equal_length() {
        let rows = |count: usize, unit: &str| {
            columns(&vec![Figure { unit: unit.into(), ..Figure::default() }; count])
        };
        assert_eq!([1, 4, 6].map(|count| rows(count, "ms")), [1, 4, 6]);
        assert_eq!([6, 7, 8, 9].map(|count| rows(count, "milliseconds of CPU per request")), [3, 4, 4, 3]);
    }

    #[test]
    fn durations_read_naturally() {
        assert_eq!(duration(45.0), "45 s");
        assert_eq!(duration(300.0), "5 min 0 s");
        assert_eq!(duration(3725.0), "1 h 2 min 5 s");
        assert_eq!(duration(f64::NAN), "");
    }
}
