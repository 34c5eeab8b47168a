//! What an operation asks for to know who calls: never known here, so always a variable.

use serde_json::Value;

use super::document::{Document, entries, list, text};
use crate::draft::is_token;
use crate::secrets::Secrets;
use crate::url;

/// Where credentials go.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    pub headers: Vec<(String, String)>,
    pub query: Vec<String>,
    pub cookies: Vec<String>,
    /// What is not sent, and other ways.
    pub comments: Vec<String>,
}

/// The first way to authenticate that the operation, or else the document, names.
pub(super) fn credentials(document: &Document, operation: &Value, secrets: &mut Secrets) -> Credentials {
    let mut found = Credentials::default();
    let ways = match operation.get("security") {
        Some(own) => own.as_array().map_or(&[][..], Vec::as_slice),
        None => document.get("security").and_then(Value::as_array).map_or(&[][..], Vec::as_slice),
    };
    // `{}` among the ways means that none is needed.
    let way = ways.iter().find(|way| way.as_object().is_some_and(|way| !way.is_empty()));
    for name in way.and_then(Value::as_object).into_iter().flat_map(|way| way.keys()) {
        let Some(scheme) = scheme(document, name) else {
            found.comments.push(format!("credentials `{name}` are not described in this file: left out"));
            continue;
        };
        let lower = |key| text(scheme, key).unwrap_or_default().to_ascii_lowercase();
        match lower("type").as_str() {
            "basic" => found.basic(secrets, name),
            "http" if lower("scheme") == "basic" => found.basic(secrets, name),
            "apikey" => {
                let key = text(scheme, "name").unwrap_or("api_key");
                let variable = secrets.named(name);
                match lower("in").as_str() {
                    "query" => found.query.push(format!("{}={{{{{variable}|url}}}}", url::component(key))),
                    "cookie" if is_token(key) => found.cookies.push(format!("{key}={{{{{variable}}}}}")),
                    _ if is_token(key) => {
                        found.headers.push((key.to_ascii_lowercase(), format!("{{{{{variable}}}}}")));
                    }
                    _ => found
                        .comments
                        .push(format!("credentials `{name}` have a name that cannot be sent: left out")),
                }
            }
            "mutualtls" => {
                found
                    .comments
                    .push(format!("`{name}` is a client certificate: --cert, --key of `swarmlab load`"));
            }
            _ => found
                .headers
                .push(("authorization".to_owned(), format!("Bearer {{{{{}}}}}", secrets.named(name)))),
        }
    }
    let others = ways.len().saturating_sub(1);
    if way.is_some() && others > 0 {
        found.comments.push(format!("further ways to authenticate, left out: {others}"));
    }
    found
}

impl Credentials {
    fn basic(&mut self, secrets: &mut Secrets, name: &str) {
        let variable = secrets.named(name);
        self.headers.push(("authorization".to_owned(), format!("Basic {{{{{variable}}}}}")));
    }
}

fn scheme<'a>(document: &'a Document, name: &str) -> Option<&'a Value> {
    let of_openapi = document.get("components").and_then(|c| entries(c, "securitySchemes"));
    let of_swagger = document.get("securityDefinitions").and_then(Value::as_object);
    document.resolve(of_openapi.or(of_swagger)?.get(name)?).ok()
}

/// Names of the tags of an operation.
pub(super) fn tags(operation: &Value) -> Vec<&str> {
    list(operation, "tags").iter().filter_map(Value::as_str).collect()
}
