//! Bodies: JSON, forms, several parts, text.

use serde_json::{Map, Value};

use super::document::{Document, entries, is_true, list, text};
use super::example::Examples;
use super::parameters::{Placed, scalar};
use super::{is_password, secret_or};
use crate::json::harmless;
use crate::secrets::{Secrets, is_secret_name};
use crate::url;

/// Between the parts of a body; a text that no value holds by chance.
const BOUNDARY: &str = "swarmlab-2f1c9b7e";

/// What is said of a request with a file in it.
pub(crate) const UPLOAD: &str =
    "it uploads a file: add `multipart` with `NAME: { file: PATH }` for it, and its other fields";

/// A body and its type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub mime: String,
    pub text: String,
}

/// What can be made of the bodies that an operation takes: the first of JSON, form, several parts, text.
///
/// # Errors
/// Why none can be made.
pub(super) fn of_request<'a>(
    document: &'a Document,
    body: &'a Value,
    examples: &mut Examples<'a>,
    secrets: &mut Secrets,
) -> Result<Option<Content>, String> {
    let body = document
        .resolve(body)
        .map_err(|reference| format!("its body is {reference}, which is not in this file"))?;
    let Some(content) = entries(body, "content").filter(|content| !content.is_empty()) else {
        return Ok(None);
    };
    let mut kinds: Vec<(&String, &Value)> = content.iter().collect();
    kinds.sort_by_key(|(mime, _)| rank(mime));
    let Some((mime, media)) = kinds.first() else { return Ok(None) };
    made(document, mime, media, examples, secrets)
}

/// The body of a Swagger operation.
///
/// # Errors
/// As [`of_request`].
pub(super) fn of_swagger<'a>(
    document: &'a Document,
    consumes: &[&str],
    parameters: &[&'a Value],
    placed: &Placed,
    examples: &mut Examples<'a>,
    secrets: &mut Secrets,
) -> Result<Option<Content>, String> {
    if placed.has_file {
        return Err(UPLOAD.to_owned());
    }
    if !placed.form.is_empty() {
        if consumes.first().is_some_and(|mime| mime.starts_with("multipart/")) {
            let fields = placed.form.iter().map(|(name, value)| (name.clone(), url::decode(value, false)));
            return Ok(Some(parts(fields)));
        }
        let fields = placed.form.iter().map(|(name, value)| format!("{}={value}", url::component(name)));
        let text = fields.collect::<Vec<_>>().join("&");
        return Ok(Some(Content { mime: "application/x-www-form-urlencoded".to_owned(), text }));
    }
    let Some(body) = parameters.iter().find(|parameter| text(parameter, "in") == Some("body")) else {
        return Ok(None);
    };
    let mut kinds = consumes.to_vec();
    kinds.sort_by_key(|mime| rank(mime));
    made(document, kinds.first().copied().unwrap_or("application/json"), body, examples, secrets)
}

/// What is easiest to make comes first.
fn rank(mime: &str) -> usize {
    match mime.to_ascii_lowercase() {
        mime if mime == "application/json" => 0,
        mime if is_json(&mime) => 1,
        mime if mime.starts_with("application/x-www-form-urlencoded") => 2,
        mime if mime.starts_with("multipart/form-data") => 3,
        mime if mime.starts_with("text/") || mime.contains("xml") => 4,
        _ => 5,
    }
}

fn is_json(mime: &str) -> bool {
    mime == "*/*" || mime == "application/*" || mime.contains("json")
}

fn made<'a>(
    document: &'a Document,
    mime: &str,
    media: &'a Value,
    examples: &mut Examples<'a>,
    secrets: &mut Secrets,
) -> Result<Option<Content>, String> {
    let shown: String = mime.chars().filter(|c| !c.is_control()).take(80).collect();
    let lower = shown.to_ascii_lowercase();
    let schema = media.get("schema").and_then(|schema| document.resolve(schema).ok());
    if is_json(&lower) {
        let value = examples.of_holder(media, "the body");
        let mut text = String::new();
        push_json(document, schema, "", &value, secrets, &mut text);
        let mime = if lower.contains('*') { "application/json".to_owned() } else { shown };
        return Ok(Some(Content { mime, text }));
    }
    if lower.starts_with("application/x-www-form-urlencoded") || lower.starts_with("multipart/form-data") {
        if schema.is_some_and(|schema| has_binary(document, schema)) {
            return Err(UPLOAD.to_owned());
        }
        let value = examples.of_holder(media, "the body");
        let fields = value.as_object().into_iter().flatten().map(|(name, value)| {
            let property = property(document, schema, name);
            match secret_or(name, property.is_some_and(|p| is_password(document, p)), secrets) {
                Some(variable) => (name.clone(), None, variable),
                None => (name.clone(), Some(scalar(value)), String::new()),
            }
        });
        let fields: Vec<_> = fields.collect();
        if lower.starts_with("multipart/") {
            let fields = fields.into_iter().map(|(name, value, variable)| {
                (
                    name,
                    value.map_or_else(|| format!("{{{{{variable}}}}}"), |value| value.replace("{{", "{ {")),
                )
            });
            return Ok(Some(parts(fields)));
        }
        let pairs = fields.into_iter().map(|(name, value, variable)| match value {
            Some(value) => format!("{}={}", url::component(&name), url::component(&value)),
            None => format!("{}={{{{{variable}}}}}", url::component(&name)),
        });
        let text = pairs.collect::<Vec<_>>().join("&");
        return Ok(Some(Content { mime: "application/x-www-form-urlencoded".to_owned(), text }));
    }
    if rank(&lower) == 4 {
        let value = examples.of_holder(media, "the body");
        return match value {
            Value::String(text) if !text.contains("{{") => Ok(Some(Content { mime: shown, text })),
            _ => Err(format!("its body is {shown}, of which there is no example: add `body`")),
        };
    }
    Err(format!("its body is {shown}: add `body_file`"))
}

/// `multipart/form-data` (RFC 7578).
fn parts(fields: impl Iterator<Item = (String, String)>) -> Content {
    let mut text = String::new();
    for (name, value) in fields {
        let name = name.replace(['"', '\r', '\n'], "_").replace("{{", "__");
        text.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    text.push_str(&format!("--{BOUNDARY}--\r\n"));
    Content { mime: format!("multipart/form-data; boundary={BOUNDARY}"), text }
}

fn property<'a>(document: &'a Document, schema: Option<&'a Value>, name: &str) -> Option<&'a Value> {
    let property = entries(schema?, "properties")?.get(name)?;
    document.resolve(property).ok()
}

fn has_binary(document: &Document, schema: &Value) -> bool {
    let is_binary = |property: &Value| {
        document.resolve(property).is_ok_and(|property| {
            text(property, "format") == Some("binary")
                || property.get("contentMediaType").is_some()
                || property.get("items").is_some_and(|items| text(items, "format") == Some("binary"))
        })
    };
    let required = list(schema, "required");
    let must = |name: &String| required.is_empty() || required.iter().any(|r| r.as_str() == Some(name));
    entries(schema, "properties")
        .into_iter()
        .flatten()
        .any(|(name, property)| must(name) && is_binary(property))
}

/// A value as compact JSON; secrets become variables, and `{{` opens none.
fn push_json(
    document: &Document,
    schema: Option<&Value>,
    name: &str,
    value: &Value,
    secrets: &mut Secrets,
    out: &mut String,
) {
    match value {
        Value::Object(fields) => push_fields(document, schema, fields, secrets, out),
        Value::Array(items) => {
            let of =
                schema.and_then(|schema| schema.get("items")).and_then(|items| document.resolve(items).ok());
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                push_json(document, of, name, item, secrets, out);
            }
            out.push(']');
        }
        Value::String(text) => {
            let is_secret =
                is_secret_name(name) || schema.is_some_and(|schema| is_password(document, schema));
            if is_secret && !text.is_empty() {
                out.push_str(&format!("\"{{{{{}}}}}\"", secrets.named(name)));
            } else {
                out.push_str(&harmless(&value.to_string()));
            }
        }
        value => out.push_str(&value.to_string()),
    }
}

fn push_fields(
    document: &Document,
    schema: Option<&Value>,
    fields: &Map<String, Value>,
    secrets: &mut Secrets,
    out: &mut String,
) {
    out.push('{');
    for (index, (key, value)) in
        fields.iter().filter(|(key, _)| !is_read_only(document, schema, key)).enumerate()
    {
        out.push_str(if index > 0 { ", " } else { "" });
        out.push_str(&harmless(&Value::String(key.clone()).to_string()));
        out.push_str(": ");
        push_json(document, property(document, schema, key), key, value, secrets, out);
    }
    // An object that closes another one would close a variable as well, if one were open; none is.
    out.push('}');
}

fn is_read_only(document: &Document, schema: Option<&Value>, key: &str) -> bool {
    property(document, schema, key).is_some_and(|property| is_true(property, "readOnly"))
}
