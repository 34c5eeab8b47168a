//! Demands against the truth, the correlation heat map, and the strongest pairs point by point.

use swarmlab_frame::frame::Frame;
use swarmlab_report::model::{
    Finding, Fit, HeatCell, HeatMap, Ink, IntervalPlot, IntervalRow, Scatter, ScatterPoint, Unit,
};
use swarmlab_stats::CorrelationMethod;

use swarmlab_analysis::Raw;
use swarmlab_analysis::correlations::{self, ALPHA, CLIENT, MAX_LAG_S, Row};
use swarmlab_record::summary::Demand;

/// How many of the strongest pairs are drawn.
const SCATTERS: usize = 4;

/// Fitted demand beside the service's own account.
pub fn demands(all: &[Demand]) -> Vec<IntervalPlot> {
    let rows: Vec<IntervalRow> = all
        .iter()
        .map(|d| IntervalRow {
            label: d.service.clone(),
            ink: Ink::Service(d.service.clone()),
            estimate: Some(d.demand_s * 1e3),
            interval: Some((d.ci_s.0 * 1e3, d.ci_s.1 * 1e3)),
            truth: d.self_marginal_s.or(d.self_accounted_s).map(|s| s * 1e3),
        })
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    vec![IntervalPlot {
        title: "CPU demand per request".to_owned(),
        note: "Fitted from outside by the utilisation law, with its 95 % interval, against what each service accounts for itself (without its idle share where it can be told apart).".to_owned(),
        unit: Unit::Ms,
        truth_label: "own account".to_owned(),
        rows,
    }]
}

/// Readable name of a column: services as they are called, and the unit is left to the axis.
fn label(column: &str, services: &[&str]) -> String {
    let mut of: Option<(&str, &str)> = None;
    for service in services {
        let metric = column.strip_prefix(&swarmlab_analysis::column(service, "", ""));
        // Of two services of which one's name begins the other's, the longer.
        if let Some(metric) = metric.filter(|_| of.is_none_or(|(name, _)| name.len() < service.len())) {
            of = Some((service, metric));
        }
    }
    if let Some((service, metric)) = of {
        return format!("{service} {}", words(metric));
    }
    words(column.strip_prefix("client_").unwrap_or(column))
}

fn words(short: &str) -> String {
    let short = ["_cores", "_bytes_per_s", "_bytes", "_per_s", "_ms"]
        .iter()
        .find_map(|u| short.strip_suffix(u))
        .unwrap_or(short);
    short.replace('_', " ")
}

fn unit(column: &str) -> Unit {
    match column {
        c if c.ends_with("_cores") => Unit::Cores,
        c if c.ends_with("_bytes_per_s") => Unit::BytesPerS,
        c if c.ends_with("_bytes") => Unit::Bytes,
        c if c.ends_with("_per_s") => Unit::PerS("requests".to_owned()),
        c if c.ends_with("_ms") => Unit::Ms,
        _ => Unit::Count,
    }
}

/// One map: Spearman at the best lag.
pub fn heat_maps(raw: &Raw, load: &Frame, rows: &[Row], names: &[&str]) -> Vec<HeatMap> {
    let servers = correlations::server_columns(raw, load);
    let of = |server: &str, client: &str| {
        rows.iter()
            .find(|r| r.method == CorrelationMethod::Spearman && r.server == server && r.client == client)
    };
    let servers: Vec<&String> =
        servers.iter().filter(|s| CLIENT.iter().any(|c| of(s, c).is_some())).collect();
    let clients: Vec<&str> =
        CLIENT.iter().copied().filter(|c| servers.iter().any(|s| of(s, c).is_some())).collect();
    if servers.is_empty() {
        return Vec::new();
    }
    let cells = servers.iter().map(|s| clients.iter().map(|c| of(s, c).and_then(cell)).collect()).collect();
    vec![HeatMap {
        title: "Spearman correlation".to_owned(),
        note: format!(
            "Bins of the load window; lags up to {MAX_LAG_S:.0} s to both sides were tried, and one is named only when it stands out from lag zero. Samples that follow each other are not independent: significance uses the effective sample size, corrected for all pairs, and where a lag is named for the lags tried (false discovery rate {:.0} %).",
            ALPHA * 100.0
        ),
        rows: servers.iter().map(|s| label(s, names)).collect(),
        columns: clients.iter().map(|c| label(c, names)).collect(),
        cells,
    }]
}

/// A pair in the map. A lag is part of the claim: without the one there is not the other, and what is shown is the coefficient
/// without a lag.
fn cell(row: &Row) -> Option<HeatCell> {
    let (r, lag_s) = if row.significant() { (row.r, row.lag_s) } else { (row.r_at_zero?, 0.0) };
    let finding = match (row.significant(), row.judged()) {
        (true, _) => Finding::Significant,
        (false, true) => Finding::NotSignificant,
        (false, false) => Finding::TooFew,
    };
    Some(HeatCell { r, lag_s, n_eff: row.n_eff, finding })
}

/// The strongest associated pairs by Pearson's coefficient, each server metric at most once.
pub fn scatters(load: &Frame, rows: &[Row], names: &[&str]) -> Vec<Scatter> {
    let mut out: Vec<Scatter> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for row in rows.iter().filter(|r| r.method == CorrelationMethod::Pearson && r.significant()) {
        if out.len() == SCATTERS || seen.contains(&row.server.as_str()) {
            continue;
        }
        seen.push(&row.server);
        out.extend(scatter(load, row, names));
    }
    out
}

fn scatter(load: &Frame, row: &Row, names: &[&str]) -> Option<Scatter> {
    let (x, y) = (load.get(&row.client)?, load.get(&row.server)?);
    let t_s = load.t_s();
    let lag = (row.lag_s / load.bins().width_s()).round() as i64;
    let mut points = Vec::new();
    for (i, x) in x.iter().enumerate() {
        let later = usize::try_from(i64::try_from(i).ok()? + lag).ok();
        if let (Some(x), Some(Some(y))) = (x, later.and_then(|j| y.get(j))) {
            points.push(ScatterPoint { t_s: *t_s.get(i)?, x: *x, y: *y });
        }
    }
    let fit = least_squares(&points);
    Some(Scatter {
        title: format!("{} against {}", label(&row.server, names), label(&row.client, names)),
        x_label: label(&row.client, names),
        x_unit: unit(&row.client),
        y_label: label(&row.server, names),
        y_unit: unit(&row.server),
        points,
        r: Some(row.r),
        r_interval: Some(row.ci),
        lag_s: row.lag_s,
        n_eff: Some(row.n_eff),
        fit,
        note: String::new(),
    })
}

fn least_squares(points: &[ScatterPoint]) -> Option<Fit> {
    let n = points.len() as f64;
    if points.len() < 3 {
        return None;
    }
    let (mx, my) = (points.iter().map(|p| p.x).sum::<f64>() / n, points.iter().map(|p| p.y).sum::<f64>() / n);
    let sxx: f64 = points.iter().map(|p| (p.x - mx).powi(2)).sum();
    let sxy: f64 = points.iter().map(|p| (p.x - mx) * (p.y - my)).sum();
    (sxx > 0.0).then(|| {
        let slope = sxy / sxx;
        Fit { slope, intercept: my - slope * mx }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_pair_that_is_associated_has_a_lag() {
        let row = |q, ci| Row {
            server: "web_cpu_cores".to_owned(),
            client: "client_users".to_owned(),
            method: CorrelationMethod::Spearman,
            r_at_zero: Some(0.1),
            lag_s: 2.0,
            r: 0.7,
            ci,
            n: 60,
            n_eff: 40.0,
            p_lags: 0.01,
            q,
        };
        let shown = |row: &Row| cell(row).map(|c| (c.r, c.lag_s, c.finding));
        assert_eq!(shown(&row(Some(0.01), (0.4, 0.9))), Some((0.7, 2.0, Finding::Significant)));
        for doubtful in [row(Some(0.2), (0.4, 0.9)), row(Some(0.01), (-0.1, 0.9))] {
            assert_eq!(shown(&doubtful), Some((0.1, 0.0, Finding::NotSignificant)));
        }
        assert_eq!(
            shown(&Row { n: 3, n_eff: 3.0, ..row(None, (-1.0, 1.0)) }),
            Some((0.1, 0.0, Finding::TooFew))
        );
        assert_eq!(shown(&Row { r_at_zero: None, ..row(Some(0.2), (0.4, 0.9)) }), None);
    }

    #[test]
    fn columns_are_read_as_words_and_units() {
        let services = ["ms", "ms-exercise"];
        assert_eq!(label("ms_exercise_cpu_cores", &services), "ms-exercise cpu");
        assert_eq!(label("ms_cpu_cores", &services), "ms cpu");
        assert_eq!(label("client_response_p95_ms", &services), "response p95");
        assert_eq!(label("node_cpu_cores", &services), "node cpu");
        assert_eq!(unit("client_offered_per_s"), Unit::PerS("requests".to_owned()));
        assert_eq!(unit("a_network_received_bytes_per_s"), Unit::BytesPerS);
    }
}
