//! What is asked for, and the pieces of it. Pure: whole milliseconds, as Prometheus keeps times.

use serde::{Deserialize, Serialize};

use super::PastError;

/// Points of a series that Prometheus gives at once.
pub const MOST_POINTS: i64 = 11_000;
/// Points that are worth a question of their own.
const FEWEST_POINTS: i64 = 250;
/// Longest piece of raw samples, milliseconds: of series scraped each second some thousands of samples.
const LONGEST_RAW_MS: i64 = 3_600_000;
/// Shortest piece of raw samples that a window is cut into, milliseconds.
const SHORTEST_RAW_MS: i64 = 60_000;
/// Furthest moment from 1970, milliseconds.
const FURTHEST_MS: i64 = 100_000_000_000_000;
/// Most pieces: each is a file.
const MOST_PIECES: i64 = 100_000;

/// From when to when, Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Begin.
    pub from_ms: i64,
    /// End.
    pub to_ms: i64,
}

/// What of the window is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// The value of the query each so often from the begin on, at the begin and, where a step falls there, at the end.
    Steps {
        /// Between two points, milliseconds.
        step_ms: i64,
    },
    /// The samples as Prometheus keeps them: those after the begin, up to and with the end.
    Raw,
}

/// A piece of the window. Of [`Wanted::Steps`] the points at both ends belong to it, of [`Wanted::Raw`] its end alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Begin, Unix milliseconds.
    pub from_ms: i64,
    /// End, Unix milliseconds.
    pub to_ms: i64,
}

/// Everything that decides what the output holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Where.
    pub url: String,
    /// The query.
    pub promql: String,
    /// The window as it was written, which may be relative to the moment: `now-1h`, `now`.
    pub asked: (String, String),
    /// The window.
    pub window: Window,
    /// What of it.
    pub wanted: Wanted,
    /// Length of a piece: points, or milliseconds of raw samples.
    pub piece: i64,
}

impl Plan {
    /// A plan whose pieces keep so many workers busy.
    ///
    /// # Errors
    /// [`PastError::Window`]: there is nothing in it, or too much.
    pub fn new(
        url: &str,
        promql: &str,
        asked: (String, String),
        window: Window,
        wanted: Wanted,
        workers: usize,
    ) -> Result<Self, PastError> {
        let workers = i64::try_from(workers.max(1)).unwrap_or(1);
        let length_ms = window.to_ms.saturating_sub(window.from_ms);
        let piece = match wanted {
            Wanted::Steps { step_ms } => {
                (length_ms / step_ms.max(1) / workers).saturating_add(1).clamp(FEWEST_POINTS, MOST_POINTS)
            }
            Wanted::Raw => (length_ms / workers).saturating_add(1).clamp(SHORTEST_RAW_MS, LONGEST_RAW_MS),
        };
        let plan = Self { url: url.into(), promql: promql.into(), asked, window, wanted, piece };
        plan.refused().map_or(Ok(plan), |why| Err(PastError::Window(why)))
    }

    /// Why it cannot be carried out; a plan that was read from a file holds what is written there.
    pub(super) fn refused(&self) -> Option<String> {
        let Window { from_ms, to_ms } = self.window;
        let most_piece = match self.wanted {
            _ if to_ms < from_ms => return Some("the window ends before it begins".to_owned()),
            _ if from_ms < -FURTHEST_MS || to_ms > FURTHEST_MS => {
                return Some("the window reaches beyond the year 5000, or as far back".to_owned());
            }
            Wanted::Steps { step_ms } if step_ms < 1 => {
                return Some(
                    "a step is at least a millisecond: Prometheus knows no shorter times".to_owned(),
                );
            }
            Wanted::Raw if to_ms == from_ms => return Some("the window is empty".to_owned()),
            Wanted::Steps { .. } => MOST_POINTS,
            Wanted::Raw => LONGEST_RAW_MS,
        };
        if !(1..=most_piece).contains(&self.piece) {
            return Some(format!("pieces of {}, not of 1 to {most_piece}", self.piece));
        }
        (self.count() > MOST_PIECES).then(|| {
            format!(
                "the window would be asked for in {} pieces, {MOST_PIECES} are the most: take a shorter window or a longer step",
                self.count()
            )
        })
    }

    fn count(&self) -> i64 {
        let length_ms = self.window.to_ms - self.window.from_ms;
        match self.wanted {
            Wanted::Steps { step_ms } => length_ms / step_ms / self.piece + 1,
            Wanted::Raw => (length_ms - 1) / self.piece + 1,
        }
    }

    /// All pieces, in order.
    pub fn pieces(&self) -> Vec<Piece> {
        let Window { from_ms, to_ms } = self.window;
        let piece = |i: i64| match self.wanted {
            Wanted::Steps { step_ms } => {
                let from_ms = from_ms + i * self.piece * step_ms;
                let last = (to_ms - from_ms) / step_ms;
                Piece { from_ms, to_ms: from_ms + last.min(self.piece - 1) * step_ms }
            }
            Wanted::Raw => {
                let from_ms = from_ms + i * self.piece;
                Piece { from_ms, to_ms: to_ms.min(from_ms + self.piece) }
            }
        };
        (0..self.count()).map(piece).collect()
    }
}

/// Where a sample that was answered lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lies {
    /// In the piece.
    Within,
    /// At the begin of a piece of raw samples: the one before holds it. Prometheus 2 tells it, Prometheus 3 does not.
    AtBegin,
    /// Where nothing was asked for.
    Outside,
}

impl Piece {
    /// Where a moment lies.
    pub fn lies(&self, wanted: Wanted, t_ms: i64) -> Lies {
        let within = (self.from_ms..=self.to_ms).contains(&t_ms);
        match wanted {
            Wanted::Steps { step_ms } if within && (t_ms - self.from_ms) % step_ms == 0 => Lies::Within,
            Wanted::Raw if within && t_ms == self.from_ms => Lies::AtBegin,
            Wanted::Raw if within => Lies::Within,
            _ => Lies::Outside,
        }
    }

    /// Both halves; `None` of what cannot be halved.
    pub fn halves(&self, wanted: Wanted) -> Option<[Self; 2]> {
        let length_ms = self.to_ms - self.from_ms;
        match wanted {
            Wanted::Steps { step_ms } => {
                let points = length_ms / step_ms + 1;
                (points > 1).then(|| {
                    let second_ms = self.from_ms + points / 2 * step_ms;
                    [Self { to_ms: second_ms - step_ms, ..*self }, Self { from_ms: second_ms, ..*self }]
                })
            }
            Wanted::Raw => (length_ms > 1).then(|| {
                let middle_ms = self.from_ms + length_ms / 2;
                [Self { to_ms: middle_ms, ..*self }, Self { from_ms: middle_ms, ..*self }]
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn plan(from_ms: i64, to_ms: i64, wanted: Wanted, workers: usize) -> Plan {
        let asked = (String::new(), String::new());
        Plan::new("u", "q", asked, Window { from_ms, to_ms }, wanted, workers).unwrap()
    }

    /// The moments of the window that belong to a piece, each so often as it belongs to one.
    fn held(pieces: &[Piece], wanted: Wanted, every_ms: i64, window: Window) -> Vec<i64> {
        let mut out = Vec::new();
        for t_ms in (window.from_ms..=window.to_ms).step_by(every_ms as usize) {
            out.extend(pieces.iter().filter(|p| p.lies(wanted, t_ms) == Lies::Within).map(|_| t_ms));
        }
        out
    }

    #[test]
    fn each_point_belongs_to_one_piece_however_the_window_is_cut() {
        for (length_ms, step_ms, workers) in [
            (0, 1000, 4),
            (999, 1000, 1),
            (250_000, 1000, 4),
            (249_000, 1000, 3),
            (11_000_000, 500, 1),
            (7_777_777, 333, 2),
        ] {
            let wanted = Wanted::Steps { step_ms };
            let plan = plan(1_000_007, 1_000_007 + length_ms, wanted, workers);
            let mut pieces = plan.pieces();
            assert!(pieces.iter().all(|p| (p.to_ms - p.from_ms) / step_ms < MOST_POINTS));
            let want: Vec<i64> = (0..=length_ms / step_ms).map(|i| 1_000_007 + i * step_ms).collect();
            assert_eq!(held(&pieces, wanted, step_ms, plan.window), want, "{length_ms} {step_ms}");
            // Also when some were too much for one answer.
            pieces = pieces.iter().flat_map(|p| p.halves(wanted).map_or(vec![*p], Vec::from)).collect();
            assert_eq!(held(&pieces, wanted, step_ms, plan.window), want);
        }
    }

    #[test]
    fn each_raw_sample_belongs_to_one_piece() {
        for (length_ms, workers) in [(1, 4), (60_000, 1), (240_001, 4), (7_200_000, 1)] {
            let plan = plan(500, 500 + length_ms, Wanted::Raw, workers);
            let mut pieces = plan.pieces();
            let every_ms = (length_ms / 1000).max(1);
            let want: Vec<i64> =
                (500..=500 + length_ms).step_by(every_ms as usize).filter(|t| *t > 500).collect();
            assert_eq!(held(&pieces, Wanted::Raw, every_ms, plan.window), want);
            assert_eq!(pieces.last().unwrap().to_ms, 500 + length_ms);
            for _ in 0..3 {
                pieces =
                    pieces.iter().flat_map(|p| p.halves(Wanted::Raw).map_or(vec![*p], Vec::from)).collect();
            }
            assert_eq!(held(&pieces, Wanted::Raw, every_ms, plan.window), want);
        }
    }

    #[test]
    fn the_last_halves_are_whole() {
        let piece = Piece { from_ms: 5, to_ms: 5 };
        assert_eq!(piece.halves(Wanted::Steps { step_ms: 10 }), None);
        assert_eq!(Piece { from_ms: 5, to_ms: 6 }.halves(Wanted::Raw), None);
        let two = Piece { from_ms: 5, to_ms: 15 }.halves(Wanted::Steps { step_ms: 10 }).unwrap();
        assert_eq!(two, [Piece { from_ms: 5, to_ms: 5 }, Piece { from_ms: 15, to_ms: 15 }]);
        assert_eq!(two[0].lies(Wanted::Steps { step_ms: 10 }, 6), Lies::Outside);
    }

    #[test]
    fn a_window_that_cannot_be_asked_for_is_refused() {
        let told = |from_ms, to_ms, wanted| {
            let asked = (String::new(), String::new());
            Plan::new("u", "q", asked, Window { from_ms, to_ms }, wanted, 1).unwrap_err().to_string()
        };
        assert!(told(2, 1, Wanted::Raw).contains("before it begins"));
        assert!(told(1, 1, Wanted::Raw).contains("empty"));
        assert!(told(1, 2, Wanted::Steps { step_ms: 0 }).contains("millisecond"));
        assert!(told(0, 1 << 40, Wanted::Steps { step_ms: 1 }).contains("pieces"));
    }
}
