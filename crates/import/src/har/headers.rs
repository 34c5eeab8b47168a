//! Which headers of a recorded request are worth keeping.

use super::model::Pair;
use crate::draft::is_token;

/// Written by the engine, or by the browser about itself; or of one moment only.
const DROPPED: [&str; 41] = [
    "host",
    "content-length",
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "accept-encoding",
    "upgrade-insecure-requests",
    "user-agent",
    "referer",
    "origin",
    "dnt",
    "pragma",
    "cache-control",
    "if-none-match",
    "if-modified-since",
    "if-match",
    "if-unmodified-since",
    "if-range",
    "priority",
    "purpose",
    "cookie",
    "date",
    "expect",
    "via",
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
    "traceparent",
    "tracestate",
    "baggage",
    "b3",
    "sentry-trace",
    "x-request-id",
    "x-client-data",
    "proxy-authorization",
];
const DROPPED_STARTS: [&str; 7] =
    [":", "sec-", "x-b3-", "x-datadog-", "x-amzn-trace", "x-cloud-trace", "cf-"];

/// Names (lower case) and values that are kept, in their order, and names of those that are not.
pub(super) fn worth_keeping(headers: &[Pair]) -> (Vec<(String, String)>, Vec<String>) {
    let (mut kept, mut dropped): (Vec<(String, String)>, Vec<String>) = (Vec::new(), Vec::new());
    for Pair { name, value } in headers {
        let name = name.to_ascii_lowercase();
        let is_valid = is_token(&name)
            && !value.contains("{{")
            && value.bytes().all(|b| b == b'\t' || (b >= b' ' && b != 0x7f));
        let is_any = name == "accept" && value == "*/*";
        let is_double = kept.iter().any(|(known, _)| *known == name);
        if DROPPED.contains(&name.as_str())
            || DROPPED_STARTS.iter().any(|start| name.starts_with(start))
            || is_any
        {
            // What HTTP/2 calls method and path is no header, and the engine writes the others itself.
            if !name.starts_with(':')
                && !["host", "content-length", "connection", "cookie"].contains(&name.as_str())
            {
                dropped.push(name);
            }
        } else if is_valid && !is_double {
            kept.push((name, value.trim().to_owned()));
        } else {
            dropped.push(if is_valid { format!("{name} (again)") } else { printable(&name) });
        }
    }
    (kept, dropped)
}

/// Names and values of the cookies that a request sends.
pub(super) fn cookies(headers: &[Pair]) -> impl Iterator<Item = (&str, &str)> {
    let fields = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("cookie"));
    fields.flat_map(|header| header.value.split(';')).filter_map(|pair| pair.trim().split_once('='))
}

/// Names of the cookies that an answer sets; some exports put several into one field, a line each.
pub(super) fn set_cookies(headers: &[Pair]) -> impl Iterator<Item = &str> {
    let fields = headers.iter().filter(|header| header.name.eq_ignore_ascii_case("set-cookie"));
    fields.flat_map(|header| header.value.lines()).filter_map(|line| line.split('=').next()).map(str::trim)
}

fn printable(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_graphic()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_writes_and_what_belongs_to_a_moment_is_dropped() {
        let pair = |name: &str, value: &str| Pair { name: name.to_owned(), value: value.to_owned() };
        let headers = [
            pair(":method", "GET"),
            pair("Host", "h"),
            pair("Accept", "application/json"),
            pair("X-Tenant", " a "),
            pair("x-tenant", "b"),
            pair("If-None-Match", "x"),
            pair("sec-fetch-mode", "cors"),
            pair("bad name", "x"),
            pair("x-t", "{{a}}"),
            pair("Cookie", "a=b; c=d=e"),
        ];
        let (kept, dropped) = worth_keeping(&headers);
        let kept: Vec<_> = kept.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(kept, [("accept", "application/json"), ("x-tenant", "a")]);
        assert_eq!(dropped, ["x-tenant (again)", "if-none-match", "sec-fetch-mode", "badname", "x-t"]);
        assert_eq!(cookies(&headers).collect::<Vec<_>>(), [("a", "b"), ("c", "d=e")]);
    }
}
