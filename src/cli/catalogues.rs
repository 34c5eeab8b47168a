//! `swarmlab catalogues list|show`

use std::path::Path;

use clap::{Args, Subcommand};
use swarmlab_catalogue::known::kind_word;
use swarmlab_catalogue::row::Edge;
use swarmlab_catalogue::{Catalogue, Catalogues, Row, parse};
use swarmlab_codes as codes;
use swarmlab_experiment::{FileKind, unreadable};

use super::{Global, output};
use crate::exit::Exit;

/// Arguments of `catalogues`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  swarmlab catalogues list
  swarmlab catalogues show envoy")]
pub struct CataloguesArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the catalogues of metrics that are compiled in
    #[command(after_help = "\
Examples:
  swarmlab catalogues list
  swarmlab catalogues list --json

Exit codes: 0 done.")]
    List,
    /// Show the metrics of a catalogue: one that is compiled in, or a file
    #[command(after_help = "\
A name with a `.` or a `/` in it is a file.

Examples:
  swarmlab catalogues show envoy
  swarmlab catalogues show ./queues.yml

Exit codes: 0 done, 2 no such catalogue, or something is wrong with the file.")]
    Show {
        /// Name of a catalogue, or a file
        name: String,
    },
}

/// Lists or shows.
pub fn main(args: &CataloguesArgs, global: &Global) -> Exit {
    match &args.action {
        Action::List => list(global),
        Action::Show { name } => show(name, global),
    }
}

fn list(global: &Global) -> Exit {
    let all = Catalogues::builtin();
    let listed: Vec<_> = all
        .all()
        .iter()
        .map(|c| serde_json::json!({"name": c.name, "role": c.role.name(), "metrics": c.rows.len(), "about": c.about}))
        .collect();
    let rows: Vec<Vec<String>> = all
        .all()
        .iter()
        .map(|c| vec![c.name.clone(), c.role.name().to_owned(), c.rows.len().to_string(), c.about.clone()])
        .collect();
    let text = output::table(&["catalogue", "role", "metrics", "about"], &rows);
    output::say(
        global.json,
        &serde_json::json!({"event": "catalogues", "catalogues": listed}),
        text.trim_end(),
    );
    Exit::Success
}

fn show(name: &str, global: &Global) -> Exit {
    let catalogue = match read(name, global) {
        Ok(catalogue) => catalogue,
        Err(exit) => return exit,
    };
    let metrics: Vec<_> = catalogue.rows.iter().map(|row| json(&catalogue, row)).collect();
    let value = serde_json::json!({
        "event": "catalogue", "name": catalogue.name, "role": catalogue.role.name(), "about": catalogue.about,
        "metrics": metrics,
    });
    output::say(global.json, &value, text(&catalogue).trim_end());
    Exit::Success
}

fn read(name: &str, global: &Global) -> Result<Catalogue, Exit> {
    if name.contains(['.', '/']) {
        let text = std::fs::read_to_string(name)
            .map_err(|e| output::bad_input(&unreadable(Path::new(name), &e), global.json))?;
        return FileKind::Catalogue
            .expect(Path::new(name), &text)
            .and_then(|()| parse(&text, name))
            .map_err(|findings| output::bad_input(&findings, global.json));
    }
    let all = Catalogues::builtin();
    if let Some(catalogue) = all.get(name) {
        return Ok(catalogue.clone());
    }
    let names: Vec<&str> = all.all().iter().map(|c| c.name.as_str()).collect();
    let help = match swarmlab_yaml::nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("one of {}; a file has a `.` or a `/` in its name", names.join(", ")),
    };
    Err(output::fail(
        &format!("there is no catalogue `{name}`"),
        Some(&help),
        global.json,
        codes::UNKNOWN_CATALOGUE,
    ))
}

fn json(catalogue: &Catalogue, row: &Row) -> serde_json::Value {
    serde_json::json!({
        "metric": row.selector.to_string(), "meaning": row.meaning.name(), "kind": kind_word(row.kind),
        "unit": row.unit, "factor": row.factor, "proof": row.proof, "interval_s": catalogue.interval_s(row),
    })
}

fn text(catalogue: &Catalogue) -> String {
    let labels = &catalogue.labels;
    let mut out = format!("{} ({}): {}\n", catalogue.name, catalogue.role.name(), catalogue.about);
    let mut say = |what: &str, label: Option<&str>| {
        if let Some(label) = label {
            out.push_str(&format!("{what:<8} by {label}\n"));
        }
    };
    say("service", labels.service.as_ref().map(|s| s.label.as_str()));
    say("task", labels.task.as_ref().map(|t| t.label.as_str()));
    say("node", labels.node.as_deref());
    say("behind", labels.edge.as_ref().and_then(|Edge { label, .. }| label.as_deref()));
    say("class", labels.class.as_ref().map(|c| c.join(", ")).as_deref());
    for (label, filter) in &labels.only {
        if !filter.is.is_empty() {
            out.push_str(&format!("only {label} {}\n", filter.is.join(", ")));
        }
        if !filter.not.is_empty() {
            out.push_str(&format!("without {label} {}\n", filter.not.join(", ")));
        }
    }
    out.push('\n');
    let rows: Vec<Vec<String>> = catalogue
        .rows
        .iter()
        .map(|r| {
            let times = if r.factor == 1.0 { String::new() } else { format!(" (x {})", r.factor) };
            let proof = if r.proof { "proof" } else { "" };
            vec![
                r.selector.to_string(),
                r.meaning.name().to_owned(),
                kind_word(r.kind).to_owned(),
                format!("{}{times}", r.unit),
                proof.to_owned(),
            ]
        })
        .collect();
    out.push_str(&output::table(&["metric", "meaning", "kind", "unit", ""], &rows));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_catalogue_is_shown_with_its_labels_and_rows() {
        let all = Catalogues::builtin();
        let shown = all.get("envoy").map(text).unwrap_or_default();
        for line in [
            "envoy (proxy): what an Envoy counted, asked for at /stats/prometheus",
            "service  by job",
            "behind   by envoy_cluster_name",
            "without envoy_http_conn_manager_prefix admin",
        ] {
            assert!(shown.lines().any(|l| l == line), "{line}:\n{shown}");
        }
        let is_row = |line: &str| {
            line.split_whitespace().take(2).eq(["envoy_http_downstream_rq_total", "downstream_requests"])
        };
        assert!(shown.lines().any(is_row), "{shown}");
    }
}
