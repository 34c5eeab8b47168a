//! The pieces that an HTTP request is made of.

use super::request::{Names, Piece, Place, push_bytes, push_fields, push_template};
use super::{TargetText, form, json, place_of_text};
use crate::scenario::{Body, HttpRequest, Template};

/// The pieces of a head, without the length and the empty line.
pub(super) fn head_pieces(request: &HttpRequest, target: &TargetText<'_>, names: &impl Names) -> Vec<Piece> {
    let has = |name: &str| request.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let mut pieces = Vec::new();
    push_bytes(&mut pieces, format!("{} {}", request.method, target.base_path).as_bytes());
    push_template(&mut pieces, &request.path, Place::Path, names);
    push_bytes(&mut pieces, b" HTTP/1.1\r\n");
    if !has("host") {
        push_bytes(&mut pieces, format!("Host: {}\r\n", target.host).as_bytes());
    }
    if target.closes && !has("connection") {
        push_bytes(&mut pieces, b"Connection: close\r\n");
    }
    let content_type = match &request.body {
        Some(Body::GraphQl(_) | Body::Json(_)) => Some("application/json".to_owned()),
        Some(Body::Form(_)) => Some("application/x-www-form-urlencoded".to_owned()),
        Some(Body::Multipart(parts)) => {
            Some(format!("multipart/form-data; boundary={}", form::boundary(parts)))
        }
        Some(Body::Text(_) | Body::Bytes(_)) | None => None,
    };
    if let Some(content_type) = content_type.filter(|_| !has("content-type")) {
        push_bytes(&mut pieces, format!("Content-Type: {content_type}\r\n").as_bytes());
    }
    if !request.accept_encoding.is_empty() {
        let names: Vec<&str> = request.accept_encoding.iter().map(|coding| coding.name()).collect();
        push_bytes(&mut pieces, format!("Accept-Encoding: {}\r\n", names.join(", ")).as_bytes());
    }
    push_fields(&mut pieces, &request.headers, names);
    pieces
}

/// The pieces of a body.
pub(super) fn body_pieces(request: &HttpRequest, names: &impl Names) -> Vec<Piece> {
    let mut pieces = Vec::new();
    match &request.body {
        None => {}
        Some(Body::Bytes(bytes)) => push_bytes(&mut pieces, bytes),
        Some(Body::Text(text)) => push_template(&mut pieces, text, place_of(request, text), names),
        // Validation has made them before.
        Some(Body::GraphQl(operation)) => {
            if let Ok(text) = json::graphql(operation) {
                push_template(&mut pieces, &text, Place::Json, names);
            }
        }
        Some(Body::Json(value)) => {
            if let Ok(text) = json::body(value) {
                push_template(&mut pieces, &text, Place::Json, names);
            }
        }
        Some(Body::Form(fields)) => return form::url_encoded(fields, names),
        Some(Body::Multipart(parts)) => return form::multipart(parts, &form::boundary(parts), names),
    }
    pieces
}

/// What kind of text a body is: by its content type, or else by its first character.
fn place_of(request: &HttpRequest, body: &Template) -> Place {
    let is_type = |(name, _): &&(String, Template)| name.eq_ignore_ascii_case("content-type");
    match request.headers.iter().find(is_type).map(|(_, value)| value.source().to_ascii_lowercase()) {
        Some(kind) if kind.contains("json") => Place::Json,
        Some(kind) if kind.contains("x-www-form-urlencoded") => Place::Form,
        Some(_) => Place::Plain,
        None => place_of_text(body),
    }
}
