//! All pieces, several at a time.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use swarmlab_catalogue::answer::{Answer, Point};

use super::PastError;
use super::ask::{Asker, Failed};
use super::parts::{PartWriter, Parts};
use super::plan::{Lies, Piece, Plan, Wanted};

/// What is fetched, into what.
pub struct Job<'a> {
    /// Whom to ask.
    pub asker: &'a Asker,
    /// What.
    pub plan: &'a Plan,
    /// Where to.
    pub parts: &'a Parts,
    /// Questions under way at once.
    pub workers: usize,
}

/// What happens on the way.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// A piece was not answered, and will be asked for again.
    Again {
        /// Why.
        why: String,
        /// After so many seconds.
        wait_s: f64,
    },
    /// A piece is too much at once, and is asked for in halves.
    Halved {
        /// Why.
        why: String,
    },
    /// One more part is there.
    Part {
        /// Parts that are there.
        done: usize,
        /// Of how many.
        of: usize,
    },
}

/// Fetches what is not there yet. Of the first error nothing new is begun; the parts that are there stay.
///
/// # Errors
/// [`PastError`].
pub fn fetch(job: &Job<'_>, told: &(dyn Fn(News) + Sync)) -> Result<(), PastError> {
    let pieces = job.plan.pieces();
    let missing: Vec<usize> = (0..pieces.len()).filter(|i| !job.parts.has(*i)).collect();
    let done = AtomicUsize::new(pieces.len() - missing.len());
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let first: Mutex<Option<PastError>> = Mutex::new(None);
    thread::scope(|scope| {
        for _ in 0..job.workers.clamp(1, missing.len().max(1)) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let Some(index) = missing.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    let worker = Worker { job, told, stop: &stop };
                    match worker.part(*index, pieces[*index]) {
                        Ok(()) => {
                            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                            told(News::Part { done, of: pieces.len() });
                        }
                        Err(e) => {
                            // Before the others hear of it: what ends because of it is not the first.
                            first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(e);
                            stop.store(true, Ordering::Relaxed);
                            return;
                        }
                    }
                }
            });
        }
    });
    first.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
}

struct Worker<'a> {
    job: &'a Job<'a>,
    told: &'a (dyn Fn(News) + Sync),
    stop: &'a AtomicBool,
}

impl Worker<'_> {
    fn part(&self, index: usize, piece: Piece) -> Result<(), PastError> {
        self.job.asker.check()?;
        let mut part = self.job.parts.begin(index)?;
        let mut warnings = Vec::new();
        self.piece(&mut part, piece, &mut warnings)?;
        self.job.parts.end(index, part, &warnings)
    }

    /// Asks until there is an answer, of halves if need be.
    fn piece(
        &self,
        part: &mut PartWriter,
        piece: Piece,
        warnings: &mut Vec<String>,
    ) -> Result<(), PastError> {
        let Job { asker, plan, .. } = self.job;
        let mark = part.mark();
        let asked = asker.insist(self.stop, &self.told, &mut || {
            part.back_to(mark).map_err(Failed::Never)?;
            self.once(part, piece)
        });
        match asked {
            Ok(answer) => {
                if answer.is_partial {
                    warnings.push("the answer says itself that it is partial (isPartial)".to_owned());
                }
                warnings.extend(answer.warnings);
                warnings.extend(answer.infos);
                Ok(())
            }
            Err(Failed::Never(e)) => Err(e),
            Err(Failed::TooMuch(why) | Failed::Now(why, _)) => match piece.halves(plan.wanted) {
                Some(halves) => {
                    part.back_to(mark)?;
                    (self.told)(News::Halved { why });
                    halves.into_iter().try_for_each(|half| self.piece(part, half, warnings))
                }
                None => {
                    let words = format!("{why} (of the smallest piece that can be asked for)");
                    Err(PastError::Refused { promql: plan.promql.clone(), words })
                }
            },
        }
    }

    fn once(&self, part: &mut PartWriter, piece: Piece) -> Result<Answer, Failed> {
        let Job { asker, plan, .. } = self.job;
        let mut kept: Vec<Point> = Vec::new();
        asker.piece(&plan.promql, piece, plan.wanted, &mut |labels, points| {
            kept.clear();
            for point in points {
                match piece.lies(plan.wanted, point.t_ms) {
                    Lies::Within => kept.push(*point),
                    Lies::AtBegin => {}
                    Lies::Outside => {
                        return Err(std::io::Error::other(outside(asker, piece, plan.wanted, point)));
                    }
                }
            }
            part.series(labels, &kept).map_err(std::io::Error::other)
        })
    }
}

fn outside(asker: &Asker, piece: Piece, wanted: Wanted, point: &Point) -> PastError {
    let Piece { from_ms, to_ms } = piece;
    let of = match wanted {
        Wanted::Steps { step_ms } => format!("each {step_ms} ms from {from_ms} to {to_ms} ms"),
        Wanted::Raw => format!("from {from_ms} to {to_ms} ms"),
    };
    let why = format!("a sample at {} ms, asked was for {of}", point.t_ms);
    PastError::Odd { url: asker.url().to_owned(), why }
}
