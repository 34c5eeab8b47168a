//! What is sent: method, path, headers, and the body in its forms.

use serde_json::Value as Json;
use swarmlab_codes as codes;
use swarmlab_loadgen::{Body, Expect, GraphQl, HttpRequest, Template};
use swarmlab_yaml::{Kind, MapReader, Node, Value};

use super::step::{template, template_of};
use super::{answer, body, files, redirects};

/// Largest file that a body is read from, bytes.
pub(super) const MAXIMUM_BODY_BYTES: usize = 16 << 20;

pub(super) fn read(map: &MapReader<'_>) -> Option<HttpRequest> {
    let graphql = map.optional("graphql", graphql);
    let is_graphql = map.get("graphql").is_some_and(|v| !v.is_null());
    let line = if is_graphql {
        map.optional("request", request_line).or_else(|| {
            // Where GraphQL is served by custom.
            Template::parse("/graphql").ok().map(|path| ("POST".to_owned(), path))
        })
    } else {
        map.required("request", request_line)
    };
    let headers = map.or("headers", Vec::new(), |v| {
        Some(v.map(template)?.into_iter().map(|(k, t)| (k.name, t)).collect())
    });
    let text = map.optional("body", body);
    let form = map.optional("form", body::form);
    let multipart = map.optional("multipart", body::multipart);
    let file = map.optional("body_file", |v| files::bytes(v, MAXIMUM_BODY_BYTES)).map(Body::Bytes);
    let from_file = map.optional("body_template", body_template).map(Body::Text);
    let accept_encoding = map.or("accept_encoding", Vec::new(), answer::codings);
    let max_redirects = map.optional("redirects", redirects::read);
    let expect = map.or("expect", Expect::default(), answer::expect);
    let keys = ["body", "body_file", "body_template", "form", "multipart", "graphql"];
    let given: Vec<_> = keys.iter().filter_map(|key| map.get(key).filter(|v| !v.is_null())).collect();
    if let [_, second, ..] = given.as_slice() {
        let message = format!("{} is a second body", second.path());
        second.fail(codes::BAD_VALUE, message, format!("one of {}", keys.join(", ")));
        return None;
    }
    let (method, path) = line?;
    let body = text.or(file).or(from_file).or(form).or(multipart).or(graphql.map(Body::GraphQl));
    Some(HttpRequest { method, path, headers, body, accept_encoding, max_redirects, expect })
}

/// `METHOD /path`.
fn request_line(value: &Value<'_>) -> Option<(String, Template)> {
    let text = value.string()?;
    let Some((method, path)) = text.split_once(' ') else {
        value.fail(
            codes::BAD_VALUE,
            format!("{} is no request", value.path()),
            "a method and a path, such as `GET /exercises`",
        );
        return None;
    };
    Some((method.to_owned(), template_of(value, path.trim())?))
}

/// Text with variables, or a mapping or list that is sent as JSON.
fn body(value: &Value<'_>) -> Option<Body> {
    match value.node().kind {
        Kind::Mapping(_) | Kind::Sequence(_) => body::json(value),
        _ => template(value).map(Body::Text),
    }
}

fn body_template(value: &Value<'_>) -> Option<Template> {
    let text = files::text(value, MAXIMUM_BODY_BYTES)?;
    template_of(value, &text)
}

/// `{ query: …, operation: …, variables: { … } }`, or `query_file` for a document of its own.
fn graphql(value: &Value<'_>) -> Option<GraphQl> {
    let map = value.mapping()?;
    let query = match map.get("query_file").filter(|v| !v.is_null()) {
        Some(file) if map.get("query").is_none() => files::text(&file, MAXIMUM_BODY_BYTES),
        Some(file) => {
            file.fail(codes::BAD_VALUE, format!("{} is a second query", file.path()), "query or query_file");
            None
        }
        None => map.required("query", Value::name),
    };
    let operation = map.optional("operation", Value::name);
    let variables = map.optional("variables", |v| {
        v.mapping()?;
        Some(json(v.node()))
    });
    map.finish();
    Some(GraphQl { query: query?, operation, variables })
}

/// A value of the file as JSON.
pub(super) fn json(node: &Node) -> Json {
    match &node.kind {
        Kind::Null => Json::Null,
        Kind::Bool(value) => Json::from(*value),
        Kind::Int(value) => Json::from(*value),
        Kind::Float(value) => Json::from(*value),
        Kind::String(text) => Json::from(text.as_str()),
        Kind::Sequence(items) => items.iter().map(json).collect(),
        Kind::Mapping(entries) => {
            Json::Object(entries.iter().map(|(key, value)| (key.name.clone(), json(value))).collect())
        }
    }
}
