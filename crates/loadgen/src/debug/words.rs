//! Checks and extractions in words; what may be a secret is not shown.

use swarmlab_intervals::{ErrorKind, grpc_name};

use super::{Checked, Exchange, Extracted};
use crate::engine::Seen;
use crate::scenario::{Action, Check, FieldTest, NodeTest, Source, Step};

/// Longest extracted value that is shown, characters.
const VALUE_CHARS: usize = 200;

/// What a step's checks and extractions found, in words and without secrets.
pub(super) fn fill(exchange: &mut Exchange, step: &Step, seen: Seen) {
    exchange.checks = expectation(exchange, step, seen.is_expected).into_iter().collect();
    exchange.checks.extend(step.checks.iter().zip(seen.checks).map(|(check, seen)| Checked {
        check: described(check),
        holds: seen.holds,
        found: seen.found.map(|found| match is_secret(of_check(check)) {
            true => "***".to_owned(),
            false => shown("", &found),
        }),
    }));
    exchange.extracted = step
        .extract
        .iter()
        .zip(seen.extracted)
        .map(|(extract, value)| Extracted {
            variable: extract.variable.clone(),
            from: source(&extract.from),
            value: value.map(|value| {
                let from = match &extract.from {
                    Source::JsonPointer(text) | Source::Header(text) => text.as_str(),
                    Source::JsonPath { path, .. } => path.as_str(),
                    // What the expression looks for is the name.
                    Source::Regex { pattern, .. } => pattern.as_str(),
                    Source::Cookie(_) => "",
                };
                let is_cookie = matches!(extract.from, Source::Cookie(_));
                if is_cookie || is_secret(from) { "***".to_owned() } else { shown(&extract.variable, &value) }
            }),
        })
        .collect();
}

/// What a step expects of the status of its answer, where that has one.
fn expectation(exchange: &Exchange, step: &Step, is_expected: bool) -> Option<Checked> {
    let answer = exchange.answer.as_ref()?;
    let (check, holds, found) = match &step.action {
        Action::Http(request) => {
            let ranges = request.expect.0.iter().map(|(from, to)| match from == to {
                true => from.to_string(),
                false => format!("{from} to {to}"),
            });
            let ranges = ranges.collect::<Vec<_>>().join(" or ");
            (format!("the status is {ranges}"), is_expected, answer.status.to_string())
        }
        Action::Grpc(call) if answer.status == 200 => {
            let name = |code: u16| format!("{} ({code})", grpc_name(code));
            let expected: Vec<String> = call.expect.iter().map(|code| name(*code)).collect();
            let lines = answer.headers.lines();
            let code = lines.filter_map(|line| line.strip_prefix("grpc-status: ")).next_back();
            let holds = exchange.error != Some(ErrorKind::GrpcError);
            let found = code.and_then(|code| code.trim().parse().ok()).map_or("nothing".to_owned(), name);
            (format!("grpc-status is {}", expected.join(" or ")), holds, found)
        }
        Action::Grpc(_) => ("the status is 200".to_owned(), false, answer.status.to_string()),
        _ => return None,
    };
    Some(Checked { check, holds, found: Some(found) })
}

/// Where a check looks, if a name there may tell of a secret.
fn of_check(check: &Check) -> &str {
    match check {
        Check::Header { name, .. } => name,
        Check::Json { pointer, .. } => pointer,
        Check::JsonPath { path, .. } => path,
        Check::BodyContains(_) | Check::BodyMatches(_) | Check::LatencyBelow { .. } => "",
    }
}

/// Whether a name in a header's name, a pointer or a path is that of a secret.
fn is_secret(place: &str) -> bool {
    let names = place.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
    names.filter(|name| !name.is_empty()).any(|name| shown(name, "x") == "***")
}

/// A value as it may be shown; `name` tells whether it is a secret.
fn shown(name: &str, value: &str) -> String {
    let cut: String = value.chars().take(VALUE_CHARS).collect();
    let pair = crate::engine::without_secrets(format!("{name}={cut}").as_bytes());
    pair.strip_prefix(&format!("{name}=")).unwrap_or("***").to_owned()
}

/// A check; what it expects of a secret is one as well.
fn described(check: &Check) -> String {
    let hidden = |expected: String| if is_secret(of_check(check)) { "***".to_owned() } else { expected };
    match check {
        Check::Header { name, test: FieldTest::Present } => format!("header {name} is there"),
        Check::Header { name, test: FieldTest::Equals(value) } => {
            format!("header {name} equals {}", hidden(format!("{value:?}")))
        }
        Check::Header { name, test: FieldTest::Matches(pattern) } => {
            format!("header {name} matches {}", hidden(pattern.clone()))
        }
        Check::BodyContains(text) => format!("the body contains {:?}", shown("", text)),
        Check::BodyMatches(pattern) => format!("the body matches {}", shown("", pattern)),
        Check::Json { pointer, equals } => format!("{pointer} equals {}", hidden(equals.to_string())),
        Check::JsonPath { path, test: NodeTest::Equals(value) } => {
            format!("{path} equals {}", hidden(value.to_string()))
        }
        Check::JsonPath { path, test: NodeTest::Matches(pattern) } => {
            format!("{path} matches {}", hidden(pattern.clone()))
        }
        Check::JsonPath { path, test } => format!("{path} {}", of_nodes(test)),
        Check::LatencyBelow { s } => format!("response time below {s} s"),
    }
}

fn of_nodes(test: &NodeTest) -> String {
    match test {
        NodeTest::Present => "is there".to_owned(),
        NodeTest::Absent => "is not there".to_owned(),
        NodeTest::Count(count) => format!("is there {count} times"),
        NodeTest::Equals(value) => format!("equals {value}"),
        NodeTest::Matches(pattern) => format!("matches {pattern}"),
        NodeTest::Within { least, most } => match (least, most) {
            (Some(least), Some(most)) => format!("is from {least} to {most}"),
            (Some(least), None) => format!("is at least {least}"),
            (None, Some(most)) => format!("is at most {most}"),
            (None, None) => "is a number".to_owned(),
        },
    }
}

fn source(source: &Source) -> String {
    match source {
        Source::JsonPointer(pointer) => format!("json {pointer}"),
        Source::Header(name) => format!("header {name}"),
        Source::Cookie(name) => format!("cookie {name}"),
        Source::JsonPath { path, all } => format!("{}{path}", if *all { "all of " } else { "" }),
        Source::Regex { pattern, .. } => format!("regex {pattern}"),
    }
}
