//! What is kept of an answer until it is judged: status, the headers that are wanted, the body if it is.

use httparse::Header;

use crate::http::Sink;
use crate::scenario::compiled::CompiledStep;

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

    /// Keeps a piece of the body.
    pub fn push_body(&mut self, data: &[u8]) {
        let room = MAXIMUM_BODY_BYTES - self.body.len();
        self.body.extend_from_slice(&data[..data.len().min(room)]);
    }
}

/// Keeps what `step` wants of an HTTP answer.
pub(crate) struct Keep<'a> {
    pub step: &'a CompiledStep,
    pub kept: &'a mut Kept,
}

impl Sink for Keep<'_> {
    fn head(&mut self, status: u16, headers: &[Header<'_>]) {
        self.kept.status = status;
        if self.step.wanted.is_empty() {
            return;
        }
        for header in headers {
            if let Some(wanted) =
                self.step.wanted.iter().position(|name| header.name.eq_ignore_ascii_case(name))
            {
                self.kept.push_field(wanted, header.value);
            }
        }
    }

    fn body(&mut self, data: &[u8]) {
        self.kept.body_bytes += data.len() as u64;
        if self.step.wants_body {
            self.kept.push_body(data);
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
