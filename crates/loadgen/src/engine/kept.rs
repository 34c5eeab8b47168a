//! What is kept of an answer until it is judged: status, the headers that are wanted, the body if it is.

use httparse::Header;

use super::decode::Decoder;
use super::glimpse::Glimpse;
use crate::http::Sink;
use crate::scenario::ContentCoding;
use crate::scenario::compiled::CompiledStep;
use swarmlab_intervals::ErrorKind;

/// Largest part of a body that is kept; what is behind it cannot be extracted or checked.
const MAXIMUM_BODY_BYTES: usize = 1 << 20;

/// Larger buffers are given back when the answer after the large one was small: a rare large answer must not
/// cost memory for ever on each connection, and one after the other no allocations.
const MAXIMUM_SPARE_BYTES: usize = 64 << 10;

/// What is kept of one answer; buffers are used again.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub status: u16,
    pub body: Vec<u8>,
    /// Length of the whole body, kept or not.
    pub body_bytes: u64,
    /// Path of the request, for cookies.
    pub path: Vec<u8>,
    /// Values of headers, one behind the other.
    values: Vec<u8>,
    /// Which wanted header each value is of, and where it ends.
    fields: Vec<(usize, usize)>,
    /// Of an answer that is not as hoped.
    pub glimpse: Glimpse,
    /// Made when first needed; some 40 KiB.
    decoder: Option<Box<Decoder>>,
    coding: Coding,
    /// How long the body is without its coding, as far as that is known.
    decoded_bytes: u64,
}

/// What the coding of a body that is kept comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Coding {
    /// There is none.
    #[default]
    None,
    /// There is one that nobody asked for.
    Unasked,
    /// It is being taken off.
    Decoding,
    /// It cannot be taken off.
    Failed(ErrorKind),
}

impl Kept {
    /// Makes ready for the answer to a request for `path` (empty: nobody needs it).
    pub fn begin(&mut self, path: &[u8]) {
        self.status = 0;
        self.body_bytes = 0;
        let is_spare = self.body.capacity() > MAXIMUM_SPARE_BYTES && self.body.len() < MAXIMUM_SPARE_BYTES;
        self.body.clear();
        if is_spare {
            self.body.shrink_to(MAXIMUM_SPARE_BYTES);
        }
        self.path.clear();
        self.path.extend_from_slice(path);
        self.values.clear();
        self.fields.clear();
        self.coding = Coding::None;
        self.decoded_bytes = 0;
        self.glimpse.clear();
    }

    /// The head has come. `content_encoding`: the wanted header that says how the body is coded; `codings` were asked
    /// for.
    fn begin_body(&mut self, content_encoding: usize, codings: &[ContentCoding]) {
        let is_plain = |value: &[u8]| value.is_empty() || value.eq_ignore_ascii_case(b"identity");
        let asked = {
            let mut values = self.fields(content_encoding);
            match (values.next(), values.next()) {
                (None, _) => return,
                (Some(value), None) if is_plain(value) => return,
                (Some(value), None) => ContentCoding::named(value).filter(|coding| codings.contains(coding)),
                // Several codings, one upon the other, are never asked for.
                (Some(_), Some(_)) => None,
            }
        };
        self.coding = match asked {
            Some(coding) => {
                self.decoder.get_or_insert_with(|| Box::new(Decoder::new())).begin(coding);
                Coding::Decoding
            }
            None if codings.is_empty() => Coding::Unasked,
            None => Coding::Failed(ErrorKind::BadResponse),
        };
    }

    /// Why a complete answer is none: its body is not what its coding promises, or larger than `limits.max_body_bytes`.
    #[inline]
    pub fn fault(&self) -> Option<ErrorKind> {
        match self.coding {
            Coding::None | Coding::Unasked => None,
            Coding::Failed(kind) => Some(kind),
            Coding::Decoding => {
                let is_whole = self.decoder.as_ref().is_some_and(|decoder| decoder.is_whole());
                (!is_whole).then_some(ErrorKind::BadResponse)
            }
        }
    }

    /// What to say of an answer of which something is wrong, if it is its coding.
    #[cold]
    pub fn problem(&self, step: &CompiledStep) -> Option<String> {
        let names: Vec<&[u8]> = self.fields(step.content_encoding?).collect();
        let name = String::from_utf8_lossy(&names.join(&b", "[..])).into_owned();
        match self.coding {
            Coding::None => None,
            Coding::Unasked => Some(match ContentCoding::named(name.as_bytes()) {
                Some(_) => format!("the answer is encoded with {name}: set accept_encoding"),
                None => format!("the answer is encoded with {name}, which cannot be read"),
            }),
            Coding::Failed(ErrorKind::BodyTooLarge) => {
                Some(format!("the answer is encoded with {name} and too large without"))
            }
            Coding::Decoding => Some(format!("the answer is encoded with {name}, and cut off")),
            Coding::Failed(_) => Some(match ContentCoding::named(name.as_bytes()) {
                Some(coding) if step.codings.contains(&coding) => {
                    format!("the answer is said to be encoded with {name}, but does not decompress")
                }
                _ => format!("the answer is encoded with {name}, which was not asked for"),
            }),
        }
    }

    /// Headers and the beginning of the body as text, for whoever wants to see the answer.
    #[cold]
    pub fn shown(&self) -> (String, String) {
        let (headers, body) = self.glimpse.shown(&self.body);
        match self.coding {
            Coding::None => (headers, body),
            Coding::Decoding => (headers, Glimpse::text(&self.body)),
            Coding::Unasked | Coding::Failed(_) => (headers, "(encoded)".to_owned()),
        }
    }

    /// The values of a wanted header, in their order.
    pub fn fields(&self, wanted: usize) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.fields.iter().filter_map(move |&(field, end)| {
            let value = &self.values[start..end];
            start = end;
            (field == wanted).then_some(value)
        })
    }

    /// Keeps a wanted header.
    pub fn push_field(&mut self, wanted: usize, value: &[u8]) {
        self.values.extend_from_slice(value);
        self.fields.push((wanted, self.values.len()));
    }

    /// Keeps those of these fields that are wanted.
    pub fn push_fields(&mut self, wanted: &[String], fields: &[Header<'_>]) {
        for field in fields {
            if let Some(wanted) = wanted.iter().position(|name| field.name.eq_ignore_ascii_case(name)) {
                self.push_field(wanted, field.value);
            }
        }
    }

    /// Keeps a piece of a coded body, without the coding and up to `limit_bytes`.
    fn push_coded(&mut self, data: &[u8], limit_bytes: u64) {
        let Self { decoder: Some(decoder), body, decoded_bytes, .. } = self else { return };
        let goes_on = decoder.feed(data, &mut |bytes| {
            *decoded_bytes += bytes.len() as u64;
            push_bounded(body, bytes);
            *decoded_bytes <= limit_bytes
        });
        self.coding = match goes_on {
            Ok(true) => Coding::Decoding,
            Ok(false) => Coding::Failed(ErrorKind::BodyTooLarge),
            Err(_) => Coding::Failed(ErrorKind::BadResponse),
        };
    }

    /// Keeps a piece of the body.
    pub fn push_body(&mut self, data: &[u8]) {
        push_bounded(&mut self.body, data);
    }
}

fn push_bounded(body: &mut Vec<u8>, data: &[u8]) {
    let room = MAXIMUM_BODY_BYTES - body.len();
    body.extend_from_slice(&data[..data.len().min(room)]);
}

/// Keeps what `step` wants of an HTTP answer.
pub(crate) struct Keep<'a> {
    pub step: &'a CompiledStep,
    /// Largest accepted body, without its coding.
    pub max_body_bytes: u64,
    pub kept: &'a mut Kept,
}

impl Sink for Keep<'_> {
    fn head(&mut self, status: u16, headers: &[Header<'_>]) {
        self.kept.status = status;
        if self.step.shows_all {
            self.kept.glimpse.open_all(headers);
        } else if self.step.shows(status) {
            self.kept.glimpse.open(headers);
        }
        if self.step.wanted.is_empty() {
            return;
        }
        self.kept.push_fields(&self.step.wanted, headers);
        if let Some(content_encoding) = self.step.content_encoding {
            self.kept.begin_body(content_encoding, &self.step.codings);
        }
    }

    fn body(&mut self, data: &[u8]) {
        self.kept.body_bytes += data.len() as u64;
        self.kept.glimpse.push(data);
        if self.step.wants_body {
            match self.kept.coding {
                Coding::None | Coding::Unasked => self.kept.push_body(data),
                Coding::Decoding => self.kept.push_coded(data, self.max_body_bytes),
                Coding::Failed(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_told_apart_and_forgotten() {
        let mut kept = Kept::default();
        for (wanted, value) in [(1, "a"), (0, ""), (1, "bc")] {
            kept.push_field(wanted, value.as_bytes());
        }
        assert_eq!(kept.fields(1).collect::<Vec<_>>(), [&b"a"[..], b"bc"]);
        assert_eq!(kept.fields(0).collect::<Vec<_>>(), [b""]);
        kept.begin(b"/");
        assert_eq!(kept.fields(1).count(), 0);
    }

    #[test]
    fn a_body_is_kept_up_to_its_bound() {
        let mut kept = Kept::default();
        for _ in 0..5 {
            kept.push_body(&[7; MAXIMUM_BODY_BYTES / 4 + 1]);
        }
        assert_eq!(kept.body.len(), MAXIMUM_BODY_BYTES);
        kept.begin(b"");
        assert!(kept.body.capacity() >= MAXIMUM_BODY_BYTES && kept.body.is_empty());
        kept.push_body(b"small");
        kept.begin(b"");
        assert!(kept.body.capacity() < MAXIMUM_BODY_BYTES && kept.body.is_empty());
    }

    #[test]
    fn what_is_kept_of_a_large_body_is_its_beginning() {
        // The third piece does not fit whole; the small one after it would fit where it was left out.
        let pieces = [
            vec![1; MAXIMUM_BODY_BYTES - 10],
            vec![2; 4],
            vec![3; 100],
            vec![4; 2],
            vec![5; MAXIMUM_BODY_BYTES],
        ];
        let mut kept = Kept::default();
        pieces.iter().for_each(|piece| kept.push_body(piece));
        assert!(kept.body == pieces.concat()[..MAXIMUM_BODY_BYTES]);
    }
}
