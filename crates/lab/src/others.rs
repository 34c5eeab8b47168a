//! A run folder of what another tool's clients measured: the same files as those of a load alone.

use std::collections::BTreeMap;
use std::path::Path;

use swarmlab_codes::{self as codes, Code};
use swarmlab_import::results::{Outcome, Part, Stretch};
use swarmlab_intervals::log::{LogWriter, Quantity};
use swarmlab_intervals::{add_histogram, new_histogram, status_name};
use swarmlab_present::recompute::{self, RecomputeError};
use swarmlab_record::client::{ALL_ENDPOINTS, ClientRow, LatencyMs, Unknown, with_quantiles};
use swarmlab_record::events::{Event, EventLog};
use swarmlab_record::folder::RunFolder;
use swarmlab_record::journal::Journal;
use swarmlab_record::manifest::{Imported, Manifest, Origin, State, Told, Windows};
use swarmlab_record::plan::{LoadModel, Plan};
use swarmlab_record::summary::Summary;
use swarmlab_record::{FileError, Phase, utc};

/// Words of whoever imports.
#[derive(Debug, Clone)]
pub struct Words {
    /// The tool, as readers call it.
    pub tool: String,
    /// What its times are, a sentence.
    pub times: String,
    /// What the load went to.
    pub target: String,
}

/// Why no folder was written.
#[derive(Debug, thiserror::Error)]
pub enum OthersError {
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
    /// A table of the folder.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder cannot be analysed.
    #[error(transparent)]
    Recompute(#[from] RecomputeError),
}

impl OthersError {
    /// Its number and name.
    pub fn code(&self) -> Code {
        match self {
            Self::Io { .. } => codes::RUN_IO,
            Self::File(_) => codes::BAD_STORE,
            Self::Recompute(e) => e.code(),
        }
    }
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> OthersError + use<> {
    let path = path.display().to_string();
    move |source| OthersError::Io { action, path, source }
}

/// Writes what was read into an empty folder, interval by interval, and analyses it. What fails leaves the folder as far as it
/// came; the caller removes it.
///
/// # Errors
/// [`OthersError`].
pub fn write(outcome: Outcome, words: &Words, folder: &RunFolder) -> Result<Summary, OthersError> {
    let begin_unix_s = outcome.begin_unix_s;
    manifest(&outcome, words).write(&folder.manifest()).map_err(io("write", &folder.manifest()))?;
    let at = folder.events();
    let mut events = EventLog::create(&at).map_err(io("create", &at))?;
    let began = Event::Phase { t_unix_s: begin_unix_s, phase: Phase::Load };
    events.write(&began).map_err(io("write", &at))?;
    for remark in &outcome.remarks {
        let warning = Event::Warning { t_unix_s: begin_unix_s, message: remark.to_string() };
        events.write(&warning).map_err(io("write", &at))?;
    }
    let unknown = Unknown::of(&outcome.unknown);
    let at = folder.histograms();
    let file = std::fs::File::options().write(true).create_new(true).open(&at).map_err(io("create", &at))?;
    let mut log = LogWriter::new(file, begin_unix_s).map_err(io("write", &at))?;
    let mut journal = Journal::<ClientRow>::create(&folder.client_journal())?;
    for stretch in outcome.stretches {
        let of_parts = stretch.parts.iter().map(|p| (Quantity::Response, p.endpoint.as_str(), &p.response));
        log.write_histograms(stretch.start_unix_s, stretch.width_s, of_parts).map_err(io("write", &at))?;
        for row in rows(&stretch, unknown) {
            journal.append(&row, stretch.start_unix_s)?;
        }
    }
    journal.finish()?;
    recompute::seal(folder, State::Complete)?;
    Ok(recompute::analyse(folder)?)
}

fn manifest(outcome: &Outcome, words: &Words) -> Manifest {
    let (load_begin, load_end) = outcome.load_unix_s;
    // Which model it was is not known; nothing that is computed of a load without a shape depends on it.
    let model = LoadModel::Open;
    let length_s = load_end - load_begin;
    let plan = Plan::of_load(words.target.clone(), model, length_s, outcome.width_s, 0);
    let name = format!("{}-{}", words.tool.to_lowercase(), utc::compact(outcome.begin_unix_s));
    Manifest {
        windows: Some(Windows {
            grid_unix_s: outcome.begin_unix_s,
            load_start_unix_s: load_begin,
            load_end_unix_s: load_end,
            drained_unix_s: outcome.end_unix_s,
            settled_unix_s: outcome.end_unix_s,
        }),
        imported: Some(Imported {
            tool: words.tool.clone(),
            files: outcome.files.clone(),
            times: words.times.clone(),
            unknown: outcome.unknown.iter().map(|name| (*name).to_owned()).collect(),
            histograms: outcome.histograms,
            told: told(outcome),
            failures: outcome
                .failures
                .iter()
                .map(|f| format!("{} of {}: {}", f.times, f.endpoint, f.words))
                .collect(),
        }),
        provenance: BTreeMap::from([
            ("files".to_owned(), outcome.files.join(", ")),
            ("requests".to_owned(), outcome.requests.to_string()),
        ]),
        ..Manifest::begun(Origin::Load, name, outcome.begin_unix_s, plan)
    }
}

/// By endpoint; of a load of one endpoint all are that one.
fn told(outcome: &Outcome) -> BTreeMap<String, Told> {
    let all = |name: &str| if name == "Aggregated" { ALL_ENDPOINTS.to_owned() } else { name.to_owned() };
    let of = |t: &swarmlab_import::results::Told| Told { max_ms: t.max_ms, quantiles_ms: t.quantiles_ms };
    outcome.told.iter().map(|t| (all(&t.endpoint), of(t))).collect()
}

/// One row of all, then one an endpoint.
fn rows(stretch: &Stretch, unknown: Unknown) -> Vec<ClientRow> {
    let mut all = Part {
        endpoint: ALL_ENDPOINTS.to_owned(),
        sent: 0,
        completed: 0,
        succeeded: 0,
        failed: 0,
        connect_errors: 0,
        bytes_sent: stretch.bytes[0],
        bytes_received: stretch.bytes[1],
        errors: BTreeMap::new(),
        statuses: BTreeMap::new(),
        response_sum_us: 0,
        response: new_histogram(),
    };
    for part in &stretch.parts {
        add(&mut all, part);
    }
    let of_all = ClientRow {
        in_flight: stretch.in_flight,
        iterations: stretch.iterations,
        ..row(stretch, &all, unknown)
    };
    std::iter::once(of_all).chain(stretch.parts.iter().map(|part| row(stretch, part, unknown))).collect()
}

fn add(all: &mut Part, part: &Part) {
    all.sent += part.sent;
    all.completed += part.completed;
    all.succeeded += part.succeeded;
    all.failed += part.failed;
    all.connect_errors += part.connect_errors;
    all.bytes_sent = all.bytes_sent.saturating_add(part.bytes_sent);
    all.bytes_received = all.bytes_received.saturating_add(part.bytes_received);
    for (name, n) in &part.errors {
        *all.errors.entry(name.clone()).or_default() += n;
    }
    for (status, n) in &part.statuses {
        *all.statuses.entry(*status).or_default() += n;
    }
    all.response_sum_us = all.response_sum_us.saturating_add(part.response_sum_us);
    add_histogram(&mut all.response, &part.response);
}

fn row(stretch: &Stretch, part: &Part, unknown: Unknown) -> ClientRow {
    let unknown = if stretch.users.is_none() { unknown.and("users") } else { unknown };
    let class = |of: u16| -> u64 {
        part.statuses.iter().filter(|(status, _)| **status / 100 == of).map(|(_, n)| n).sum()
    };
    let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
    for (status, n) in &part.statuses {
        *statuses.entry(status_name(*status)).or_default() += n;
    }
    // Texts and numbers cannot fail to be written.
    let json = |counts: &BTreeMap<String, u64>| serde_json::to_string(counts).unwrap_or_default();
    ClientRow {
        t_unix_s: stretch.start_unix_s,
        width_s: stretch.width_s,
        phase: Phase::Load,
        endpoint: part.endpoint.clone(),
        users: stretch.users.unwrap_or(0.0),
        offered: 0,
        sent: part.sent,
        completed: part.completed,
        succeeded: part.succeeded,
        failed: part.failed,
        late: 0,
        connect_errors: part.connect_errors,
        trust: None,
        doubts: String::new(),
        in_flight: 0,
        queued: 0,
        iterations: 0,
        think_s: 0.0,
        status_1xx: class(1),
        status_2xx: class(2),
        status_3xx: class(3),
        status_4xx: class(4),
        status_5xx: class(5),
        // An empty text says that nothing was recorded.
        statuses_json: if unknown.has("status_2xx") { String::new() } else { json(&statuses) },
        errors_json: json(&part.errors),
        bytes_sent: part.bytes_sent,
        bytes_received: part.bytes_received,
        response: times(part),
        service: None,
        lateness: None,
        unknown,
    }
}

/// Of requests that were only counted the mean alone is known.
fn times(part: &Part) -> Option<LatencyMs> {
    let mean = part.response_sum_us as f64 / 1e3 / part.completed as f64;
    if part.response.is_empty() && part.completed > 0 {
        let no = f64::NAN;
        return Some(LatencyMs { mean, p50: no, p90: no, p95: no, p99: no, max: no });
    }
    with_quantiles(&part.response, mean)
}
