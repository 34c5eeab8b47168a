//! `schedule`: counts by time, from a file. What an operator does who knows tomorrow.

use serde::{Deserialize, Serialize};

use crate::controller::Controller;
use crate::decision::Advice;
use crate::hold::Hold;
use crate::view::View;

/// From a moment on so many replicas.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Seconds since the first observation.
    pub at_s: f64,
    /// Replicas.
    pub replicas: u64,
}

/// Counts by time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// In the order of time.
    pub entries: Vec<Entry>,
    /// Begin again after so long; `None` keeps the last count for ever.
    pub repeat_s: Option<f64>,
    /// When it was first asked.
    #[serde(default)]
    pub begun_s: Option<f64>,
}

impl Schedule {
    /// Reads `seconds,replicas` lines, as the canonical form of traces has them: a heading, blank lines and lines that
    /// begin with `#` are passed over.
    ///
    /// # Errors
    /// The number of the line, from 1, and what is wrong with it.
    pub fn parse(text: &str) -> Result<Vec<Entry>, (usize, String)> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut first = true;
        for (number, line) in text.lines().enumerate().map(|(i, l)| (i + 1, l.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // A number that cannot be is no heading, but wrong.
            let number_begins = |c: char| c.is_ascii_digit() || ".+-".contains(c);
            let heading = std::mem::take(&mut first) && !line.starts_with(number_begins);
            if heading {
                continue;
            }
            let wrong = |what: &str| (number, format!("{what}: `{line}`"));
            let (at, replicas) = line.split_once(',').ok_or_else(|| wrong("no comma"))?;
            let at_s: f64 = at.trim().parse().map_err(|_| wrong("the time is no number of seconds"))?;
            let replicas =
                replicas.trim().parse().map_err(|_| wrong("the count is no whole number of replicas"))?;
            if !at_s.is_finite() || at_s < 0.0 {
                return Err(wrong("the time is below zero or not finite"));
            }
            if entries.last().is_some_and(|last| last.at_s >= at_s) {
                return Err(wrong("the time is not after that of the line before"));
            }
            entries.push(Entry { at_s, replicas });
        }
        if entries.is_empty() { Err((1, "no line with a time and a count".to_owned())) } else { Ok(entries) }
    }
}

impl Controller for Schedule {
    fn advise(&mut self, view: &View<'_>) -> Result<Advice, Hold> {
        let begun_s = *self.begun_s.get_or_insert(view.now_s());
        let since = (view.now_s() - begun_s).max(0.0);
        let at = self.repeat_s.filter(|r| *r > 0.0).map_or(since, |r| since.rem_euclid(r));
        match self.entries.iter().rev().find(|e| e.at_s <= at) {
            Some(e) => {
                Ok(Advice::replicas(e.replicas, format!("{} are scheduled from {} s on", e.replicas, e.at_s)))
            }
            None => Ok(Advice::replicas(view.desired(), "nothing is scheduled yet")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_that_begins_like_a_number_is_no_heading() {
        let read = |text: &str| Schedule::parse(text).map(|all| all.len()).map_err(|(line, _)| line);
        assert_eq!(read("# plan\n\nt,replicas\n0,1\n.5,4\n"), Ok(2));
        // Passed over, the plan would begin a minute late, and nobody would be told.
        assert_eq!(read("-60,9\n0,1\n"), Err(1));
        assert_eq!(read("+0,9\n60,1\n"), Ok(2));
        assert_eq!(read("t,replicas\nt,replicas\n"), Err(2), "one heading is enough");
    }
}
