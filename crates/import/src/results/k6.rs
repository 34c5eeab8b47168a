//! What k6 says in either of its formats: a metric, its time, its value, its tags.

use swarmlab_intervals::ErrorKind;

use super::clock::{Unit, of_duration};
use super::gather::{Ending, Gathered, Sample};
use super::problem::Problem;

/// What its times are.
pub const TIMES: &str = "Times are k6's http_req_duration: from the first byte of a request sent to the last of its answer, without \
     waiting for a connection or opening one. k6 does not tell when a request was due.";

/// Tags of a point, as they are written; empty where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tags<'a> {
    pub name: &'a str,
    pub url: &'a str,
    pub method: &'a str,
    pub status: &'a str,
    pub error: &'a str,
    pub error_code: &'a str,
    pub expected_response: &'a str,
}

/// Metrics of k6 that say again what is known, or nothing about requests.
const BESIDE: [&str; 13] = [
    "http_reqs",
    "http_req_blocked",
    "http_req_connecting",
    "http_req_tls_handshaking",
    "http_req_sending",
    "http_req_waiting",
    "http_req_receiving",
    "http_req_failed",
    "iteration_duration",
    "group_duration",
    "vus_max",
    "checks",
    "dropped_iterations",
];

/// Takes one point.
///
/// # Errors
/// A time too far from the others.
pub fn point(
    line: u64,
    metric: &str,
    us: i64,
    value: f64,
    tags: &Tags<'_>,
    into: &mut Gathered,
) -> Result<(), Problem> {
    let count = || if value >= 0.0 { value.round() as u64 } else { 0 };
    match metric {
        "http_req_duration" => return request(line, us, value, tags, into),
        "vus" => into.users(us, value.max(0.0)),
        "iterations" => into.iterations(us, count()),
        "data_sent" => into.bytes(us, count(), 0),
        "data_received" => into.bytes(us, 0, count()),
        "dropped_iterations" => {
            let what = "iterations that k6 dropped, since it had no user left for them: their requests were due and never sent";
            into.remarks.note_many(line, count().max(1), what, String::new);
        }
        metric if BESIDE.contains(&metric) => {}
        metric => {
            let what = "points of metrics that are no requests over HTTP, left out";
            into.remarks.note(line, what, || metric.to_owned());
        }
    }
    Ok(())
}

fn request(
    line: u64,
    end_us: i64,
    value_ms: f64,
    tags: &Tags<'_>,
    into: &mut Gathered,
) -> Result<(), Problem> {
    let Some(duration_us) = of_duration(value_ms, Unit::Ms) else {
        into.remarks.note(line, "a duration that cannot be, left out", || value_ms.to_string());
        return Ok(());
    };
    let status: Option<u16> = tags.status.parse().ok().filter(|status| *status > 0);
    let code: u16 = tags.error_code.parse().unwrap_or(0);
    let ending = ending(status, code, tags);
    if ending == Ending::Otherwise {
        let what = "requests that failed in a way that has no name here (failed_otherwise)";
        into.remarks.note(line, what, || format!("{} {}", tags.error_code, tags.error));
    }
    let endpoint = match tags.name {
        "" => endpoint(tags.method, tags.url),
        name => endpoint(tags.method, name),
    };
    into.sample(&Sample {
        line,
        endpoint: &endpoint,
        // The clock of a point is that of its end.
        start_us: end_us.saturating_sub_unsigned(duration_us),
        duration_us,
        answered: status.is_some(),
        status,
        ending,
        bytes_sent: None,
        bytes_received: None,
    })
}

fn ending(status: Option<u16>, code: u16, tags: &Tags<'_>) -> Ending {
    let failed = match tags.expected_response {
        "true" => return Ending::Well,
        "false" => true,
        // Before k6 0.31 there was no such tag; or the test does not ask for it.
        _ => code != 0 || !tags.error.is_empty() || status.is_some_and(|s| s >= 400),
    };
    match (failed, by_code(code), status) {
        (false, ..) => Ending::Well,
        (true, Some(kind), _) => Ending::Named(kind),
        (true, None, Some(_)) if code == 0 => Ending::Named(ErrorKind::UnexpectedStatus),
        (true, None, _) => Ending::Otherwise,
    }
}

/// k6's error codes (<https://grafana.com/docs/k6/latest/javascript-api/error-codes/>).
fn by_code(code: u16) -> Option<ErrorKind> {
    Some(match code {
        1050 => ErrorKind::Timeout,
        1100 | 1101 => ErrorKind::DnsFailed,
        1110 | 1111 | 1210 | 1213 => ErrorKind::ConnectFailed,
        1201 | 1220 => ErrorKind::ConnectionReset,
        1211 => ErrorKind::ConnectTimeout,
        1212 => ErrorKind::ConnectRefused,
        1300..=1399 => ErrorKind::TlsFailed,
        1400..=1599 => ErrorKind::UnexpectedStatus,
        1630..=1649 => ErrorKind::StreamReset,
        1600..=1699 => ErrorKind::Http2Error,
        1701 => ErrorKind::BadResponse,
        _ => return None,
    })
}

/// `GET /orders` of a URL; a name that the test gave is kept as it is.
pub fn endpoint(method: &str, name: &str) -> String {
    let Some((_, rest)) = name.split_once("://") else { return name.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    if method.is_empty() { path.to_owned() } else { format!("{method} {path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_host_and_query_and_names_stay() {
        assert_eq!(endpoint("GET", "https://shop.example:8443/a/b?c=d#e"), "GET /a/b");
        assert_eq!(endpoint("POST", "http://shop"), "POST /");
        assert_eq!(endpoint("", "http://shop?x=/y"), "/");
        assert_eq!(endpoint("GET", "list orders"), "list orders");
    }

    #[test]
    fn failures_get_our_names_where_k6_says_as_much() {
        let tags = |code, expected| Tags { error_code: code, expected_response: expected, ..Tags::default() };
        let of = |status: Option<u16>, code: &'static str, expected: &'static str| {
            ending(status, code.parse().unwrap_or(0), &tags(code, expected))
        };
        assert_eq!(of(Some(200), "", "true"), Ending::Well);
        // A test may expect a 404.
        assert_eq!(of(Some(404), "1404", "true"), Ending::Well);
        assert_eq!(of(Some(404), "1404", "false"), Ending::Named(ErrorKind::UnexpectedStatus));
        assert_eq!(of(Some(200), "", "false"), Ending::Named(ErrorKind::UnexpectedStatus));
        assert_eq!(of(Some(503), "", ""), Ending::Named(ErrorKind::UnexpectedStatus));
        assert_eq!(of(None, "1212", "false"), Ending::Named(ErrorKind::ConnectRefused));
        assert_eq!(of(None, "1050", ""), Ending::Named(ErrorKind::Timeout));
        assert_eq!(of(None, "1000", "false"), Ending::Otherwise);
        assert_eq!(of(Some(302), "", ""), Ending::Well);
    }
}
