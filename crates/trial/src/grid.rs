//! The grid of bins: one for each trial, so that whatever is counted in bins begins and ends at an edge.

/// Time between the decision to start a load and its first edge: threads start, connections do not yet. Seconds.
pub const LEAD_S: f64 = 0.3;

/// Edges at `origin_unix_s + n * bin_s`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Grid {
    /// First edge, seconds since the Unix epoch.
    pub origin_unix_s: f64,
    bin_s: f64,
    /// Between the decision to start a load and its first edge.
    lead_s: f64,
}

impl Grid {
    /// The grid of a trial that begins now.
    pub fn at(now_unix_s: f64, bin_s: f64) -> Self {
        Self { origin_unix_s: (now_unix_s + LEAD_S).ceil(), bin_s, lead_s: LEAD_S }
    }

    /// The grid of a load that begins now, and is its own.
    pub fn of_load(now_unix_s: f64, bin_s: f64) -> Self {
        Self { origin_unix_s: now_unix_s, bin_s, lead_s: 0.0 }
    }

    /// The first edge that a load decided on now can start at.
    pub fn next(&self, now_unix_s: f64) -> f64 {
        let after = now_unix_s + self.lead_s - self.origin_unix_s;
        self.origin_unix_s + (after / self.bin_s).ceil().max(0.0) * self.bin_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_with_a_grid_of_its_own_starts_at_once() {
        let grid = Grid::of_load(100.2, 1.0);
        assert_eq!((grid.origin_unix_s, grid.next(100.2)), (100.2, 100.2));
    }

    #[test]
    fn loads_start_at_edges_that_leave_time_to_start() {
        let grid = Grid::at(100.2, 2.0);
        assert_eq!(grid.origin_unix_s, 101.0);
        assert_eq!(grid.next(100.2), 101.0);
        assert_eq!(grid.next(100.7), 101.0);
        assert_eq!(grid.next(100.8), 103.0);
        assert_eq!(grid.next(110.0), 111.0);
        assert_eq!(Grid::at(100.8, 1.0).origin_unix_s, 102.0);
    }
}
