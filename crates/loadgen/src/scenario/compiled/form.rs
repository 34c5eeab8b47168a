//! Forms: fields as they are percent-encoded, or as parts of a message.

use super::request::{Names, Piece, Place, push_bytes, push_template};
use super::text::Encoding;
use crate::scenario::{Part, PartContent, Segment, Template};

/// The pieces of an `application/x-www-form-urlencoded` body.
pub(super) fn url_encoded(fields: &[(String, Template)], names: &impl Names) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for (index, (name, value)) in fields.iter().enumerate() {
        let start = if index == 0 { "" } else { "&" };
        push_bytes(&mut pieces, format!("{start}{}=", component(name)).as_bytes());
        push_template(&mut pieces, &value.clone().map_literals(component), Place::Form, names);
    }
    pieces
}

fn component(text: &str) -> String {
    let mut encoded = Vec::new();
    Encoding::Component.push(text.as_bytes(), &mut encoded);
    // Percent-encoded bytes are ASCII.
    String::from_utf8(encoded).unwrap_or_default()
}

/// The pieces of a `multipart/form-data` body (RFC 7578) between such boundaries.
pub(super) fn multipart(parts: &[Part], boundary: &str, names: &impl Names) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for part in parts {
        let mut head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"", escaped(&part.name));
        if let Some(file_name) = &part.file_name {
            head += &format!("; filename=\"{}\"", escaped(file_name));
        }
        head += "\r\n";
        if let Some(content_type) = &part.content_type {
            head += &format!("Content-Type: {content_type}\r\n");
        }
        push_bytes(&mut pieces, head.as_bytes());
        push_bytes(&mut pieces, b"\r\n");
        match &part.content {
            PartContent::Text(text) => push_template(&mut pieces, text, Place::Plain, names),
            PartContent::Bytes(bytes) => push_bytes(&mut pieces, bytes),
        }
        push_bytes(&mut pieces, b"\r\n");
    }
    push_bytes(&mut pieces, format!("--{boundary}--\r\n").as_bytes());
    pieces
}

/// Names in quotes, as browsers write them (HTML Standard, "multipart form data").
fn escaped(name: &str) -> String {
    name.replace('\r', "%0D").replace('\n', "%0A").replace('"', "%22")
}

/// A boundary that stands in no part: the same for the same parts, so that requests can be repeated.
pub(super) fn boundary(parts: &[Part]) -> String {
    let mut number = 0_u64;
    loop {
        let boundary = format!("----swarmlab-form-{number:016}");
        let is_in = |text: &[u8]| text.windows(boundary.len()).any(|window| window == boundary.as_bytes());
        let is_taken = parts.iter().any(|part| match &part.content {
            PartContent::Bytes(bytes) => is_in(bytes),
            PartContent::Text(text) => text.segments().iter().any(|segment| match segment {
                Segment::Literal(text) => is_in(text.as_bytes()),
                _ => false,
            }),
        });
        if !is_taken {
            return boundary;
        }
        number += 1;
    }
}
