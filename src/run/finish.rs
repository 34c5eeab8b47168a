//! After a run: journals become Parquet, then everything is computed from the files alone. `swarmlab report DIR` is
//! the second half of this file, so its figures cannot differ.

use std::collections::BTreeMap;
use std::path::Path;

use swarmlab_frame::client::ClientRow;
use swarmlab_frame::journal;
use swarmlab_frame::store::{self, Cell};
use swarmlab_intervals::Histogram;

use super::error::RunError;
use super::histograms;
use crate::analysis::{self, Analysis, Client, Summary, correlations, endpoints};
use crate::assemble::{self, Raw};
use crate::bundle::events;
use crate::bundle::folder::{RunFolder, write_atomically};
use crate::bundle::manifest::{Manifest, State};
use crate::present;
use crate::telemetry::Sample;

/// Turns the journals into Parquet files and notes how the run ended.
pub fn seal(folder: &RunFolder, state: State) -> Result<(), RunError> {
    let mut manifest = Manifest::read(&folder.manifest())?;
    if folder.client_journal().exists() {
        let rows = journal::read::<ClientRow>(&folder.client_journal())?.rows;
        store::write_client(&folder.client(), &rows)?;
        remove(&folder.client_journal())?;
    }
    if folder.server_journal().exists() {
        let samples = journal::read::<Sample>(&folder.server_journal())?.rows;
        let events = events::read(&folder.events()).map_err(RunError::io("read events.jsonl"))?;
        // One clock: samples carry Prometheus's, everything else ours.
        let shift_s =
            manifest.clock_offset.filter(|o| o.offset_s.abs() > o.error_s).map_or(0.0, |o| o.offset_s);
        let moved = samples.into_iter().map(|s| Sample { t_unix_s: s.t_unix_s - shift_s, ..s });
        let series = assemble::series(moved, &assemble::lives(&events));
        store::write_server(&folder.server(), &series)?;
        remove(&folder.server_journal())?;
    }
    manifest.state = state;
    manifest.write(&folder.manifest()).map_err(RunError::io("write manifest.json"))
}

fn remove(path: &Path) -> Result<(), RunError> {
    std::fs::remove_file(path).map_err(RunError::io(format!("remove {}", path.display())))
}

/// Reads the raw files of a run. A folder whose run was killed is sealed first.
pub fn read(folder: &RunFolder) -> Result<(Raw, Client), RunError> {
    let mut manifest = Manifest::read(&folder.manifest())?;
    if folder.client_journal().exists() || folder.server_journal().exists() {
        seal(folder, manifest.state.clone())?;
        manifest = Manifest::read(&folder.manifest())?;
    }
    let events = events::read(&folder.events()).map_err(RunError::io("read events.jsonl"))?;
    let client = store::read_client(&folder.client())?;
    let mut series = store::read_server(&folder.server())?;
    assemble::relive(&mut series, &assemble::lives(&events));
    let generator = manifest.generator;
    let raw = Raw { manifest, client, series, events };
    let response: BTreeMap<String, Histogram> = if folder.histograms().exists() {
        histograms::responses(&folder.histograms())?
    } else {
        BTreeMap::new()
    };
    let endpoints = endpoints::figures(&raw, &response);
    Ok((raw, Client { endpoints, generator }))
}

/// Computes everything from the raw files and writes it.
pub fn analyse(folder: &RunFolder) -> Result<Summary, RunError> {
    let (raw, client) = read(folder)?;
    let frame = assemble::frame(&raw)?;
    let analysis = analysis::analyse(&raw, &frame, &client);
    store::write_frame(&folder.frame_parquet(), &frame)?;
    store::write_frame_csv(&folder.frame_csv(), &frame)?;
    write_correlations(folder, &analysis)?;
    let mut summary = serde_json::to_vec_pretty(&analysis.summary)
        .map_err(|e| RunError::io("write summary.json")(std::io::Error::other(e)))?;
    summary.push(b'\n');
    write_atomically(&folder.summary(), &summary).map_err(RunError::io("write summary.json"))?;
    let model = present::model(&raw, &frame, &analysis);
    for artifact in swarmlab_report::render(&model).map_err(|e| RunError::Report(e.to_string()))? {
        let path = folder.root().join(&artifact.path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(RunError::io(format!("create {}", parent.display())))?;
        }
        write_atomically(&path, artifact.text.as_bytes())
            .map_err(RunError::io(format!("write {}", path.display())))?;
    }
    Ok(analysis.summary)
}

fn write_correlations(folder: &RunFolder, analysis: &Analysis) -> Result<(), RunError> {
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
            Cell::Number(r.q),
            Cell::Text(r.significant().to_string()),
        ]
    });
    Ok(store::write_table_csv(&folder.correlations(), &header, rows)?)
}
