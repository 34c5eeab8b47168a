//! One panel of the timeline.

use super::across::{Across, INNER_PX};
use super::stage::Stage;
use super::trace::{Trace, down, trace};
use crate::axis::ValueAxis;
use crate::markup::Markup;
use crate::model::{Line, Panel, ReportModel};
use crate::style::Palette;
use crate::text::coord;

/// Height of the plot area where panels are stacked.
pub(crate) const PANEL_PX: f64 = 132.0;

/// An entry of a legend.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LegendItem {
    /// Name of the line or reference.
    pub(crate) name: String,
    /// Classes of the sample line.
    pub(crate) classes: String,
    /// What the script switches on and off; references stay.
    pub(crate) key: Option<String>,
}

/// A panel with its axis and its curves, ready to be drawn.
pub(crate) struct PanelChart<'a> {
    pub(crate) panel: &'a Panel,
    pub(crate) axis: ValueAxis,
    pub(crate) legend: Vec<LegendItem>,
    /// Height of the plot area.
    pub(crate) height_px: f64,
    traces: Vec<Trace>,
    references: Vec<f64>,
}

impl<'a> PanelChart<'a> {
    /// As high as the panels of a stack are.
    pub(crate) fn new(panel: &'a Panel, model: &ReportModel, stage: &Stage, palette: &Palette) -> Self {
        Self::of_height(PANEL_PX, panel, model, stage, palette)
    }

    /// With a plot area of `height_px`.
    pub(crate) fn of_height(
        height_px: f64,
        panel: &'a Panel,
        model: &ReportModel,
        stage: &Stage,
        palette: &Palette,
    ) -> Self {
        let values = panel.lines.iter().flat_map(|line| line.values.iter().flatten().copied());
        let highest = values.clone().filter(|value| value.is_finite()).fold(0.0_f64, f64::max);
        // A limit far above the data would press them flat; it is named in the legend instead.
        let on_scale = |value: f64| value.is_finite() && (highest == 0.0 || value.abs() <= 1.6 * highest);
        let shown = panel.references.iter().map(|reference| reference.value).filter(|value| on_scale(*value));
        let axis = ValueAxis::new(values.chain(shown.clone()), &panel.unit, panel.scale, true, 5);
        let traces = panel
            .lines
            .iter()
            .map(|line| trace(line, &model.timeline, &stage.axis, &axis, height_px))
            .collect();
        let references = shown.filter_map(|value| axis.at(value)).collect();
        let mut legend: Vec<LegendItem> = panel.lines.iter().map(|line| item(line, palette)).collect();
        for reference in &panel.references {
            let scale = if on_scale(reference.value) { "" } else { ", off the scale" };
            let name = format!("{} ({}{scale})", reference.label, axis.display.print(reference.value));
            legend.push(LegendItem { name, classes: "ref".to_owned(), key: None });
        }
        Self { panel, axis, legend, height_px, traces, references }
    }

    /// Whether there is any value to draw.
    pub(crate) fn has_data(&self) -> bool {
        self.traces.iter().any(|trace| !trace.line.is_empty() || !trace.dots.is_empty())
    }

    /// The title with its unit, apart.
    pub(crate) fn heading(&self) -> (&str, &str) {
        (&self.panel.title, &self.axis.display.symbol)
    }

    /// What a reader who cannot see the chart is told.
    pub(crate) fn description(&self) -> String {
        let names: Vec<&str> = self.panel.lines.iter().map(|line| line.name.as_str()).collect();
        let unit = if self.axis.display.symbol.is_empty() { "number" } else { &self.axis.display.symbol };
        format!("Time series in {unit}: {}", names.join(", "))
    }

    /// The plot area; its upper left corner is the origin, tick labels stand to the left of it.
    pub(crate) fn draw(&self, m: &mut Markup, across: Across, stage: &Stage) {
        let height = coord(self.height_px);
        let right = across.x(1.0);
        stage.backdrop(m, across, self.height_px);
        for tick in &self.axis.ticks {
            let y = coord(down(tick.at, self.height_px));
            m.void("line", &[("class", "grid"), ("x1", "0"), ("x2", &right), ("y1", &y), ("y2", &y)]);
            m.leaf("text", &[("class", "end muted"), ("x", "-8"), ("y", &y), ("dy", "4")], &tick.label);
        }
        let zero = coord(down(self.axis.at(0.0).unwrap_or(0.0).clamp(0.0, 1.0), self.height_px));
        m.void("line", &[("class", "zero"), ("x1", "0"), ("x2", &right), ("y1", &zero), ("y2", &zero)]);
        for share in &self.references {
            let y = coord(down(*share, self.height_px));
            m.void("line", &[("class", "ref"), ("x1", "0"), ("x2", &right), ("y1", &y), ("y2", &y)]);
        }
        let view = format!("0 0 {} {height}", coord(INNER_PX));
        let class = if across == Across::Page { "inner" } else { "plain" };
        m.open(
            "svg",
            &[
                ("class", class),
                ("x", "0"),
                ("y", "0"),
                ("width", &right),
                ("height", &height),
                ("viewBox", &view),
                ("preserveAspectRatio", "none"),
                ("overflow", "visible"),
            ],
        );
        for (trace, item) in self.traces.iter().zip(&self.legend) {
            m.open("g", &[("class", color_of(&item.classes)), ("data-k", item.key.as_deref().unwrap_or(""))]);
            if !trace.line.is_empty() {
                m.void("path", &[("class", &format!("ln {}", item.classes)), ("d", &trace.line)]);
            }
            if !trace.dots.is_empty() {
                m.void("path", &[("class", "dot"), ("d", &trace.dots)]);
            }
            m.close();
        }
        m.close();
        if !self.has_data() {
            let middle = coord(self.height_px / 2.0 + 4.0);
            m.leaf("text", &[("class", "mid muted"), ("x", &across.x(0.5)), ("y", &middle)], "no data");
        }
    }
}

/// The class that sets the colour, which comes first.
pub(crate) fn color_of(classes: &str) -> &str {
    classes.split(' ').next().unwrap_or("")
}

fn item(line: &Line, palette: &Palette) -> LegendItem {
    let mut classes = palette.classes(&line.ink, &line.name);
    if line.dashed {
        classes = format!("{} planned", color_of(&classes));
    }
    LegendItem { name: line.name.clone(), classes, key: Some(palette.key(&line.ink, &line.name)) }
}
