//! Starting a load, steering it from outside, and waiting for its end.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use super::awake::Awake;
use super::clock::{Clock, unix_now_s};
use super::collector::{Collector, Message, Totals};
use super::control::LoadControl;
use super::poller::Poller;
use super::procfs::ensure_open_files;
use super::recorder::Recorder;
use super::redirect::Origin;
use super::shared::{Control, Shared};
use super::tap::Tap;
use super::transport::{Answers, ResolverThread, TlsClient, client_config, first_answers};
use super::worker::Worker;
use crate::error::LoadError;
use crate::scenario::compiled::{Compiled, TargetText};
use crate::spec::LoadSpec;
use crate::target::{LoadTarget, Resolve, Reuse, SystemResolver};
use swarmlab_intervals::{End, Interval, Outcome};

/// How long the threads have to get ready when no start is given, seconds.
const HEAD_START_S: f64 = 0.02;

/// A load that is running. Dropping it aborts the load.
#[derive(Debug)]
pub struct LoadHandle {
    intervals: Receiver<Interval>,
    control: LoadControl,
    workers: Vec<JoinHandle<Result<(), LoadError>>>,
    collector: Option<JoinHandle<Totals>>,
    start_unix_s: f64,
    shape_end_ns: u64,
    _resolver: Option<ResolverThread>,
    _awake: Option<Awake>,
}

/// Nice value of the generator's threads, where the process may choose it.
pub(crate) const PRIORITY: i32 = -15;

/// Starts a load on threads of its own. Names of targets are resolved first, by the system.
///
/// # Errors
/// Wrong parameters, a name that cannot be resolved, a start that lies more than one interval in the past, or a
/// refusal of the system.
pub fn start(spec: LoadSpec) -> Result<LoadHandle, LoadError> {
    start_with_resolver(spec, Arc::new(SystemResolver))
}

/// Like [`start`], with names resolved by `resolver`.
///
/// # Errors
/// As [`start`].
pub fn start_with_resolver(spec: LoadSpec, resolver: Arc<dyn Resolve>) -> Result<LoadHandle, LoadError> {
    start_tapped(spec, resolver, None)
}

/// Like [`start_with_resolver`], and what is sent and answered is told to `tap`.
pub(crate) fn start_tapped(
    mut spec: LoadSpec,
    resolver: Arc<dyn Resolve>,
    tap: Option<Tap>,
) -> Result<LoadHandle, LoadError> {
    spec.validate()?;
    spec.choose_http2();
    ensure_open_files(spec.limits.max_connections)?;
    let tls = spec.targets.iter().map(tls_client).collect::<Result<Vec<_>, _>>()?;
    let books = first_answers(&spec.targets, &*resolver)?;
    let delay_s = match spec.start_unix_s {
        None => HEAD_START_S,
        Some(start_unix_s) => start_unix_s - unix_now_s(),
    };
    if delay_s < -spec.interval_s {
        return Err(LoadError::StartInPast { by_s: -delay_s });
    }
    let clock = Clock::starting_in(delay_s);
    let start_unix_s =
        spec.start_unix_s.unwrap_or_else(|| unix_now_s() + clock.until_start_ns() as f64 / 1e9);
    let shape_end_ns = (spec.model.shape().duration_s() * 1e9).round() as u64;

    let pollers = (0..spec.threads).map(|_| Poller::new()).collect::<Result<Vec<_>, _>>()?;
    let control = Arc::new(Control::default());
    let steering = LoadControl::new(
        Arc::clone(&control),
        pollers.iter().map(Poller::waker).collect(),
        clock,
        start_unix_s,
        &spec.model,
    );
    let answers = Arc::new(Answers::default());
    let resolver = ResolverThread::start(
        &spec.targets,
        &books,
        resolver,
        Arc::clone(&answers),
        pollers.iter().map(Poller::waker).collect(),
    )?;
    let texts: Vec<TargetText<'_>> = spec
        .targets
        .iter()
        .map(|target| TargetText {
            name: &target.name,
            host: &target.host,
            base_path: &target.base_path,
            closes: target.connections == Reuse::PerRequest,
        })
        .collect();
    let mut compiled = Compiled::new(&spec.scenario, &texts, spec.timeout_s);
    if tap.is_some() {
        compiled.show_all();
    }
    let origins = spec.targets.iter().map(Origin::of).collect();
    let answers_of_all = Arc::clone(&answers);
    let shared = Arc::new(Shared {
        spec,
        compiled,
        clock,
        control,
        books,
        answers: answers_of_all,
        tls,
        origins,
        tap,
    });

    let (to_collector, messages) = channel();
    let (to_caller, intervals) = channel();
    let (recycle, recycled): (Vec<_>, Vec<_>) = pollers.iter().map(|_| channel()).unzip();
    let spec = &shared.spec;
    let is_closed = matches!(spec.model, crate::spec::Model::Closed { .. });
    let collector = Collector::new(
        &shared.compiled.endpoints,
        is_closed,
        recycle,
        to_caller,
        answers,
        start_unix_s,
        spec.interval_s,
    );
    let spawn = |name: String| std::thread::Builder::new().name(name);
    let refused = |source| LoadError::System { what: "starting a thread", source };
    let collector =
        spawn("load-collect".to_owned()).spawn(move || collector.run(&messages)).map_err(refused)?;
    let mut handle = LoadHandle {
        intervals,
        control: steering,
        workers: Vec::new(),
        collector: Some(collector),
        start_unix_s,
        shape_end_ns,
        _resolver: resolver,
        // Refused: the load is sent all the same, and its verdict tells what that cost.
        _awake: spec.keep_awake.then(Awake::keep).and_then(Result::ok),
    };
    for (thread, (poller, recycled)) in pollers.into_iter().zip(recycled).enumerate() {
        let (shared, to_collector) = (Arc::clone(&shared), to_collector.clone());
        // If this one cannot start, dropping the handle aborts those that did.
        let worker = spawn(format!("load-{thread}")).spawn(move || {
            // On one machine with what it loads, the generator must not queue behind it: it uses a few per cent of
            // a core and its lateness is everybody's error. Without the privilege it runs as it is, and the
            // verdict tells what that cost. (For Linux a nice value is the thread's own.)
            let _ = rustix::process::setpriority_process(None, PRIORITY);
            let thread_id = rustix::thread::gettid().as_raw_nonzero().get();
            let _ = to_collector.send(Message::Started { thread, thread_id });
            let interval_ns = (shared.spec.interval_s * 1e9).round() as u64;
            let endpoints = &shared.compiled.endpoints;
            let recorder = Recorder::new(endpoints, thread, interval_ns, to_collector, recycled);
            Worker::new(&shared, thread, poller, recorder).run()
        });
        handle.workers.push(worker.map_err(refused)?);
    }
    Ok(handle)
}

impl LoadHandle {
    /// The intervals as they end, in order; the channel closes after the last. They are kept until they are
    /// taken.
    pub fn intervals(&self) -> &Receiver<Interval> {
        &self.intervals
    }

    /// Start of the first interval, seconds since the Unix epoch.
    pub fn start_unix_s(&self) -> f64 {
        self.start_unix_s
    }

    /// Something to steer the load with from another thread.
    pub fn control(&self) -> LoadControl {
        self.control.clone()
    }

    /// Ends the load early; what is under way may finish. [`LoadControl::stop`].
    pub fn stop(&self) {
        self.control.stop();
    }

    /// Ends the load at once, whatever is under way. [`LoadControl::abort`].
    pub fn abort(&self) {
        self.control.abort();
    }

    /// Waits for the end of the load and returns its sums.
    ///
    /// # Errors
    /// A thread that the system failed or that panicked.
    pub fn join(mut self) -> Result<Outcome, LoadError> {
        let mut failure = None;
        for worker in std::mem::take(&mut self.workers) {
            match worker.join() {
                Ok(Ok(())) => {}
                Ok(Err(error)) => failure = failure.or(Some(error)),
                Err(panic) => failure = failure.or(Some(panicked(panic.as_ref()))),
            }
            if failure.is_some() {
                self.abort();
            }
        }
        let totals = match self.collector.take().map(JoinHandle::join) {
            Some(Ok(totals)) => totals,
            Some(Err(panic)) => return Err(failure.unwrap_or(panicked(panic.as_ref()))),
            None => return Err(LoadError::Panicked("no collector".to_owned())),
        };
        if let Some(failure) = failure {
            return Err(failure);
        }
        let end = if self.control.is_aborted() {
            End::Aborted
        } else if totals.load_end_ns < self.shape_end_ns {
            End::Stopped
        } else {
            End::Completed
        };
        Ok(Outcome {
            end,
            start_unix_s: self.start_unix_s,
            load_end_unix_s: self.start_unix_s + totals.load_end_ns as f64 / 1e9,
            end_unix_s: self.start_unix_s + totals.end_ns as f64 / 1e9,
            intervals: totals.intervals,
            offered: totals.offered,
            iterations_completed: totals.iterations_completed,
            think_s: totals.think_s,
            user_s: totals.user_s,
            connections_opened: totals.connections_opened,
            connections_retired: totals.connections_retired,
            unassigned_errors: totals.unassigned_errors,
            endpoints: totals.endpoints,
            overall: totals.overall,
            connect: totals.connect,
            tls: totals.tls,
            resolve_failures: totals.resolve_failures,
            first_errors: totals.first_errors,
            first_answers: totals.first_answers,
            verdict_inputs: totals.verdict_inputs,
        })
    }
}

impl Drop for LoadHandle {
    fn drop(&mut self) {
        if !self.workers.is_empty() {
            self.control.abort();
        }
    }
}

fn tls_client(target: &LoadTarget) -> Result<Option<TlsClient>, LoadError> {
    client_config(target).map_err(|problem| LoadError::Target { target: target.name.clone(), problem })
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> LoadError {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    LoadError::Panicked(text.unwrap_or_else(|| "no message".to_owned()))
}
