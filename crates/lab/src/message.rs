//! What is told on the bus: everything that happens, in one order.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use swarmlab_intervals::trust::VerdictInputs;
use swarmlab_intervals::{ErrorKind, FirstAnswer, Interval, Retired};
use swarmlab_record::Phase;
use swarmlab_record::action::ActionEvent;
use swarmlab_record::decisions::Line;
use swarmlab_record::manifest::Windows;
use swarmlab_record::series::Reading;
use swarmlab_record::topology::{ClockOffset, ReplicaEvent, Target, TaskLife, Trouble};
use swarmlab_testbed::{Kind, Note};
use swarmlab_trial::LoadId;

/// One message.
#[derive(Debug, Clone)]
pub struct Message {
    /// When it became known, seconds since the Unix epoch.
    pub t_unix_s: f64,
    /// What.
    pub news: News,
}

/// What is told. Large things are shared, not copied.
#[derive(Debug, Clone)]
pub enum News {
    /// A run has a folder and a testbed.
    Started {
        /// Experiment's name.
        name: String,
        /// Where results go.
        folder: PathBuf,
        /// Which testbed.
        testbed: Kind,
        /// Why that one.
        reason: String,
        /// Services under study.
        measured: Vec<String>,
    },
    /// The testbed is up.
    CameUp {
        /// Where load goes.
        target: Target,
        /// The samples' clock against ours, if it is another.
        clock_offset: Option<ClockOffset>,
        /// Versions and digests.
        provenance: BTreeMap<String, String>,
    },
    /// The next trial of a session begins; the one before is complete.
    NextTrial(usize),
    /// A phase began.
    Phase {
        /// Which.
        phase: Phase,
        /// How long it takes, where that is known, seconds.
        expected_s: Option<f64>,
    },
    /// A load is about to start.
    LoadStarts {
        /// Which.
        load: LoadId,
        /// First edge, seconds since the Unix epoch.
        start_unix_s: f64,
    },
    /// An interval of a load ended.
    Interval {
        /// Which load.
        load: LoadId,
        /// The interval.
        interval: Arc<Interval>,
    },
    /// What the generator recorded of itself over a load that ended.
    Generator {
        /// Which load.
        load: LoadId,
        /// What its verdict is made from; none where nobody had to keep up.
        inputs: Option<Box<VerdictInputs>>,
        /// The first answer of each error and status.
        answers: Vec<FirstAnswer>,
        /// The first request that failed in each way, in words.
        errors: BTreeMap<ErrorKind, String>,
        /// Connections that were established, and those of them that had been used for long enough.
        connections: Option<(u64, Retired)>,
    },
    /// A round of samples.
    Samples(Arc<[Reading]>),
    /// Replica counts changed.
    Replicas(ReplicaEvent),
    /// A task was born or died.
    Task(TaskLife),
    /// A task ran out of memory or became unhealthy.
    Trouble(Trouble),
    /// An action on the testbed was asked for, or came to its end.
    Action(ActionEvent),
    /// What a controller is, saw, decided or said: a line of `decisions.jsonl`.
    Controllers(Arc<Line>),
    /// A step of the testbed, a sentence.
    Step(String),
    /// Services converged so far, of how many; for whoever watches, not for the record.
    Converged {
        /// Ready.
        ready: usize,
        /// All.
        of: usize,
    },
    /// Something a reader of the figures should know, a sentence.
    Warning(String),
    /// Something for the record that whoever watches sees in other ways, a sentence.
    Log(String),
    /// The windows, as far as they are known.
    Windows(Option<Windows>),
}

impl From<Note> for News {
    fn from(note: Note) -> Self {
        match note {
            Note::Step(m) => Self::Step(m),
            Note::Converged { ready, of } => Self::Converged { ready, of },
            Note::Warning(m) => Self::Warning(m),
        }
    }
}
