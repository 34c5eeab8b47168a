//! What all panels share: the time axis, the phases and the markers.

use super::across::Across;
use crate::axis::{ElapsedAxis, Tick};
use crate::markup::Markup;
use crate::model::Timeline;
use crate::text::{coord, ellipsize, width_px};

/// Height of the band with the names of the phases.
const BAND_PX: f64 = 22.0;
/// Height of one row of marker labels.
const ROW_PX: f64 = 17.0;
/// Rows of marker labels; markers that find no room keep their line and lose their label.
const MAX_ROWS: usize = 4;
/// Height of the tick labels and the title of the time axis.
pub(crate) const FOOT_PX: f64 = 40.0;
const LABEL_PX: f64 = 11.5;

/// The time axis with phases and markers, as shares of its length.
pub(crate) struct Stage {
    pub(crate) axis: ElapsedAxis,
    ticks: Vec<Tick>,
    phases: Vec<(f64, f64, String)>,
    markers: Vec<(f64, String)>,
    doubtful: Vec<(f64, f64)>,
}

impl Stage {
    /// The stage of `timeline`; without bins and phases it lasts `duration_s`.
    pub(crate) fn new(timeline: &Timeline, duration_s: f64) -> Self {
        let bins = timeline.t_s.iter().flat_map(|t_s| [*t_s, t_s + timeline.bin_s]);
        let phases = timeline.phases.iter().flat_map(|phase| [phase.start_s, phase.end_s]);
        let ends = bins.chain(phases).filter(|t_s| t_s.is_finite());
        let (start_s, end_s) =
            ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), t| (a.min(t), b.max(t)));
        let axis = if start_s < end_s {
            ElapsedAxis::new(start_s, end_s)
        } else {
            ElapsedAxis::new(0.0, duration_s)
        };
        let phases = timeline
            .phases
            .iter()
            .filter(|phase| {
                phase.start_s < phase.end_s && phase.start_s.is_finite() && phase.end_s.is_finite()
            })
            .map(|phase| (axis.at(phase.start_s), axis.at(phase.end_s), phase.name.clone()))
            .collect();
        let markers = timeline
            .markers
            .iter()
            .filter(|marker| marker.t_s.is_finite())
            .map(|marker| (axis.at(marker.t_s), marker.label.clone()))
            .filter(|(at, _)| (0.0..=1.0).contains(at))
            .collect();
        let clipped = |t_s: f64| axis.at(t_s).clamp(0.0, 1.0);
        let doubtful = timeline
            .doubtful
            .iter()
            .map(|stretch| (clipped(stretch.start_s), clipped(stretch.end_s)))
            .filter(|(from, to)| from < to)
            .collect();
        let ticks = axis.ticks(12);
        Self { axis, ticks, phases, markers, doubtful }
    }

    /// Shading, vertical grid and markers behind the data of one panel.
    pub(crate) fn backdrop(&self, m: &mut Markup, across: Across, height_px: f64) {
        let height = coord(height_px);
        for (i, (from, to, _)) in self.phases.iter().enumerate() {
            let (x, width) = (across.x(*from), across.x(to - from));
            m.void("rect", &[("class", shade(i, false)), ("x", &x), ("width", &width), ("height", &height)]);
        }
        for (from, to) in &self.doubtful {
            let (x, width) = (across.x(*from), across.x(to - from));
            m.open("rect", &[("class", "doubt"), ("x", &x), ("width", &width), ("height", &height)]);
            m.leaf("title", &[], "INVALID: the load generator could not keep up").close();
        }
        for tick in &self.ticks {
            upright(m, "grid", &across.x(tick.at), 0.0, height_px);
        }
        for (at, _) in &self.markers {
            upright(m, "mark", &across.x(*at), 0.0, height_px);
        }
    }

    /// Height of [`Stage::strip`].
    pub(crate) fn strip_px(&self, across: Across) -> f64 {
        let rows = self.rows(across).into_iter().flatten().max().map_or(0, |row| row + 1);
        let band = if self.phases.is_empty() { 0.0 } else { BAND_PX };
        band + rows as f64 * ROW_PX + if rows > 0 { 4.0 } else { 0.0 }
    }

    /// The phases as (start, length, name), in shares of the axis.
    pub(crate) fn phases(&self) -> impl Iterator<Item = (f64, f64, &str)> {
        self.phases.iter().map(|(from, to, name)| (*from, to - from, name.as_str()))
    }

    /// The names of phases and markers, above the first panel. A page sets the names of the phases itself,
    /// because only its browser knows how much room they have.
    pub(crate) fn strip(&self, m: &mut Markup, across: Across) {
        let band_px = if self.phases.is_empty() { 0.0 } else { BAND_PX };
        if across == Across::Document {
            self.band(m, across);
        }
        let bottom_px = self.strip_px(across);
        for ((at, label), row) in self.markers.iter().zip(self.rows(across)) {
            let x = across.x(*at);
            let Some(row) = row else {
                upright(m, "mark", &x, bottom_px - 5.0, bottom_px);
                continue;
            };
            let top_px = band_px + row as f64 * ROW_PX;
            upright(m, "mark", &x, top_px + 4.0, bottom_px);
            let y = coord(top_px + 13.0);
            let (class, dx) = if turned(*at, label, across) { ("end", "-5") } else { ("begin", "5") };
            m.leaf("text", &[("class", class), ("x", &x), ("dx", dx), ("y", &y)], label);
        }
    }

    fn band(&self, m: &mut Markup, across: Across) {
        for (i, (from, to, name)) in self.phases.iter().enumerate() {
            let (x, width) = (across.x(*from), across.x(to - from));
            m.open("rect", &[("class", shade(i, true)), ("x", &x), ("width", &width), ("height", "20")]);
            m.leaf("title", &[], name).close();
            let room_px = (to - from) * across.width_px() - 8.0;
            let label = ellipsize(name, LABEL_PX, room_px);
            if label.chars().count() > 3 || label == *name && room_px > 0.0 {
                m.leaf("text", &[("class", "mid"), ("x", &across.x((from + to) / 2.0)), ("y", "14")], &label);
            }
        }
    }

    /// Tick labels and title below the last panel; the origin is the panel's lower edge.
    pub(crate) fn foot(&self, m: &mut Markup, across: Across) {
        for tick in &self.ticks {
            let x = across.x(tick.at);
            upright(m, "tickline", &x, 0.0, 4.0);
            m.leaf("text", &[("class", "mid muted"), ("x", &x), ("y", "17")], &tick.label);
        }
        let title = self.axis.title();
        m.leaf("text", &[("class", "mid muted"), ("x", &across.x(0.5)), ("y", "35")], &title);
    }

    /// The row in which each marker's label finds room.
    fn rows(&self, across: Across) -> Vec<Option<usize>> {
        let mut taken: Vec<Vec<(f64, f64)>> = vec![Vec::new(); MAX_ROWS];
        self.markers
            .iter()
            .map(|(at, label)| {
                let width_px = width_px(label, LABEL_PX) + 14.0;
                let x_px = at * across.width_px();
                let (from, to) = if turned(*at, label, across) {
                    (x_px - width_px, x_px + 4.0)
                } else {
                    (x_px - 4.0, x_px + width_px)
                };
                let free = |row: &Vec<(f64, f64)>| row.iter().all(|(a, b)| to <= *a || *b <= from);
                let row = taken.iter().position(free)?;
                taken[row].push((from, to));
                Some(row)
            })
            .collect()
    }
}

/// Whether a label must stand to the left of its marker.
fn turned(at: f64, label: &str, across: Across) -> bool {
    at * across.width_px() + width_px(label, LABEL_PX) + 8.0 > across.width_px()
}

fn shade(i: usize, band: bool) -> &'static str {
    match (i % 2, band) {
        (0, false) => "ph0",
        (_, false) => "ph1",
        (0, true) => "ph0b",
        (_, true) => "ph1b",
    }
}

fn upright(m: &mut Markup, class: &str, x: &str, from_px: f64, to_px: f64) {
    let (y1, y2) = (coord(from_px), coord(to_px));
    m.void("line", &[("class", class), ("x1", x), ("x2", x), ("y1", &y1), ("y2", &y2)]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Marker;

    #[test]
    fn crowded_markers_never_share_a_place() {
        let markers =
            (0..40).map(|i| Marker { t_s: f64::from(i), label: format!("scale event {i}") }).collect();
        let timeline = Timeline { t_s: vec![0.0, 99.0], bin_s: 1.0, markers, ..Timeline::default() };
        let stage = Stage::new(&timeline, 0.0);
        let rows = stage.rows(Across::Page);
        assert!(rows.iter().flatten().count() >= MAX_ROWS, "{rows:?}");
        assert!(rows.contains(&None));
        assert_eq!(rows[0], Some(0));
        assert_eq!(rows[1], Some(1));
    }

    #[test]
    fn a_stage_without_anything_lasts_as_long_as_the_load() {
        assert_eq!(Stage::new(&Timeline::default(), 45.0).axis.range_s(), (0.0, 45.0));
        assert_eq!(Stage::new(&Timeline::default(), f64::NAN).axis.range_s(), (0.0, 1.0));
    }
}
