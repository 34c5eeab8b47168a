//! `client.parquet`: one row per interval and endpoint.

use std::path::Path;

use super::parquet::{ReadSheet, Sheet, read};
use swarmlab_intervals::trust::Trust;
use swarmlab_record::client::{ClientRow, LatencyMs, LatenessMs};
use swarmlab_record::{FileError, Phase};

/// The counts of a row in the order of the file.
type Counts = [u64; 17];

const COUNTS: [&str; 17] = [
    "offered",
    "sent",
    "completed",
    "succeeded",
    "failed",
    "late",
    "connect_errors",
    "in_flight",
    "queued",
    "iterations",
    "status_1xx",
    "status_2xx",
    "status_3xx",
    "status_4xx",
    "status_5xx",
    "bytes_sent",
    "bytes_received",
];

const LATENCY: [&str; 6] = ["mean", "p50", "p90", "p95", "p99", "max"];

fn counts(r: &ClientRow) -> Counts {
    [
        r.offered,
        r.sent,
        r.completed,
        r.succeeded,
        r.failed,
        r.late,
        r.connect_errors,
        r.in_flight,
        r.queued,
        r.iterations,
        r.status_1xx,
        r.status_2xx,
        r.status_3xx,
        r.status_4xx,
        r.status_5xx,
        r.bytes_sent,
        r.bytes_received,
    ]
}

fn latency(l: &LatencyMs) -> [f64; 6] {
    [l.mean, l.p50, l.p90, l.p95, l.p99, l.max]
}

/// Writes client rows; the columns are the fields of [`ClientRow`], `response_p95_ms` and so on.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn write_client(path: &Path, rows: &[ClientRow]) -> Result<(), FileError> {
    let mut sheet = Sheet::new(rows.len());
    let all = || rows.iter();
    sheet.numbers("t_unix_s", all().map(|r| Some(r.t_unix_s)));
    sheet.numbers("width_s", all().map(|r| Some(r.width_s)));
    sheet.texts("phase", all().map(|r| r.phase.name()));
    sheet.texts("endpoint", all().map(|r| r.endpoint.as_str()));
    sheet.numbers("users", all().map(|r| Some(r.users)));
    sheet.numbers("think_s", all().map(|r| Some(r.think_s)));
    for (i, name) in COUNTS.iter().enumerate() {
        sheet.counts(name, all().map(|r| counts(r)[i]));
    }
    sheet.texts("errors_json", all().map(|r| r.errors_json.as_str()));
    sheet.texts("trust", all().map(|r| r.trust.map_or("", Trust::name)));
    for (i, part) in LATENCY.iter().enumerate() {
        let name = format!("response_{part}_ms");
        sheet.numbers(&name, all().map(|r| r.response.map(|l| latency(&l)[i])));
        let name = format!("service_{part}_ms");
        sheet.numbers(&name, all().map(|r| r.service.map(|l| latency(&l)[i])));
    }
    sheet.numbers("lateness_p50_ms", all().map(|r| r.lateness.map(|l| l.p50)));
    sheet.numbers("lateness_p99_ms", all().map(|r| r.lateness.map(|l| l.p99)));
    sheet.write(path, None)
}

/// Reads what [`write_client`] wrote, in the same order.
///
/// # Errors
/// [`FileError`] naming the file, and the column when it is not as expected.
pub fn read_client(path: &Path) -> Result<Vec<ClientRow>, FileError> {
    let (sheet, _) = read(path, "")?;
    let t_unix_s = sheet.all_numbers("t_unix_s")?;
    let width_s = sheet.all_numbers("width_s")?;
    let users = sheet.all_numbers("users")?;
    let think_s = sheet.all_numbers("think_s")?;
    let unknown = |name: &String| FileError::column(path, "phase", format!("{name:?} is no phase of a run"));
    let phases = sheet.texts("phase")?;
    let phases: Vec<Phase> =
        phases.iter().map(|n| Phase::from_name(n).ok_or_else(|| unknown(n))).collect::<Result<_, _>>()?;
    let mut phase = phases.into_iter();
    let mut endpoint = sheet.texts("endpoint")?.into_iter();
    let mut errors_json = sheet.texts("errors_json")?.into_iter();
    let mut trust = sheet.texts("trust")?.into_iter().map(|name| Trust::from_name(&name));
    let counts: Vec<Vec<u64>> = COUNTS.iter().map(|name| sheet.counts(name)).collect::<Result<_, _>>()?;
    let response = latencies(&sheet, "response")?;
    let service = latencies(&sheet, "service")?;
    let late_p50 = sheet.numbers("lateness_p50_ms")?;
    let late_p99 = sheet.numbers("lateness_p99_ms")?;
    let row = |i: usize| {
        let count: Counts = std::array::from_fn(|c| counts[c][i]);
        let [offered, sent, completed, succeeded, failed, late, connect_errors, ..] = count;
        let [_, _, _, _, _, _, _, in_flight, queued, iterations, ..] = count;
        let [.., status_1xx, status_2xx, status_3xx, status_4xx, status_5xx, _, _] = count;
        let [.., bytes_sent, bytes_received] = count;
        ClientRow {
            t_unix_s: t_unix_s[i],
            width_s: width_s[i],
            phase: phase.next().unwrap_or(Phase::Load),
            endpoint: endpoint.next().unwrap_or_default(),
            users: users[i],
            offered,
            sent,
            completed,
            succeeded,
            failed,
            late,
            connect_errors,
            trust: trust.next().flatten(),
            in_flight,
            queued,
            iterations,
            think_s: think_s[i],
            status_1xx,
            status_2xx,
            status_3xx,
            status_4xx,
            status_5xx,
            errors_json: errors_json.next().unwrap_or_default(),
            bytes_sent,
            bytes_received,
            response: response[i],
            service: service[i],
            lateness: late_p50[i].zip(late_p99[i]).map(|(p50, p99)| LatenessMs { p50, p99 }),
        }
    };
    Ok((0..sheet.height()).map(row).collect())
}

/// One group of six columns; a row is there when all six are.
fn latencies(sheet: &ReadSheet, group: &str) -> Result<Vec<Option<LatencyMs>>, FileError> {
    let columns: Vec<Vec<Option<f64>>> =
        LATENCY.iter().map(|part| sheet.numbers(&format!("{group}_{part}_ms"))).collect::<Result<_, _>>()?;
    let row = |i: usize| {
        Some(LatencyMs {
            mean: columns[0][i]?,
            p50: columns[1][i]?,
            p90: columns[2][i]?,
            p95: columns[3][i]?,
            p99: columns[4][i]?,
            max: columns[5][i]?,
        })
    };
    Ok((0..sheet.height()).map(row).collect())
}
