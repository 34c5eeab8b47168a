//! Tables of the report: endpoints, counts, demands, resources.

use std::collections::BTreeMap;

use swarmlab_report::model::{Cell, Column, Table};

use swarmlab_analysis::{Analysis, Raw};
use swarmlab_frame::frame::Frame;
use swarmlab_record::manifest::Origin;

use crate::resources;

/// All tables that have rows.
pub fn all(raw: &Raw, load: &Frame, analysis: &Analysis) -> Vec<Table> {
    let mut tables = vec![endpoints(raw, analysis), counts(raw, analysis), demands(analysis)];
    tables.extend(resources::tables(raw, load));
    tables.retain(|t| !t.rows.is_empty());
    tables
}

fn cell(value: Option<f64>, decimals: usize) -> Cell {
    value.map_or_else(|| Cell::from(""), |v| Cell::from(format!("{v:.decimals$}")))
}

/// Empty where it is not known.
fn count(value: Option<u64>) -> Cell {
    Cell::from(value.map_or_else(String::new, |n| n.to_string()))
}

fn endpoints(raw: &Raw, analysis: &Analysis) -> Table {
    let rows = analysis
        .summary
        .endpoints
        .iter()
        .map(|e| {
            let q = |i: usize| cell(e.quantiles_ms.map(|q| q[i]), 1);
            let name = if e.endpoint == "*" { "all".to_owned() } else { e.endpoint.clone() };
            vec![
                Cell::from(name),
                count(e.sent),
                count(e.failed),
                cell(e.mean_ms, 1),
                q(0),
                q(1),
                q(2),
                q(3),
                q(4),
                cell(e.max_ms, 1),
                Cell::from(answers(&e.statuses)),
            ]
        })
        .collect();
    let ms = |label: &str| Column::number(label, "ms");
    Table {
        title: "Requests by endpoint".to_owned(),
        note: match &raw.manifest.imported {
            Some(of) => format!("Quantiles of merged histograms over the whole load. {}", of.times),
            None => "Quantiles of merged histograms over the whole load; response time counts from the moment a request was due.".to_owned(),
        },
        columns: vec![
            Column::text("endpoint"),
            Column::number("sent", ""),
            Column::number("failed", ""),
            ms("mean"),
            ms("p50"),
            ms("p90"),
            ms("p95"),
            ms("p99"),
            ms("p99.9"),
            ms("max"),
            Column::text("answers by status"),
        ],
        rows,
    }
}

/// `200: 97, 404: 3`
fn answers(statuses: &BTreeMap<String, u64>) -> String {
    statuses.iter().map(|(status, n)| format!("{status}: {n}")).collect::<Vec<_>>().join(", ")
}

fn counts(raw: &Raw, analysis: &Analysis) -> Table {
    let c = &analysis.summary.counts;
    let mut rows = Vec::new();
    if analysis.summary.origin != Origin::Import {
        let who = format!("{}: sent", raw.manifest.sender());
        rows.push(vec![Cell::from(who), count(c.sent), Cell::from("yes")]);
    }
    rows.extend(c.servers.iter().map(|s| {
        vec![
            Cell::from(s.counter.clone()),
            Cell::from(format!("{:.0}", s.count)),
            Cell::from(if s.exact { "yes" } else { "no" }),
        ]
    }));
    Table {
        title: "Who counted what over the load".to_owned(),
        note: "Exact: the counter was sampled in the quiet before the load and after its last answer."
            .to_owned(),
        columns: vec![Column::text("counter"), Column::number("requests", ""), Column::text("exact")],
        rows,
    }
}

fn demands(analysis: &Analysis) -> Table {
    let rows = analysis
        .summary
        .demands
        .iter()
        .map(|d| {
            let ms = |v: Option<f64>| cell(v.map(|s| s * 1e3), 3);
            vec![
                Cell::from(d.service.clone()),
                ms(Some(d.demand_s)),
                Cell::from(format!("{:.3} to {:.3}", d.ci_s.0 * 1e3, d.ci_s.1 * 1e3)),
                ms(d.self_accounted_s),
                ms(d.burned_s),
                ms(d.declared_s),
                cell(d.idle_cores, 4),
                Cell::from(d.method.name()),
                cell(d.r2, 3),
            ]
        })
        .collect();
    Table {
        title: "CPU demand by service".to_owned(),
        note: "CPU seconds per request by the utilisation law; own account: the service's process CPU over its request count.".to_owned(),
        columns: vec![
            Column::text("service"),
            Column::number("fitted", "ms/request"),
            Column::number("95 % CI", "ms/request"),
            Column::number("own account", "ms/request"),
            Column::number("burned", "ms/request"),
            Column::number("declared", "ms/request"),
            Column::number("idle", "cores"),
            Column::text("method"),
            Column::number("R²", ""),
        ],
        rows,
    }
}
