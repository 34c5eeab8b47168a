//! Requests as pieces: bytes that never change, and places for values.

use rand::Rng;
use rand::rngs::SmallRng;

use super::text::{Encoding, push_number};
use crate::grpc::{self, Method};
use crate::scenario::cookie::Jar;
use crate::scenario::expression::Expression;
use crate::scenario::{Feeder, Filter, Segment, Template};

/// The bytes of a request, or the way to make them.
#[derive(Debug)]
pub(super) enum Request {
    /// No variables: the bytes, once.
    Fixed {
        bytes: Box<[u8]>,
        /// Where further headers can be put in: before the line end that closes the head.
        head_end: usize,
    },
    /// Rendered anew each time.
    Rendered {
        head: Vec<Piece>,
        /// Closes the head, if the length of the body is not known before.
        has_length: bool,
        body: Vec<Piece>,
    },
    /// A gRPC call whose message depends on variables: JSON, to be encoded.
    Call { head: Vec<Piece>, json: Vec<Piece>, method: Method },
    /// Nothing that is sent over HTTP.
    Message { channel: Vec<Piece>, message: Vec<Piece> },
}

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Bytes(Vec<u8>),
    User,
    Iteration,
    Random,
    Slot { slot: usize, encoding: Encoding },
    Cell { feeder: usize, column: usize, encoding: Encoding },
}

/// The values of one user or session at the moment of a request.
pub(crate) struct Values<'a> {
    pub user: u64,
    pub iteration: u64,
    pub slots: &'a [String],
    pub feeders: &'a [Feeder],
    /// The user's row of each feeder.
    pub rows: &'a [u32],
    /// Index of its variant.
    pub variant: usize,
    /// Its cookies for the target, with the time, seconds since the Unix epoch.
    pub jar: Option<(&'a Jar, i64)>,
    /// The generator of `{{random}}`.
    pub random: &'a mut SmallRng,
}

/// Buffers that rendering reuses.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    body: Vec<u8>,
    cookies: Vec<u8>,
    whole: Vec<u8>,
    /// Why there is no request.
    problem: Option<String>,
}

impl Scratch {
    /// Why the last request could not be made.
    pub fn take_problem(&mut self) -> Option<String> {
        self.problem.take()
    }
}

/// Where a text stands, which decides how values are written into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Json,
    Form,
    Plain,
}

/// Who a template's names are resolved by.
pub(super) trait Names {
    /// What `name` stands for, written so.
    fn piece(&self, name: &str, encoding: Encoding) -> Piece;
    /// What will have been computed before the request is written.
    fn computed(&self, expression: &Expression, encoding: Encoding) -> Piece;
}

impl Request {
    /// Puts head and body together; the head is all but the length and the empty line.
    pub fn http(mut head: Vec<Piece>, body: Vec<Piece>, has_length: bool) -> Self {
        let Some(fixed_body) = as_fixed(&body) else { return Request::Rendered { head, has_length, body } };
        if has_length {
            push_bytes(&mut head, format!("Content-Length: {}\r\n", fixed_body.len()).as_bytes());
        }
        match as_fixed(&head) {
            Some(head) => {
                let head_end = head.len();
                let bytes = [head, b"\r\n", fixed_body].concat().into();
                Request::Fixed { bytes, head_end }
            }
            None => Request::Rendered { head, has_length: false, body },
        }
    }

    /// The bytes: borrowed when they never change, else made in `scratch`. None at all: there can be no request, and
    /// `scratch` knows why.
    pub fn render<'a>(&'a self, values: &mut Values<'_>, scratch: &'a mut Scratch) -> &'a [u8] {
        let Scratch { body: body_bytes, cookies, whole, problem } = scratch;
        match self {
            Request::Fixed { bytes, head_end } => {
                let Some((jar, now_unix_s)) = values.jar.filter(|(jar, _)| !jar.is_empty()) else {
                    return bytes;
                };
                whole.clear();
                whole.extend_from_slice(&bytes[..*head_end]);
                push_cookies(jar, now_unix_s, path_of(bytes), whole);
                whole.extend_from_slice(&bytes[*head_end..]);
            }
            Request::Rendered { head, has_length, body } => {
                body_bytes.clear();
                body.iter().for_each(|piece| piece.render(values, body_bytes));
                whole.clear();
                head.iter().for_each(|piece| piece.render(values, whole));
                if *has_length {
                    whole.extend_from_slice(b"Content-Length: ");
                    push_number(whole, body_bytes.len() as u64);
                    whole.extend_from_slice(b"\r\n");
                }
                if let Some((jar, now_unix_s)) = values.jar.filter(|(jar, _)| !jar.is_empty()) {
                    // They are made apart, since the path is read from what is being written.
                    cookies.clear();
                    push_cookies(jar, now_unix_s, path_of(whole), cookies);
                    whole.extend_from_slice(cookies);
                }
                whole.extend_from_slice(b"\r\n");
                whole.extend_from_slice(body_bytes);
            }
            Request::Call { head, json, method } => {
                body_bytes.clear();
                json.iter().for_each(|piece| piece.render(values, body_bytes));
                whole.clear();
                head.iter().for_each(|piece| piece.render(values, whole));
                whole.extend_from_slice(b"\r\n");
                if let Err(misfit) = grpc::push_frame(whole, |out| method.encode(body_bytes, out)) {
                    whole.clear();
                    *problem = Some(misfit.to_string());
                }
            }
            Request::Message { message, .. } => {
                whole.clear();
                message.iter().for_each(|piece| piece.render(values, whole));
            }
        }
        whole
    }

    /// Channel and message of a Redis step.
    pub fn render_message<'a>(
        &self,
        values: &mut Values<'_>,
        scratch: &'a mut Scratch,
    ) -> Option<(&'a [u8], &'a [u8])> {
        let Request::Message { channel, message } = self else { return None };
        scratch.body.clear();
        channel.iter().for_each(|piece| piece.render(values, &mut scratch.body));
        scratch.whole.clear();
        message.iter().for_each(|piece| piece.render(values, &mut scratch.whole));
        Some((&scratch.body, &scratch.whole))
    }
}

/// The path of a request, as it is sent.
pub(super) fn path_of(request: &[u8]) -> &[u8] {
    request.split(|&byte| byte == b' ').nth(1).unwrap_or_default()
}

fn push_cookies(jar: &Jar, now_unix_s: i64, path: &[u8], whole: &mut Vec<u8>) {
    let length = whole.len();
    whole.extend_from_slice(b"Cookie: ");
    if jar.write(path, now_unix_s, whole) {
        whole.extend_from_slice(b"\r\n");
    } else {
        whole.truncate(length);
    }
}

impl Piece {
    fn render(&self, values: &mut Values<'_>, out: &mut Vec<u8>) {
        match self {
            Piece::Bytes(bytes) => out.extend_from_slice(bytes),
            Piece::User => push_number(out, values.user),
            Piece::Iteration => push_number(out, values.iteration),
            Piece::Random => push_number(out, u64::from(values.random.random::<u32>())),
            Piece::Slot { slot, encoding } => encoding.push(values.slots[*slot].as_bytes(), out),
            Piece::Cell { feeder, column, encoding } => {
                let table = &values.feeders[*feeder].table;
                encoding.push(table.cell(values.rows[*feeder] as usize, *column).as_bytes(), out);
            }
        }
    }
}

/// The bytes, if there is nothing else.
fn as_fixed(pieces: &[Piece]) -> Option<&[u8]> {
    match pieces {
        [] => Some(&[]),
        [Piece::Bytes(bytes)] => Some(bytes),
        _ => None,
    }
}

/// Appends bytes, to the last piece if that is bytes.
pub(super) fn push_bytes(pieces: &mut Vec<Piece>, bytes: &[u8]) {
    match pieces.last_mut() {
        _ if bytes.is_empty() => {}
        Some(Piece::Bytes(last)) => last.extend_from_slice(bytes),
        _ => pieces.push(Piece::Bytes(bytes.to_vec())),
    }
}

/// Appends fields of a head, each a line.
pub(super) fn push_fields(pieces: &mut Vec<Piece>, fields: &[(String, Template)], names: &impl Names) {
    for (name, value) in fields {
        push_bytes(pieces, format!("{name}: ").as_bytes());
        push_template(pieces, value, Place::Plain, names);
        push_bytes(pieces, b"\r\n");
    }
}

/// Appends a template.
pub(super) fn push_template(pieces: &mut Vec<Piece>, template: &Template, place: Place, names: &impl Names) {
    let (mut in_string, mut escaped) = (false, false);
    for segment in template.segments() {
        match segment {
            Segment::Literal(text) => {
                for byte in text.bytes() {
                    match byte {
                        _ if escaped => escaped = false,
                        b'\\' => escaped = in_string,
                        b'"' => in_string = !in_string,
                        _ => {}
                    }
                }
                push_bytes(pieces, text.as_bytes());
            }
            Segment::Variable { name, filter } => {
                match names.piece(name, encoding_at(*filter, place, in_string)) {
                    Piece::Bytes(bytes) => push_bytes(pieces, &bytes),
                    piece => pieces.push(piece),
                }
            }
            Segment::Computed { expression, filter } => {
                pieces.push(names.computed(expression, encoding_at(*filter, place, in_string)));
            }
        }
    }
}

fn encoding_at(filter: Filter, place: Place, in_string: bool) -> Encoding {
    match (filter, place) {
        (Filter::Url, _) | (Filter::Auto, Place::Form) => Encoding::Component,
        (Filter::Json, _) => Encoding::Json,
        (Filter::Auto, Place::Path) => Encoding::Path,
        (Filter::Auto, Place::Json) if in_string => Encoding::Json,
        (Filter::Raw | Filter::Auto, _) => Encoding::Raw,
    }
}
