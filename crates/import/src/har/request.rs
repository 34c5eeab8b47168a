//! A recorded request in parts: each value that could come from somewhere else, and the text around it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::model::{Pair, PostData};
use crate::json::{self, Leaf};
use crate::secrets::{is_secret_name, is_secret_value};
use crate::url::{self, Url};

/// Values looked at in one body.
const LEAVES: usize = 2_000;
/// Largest body that is brought over, bytes.
const BODY_BYTES: usize = 256 << 10;

/// A value in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub place: Place,
    /// What it is called: a parameter, key or header; for a part of the path what stands before it.
    pub name: String,
    pub value: String,
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// Which part of the path.
    Path(usize),
    /// Which parameter.
    Query(usize),
    /// Which header, and which part of it.
    Header(usize, Range<usize>),
    /// Which part of a JSON text.
    Json(Range<usize>),
    /// Which field of a form.
    Form(usize),
}

/// A body.
#[derive(Debug, PartialEq, Eq)]
enum Body {
    None,
    Json(String, Vec<Leaf>),
    /// Names and values, decoded.
    Form(Vec<(String, String)>),
    Text(String),
}

/// A request taken apart.
#[derive(Debug)]
pub(super) struct Request {
    /// Parts of the path between its slashes, as sent.
    segments: Vec<String>,
    /// Parameters as sent.
    query: Option<Vec<(String, Option<String>)>>,
    headers: Vec<(String, String)>,
    body: Body,
    /// What has to be said of it.
    pub comments: Vec<String>,
    /// Why its body is not brought over, if it had one.
    pub lacks_body: Option<String>,
    /// Names of headers that were left out.
    pub dropped: Vec<String>,
    /// The operation that a GraphQL request names.
    operation: Option<String>,
}

impl Request {
    /// Takes a request apart.
    pub fn new(url: &Url, headers: &[Pair], data: Option<&PostData>, body_bytes: f64) -> Self {
        let (headers, dropped) = super::headers::worth_keeping(headers);
        let query = url.query.as_ref().map(|query| {
            let pair = |pair: &str| match pair.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (pair.to_owned(), None),
            };
            query.split('&').map(pair).collect()
        });
        let segments = url.path.trim_start_matches('/').split('/').map(str::to_owned).collect();
        let (body, operation, lacks_body) = (Body::None, None, None);
        let comments = Vec::new();
        let mut request = Self { segments, query, headers, body, comments, lacks_body, dropped, operation };
        match data {
            Some(data) => request.take_body(data),
            None if body_bytes > 0.0 => {
                let why = format!(
                    "the recording does not hold its body ({body_bytes} bytes): add `body` or `body_file`"
                );
                request.lacks_body = Some(why);
            }
            None => {}
        }
        request
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn take_body(&mut self, data: &PostData) {
        let mime = if data.mime_type.is_empty() {
            self.header("content-type").unwrap_or_default()
        } else {
            &data.mime_type
        };
        let mime = mime.to_ascii_lowercase();
        if data.params.iter().any(|param| !param.file_name.is_empty()) {
            let why = "it uploads a file, which the recording does not hold: add `multipart` with `NAME: { file: PATH }` for it, \
                       and its other fields";
            self.lacks_body = Some(why.to_owned());
            return;
        }
        let is_form = mime.starts_with("application/x-www-form-urlencoded");
        let has_fields = is_form && !data.params.is_empty();
        if data.text.is_empty() && !has_fields {
            return;
        }
        if data.encoding.eq_ignore_ascii_case("base64") || data.text.contains('\u{fffd}') {
            let why = "its body is no text: put the bytes into a file and add `body_file`";
            self.lacks_body = Some(why.to_owned());
            return;
        }
        if data.text.len() > BODY_BYTES {
            let why =
                format!("its body has {} bytes: put it into a file and add `body_file`", data.text.len());
            self.lacks_body = Some(why);
            return;
        }
        if self.header("content-type").is_none() && !mime.is_empty() {
            self.headers.push(("content-type".to_owned(), data.mime_type.clone()));
        }
        if is_form {
            let given = if data.text.is_empty() {
                data.params
                    .iter()
                    .map(|p| (url::decode(&p.name, true), url::decode(&p.value, true)))
                    .collect()
            } else {
                let pair = |pair: &str| {
                    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                    (url::decode(name, true), url::decode(value, true))
                };
                data.text.split('&').map(pair).collect()
            };
            self.body = Body::Form(given);
            return;
        }
        let leaves = if mime.contains("json") || data.text.trim_start().starts_with(['{', '[']) {
            json::leaves(&data.text, LEAVES)
        } else {
            None
        };
        match leaves {
            Some(leaves) => {
                self.operation = operation(&data.text, &leaves);
                self.body = Body::Json(data.text.clone(), leaves);
            }
            None if data.text.contains("{{") => {
                let why =
                    "its body holds `{{`, which opens a variable: put it into a file and add `body_file`";
                self.lacks_body = Some(why.to_owned());
            }
            // In a text of any other form a secret cannot be told from the rest.
            None if is_secret_name(&data.text) || is_secret_value(&data.text) => {
                self.lacks_body =
                    Some("its body seems to hold a secret: write it by hand, with a variable".to_owned());
            }
            None => self.body = Body::Text(data.text.clone()),
        }
    }

    /// All values.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        for (index, segment) in self.segments.iter().enumerate() {
            let name = index
                .checked_sub(1)
                .and_then(|before| self.segments.get(before))
                .cloned()
                .unwrap_or_default();
            parts.push(Part { place: Place::Path(index), name, value: url::decode(segment, false) });
        }
        for (index, (name, value)) in self.query.iter().flatten().enumerate() {
            if let Some(value) = value {
                let (name, value) = (url::decode(name, true), url::decode(value, true));
                parts.push(Part { place: Place::Query(index), name, value });
            }
        }
        for (index, (name, value)) in self.headers.iter().enumerate() {
            // The scheme of an authorization is no secret: `Bearer …`.
            let start = match value.split_once(' ') {
                Some((scheme, _)) if name.eq_ignore_ascii_case("authorization") => scheme.len() + 1,
                _ => 0,
            };
            let place = Place::Header(index, start..value.len());
            parts.push(Part { place, name: name.clone(), value: value[start..].to_owned() });
        }
        match &self.body {
            Body::Json(_, leaves) => parts.extend(leaves.iter().map(|leaf| Part {
                place: Place::Json(leaf.span.clone()),
                name: leaf.key.clone(),
                value: leaf.text.clone(),
            })),
            Body::Form(fields) => parts.extend(fields.iter().enumerate().map(|(index, (name, value))| {
                Part { place: Place::Form(index), name: name.clone(), value: value.clone() }
            })),
            Body::None | Body::Text(_) => {}
        }
        parts
    }

    /// Puts it together again, with variables for some values.
    pub fn written(&self, variables: &[(Place, String)]) -> Written {
        let of =
            |place: &Place| variables.iter().find(|(known, _)| known == place).map(|(_, name)| name.as_str());
        let (mut path, mut shown) = (String::new(), String::new());
        for (index, segment) in self.segments.iter().enumerate() {
            match of(&Place::Path(index)) {
                Some(name) => {
                    path.push_str(&format!("/{{{{{name}|url}}}}"));
                    shown.push_str(&format!("/{{{name}}}"));
                }
                None => {
                    path.push_str(&format!("/{}", url::path(segment)));
                    shown.push_str(&format!("/{}", url::path(segment)));
                }
            }
        }
        if let Some(query) = &self.query {
            let pairs = query.iter().enumerate().map(|(index, (name, value))| {
                let name = url::query(name);
                match (of(&Place::Query(index)), value) {
                    (Some(variable), _) => format!("{name}={{{{{variable}|url}}}}"),
                    (None, Some(value)) => format!("{name}={}", url::query(value)),
                    (None, None) => name,
                }
            });
            path.push_str(&format!("?{}", pairs.collect::<Vec<_>>().join("&")));
        }
        let headers = self.headers.iter().enumerate().map(|(index, (name, value))| {
            let found =
                variables.iter().find(|(place, _)| matches!(place, Place::Header(at, _) if *at == index));
            let value = match found {
                Some((Place::Header(_, span), variable)) => {
                    format!("{}{{{{{variable}}}}}", &value[..span.start])
                }
                _ => value.clone(),
            };
            (name.clone(), value)
        });
        let shown = self.operation.as_ref().map_or(shown.clone(), |operation| format!("{shown} {operation}"));
        Written { shown, path, headers: headers.collect(), body: self.body(variables) }
    }

    fn body(&self, variables: &[(Place, String)]) -> Option<String> {
        match &self.body {
            Body::None => None,
            Body::Text(text) => Some(text.clone()),
            Body::Form(fields) => {
                let by_index: BTreeMap<usize, &str> = variables
                    .iter()
                    .filter_map(|(place, name)| match place {
                        Place::Form(index) => Some((*index, name.as_str())),
                        _ => None,
                    })
                    .collect();
                let fields =
                    fields.iter().enumerate().map(|(index, (name, value))| match by_index.get(&index) {
                        Some(variable) => format!("{}={{{{{variable}}}}}", url::component(name)),
                        None => format!("{}={}", url::component(name), url::component(value)),
                    });
                Some(fields.collect::<Vec<_>>().join("&"))
            }
            Body::Json(text, _) => {
                let mut spans: Vec<(&Range<usize>, &str)> = variables
                    .iter()
                    .filter_map(|(place, name)| match place {
                        Place::Json(span) => Some((span, name.as_str())),
                        _ => None,
                    })
                    .collect();
                spans.sort_by_key(|(span, _)| span.start);
                let (mut out, mut at) = (String::new(), 0);
                for (span, name) in spans {
                    out.push_str(&json::harmless(&text[at..span.start]));
                    out.push_str(&format!("{{{{{name}}}}}"));
                    at = span.end;
                }
                out.push_str(&json::harmless(&text[at..]));
                Some(out)
            }
        }
    }
}

/// A request as a step writes it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The path without its query, for names.
    pub shown: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
}

/// `operationName` beside a `query`.
fn operation(text: &str, leaves: &[Leaf]) -> Option<String> {
    let find = |pointer: &str| leaves.iter().find(|leaf| leaf.pointer == pointer);
    find("/query").filter(|_| text.contains("query"))?;
    find("/operationName")
        .map(|leaf| leaf.text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn request(mime: &str, text: &str) -> Request {
        let url = Url::parse("http://h/a/b%20c?q=x+y&z").unwrap();
        let data = PostData { mime_type: mime.to_owned(), text: text.to_owned(), ..PostData::default() };
        Request::new(&url, &[], Some(&data), 0.0)
    }

    #[test]
    fn what_is_taken_apart_is_put_together_again() {
        let same = request("application/json", r#"{"a": [1.0, "x\n"],  "b": null}"#).written(&[]);
        assert_eq!(same.path, "/a/b%20c?q=x+y&z");
        assert_eq!(same.body.as_deref(), Some(r#"{"a": [1.0, "x\n"],  "b": null}"#));
        let form = request("application/x-www-form-urlencoded", "a=1+2&b=%7B%7B").written(&[]);
        assert_eq!(form.body.as_deref(), Some("a=1%202&b=%7B%7B"));
        let request = request("application/json", r#"{"n": 123456, "s": "abc"}"#);
        let places: Vec<_> = request.parts().into_iter().map(|part| (part.place, part.name)).collect();
        let variable =
            |name: &str| (places.iter().find(|(_, n)| n == name).unwrap().0.clone(), name.to_owned());
        let written = request.written(&[variable("s"), variable("q"), variable("n")]);
        assert_eq!(written.body.as_deref(), Some(r#"{"n": {{n}}, "s": "{{s}}"}"#));
        assert_eq!(written.path, "/a/b%20c?q={{q|url}}&z");
    }

    #[test]
    fn a_body_that_cannot_be_written_is_none() {
        for (mime, text) in [
            ("text/plain", "hello {{name}}"),
            ("text/xml", "<login><password>x</password></login>"),
            (
                "multipart/form-data; boundary=x",
                "--x\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nt\r\n--x--",
            ),
            ("text/plain", "bin\u{fffd}ary"),
        ] {
            let request = request(mime, text);
            assert!(request.lacks_body.is_some() && request.written(&[]).body.is_none(), "{text}");
        }
        assert_eq!(request("text/plain", "hello").written(&[]).body.as_deref(), Some("hello"));
    }
}
