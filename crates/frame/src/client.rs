//! From client rows to frame columns.

use std::collections::{BTreeMap, BTreeSet};

use swarmlab_record::client::{ALL_ENDPOINTS, ClientRow, error_rate};

use crate::clock::Bins;
use crate::frame::{Column, Fold, NameError, Owner};

/// Rows may miss the grid by this part of a bin before they are refused.
const GRID_TOLERANCE: f64 = 0.01;

/// Why rows cannot become columns.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ClientError {
    /// The interval does not coincide with a bin, and quantiles cannot be divided between bins.
    #[error("the client interval of {width_s} s at {t_unix_s} does not lie on the frame's bins of {bin_s} s")]
    OffGrid {
        /// Begin of the interval, Unix seconds.
        t_unix_s: f64,
        /// Length of the interval, seconds.
        width_s: f64,
        /// Length of a bin, seconds.
        bin_s: f64,
    },
    /// Two rows for one interval of one endpoint.
    #[error("two client rows for the endpoint {endpoint:?} in the interval at {t_unix_s}")]
    Twice {
        /// Begin of the interval, Unix seconds.
        t_unix_s: f64,
        /// The endpoint.
        endpoint: String,
    },
    /// An endpoint cannot name a column.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// One figure of a row, and how it folds.
struct Figure {
    metric: &'static str,
    unit: &'static str,
    source: &'static str,
    fold: Fold,
    read: fn(&ClientRow) -> Option<f64>,
}

const fn figure(
    metric: &'static str,
    unit: &'static str,
    source: &'static str,
    fold: Fold,
    read: fn(&ClientRow) -> Option<f64>,
) -> Figure {
    Figure { metric, unit, source, fold, read }
}

fn per_s(name: &str, count: u64, row: &ClientRow) -> Option<f64> {
    row.known(name, count as f64 / row.width_s)
}

const RESPONSE: &str = "load engine, intended start to end, by completion";
const SERVICE: &str = "load engine, send to end, by completion";
const LATENESS: &str = "load engine, intended start to send";
const ENDED: &str = "load engine, requests ended in the bin / bin width";

/// Figures of each endpoint and of all endpoints together.
const EACH: &[Figure] = &[
    figure("throughput", "per_s", ENDED, Fold::Mean, |r| per_s("completed", r.completed, r)),
    figure("errors", "per_s", "load engine, requests failed in the bin / bin width", Fold::Mean, |r| {
        per_s("failed", r.failed, r)
    }),
    figure("response_mean", "ms", RESPONSE, Fold::Never, |r| r.response.map(|l| l.mean)),
    figure("response_p50", "ms", RESPONSE, Fold::Never, |r| r.response.map(|l| l.p50)),
    figure("response_p95", "ms", RESPONSE, Fold::Never, |r| r.response.map(|l| l.p95)),
    figure("response_p99", "ms", RESPONSE, Fold::Never, |r| r.response.map(|l| l.p99)),
];

/// Further figures of all endpoints together.
const OVERALL: &[Figure] = &[
    figure("users", "users", "load engine, active users, mean over the bin", Fold::Mean, |r| {
        r.known("users", r.users)
    }),
    figure("offered", "per_s", "load engine, intended starts in the bin / bin width", Fold::Mean, |r| {
        per_s("offered", r.offered, r)
    }),
    figure("sent", "per_s", "load engine, requests sent in the bin / bin width", Fold::Mean, |r| {
        per_s("sent", r.sent, r)
    }),
    figure("succeeded", "per_s", "load engine, requests ended well / bin width", Fold::Mean, |r| {
        per_s("succeeded", r.succeeded, r)
    }),
    figure("late", "per_s", "load engine, requests sent over 1 ms late / bin width", Fold::Mean, |r| {
        per_s("late", r.late, r)
    }),
    figure("connect_errors", "per_s", "load engine, failures before sending / bin width", Fold::Mean, |r| {
        per_s("connect_errors", r.connect_errors, r)
    }),
    figure("error_rate", "", "load engine, failed / ended (failed + ended well)", Fold::Never, |r| {
        r.known("succeeded", r.succeeded).zip(r.known("failed", r.failed)).and_then(|(s, f)| error_rate(s, f))
    }),
    figure("in_flight", "", "load engine, sent and not ended at the bin's end", Fold::Last, |r| {
        r.known("in_flight", r.in_flight as f64)
    }),
    figure("queued", "", "load engine, intended and not sent at the bin's end", Fold::Last, |r| {
        r.known("queued", r.queued as f64)
    }),
    figure("iterations", "per_s", "load engine, iterations ended / bin width", Fold::Mean, |r| {
        per_s("iterations", r.iterations, r)
    }),
    figure("thinking", "users", "load engine, think time in the bin / bin width", Fold::Mean, |r| {
        r.known("think_s", r.think_s / r.width_s)
    }),
    figure("status_2xx", "per_s", ENDED, Fold::Mean, |r| per_s("status_2xx", r.status_2xx, r)),
    figure("status_3xx", "per_s", ENDED, Fold::Mean, |r| per_s("status_3xx", r.status_3xx, r)),
    figure("status_4xx", "per_s", ENDED, Fold::Mean, |r| per_s("status_4xx", r.status_4xx, r)),
    figure("status_5xx", "per_s", ENDED, Fold::Mean, |r| per_s("status_5xx", r.status_5xx, r)),
    figure("sent", "bytes_per_s", "load engine, bytes written / bin width", Fold::Mean, |r| {
        per_s("bytes_sent", r.bytes_sent, r)
    }),
    figure("received", "bytes_per_s", "load engine, bytes read / bin width", Fold::Mean, |r| {
        per_s("bytes_received", r.bytes_received, r)
    }),
    figure("response_p90", "ms", RESPONSE, Fold::Never, |r| r.response.map(|l| l.p90)),
    figure("response_max", "ms", RESPONSE, Fold::Max, |r| r.response.map(|l| l.max)),
    figure("service_mean", "ms", SERVICE, Fold::Never, |r| r.service.map(|l| l.mean)),
    figure("service_p50", "ms", SERVICE, Fold::Never, |r| r.service.map(|l| l.p50)),
    figure("service_p90", "ms", SERVICE, Fold::Never, |r| r.service.map(|l| l.p90)),
    figure("service_p95", "ms", SERVICE, Fold::Never, |r| r.service.map(|l| l.p95)),
    figure("service_p99", "ms", SERVICE, Fold::Never, |r| r.service.map(|l| l.p99)),
    figure("service_max", "ms", SERVICE, Fold::Max, |r| r.service.map(|l| l.max)),
    figure("lateness_p50", "ms", LATENESS, Fold::Never, |r| r.lateness.map(|l| l.p50)),
    figure("lateness_p99", "ms", LATENESS, Fold::Never, |r| r.lateness.map(|l| l.p99)),
];

/// Statuses of an endpoint that have a column of their own.
const MOST_STATUSES: usize = 32;

/// The rows of each endpoint, by bin.
type ByEndpoint<'a> = BTreeMap<&'a str, Vec<Option<&'a ClientRow>>>;

/// Columns of the client side over the grid.
///
/// The rows named [`ALL_ENDPOINTS`] give the overall columns (`client_users`,
/// `client_throughput_per_s`, `client_response_p95_ms`, …), the others
/// `client_<endpoint>_throughput_per_s` and so on. Overall columns come first, in a fixed order,
/// then the endpoints by name. A bin without a row is null. The load engine logs at the width of
/// the bins: rows that lie outside the grid are left out, rows shorter than their bin (the last
/// interval of an interrupted run) do not cover it and leave it null.
///
/// # Errors
/// [`ClientError`] when a row does not lie on the grid, comes twice, or names no column.
pub fn to_columns(rows: &[ClientRow], bins: &Bins) -> Result<Vec<Column>, ClientError> {
    let by_endpoint = place(rows, bins)?;
    let mut columns = Vec::new();
    if let Some(all) = by_endpoint.get(ALL_ENDPOINTS) {
        for figure in OVERALL.iter().chain(EACH) {
            columns.push(column(Owner::Client, figure, all)?);
        }
        columns.extend(statuses(&Owner::Client, all)?);
    }
    let mut taken = BTreeSet::new();
    for (endpoint, rows) in by_endpoint.iter().filter(|(e, _)| **e != ALL_ENDPOINTS) {
        let owner = owner(endpoint, &mut taken);
        for figure in EACH {
            columns.push(column(owner.clone(), figure, rows)?);
        }
        columns.extend(statuses(&owner, rows)?);
    }
    Ok(columns)
}

/// The endpoint by its own name, or, where that leaves nothing to name a column by (`/`) or another has the same word
/// (`/a` and `/a/`), by one that is its own. Endpoints are what users call them: a load must not fail for their names.
fn owner(endpoint: &str, taken: &mut BTreeSet<String>) -> Owner {
    let stem = match Owner::Endpoint(endpoint.into()).prefix() {
        Ok(_) => endpoint,
        Err(_) => "endpoint",
    };
    let numbered = (2..).map(|n| format!("{stem} {n}"));
    let names = std::iter::once(stem.to_owned()).chain(numbered);
    let free = names.map(Owner::Endpoint).find(|owner| owner.prefix().is_ok_and(|word| taken.insert(word)));
    // There is always a number that is free.
    free.unwrap_or(Owner::Endpoint(endpoint.into()))
}

fn column(owner: Owner, f: &Figure, rows: &[Option<&ClientRow>]) -> Result<Column, NameError> {
    let values = rows.iter().map(|row| row.and_then(f.read)).collect();
    Column::new(owner, f.metric, f.unit, f.source, f.fold, values)
}

/// Answers by exact status, a column for each that came: `client_status_404_per_s`. Beyond so many the classes tell.
fn statuses(owner: &Owner, rows: &[Option<&ClientRow>]) -> Result<Vec<Column>, NameError> {
    let of_bins: Vec<Option<(BTreeMap<String, u64>, &ClientRow)>> =
        rows.iter().map(|row| row.map(|row| (row.statuses(), row))).collect();
    let exact = |name: &&String| !name.ends_with("xx");
    let names: BTreeSet<&String> =
        of_bins.iter().flatten().flat_map(|(counts, _)| counts.keys()).filter(exact).collect();
    let column = |name: &&String| {
        // Codes of gRPC have names.
        let word: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
            .collect();
        // Known as well as its class is.
        let class = match name.chars().next().filter(char::is_ascii_digit) {
            Some(digit) => format!("status_{digit}xx"),
            None => "completed".to_owned(),
        };
        let value = |of: &Option<(BTreeMap<String, u64>, &ClientRow)>| {
            of.as_ref().and_then(|(counts, row)| per_s(&class, counts.get(*name).copied().unwrap_or(0), row))
        };
        let values = of_bins.iter().map(value).collect();
        Column::new(owner.clone(), &format!("status_{word}"), "per_s", ENDED, Fold::Mean, values)
    };
    names.iter().take(MOST_STATUSES).map(column).collect()
}

fn place<'a>(rows: &'a [ClientRow], bins: &Bins) -> Result<ByEndpoint<'a>, ClientError> {
    let bin_s = bins.width_s();
    let tolerance_s = bin_s * GRID_TOLERANCE;
    let mut by_endpoint = ByEndpoint::new();
    for row in rows {
        let off_grid = ClientError::OffGrid { t_unix_s: row.t_unix_s, width_s: row.width_s, bin_s };
        let edge = bins.edge_near(row.t_unix_s, tolerance_s).ok_or(off_grid.clone())?;
        if row.width_s.is_nan() || row.width_s > bin_s + tolerance_s {
            return Err(off_grid);
        }
        let cells = by_endpoint.entry(&row.endpoint).or_insert_with(|| vec![None; bins.count()]);
        let Some(cell) = usize::try_from(edge).ok().and_then(|i| cells.get_mut(i)) else {
            continue;
        };
        if row.width_s < bin_s - tolerance_s {
            continue;
        }
        if cell.replace(row).is_some() {
            return Err(ClientError::Twice { t_unix_s: row.t_unix_s, endpoint: row.endpoint.clone() });
        }
    }
    Ok(by_endpoint)
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
