//! Plays a script: a testbed, a generator, sources, a disk and a user in virtual time.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use swarmlab_record::action::Action;
use swarmlab_trial::rules::{self, Advice, Rule};
use swarmlab_trial::{
    ActId, Command, DecisionId, EndState, Entry, Failure, Happening, IntervalSeen, LoadId, Part, Seen,
    Session,
};

use crate::script::{Answer, Going, MAX, MIN, Script};

/// What went in and what came out, step by step.
#[derive(Debug, Default)]
pub struct History {
    pub steps: Vec<Step>,
}

/// One step.
#[derive(Debug)]
pub struct Step {
    pub now: f64,
    /// The latest time that the core was told; its clock may be set back.
    pub told: f64,
    /// None at the beginning.
    pub happening: Option<Happening>,
    pub commands: Vec<Command>,
}

impl History {
    pub fn has(&self, is: impl Fn(&Command) -> bool) -> bool {
        self.steps.iter().flat_map(|s| &s.commands).any(is)
    }

    pub fn end(&self) -> Option<&EndState> {
        match self.steps.last()?.commands.last()? {
            Command::End(state) => Some(state),
            _ => None,
        }
    }
}

impl std::fmt::Display for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for s in &self.steps {
            let happening = match &s.happening {
                Some(Happening::Sampled(_)) => "Sampled".to_owned(),
                other => format!("{other:?}"),
            };
            writeln!(f, "{:10.3} {happening}", s.now - 1e6)?;
            for c in s.commands.iter().filter(|c| !matches!(c, Command::Record(Entry::Samples))) {
                writeln!(f, "             {c:?}")?;
            }
        }
        Ok(())
    }
}

/// A controller without sense: it changes the level all the time, and is afraid of failures.
#[derive(Debug)]
struct Nervous;

impl Rule for Nervous {
    fn code(&self) -> &'static str {
        "nervous"
    }
    fn on_interval(&mut self, i: &IntervalSeen) -> Option<Advice> {
        match i.sent % 7 {
            0 => Some(Advice::Level(f64::NAN)),
            1 | 2 => Some(Advice::Level(i.sent as f64)),
            _ => (i.failed > 97).then(|| Advice::Stop("failures".to_owned())),
        }
    }
}

fn rules_of(target: &str) -> Vec<Box<dyn Rule>> {
    let mut all = rules::all(target);
    all.push(Box::new(Nervous));
    all
}

enum Event {
    Happen(Happening),
    Round,
    Interval(LoadId, f64, bool),
    Wake(u64),
}

struct World<'a> {
    script: &'a Script,
    rng: SmallRng,
    now: f64,
    queue: BTreeMap<(u64, u64), Event>,
    n: u64,
    wakes: u64,
    observing: bool,
    /// The load that sends, if one does.
    sending: Option<LoadId>,
    disk_told: bool,
    /// Actions asked for so far.
    acts: usize,
    /// Decisions asked for so far.
    decisions: usize,
    /// Replicas that a controller wanted last; each wants others.
    wanted: u64,
}

/// Plays a script to its end, or until it is clear that there is none.
pub fn play(script: &Script) -> History {
    let mut world = World {
        script,
        rng: SmallRng::seed_from_u64(script.seed ^ 0xABCD),
        now: script.begin,
        queue: BTreeMap::new(),
        n: 0,
        wakes: 0,
        observing: false,
        sending: None,
        disk_told: false,
        acts: 0,
        decisions: 0,
        wanted: MIN,
    };
    world.prepare();
    let (mut session, commands) = Session::with_rules(script.plan.clone(), rules_of, script.begin);
    let mut history = History::default();
    let mut step = Step { now: script.begin, told: script.begin, happening: None, commands };
    loop {
        world.obey(&step.commands);
        history.steps.push(step);
        // Long after its bound: it will not end any more.
        if session.has_ended() || world.now > script.begin + 2.0 * script.plan.bound_s() {
            return history;
        }
        // Nothing will ever happen again: stuck.
        let Some(happening) = world.next() else { return history };
        // A clock that is set back is a fault, too: whoever has 3 s to answer then has less.
        let is_set_back = script.noise > 0.0 && world.rng.random_bool(0.02);
        let now = if is_set_back { world.now - 1.5 } else { world.now };
        let commands = session.step(&happening, now);
        let told = history.steps.last().map_or(now, |s| s.told.max(now));
        step = Step { now: world.now, told, happening: Some(happening), commands };
    }
}

fn failure(message: &str) -> Failure {
    Failure { id: 0, message: message.to_owned() }
}

impl World<'_> {
    fn at(&mut self, t: f64, event: Event) {
        self.n += 1;
        self.queue.insert((t.max(self.now).to_bits(), self.n), event);
    }

    fn after(&mut self, s: f64, happening: Happening) {
        self.at(self.now + s, Event::Happen(happening));
    }

    fn answer(&mut self, answer: Answer, does: Happening, fails: Happening) {
        match answer {
            Answer::Does(s) => self.after(s, does),
            Answer::Fails(s) => self.after(s, fails),
            Answer::Silent => {}
        }
    }

    fn noise(&mut self) -> bool {
        self.script.noise > 0.0 && self.rng.random_bool(self.script.noise)
    }

    fn prepare(&mut self) {
        for s in &self.script.interrupts {
            self.after(*s, Happening::Interrupted);
        }
        if let Some(s) = self.script.breaks {
            self.after(s, Happening::Broken(failure("a child died")));
        }
        for s in &self.script.strays {
            let load = LoadId { trial: self.rng.random_range(0..3), part: Part::WarmUp };
            let stray = match self.rng.random_range(0..12) {
                9 | 10 => {
                    let wants = self.wants("web", 1);
                    Happening::Decided(DecisionId(self.rng.random_range(0..4)), wants)
                }
                7 => Happening::Acted(ActId(self.rng.random_range(0..4)), Ok(())),
                8 => Happening::Acted(ActId(self.rng.random_range(0..4)), Err(failure("late"))),
                0 => Happening::CameUp { target: "b:2".to_owned(), clock: None, sample_every_s: 9.0 },
                1 => Happening::UpFailed(failure("late")),
                2 => Happening::LoadEnded(load, Ok(())),
                3 => Happening::LoadEnded(load, Err(failure("late"))),
                4 => Happening::Down(Ok(())),
                5 => Happening::Closed,
                6 => Happening::LoadRefused(load, failure("late")),
                _ => Happening::Warned("again".to_owned()),
            };
            self.after(*s, stray);
        }
    }

    /// The next thing that happens.
    fn next(&mut self) -> Option<Happening> {
        loop {
            let ((t, _), event) = self.queue.pop_first()?;
            self.now = f64::from_bits(t);
            match event {
                Event::Happen(h) => return Some(h),
                Event::Wake(n) if n == self.wakes => {
                    // Should it have come early, the core must ask again.
                    return Some(Happening::Tick);
                }
                Event::Wake(_) => {}
                Event::Round if self.observing => return Some(self.round()),
                Event::Round => {}
                Event::Interval(load, end, refused) => {
                    if self.sending == Some(load)
                        && let Some(h) = self.interval(load, end, refused)
                    {
                        return Some(h);
                    }
                }
            }
        }
    }

    /// What a controller wants: mostly what it may, sometimes more replicas, or something of another service.
    fn wants(&mut self, service: &str, n: usize) -> Vec<Action> {
        let one = |world: &mut Self| {
            world.wanted += 1;
            match world.rng.random_range(0..10) {
                0 => Action::Scale { service: service.to_owned(), replicas: MAX + world.wanted },
                1 => Action::Scale { service: "other".to_owned(), replicas: world.wanted },
                2 => Action::Restart { service: service.to_owned(), task: None },
                _ => Action::Scale { service: service.to_owned(), replicas: world.wanted },
            }
        };
        (0..n).map(|_| one(self)).collect()
    }

    fn round(&mut self) -> Happening {
        self.at(self.now + self.script.sample_every_s, Event::Round);
        let silent = self.script.silenced.is_some_and(|s| self.now > self.script.begin + s);
        match self.rng.random_range(0..20) {
            0 => return Happening::Observed,
            1 => return Happening::Warned("a source did not answer".to_owned()),
            2 => return Happening::Noted("a step".to_owned()),
            _ => {}
        }
        let offset_s = self.script.clock.map_or(0.0, |c| c.offset_s);
        let mut seen = Vec::new();
        for (i, source) in self.script.sources.iter().enumerate() {
            for task in 0..self.script.tasks {
                if (silent && i == 0) || self.noise() {
                    continue;
                }
                let age_s = self.rng.random_range(0.0..0.9);
                seen.push(Seen {
                    source: source.clone(),
                    task: task.to_string(),
                    t_unix_s: self.now + offset_s - age_s,
                });
            }
        }
        Happening::Sampled(seen)
    }

    fn interval(&mut self, load: LoadId, end: f64, refused: bool) -> Option<Happening> {
        let bin_s = self.script.plan.trials[load.trial].bin_s;
        self.at(end + bin_s, Event::Interval(load, end + bin_s, refused));
        let sent = if refused { 0 } else { self.rng.random_range(1..100) };
        let failed = match refused {
            true => 9,
            false if self.noise() => sent,
            false => 0,
        };
        let seen = IntervalSeen {
            end_unix_s: end,
            sent,
            completed: sent - failed.min(sent),
            failed,
            connect_errors: if refused { 9 } else { 0 },
            missed: (load.part == Part::Load && failed > 95).then(|| "a threshold is missed".to_owned()),
        };
        let happening = Happening::Interval(load, seen);
        if self.noise() {
            self.after(0.2, happening.clone());
        }
        if self.noise() {
            let late_s = self.rng.random_range(0.0..20.0);
            self.after(late_s, happening);
            return None;
        }
        (!self.noise()).then_some(happening)
    }

    fn start(&mut self, load: LoadId, start: f64) {
        let trial = &self.script.plan.trials[load.trial];
        let (i, length_s) = match load.part {
            Part::WarmUp => (load.trial * 2, trial.warm_up_s.unwrap_or(0.0)),
            Part::Load => (load.trial * 2 + 1, trial.load_s),
        };
        let going = self.script.goings[i];
        let first = start + trial.bin_s;
        if !matches!(going, Going::Refused(_) | Going::Silent) {
            self.sending = Some(load);
            self.at(first, Event::Interval(load, first, going == Going::Unheard));
        }
        let ended = |result| Event::Happen(Happening::LoadEnded(load, result));
        match going {
            Going::Well(s) => self.at(start + length_s + s, ended(Ok(()))),
            Going::Unheard => self.at(start + length_s, ended(Ok(()))),
            Going::Refused(s) => self.after(s, Happening::LoadRefused(load, failure("bad load"))),
            Going::Breaks(s) => self.at(start + s, ended(Err(failure("broke")))),
            Going::Short(s) => self.at(start + s, ended(Ok(()))),
            Going::Endless | Going::Silent => {}
        }
    }

    fn end_load(&mut self, load: LoadId, answer: Answer) {
        let fails = Happening::LoadEnded(load, Err(failure("could not stop")));
        self.answer(answer, Happening::LoadEnded(load, Ok(())), fails);
    }

    fn obey(&mut self, commands: &[Command]) {
        let s = self.script;
        for c in commands {
            match c {
                Command::BringUp => {
                    let up = Happening::CameUp {
                        target: "a:1".to_owned(),
                        clock: s.clock,
                        sample_every_s: s.sample_every_s,
                    };
                    if self.noise() {
                        self.answer(s.up, up.clone(), Happening::UpFailed(failure("twice")));
                    }
                    self.answer(s.up, up, Happening::UpFailed(failure("not healthy")));
                }
                Command::CancelUp => {
                    let up = Happening::CameUp {
                        target: "a:1".to_owned(),
                        clock: s.clock,
                        sample_every_s: s.sample_every_s,
                    };
                    self.answer(s.cancelled, up, Happening::UpFailed(failure("interrupted")));
                }
                Command::Observe => {
                    self.observing = true;
                    self.at(self.now + 0.1, Event::Round);
                }
                Command::StopObserving => self.observing = false,
                Command::StartLoad { load, start_unix_s } => self.start(*load, *start_unix_s),
                Command::StopLoad(load) => self.end_load(*load, s.stopped),
                Command::AbortLoad(load) => {
                    self.sending = None;
                    self.end_load(*load, s.aborted);
                }
                Command::TakeDown => {
                    let fails = Happening::Down(Err(failure("still there")));
                    self.answer(s.down, Happening::Down(Ok(())), fails);
                }
                Command::Close => {
                    self.answer(s.close, Happening::Closed, Happening::RecordFailed(failure("flush")));
                }
                Command::WakeAt(t) => {
                    self.wakes += 1;
                    self.at(t.max(self.now + 0.001), Event::Wake(self.wakes));
                }
                Command::Record(_) | Command::Enter { .. } | Command::Warn(_) | Command::Windows(_) => {
                    let full = s.disk_full.is_some_and(|t| self.now >= s.begin + t);
                    if full && (!self.disk_told || self.noise()) {
                        self.disk_told = true;
                        self.after(0.0, Happening::RecordFailed(failure("disk full")));
                    }
                }
                Command::Act { id, .. } => {
                    let answer = s.acts[self.acts % s.acts.len()];
                    self.acts += 1;
                    let (does, fails) =
                        (Happening::Acted(*id, Ok(())), Happening::Acted(*id, Err(failure("no"))));
                    if self.noise() {
                        self.answer(answer, does.clone(), fails.clone());
                    }
                    self.answer(answer, does, fails);
                }
                Command::Decide { id, service } => {
                    let (answer, n) = s.decisions[self.decisions % s.decisions.len()];
                    self.decisions += 1;
                    // Who holds wants nothing.
                    let (does, holds) = (self.wants(service, n), Vec::new());
                    let (does, holds) = (Happening::Decided(*id, does), Happening::Decided(*id, holds));
                    if self.noise() {
                        self.answer(answer, does.clone(), holds.clone());
                    }
                    self.answer(answer, does, holds);
                }
                // Answers that are under way may come all the same.
                Command::GiveUpAct { .. } | Command::GiveUpDecision(_) => {}
                Command::NextTrial(_) | Command::SetLevel { .. } | Command::LeaveUp | Command::End(_) => {}
            }
        }
    }
}
