//! Figures of a shape.

use swarmlab_shapes::Shape;
use swarmlab_shapes::shape::{Integral, Segment};

/// What a shape is like as a whole.
#[derive(Debug)]
pub struct Measures {
    pub duration_s: f64,
    pub minimum: f64,
    pub mean: f64,
    pub maximum: f64,
    /// User-seconds or requests.
    pub area: f64,
    /// The level just before the end; at the end itself there is no load any more.
    pub last: f64,
    pub pieces: usize,
    pub integral: Integral,
}

impl Measures {
    pub fn of(shape: &Shape) -> Self {
        let segments = shape.segments();
        let fold = |pick: fn(f64, f64) -> f64, of: fn(&Segment) -> f64| segments.iter().map(of).reduce(pick);
        let (minimum, maximum) = (fold(f64::min, Segment::minimum), fold(f64::max, Segment::maximum));
        let pieces = segments.len();
        let last = segments.last().map_or(0.0, |s| s.to.max(0.0));
        let integral = Integral::new(segments);
        let (duration_s, area) = (shape.duration_s(), integral.total());
        Self {
            duration_s,
            // An arc over a touch of zero dips below it by its rounding.
            minimum: minimum.unwrap_or(0.0).max(0.0),
            mean: if duration_s > 0.0 { area / duration_s } else { 0.0 },
            maximum: maximum.unwrap_or(0.0),
            area,
            last,
            pieces,
            integral,
        }
    }

    /// Mean levels of `count` equal parts of the time.
    pub fn means(&self, count: usize) -> Vec<f64> {
        let part_s = self.duration_s / count as f64;
        (0..count)
            .map(|i| {
                let area = self.integral.at((i + 1) as f64 * part_s) - self.integral.at(i as f64 * part_s);
                (area / part_s).max(0.0)
            })
            .collect()
    }
}

/// A number with about six digits, without zeros at its end.
pub fn number(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { (5.0 - value.abs().log10().floor()).clamp(0.0, 9.0) as usize };
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A time with its unit.
pub fn time(seconds: f64) -> String {
    format!("{} s", number(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (100.0, "100"),
            (54.999_999_99, "55"),
            (0.1 + 0.2, "0.3"),
            (1e7, "10000000"),
            (1e-4, "0.0001"),
        ];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
    }
}
