//! OKLab (Björn Ottosson, 2020): a colour space in which equal steps look equal.

/// A colour by lightness (0 to 1), chroma (0 to about 0.3) and hue in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Oklch {
    pub(crate) lightness: f64,
    pub(crate) chroma: f64,
    pub(crate) hue_deg: f64,
}

impl Oklch {
    pub(crate) const fn new(lightness: f64, chroma: f64, hue_deg: f64) -> Self {
        Self { lightness, chroma, hue_deg }
    }

    /// The colour between `self` (0) and `other` (1), on a straight line through OKLab.
    pub(crate) fn mix(self, other: Self, share: f64) -> Rgb {
        let (a, b) = (self.lab(), other.lab());
        lab_to_rgb([0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * share))
    }

    fn lab(self) -> [f64; 3] {
        let (sin, cos) = self.hue_deg.to_radians().sin_cos();
        [self.lightness, self.chroma * cos, self.chroma * sin]
    }
}

/// An sRGB colour, 8 bits a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) [u8; 3]);

impl Rgb {
    /// As `#rrggbb`.
    pub(crate) fn hex(self) -> String {
        let [r, g, b] = self.0;
        format!("#{r:02x}{g:02x}{b:02x}")
    }

    /// Relative luminance (WCAG 2).
    pub(crate) fn luminance(self) -> f64 {
        let [r, g, b] = self.0.map(|byte| linear(f64::from(byte) / 255.0));
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    /// Contrast ratio with `other` (WCAG 2), 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}

fn linear(channel: f64) -> f64 {
    if channel <= 0.040_45 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
}

fn lab_to_rgb([l, a, b]: [f64; 3]) -> Rgb {
    let cone = [
        l + 0.396_337_777_4 * a + 0.215_803_757_3 * b,
        l - 0.105_561_345_8 * a - 0.063_854_172_8 * b,
        l - 0.089_484_177_5 * a - 1.291_485_548_0 * b,
    ]
    .map(|v| v * v * v);
    let channels = [
        4.076_741_662_1 * cone[0] - 3.307_711_591_3 * cone[1] + 0.230_969_929_2 * cone[2],
        -1.268_438_004_6 * cone[0] + 2.609_757_401_1 * cone[1] - 0.341_319_396_5 * cone[2],
        -0.004_196_086_3 * cone[0] - 0.703_418_614_7 * cone[1] + 1.707_614_701_0 * cone[2],
    ];
    Rgb(channels.map(|v| {
        let v = v.clamp(0.0, 1.0);
        let encoded = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        (encoded * 255.0).round() as u8
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_come_out() {
        // Values from the article that defines the space: white, and sRGB red (0.62796, 0.25768, 29.234°).
        let at = |l, c, h| Oklch::new(l, c, h).mix(Oklch::new(l, c, h), 0.0).hex();
        assert_eq!(at(1.0, 0.0, 0.0), "#ffffff");
        assert_eq!(at(0.0, 0.0, 0.0), "#000000");
        assert_eq!(at(0.627_955, 0.257_683, 29.234), "#ff0000");
    }

    #[test]
    fn contrast_of_black_on_white_is_21() {
        assert!((Rgb([0; 3]).contrast(Rgb([255; 3])) - 21.0).abs() < 1e-9);
    }
}
