//! A session whose world the test plays, and what it said.

use swarmlab_record::Phase;
use swarmlab_record::manifest::Windows;
use swarmlab_record::metric::Meaning;
use swarmlab_record::topology::ClockOffset;
use swarmlab_trial::{
    Command, EndState, Failure, Happening, IntervalSeen, Keep, Limits, LoadId, Part, Plan, Seen, Session,
    Source, Start, TrialPlan,
};

pub const T: f64 = 1000.0;
pub const WARM_UP: LoadId = LoadId { trial: 0, part: Part::WarmUp };
pub const LOAD: LoadId = LoadId { trial: 0, part: Part::Load };

pub fn plan() -> Plan {
    Plan {
        trials: vec![TrialPlan {
            bin_s: 1.0,
            warm_up_s: None,
            load_s: 10.0,
            actions: vec![],
            scaling: vec![],
        }],
        start: Start::AtEdge,
        keep: Keep::No,
        sources: vec![],
        limits: Limits::default(),
    }
}

pub fn failure(message: &str) -> Failure {
    Failure { id: 7, message: message.to_owned() }
}

pub fn cpu() -> Source {
    Source { service: "web".to_owned(), meaning: Meaning::CPU }
}

/// A session, the time, and all commands so far.
pub struct Try {
    pub session: Session,
    pub now: f64,
    pub said: Vec<Command>,
}

impl Try {
    pub fn of(plan: Plan) -> Self {
        let (session, said) = Session::begin(plan, T);
        Self { session, now: T, said }
    }

    /// Up since 1005, so that loads without warm-up start at 1006.
    pub fn up(plan: Plan) -> Self {
        let mut t = Self::of(plan);
        t.at(T + 5.0, came_up(None));
        t
    }

    /// Returns the commands of this step.
    pub fn at(&mut self, now: f64, happening: Happening) -> Vec<Command> {
        self.now = now;
        let said = self.session.step(&happening, now);
        self.said.extend(said.clone());
        said
    }

    pub fn sampled(&mut self, now: f64, t_unix_s: f64) -> Vec<Command> {
        self.at(now, Happening::Sampled(vec![Seen { source: cpu(), task: "1".to_owned(), t_unix_s }]))
    }

    pub fn interval(&mut self, load: LoadId, end_unix_s: f64) -> Vec<Command> {
        let seen = IntervalSeen { end_unix_s, sent: 5, completed: 5, ..IntervalSeen::default() };
        self.at(end_unix_s, Happening::Interval(load, seen))
    }

    /// The end of a testbed and a record that do what they are told.
    pub fn down(mut self) -> (EndState, Vec<Command>) {
        self.at(self.now + 1.0, Happening::Down(Ok(())));
        self.at(self.now + 1.0, Happening::Closed);
        let Some(Command::End(state)) = self.said.last().cloned() else { panic!("{:#?}", self.said) };
        (state, self.said)
    }
}

pub fn came_up(clock: Option<ClockOffset>) -> Happening {
    Happening::CameUp { target: "a:1".to_owned(), clock, sample_every_s: 1.0 }
}

pub fn phases(said: &[Command]) -> Vec<Phase> {
    let phase = |c: &Command| if let Command::Enter { phase, .. } = c { Some(*phase) } else { None };
    said.iter().filter_map(phase).collect()
}

pub fn windows(said: &[Command]) -> Option<Windows> {
    said.iter().rev().find_map(|c| if let Command::Windows(w) = c { Some(*w) } else { None }).flatten()
}

pub fn started(said: &[Command], id: LoadId) -> Option<f64> {
    said.iter().find_map(|c| match c {
        Command::StartLoad { load, start_unix_s } if *load == id => Some(*start_unix_s),
        _ => None,
    })
}

pub fn warnings(said: &[Command]) -> Vec<&str> {
    said.iter().filter_map(|c| if let Command::Warn(m) = c { Some(m.as_str()) } else { None }).collect()
}
