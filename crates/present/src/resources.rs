//! What containers, proxies and machines did over the load: tables that leave out what nobody measured, and panels of what
//! moved or stood in the way. All that was measured is in the frame; here is what a reader asks for first.

use swarmlab_analysis::{Raw, column};
use swarmlab_frame::frame::Frame;
use swarmlab_report::model::{Cell, Column, Ink, Line, Panel, Scale, Table, Unit, Whole};

/// Bytes of a mebibyte.
const MIB: f64 = 1024.0 * 1024.0;
/// Share of throttled periods from which a service's throttling is drawn.
const THROTTLED_SHARE: f64 = 0.01;
/// Share of the time in which tasks of a machine waited for CPU, memory or disk, from which that is drawn. Of steal, cores.
const WAITED_SHARE: f64 = 0.05;

/// A service's columns of the load.
struct Of<'a>(&'a Frame, &'a str);

impl Of<'_> {
    fn values(&self, metric: &str, unit: &str) -> Option<&[Option<f64>]> {
        self.0.get(&column(self.1, metric, unit))
    }

    /// The mean of the bins that are known.
    fn mean(&self, metric: &str, unit: &str) -> Option<f64> {
        mean(self.values(metric, unit)?)
    }

    fn highest(&self, metric: &str, unit: &str) -> Option<f64> {
        self.values(metric, unit)?.iter().flatten().copied().reduce(f64::max)
    }

    fn lowest(&self, metric: &str, unit: &str) -> Option<f64> {
        self.values(metric, unit)?.iter().flatten().copied().reduce(f64::min)
    }

    /// How much a rate comes to over the bins that are known.
    fn total(&self, metric: &str, unit: &str) -> Option<f64> {
        let known: Vec<f64> = self.values(metric, unit)?.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() * self.0.bins().width_s())
    }

    /// The sum of what each bin holds.
    fn sum(&self, metric: &str) -> Option<f64> {
        let known: Vec<f64> = self.values(metric, "")?.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum())
    }

    /// One column divided by another, bin by bin, where both are known and the other is not 0.
    fn share(&self, of: (&str, &str), by: (&str, &str)) -> Option<Vec<Option<f64>>> {
        let (a, b) = (self.values(of.0, of.1)?, self.values(by.0, by.1)?);
        let share = |(a, b): (&Option<f64>, &Option<f64>)| Some((*a)? / (*b).filter(|b| *b > 0.0)?);
        Some(a.iter().zip(b).map(share).collect())
    }
}

fn mean(values: &[Option<f64>]) -> Option<f64> {
    let known: Vec<f64> = values.iter().flatten().copied().collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

fn highest(values: &[Option<f64>]) -> Option<f64> {
    values.iter().flatten().copied().reduce(f64::max)
}

/// Label, unit, decimals, and how a service's cell is had.
type Spec = (&'static str, &'static str, usize, fn(&Of<'_>) -> Option<f64>);

const CONTAINERS: &[Spec] = &[
    ("CPU", "cores, mean", 3, |s| s.mean("cpu", "cores")),
    ("highest", "cores", 3, |s| s.highest("cpu", "cores")),
    ("of its limit", "%, highest", 0, |s| {
        highest(&s.share(("cpu", "cores"), ("cpu_limit", "cores"))?).map(|v| v * 100.0)
    }),
    ("in the kernel", "% of CPU", 0, |s| {
        Some(s.mean("cpu_system", "cores")? / s.mean("cpu", "cores").filter(|v| *v > 0.0)? * 100.0)
    }),
    ("throttled", "% of periods", 1, |s| throttled_share(s).map(|v| v * 100.0)),
    ("held back", "s", 2, |s| s.total("cpu_throttled", "s_per_s")),
    ("memory", "MiB, highest", 1, |s| s.highest("memory", "bytes").map(|v| v / MIB)),
    ("of its limit", "%, highest", 0, |s| {
        highest(&s.share(("memory", "bytes"), ("memory_limit", "bytes"))?).map(|v| v * 100.0)
    }),
    ("OOM kills", "", 0, |s| s.total("oom_kills", "per_s")),
    ("received", "KiB/s", 1, |s| s.mean("network_received", "bytes_per_s").map(|v| v / 1024.0)),
    ("sent", "KiB/s", 1, |s| s.mean("network_sent", "bytes_per_s").map(|v| v / 1024.0)),
    ("read", "KiB/s", 1, |s| s.mean("disk_read", "bytes_per_s").map(|v| v / 1024.0)),
    ("written", "KiB/s", 1, |s| s.mean("disk_written", "bytes_per_s").map(|v| v / 1024.0)),
    ("threads", "highest", 0, |s| s.highest("threads", "threads")),
    ("started", "containers", 0, |s| s.sum("tasks_started")),
    ("ended", "containers", 0, |s| s.sum("tasks_ended")),
];

const PROXIES: &[Spec] = &[
    ("requests", "per s", 1, |s| s.mean("upstream_requests", "per_s")),
    ("connections", "highest", 0, |s| s.highest("upstream_connections", "connections")),
    ("under way", "highest", 0, |s| s.highest("upstream_active_requests", "requests")),
    ("queued", "highest", 0, |s| s.highest("upstream_queue", "requests")),
    ("overflows", "requests", 0, |s| s.total("upstream_queue_overflows", "per_s")),
    ("retries", "requests", 0, |s| s.total("upstream_retries", "per_s")),
    ("timeouts", "requests", 0, |s| s.total("upstream_timeouts", "per_s")),
    ("reset by the service", "requests", 0, |s| s.total("upstream_resets_received", "per_s")),
    ("reset by the proxy", "requests", 0, |s| s.total("upstream_resets_sent", "per_s")),
    ("failed to connect", "connections", 0, |s| s.total("upstream_connect_failures", "per_s")),
    ("members", "lowest", 0, |s| s.lowest("upstream_members_healthy", "replicas")),
];

const MACHINES: &[Spec] = &[
    ("CPU", "cores, mean", 2, |s| s.mean("node_cpu", "cores")),
    ("highest", "cores", 2, |s| s.highest("node_cpu", "cores")),
    ("user", "cores", 2, |s| s.mean("node_cpu_user", "cores")),
    ("kernel", "cores", 2, |s| s.mean("node_cpu_system", "cores")),
    ("interrupts", "cores", 2, |s| {
        let (hard, soft) = (s.mean("node_cpu_irq", "cores"), s.mean("node_cpu_softirq", "cores"));
        Some(hard? + soft?)
    }),
    ("steal", "cores", 2, |s| s.mean("node_cpu_steal", "cores")),
    ("waited for CPU", "% of time", 1, |s| s.mean("node_cpu_waiting", "s_per_s").map(|v| v * 100.0)),
    ("for memory", "% of time", 1, |s| s.mean("node_memory_waiting", "s_per_s").map(|v| v * 100.0)),
    ("for disks", "% of time", 1, |s| s.mean("node_io_waiting", "s_per_s").map(|v| v * 100.0)),
    ("memory left", "MiB, lowest", 0, |s| s.lowest("node_memory_available", "bytes").map(|v| v / MIB)),
    ("disks read", "KiB/s", 1, |s| s.mean("node_disk_read", "bytes_per_s").map(|v| v / 1024.0)),
    ("written", "KiB/s", 1, |s| s.mean("node_disk_written", "bytes_per_s").map(|v| v / 1024.0)),
    ("received", "KiB/s", 1, |s| s.mean("node_network_received", "bytes_per_s").map(|v| v / 1024.0)),
    ("sent", "KiB/s", 1, |s| s.mean("node_network_sent", "bytes_per_s").map(|v| v / 1024.0)),
];

/// The tables, each over all services that have anything to show in it.
pub fn tables(raw: &Raw, load: &Frame) -> Vec<Table> {
    let names: Vec<&str> = raw.manifest.topology.services.iter().map(|s| s.name.as_str()).collect();
    let has = |metric: &'static str, unit: &'static str| -> Vec<&str> {
        names.iter().copied().filter(|s| load.get(&column(s, metric, unit)).is_some()).collect()
    };
    vec![
        table(
            "What the containers did",
            "Over the load, sums over the replicas of a service. A limit is that of all its replicas together. A dash: not \
             measured. Every metric, second by second, is in frame.csv.",
            "service",
            &has("cpu", "cores"),
            load,
            CONTAINERS,
        ),
        table(
            "What the proxies did",
            "Over the load, towards the services behind them.",
            "proxy",
            &has("upstream_requests", "per_s"),
            load,
            PROXIES,
        ),
        table(
            "What the machines did",
            "Over the load, as the service that watches them tells it, several machines added up.",
            "told by",
            &has_any(&names, load, &[("node_cpu", "cores"), ("node_network_received", "bytes_per_s")]),
            load,
            MACHINES,
        ),
    ]
}

fn has_any<'a>(names: &[&'a str], load: &Frame, metrics: &[(&str, &str)]) -> Vec<&'a str> {
    let any = |s: &&&str| metrics.iter().any(|(m, u)| load.get(&column(s, m, u)).is_some());
    names.iter().filter(any).copied().collect()
}

/// A row a service; a column that nobody fills is left out.
fn table(title: &str, note: &str, who: &str, services: &[&str], load: &Frame, specs: &[Spec]) -> Table {
    let cells: Vec<Vec<Option<f64>>> =
        services.iter().map(|s| specs.iter().map(|(.., of)| of(&Of(load, s))).collect()).collect();
    let shown: Vec<usize> = (0..specs.len())
        .filter(|i| cells.iter().any(|row| row.get(*i).is_some_and(Option::is_some)))
        .collect();
    let columns = shown.iter().map(|i| Column::number(specs[*i].0, specs[*i].1));
    let cell = |row: &[Option<f64>], i: usize| -> Cell {
        row[i].map_or_else(|| Cell::from(""), |v| Cell::from(format!("{v:.*}", specs[i].2)))
    };
    let row = |(service, row): (&&str, &Vec<Option<f64>>)| {
        std::iter::once(Cell::from(*service)).chain(shown.iter().map(|i| cell(row, *i))).collect()
    };
    Table {
        title: title.to_owned(),
        note: note.to_owned(),
        columns: std::iter::once(Column::text(who)).chain(columns).collect(),
        rows: if shown.is_empty() { Vec::new() } else { services.iter().zip(&cells).map(row).collect() },
    }
}

/// Panels of what moved or stood in the way during the load, and of the user's own queries. `frame` is the whole run,
/// `load` its bins of the load: what happened before it is drawn and decides nothing.
pub fn panels(raw: &Raw, frame: &Frame, load: &Frame) -> Vec<Panel> {
    let names: Vec<&str> = raw.manifest.topology.services.iter().map(|s| s.name.as_str()).collect();
    let mut out = Vec::new();
    out.extend(panel(
        "CPU held back by its limit",
        Unit::Ratio,
        names.iter().filter_map(|s| throttled(s, frame, load)).collect(),
    ));
    let from = |least: f64, s: &str, metric: &str, unit: &str, words: &str, ink: Ink| {
        let name = column(s, metric, unit);
        let moved = load.get(&name).and_then(highest).is_some_and(|v| v > least);
        let values = frame.get(&name).filter(|_| moved)?.to_vec();
        Some(Line { name: words.to_owned(), ink, values, ..Line::default() })
    };
    let mut faults = Vec::new();
    for s in &names {
        for (metric, words) in [
            ("upstream_retries", "retries"),
            ("upstream_timeouts", "timeouts"),
            ("upstream_resets_received", "resets by the service"),
            ("upstream_resets_sent", "resets by the proxy"),
            ("upstream_queue_overflows", "queue overflows"),
            ("upstream_connect_failures", "failed connections"),
        ] {
            faults.extend(from(0.0, s, metric, "per_s", &format!("{s}: {words}"), Ink::ByName));
        }
    }
    out.extend(panel("What proxies had to mend", Unit::PerS("events".to_owned()), faults));
    let queued = names.iter().filter_map(|s| from(0.0, s, "upstream_queue", "requests", s, Ink::ByName));
    out.extend(panel("Requests queued at proxies", Unit::Count, queued.collect()));
    let mut waited = Vec::new();
    for s in &names {
        for (metric, unit, words) in [
            ("node_cpu_waiting", "s_per_s", "waited for CPU"),
            ("node_memory_waiting", "s_per_s", "waited for memory"),
            ("node_io_waiting", "s_per_s", "waited for disks"),
        ] {
            waited.extend(from(WAITED_SHARE, s, metric, unit, words, Ink::ByName));
        }
    }
    out.extend(panel("Pressure on the machines", Unit::Ratio, waited));
    let stolen =
        names.iter().filter_map(|s| from(WAITED_SHARE, s, "node_cpu_steal", "cores", s, Ink::ByName));
    out.extend(panel("CPU taken by the hypervisor", Unit::Cores, stolen.collect()));
    out.extend(raw.manifest.plan.queries.iter().filter_map(|q| asked(q, frame, &names)));
    out
}

fn panel(title: &str, unit: Unit, lines: Vec<Line>) -> Option<Panel> {
    (!lines.is_empty()).then(|| Panel {
        title: title.to_owned(),
        unit,
        scale: Scale::Linear,
        lines,
        references: Vec::new(),
    })
}

/// The share of periods in which a service was held back, if it ever was for more than a moment.
fn throttled(service: &str, frame: &Frame, load: &Frame) -> Option<Line> {
    let share =
        |frame| Of(frame, service).share(("cpu_throttled_periods", "per_s"), ("cpu_periods", "per_s"));
    let moved = highest(&share(load)?).is_some_and(|v| v > THROTTLED_SHARE);
    let values = share(frame).filter(|_| moved)?;
    // A mean of shares is not the share of the whole: a bin of few periods would weigh as much as one of many.
    let whole = throttled_share(&Of(load, service)).map_or(Whole::Unknown, Whole::Is);
    let (name, ink) = (service.to_owned(), Ink::Service(service.to_owned()));
    Some(Line { name, ink, values, whole, ..Line::default() })
}

/// Of the periods over the load, the share in which the service was held back, 0 to 1.
fn throttled_share(s: &Of<'_>) -> Option<f64> {
    let periods = s.mean("cpu_periods", "per_s").filter(|v| *v > 0.0)?;
    Some(s.mean("cpu_throttled_periods", "per_s")? / periods)
}

/// A user's own query.
fn asked(query: &swarmlab_record::plan::Query, frame: &Frame, names: &[&str]) -> Option<Panel> {
    // `histogram_quantile`, `quantile_over_time`: a mean of quantiles is no quantile.
    let whole = if query.promql.contains("quantile") { Whole::Unknown } else { Whole::Mean };
    let line = |name: &str, ink: Ink, column: &str| {
        let values = frame.get(column)?.to_vec();
        values.iter().any(Option::is_some).then(|| Line {
            name: name.to_owned(),
            ink,
            values,
            whole,
            ..Line::default()
        })
    };
    let of_nobody = frame.columns().iter().filter(|c| *c.owner() == swarmlab_frame::frame::Owner::Query);
    let own = format!("{}, last sample in the bin", query.promql);
    let mut lines: Vec<Line> = Vec::new();
    if query.label.is_none() {
        let found = of_nobody.into_iter().find(|c| c.source() == own)?;
        lines.extend(line(&query.name, Ink::ByName, found.name()));
    } else {
        let meaning = query.meaning();
        let of = |s: &&str| line(s, Ink::Service((*s).to_owned()), &column(s, meaning.name(), &query.unit));
        lines.extend(names.iter().filter_map(of));
    }
    let unit = match query.unit.as_str() {
        "" => Unit::Count,
        "s" => Unit::S,
        "ms" => Unit::Ms,
        "cores" => Unit::Cores,
        "bytes" => Unit::Bytes,
        "bytes_per_s" => Unit::BytesPerS,
        "ratio" => Unit::Ratio,
        other => Unit::Other(other.to_owned()),
    };
    panel(&query.name, unit, lines)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_frame::clock::Bins;
    use swarmlab_frame::frame::{Column, Fold};

    use super::*;

    fn frame(columns: &[(&str, &str, &str, [Option<f64>; 4])]) -> Frame {
        let mut frame = Frame::with_zero(Bins::new(0.0, 1.0, 4).unwrap(), 0.0);
        let column = |(s, metric, unit, values): &(&str, &str, &str, [Option<f64>; 4])| {
            Column::server(s, metric, unit, "", Fold::Mean, values.to_vec()).unwrap()
        };
        frame.extend(columns.iter().map(column).collect::<Vec<_>>()).unwrap();
        frame
    }

    fn known(values: [f64; 4]) -> [Option<f64>; 4] {
        values.map(Some)
    }

    #[test]
    fn a_table_shows_what_was_measured_and_a_dash_where_it_was_not() {
        let load = frame(&[
            ("web", "cpu", "cores", [Some(0.25), Some(0.75), None, Some(0.5)]),
            ("web", "cpu_limit", "cores", known([1.0; 4])),
            ("web", "cpu_periods", "per_s", known([10.0; 4])),
            ("web", "cpu_throttled_periods", "per_s", known([0.0, 5.0, 3.0, 0.0])),
            ("db", "cpu", "cores", known([0.1; 4])),
        ]);
        let table = table("T", "", "service", &["web", "db"], &load, CONTAINERS);
        let heads: Vec<_> = table.columns.iter().map(|c| format!("{} {}", c.label, c.unit)).collect();
        assert_eq!(
            heads,
            [
                "service ",
                "CPU cores, mean",
                "highest cores",
                "of its limit %, highest",
                "throttled % of periods"
            ]
        );
        let rows: Vec<Vec<&str>> =
            table.rows.iter().map(|r| r.iter().map(|c| c.text.as_str()).collect()).collect();
        assert_eq!(rows[0], ["web", "0.500", "0.750", "75", "20.0"]);
        assert_eq!(rows[1], ["db", "0.100", "0.100", "", ""]);
    }

    #[test]
    fn a_service_is_drawn_once_it_is_held_back() {
        let columns = |throttled| {
            [
                ("web", "cpu_periods", "per_s", known([10.0; 4])),
                ("web", "cpu_throttled_periods", "per_s", throttled),
            ]
        };
        let (calm, held) =
            (frame(&columns(known([0.0; 4]))), frame(&columns([Some(0.0), Some(4.0), None, Some(0.0)])));
        assert_eq!(throttled("web", &calm, &calm), None);
        let line = throttled("web", &held, &held).unwrap();
        assert_eq!(line.values, [Some(0.0), Some(0.4), None, Some(0.0)]);
        // Over the whole load as the table has it: 4 of 30 periods a second, each over the bins that know it.
        assert_eq!(line.whole, Whole::Is(4.0 / 3.0 / 10.0));
        // Before the load it decides nothing.
        assert_eq!(throttled("web", &held, &calm), None);
    }

    #[test]
    fn a_query_for_a_quantile_is_not_averaged() {
        let whole = |promql: &str| {
            let query = swarmlab_record::plan::Query {
                name: "wait".into(),
                promql: promql.into(),
                unit: "s".into(),
                label: Some("service".into()),
            };
            let frame = frame(&[("web", query.meaning().name(), "s", known([0.1, 0.9, 0.1, 0.1]))]);
            asked(&query, &frame, &["web"]).unwrap().lines[0].whole
        };
        assert_eq!(whole("avg(wait_seconds) by (service)"), Whole::Mean);
        assert_eq!(
            whole("histogram_quantile(0.95, sum by (le, service) (rate(wait_bucket[5s])))"),
            Whole::Unknown
        );
    }
}
