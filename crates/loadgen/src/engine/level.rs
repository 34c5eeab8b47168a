//! A count that goes up and down, and the area under it.

/// A number of things at work (users, requests under way, …) and its integral over the current interval,
/// kept exactly and cheaply: a change at time t adds or takes the rest of the interval, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Level {
    count: u64,
    /// Area so far under the assumption that the count stays as it is until `end_ns`.
    area_ns: i128,
    end_ns: u64,
}

impl Level {
    /// Starts at zero with an interval that ends at `end_ns`.
    pub fn new(end_ns: u64) -> Self {
        Self { count: 0, area_ns: 0, end_ns }
    }

    /// The count now.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether nothing has been there since the interval began.
    pub fn is_blank(&self) -> bool {
        self.count == 0 && self.area_ns == 0
    }

    /// One more from `at_ns` on.
    pub fn up(&mut self, at_ns: u64) {
        self.count += 1;
        self.area_ns += i128::from(self.end_ns) - i128::from(at_ns);
    }

    /// One less from `at_ns` on.
    pub fn down(&mut self, at_ns: u64) {
        self.count = self.count.saturating_sub(1);
        self.area_ns -= i128::from(self.end_ns) - i128::from(at_ns);
    }

    /// Ends the interval and begins the next, which ends at `end_ns`. Returns the area in nanoseconds.
    pub fn turn(&mut self, end_ns: u64) -> i128 {
        let area_ns = self.area_ns;
        self.area_ns = i128::from(self.count) * (i128::from(end_ns) - i128::from(self.end_ns));
        self.end_ns = end_ns;
        area_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_that_of_the_steps() {
        let mut level = Level::new(100);
        level.up(10); // 90 until the end
        level.up(50); // 50
        level.down(60); // -40
        assert_eq!(level.count(), 1);
        assert_eq!(level.turn(200), 100);
        level.down(150);
        assert_eq!(level.turn(300), 50);
        assert_eq!(level.turn(400), 0);
    }
}
