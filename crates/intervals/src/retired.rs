//! Connections that were ended because they had been used for long enough.

use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// How many, by the bound that ended them (`connection` of a load). Those that the target ended are not among them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// As old as they may become.
    pub max_age: u64,
    /// They had carried as many requests as they may.
    pub max_requests: u64,
    /// Nobody had needed them for as long as that may be.
    pub max_idle: u64,
}

impl Retired {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.max_age + self.max_requests + self.max_idle
    }
}

impl AddAssign for Retired {
    fn add_assign(&mut self, other: Self) {
        self.max_age += other.max_age;
        self.max_requests += other.max_requests;
        self.max_idle += other.max_idle;
    }
}

/// `12 by max_age, 3 by max_idle`; nothing where there were none.
impl fmt::Display for Retired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all =
            [(self.max_age, "max_age"), (self.max_requests, "max_requests"), (self.max_idle, "max_idle")];
        let told = all.iter().filter(|(n, _)| *n > 0).map(|(n, bound)| format!("{n} by {bound}"));
        f.write_str(&told.collect::<Vec<_>>().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_added_up_and_told_by_their_bound() {
        let mut all = Retired { max_age: 2, ..Retired::default() };
        assert_eq!((all.total(), all.to_string().as_str()), (2, "2 by max_age"));
        all += Retired { max_age: 1, max_requests: 4, max_idle: 5 };
        assert_eq!(all, Retired { max_age: 3, max_requests: 4, max_idle: 5 });
        assert_eq!(all.to_string(), "3 by max_age, 4 by max_requests, 5 by max_idle");
        assert_eq!(Retired::default().to_string(), "");
    }
}
