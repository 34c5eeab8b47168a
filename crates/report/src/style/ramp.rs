//! Ramps of colour: correlation from −1 to 1, and time from early to late.

use super::Theme;
use super::oklab::{Oklch, Rgb};

/// Classes of the correlation ramp: one for each tenth from −1 to 1.
pub(crate) const HEAT_STEPS: usize = 21;
/// Classes of the time ramp.
pub(crate) const TIME_STEPS: usize = 12;

/// Class number of a coefficient; what is not a number counts as zero.
pub(crate) fn heat_class(r: f64) -> usize {
    let r = if r.is_finite() { r.clamp(-1.0, 1.0) } else { 0.0 };
    ((r + 1.0) * 10.0).round() as usize
}

/// Class number of a place in time, 0 (first) to 1 (last).
pub(crate) fn time_class(share: f64) -> usize {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    ((share * TIME_STEPS as f64) as usize).min(TIME_STEPS - 1)
}

/// Colour of a class of the correlation ramp: blue below zero, orange above, the surface at zero. Both
/// arms have the same lightness at the same distance, so that neither sign looks stronger.
pub(crate) fn heat_colour(class: usize, theme: Theme) -> Rgb {
    let (middle, blue, orange) = match theme {
        Theme::Light => {
            (Oklch::new(0.965, 0.0, 0.0), Oklch::new(0.56, 0.15, 250.0), Oklch::new(0.62, 0.165, 48.0))
        }
        Theme::Dark => {
            (Oklch::new(0.28, 0.0, 0.0), Oklch::new(0.72, 0.13, 245.0), Oklch::new(0.75, 0.145, 58.0))
        }
    };
    let r = class as f64 / 10.0 - 1.0;
    middle.mix(if r < 0.0 { blue } else { orange }, r.abs())
}

/// Colour of the number printed on a class of the correlation ramp.
pub(crate) fn heat_text(class: usize, theme: Theme) -> Rgb {
    let fill = heat_colour(class, theme);
    let (black, white) = (Rgb([0; 3]), Rgb([255; 3]));
    if fill.contrast(black) >= fill.contrast(white) { black } else { white }
}

/// Colour of a class of the time ramp: late points stand out more than early ones, on any surface.
pub(crate) fn time_colour(class: usize, theme: Theme) -> Rgb {
    let (early, middle, late) = match theme {
        Theme::Light => {
            (Oklch::new(0.80, 0.13, 88.0), Oklch::new(0.62, 0.12, 165.0), Oklch::new(0.34, 0.14, 285.0))
        }
        Theme::Dark => {
            (Oklch::new(0.50, 0.14, 285.0), Oklch::new(0.66, 0.11, 185.0), Oklch::new(0.90, 0.15, 98.0))
        }
    };
    let share = class as f64 / (TIME_STEPS - 1) as f64;
    if share < 0.5 { early.mix(middle, share * 2.0) } else { middle.mix(late, share * 2.0 - 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_on_every_cell_can_be_read() {
        for theme in [Theme::Light, Theme::Dark] {
            for class in 0..HEAT_STEPS {
                let contrast = heat_text(class, theme).contrast(heat_colour(class, theme));
                assert!(contrast >= 4.5, "{theme:?} {class}: {contrast:.2}");
            }
        }
    }

    #[test]
    fn classes_cover_the_range_and_nothing_else() {
        assert_eq!([-7.0, -1.0, 0.0, 1.0, f64::NAN].map(heat_class), [0, 0, 10, 20, 10]);
        assert_eq!([-1.0, 0.0, 0.5, 1.0, f64::NAN].map(time_class), [0, 0, 6, 11, 0]);
    }
}
