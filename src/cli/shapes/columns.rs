//! What of a shape falls into each column of a picture, so that no peak is lost between two points.

use swarmlab_shapes::shape::Segment;

/// Lowest and highest level of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    pub lowest: f64,
    pub highest: f64,
}

/// The exact range of each of `count` equal parts of the time.
pub fn ranges(segments: &[Segment], duration_s: f64, count: usize) -> Vec<Range> {
    let at = |i: usize| duration_s * i as f64 / count as f64;
    (0..count).map(|i| range(segments, at(i), at(i + 1))).collect()
}

fn range(segments: &[Segment], from_s: f64, to_s: f64) -> Range {
    let first = segments.partition_point(|s| s.end_s <= from_s);
    segments[first..]
        .iter()
        .take_while(|s| s.start_s < to_s)
        .map(|s| part(s, from_s.max(s.start_s), to_s.min(s.end_s)))
        // An arc over a touch of zero dips below it by its rounding.
        .map(|s| Range { lowest: s.minimum().max(0.0), highest: s.maximum().max(0.0) })
        .reduce(|a, b| Range { lowest: a.lowest.min(b.lowest), highest: a.highest.max(b.highest) })
        .unwrap_or(Range { lowest: 0.0, highest: 0.0 })
}

/// The part of a segment between two of its moments; the second derivative of a parabola is the same everywhere.
fn part(s: &Segment, start_s: f64, end_s: f64) -> Segment {
    let share = (end_s - start_s) / s.length_s();
    let (from, to) = (s.value_at(start_s), s.value_at(end_s));
    Segment { start_s, end_s, from, to, bow: s.bow * share * share }
}

/// Points within a column.
const POINTS: usize = 4;

/// A line through four points a column, evenly spaced: the level in the middle of each quarter, but where the
/// column is highest and lowest, these levels.
pub fn outline(segments: &[Segment], duration_s: f64, columns: usize) -> Vec<f64> {
    let count = columns * POINTS;
    let quarters = ranges(segments, duration_s, count);
    let middle = |i: usize| {
        let t_s = duration_s * (i as f64 + 0.5) / count as f64;
        let at = segments.partition_point(|s| s.end_s <= t_s);
        segments.get(at).map_or(0.0, |s| s.value_at(t_s).max(0.0))
    };
    let mut line: Vec<f64> = (0..count).map(middle).collect();
    for (points, quarters) in line.chunks_exact_mut(POINTS).zip(quarters.chunks_exact(POINTS)) {
        let highest = quarters.iter().map(|q| q.highest).fold(f64::MIN, f64::max);
        let lowest = quarters.iter().map(|q| q.lowest).fold(f64::MAX, f64::min);
        let high = quarters.iter().position(|q| q.highest == highest).unwrap_or(0);
        let low = (0..POINTS).find(|i| *i != high && quarters[*i].lowest == lowest);
        points[high] = highest;
        // Both in one quarter: a peak next to a gap, both thinner than the line.
        points[low.unwrap_or(if high + 1 < POINTS { high + 1 } else { high - 1 })] = lowest;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_between_two_points_is_kept() {
        // A needle of a millisecond in an hour, and a dip of one right after it.
        let needle = [
            Segment::line(0.0, 1234.5, 10.0, 10.0),
            Segment::line(1234.5, 1234.501, 10.0, 500.0),
            Segment::line(1234.501, 1234.502, 2.0, 2.0),
            Segment::line(1234.502, 3600.0, 10.0, 10.0),
        ];
        let line = outline(&needle, 3600.0, 1200);
        assert_eq!(line.len(), 4800);
        assert_eq!(line.iter().filter(|v| **v == 500.0).count(), 1);
        assert_eq!(line.iter().filter(|v| **v == 2.0).count(), 1);
        assert_eq!(line.iter().filter(|v| **v == 10.0).count(), 4798);
    }

    #[test]
    fn the_top_of_an_arc_is_found_within_its_column() {
        let arc = Segment { bow: 8.0, ..Segment::line(0.0, 3.0, 0.0, 0.0) };
        let found = ranges(&[arc], 3.0, 3);
        assert!((found[1].highest - 8.0).abs() < 1e-12 && (found[0].lowest, found[2].lowest) == (0.0, 0.0));
        assert!((found[1].lowest - arc.value_at(1.0)).abs() < 1e-12);
    }
}
