//! An entry for fuzzing: any bytes from the other side, in any pieces.

use httparse::Header;

use super::{Events, Limits, Request, Session};

/// Listens, and counts what it must bound.
#[derive(Debug, Default)]
struct Listener {
    wants_fields: bool,
    body_bytes: u64,
    field_bytes: usize,
}

impl Events for Listener {
    fn wants_fields(&self, _: u32, status: u16) -> bool {
        assert!(status >= 100 || status == 0);
        self.wants_fields
    }

    fn wants_trailers(&self, _: u32) -> bool {
        self.wants_fields
    }

    fn received(&mut self, _: u32, _: usize) {}

    fn head(&mut self, _: u32, status: u16, fields: &[Header<'_>]) {
        assert!((200..=999).contains(&status));
        self.field_bytes += fields.iter().map(|field| field.name.len() + field.value.len()).sum::<usize>();
    }

    fn body(&mut self, _: u32, data: &[u8]) {
        self.body_bytes += data.len() as u64;
    }

    fn trailers(&mut self, _: u32, fields: &[Header<'_>]) {
        self.field_bytes += fields.iter().map(|field| field.name.len() + field.value.len()).sum::<usize>();
    }
}

/// Feeds `data` to a client's connection with a few requests under way. The first three bytes choose how: in
/// pieces of which size, whether the settings are already there, and whether fields are wanted.
///
/// # Panics
/// If something that must hold does not.
pub fn fuzz_http2(data: &[u8]) {
    let Some((&[piece, ready, wanted], data)) = data.split_first_chunk::<3>() else { return };
    let limits = Limits { max_header_bytes: 512, max_body_bytes: 4096 };
    let mut session = Session::new(limits);
    let mut listener = Listener { wants_fields: wanted & 1 == 1, ..Listener::default() };
    let (mut get, mut post) = (Request::default(), Request::default());
    assert!(get.set(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", false));
    assert!(post.set(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", false));
    if ready & 1 == 1 {
        // A stream's window of 2: bodies have to wait.
        let settings = [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 2];
        assert!(session.feed(&settings, &mut listener).is_ok());
    }
    let mut free: Vec<u32> = (0..4).collect();
    for piece in data.chunks(usize::from(piece) + 1) {
        while session.accepts_requests() && free.len() > usize::from(ready >> 6) {
            let place = free.pop().unwrap_or_default();
            let request = if place & 1 == 0 { &get } else { &post };
            assert!(session.request(place, request, place == 2) > 0);
        }
        let result = session.feed(piece, &mut listener);
        for finished in session.finished().drain(..) {
            assert!(!free.contains(&finished.place));
            free.push(finished.place);
        }
        if result.is_err() {
            break;
        }
        // Half of what there is leaves, so that the rest must be bounded.
        let taken = session.output().len() / 2;
        session.wrote(taken, taken);
        while session.next_started().is_some() {}
        assert!(session.output().len() < (1 << 20));
    }
    assert!(listener.field_bytes <= data.len().saturating_mul(40) + 512);
    assert!(listener.body_bytes <= data.len() as u64);
}
