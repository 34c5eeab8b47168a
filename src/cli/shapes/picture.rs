//! Pictures of a shape: in the terminal, and as SVG through the report's charts.

use std::path::Path;

use swarmlab_report::ReportModel;
use swarmlab_report::model::{Line, Panel, Reference, Scale, Timeline, Unit};
use swarmlab_shapes::Shape;

use super::columns;
use super::measures::{Measures, number, time};

const COLUMNS: usize = 72;
const ROWS: usize = 10;
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Above the mean of a column, up to its highest level.
const PEAK: char = '░';

/// A plot over time: the mean levels made of blocks of an eighth of a row, and shaded above them the highest.
pub fn text(shape: &Shape, m: &Measures) -> String {
    let top = if m.maximum > 0.0 { m.maximum } else { 1.0 };
    let eighths = |level: f64| (level / top * (ROWS * 8) as f64).round() as usize;
    let peaks = columns::ranges(&shape.segments(), m.duration_s, COLUMNS);
    let levels: Vec<(usize, usize)> = m
        .means(COLUMNS)
        .into_iter()
        .zip(peaks)
        .map(|(mean, range)| (eighths(mean), eighths(range.highest)))
        .collect();
    let cell = |&(mean, peak): &(usize, usize), row: usize| {
        let filled = mean.saturating_sub(row * 8).min(8);
        // At least half a row, or every slope would look ragged.
        if filled == 0 && peak >= row * 8 + 4 { PEAK } else { BLOCKS[filled] }
    };
    let labels = [number(top), "0".to_owned()];
    let width = labels.iter().map(|l| l.chars().count()).max().unwrap_or(1);
    let mut out = String::new();
    for row in (0..ROWS).rev() {
        let label = if row == ROWS - 1 { labels[0].as_str() } else { "" };
        let line: String = levels.iter().map(|level| cell(level, row)).collect();
        out.push_str(&format!("{label:>width$} │{}\n", line.trim_end()));
    }
    let (begin, end) = ("0 s", time(m.duration_s));
    let gap = (COLUMNS + 1).saturating_sub(begin.len() + end.len());
    out.push_str(&format!("{:>width$} └{}\n", labels[1], "─".repeat(COLUMNS)));
    out.push_str(&format!("{:>width$}  {begin}{}{end}\n", "", " ".repeat(gap)));
    out
}

/// Columns of the picture, each a pixel of its own coordinates wide.
const PIXELS: usize = 1200;

/// The picture as an SVG document. Its line touches the highest and the lowest level of every column of pixels.
pub fn svg(file: &Path, shape: &Shape, m: &Measures) -> Result<String, String> {
    let values = columns::outline(&shape.segments(), m.duration_s, PIXELS);
    let bin_s = m.duration_s / values.len() as f64;
    let t_s = (0..values.len()).map(|i| i as f64 * bin_s).collect();
    let line = Line {
        name: format!("{}, at most {}", shape.word(), number(m.maximum)),
        values: values.into_iter().map(Some).collect(),
        ..Line::default()
    };
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
    let panel = Panel {
        title: name.clone(),
        unit: Unit::Other("users or requests/s".to_owned()),
        scale: Scale::Linear,
        lines: vec![line],
        references: vec![Reference { label: "mean".to_owned(), value: m.mean }],
    };
    let timeline = Timeline { t_s, bin_s, panels: vec![panel], ..Timeline::default() };
    let model = ReportModel { title: name, duration_s: m.duration_s, timeline, ..ReportModel::default() };
    swarmlab_report::picture(&model).ok_or_else(|| "nothing was drawn".to_owned())
}
