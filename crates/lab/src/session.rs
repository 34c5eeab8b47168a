//! Executes a session: what the core orders is done here, and what comes of it goes back to the core. Nothing is
//! decided here.

mod digest;
mod keeper;
mod thresholds;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::time::Duration;

use swarmlab_checks::Threshold;
use swarmlab_record::Phase;
use swarmlab_record::action::{Action, ActionEvent, Progress};
use swarmlab_record::topology::Target;
use swarmlab_swarm::CancellationToken;
use swarmlab_trial::rules::MakeRules;
use swarmlab_trial::{
    ActId, Command, DecisionId, EndState, Entry, Failure, Happening, LoadId, Plan, Session,
};
use tokio::sync::mpsc;

use crate::bus::Bus;
use crate::error::RunError;
use crate::generator::{Generator, Outlet, Running};
use crate::inbox::{self, Letter};
use crate::message::{Message, News};
use crate::scaling::{Came, Controllers, Scalers};
use crate::site::Site;
use digest::Brought;
use keeper::{Keeper, Order};
use thresholds::Thresholds;

/// Who takes part in a session.
pub struct Cast<'a, 'b> {
    /// Where it takes place.
    pub site: Box<dyn Site>,
    /// What sends load.
    pub generator: &'a mut dyn Generator,
    /// Who is told.
    pub bus: &'a mut Bus<'b>,
    /// The user's wish to end.
    pub cancel: &'a CancellationToken,
    /// Told what would be left behind if the command were killed now, sentences.
    pub left: &'a (dyn Fn(Vec<String>) + Sync),
    /// What is left if that happens while the testbed comes up.
    pub left_while_starting: Vec<String>,
    /// Seconds since the Unix epoch.
    pub clock: &'a (dyn Fn() -> f64 + Sync),
    /// What watches its loads.
    pub rules: MakeRules,
    /// Thresholds of which some may end its loads.
    pub thresholds: Vec<Threshold>,
    /// Who scales its services, if somebody does.
    pub controllers: Option<Controllers>,
}

/// Runs a session to its end. Its state, and the failure if it did not come to its end as planned.
pub async fn execute(plan: Plan, cast: Cast<'_, '_>) -> Result<(), RunError> {
    let (inbox, letters) = mpsc::channel(inbox::QUEUE);
    let (keeper, keeping) = Keeper::new(cast.site, inbox.clone());
    let mut executor = Executor {
        keeper,
        generator: cast.generator,
        bus: cast.bus,
        left: cast.left,
        left_while_starting: cast.left_while_starting,
        left_behind: Vec::new(),
        clock: cast.clock,
        inbox,
        target: None,
        running: None,
        errors: Vec::new(),
        acting: BTreeMap::new(),
        thresholds: Thresholds::new(cast.thresholds),
        scalers: cast.controllers.map(Scalers::new),
        trial: 0,
        pending: VecDeque::new(),
        wake_unix_s: None,
        ended: None,
    };
    let state = tokio::select! {
        // The keeper first: what was ordered now is begun in the next turn, when those who were cancelled know it.
        biased;
        // It goes on as long as there is someone who orders.
        state = async { keeping.await; std::future::pending().await } => state,
        state = executor.execute(plan, cast.rules, letters, cast.cancel) => state,
    };
    // Also where it was given up before it had answered.
    executor.keeper.stop_observing();
    match state {
        EndState::Complete => Ok(()),
        EndState::Partial(cut) => Err(RunError::of(cut, executor.errors)),
    }
}

/// An action that was asked for.
struct Acting {
    action: Action,
    decision: Option<DecisionId>,
    cancel: CancellationToken,
}

struct Executor<'a, 'b> {
    keeper: Keeper,
    generator: &'a mut dyn Generator,
    bus: &'a mut Bus<'b>,
    left: &'a (dyn Fn(Vec<String>) + Sync),
    left_while_starting: Vec<String>,
    left_behind: Vec<String>,
    clock: &'a (dyn Fn() -> f64 + Sync),
    inbox: mpsc::Sender<Letter>,
    target: Option<Target>,
    running: Option<(LoadId, Box<dyn Running>)>,
    /// Failures, by the number that the core knows them by.
    errors: Vec<Option<RunError>>,
    /// Actions without an end.
    acting: BTreeMap<ActId, Acting>,
    thresholds: Thresholds,
    scalers: Option<Scalers>,
    /// Number of the trial under way.
    trial: usize,
    /// What came of commands at once.
    pending: VecDeque<(Happening, Brought)>,
    wake_unix_s: Option<f64>,
    ended: Option<EndState>,
}

impl Executor<'_, '_> {
    async fn execute(
        &mut self,
        plan: Plan,
        rules: MakeRules,
        mut letters: mpsc::Receiver<Letter>,
        cancel: &CancellationToken,
    ) -> EndState {
        let (mut core, commands) = Session::with_rules(plan, rules, (self.clock)());
        self.obey(commands, Brought::Nothing);
        let mut interrupted = false;
        loop {
            if let Some(state) = self.ended.take() {
                return state;
            }
            if let Some((happening, brought)) = self.pending.pop_front() {
                let commands = core.step(&happening, (self.clock)());
                self.obey(commands, brought);
                continue;
            }
            let wake = self.wake_unix_s;
            let late = self.scalers.as_ref().and_then(Scalers::deadline_s);
            let (happening, brought) = tokio::select! {
                biased;
                () = cancel.cancelled(), if !interrupted => {
                    interrupted = true;
                    (Happening::Interrupted, Brought::Nothing)
                }
                letter = letters.recv() => match letter {
                    Some(letter) => match self.open(letter) {
                        Some(opened) => opened,
                        None => continue,
                    },
                    // We hold a sender ourselves: the queue cannot close.
                    None => (Happening::Tick, Brought::Nothing),
                },
                // A moment later it is over.
                () = until(late.map(|t| t + 1e-3), self.clock) => {
                    let now = (self.clock)();
                    let came = self.scalers.as_mut().map(|s| s.expire(now));
                    self.came(came.unwrap_or_default());
                    continue;
                }
                () = until(wake, self.clock) => {
                    self.wake_unix_s = None;
                    (Happening::Tick, Brought::Nothing)
                }
            };
            let commands = core.step(&happening, (self.clock)());
            self.obey(commands, brought);
        }
    }

    /// A failure that the core can carry.
    fn failure(&mut self, error: impl Into<RunError>) -> Failure {
        let error = error.into();
        let failure = Failure { id: self.errors.len(), message: error.to_string() };
        self.errors.push(Some(error));
        failure
    }

    fn tell(&mut self, news: News) {
        let t_unix_s = (self.clock)();
        if let Some(scalers) = &mut self.scalers {
            scalers.see(t_unix_s, &news);
        }
        let told = self.bus.tell(Message { t_unix_s, news });
        self.recorded(told);
    }

    fn recorded(&mut self, told: io::Result<()>) {
        if let Err(e) = told {
            let failure = self.failure(RunError::io("write the run's files")(e));
            self.pending.push_back((Happening::RecordFailed(failure), Brought::Nothing));
        }
    }

    fn obey(&mut self, commands: Vec<Command>, mut brought: Brought) {
        for command in commands {
            self.obey_one(command, &mut brought);
        }
    }

    fn obey_one(&mut self, command: Command, brought: &mut Brought) {
        match command {
            Command::BringUp => {
                (self.left)(std::mem::take(&mut self.left_while_starting));
                self.keeper.order(Order::Up);
            }
            Command::CancelUp => self.keeper.cancel_up(),
            Command::NextTrial(n) => {
                self.trial = n;
                self.thresholds.begin();
                self.tell(News::NextTrial(n));
            }
            Command::Observe => {
                self.keeper.observe();
                let now = (self.clock)();
                let came = self.scalers.as_mut().map(|s| s.begin(self.trial, &self.inbox, now));
                self.came(came.into_iter().collect());
            }
            Command::StopObserving => {
                self.keeper.stop_observing();
                self.scalers.iter_mut().for_each(Scalers::end);
            }
            Command::Decide { id, service } => {
                let came = self.scalers.as_mut().map(|s| s.ask(id, &service, self.clock));
                self.came(came.into_iter().collect());
            }
            Command::GiveUpDecision(id) => {
                let now = (self.clock)();
                let came = self.scalers.as_mut().map(|s| s.give_up(id, now));
                self.came(came.into_iter().collect());
            }
            Command::StartLoad { load, start_unix_s } => self.start(load, start_unix_s),
            Command::StopLoad(id) => self.running(id, |r| r.stop()),
            Command::AbortLoad(id) => self.running(id, |r| r.abort()),
            Command::SetLevel { load, level } => {
                let mut set = Ok(());
                self.running(load, |r| set = r.set_level(level));
                let said = match set {
                    Ok(()) => format!("level set to {level}"),
                    Err(e) => format!("level not set to {level}: {e}"),
                };
                self.tell(News::Log(said));
            }
            Command::Act { id, action, decision } => {
                let cancel = CancellationToken::new();
                let acting = Acting { action: action.clone(), decision, cancel: cancel.clone() };
                self.acting.insert(id, acting);
                let news = self.action_news(id, action.clone(), decision, Progress::Asked);
                self.tell(news);
                self.keeper.order(Order::Act(id, action, cancel));
            }
            Command::GiveUpAct { id, why } => {
                if let Some(Acting { action, decision, cancel }) = self.acting.remove(&id) {
                    cancel.cancel();
                    let given_up = Progress::GivenUp { why: why.to_string() };
                    let news = self.action_news(id, action, decision, given_up);
                    self.tell(news);
                }
            }
            Command::Enter { phase, expected_s } => {
                self.tell(News::Phase { phase, expected_s });
                if phase == Phase::Down {
                    // Whatever it still sends is not needed.
                    self.running = None;
                }
            }
            Command::Record(entry) => self.record(entry, std::mem::take(brought)),
            Command::Warn(message) => self.tell(News::Warning(message)),
            Command::Windows(windows) => self.tell(News::Windows(windows)),
            Command::TakeDown => self.keeper.take_down(),
            Command::LeaveUp => {
                for what in std::mem::take(&mut self.left_behind) {
                    self.tell(News::Step(format!("kept: {what}")));
                }
                (self.left)(Vec::new());
            }
            Command::Close => {
                let closed = self.bus.close();
                match closed {
                    Ok(()) => self.pending.push_back((Happening::Closed, Brought::Nothing)),
                    Err(_) => self.recorded(closed),
                }
            }
            Command::WakeAt(t) => self.wake_unix_s = Some(t),
            Command::End(state) => self.ended = Some(state),
        }
    }

    fn start(&mut self, load: LoadId, start_unix_s: f64) {
        self.tell(News::LoadStarts { load, start_unix_s });
        let Some(target) = self.target.clone() else { return };
        let out = Outlet::new(load, self.inbox.clone());
        match self.generator.start(load, start_unix_s, &target, out) {
            Ok(running) => self.running = Some((load, running)),
            Err(e) => {
                let failure = self.failure(e);
                self.pending.push_back((Happening::LoadRefused(load, failure), Brought::Nothing));
            }
        }
    }

    fn action_news(&self, id: ActId, what: Action, decision: Option<DecisionId>, progress: Progress) -> News {
        let decision = decision.map(|d| d.0);
        News::Action(ActionEvent { t_unix_s: (self.clock)(), id: id.0, what, decision, progress })
    }

    /// Passes on what came of asking and hearing controllers.
    fn came(&mut self, all: Vec<Came>) {
        for Came { news, warning, decided } in all {
            news.into_iter().for_each(|n| self.tell(n));
            if let Some(message) = warning {
                self.pending.push_back((Happening::Warned(message), Brought::Nothing));
            }
            if let Some((id, wants, line)) = decided {
                let brought = line.map_or(Brought::Nothing, Brought::News);
                self.pending.push_back((Happening::Decided(id, wants), brought));
            }
        }
    }

    fn running(&mut self, id: LoadId, order: impl FnOnce(&mut dyn Running)) {
        if let Some((load, running)) = &mut self.running
            && *load == id
        {
            order(running.as_mut());
        }
    }

    fn record(&mut self, entry: Entry, brought: Brought) {
        let news = match (entry, brought) {
            (Entry::Interval(load), Brought::Interval(interval)) => News::Interval { load, interval },
            (Entry::Samples | Entry::Observed | Entry::Acted | Entry::Decided, Brought::News(news)) => news,
            (Entry::Step(text), Brought::Note) => News::Step(text),
            (Entry::Step(text), Brought::News(news)) => {
                self.tell(news);
                News::Log(text)
            }
            (Entry::Step(text), _) => News::Log(text),
            // What is recorded was brought by the same step.
            (_, _) => return,
        };
        self.tell(news);
    }
}

async fn until(wake_unix_s: Option<f64>, clock: &(dyn Fn() -> f64 + Sync)) {
    match wake_unix_s {
        Some(t) => tokio::time::sleep(Duration::from_secs_f64((t - clock()).clamp(0.0, 1e6))).await,
        None => std::future::pending().await,
    }
}
