//! From an analysis to the model that the report is drawn from: which figures, which panels, which words.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod actions;
mod associations;
mod autoscaling;
pub mod recompute;
mod resources;
mod seal;
mod tables;
mod timeline;

use swarmlab_frame::frame::Frame;
use swarmlab_report::ReportModel;
use swarmlab_report::model as m;

use swarmlab_analysis::{Analysis, Raw};
use swarmlab_record::manifest::{Origin, State};
use swarmlab_record::plan::LoadModel;
use swarmlab_record::summary::{Figure, Status, Verdict};
use swarmlab_record::topology::Bed;
use swarmlab_record::utc;

/// The model of a run's report.
pub fn model(raw: &Raw, frame: &Frame, analysis: &Analysis) -> ReportModel {
    let manifest = &raw.manifest;
    let windows = raw.windows().ok();
    let (start, duration_s) = windows.map_or((manifest.started_unix_s, 0.0), |w| {
        (w.load_start_unix_s, w.load_end_unix_s - w.load_start_unix_s)
    });
    let load = swarmlab_analysis::load_window(raw, frame);
    let names: Vec<&str> = manifest.topology.services.iter().map(|s| s.name.as_str()).collect();
    ReportModel {
        title: manifest.name.clone(),
        subtitle: format!("{} {}", analysis.summary.sentence, subtitle(raw)),
        experiment: manifest.name.clone(),
        testbed: match manifest.testbed {
            Some(Bed::Swarm) => "Docker Swarm".to_owned(),
            Some(Bed::Embedded) => "embedded: child processes of one machine, built-in proxies".to_owned(),
            Some(Bed::Simulated) => "simulated: a model in virtual time, nothing was measured".to_owned(),
            None if manifest.origin == Origin::Import => "none: imported from a Prometheus".to_owned(),
            None => match &manifest.imported {
                Some(of) => format!("none: a load alone, sent by {}", of.tool),
                None => "none: a load alone".to_owned(),
            },
        },
        started_utc: utc::extended(start),
        duration_s,
        partial: match &manifest.state {
            State::Complete => None,
            State::Running | State::Killed => Some("the command was killed".to_owned()),
            State::Partial { reason } => Some(reason.clone()),
        },
        notice: None,
        figures: analysis.summary.headline.iter().map(figure).collect(),
        verdicts: analysis.summary.verdicts.iter().map(verdict).collect(),
        timeline: timeline::timeline(raw, frame, &load, &analysis.summary.endpoints),
        intervals: associations::demands(&analysis.summary.demands),
        heat_maps: associations::heat_maps(raw, &load, &analysis.correlations, &names),
        scatters: associations::scatters(&load, &analysis.correlations, &names),
        tables: autoscaling::tables(raw, frame)
            .into_iter()
            .chain(actions::table(&raw.events, start))
            .chain(tables::all(raw, &load, analysis))
            .collect(),
        notes: analysis
            .summary
            .notes
            .iter()
            .map(|n| m::Note { status: status(n.status), text: n.text.clone() })
            .collect(),
        provenance: provenance(raw),
    }
}

fn subtitle(raw: &Raw) -> String {
    let e = &raw.manifest.plan;
    if raw.manifest.origin == Origin::Import {
        return format!("{:.0} s in bins of at least {:.0} s; no load of ours.", e.duration_s, e.bin_s);
    }
    if let Some(of) = &raw.manifest.imported {
        return format!(
            "Load of {} on {} for {:.0} s in bins of {} s; imported from its files.",
            of.tool, e.target_service, e.duration_s, e.bin_s
        );
    }
    let model = if e.model == LoadModel::Closed {
        "Closed loop: users that wait and think"
    } else {
        "Open loop: requests by schedule"
    };
    // Of one that was cut short as long as it was.
    let measured_s = raw.windows().map_or(e.duration_s, |w| w.load_end_unix_s - w.load_start_unix_s);
    let duration_s = if raw.manifest.state == State::Complete { e.duration_s } else { measured_s };
    format!(
        "{model}; load on {} for {:.0} s in bins of {:.0} s; seed {}.",
        e.target_service, duration_s, e.bin_s, e.seed
    )
}

fn status(s: Status) -> m::Status {
    match s {
        Status::Info => m::Status::Info,
        Status::Pass => m::Status::Pass,
        Status::NotJudged => m::Status::NotJudged,
        Status::Warn => m::Status::Warn,
        Status::Fail => m::Status::Fail,
    }
}

fn figure(f: &Figure) -> m::Figure {
    m::Figure {
        label: f.label.clone(),
        value: f.value.clone(),
        unit: f.unit.clone(),
        uncertainty: f.uncertainty.clone(),
        note: f.note.clone(),
        status: m::Status::Info,
    }
}

fn verdict(v: &Verdict) -> m::Verdict {
    m::Verdict {
        code: v.code.clone(),
        status: status(v.status),
        title: v.title.clone(),
        explanation: v.explanation.clone(),
        figures: v.figures.iter().map(figure).collect(),
    }
}

/// A shape as far as a reader looks at it; a trace holds all of its points, and the manifest has them.
fn shortened(shape: &str) -> String {
    const SHOWN: usize = 400;
    match shape.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… (whole in manifest.json)", &shape[..end]),
        None => shape.to_owned(),
    }
}

fn provenance(raw: &Raw) -> Vec<(String, String)> {
    let manifest = &raw.manifest;
    let e = &manifest.plan;
    let mut out = vec![("swarmlab".to_owned(), manifest.swarmlab.clone())];
    if let Some(bed) = manifest.testbed {
        out.push(("testbed".to_owned(), format!("{bed} ({})", manifest.testbed_reason)));
        out.push(("experiment".to_owned(), e.file.clone()));
        out.push(("stack".to_owned(), e.stack.clone()));
        if !e.overrides.is_empty() {
            out.push(("command line".to_owned(), e.overrides.join(" ")));
        }
        out.extend(e.variables.iter().map(|(name, value)| (format!("variable {name}"), value.clone())));
    }
    if let Some(shape) = &e.shape {
        let text = serde_json::to_string(shape).unwrap_or_default();
        out.push(("shape".to_owned(), shortened(&text)));
    }
    if manifest.origin != Origin::Import && manifest.imported.is_none() {
        out.push(("seed".to_owned(), e.seed.to_string()));
    }
    if let Some(t) = &manifest.target {
        let addresses: Vec<String> = t.addresses.iter().map(ToString::to_string).collect();
        out.push(("target".to_owned(), addresses.join(", ")));
    }
    out.extend(manifest.provenance.iter().map(|(k, v)| (k.clone(), v.clone())));
    out
}
