//! Bodies as data: JSON, forms, parts with files.

use std::path::Path;

use swarmlab_codes as codes;
use swarmlab_loadgen::{Body, Part, PartContent};
use swarmlab_yaml::{Kind, Value};

use super::answer::keys_given;
use super::files;
use super::logic::scalar;
use super::request::{self, MAXIMUM_BODY_BYTES};
use super::step::template;

/// A mapping or list that is sent as JSON; its strings have variables.
pub(super) fn json(value: &Value<'_>) -> Option<Body> {
    are_templates(value).then(|| Body::Json(request::json(value.node())))
}

/// Whether each string in a value is a template; one that is none is a finding at its place.
fn are_templates(value: &Value<'_>) -> bool {
    let all = |values: Vec<Value<'_>>| values.iter().filter(|value| !are_templates(value)).count() == 0;
    match &value.node().kind {
        Kind::String(_) => template(value).is_some(),
        Kind::Sequence(_) => value.items().is_some_and(all),
        Kind::Mapping(_) => {
            value.entries().is_some_and(|entries| all(entries.into_iter().map(|(_, value)| value).collect()))
        }
        _ => true,
    }
}

/// `{ NAME: value }` or `{ NAME: [value, value] }`.
pub(super) fn form(value: &Value<'_>) -> Option<Body> {
    Some(Body::Form(fields(value, |_, value| scalar(value))?))
}

/// `{ NAME: value }`, `{ NAME: { file: …, type: … } }`, or lists of those.
pub(super) fn multipart(value: &Value<'_>) -> Option<Body> {
    let parts = fields(value, part)?;
    Some(Body::Multipart(parts.into_iter().map(|(_, part)| part).collect()))
}

/// The fields of a form; a list is several of one name.
fn fields<T>(value: &Value<'_>, read: impl Fn(&str, &Value<'_>) -> Option<T>) -> Option<Vec<(String, T)>> {
    let mut all = Some(Vec::new());
    for (key, value) in value.entries()? {
        let values = match value.node().kind {
            Kind::Sequence(_) => value.items()?,
            _ => vec![value],
        };
        for value in values {
            match (read(&key.name, &value), &mut all) {
                (Some(field), Some(all)) => all.push((key.name.clone(), field)),
                (None, _) => all = None,
                (Some(_), None) => {}
            }
        }
    }
    all
}

fn part(name: &str, value: &Value<'_>) -> Option<Part> {
    let name = name.to_owned();
    if !matches!(value.node().kind, Kind::Mapping(_)) {
        let content = PartContent::Text(scalar(value)?);
        return Some(Part { name, file_name: None, content_type: None, content });
    }
    let map = value.mapping()?;
    let text = map.optional("value", scalar).map(PartContent::Text);
    let file = map.optional("file", |v| files::bytes(v, MAXIMUM_BODY_BYTES)).map(PartContent::Bytes);
    let given_name = map.optional("filename", Value::name);
    let content_type = map.optional("type", Value::name);
    map.finish();
    if keys_given(&map, &["value", "file"]) != 1 {
        let expected = "a text, or { file: …, filename: …, type: … }, or { value: …, type: … }";
        value.fail(codes::BAD_VALUE, format!("{} is no part", value.path()), expected);
        return None;
    }
    let content = text.or(file)?;
    let is_file = matches!(content, PartContent::Bytes(_));
    let last = |path: &str| Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
    let of_path = map.get("file").and_then(|file| last(file.node().text().unwrap_or_default()));
    let file_name = given_name.or(of_path);
    let content_type =
        content_type.or_else(|| is_file.then(|| guess(file_name.as_deref().unwrap_or_default()).to_owned()));
    Some(Part { name, file_name, content_type, content })
}

/// The media type of a file by its name.
fn guess(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).as_deref() {
        Some("json") => "application/json",
        Some("csv") => "text/csv",
        Some("txt") => "text/plain",
        Some("xml") => "application/xml",
        Some("pdf") => "application/pdf",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
