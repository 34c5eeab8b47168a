//! The actions under way: each is asked for once and has one end, within bounded time.

use std::collections::BTreeMap;

use swarmlab_record::action::Action;

/// Names one action of a session, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActId(pub usize);

/// Why an action is not waited for any longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaveUp {
    /// Nothing was heard of it in time.
    Silent,
    /// The session was cut short.
    Cut,
    /// The trial is over.
    TrialOver,
}

impl std::fmt::Display for GaveUp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Silent => "nothing was heard of it in time",
            Self::Cut => "the run was cut short",
            Self::TrialOver => "the trial was over before it was in force",
        })
    }
}

/// An action that was asked for and has no end yet.
#[derive(Debug)]
struct UnderWay {
    action: Action,
    deadline: f64,
}

/// All actions of a session.
#[derive(Debug, Default)]
pub(crate) struct Acts {
    asked: usize,
    under_way: BTreeMap<ActId, UnderWay>,
    /// When the last one came to its end, seconds since the Unix epoch.
    ended_unix_s: f64,
    /// What takes back the actions of the trial under way, in order, each once.
    undo: Vec<Action>,
}

impl Acts {
    /// Takes down that an action is asked for.
    pub fn ask(&mut self, action: Action, undo: Option<Action>, deadline: f64) -> ActId {
        let id = ActId(self.asked);
        self.asked += 1;
        self.undo.extend(undo.filter(|undo| !self.undo.contains(undo)));
        self.under_way.insert(id, UnderWay { action, deadline });
        id
    }

    /// The action that an answer is for; none if nobody waits for it.
    pub fn answered(&mut self, id: ActId, now: f64) -> Option<Action> {
        let answered = self.under_way.remove(&id)?;
        self.ended_unix_s = now;
        Some(answered.action)
    }

    /// Gives up those that nothing was heard of, or all.
    pub fn give_up(&mut self, now: f64, all: bool) -> Vec<(ActId, Action)> {
        let late: Vec<ActId> =
            self.under_way.iter().filter(|(_, u)| all || now >= u.deadline).map(|(id, _)| *id).collect();
        late.into_iter().filter_map(|id| Some((id, self.answered(id, now)?))).collect()
    }

    /// The next moment at which one is given up.
    pub fn deadline(&self) -> Option<f64> {
        self.under_way.values().map(|u| u.deadline).reduce(f64::min)
    }

    /// Whether the system has been left alone, and since when at the earliest.
    pub fn quiet_since(&self) -> Option<f64> {
        self.under_way.is_empty().then_some(self.ended_unix_s)
    }

    /// What takes the trial's actions back; asked for once.
    pub fn take_undo(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.undo)
    }
}
