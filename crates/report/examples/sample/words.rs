//! The model of the synthetic run.

use swarmlab_report::ReportModel;
use swarmlab_report::model::*;

use crate::found::{correlate, fit, interval};
use crate::series::{Run, SCALINGS, SERVICES, Series};

pub fn model(run: &Run) -> ReportModel {
    ReportModel {
        title: "Ramp to saturation".into(),
        subtitle:
            "An open load grows from 12 to 180 requests per second while an autoscaler follows the CPU of \
                   ms-exercise."
                .into(),
        experiment: "ramp-to-saturation.yml".into(),
        testbed: "Docker Swarm, 1 node (synthetic)".into(),
        started_utc: "2026-01-01T12:00:00Z".into(),
        duration_s: 300.0,
        partial: None,
        notice: Some(
            "Synthetic data: no system was measured. This page shows what a report looks like.".into(),
        ),
        figures: figures(run),
        verdicts: verdicts(run),
        timeline: timeline(run),
        intervals: vec![demands(run)],
        heat_maps: vec![heat_map(run)],
        scatters: scatters(run),
        tables: tables(run),
        notes: vec![
            Note {
                status: Status::Warn,
                text: "ms-other: 17 of 350 CPU samples are missing (196 s to 213 s).".into(),
            },
            Note { status: Status::Info, text: "Clocks of client and server are the same: one host.".into() },
        ],
        provenance: [
            ("swarmlab", "0.1.0 (synthetic sample)"),
            ("seed", "42"),
            ("Envoy image", "sha256:0000000000000000000000000000000000000000000000000000000000000000"),
            ("frame", "frame.parquet, 350 rows, 61 columns"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec(),
    }
}

fn sum(series: &Series) -> f64 {
    series.iter().flatten().sum::<f64>().round()
}

fn figure(label: &str, value: String, unit: &str, uncertainty: &str, note: &str) -> Figure {
    let [label, unit, uncertainty, note] = [label, unit, uncertainty, note].map(str::to_owned);
    Figure { label, value, unit, uncertainty, note, status: Status::Info }
}

fn figures(run: &Run) -> Vec<Figure> {
    let (line, half) = fit(&run.completed_per_s, &run.cpu_cores[2]);
    let peak = run.completed_per_s.iter().flatten().fold(0.0_f64, |a, b| a.max(*b));
    let mut p95: Vec<f64> = run.p95_ms.iter().flatten().copied().collect();
    p95.sort_by(f64::total_cmp);
    let ci = format!("95 % CI {:.2} to {:.2}", (line.slope - half) * 1e3, (line.slope + half) * 1e3);
    vec![
        figure(
            "Requests completed",
            format!("{}", sum(&run.completed_per_s)),
            "",
            "exact count",
            "over 300 s",
        ),
        figure("Peak throughput", format!("{peak:.0}"), "requests/s", "highest 1 s bin", "offered: 180"),
        figure(
            "Median p95 latency",
            format!("{:.0}", p95[p95.len() / 2]),
            "ms",
            "buckets ± 2.5 %",
            "objective: 250 ms",
        ),
        Figure {
            status: Status::Warn,
            ..figure("Failed requests", "0.4".into(), "%", "95 % CI 0.3 to 0.5", "objective: 1 %")
        },
        Figure {
            status: Status::Pass,
            ..figure(
                "Demand of ms-exercise",
                format!("{:.2}", line.slope * 1e3),
                "ms CPU/request",
                &ci,
                "configured: 15 ms",
            )
        },
        figure("Time to scale", "3.4".into(), "s", "median of 3", "decision to serving"),
    ]
}

fn verdicts(run: &Run) -> Vec<Verdict> {
    let sent = (sum(&run.completed_per_s) + sum(&run.failed_per_s)).to_string();
    let verdict =
        |code: &str, status, title: &str, explanation: &str, figures: Vec<(&str, String, &str)>| Verdict {
            code: code.into(),
            status,
            title: title.into(),
            explanation: explanation.into(),
            figures: figures
                .into_iter()
                .map(|(label, value, unit)| figure(label, value, unit, "", ""))
                .collect(),
        };
    vec![
        verdict(
            "counts-agree",
            Status::Pass,
            "Requests sent = Envoy's count",
            "Over the load window; health checks and probes are kept apart.",
            vec![
                ("sent by the load engine", sent.clone(), ""),
                ("downstream_rq_total", sent.clone(), ""),
                ("gateway's own count", sent, ""),
            ],
        ),
        verdict(
            "demand-recovered",
            Status::Pass,
            "CPU demand recovered",
            "The slope of CPU over throughput against the service's own accounting, tolerance 2 %.",
            vec![("fitted", "15.00".into(), "ms"), ("accounted by the service", "15.04".into(), "ms")],
        ),
        verdict(
            "littles-law",
            Status::Pass,
            "Little's law holds",
            "Requests in flight against throughput times mean response time, tolerance 5 %.",
            vec![
                ("in flight", "4.81".into(), ""),
                ("X · R", "4.77".into(), ""),
                ("difference", "0.8".into(), "%"),
            ],
        ),
        verdict(
            "replicas-follow-events",
            Status::Pass,
            "Replica columns follow the Engine's events",
            "Largest delay between an event and the column that shows it, limit 1 s.",
            vec![("events", "3".into(), ""), ("largest delay", "0.4".into(), "s")],
        ),
        verdict(
            "schedule-kept",
            Status::Warn,
            "The load kept its schedule",
            "Share of requests sent later than 5 ms after their intended time; the limit is 1 %.",
            vec![("late", "1.3".into(), "%"), ("worst lateness", "38".into(), "ms")],
        ),
        verdict(
            "objective-p95",
            Status::Fail,
            "p95 stays below the objective",
            "The objective of 250 ms was missed while the second and third replica were starting.",
            vec![("bins above 250 ms", "24".into(), "of 300")],
        ),
    ]
}

fn timeline(run: &Run) -> Timeline {
    let client = |name: &str, ink: Ink, values: &Series| Line {
        name: name.into(),
        ink,
        values: values.clone(),
        ..Line::default()
    };
    let services = |series: &[Series], step: bool| -> Vec<Line> {
        let line = |((name, _), values): (&(&str, f64), &Series)| Line {
            name: (*name).into(),
            ink: Ink::Service((*name).into()),
            values: values.clone(),
            step,
            ..Line::default()
        };
        SERVICES.iter().zip(series).map(line).collect()
    };
    let panel = |title: &str, unit: Unit, lines: Vec<Line>| Panel {
        title: title.into(),
        unit,
        lines,
        ..Panel::default()
    };
    let offered = Line { step: true, dashed: true, ..client("offered", Ink::Offered, &run.offered_per_s) };
    let mut latency = panel(
        "Latency",
        Unit::Ms,
        vec![
            client("p50", Ink::Quantile(0.5), &run.p50_ms),
            client("p95", Ink::Quantile(0.95), &run.p95_ms),
            client("p99", Ink::Quantile(0.99), &run.p99_ms),
        ],
    );
    latency.references.push(Reference { label: "objective p95".into(), value: 250.0 });
    let mut cpu = panel("CPU", Unit::Cores, services(&run.cpu_cores, false));
    cpu.references.push(Reference { label: "limit of one replica".into(), value: 1.0 });
    let phase = |name: &str, start_s, end_s| Phase { name: name.into(), start_s, end_s };
    Timeline {
        t_s: run.t_s.clone(),
        bin_s: 1.0,
        doubtful: Vec::new(),
        load_s: Some((0.0, 330.0)),
        phases: vec![
            phase("warm-up", -20.0, 0.0),
            phase("ramp", 0.0, 210.0),
            phase("hold", 210.0, 300.0),
            phase("cool-down", 300.0, 330.0),
        ],
        markers: SCALINGS
            .iter()
            .map(|(t_s, from, to)| Marker { t_s: *t_s, label: format!("ms-exercise {from} → {to}") })
            .collect(),
        panels: vec![
            panel(
                "Load and throughput",
                Unit::PerS("requests".into()),
                vec![
                    offered,
                    client("completed", Ink::Completed, &run.completed_per_s),
                    client("failed", Ink::Failed, &run.failed_per_s),
                ],
            ),
            latency,
            cpu,
            panel("Memory", Unit::Bytes, services(&run.memory_bytes, false)),
            panel("Replicas", Unit::Count, services(&run.replicas[..3], true)),
        ],
    }
}

fn demands(run: &Run) -> IntervalPlot {
    let row = |((name, demand_s), cpu): (&(&str, f64), &Series)| {
        let (line, half) = fit(&run.completed_per_s, cpu);
        IntervalRow {
            label: (*name).into(),
            ink: Ink::Service((*name).into()),
            estimate: Some(line.slope * 1e3),
            interval: Some(((line.slope - half) * 1e3, (line.slope + half) * 1e3)),
            truth: (!name.ends_with("envoy")).then_some(demand_s * 1e3),
        }
    };
    IntervalPlot {
        title: "CPU demand per request".into(),
        note: "Slope of CPU over throughput, least squares, whiskers at 95 %.".into(),
        unit: Unit::Other("ms CPU per request".into()),
        truth_label: "configured".into(),
        rows: SERVICES.iter().zip(&run.cpu_cores).map(row).collect(),
    }
}

fn clients(run: &Run) -> [(&'static str, &Series); 6] {
    [
        ("offered load", &run.offered_per_s),
        ("throughput", &run.completed_per_s),
        ("failures", &run.failed_per_s),
        ("latency p50", &run.p50_ms),
        ("latency p95", &run.p95_ms),
        ("requests in flight", &run.in_flight),
    ]
}

fn heat_map(run: &Run) -> HeatMap {
    let mut rows = Vec::new();
    let mut cells = Vec::new();
    for (kind, all) in [("CPU", &run.cpu_cores), ("memory", &run.memory_bytes), ("replicas", &run.replicas)] {
        for ((name, _), server) in SERVICES.iter().zip(all) {
            if kind == "CPU" || *name == "ms-exercise" || *name == "gateway" {
                rows.push(format!("{name} {kind}"));
                cells.push(clients(run).map(|(_, client)| correlate(client, server)).to_vec());
            }
        }
    }
    HeatMap {
        title: "Pearson correlation at the strongest lag".into(),
        note: "Lags from 0 to 5 s; a cell is hatched where p ≥ 0.01 after correction for autocorrelation."
            .into(),
        rows,
        columns: clients(run).map(|(name, _)| name.to_owned()).to_vec(),
        cells,
    }
}

fn scatters(run: &Run) -> Vec<Scatter> {
    let pair = |title: &str, x: (&str, Unit, &Series), y: (&str, Unit, &Series)| {
        let cell = correlate(x.2, y.2).unwrap_or_default();
        let point = |((t_s, x), y): ((&f64, &Option<f64>), &Option<f64>)| {
            Some(ScatterPoint { t_s: *t_s, x: (*x)?, y: (*y)? })
        };
        Scatter {
            title: title.into(),
            x_label: x.0.into(),
            x_unit: x.1,
            y_label: y.0.into(),
            y_unit: y.1,
            points: run.t_s.iter().zip(x.2).zip(y.2).filter_map(point).collect(),
            r: Some(cell.r),
            r_interval: Some(interval(cell.r, cell.n_eff)),
            lag_s: cell.lag_s,
            n_eff: Some(cell.n_eff),
            fit: Some(fit(x.2, y.2).0),
            note: String::new(),
        }
    };
    let throughput = || ("throughput", Unit::PerS("requests".into()), &run.completed_per_s);
    vec![
        pair(
            "CPU of ms-exercise and throughput",
            throughput(),
            ("CPU of ms-exercise", Unit::Cores, &run.cpu_cores[2]),
        ),
        pair(
            "CPU of gateway and throughput",
            throughput(),
            ("CPU of gateway", Unit::Cores, &run.cpu_cores[0]),
        ),
        pair(
            "Latency and requests in flight",
            ("requests in flight", Unit::Count, &run.in_flight),
            ("latency p95", Unit::Ms, &run.p95_ms),
        ),
    ]
}

fn tables(run: &Run) -> Vec<Table> {
    let demand = |((name, demand_s), cpu): (&(&str, f64), &Series)| {
        let (line, half) = fit(&run.completed_per_s, cpu);
        let (low, high) = ((line.slope - half) * 1e3, (line.slope + half) * 1e3);
        let covers = (low..=high).contains(&(demand_s * 1e3));
        vec![
            Cell::from(*name),
            format!("{:.2}", line.slope * 1e3).into(),
            format!("{low:.2} to {high:.2}").into(),
            format!("{:.2}", demand_s * 1e3).into(),
            format!("{:.1}", line.intercept * 1e3).into(),
            Cell {
                text: if covers { "covers" } else { "misses" }.into(),
                status: Some(if covers { Status::Pass } else { Status::Warn }),
            },
        ]
    };
    let endpoint =
        |name: &str, cells: [&str; 6]| [name].into_iter().chain(cells).map(Cell::from).collect::<Vec<_>>();
    vec![
        Table {
            title: "Demand by service".into(),
            note: "Utilisation law: CPU seconds per completed request.".into(),
            columns: vec![
                Column::text("Service"),
                Column::number("Fitted", "ms/request"),
                Column::number("95 % CI", "ms/request"),
                Column::number("Configured", "ms/request"),
                Column::number("Idle", "millicores"),
                Column::text("Interval"),
            ],
            rows: SERVICES.iter().zip(&run.cpu_cores).map(demand).collect(),
        },
        Table {
            title: "By endpoint".into(),
            note: String::new(),
            columns: vec![
                Column::text("Endpoint"),
                Column::number("Requests", ""),
                Column::number("Failed", "%"),
                Column::number("p50", "ms"),
                Column::number("p95", "ms"),
                Column::number("p99", "ms"),
                Column::number("Highest", "ms"),
            ],
            rows: vec![
                endpoint("POST /login", ["6 934", "0.1", "18.2", "44.0", "81.9", "214"]),
                endpoint("GET /verify", ["6 921", "0.0", "9.7", "21.4", "40.2", "118"]),
                endpoint("POST /exercises", ["13 803", "0.9", "31.5", "164", "287", "512"]),
                endpoint("GET /exercises", ["6 887", "0.4", "27.9", "139", "251", "447"]),
                endpoint("POST /logout", ["", "", "", "", "", ""]),
            ],
        },
    ]
}
