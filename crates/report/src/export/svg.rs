//! `charts/*.svg`: every chart as a document that stands alone, and the timeline as one picture.

use super::{Artifact, Exporter};
use crate::chart::{
    PanelChart, Stage, heat_map, interval_plot, panel_document, panel_picture, scatter_with_key,
    timeline_document,
};
use crate::error::ReportError;
use crate::model::ReportModel;
use crate::style::Palette;
use crate::text::slug;

/// Writes each chart as an SVG file of its own.
#[derive(Debug, Clone, Copy, Default)]
pub struct Svg;

impl Exporter for Svg {
    fn format(&self) -> &'static str {
        "svg"
    }

    fn export(&self, model: &ReportModel) -> Result<Vec<Artifact>, ReportError> {
        let palette = Palette::of(model);
        let stage = Stage::new(&model.timeline, model.duration_s);
        let panels = &model.timeline.panels;
        let charts: Vec<PanelChart<'_>> =
            panels.iter().map(|panel| PanelChart::new(panel, model, &stage, &palette)).collect();
        let mut files = Files::default();
        if !charts.is_empty() {
            files.add("", "timeline", timeline_document(&model.title, &charts, &stage));
        }
        for chart in &charts {
            files.add("timeline", &chart.panel.title, panel_document(chart, &stage));
        }
        for plot in &model.intervals {
            files.add("estimates", &plot.title, interval_plot(plot, &palette).document());
        }
        for map in &model.heat_maps {
            files.add("heat", &map.title, heat_map(map, "0").document());
        }
        for pair in &model.scatters {
            files.add("pair", &pair.title, scatter_with_key(pair, &stage).document());
        }
        Ok(files.done)
    }
}

/// Height of the plot area of a picture, in which one panel has the whole window.
const PICTURE_PX: f64 = 520.0;

/// The first panel of `model` as a picture of its own that grows with its window: for a slide. `None` without a
/// panel.
pub fn picture(model: &ReportModel) -> Option<String> {
    let palette = Palette::of(model);
    let stage = Stage::new(&model.timeline, model.duration_s);
    let panel = model.timeline.panels.first()?;
    let chart = PanelChart::of_height(PICTURE_PX, panel, model, &stage, &palette);
    Some(panel_picture(&chart, &stage))
}

/// Files with names that are made from titles and never meet.
#[derive(Default)]
struct Files {
    done: Vec<Artifact>,
}

impl Files {
    fn add(&mut self, kind: &str, title: &str, text: String) {
        let parts = [kind.to_owned(), slug(title)];
        let stem = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("-");
        let name = |n: usize| {
            if n == 1 { format!("charts/{stem}.svg") } else { format!("charts/{stem}-{n}.svg") }
        };
        let path = (1..).map(name).find(|path| self.done.iter().all(|file| file.path != *path));
        self.done.extend(path.map(|path| Artifact { path, text }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_titles_get_different_files() {
        let mut files = Files::default();
        for title in ["CPU", "cpu", "", "…"] {
            files.add("timeline", title, String::new());
        }
        let paths: Vec<&str> = files.done.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "charts/timeline-cpu.svg",
                "charts/timeline-cpu-2.svg",
                "charts/timeline.svg",
                "charts/timeline-2.svg"
            ]
        );
    }
}
