//! Controllers in a run: who they are, what they are shown, and what they say. When they are asked, and what is done on what
//! they say, is for the core.

mod program;
mod view;

use std::sync::Arc;

use swarmlab_control::external::{Conversation, Exchange, Way};
use swarmlab_control::{Autoscaler, Decision, Observation};
use swarmlab_experiment::ControllerCommand;
use swarmlab_record::action::Action;
use swarmlab_record::decisions::{By, Controlled, Decided, Line, Said};
use swarmlab_record::manifest::Manifest;
use swarmlab_trial::DecisionId;
use tokio::sync::mpsc;

use crate::inbox::Letter;
use crate::message::News;
pub(crate) use program::Heard;
use program::Program;
use view::View;

/// One controller, as it is to be at the beginning of each trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Controller {
    /// The service, and who decides over it.
    pub controlled: Controlled,
    /// The program, if it is one.
    pub program: Option<ControllerCommand>,
}

/// The controllers of a session.
#[derive(Debug, Clone)]
pub struct Controllers {
    /// Each service once.
    pub all: Vec<Controller>,
    /// What is known of the run before it begins: what metrics are depends on it.
    pub manifest: Manifest,
}

/// Names a program of a session: trial and place in [`Controllers::all`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProgramId {
    trial: usize,
    place: usize,
}

/// What came of asking, or of hearing.
#[derive(Debug, Default)]
pub(crate) struct Came {
    /// For the record, in order.
    pub news: Vec<News>,
    /// For whoever reads the figures.
    pub warning: Option<String>,
    /// A decision: what is to be done on it, and its line of the record.
    pub decided: Option<(DecisionId, Vec<Action>, Option<News>)>,
}

/// The controllers at work.
pub(crate) struct Scalers {
    setup: Controllers,
    view: View,
    trial: usize,
    at_work: Vec<AtWork>,
}

struct AtWork {
    controlled: Controlled,
    shown: u64,
    decider: Decider,
    /// The question that waits for its answer.
    open: Option<(DecisionId, Observation)>,
}

enum Decider {
    House(Box<Autoscaler>),
    /// None where it could not be started.
    Program(Box<Conversation>, Option<Program>),
}

impl Scalers {
    pub fn new(setup: Controllers) -> Self {
        let keep_s = setup.all.iter().map(|c| c.controlled.by.bounds().stale_after_s).fold(0.0, f64::max);
        let view = View::new(setup.manifest.clone(), keep_s);
        Self { setup, view, trial: 0, at_work: Vec::new() }
    }

    /// Looks at what goes by.
    pub fn see(&mut self, t_unix_s: f64, news: &News) {
        self.view.see(t_unix_s, news);
    }

    /// A trial begins: fresh controllers, and programs that have some time to get ready.
    pub fn begin(&mut self, trial: usize, inbox: &mpsc::Sender<Letter>, now_unix_s: f64) -> Came {
        self.trial = trial;
        let mut came = Came::default();
        let all = self.setup.all.clone();
        for c in &all {
            came.news.push(line(Line::Controller(Box::new(c.controlled.clone()))));
        }
        self.at_work = all
            .into_iter()
            .enumerate()
            .map(|(place, c)| {
                let decider = match &c.controlled.by {
                    By::House(autoscaler) => Decider::House(Box::new(autoscaler.clone())),
                    By::Command { bounds, answer_within_s, slo, seed, .. } => {
                        let mut talk = Box::new(Conversation::new(*bounds, *answer_within_s));
                        let hello = talk.hello(&c.controlled.service, *seed, *slo);
                        let id = ProgramId { trial, place };
                        let started = c.program.as_ref().map(|p| Program::start(p, id, inbox.clone()));
                        came.news.push(said(&c.controlled.service, Way::Sent, &hello, now_unix_s));
                        let program = match started {
                            Some(Ok(program)) => {
                                program.tell(hello);
                                Some(program)
                            }
                            failed => {
                                let why = failed.and_then(Result::err).map(|e| e.to_string());
                                let service = &c.controlled.service;
                                came.warning = Some(format!(
                                    "the controller of {service} could not be started: {}",
                                    why.unwrap_or_default()
                                ));
                                talk.ended(now_unix_s);
                                came.news.push(said(service, Way::Ended, "", now_unix_s));
                                None
                            }
                        };
                        Decider::Program(talk, program)
                    }
                };
                AtWork { controlled: c.controlled, shown: 0, decider, open: None }
            })
            .collect();
        came
    }

    /// The trial's controllers are not needed any more; programs end.
    pub fn end(&mut self) {
        self.at_work.clear();
    }

    /// Asks the controller of a service. What it is shown is of one moment, and it is asked (its time runs) at a later one:
    /// to put together what is seen takes time.
    pub fn ask(&mut self, id: DecisionId, service: &str, clock: &dyn Fn() -> f64) -> Came {
        let nothing = |warning| Came { warning, decided: Some((id, Vec::new(), None)), ..Came::default() };
        let Some(one) = self.at_work.iter_mut().find(|a| a.controlled.service == service) else {
            return nothing(None);
        };
        let observation = match self.view.observe(service, clock()) {
            Ok(Some(seen)) => Observation { seq: one.shown, ..seen },
            Ok(None) => {
                let why =
                    format!("nobody knows how many replicas {service} has: its controller was not asked");
                return nothing(Some(why));
            }
            Err(e) => return nothing(Some(format!("what is seen of {service} does not fit together: {e}"))),
        };
        one.shown += 1;
        one.ask(id, observation, clock())
    }

    /// Hears a program.
    pub fn hear(&mut self, from: ProgramId, heard: Heard, now_unix_s: f64) -> Came {
        match self.at_work.get_mut(from.place) {
            Some(one) if from.trial == self.trial => one.hear(heard, now_unix_s),
            _ => Came::default(),
        }
    }

    /// When the time of the next question is over.
    pub fn deadline_s(&self) -> Option<f64> {
        self.at_work.iter().filter_map(AtWork::deadline_s).reduce(f64::min)
    }

    /// Ends the questions whose time is over.
    pub fn expire(&mut self, now_unix_s: f64) -> Vec<Came> {
        self.at_work.iter_mut().filter_map(|a| a.expire(now_unix_s)).collect()
    }

    /// A decision is not waited for any longer.
    pub fn give_up(&mut self, id: DecisionId, now_unix_s: f64) -> Came {
        let of = |a: &&mut AtWork| a.open.as_ref().is_some_and(|(open, _)| *open == id);
        let mut came = Came::default();
        if let Some(one) = self.at_work.iter_mut().find(of)
            && let Decider::Program(talk, _) = &mut one.decider
        {
            let decision = talk.give_up(now_unix_s);
            came.news.push(said(&one.controlled.service, Way::GivenUp, "", now_unix_s));
            // It is told that it was late; nobody does anything on it.
            came.news.extend(decision.and_then(|d| one.decided(d)).and_then(|(_, _, news)| news));
        }
        came
    }
}

impl AtWork {
    fn ask(&mut self, id: DecisionId, observation: Observation, now_unix_s: f64) -> Came {
        let mut came = Came::default();
        let decision = match &mut self.decider {
            Decider::House(autoscaler) => Some(autoscaler.decide(&observation, now_unix_s)),
            Decider::Program(talk, program) => match talk.ask(&observation, now_unix_s) {
                Ok(question) => {
                    came.news.push(said(&self.controlled.service, Way::Sent, &question, now_unix_s));
                    if let Some(program) = program {
                        program.tell(question);
                    }
                    None
                }
                Err(decision) => {
                    // A replay asks where a question was sent; this one was not, and is asked all the same.
                    came.news.push(said(&self.controlled.service, Way::Sent, "", now_unix_s));
                    Some(*decision)
                }
            },
        };
        self.open = Some((id, observation));
        came.decided = decision.and_then(|d| self.decided(d));
        came
    }

    fn hear(&mut self, heard: Heard, now_unix_s: f64) -> Came {
        let service = self.controlled.service.clone();
        let Decider::Program(talk, _) = &mut self.decider else { return Came::default() };
        let mut came = Came::default();
        let decision = match heard {
            Heard::Line(text) => {
                came.news.push(said(&service, Way::Heard, &text, now_unix_s));
                talk.hear(&text, now_unix_s)
            }
            Heard::Ended(how) => {
                came.warning = Some(format!("the controller of {service} {how}"));
                came.news.push(said(&service, Way::Ended, "", now_unix_s));
                talk.ended(now_unix_s)
            }
        };
        came.decided = decision.and_then(|d| self.decided(d));
        came
    }

    fn deadline_s(&self) -> Option<f64> {
        match &self.decider {
            Decider::Program(talk, _) => talk.deadline_s(),
            Decider::House(_) => None,
        }
    }

    fn expire(&mut self, now_unix_s: f64) -> Option<Came> {
        let Decider::Program(talk, _) = &mut self.decider else { return None };
        let decision = talk.expire(now_unix_s)?;
        let news = vec![said(&self.controlled.service, Way::Expired, "", now_unix_s)];
        Some(Came { news, warning: None, decided: self.decided(decision) })
    }

    /// The decision on the open question.
    fn decided(&mut self, decision: Decision) -> Option<(DecisionId, Vec<Action>, Option<News>)> {
        let (id, observation) = self.open.take()?;
        let decided = Decided::of(id.0, observation, decision);
        let wants = if self.controlled.acts { decided.wants.clone() } else { Vec::new() };
        Some((id, wants, Some(line(Line::Decision(Box::new(decided))))))
    }
}

fn line(line: Line) -> News {
    News::Controllers(Arc::new(line))
}

fn said(service: &str, way: Way, text: &str, at_s: f64) -> News {
    let exchange = Exchange { at_s, way, line: text.to_owned() };
    line(Line::Exchange(Said { service: service.to_owned(), exchange }))
}
