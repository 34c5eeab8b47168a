//! Checking one step.

use std::collections::BTreeSet;

use super::{StepProblem, socket};
use crate::scenario::compiled::graphql;
use crate::scenario::json::Pointer;
use crate::scenario::{
    Action, Body, Check, Filter, GrpcCall, HttpRequest, Scenario, Segment, Source, Step, Template, Websocket,
    WebsocketAction, compiled,
};

/// Checks what does not depend on other steps.
pub(super) fn check(step: &Step, problems: &mut Vec<StepProblem>) {
    if step.name.is_empty() {
        problems.push(StepProblem::NoName);
    }
    let is_http = match &step.action {
        Action::Http(request) => {
            check_request(request, problems);
            true
        }
        Action::Websocket(websocket) => {
            socket::check(step, websocket, problems);
            matches!(websocket.action, WebsocketAction::Connect { .. })
        }
        Action::Grpc(call) => {
            check_call(call, problems);
            true
        }
        Action::Redis { .. } => false,
    };
    if !(step.probability > 0.0 && step.probability <= 1.0) {
        problems.push(StepProblem::Probability(step.probability));
    }
    if let Some(timeout_s) = step.timeout_s
        && !(timeout_s.is_finite() && timeout_s > 0.0)
    {
        problems.push(StepProblem::Timeout(timeout_s));
    }
    for extract in &step.extract {
        match &extract.from {
            Source::JsonPointer(pointer) => check_pointer(pointer, problems),
            Source::Header(name) | Source::Cookie(name) => {
                check_token(name, problems);
                if !is_http {
                    problems.push(StepProblem::HttpOnly("a header or cookie"));
                }
            }
            Source::Regex { pattern, group } => {
                if let Some(groups) = check_pattern(pattern, problems)
                    && *group >= groups
                {
                    problems.push(StepProblem::Group { pattern: pattern.clone(), group: *group });
                }
            }
        }
    }
    for check in &step.checks {
        check_check(check, is_http, problems);
    }
}

/// Checks an assertion; `is_http`: on an answer with fields.
pub(super) fn check_check(check: &Check, is_http: bool, problems: &mut Vec<StepProblem>) {
    if let Some(pattern) = check.pattern() {
        check_pattern(pattern, problems);
    }
    match check {
        Check::Header { name, .. } => {
            check_token(name, problems);
            if !is_http {
                problems.push(StepProblem::HttpOnly("a header"));
            }
        }
        Check::Json { pointer, .. } => check_pointer(pointer, problems),
        Check::LatencyBelow { s } if !(s.is_finite() && *s > 0.0) => problems.push(StepProblem::Latency(*s)),
        _ => {}
    }
}

/// Fields of a call that the engine writes, or that gRPC keeps for itself.
const CALL_RESERVED: [&str; 7] =
    ["connection", "content-length", "content-type", "host", "te", "transfer-encoding", "user-agent"];

fn check_call(call: &GrpcCall, problems: &mut Vec<StepProblem>) {
    for (name, value) in &call.metadata {
        check_header(name, value, &CALL_RESERVED, problems);
        if name.starts_with("grpc-") || name.bytes().any(|b| b.is_ascii_uppercase()) {
            problems.push(StepProblem::Metadata(name.clone()));
        }
    }
    match Template::json(&call.message) {
        Err(error) => problems.push(StepProblem::GrpcTemplate(error.to_string())),
        Ok(template) if template.variables().next().is_none() => {
            if let Err(misfit) = call.method.encode(template.source().as_bytes(), &mut Vec::new()) {
                problems.push(StepProblem::GrpcMessage(misfit.to_string()));
            }
        }
        Ok(_) => {
            problems.extend(
                call.method
                    .misfits(&call.message)
                    .into_iter()
                    .map(|m| StepProblem::GrpcMessage(m.to_string())),
            );
        }
    }
}

fn check_request(request: &HttpRequest, problems: &mut Vec<StepProblem>) {
    if request.method.is_empty() || !request.method.bytes().all(|b| b.is_ascii_uppercase()) {
        problems.push(StepProblem::Method(request.method.clone()));
    }
    check_path(&request.path, problems);
    for (name, value) in &request.headers {
        check_header(name, value, &["content-length", "transfer-encoding"], problems);
    }
    let names_coding = |(name, _): &(String, Template)| name.eq_ignore_ascii_case("accept-encoding");
    if !request.accept_encoding.is_empty() && request.headers.iter().any(names_coding) {
        problems.push(StepProblem::AcceptEncodingTwice);
    }
    if let Some(Body::GraphQl(operation)) = &request.body {
        if operation.variables.as_ref().is_some_and(|variables| !variables.is_object()) {
            problems.push(StepProblem::GraphQlVariables);
        } else if let Err(error) = graphql::body(operation) {
            problems.push(StepProblem::GraphQlTemplate(error.to_string()));
        }
    }
    let ranges = &request.expect.0;
    if ranges.is_empty() || ranges.iter().any(|&(from, to)| from > to || from < 100 || to > 599) {
        problems.push(StepProblem::Expect);
    }
}

pub(super) fn check_path(path: &Template, problems: &mut Vec<StepProblem>) {
    // Spaces are allowed inside the braces of a variable, so literals are looked at alone.
    let clean = |text: &str| text.bytes().all(|b| (0x21..0x7f).contains(&b));
    let literals_clean = path.segments().iter().all(|segment| match segment {
        Segment::Literal(text) => clean(text),
        Segment::Variable { .. } => true,
    });
    if !path.source().starts_with('/') || !literals_clean {
        problems.push(StepProblem::Path(path.source().to_owned()));
    }
    for segment in path.segments() {
        if let Segment::Variable { filter: filter @ (Filter::Json | Filter::Raw), .. } = segment {
            problems.push(StepProblem::PathFilter(*filter));
        }
    }
}

/// A field of a request; those of `reserved` the engine writes itself.
pub(super) fn check_header(name: &str, value: &Template, reserved: &[&str], problems: &mut Vec<StepProblem>) {
    check_token(name, problems);
    if reserved.contains(&name.to_ascii_lowercase().as_str()) {
        problems.push(StepProblem::HeaderReserved(name.to_owned()));
    }
    if value.source().bytes().any(|b| (b < 0x20 && b != b'\t') || b == 0x7f) {
        problems.push(StepProblem::HeaderValue(name.to_owned()));
    }
}

fn check_pointer(pointer: &str, problems: &mut Vec<StepProblem>) {
    if Pointer::parse(pointer).is_none() {
        problems.push(StepProblem::JsonPointer(pointer.to_owned()));
    }
}

/// The number of groups of a pattern, the whole match included.
fn check_pattern(pattern: &str, problems: &mut Vec<StepProblem>) -> Option<usize> {
    match compiled::regex(pattern) {
        Ok(regex) => Some(regex.captures_len()),
        Err(why) => {
            problems.push(StepProblem::Pattern { pattern: pattern.to_owned(), why });
            None
        }
    }
}

pub(super) fn check_token(name: &str, problems: &mut Vec<StepProblem>) {
    if name.is_empty() || !name.bytes().all(is_token) {
        problems.push(StepProblem::HeaderName(name.to_owned()));
    }
}

/// Characters of a token, RFC 9110 section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Checks that every variable is known, and that no column breaks out of a header.
pub(super) fn check_variables(
    step: &Step,
    scenario: &Scenario,
    known: &BTreeSet<&str>,
    problems: &mut Vec<StepProblem>,
) {
    let mut reported = BTreeSet::new();
    for name in compiled::templates(step).iter().flat_map(|template| template.variables()) {
        if !known.contains(name) && !scenario.is_given(name) && reported.insert(name.to_owned()) {
            problems.push(StepProblem::UnknownVariable {
                name: name.to_owned(),
                known: known_names(scenario, known),
            });
        }
    }
    let headers = match &step.action {
        Action::Http(request) => &request.headers,
        Action::Websocket(Websocket { action: WebsocketAction::Connect { headers, .. }, .. }) => headers,
        Action::Grpc(call) => &call.metadata,
        Action::Redis { .. } | Action::Websocket(_) => return,
    };
    for name in headers.iter().flat_map(|(_, value)| Template::variables(value)) {
        if let Some((feeder, column)) = scenario.column(name)
            && scenario.feeders[feeder].table.breaks_headers(column)
        {
            problems.push(StepProblem::HeaderColumn(name.to_owned()));
        }
    }
}

fn known_names(scenario: &Scenario, known: &BTreeSet<&str>) -> Vec<String> {
    let columns = scenario.feeders.iter().flat_map(|feeder| {
        feeder.table.columns().iter().map(move |column| format!("{}.{column}", feeder.name))
    });
    let variant = scenario.variants.iter().map(|variants| variants.variable.clone());
    known.iter().map(|&name| name.to_owned()).chain(variant).chain(columns).collect()
}
