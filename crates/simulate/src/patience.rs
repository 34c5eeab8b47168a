//! Until when answers are waited for.
//!
//! Each call has one time limit, so what was called first is given up first: a line, not a heap, and one slot of the agenda.

use std::collections::VecDeque;

use crate::visits::VisitId;

/// One kind of call with its limit.
#[derive(Debug)]
struct Line {
    timeout_s: f64,
    waiting: VecDeque<(f64, VisitId)>,
}

/// Lines by the number of the call.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    lines: Vec<Option<Line>>,
}

impl Patience {
    /// Adds a call and gives its number.
    pub(crate) fn add(&mut self, timeout_s: Option<f64>) -> u32 {
        self.lines.push(timeout_s.map(|timeout_s| Line { timeout_s, waiting: VecDeque::new() }));
        (self.lines.len() - 1) as u32
    }

    /// Gives a call another limit; nobody waits for it any more.
    pub(crate) fn renew(&mut self, line: u32, timeout_s: Option<f64>) {
        let renewed = timeout_s.map(|timeout_s| Line { timeout_s, waiting: VecDeque::new() });
        if let Some(line) = self.lines.get_mut(line as usize) {
            *line = renewed;
        }
    }

    pub(crate) fn count(&self) -> u32 {
        self.lines.len() as u32
    }

    /// Begins to wait; gives the moment to look at the line if it was empty.
    pub(crate) fn wait(&mut self, line: u32, now_s: f64, visit: VisitId) -> Option<f64> {
        let line = self.lines[line as usize].as_mut()?;
        let until_s = now_s + line.timeout_s;
        line.waiting.push_back((until_s, visit));
        (line.waiting.len() == 1).then_some(until_s)
    }

    /// Takes the next that may be given up, if its time has come.
    pub(crate) fn expired(&mut self, line: u32, now_s: f64) -> Option<VisitId> {
        let waiting = &mut self.lines[line as usize].as_mut()?.waiting;
        let (_, visit) = *waiting.front().filter(|(until_s, _)| *until_s <= now_s)?;
        waiting.pop_front();
        Some(visit)
    }

    /// Forgets who is gone from the front on; gives the moment to look again.
    pub(crate) fn next_s(&mut self, line: u32, mut is_alive: impl FnMut(VisitId) -> bool) -> f64 {
        let Some(line) = self.lines[line as usize].as_mut() else { return f64::INFINITY };
        while let Some((until_s, visit)) = line.waiting.front().copied() {
            if is_alive(visit) {
                return until_s;
            }
            line.waiting.pop_front();
        }
        f64::INFINITY
    }
}
