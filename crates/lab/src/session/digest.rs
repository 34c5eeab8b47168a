//! What a letter means to the core, and what it brings for the record.

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmlab_intervals::{ErrorKind, Interval};
use swarmlab_record::action::Progress;
use swarmlab_record::metric::Meaning;
use swarmlab_record::series::Reading;
use swarmlab_testbed::observation::Observation;
use swarmlab_testbed::{Done, Note, TestbedError};
use swarmlab_trial::{ActId, Happening, IntervalSeen, Part, Seen, Source};

use super::Executor;
use crate::generator::Report;
use crate::inbox::Letter;
use crate::message::News;

/// What a letter brings for the record, beside what the core needs to know of it.
#[derive(Default)]
pub(super) enum Brought {
    #[default]
    Nothing,
    /// The core's text is a note of the testbed.
    Note,
    Interval(Arc<Interval>),
    News(News),
}

impl Executor<'_, '_> {
    /// Opens a letter; nothing for the core is in one that only concerns those who watch.
    pub(super) fn open(&mut self, letter: Letter) -> Option<(Happening, Brought)> {
        Some(match letter {
            Letter::Note(Note::Converged { ready, of }) => {
                self.tell(News::Converged { ready, of });
                return None;
            }
            Letter::Note(Note::Step(m)) => (Happening::Noted(m), Brought::Note),
            Letter::Note(Note::Warning(m)) => (Happening::Warned(m), Brought::Nothing),
            Letter::Up(up) => match *up {
                Ok(ready) => {
                    self.target = Some(ready.target.clone());
                    self.left_behind = ready.left_behind;
                    (self.left)(self.left_behind.clone());
                    let target = ready.target.addresses.iter().map(ToString::to_string);
                    let target = target.collect::<Vec<_>>().join(", ");
                    let news = News::CameUp {
                        target: ready.target,
                        clock_offset: ready.clock_offset,
                        provenance: ready.provenance,
                    };
                    let sample_every_s = ready.sampled_every.as_secs_f64();
                    (
                        Happening::CameUp { target, clock: ready.clock_offset, sample_every_s },
                        Brought::News(news),
                    )
                }
                Err(e) => (Happening::UpFailed(self.failure(e)), Brought::Nothing),
            },
            Letter::Observed(o) => self.observed(o),
            Letter::Acted(id, done) => return self.acted(id, *done),
            Letter::Controller(from, heard) => {
                let now = (self.clock)();
                let came = self.scalers.as_mut().map(|s| s.hear(from, heard, now));
                self.came(came.into_iter().collect());
                return None;
            }
            Letter::Interval(load, interval) => {
                let missed = match load.part {
                    Part::Load => self.thresholds.look(&interval),
                    Part::WarmUp => None,
                };
                let seen = IntervalSeen { missed, ..seen(&interval) };
                (Happening::Interval(load, seen), Brought::Interval(interval))
            }
            Letter::LoadEnded(load, ended) => match *ended {
                Ok(Report { inputs, answers, errors, connections }) if load.part == Part::Load => {
                    let inputs = inputs.map(Box::new);
                    let news = News::Generator { load, inputs, answers, errors, connections };
                    (Happening::LoadEnded(load, Ok(())), Brought::News(news))
                }
                Ok(_) => (Happening::LoadEnded(load, Ok(())), Brought::Nothing),
                Err(e) => (Happening::LoadEnded(load, Err(self.failure(e))), Brought::Nothing),
            },
            Letter::Down(down) => {
                (self.left)(Vec::new());
                (Happening::Down(down.map_err(|e| self.failure(e))), Brought::Nothing)
            }
        })
    }

    /// What became of an action; nothing if it was given up.
    fn acted(&mut self, id: ActId, done: Result<Done, TestbedError>) -> Option<(Happening, Brought)> {
        let acting = self.acting.remove(&id)?;
        let (progress, result) = match done {
            Ok(Done { accepted_unix_s, done_unix_s, changed, .. }) => {
                (Progress::InForce { accepted_unix_s, done_unix_s, changed }, Ok(()))
            }
            Err(e) => {
                let accepted_unix_s = match &e {
                    TestbedError::ActTimeout { accepted_unix_s, .. } => *accepted_unix_s,
                    _ => None,
                };
                (Progress::Failed { accepted_unix_s, why: e.to_string() }, Err(self.failure(e)))
            }
        };
        let news = self.action_news(id, acting.action, acting.decision, progress);
        Some((Happening::Acted(id, result), Brought::News(news)))
    }

    fn observed(&mut self, observation: Observation) -> (Happening, Brought) {
        match observation {
            Observation::Samples(readings) => {
                let seen = newest(&readings);
                (Happening::Sampled(seen), Brought::News(News::Samples(readings.into())))
            }
            Observation::TelemetryFailed(e) => (Happening::Warned(e.to_string()), Brought::Nothing),
            Observation::Replicas(event) => (Happening::Observed, Brought::News(News::Replicas(event))),
            Observation::Task(life) => (Happening::Observed, Brought::News(News::Task(life))),
            Observation::Trouble(trouble) => (Happening::Observed, Brought::News(News::Trouble(trouble))),
            Observation::Warning(m) => (Happening::Warned(m), Brought::Nothing),
            Observation::Broken(e) => (Happening::Broken(self.failure(e)), Brought::Nothing),
        }
    }
}

/// The newest sample of each source and task. A value that is not finite says nothing.
fn newest(readings: &[Reading]) -> Vec<Seen> {
    let mut newest: BTreeMap<(&str, &Meaning, &str), f64> = BTreeMap::new();
    for r in readings.iter().filter(|r| r.value.is_finite()) {
        let t =
            newest.entry((&r.series.service, &r.series.meaning, &r.series.task)).or_insert(f64::NEG_INFINITY);
        *t = t.max(r.t_unix_s);
    }
    newest
        .into_iter()
        .map(|((service, meaning, task), t_unix_s)| Seen {
            source: Source { service: service.to_owned(), meaning: meaning.clone() },
            task: task.to_owned(),
            t_unix_s,
        })
        .collect()
}

/// What the core needs to know of an interval.
fn seen(interval: &Interval) -> IntervalSeen {
    let tally = interval.tally();
    let connect = [ErrorKind::ConnectRefused, ErrorKind::ConnectTimeout, ErrorKind::ConnectFailed];
    let unassigned = |k: &ErrorKind| interval.unassigned_errors.get(k).copied().unwrap_or(0);
    IntervalSeen {
        end_unix_s: interval.end_unix_s,
        sent: tally.sent,
        completed: tally.completed,
        failed: tally.failed + interval.unassigned_errors.values().sum::<u64>(),
        connect_errors: connect.iter().map(|k| tally.errors_of(*k) + unassigned(k)).sum(),
        missed: None,
    }
}
