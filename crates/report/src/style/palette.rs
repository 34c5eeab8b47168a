//! Which line takes which colour, the same in every chart of a report.

use super::Theme;
use super::oklab::Rgb;
use crate::model::{Ink, ReportModel};

/// Okabe and Ito's palette for all kinds of colour vision, on dark: blue, orange, green, purple, sky,
/// yellow, vermilion. Blue and green are lightened there, and orange, sky, purple and yellow darkened on
/// white, until each reaches a contrast of 3:1 with its surface (WCAG 1.4.11).
const LIGHT: [[u8; 3]; 7] = [
    [0x00, 0x72, 0xb2],
    [0xd0, 0x82, 0x00],
    [0x00, 0x9e, 0x73],
    [0xb8, 0x5e, 0x92],
    [0x3d, 0x9a, 0xd1],
    [0x9c, 0x8f, 0x00],
    [0xd5, 0x5e, 0x00],
];
const DARK: [[u8; 3]; 7] = [
    [0x3b, 0x9b, 0xe0],
    [0xe6, 0x9f, 0x00],
    [0x1f, 0xb8, 0x8a],
    [0xcc, 0x79, 0xa7],
    [0x8c, 0xd0, 0xf5],
    [0xf0, 0xe4, 0x42],
    [0xe8, 0x6f, 0x12],
];

/// Dash patterns that tell lines of the same colour apart when there are more than seven services.
const DASHES: [&str; 4] = ["none", "7 3", "2 3", "8 3 2 3"];
/// Pattern of what was asked for rather than seen.
const PLANNED: &str = "5 4";

/// The inks of a report in the order in which they first appear.
#[derive(Debug, Default)]
pub(crate) struct Palette {
    names: Vec<String>,
}

impl Palette {
    /// Hands out colours: services first, then lines that have a colour of their own.
    pub(crate) fn of(model: &ReportModel) -> Self {
        let mut palette = Self::default();
        let lines = || model.timeline.panels.iter().flat_map(|panel| &panel.lines);
        let rows = || model.intervals.iter().flat_map(|plot| &plot.rows);
        let inks = || {
            let of_lines = lines().map(|line| (&line.ink, &line.name));
            of_lines.chain(rows().map(|row| (&row.ink, &row.label)))
        };
        for (ink, _) in inks() {
            if let Ink::Service(name) = ink {
                palette.add(name);
            }
        }
        for (ink, name) in inks() {
            if *ink == Ink::ByName {
                palette.add(name);
            }
        }
        palette
    }

    fn add(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// Class names that give a line of this ink its colour and, where colours repeat, its dashes.
    pub(crate) fn classes(&self, ink: &Ink, name: &str) -> String {
        match ink {
            Ink::Offered => "offered".to_owned(),
            Ink::Completed => "done".to_owned(),
            Ink::Failed => "failed".to_owned(),
            Ink::Quantile(q) => format!("q{}", quantile_class(*q)),
            Ink::Service(name) => self.slot_classes(name),
            Ink::ByName => self.slot_classes(name),
        }
    }

    /// What lines must share to be switched on and off together.
    pub(crate) fn key(&self, ink: &Ink, name: &str) -> String {
        match ink {
            Ink::Service(name) => format!("k{}", self.slot(name)),
            Ink::ByName => format!("k{}", self.slot(name)),
            other => self.classes(other, name),
        }
    }

    fn slot(&self, name: &str) -> usize {
        self.names.iter().position(|known| known == name).unwrap_or(0)
    }

    fn slot_classes(&self, name: &str) -> String {
        let slot = self.slot(name);
        let dash = slot / LIGHT.len() % DASHES.len();
        if dash == 0 {
            format!("c{}", slot % LIGHT.len())
        } else {
            format!("c{} d{dash}", slot % LIGHT.len())
        }
    }
}

fn quantile_class(q: f64) -> usize {
    match q {
        q if q >= 0.98 => 3,
        q if q >= 0.93 => 2,
        q if q >= 0.7 => 1,
        _ => 0,
    }
}

/// Colours by class name.
pub(crate) fn colours(theme: Theme) -> Vec<(String, Rgb)> {
    let (services, others): (_, [(&str, [u8; 3]); 7]) = match theme {
        Theme::Light => (
            LIGHT,
            [
                ("offered", [0x7c, 0x85, 0x90]),
                ("done", [0x1f, 0x2d, 0x3d]),
                ("failed", [0xc8, 0x40, 0x1a]),
                ("q0", [0x87, 0x95, 0xa5]),
                ("q1", [0x6f, 0x82, 0x98]),
                ("q2", [0x50, 0x6b, 0x8c]),
                ("q3", [0x0f, 0x1b, 0x2a]),
            ],
        ),
        Theme::Dark => (
            DARK,
            [
                ("offered", [0x8a, 0x93, 0x9e]),
                ("done", [0xea, 0xee, 0xf2]),
                ("failed", [0xff, 0x7a, 0x4d]),
                ("q0", [0x65, 0x78, 0x90]),
                ("q1", [0x86, 0x9b, 0xb5]),
                ("q2", [0x9d, 0xb4, 0xcf]),
                ("q3", [0xf2, 0xf6, 0xfa]),
            ],
        ),
    };
    let services = services.into_iter().enumerate().map(|(i, rgb)| (format!("c{i}"), Rgb(rgb)));
    services.chain(others.map(|(class, rgb)| (class.to_owned(), Rgb(rgb)))).collect()
}

/// Dash patterns by class name.
pub(crate) fn dashes() -> Vec<(String, &'static str)> {
    let numbered = DASHES.iter().enumerate().skip(1).map(|(i, dash)| (format!("d{i}"), *dash));
    numbered.chain([("planned".to_owned(), PLANNED)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Line, Panel, Timeline};

    fn model(inks: &[Ink]) -> ReportModel {
        let line = |ink: &Ink| Line { name: "n".into(), ink: ink.clone(), ..Line::default() };
        let panel = Panel { lines: inks.iter().map(line).collect(), ..Panel::default() };
        ReportModel {
            timeline: Timeline { panels: vec![panel], ..Timeline::default() },
            ..ReportModel::default()
        }
    }

    #[test]
    fn a_service_keeps_its_colour_and_thirty_stay_distinct() {
        let inks: Vec<Ink> = (0..28).map(|i| Ink::Service(format!("s{i}"))).collect();
        let palette = Palette::of(&model(&inks));
        let mut classes: Vec<String> = inks.iter().map(|ink| palette.classes(ink, "other name")).collect();
        assert_eq!(classes[0], "c0");
        assert_eq!(classes[8], "c1 d1");
        classes.sort();
        classes.dedup();
        assert_eq!(classes.len(), 28);
    }

    #[test]
    fn every_line_stands_out_from_its_surface() {
        for (theme, page) in [(Theme::Light, Rgb([255; 3])), (Theme::Dark, Rgb([0x14, 0x17, 0x1b]))] {
            for (class, colour) in colours(theme) {
                assert!(colour.contrast(page) >= 2.95, "{theme:?} {class}: {:.2}", colour.contrast(page));
            }
        }
    }
}
