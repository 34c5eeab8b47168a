//! `client.parquet`: one row per interval and endpoint.

use std::path::Path;

use super::parquet::{ReadSheet, Sheet, Spec, Values, read};
use swarmlab_intervals::trust::Trust;
use swarmlab_record::client::{COUNTS, ClientRow, LatencyMs, LatenessMs, Unknown};
use swarmlab_record::{FileError, Phase};

/// The counts of a row in the order of the file.
type Counts = [u64; COUNTS.len()];

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

/// Unit and source of a column.
fn about(name: &str) -> (&'static str, &'static str) {
    const STATUS: &str = "answers of that class in the interval";
    match name {
        "t_unix_s" => ("s", "begin of the interval, Unix time of the machine that sent the load"),
        "width_s" => ("s", "length of the interval"),
        "phase" => ("", "phase of the run"),
        "endpoint" => ("", "endpoint of the scenario; `*`: all together"),
        "users" => ("users", "active users, mean over the interval"),
        "think_s" => ("s", "think time in the interval, summed over users"),
        "offered" => ("requests", "intended starts in the interval"),
        "sent" => ("requests", "sent in the interval"),
        "completed" => ("requests", "ended in the interval, well or badly"),
        "succeeded" => ("requests", "ended well in the interval"),
        "failed" => ("requests", "refused, broken, timed out, or answered with an unexpected status"),
        "late" => ("requests", "sent more than 1 ms after their intended start"),
        "connect_errors" => ("requests", "failed before anything was sent"),
        "in_flight" => ("requests", "sent and not ended, at the end of the interval"),
        "queued" => ("requests", "intended and not sent, at the end of the interval"),
        "iterations" => ("iterations", "iterations of the scenario that ended"),
        "bytes_sent" => ("bytes", "written to sockets"),
        "bytes_received" => ("bytes", "read from sockets"),
        "errors_json" => ("", "failures by kind, a JSON object of counts"),
        "statuses_json" => ("", "answers by exact status, a JSON object of counts"),
        "trust" => ("", "the load engine on itself: VALID, SUSPECT, INVALID"),
        "doubts" => ("", "figures that speak against the load engine, the gravest"),
        status if status.starts_with("status_") => ("answers", STATUS),
        time if time.starts_with("response_") => ("ms", "intended start to end, by completion"),
        time if time.starts_with("service_") => ("ms", "send to end, by completion"),
        _ => ("ms", "intended start to send"),
    }
}

/// Writes client rows; the columns are the fields of [`ClientRow`], `response_p95_ms` and so on.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn write_client(path: &Path, rows: &[ClientRow]) -> Result<(), FileError> {
    let mut sheet = Sheet::new(rows.len());
    // As ever where everything was recorded; with nulls where it was not.
    let has_unknown = |name: &str| rows.iter().any(|r| r.unknown.has(name));
    let mut whole = |name: &str, pick: fn(&ClientRow) -> f64| {
        let (unit, source) = about(name);
        if has_unknown(name) {
            let values = rows.iter().map(|r| r.known(name, pick(r))).collect();
            sheet.push(Spec::numbers(name, unit, source), Values::Numbers(values));
            return;
        }
        let values = Values::AllNumbers(rows.iter().map(pick).collect());
        sheet.push(Spec::all_numbers(name, unit, source), values);
    };
    whole("t_unix_s", |r| r.t_unix_s);
    whole("width_s", |r| r.width_s);
    whole("users", |r| r.users);
    whole("think_s", |r| r.think_s);
    let mut words = |name: &str, pick: fn(&ClientRow) -> &str| {
        let values = Values::Texts(rows.iter().map(|r| pick(r).to_owned()).collect());
        sheet.push(Spec::texts(name, about(name).1), values);
    };
    words("phase", |r| r.phase.name());
    words("endpoint", |r| &r.endpoint);
    words("errors_json", |r| &r.errors_json);
    words("statuses_json", |r| &r.statuses_json);
    words("trust", |r| r.trust.map_or("", Trust::name));
    words("doubts", |r| &r.doubts);
    for (i, name) in COUNTS.iter().enumerate() {
        let (unit, source) = about(name);
        if has_unknown(name) {
            let values = rows.iter().map(|r| r.known(name, counts(r)[i] as f64)).collect();
            sheet.push(Spec::numbers(name, unit, source), Values::Numbers(values));
            continue;
        }
        sheet.push(
            Spec::counts(name, unit, source),
            Values::Counts(rows.iter().map(|r| counts(r)[i]).collect()),
        );
    }
    let mut times = |name: &str, pick: &dyn Fn(&ClientRow) -> Option<f64>| {
        let (unit, source) = about(name);
        let values = rows.iter().map(|r| pick(r).filter(|v| !v.is_nan())).collect();
        sheet.push(Spec::numbers(name, unit, source), Values::Numbers(values));
    };
    for (i, part) in LATENCY.iter().enumerate() {
        times(&format!("response_{part}_ms"), &|r| r.response.map(|l| latency(&l)[i]));
        times(&format!("service_{part}_ms"), &|r| r.service.map(|l| latency(&l)[i]));
    }
    times("lateness_p50_ms", &|r| r.lateness.map(|l| l.p50));
    times("lateness_p99_ms", &|r| r.lateness.map(|l| l.p99));
    sheet.write(path, &[("swarmlab.table", "client".into())])
}

/// Reads what [`write_client`] wrote, in the same order.
///
/// # Errors
/// [`FileError`] naming the file, and the column when it is not as expected.
pub fn read_client(path: &Path) -> Result<Vec<ClientRow>, FileError> {
    let sheet = read(path)?;
    let t_unix_s = sheet.all_numbers("t_unix_s")?;
    let width_s = sheet.all_numbers("width_s")?;
    let mut unknown = vec![Unknown::default(); t_unix_s.len()];
    let mut some = |name: &str, values: Vec<Option<f64>>| -> Vec<f64> {
        for (unknown, _) in unknown.iter_mut().zip(&values).filter(|(_, value)| value.is_none()) {
            *unknown = unknown.and(name);
        }
        values.into_iter().map(Option::unwrap_or_default).collect()
    };
    let mut level = |name: &str| match sheet.all_numbers(name) {
        Ok(all) => Ok(all),
        Err(_) => sheet.numbers(name).map(|values| some(name, values)),
    };
    let users = level("users")?;
    let think_s = level("think_s")?;
    let mut count = |name: &&str| match sheet.counts(name) {
        Ok(all) => Ok(all),
        // Written as numbers where some were not recorded. No count is beyond what they hold exactly.
        Err(e) => match sheet.numbers(name) {
            Ok(values) => Ok(some(name, values).into_iter().map(|v| v as u64).collect()),
            Err(_) => Err(e),
        },
    };
    let counts: Vec<Vec<u64>> = COUNTS.iter().map(&mut count).collect::<Result<_, _>>()?;
    let no_phase = |name: &String| FileError::column(path, "phase", format!("{name:?} is no phase of a run"));
    let phases = sheet.texts("phase")?;
    let phases: Vec<Phase> =
        phases.iter().map(|n| Phase::from_name(n).ok_or_else(|| no_phase(n))).collect::<Result<_, _>>()?;
    let mut phase = phases.into_iter();
    let mut endpoint = sheet.texts("endpoint")?.into_iter();
    let mut errors_json = sheet.texts("errors_json")?.into_iter();
    // Not in files of before.
    let mut statuses_json = sheet.texts("statuses_json").unwrap_or_default().into_iter();
    let mut doubts = sheet.texts("doubts").unwrap_or_default().into_iter();
    let mut trust = sheet.texts("trust")?.into_iter().map(|name| Trust::from_name(&name));
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
            doubts: doubts.next().unwrap_or_default(),
            in_flight,
            queued,
            iterations,
            think_s: think_s[i],
            status_1xx,
            status_2xx,
            status_3xx,
            status_4xx,
            status_5xx,
            statuses_json: statuses_json.next().unwrap_or_default(),
            errors_json: errors_json.next().unwrap_or_default(),
            bytes_sent,
            bytes_received,
            response: response[i],
            service: service[i],
            lateness: late_p50[i].zip(late_p99[i]).map(|(p50, p99)| LatenessMs { p50, p99 }),
            unknown: unknown[i],
        }
    };
    Ok((0..t_unix_s.len()).map(row).collect())
}

/// One group of six columns; a row is there when its mean is. What was not recorded of it is NaN.
fn latencies(sheet: &ReadSheet, group: &str) -> Result<Vec<Option<LatencyMs>>, FileError> {
    let columns: Vec<Vec<Option<f64>>> =
        LATENCY.iter().map(|part| sheet.numbers(&format!("{group}_{part}_ms"))).collect::<Result<_, _>>()?;
    let row = |i: usize| {
        let of = |column: usize| columns[column][i].unwrap_or(f64::NAN);
        let mean = columns[0][i]?;
        Some(LatencyMs { mean, p50: of(1), p90: of(2), p95: of(3), p99: of(4), max: of(5) })
    };
    Ok((0..columns[0].len()).map(row).collect())
}
