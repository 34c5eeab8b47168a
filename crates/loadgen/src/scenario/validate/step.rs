//! Checking one step.

use std::collections::BTreeSet;

use super::{StepProblem, socket};
use crate::scenario::compiled::json;
use crate::scenario::expression::nearest;
use crate::scenario::json::Pointer;
use crate::scenario::jsonpath::JsonPath;
use crate::scenario::{
    Action, Body, Check, Filter, GrpcCall, HttpRequest, Part, Scenario, Segment, Source, Step, Template,
    Websocket, WebsocketAction, compiled,
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
        Action::Set(_) | Action::Group(_) | Action::Batch(_) => {
            check_steering(step, problems);
            false
        }
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
            Source::JsonPath { path, .. } => check_path(path, problems),
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
        Check::JsonPath { path, .. } => check_path(path, problems),
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
        Ok(template) if template.segments().iter().all(|s| matches!(s, Segment::Literal(_))) => {
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
    check_target(&request.path, problems);
    for (name, value) in &request.headers {
        check_header(name, value, &["content-length", "transfer-encoding"], problems);
    }
    let names_coding = |(name, _): &(String, Template)| name.eq_ignore_ascii_case("accept-encoding");
    if !request.accept_encoding.is_empty() && request.headers.iter().any(names_coding) {
        problems.push(StepProblem::AcceptEncodingTwice);
    }
    check_body(request, problems);
    let ranges = &request.expect.0;
    if ranges.is_empty() || ranges.iter().any(|&(from, to)| from > to || from < 100 || to > 599) {
        problems.push(StepProblem::Expect);
    }
}

/// Checks path and query of a request.
pub(super) fn check_target(path: &Template, problems: &mut Vec<StepProblem>) {
    // Spaces are allowed inside the braces of a variable, so literals are looked at alone.
    let clean = |text: &str| text.bytes().all(|b| (0x21..0x7f).contains(&b));
    let literals_clean = path.segments().iter().all(|segment| match segment {
        Segment::Literal(text) => clean(text),
        Segment::Variable { .. } | Segment::Computed { .. } => true,
    });
    if !path.source().starts_with('/') || !literals_clean {
        problems.push(StepProblem::Path(path.source().to_owned()));
    }
    for segment in path.segments() {
        if let Segment::Variable { filter, .. } | Segment::Computed { filter, .. } = segment
            && matches!(filter, Filter::Json | Filter::Raw)
        {
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

fn check_body(request: &HttpRequest, problems: &mut Vec<StepProblem>) {
    match &request.body {
        Some(Body::GraphQl(operation)) => {
            if operation.variables.as_ref().is_some_and(|variables| !variables.is_object()) {
                problems.push(StepProblem::GraphQlVariables);
            } else if let Err(error) = json::graphql(operation) {
                problems.push(StepProblem::GraphQlTemplate(error.to_string()));
            }
        }
        Some(Body::Json(value)) => {
            if let Err(error) = json::body(value) {
                problems.push(StepProblem::JsonTemplate(error.to_string()));
            }
        }
        Some(Body::Multipart(parts)) => {
            if request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                problems.push(StepProblem::MultipartType);
            }
            let is_clean = |text: &str| !text.bytes().any(|byte| byte < 0x20 || byte == 0x7f);
            for Part { content_type, name, .. } in parts {
                if name.is_empty() {
                    problems.push(StepProblem::PartHead(name.clone()));
                }
                if let Some(wrong) = content_type.as_ref().filter(|text| !is_clean(text)) {
                    problems.push(StepProblem::PartHead(wrong.clone()));
                }
            }
        }
        Some(Body::Text(_) | Body::Bytes(_) | Body::Form(_)) | None => {}
    }
}

/// What steers others sends nothing, so nothing comes back.
fn check_steering(step: &Step, problems: &mut Vec<StepProblem>) {
    for (is_given, what) in [
        (!step.extract.is_empty(), "`extract`"),
        (!step.checks.is_empty(), "`check`"),
        (step.timeout_s.is_some(), "`timeout`"),
    ] {
        if is_given {
            problems.push(StepProblem::RequestOnly(what));
        }
    }
}

fn check_path(path: &str, problems: &mut Vec<StepProblem>) {
    if let Err(error) = JsonPath::parse(path) {
        problems.push(StepProblem::JsonPath(error.to_string()));
    }
}

fn check_pointer(pointer: &str, problems: &mut Vec<StepProblem>) {
    if Pointer::parse(pointer).is_none() {
        problems.push(StepProblem::JsonPointer(pointer.to_owned()));
    }
}

/// The number of groups of a pattern, the whole match included.
pub(super) fn check_pattern(pattern: &str, problems: &mut Vec<StepProblem>) -> Option<usize> {
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

/// Checks that every variable of a request is known, and that no column breaks out of a header.
pub(super) fn check_variables(
    step: &Step,
    scenario: &Scenario,
    known: &BTreeSet<&str>,
    ever_set: &BTreeSet<&str>,
    problems: &mut Vec<StepProblem>,
) {
    let templates = compiled::templates(step);
    let uses = templates.iter().flat_map(|template| template.uses());
    check_uses(uses, scenario, known, ever_set, problems);
    let headers = match &step.action {
        Action::Http(request) => &request.headers,
        Action::Websocket(Websocket { action: WebsocketAction::Connect { headers, .. }, .. }) => headers,
        Action::Grpc(call) => &call.metadata,
        _ => return,
    };
    for name in headers.iter().flat_map(|(_, value)| Template::variables(value)) {
        if let Some((feeder, column)) = scenario.column(name)
            && scenario.feeders[feeder].table.breaks_headers(column)
        {
            problems.push(StepProblem::HeaderColumn(name.to_owned()));
        }
    }
}

/// Checks variables and whether each may be missing: then it is enough if something ever sets it.
pub(super) fn check_uses<'u>(
    uses: impl IntoIterator<Item = (&'u str, bool)>,
    scenario: &Scenario,
    known: &BTreeSet<&str>,
    ever_set: &BTreeSet<&str>,
    problems: &mut Vec<StepProblem>,
) {
    let mut reported = BTreeSet::new();
    for (name, may_miss) in uses {
        let is_set = if may_miss { ever_set.contains(name) } else { known.contains(name) };
        if is_set || scenario.is_given(name) || !reported.insert(name) {
            continue;
        }
        let name = name.to_owned();
        problems.push(if may_miss {
            let known = known_names(scenario, ever_set);
            let near = nearest(&name, known.iter().map(String::as_str)).map(str::to_owned);
            StepProblem::NeverSet { name, near, known }
        } else {
            StepProblem::UnknownVariable { name, known: known_names(scenario, known) }
        });
    }
}

fn known_names(scenario: &Scenario, known: &BTreeSet<&str>) -> Vec<String> {
    let columns = scenario.feeders.iter().flat_map(|feeder| {
        feeder.table.columns().iter().map(move |column| format!("{}.{column}", feeder.name))
    });
    let variant = scenario.variants.iter().map(|variants| variants.variable.clone());
    known.iter().map(|&name| name.to_owned()).chain(variant).chain(columns).collect()
}
