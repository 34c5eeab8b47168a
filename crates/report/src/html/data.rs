//! What the script needs to read values off the panels.

use serde::Serialize;

use crate::chart::{HEADROOM_PX, PANEL_PX, PanelChart, Stage};
use crate::error::ReportError;
use crate::model::ReportModel;
use crate::style::Palette;
use crate::text::json_for_script;

#[derive(Serialize)]
struct Data<'a> {
    /// First and last second of the time axis.
    span: (f64, f64),
    /// Height of a plot area and the room above its highest value, pixels.
    height: f64,
    headroom: f64,
    /// Start of each bin, seconds.
    t: &'a [f64],
    /// Width of a bin, seconds.
    bin: f64,
    panels: Vec<PanelData<'a>>,
}

#[derive(Serialize)]
struct PanelData<'a> {
    unit: &'a str,
    /// First and last value of the axis.
    range: (f64, f64),
    log: bool,
    lines: Vec<LineData<'a>>,
}

#[derive(Serialize)]
struct LineData<'a> {
    name: &'a str,
    key: String,
    /// Classes of the sample line.
    classes: &'a str,
    /// In displayed units, five significant digits.
    values: Vec<Option<f64>>,
}

/// The data of the page as JSON that may stand in a script element.
pub(super) fn json(
    model: &ReportModel,
    stage: &Stage,
    panels: &[PanelChart<'_>],
    palette: &Palette,
) -> Result<String, ReportError> {
    json_for_script(&Data {
        span: stage.axis.range_s(),
        height: PANEL_PX,
        headroom: HEADROOM_PX,
        t: &model.timeline.t_s,
        bin: model.timeline.bin_s,
        panels: panels.iter().map(|chart| panel_data(chart, palette)).collect(),
    })
}

fn panel_data<'a>(chart: &'a PanelChart<'_>, palette: &Palette) -> PanelData<'a> {
    let lines = chart.panel.lines.iter().zip(&chart.legend);
    let factor = chart.axis.display.factor;
    PanelData {
        unit: &chart.axis.display.symbol,
        range: chart.axis.range,
        log: chart.axis.is_log(),
        lines: lines
            .map(|(line, item)| LineData {
                name: &line.name,
                key: palette.key(&line.ink, &line.name),
                classes: &item.classes,
                values: line
                    .values
                    .iter()
                    .map(|value| value.and_then(|value| short(value / factor)))
                    .collect(),
            })
            .collect(),
    }
}

/// `value` to five significant digits, which is more than a tooltip shows and half of the bytes.
fn short(value: f64) -> Option<f64> {
    format!("{value:.4e}").parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shortened_without_moving() {
        assert_eq!(short(1234.5678), Some(1234.6));
        assert_eq!(short(f64::NAN), None);
        assert_eq!(short(-0.000_012_345_678), Some(-0.000_012_346));
    }
}
