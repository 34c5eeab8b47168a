//! Who may say what when. A question has one answer, in time; anything else is counted by name and changes nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::protocol::{
    Decide, Hello, LONGEST_LINE, Limits, Message, Observe, PROTOCOL, Promise, ReplicaCounts, Reply,
};
use crate::autoscaler::Bounds;
use crate::decision::{Advice, Decision};
use crate::hold::Hold;
use crate::observation::Observation;
use crate::view::View;

/// Which way a line went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// From swarmlab.
    Sent,
    /// To swarmlab.
    Heard,
    /// Nothing came until the question's time was over.
    Expired,
    /// Nobody waited for it any longer.
    GivenUp,
    /// The controller ended.
    Ended,
}

/// One line of the record of a conversation. All of them together replay it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// When.
    pub at_s: f64,
    /// Which way.
    pub way: Way,
    /// What, without the line's end.
    pub line: String,
}

/// A conversation with one controller about one service.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    bounds: Bounds,
    answer_within_s: f64,
    /// The question that waits for its answer, and when it was asked.
    open: Option<(Observation, f64)>,
    /// Name of the controller, once it has said it.
    name: Option<String>,
    gone: bool,
    counts: BTreeMap<&'static str, u64>,
}

impl Conversation {
    /// A new one. Answers must come within `answer_within_s`.
    pub fn new(bounds: Bounds, answer_within_s: f64) -> Self {
        Self { bounds, answer_within_s, open: None, name: None, gone: false, counts: BTreeMap::new() }
    }

    /// The first line.
    pub fn hello(&self, service: &str, seed: u64, slo: Promise) -> String {
        let limits = [(service.to_owned(), Limits::new(&self.bounds, self.answer_within_s))].into();
        line(&Message::Hello(Hello {
            protocol: PROTOCOL,
            seed,
            services: vec![service.to_owned()],
            limits,
            slo,
        }))
    }

    /// The controller's name, once it has said it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// How often something was not as it should be, by the names of [`Hold`].
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// When the open question's time is over.
    pub fn deadline_s(&self) -> Option<f64> {
        self.open.as_ref().map(|(_, asked_s)| asked_s + self.answer_within_s)
    }

    /// Asks. A question that is still open gets no answer any more: its decision comes first.
    ///
    /// # Errors
    /// The decision that there is without asking: the observation is too old, or the controller has ended.
    pub fn ask(&mut self, observation: &Observation, now_s: f64) -> Result<String, Box<Decision>> {
        // The caller should have let it expire; it is as late as if it had.
        if self.open.take().is_some() {
            self.count(&Hold::Late);
        }
        let held = |this: &mut Self, cause: Hold| {
            this.count(&cause);
            Box::new(this.bounds.settle(observation, now_s, Err(cause), None))
        };
        if self.gone {
            return Err(held(self, Hold::Gone));
        }
        let metrics = match View::new(observation, now_s, self.bounds) {
            Ok(view) => view.all(),
            Err(cause) => return Err(held(self, cause)),
        };
        let Observation { seq, service, replicas, cpu_limit_cores, .. } = observation;
        let message = Message::Observe(Observe {
            seq: *seq,
            t: now_s,
            service: service.clone(),
            metrics,
            replicas: ReplicaCounts {
                desired: replicas.desired,
                running: replicas.running,
                ready: replicas.ready,
            },
            cpu_limit_cores: *cpu_limit_cores,
        });
        self.open = Some((observation.clone(), now_s));
        Ok(line(&message))
    }

    /// Hears a line. The decision, if it ends the open question.
    pub fn hear(&mut self, line: &str, now_s: f64) -> Option<Decision> {
        // What comes after the question's time is to be found late, even if nobody looked at the clock before.
        let late = self.expire(now_s);
        let bad = |what: String| Hold::BadAnswer { what };
        let reply = if line.len() > LONGEST_LINE {
            Err(bad(format!("a line of {} bytes", line.len())))
        } else {
            serde_json::from_str(line).map_err(|e| bad(e.to_string()))
        };
        let heard = match reply {
            Ok(Reply::Ready(ready)) if ready.protocol != PROTOCOL => {
                self.gone = true;
                Err(bad(format!("it speaks protocol {}, and this is {PROTOCOL}", ready.protocol)))
            }
            Ok(Reply::Ready(ready)) => {
                self.name = Some(ready.name);
                return late;
            }
            Ok(Reply::Decide(decide)) => match &self.open {
                Some((question, _)) if question.seq == decide.seq => advice(decide),
                Some(_) => {
                    self.count(&Hold::OldAnswer { seq: decide.seq });
                    return late;
                }
                None => Err(Hold::OldAnswer { seq: decide.seq }),
            },
            Err(cause) => Err(cause),
        };
        late.or_else(|| self.end(heard, now_s))
    }

    /// Looks at the clock: the decision, if the open question's time is over.
    pub fn expire(&mut self, now_s: f64) -> Option<Decision> {
        self.deadline_s().filter(|d| now_s > *d)?;
        self.end(Err(Hold::Late), now_s)
    }

    /// Ends the open question without waiting for its time to be over: nothing can be done on an answer any more.
    pub fn give_up(&mut self, now_s: f64) -> Option<Decision> {
        self.open.as_ref()?;
        self.end(Err(Hold::Late), now_s)
    }

    /// The controller has ended.
    pub fn ended(&mut self, now_s: f64) -> Option<Decision> {
        self.gone = true;
        self.open.as_ref()?;
        self.end(Err(Hold::Gone), now_s)
    }

    /// Goes through a recorded conversation: the decisions that came of it. `questions` are the observations in order.
    pub fn replay(&mut self, record: &[Exchange], questions: &[Observation]) -> Vec<Decision> {
        let mut next = questions.iter();
        let mut decisions = Vec::new();
        for Exchange { at_s, way, line } in record {
            match way {
                Way::Sent if line.contains("\"type\":\"hello\"") => {}
                Way::Sent => {
                    let asked = next.next().map(|q| self.ask(q, *at_s));
                    decisions.extend(asked.and_then(Result::err).map(|d| *d));
                }
                Way::Heard => decisions.extend(self.hear(line, *at_s)),
                Way::Expired => decisions.extend(self.expire(*at_s)),
                Way::GivenUp => decisions.extend(self.give_up(*at_s)),
                Way::Ended => decisions.extend(self.ended(*at_s)),
            }
        }
        decisions
    }

    /// Ends the open question; without one what was heard is only counted.
    fn end(&mut self, advice: Result<Advice, Hold>, now_s: f64) -> Option<Decision> {
        if let Err(cause) = &advice {
            self.count(cause);
        }
        let (question, _) = self.open.take()?;
        let view = View::new(&question, now_s, self.bounds);
        let (advice, view) = match view {
            Ok(view) => {
                view.all();
                (advice, Some(view))
            }
            // The answer may be in time and what it is made of too old all the same.
            Err(cause) => (advice.and(Err(cause)), None),
        };
        Some(self.bounds.settle(&question, now_s, advice, view))
    }

    fn count(&mut self, cause: &Hold) {
        *self.counts.entry(cause.name()).or_default() += 1;
    }
}

fn advice(decide: Decide) -> Result<Advice, Hold> {
    if decide.cpu_limit_cores.is_some_and(|c| !c.is_finite() || c <= 0.0) {
        return Err(Hold::BadAnswer { what: "`cpu_limit_cores` must be more than nothing".into() });
    }
    let reason = match decide.reason.trim() {
        "" => "the controller gave no reason".to_owned(),
        told => told.to_owned(),
    };
    let advice =
        Advice { cpu_limit_cores: decide.cpu_limit_cores, ..Advice::replicas(decide.replicas, reason) };
    Ok(decide.debug.into_iter().fold(advice, |a, (name, v)| a.with(&name, v)))
}

/// One line of JSON. What is made of these types always can be written.
fn line(message: &Message) -> String {
    serde_json::to_string(message).unwrap_or_default()
}
