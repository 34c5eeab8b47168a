//! After a run: journals become Parquet, then everything is computed from the files alone. `swarmlab report DIR` is
//! the second half of this file, so its figures cannot differ.

use std::path::{Path, PathBuf};

use swarmlab_analysis::assemble::{self, AssembleError, Raw};
use swarmlab_analysis::counts::Totals;
use swarmlab_analysis::{Analysis, Client, correlations, endpoints};
use swarmlab_codes as codes;
use swarmlab_frame::frame::Frame;
use swarmlab_frame::store::{self, Cell, SeriesReader};
use swarmlab_record::client::ClientRow;
use swarmlab_record::folder::{RunFolder, write_atomically};
use swarmlab_record::histograms::Log;
use swarmlab_record::integrity::{self, Damage, Integrity};
use swarmlab_record::manifest::{Manifest, ManifestError, Origin, State};
use swarmlab_record::series::{Head, Series};
use swarmlab_record::summary::Summary;
use swarmlab_record::{FileError, Phase, client, decisions, events, journal, layout1};

/// Why a folder cannot be read, or its results cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RecomputeError {
    /// The manifest is missing or damaged.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// There is nothing to analyse.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A command is at work on it.
    #[error("{} is still being written: its run goes on", .0.display())]
    GoesOn(PathBuf),
    /// The report could not be drawn.
    #[error("the report could not be drawn: {0}")]
    Report(String),
}

impl RecomputeError {
    /// Its row in the table of errors.
    pub fn code(&self) -> codes::Code {
        match self {
            Self::Manifest(e) => e.code(),
            Self::File(_) => codes::BAD_STORE,
            Self::Assemble(e) => e.code(),
            Self::Io { .. } => codes::RUN_IO,
            Self::GoesOn(_) => codes::RUN_GOES_ON,
            Self::Report(_) => codes::NO_REPORT,
        }
    }
}

fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> RecomputeError {
    let path = path.to_owned();
    move |source| RecomputeError::Io { action, path, source }
}

/// Turns the journals into Parquet files and notes how the run ended.
///
/// # Errors
/// [`RecomputeError`] naming the file.
pub fn seal(folder: &RunFolder, state: State) -> Result<(), RecomputeError> {
    let mut manifest = Manifest::read(&folder.manifest())?;
    if folder.spare().exists() {
        remove(&folder.spare())?;
    }
    if matches!(state, State::Partial { .. }) {
        // First of all: what made the run end may be a full disk, and then nothing after this succeeds.
        manifest.state = state.clone();
        manifest.write(&folder.manifest()).map_err(io("write", &folder.manifest()))?;
    }
    if folder.client_journal().exists() {
        let rows = journal::read::<ClientRow>(&folder.client_journal())?.rows;
        store::write_client(&folder.client(), &rows)?;
        remove(&folder.client_journal())?;
    }
    for journal in [folder.server_journal(), folder.server_lines()] {
        if !journal.exists() {
            continue;
        }
        let events = events::read(&folder.events()).map_err(io("read", &folder.events()))?;
        // One clock: samples carry Prometheus's, everything else ours.
        let shift_s =
            manifest.clock_offset.filter(|o| o.offset_s.abs() > o.error_s).map_or(0.0, |o| o.offset_s);
        crate::seal::samples(folder, &journal, &assemble::lives(&events), shift_s)?;
        remove(&journal)?;
    }
    // Of a run that was killed what is sealed is what was found of it.
    manifest.state = state;
    manifest.files = integrity::seal(folder).map_err(io("read", folder.root()))?;
    manifest.write(&folder.manifest()).map_err(io("write", &folder.manifest()))
}

fn remove(path: &Path) -> Result<(), RecomputeError> {
    std::fs::remove_file(path).map_err(io("remove", path))
}

/// Folders of `load --out` had no manifest in the first layout, and their own summary under the name that a run's has now.
fn give_manifest(folder: &RunFolder) -> Result<(), RecomputeError> {
    let (path, summary) = (folder.manifest(), folder.summary());
    if path.exists() || !folder.client().exists() {
        return Ok(());
    }
    let Ok(text) = std::fs::read_to_string(&summary) else { return Ok(()) };
    let rows = store::read_client(&folder.client())?;
    let bin_s = rows.first().map_or(1.0, |r| r.width_s);
    if let Some(manifest) = layout1::manifest_of_load(&text, bin_s) {
        std::fs::rename(&summary, folder.load_summary()).map_err(io("rename", &summary))?;
        if !folder.events().exists() {
            let t_unix_s = manifest.started_unix_s;
            let mut log =
                events::EventLog::create(&folder.events()).map_err(io("write", &folder.events()))?;
            let began = events::Event::Phase { t_unix_s, phase: Phase::Load };
            log.write(&began).map_err(io("write", &folder.events()))?;
        }
        manifest.write(&path).map_err(io("write", &path))?;
    }
    Ok(())
}

/// Completes the folder of a run that was killed: its journals become tables, and its manifest says what became of it.
fn complete(folder: &RunFolder, manifest: Manifest) -> Result<Manifest, RecomputeError> {
    let journals = [folder.client_journal(), folder.server_journal(), folder.server_lines()];
    // What was sealed is not written over by a journal that somebody put beside it.
    let is_open = manifest.files.is_empty() && journals.iter().any(|journal| journal.exists());
    if !is_open && manifest.state != State::Running {
        return Ok(manifest);
    }
    if folder.is_being_written() {
        // Its journals are somebody else's still.
        return Err(RecomputeError::GoesOn(folder.root().to_owned()));
    }
    let state = match manifest.state.clone() {
        State::Running => State::Killed,
        state => state,
    };
    if is_open || manifest.files.is_empty() {
        seal(folder, state)?;
        return Ok(Manifest::read(&folder.manifest())?);
    }
    // An earlier version completed it.
    let manifest = Manifest { state, ..manifest };
    manifest.write(&folder.manifest()).map_err(io("write", &folder.manifest()))?;
    Ok(manifest)
}

/// Reads the raw files of a run, all but the samples of its servers. A folder whose run was killed is sealed first.
///
/// # Errors
/// [`RecomputeError`] naming the file; also of a run that goes on.
pub fn read(folder: &RunFolder) -> Result<(Raw, Client), RecomputeError> {
    give_manifest(folder)?;
    let manifest = complete(folder, Manifest::read(&folder.manifest())?)?;
    let events = events::read(&folder.events()).map_err(io("read", &folder.events()))?;
    let client = store::read_client(&folder.client())?;
    let generator = manifest.generator;
    let log = Log::read(&folder.histograms())?;
    let files = whole(folder, &manifest, &client, &log)?;
    let at = folder.decisions();
    let decisions =
        decisions::read(&at).map_err(io("read", &at))?.into_iter().map(|(line, _)| line).collect();
    let raw = Raw { manifest, client, events, decisions, files };
    let endpoints = endpoints::figures(&raw, &log.responses());
    Ok((raw, Client { endpoints, generator }))
}

/// Whether the files are as they were sealed, and agree with each other.
fn whole(
    folder: &RunFolder,
    manifest: &Manifest,
    client: &[ClientRow],
    log: &Log,
) -> Result<Integrity, RecomputeError> {
    let mut damage = integrity::broken(folder, &manifest.files).map_err(io("read", folder.root()))?;
    let (compared, contradictions) = if manifest.imported.as_ref().is_some_and(|of| !of.histograms) {
        (0, integrity::of_rows(client))
    } else if assemble::lacks_its_end(manifest, client) {
        let (mut client, mut log) = (client.to_vec(), log.clone());
        integrity::whole_intervals(&mut client, &mut log);
        integrity::agreement(&client, &log)
    } else {
        integrity::agreement(client, log)
    };
    damage.extend(contradictions);
    Ok(Integrity { sealed: manifest.files.len(), compared, damage })
}

/// Reads the samples of the servers, one series after the other, into the frame and the totals of counters.
///
/// # Errors
/// [`RecomputeError`] naming the file, also when no load was begun.
pub fn assemble(folder: &RunFolder, raw: &Raw) -> Result<(Frame, Totals), RecomputeError> {
    let lives = assemble::lives(&raw.events);
    let (who, when, first_layout) = (folder.series(), folder.samples(), folder.server());
    if !who.exists() && (first_layout.exists() || raw.manifest.origin == Origin::Load) {
        // The first layout is read whole. A load alone has no servers.
        let mut series = if first_layout.exists() { store::read_server(&first_layout)? } else { Vec::new() };
        let mut heads: Vec<Head> = series.iter().map(Head::of).collect();
        assemble::give_lives(&mut heads, &lives);
        let of_life =
            series.iter_mut().zip(&heads).map(|(s, head)| Ok(head.with(std::mem::take(&mut s.samples))));
        return built(folder, raw, &heads, of_life);
    }
    let mut reader = SeriesReader::open(&who, &when)?;
    assemble::give_lives(reader.heads_mut(), &lives);
    let heads = reader.heads().to_vec();
    built(folder, raw, &heads, reader.map(|series| series.map_err(RecomputeError::from)))
}

/// Where a source is slower than the bins these are wider, and so are the clients' rows, with quantiles from the histograms
/// of their intervals.
fn built(
    folder: &RunFolder,
    raw: &Raw,
    heads: &[Head],
    series: impl IntoIterator<Item = Result<Series, RecomputeError>>,
) -> Result<(Frame, Totals), RecomputeError> {
    let grid = assemble::grid(raw, heads)?;
    if !grid.widened {
        return assemble::build(raw, &grid, &raw.client, heads, series);
    }
    let histograms = Log::read(&folder.histograms())?.binned(grid.origin_unix_s, grid.width_s);
    let rows = client::merged(&raw.client, grid.origin_unix_s, grid.width_s, &histograms);
    assemble::build(raw, &grid, &rows, heads, series)
}

/// Computes everything from the raw files and writes it.
///
/// # Errors
/// [`RecomputeError`], also when no load was begun.
pub fn analyse(folder: &RunFolder) -> Result<Summary, RecomputeError> {
    let (mut raw, client) = read(folder)?;
    let (frame, totals) = match assemble(folder, &raw) {
        // What the clients felt is still there, and is shown.
        Err(RecomputeError::File(e)) => {
            raw.files
                .damage
                .push(Damage { file: "samples of servers".to_owned(), what: format!("cannot be read: {e}") });
            built(folder, &raw, &[], std::iter::empty())?
        }
        assembled => assembled?,
    };
    let analysis = swarmlab_analysis::analyse(&raw, &totals, &frame, &client);
    store::write_frame(&folder.frame_parquet(), &frame)?;
    store::write_frame_csv(&folder.frame_csv(), &frame)?;
    write_correlations(folder, &analysis)?;
    let at = folder.summary();
    let mut summary = serde_json::to_vec_pretty(&analysis.summary)
        .map_err(|e| io("write", &at)(std::io::Error::other(e)))?;
    summary.push(b'\n');
    write_atomically(&at, &summary).map_err(io("write", &at))?;
    // Killed between the two, the folder says that its figures are not these, and `report` mends it.
    let mut manifest = raw.manifest.clone();
    manifest.computed = integrity::seal_computed(folder).map_err(io("read", &at))?;
    manifest.write(&folder.manifest()).map_err(io("write", &folder.manifest()))?;
    let model = crate::model(&raw, &frame, &analysis);
    for artifact in swarmlab_report::render(&model).map_err(|e| RecomputeError::Report(e.to_string()))? {
        let path = folder.root().join(&artifact.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(io("create", parent))?;
        }
        write_atomically(&path, artifact.text.as_bytes()).map_err(io("write", &path))?;
    }
    Ok(analysis.summary)
}

fn write_correlations(folder: &RunFolder, analysis: &Analysis) -> Result<(), RecomputeError> {
    let header = [
        "server",
        "client",
        "method",
        "r_at_zero",
        "lag_s",
        "r",
        "ci_low",
        "ci_high",
        "n",
        "n_eff",
        "p_lags",
        "q",
        "significant",
    ];
    let rows = analysis.correlations.iter().map(|r: &correlations::Row| {
        vec![
            Cell::Text(r.server.clone()),
            Cell::Text(r.client.clone()),
            Cell::Text(match r.method {
                swarmlab_stats::CorrelationMethod::Pearson => "pearson".to_owned(),
                swarmlab_stats::CorrelationMethod::Spearman => "spearman".to_owned(),
            }),
            r.r_at_zero.map_or(Cell::Null, Cell::Number),
            Cell::Number(r.lag_s),
            Cell::Number(r.r),
            Cell::Number(r.ci.0),
            Cell::Number(r.ci.1),
            Cell::Number(r.n as f64),
            Cell::Number(r.n_eff),
            Cell::Number(r.p_lags),
            r.q.map_or(Cell::Null, Cell::Number),
            Cell::Text(r.significant().to_string()),
        ]
    });
    Ok(store::write_table_csv(&folder.correlations(), &header, rows)?)
}
