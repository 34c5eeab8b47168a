//! Parameters of an operation, written as their `style` (OpenAPI) or `collectionFormat` (Swagger) says.

use serde_json::Value;

use super::document::{Document, is_true, text};
use super::example::Examples;
use super::secret_or;
use crate::draft::is_token;
use crate::secrets::Secrets;
use crate::url;

/// What parameters make of a request.
#[derive(Debug, Default)]
pub(super) struct Placed {
    pub path: String,
    pub query: Vec<String>,
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<String>,
    /// Fields of a form (Swagger).
    pub form: Vec<(String, String)>,
    /// Schema of the body (Swagger).
    pub has_file: bool,
    /// Required ones that cannot be sent where they belong.
    pub left_out: Vec<String>,
    /// Optional ones that are not sent.
    pub optional: Vec<String>,
}

/// Puts example values of `parameters` where they belong.
pub(super) fn place<'a>(
    document: &'a Document,
    path: &str,
    parameters: &[&'a Value],
    examples: &mut Examples<'a>,
    secrets: &mut Secrets,
) -> Placed {
    let mut placed = Placed { path: literal_path(path), ..Placed::default() };
    for parameter in parameters {
        let name = text(parameter, "name").unwrap_or_default();
        let place = text(parameter, "in").unwrap_or_default();
        if place == "body" {
            continue;
        }
        if name.is_empty() {
            placed.left_out.push(format!("a parameter without a name ({place})"));
            continue;
        }
        let is_sent = place == "path" || is_true(parameter, "required");
        if !is_sent {
            placed.optional.push(name.to_owned());
            continue;
        }
        let holder = match parameter.get("content").and_then(Value::as_object).and_then(|c| c.values().next())
        {
            Some(media) => media,
            None => parameter,
        };
        let value = examples.of_holder(holder, name);
        let is_password = parameter.get("schema").is_some_and(|schema| super::is_password(document, schema))
            || text(parameter, "format") == Some("password");
        match place {
            "path" => {
                let written = match secret_or(name, is_password, secrets) {
                    Some(variable) => format!("{{{{{variable}|url}}}}"),
                    None => url::component(&joined(&value, ",")),
                };
                let hole = format!("{}{}{}", url::path("{"), url::path(name), url::path("}"));
                placed.path = placed.path.replace(&hole, &written);
            }
            "query" => match secret_or(name, is_password, secrets) {
                Some(variable) => {
                    placed.query.push(format!("{}={{{{{variable}|url}}}}", url::component(name)))
                }
                None => placed.query.extend(pairs(parameter, name, &value)),
            },
            "header" => {
                let is_given =
                    ["accept", "content-type", "authorization"].contains(&name.to_ascii_lowercase().as_str());
                if !is_given && !is_token(name) {
                    placed.left_out.push(format!("header {name}"));
                } else if !is_given {
                    let value = match secret_or(name, is_password, secrets) {
                        Some(variable) => format!("{{{{{variable}}}}}"),
                        None => header_value(&joined(&value, ",")),
                    };
                    placed.headers.push((name.to_ascii_lowercase(), value));
                }
            }
            "cookie" if is_token(name) => {
                let value = match secret_or(name, true, secrets) {
                    Some(variable) => format!("{{{{{variable}}}}}"),
                    None => String::new(),
                };
                placed.cookies.push(format!("{name}={value}"));
            }
            "formData" if text(parameter, "type") == Some("file") => placed.has_file = true,
            "formData" => {
                let value = match secret_or(name, is_password, secrets) {
                    Some(variable) => format!("{{{{{variable}}}}}"),
                    None => url::component(&joined(&value, ",")),
                };
                placed.form.push((name.to_owned(), value));
            }
            place => placed.left_out.push(format!("{name} in {place}")),
        }
    }
    placed
}

/// A path whose holes are still to be filled.
fn literal_path(path: &str) -> String {
    url::path(if path.is_empty() { "/" } else { path })
}

/// A value that a header can hold.
pub(super) fn header_value(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect::<String>().replace("{{", "{ {")
}

/// A parameter of the query: styles `form`, `spaceDelimited`, `pipeDelimited`, `deepObject`; formats `csv`, `ssv`,
/// `tsv`, `pipes`, `multi`.
fn pairs(parameter: &Value, name: &str, value: &Value) -> Vec<String> {
    let name = url::component(name);
    let style = text(parameter, "style").unwrap_or("form");
    let format = text(parameter, "collectionFormat");
    let is_swagger = parameter.get("schema").is_none() && parameter.get("content").is_none();
    let explodes = match format {
        Some(format) => format == "multi",
        None if is_swagger => false,
        None => parameter.get("explode").and_then(Value::as_bool).unwrap_or(style == "form"),
    };
    let separator = match format.unwrap_or(style) {
        "ssv" | "spaceDelimited" => " ",
        "tsv" => "\t",
        "pipes" | "pipeDelimited" => "|",
        _ => ",",
    };
    match value {
        Value::Array(items) if explodes => {
            items.iter().map(|item| format!("{name}={}", url::component(&scalar(item)))).collect()
        }
        Value::Object(fields) if style == "deepObject" => fields
            .iter()
            .map(|(key, value)| {
                format!("{name}%5B{}%5D={}", url::component(key), url::component(&scalar(value)))
            })
            .collect(),
        Value::Object(fields) if explodes => fields
            .iter()
            .map(|(key, value)| format!("{}={}", url::component(key), url::component(&scalar(value))))
            .collect(),
        value => vec![format!("{name}={}", url::component(&joined(value, separator)))],
    }
}

/// Lists and objects in one text.
fn joined(value: &Value, separator: &str) -> String {
    match value {
        Value::Array(items) => items.iter().map(scalar).collect::<Vec<_>>().join(separator),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| [key.clone(), scalar(value)])
            .collect::<Vec<_>>()
            .join(separator),
        value => scalar(value),
    }
}

/// A value as text, strings without quotes.
pub(super) fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_and_objects_are_written_as_their_style_says() {
        let list = json!([1, "a b"]);
        let object = json!({"r": 1, "g": 2});
        let cases = [
            (json!({"schema": {}}), &list, "c=1&c=a%20b"),
            (json!({"schema": {}, "explode": false}), &list, "c=1%2Ca%20b"),
            (json!({"schema": {}, "style": "pipeDelimited"}), &list, "c=1%7Ca%20b"),
            (json!({"type": "array"}), &list, "c=1%2Ca%20b"),
            (json!({"type": "array", "collectionFormat": "multi"}), &list, "c=1&c=a%20b"),
            (json!({"schema": {}}), &object, "r=1&g=2"),
            (json!({"schema": {}, "style": "deepObject"}), &object, "c%5Br%5D=1&c%5Bg%5D=2"),
        ];
        for (parameter, value, expected) in cases {
            assert_eq!(pairs(&parameter, "c", value).join("&"), expected, "{parameter}");
        }
    }
}
