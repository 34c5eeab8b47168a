//! A run folder from the past of a Prometheus, without a load of ours: the samples that it kept of some services, through
//! the same journal, catalogues and analysis as those of a run.

use std::collections::BTreeMap;

use swarmlab_catalogue::{Catalogues, Context};
use swarmlab_codes::{self as codes, Code};
use swarmlab_present::recompute::{self, RecomputeError};
use swarmlab_record::client::ClientRow;
use swarmlab_record::events::{Event, EventLog};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::journal::Journal;
use swarmlab_record::manifest::{Manifest, Origin, State, Windows};
use swarmlab_record::plan::{LoadModel, Plan};
use swarmlab_record::samples::SampleJournal;
use swarmlab_record::summary::Summary;
use swarmlab_record::topology::{Front, Role, Service, Topology};
use swarmlab_record::{FileError, Phase};
use swarmlab_telemetry::past::{self, Asker, Found, Job, Joined, News, Parts, PastError, Wanted, Window};
use swarmlab_telemetry::prometheus::any_of;

/// How far before the window samples are fetched, milliseconds: a series that had none for so long counts as new, as in
/// Prometheus itself. Without the one before it the first increase of a counter is not known.
const BEFORE_MS: i64 = 300_000;
/// How far behind it: the next scrape ends the last bin.
const BEHIND_MS: i64 = 60_000;

/// What is imported.
#[derive(Debug, Clone)]
pub struct Import {
    /// Name of the run.
    pub name: String,
    /// The window.
    pub window: Window,
    /// Prometheus' own time, Unix milliseconds: nothing is asked for beyond it.
    pub now_ms: i64,
    /// Services under study.
    pub services: Vec<String>,
    /// Proxies, and the service before which each stands.
    pub fronts: Vec<Front>,
    /// Name of the stack, where containers are named `STACK_SERVICE`; else empty.
    pub stack: String,
    /// What metrics mean.
    pub catalogues: Catalogues,
    /// Width of bins, seconds; they are wider where a source is slower.
    pub bin_s: f64,
    /// Questions under way at once.
    pub workers: usize,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The past could not be had.
    #[error(transparent)]
    Past(#[from] PastError),
    /// It has nothing of these services.
    #[error("Prometheus has no catalogued series of {services} in the window{seen}")]
    Nothing {
        /// Those that were asked for.
        services: String,
        /// What it has instead, behind a semicolon; may be empty.
        seen: String,
    },
    /// A file of the folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file operation failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The folder cannot be analysed.
    #[error(transparent)]
    Recompute(#[from] RecomputeError),
}

impl ImportError {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            Self::Past(e) => e.code(),
            Self::Nothing { .. } => codes::NO_SAMPLES,
            Self::File(_) => codes::BAD_STORE,
            Self::Io { .. } => codes::RUN_IO,
            Self::Recompute(e) => e.code(),
        }
    }
}

fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> ImportError + use<> {
    let path = path.display().to_string();
    move |source| ImportError::Io { action, path, source }
}

/// Fetches, writes the raw files of a run into an empty folder, and analyses them. What fails leaves the folder as far as it
/// came; the caller removes it.
///
/// # Errors
/// [`ImportError`].
pub fn import(
    import: &Import,
    asker: &Asker,
    folder: &RunFolder,
    told: &(dyn Fn(News) + Sync),
) -> Result<Summary, ImportError> {
    let fetched = folder.root().join("fetched.parts");
    let asked = Window {
        from_ms: import.window.from_ms - BEFORE_MS,
        to_ms: (import.window.to_ms + BEHIND_MS).min(import.now_ms.max(import.window.to_ms)),
    };
    let promql = any_of(&import.catalogues.names_for_prometheus());
    let words = (asked.from_ms.to_string(), asked.to_ms.to_string());
    let plan = past::Plan::new(asker.url(), &promql, words, asked, Wanted::Raw, import.workers)?;
    let parts = Parts::in_folder(&fetched, &plan)?;
    past::fetch(&Job { asker, plan: &plan, parts: &parts, workers: import.workers }, told)?;
    let joined = Joined::new(&parts)?;
    let topology = topology(import);
    let at = folder.server_journal();
    let mut journal = SampleJournal::create(&at)?;
    let context = Context { stack: &import.stack, topology: &topology };
    let found = past::readings::<ImportError>(&joined, &import.catalogues, &context, &mut |reading| {
        asker.check()?;
        // The clock does not move: a frame is written when it is full.
        Ok(journal.append(reading, 0.0)?)
    })?;
    journal.finish()?;
    if found.samples == 0 {
        return Err(nothing(import, &found, joined.samples));
    }
    let mut warnings: Vec<String> =
        joined.warnings.iter().map(|w| format!("Prometheus warned: {w}")).collect();
    warnings.extend(found.remarks.iter().map(|remark| remark.text.clone()));
    let silent = topology.services.iter().filter(|s| !found.tasks.contains_key(&s.name));
    warnings.extend(silent.map(|s| format!("Prometheus has no series of {} in the window.", s.name)));
    drop(joined);
    Parts::remove(&fetched)?;
    // What follows is short, and whole.
    asker.check()?;
    write(import, asker.url(), folder, topology, &found, &warnings)?;
    recompute::seal(folder, State::Complete)?;
    Ok(recompute::analyse(folder)?)
}

fn topology(import: &Import) -> Topology {
    let mut proxies: Vec<&str> = import.fronts.iter().map(|f| f.proxy.as_str()).collect();
    proxies.sort_unstable();
    proxies.dedup();
    let service =
        |name: &str, role| Service { name: name.to_owned(), role, replicas: 0, image: String::new() };
    let services = import.services.iter().map(|s| service(s, Role::Application));
    let proxies = proxies.into_iter().map(|p| service(p, Role::Proxy));
    Topology { services: services.chain(proxies).collect(), fronts: import.fronts.clone(), nodes: Vec::new() }
}

fn nothing(import: &Import, found: &Found, samples: u64) -> ImportError {
    let stacks: Vec<&str> = found.stacks.iter().map(String::as_str).collect();
    let seen = match samples {
        0 => {
            "; of no other service, either: it keeps none of the metrics that the catalogues know".to_owned()
        }
        _ if stacks.is_empty() => format!("; {samples} samples of others are there"),
        _ => format!("; its containers are of the stacks {} (--stack)", stacks.join(", ")),
    };
    ImportError::Nothing { services: import.services.join(", "), seen }
}

/// All raw files but the samples.
fn write(
    import: &Import,
    url: &str,
    folder: &RunFolder,
    mut topology: Topology,
    found: &Found,
    warnings: &[String],
) -> Result<(), ImportError> {
    for service in &mut topology.services {
        service.replicas = found.tasks.get(&service.name).map_or(0, |tasks| tasks.len() as u64);
    }
    let [from_s, to_s] = [import.window.from_ms, import.window.to_ms].map(|ms| ms as f64 / 1e3);
    let plan = Plan {
        measured: import.services.clone(),
        ..Plan::of_load(String::new(), LoadModel::Open, to_s - from_s, import.bin_s, 0)
    };
    let provenance = BTreeMap::from([
        ("prometheus".to_owned(), url.to_owned()),
        ("samples".to_owned(), found.samples.to_string()),
    ]);
    let manifest = Manifest {
        topology,
        provenance,
        windows: Some(Windows::alone(from_s, to_s, to_s)),
        ..Manifest::begun(Origin::Import, &import.name, from_s, plan)
    };
    manifest.write(&folder.manifest()).map_err(io("write", &folder.manifest()))?;
    let at = folder.events();
    let mut events = EventLog::create(&at).map_err(io("create", &at))?;
    let load = Event::Phase { t_unix_s: from_s, phase: Phase::Load };
    events.write(&load).map_err(io("write", &at))?;
    for message in warnings {
        let warning = Event::Warning { t_unix_s: from_s, message: message.clone() };
        events.write(&warning).map_err(io("write", &at))?;
    }
    // No client, which is a table without a row.
    Ok(Journal::<ClientRow>::create(&folder.client_journal())?.finish()?)
}
