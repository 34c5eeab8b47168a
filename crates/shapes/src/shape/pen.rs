//! Drawing a shape as segments: straight lines as they are, curves as arcs with a proven error.

use super::{MAX_LEVEL, MAX_SEGMENTS, Segment, ShapeError};

/// Greatest error of a drawn curve, as a share of the curve's own highest value. The area is far closer: an arc
/// through the ends and the middle integrates cubics exactly (Simpson's rule).
pub const CURVE_ERROR: f64 = 1e-6;

/// 72 sqrt(3): a parabola through the ends and the middle of an interval of length h differs from a function with
/// a third derivative of at most M by at most M h^3 / (72 sqrt(3)) (the remainder of Lagrange's interpolation).
const ARC: f64 = 124.707_658_144_959_18;

/// Draws segments one after the other, at most [`MAX_SEGMENTS`] of them.
#[derive(Debug, Default)]
pub(crate) struct Pen {
    segments: Vec<Segment>,
    now_s: f64,
}

/// A smooth stretch of a curve.
pub(crate) struct Smooth<'a> {
    /// The value at a moment, seconds since the start of the shape.
    pub value: &'a dyn Fn(f64) -> f64,
    /// A bound on the size of the third derivative between two moments.
    pub third: &'a dyn Fn(f64, f64) -> f64,
    /// Greatest error of a value.
    pub tolerance: f64,
}

impl Pen {
    /// Where the next segment begins, seconds.
    pub fn now_s(&self) -> f64 {
        self.now_s
    }

    /// What was drawn.
    pub fn finish(self) -> Vec<Segment> {
        self.segments
    }

    /// A straight line of `length_s` seconds; one of no length vanishes.
    pub fn line(&mut self, length_s: f64, from: f64, to: f64) -> Result<(), ShapeError> {
        self.line_to(self.now_s + length_s, from, to)
    }

    /// A straight line until `end_s`; one of no length vanishes.
    pub fn line_to(&mut self, end_s: f64, from: f64, to: f64) -> Result<(), ShapeError> {
        self.add(Segment::line(self.now_s, end_s, from, to))
    }

    /// A curve until `end_s`, as arcs.
    pub fn curve_to(&mut self, end_s: f64, smooth: &Smooth<'_>) -> Result<(), ShapeError> {
        if end_s > self.now_s { self.fit(end_s, smooth, 0) } else { Ok(()) }
    }

    /// A segment that begins where the last one ended; one of no length vanishes.
    pub fn add(&mut self, segment: Segment) -> Result<(), ShapeError> {
        if segment.length_s() > 0.0 {
            if self.segments.len() >= MAX_SEGMENTS {
                return Err(ShapeError::TooManySegments);
            }
            let highest = segment.maximum();
            if !(highest.abs() <= MAX_LEVEL && segment.minimum().abs() <= MAX_LEVEL) {
                return Err(ShapeError::TooHigh { value: highest });
            }
            self.now_s = segment.end_s;
            self.segments.push(segment);
        }
        Ok(())
    }

    /// Halves the stretch until an arc is close enough.
    fn fit(&mut self, end_s: f64, smooth: &Smooth<'_>, depth: u32) -> Result<(), ShapeError> {
        let start_s = self.now_s;
        let length_s = end_s - start_s;
        let middle_s = start_s + length_s / 2.0;
        let error = (smooth.third)(start_s, end_s) * length_s.powi(3) / ARC;
        // 50 halvings of a day are 1e-10 s: there the arc is as good as numbers get.
        if error > smooth.tolerance && depth < 50 {
            self.fit(middle_s, smooth, depth + 1)?;
            return self.fit(end_s, smooth, depth + 1);
        }
        let (from, to) = ((smooth.value)(start_s), (smooth.value)(end_s));
        let bow = (smooth.value)(middle_s) - (from + to) / 2.0;
        self.add(Segment { start_s, end_s, from, to, bow })
    }
}
