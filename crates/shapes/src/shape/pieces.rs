//! Working on drawn shapes: adding them, cutting them to bounds, stepping them by noise.

use super::{Pen, Segment, ShapeError};

/// The sum of two drawn shapes that both begin at 0; the longer one goes on alone.
pub(super) fn sum(a: &[Segment], b: &[Segment]) -> Result<Vec<Segment>, ShapeError> {
    let mut pen = Pen::default();
    let (mut i, mut j) = (0, 0);
    while let (Some(left), Some(right)) = (a.get(i), b.get(j)) {
        let start_s = pen.now_s();
        let end_s = left.end_s.min(right.end_s);
        if end_s > start_s {
            let (l, r) = (left.part(start_s, end_s), right.part(start_s, end_s));
            pen.add(Segment { from: l.from + r.from, to: l.to + r.to, bow: l.bow + r.bow, ..l })?;
        }
        i += usize::from(left.end_s <= end_s);
        j += usize::from(right.end_s <= end_s);
    }
    for rest in a[i.min(a.len())..].iter().chain(&b[j.min(b.len())..]) {
        pen.add(rest.part(pen.now_s(), rest.end_s))?;
    }
    Ok(pen.finish())
}

/// A drawn shape cut to the bounds `low` and `high`.
pub(super) fn clip(segments: &[Segment], low: f64, high: f64) -> Result<Vec<Segment>, ShapeError> {
    let mut pen = Pen::default();
    for segment in segments {
        if segment.minimum() >= low && segment.maximum() <= high {
            pen.add(*segment)?;
            continue;
        }
        let mut cuts = [low, high].map(|bound| crossings(segment, bound)).concat();
        cuts.sort_by(f64::total_cmp);
        cuts.push(1.0);
        let mut before = 0.0;
        for cut in cuts {
            let start_s = pen.now_s();
            let end_s = if cut == 1.0 { segment.end_s } else { segment.start_s + cut * segment.length_s() };
            if end_s <= start_s {
                continue;
            }
            let middle = segment.at_share((before + cut) / 2.0);
            before = cut;
            let part = segment.part(start_s, end_s);
            pen.add(if middle < low {
                Segment::line(start_s, end_s, low, low)
            } else if middle > high {
                Segment::line(start_s, end_s, high, high)
            } else {
                Segment { from: part.from.clamp(low, high), to: part.to.clamp(low, high), ..part }
            })?;
        }
    }
    Ok(pen.finish())
}

/// A drawn shape times a factor plus an offset that both change every `step_s` seconds, never below 0.
pub(super) fn stepped(
    segments: &[Segment],
    step_s: f64,
    factor_and_offset: impl Fn(u64) -> (f64, f64),
) -> Result<Vec<Segment>, ShapeError> {
    let mut pen = Pen::default();
    for segment in segments {
        while pen.now_s() < segment.end_s {
            let start_s = pen.now_s();
            let index = step_of(start_s, step_s);
            let end_s = segment.end_s.min((index + 1) as f64 * step_s);
            let (factor, offset) = factor_and_offset(index);
            pen.add(segment.part(start_s, end_s).mapped(factor, offset))?;
        }
    }
    clip(&pen.finish(), 0.0, f64::INFINITY)
}

/// The number of the step that `t_s` falls into, so that step i begins exactly at `i * step_s`.
pub(super) fn step_of(t_s: f64, step_s: f64) -> u64 {
    let guess = (t_s / step_s) as u64;
    if (guess + 1) as f64 * step_s <= t_s {
        guess + 1
    } else if guess as f64 * step_s > t_s {
        guess.saturating_sub(1)
    } else {
        guess
    }
}

/// The shares, strictly inside, at which a segment crosses a level.
fn crossings(segment: &Segment, level: f64) -> Vec<f64> {
    if !level.is_finite() {
        return Vec::new();
    }
    // from + (to - from) u + 4 bow u (1 - u) = level, as a u^2 + b u + c = 0.
    let a = -4.0 * segment.bow;
    let b = segment.to - segment.from + 4.0 * segment.bow;
    let c = segment.from - level;
    let roots = if a == 0.0 {
        [-c / b, f64::NAN]
    } else {
        // The form that does not cancel: q = -(b + sign(b) sqrt(b^2 - 4ac)) / 2, roots q/a and c/q.
        let q = -0.5 * (b + (b * b - 4.0 * a * c).sqrt().copysign(b));
        [q / a, c / q]
    };
    roots.into_iter().filter(|u| *u > 0.0 && *u < 1.0).collect()
}
