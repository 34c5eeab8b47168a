//! Pieces of a shape, their exact integral and its inverse.

/// A piece of a shape: a straight line from one level to another, or the arc of a parabola over it.
///
/// With u from 0 at the start to 1 at the end the value is `from + (to - from) u + 4 bow u (1 - u)`. Shapes made
/// of straight lines are exact; curved ones are drawn with a proven bound on the error, [`CURVE_ERROR`](super::CURVE_ERROR).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Seconds since the start of the load.
    pub start_s: f64,
    /// Seconds since the start of the load; larger than `start_s`.
    pub end_s: f64,
    /// Value at the start.
    pub from: f64,
    /// Value approached at the end.
    pub to: f64,
    /// How far the middle lies above the straight line between the ends; 0 for a straight line.
    pub bow: f64,
}

impl Segment {
    /// A straight piece.
    pub fn line(start_s: f64, end_s: f64, from: f64, to: f64) -> Self {
        Self { start_s, end_s, from, to, bow: 0.0 }
    }

    /// Length in seconds.
    pub fn length_s(&self) -> f64 {
        self.end_s - self.start_s
    }

    /// The value at `t_s`, a moment of this piece.
    pub fn value_at(&self, t_s: f64) -> f64 {
        self.at_share((t_s - self.start_s) / self.length_s())
    }

    /// The highest value between start and end.
    pub fn maximum(&self) -> f64 {
        let ends = self.from.max(self.to);
        if self.bow <= 0.0 {
            return ends;
        }
        // Where the derivative (to - from) + 4 bow (1 - 2u) vanishes.
        let top = 0.5 + (self.to - self.from) / (8.0 * self.bow);
        if top > 0.0 && top < 1.0 { ends.max(self.at_share(top)) } else { ends }
    }

    /// The lowest value between start and end.
    pub fn minimum(&self) -> f64 {
        let mirrored = Self { from: -self.from, to: -self.to, bow: -self.bow, ..*self };
        -mirrored.maximum()
    }

    /// Area under the piece: its levels times seconds.
    pub fn area(&self) -> f64 {
        ((self.from + self.to) / 2.0 + self.bow * (2.0 / 3.0)) * self.length_s()
    }

    /// The part of this piece between two of its moments.
    pub(super) fn part(&self, start_s: f64, end_s: f64) -> Self {
        let share = (end_s - start_s) / self.length_s();
        Self {
            start_s,
            end_s,
            from: if start_s == self.start_s { self.from } else { self.value_at(start_s) },
            to: if end_s == self.end_s { self.to } else { self.value_at(end_s) },
            // The second derivative of the parabola is the same everywhere.
            bow: self.bow * share * share,
        }
    }

    /// Every value times `factor` plus `offset`.
    pub(super) fn mapped(&self, factor: f64, offset: f64) -> Self {
        Self {
            from: self.from * factor + offset,
            to: self.to * factor + offset,
            bow: self.bow * factor,
            ..*self
        }
    }

    /// The same piece at another time.
    pub(super) fn moved(&self, by_s: f64) -> Self {
        Self { start_s: self.start_s + by_s, end_s: self.end_s + by_s, ..*self }
    }

    pub(super) fn at_share(&self, u: f64) -> f64 {
        self.from + (self.to - self.from) * u + 4.0 * self.bow * u * (1.0 - u)
    }

    /// Area between the start and `x_s` seconds later.
    fn area_until(&self, x_s: f64) -> f64 {
        if self.bow != 0.0 {
            return self.length_s() * self.share_area(x_s / self.length_s());
        }
        let slope = (self.to - self.from) / self.length_s();
        x_s * (self.from + slope * x_s / 2.0)
    }

    /// Area up to the share `u`, for a length of 1.
    fn share_area(&self, u: f64) -> f64 {
        u * (self.from + u * ((self.to - self.from) / 2.0 + self.bow * (2.0 - u * (4.0 / 3.0))))
    }

    /// The offset in seconds at which the area since the start reaches `area`.
    fn inverse(&self, area: f64) -> f64 {
        if self.bow != 0.0 {
            return self.inverse_of_arc(area / self.length_s()) * self.length_s();
        }
        // The root of from*x + slope*x^2/2 = area in the form that does not cancel for a small slope.
        let slope = (self.to - self.from) / self.length_s();
        let root = (self.from * self.from + 2.0 * slope * area).max(0.0).sqrt();
        let denominator = self.from + root;
        let offset_s = if denominator > 0.0 { 2.0 * area / denominator } else { 0.0 };
        offset_s.clamp(0.0, self.length_s())
    }

    /// The share at which the area of a piece of length 1 reaches `area`: Newton's method between bounds that
    /// close in, so it ends after a few steps and never leaves the piece.
    fn inverse_of_arc(&self, area: f64) -> f64 {
        let whole = self.share_area(1.0);
        if area <= 0.0 {
            return 0.0;
        }
        if area >= whole {
            return 1.0;
        }
        let (mut low, mut high) = (0.0, 1.0);
        let mut u = area / whole;
        for _ in 0..64 {
            let excess = self.share_area(u) - area;
            if excess > 0.0 {
                high = u;
            } else {
                low = u;
            }
            let step = excess / self.at_share(u);
            // The error after a step is about its square. (False for a slope of 0, where it is not a number.)
            if step.abs() <= 1e-9 {
                return (u - step).clamp(0.0, 1.0);
            }
            let newton = u - step;
            let next = if newton > low && newton < high { newton } else { (low + high) / 2.0 };
            u = next;
        }
        u
    }
}

/// The integral of a shape and its inverse: expected arrivals up to a time, and back.
#[derive(Debug, Clone)]
pub struct Integral {
    segments: Vec<Segment>,
    /// Area before each segment, and the whole area at the end.
    before: Vec<f64>,
}

impl Integral {
    /// Prepares the integral of `segments`, which follow one another without a gap.
    pub fn new(segments: Vec<Segment>) -> Self {
        let mut before = Vec::with_capacity(segments.len() + 1);
        before.push(0.0);
        let mut integral = Self { segments: Vec::with_capacity(segments.len()), before };
        segments.into_iter().for_each(|segment| integral.push(segment));
        integral
    }

    /// From `at_s` on the level is `level`, until the end, which stays where it is.
    pub fn set_level(&mut self, at_s: f64, level: f64) {
        let index = self.segments.partition_point(|segment| segment.end_s <= at_s);
        let (Some(&cut), Some(&last)) = (self.segments.get(index), self.segments.last()) else { return };
        self.segments.truncate(index);
        self.before.truncate(index + 1);
        let from_s = at_s.max(cut.start_s);
        if from_s > cut.start_s {
            self.push(cut.part(cut.start_s, from_s));
        }
        self.push(Segment::line(from_s, last.end_s, level, level));
    }

    fn push(&mut self, segment: Segment) {
        // An arc over a touch of zero may dip below it by its rounding: time never runs backwards.
        let area = self.total() + segment.area().max(0.0);
        self.segments.push(segment);
        self.before.push(area);
    }

    /// The whole area.
    pub fn total(&self) -> f64 {
        self.before.last().copied().unwrap_or(0.0)
    }

    /// Area from the start to `t_s`.
    pub fn at(&self, t_s: f64) -> f64 {
        let index = self.segments.partition_point(|s| s.end_s <= t_s);
        match self.segments.get(index) {
            Some(segment) => self.before[index] + segment.area_until((t_s - segment.start_s).max(0.0)),
            None => self.total(),
        }
    }

    /// The start of the first segment in which the integral grows beyond `area`, or the end.
    pub(crate) fn resumes_at(&self, area: f64) -> f64 {
        let index = self.before.partition_point(|before| *before <= area).saturating_sub(1);
        match self.segments.get(index) {
            Some(segment) => segment.start_s,
            None => self.segments.last().map_or(0.0, |segment| segment.end_s),
        }
    }

    /// The time at which the integral reaches `area`, looking from segment `*cursor` on, which moves along:
    /// successive calls with growing areas walk the segments once. `None` from the whole area on.
    pub fn inverse_from(&self, cursor: &mut usize, area: f64) -> Option<f64> {
        while let Some(segment) = self.segments.get(*cursor) {
            if area < self.before[*cursor + 1] {
                return Some(segment.start_s + segment.inverse((area - self.before[*cursor]).max(0.0)));
            }
            *cursor += 1;
        }
        None
    }
}
