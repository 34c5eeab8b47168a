//! Colour: who gets which, and the style sheet that all charts share.
//!
//! Charts carry class names, never colours, so that one sheet can dress them for light, dark and paper.
//! Three rules hold over a whole report: colours belong to *services* (Okabe-Ito), shades of slate to what
//! the *clients* felt, and vermilion to failure.

mod oklab;
mod palette;
mod ramp;
mod sheet;

pub(crate) use palette::Palette;
pub(crate) use ramp::{HEAT_STEPS, TIME_STEPS, heat_class, time_class};
pub(crate) use sheet::chart_css;

/// Which surface a colour is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

/// Colours of surfaces and text.
pub(crate) struct Surface {
    pub(crate) page: &'static str,
    /// Behind the first, third, … phase of a panel.
    pub(crate) plot: &'static str,
    /// Behind the second, fourth, … phase of a panel.
    pub(crate) band: &'static str,
    /// Behind the name of the first, third, … phase.
    pub(crate) shade: &'static str,
    /// Behind the name of the second, fourth, … phase.
    pub(crate) deep: &'static str,
    pub(crate) text: &'static str,
    pub(crate) muted: &'static str,
    pub(crate) line: &'static str,
    pub(crate) grid: &'static str,
}

impl Theme {
    pub(crate) fn surface(self) -> Surface {
        match self {
            Theme::Light => Surface {
                page: "#ffffff",
                plot: "#ffffff",
                band: "#f5f6f7",
                shade: "#eceef1",
                deep: "#dde1e6",
                text: "#1b1f24",
                muted: "#5c6570",
                line: "#c9ced4",
                grid: "#e6e8eb",
            },
            Theme::Dark => Surface {
                page: "#14171b",
                plot: "#14171b",
                band: "#1c2026",
                shade: "#232830",
                deep: "#323943",
                text: "#e8eaed",
                muted: "#a3abb5",
                line: "#444b55",
                grid: "#2a2f36",
            },
        }
    }
}
