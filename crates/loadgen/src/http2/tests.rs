#![allow(clippy::unwrap_used)]
//! A connection against hand-written frames.

use httparse::Header;
use proptest::prelude::*;

use super::error::Http2Error;
use super::frame::{HEADER_BYTES, flag, kind, push_header};
use super::hpack::HpackError;
use super::{Events, Finish, Finished, Limits, Request, Session, fuzz_http2};

/// Place, status, and fields.
type SeenHead = (u32, u16, Vec<(String, String)>);

#[derive(Debug, Default, PartialEq)]
struct Seen {
    heads: Vec<SeenHead>,
    body: Vec<u8>,
    bytes: usize,
    trailers: Vec<(String, String)>,
}

impl Events for Seen {
    fn wants_fields(&self, _: u32, _: u16) -> bool {
        true
    }

    fn wants_trailers(&self, _: u32) -> bool {
        true
    }

    fn received(&mut self, _: u32, bytes: usize) {
        self.bytes += bytes;
    }

    fn head(&mut self, place: u32, status: u16, fields: &[Header<'_>]) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let fields = fields.iter().map(|field| (field.name.to_owned(), text(field.value))).collect();
        self.heads.push((place, status, fields));
    }

    fn body(&mut self, _: u32, data: &[u8]) {
        self.body.extend_from_slice(data);
    }

    fn trailers(&mut self, _: u32, fields: &[Header<'_>]) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.trailers.extend(fields.iter().map(|field| (field.name.to_owned(), text(field.value))));
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    push_header(&mut out, payload.len(), kind, flags, stream);
    out.extend_from_slice(payload);
    out
}

fn settings(entries: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = entries
        .iter()
        .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
        .collect();
    frame(kind::SETTINGS, 0, 0, &payload)
}

/// Takes all output as written; the frames in it as (kind, flags, stream, payload).
fn written(session: &mut Session) -> Vec<(u8, u8, u32, Vec<u8>)> {
    let output = session.output().to_vec();
    session.wrote(output.len(), output.len());
    let mut rest = output.strip_prefix(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap_or(&output);
    let mut frames = Vec::new();
    while let Some(header) = super::frame::FrameHeader::read(rest) {
        let end = HEADER_BYTES + header.length;
        frames.push((header.kind, header.flags, header.stream, rest[HEADER_BYTES..end].to_vec()));
        rest = &rest[end..];
    }
    assert!(rest.is_empty());
    frames
}

fn with_limits(limits: Limits, entries: &[(u16, u32)]) -> Session {
    let mut session = Session::new(limits);
    assert!(!session.accepts_requests());
    session.feed(&settings(entries), &mut Seen::default()).unwrap();
    assert!(session.accepts_requests());
    written(&mut session);
    session
}

fn ready(entries: &[(u16, u32)]) -> Session {
    with_limits(Limits { max_header_bytes: 1000, max_body_bytes: 100_000 }, entries)
}

fn request(source: &str) -> Request {
    let mut request = Request::default();
    assert!(request.set(source.as_bytes(), false));
    request
}

fn get() -> Request {
    request("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
}

fn post(bytes: usize) -> Request {
    request(&format!("POST / HTTP/1.1\r\nHost: h\r\n\r\n{}", "b".repeat(bytes)))
}

/// One GET on place 0 and stream 1, answered by `frames`.
fn answered(frames: &[u8]) -> (Result<(), Http2Error>, Vec<Finished>, Seen) {
    let mut session = ready(&[]);
    session.request(0, &get(), false);
    let mut seen = Seen::default();
    let result = session.feed(frames, &mut seen);
    (result, std::mem::take(session.finished()), seen)
}

fn finish_of(frames: &[u8]) -> Finish {
    let (result, finished, _) = answered(frames);
    result.unwrap();
    assert_eq!(finished.len(), 1);
    finished[0].finish
}

fn error_of(frames: &[u8]) -> Http2Error {
    answered(frames).0.unwrap_err()
}

const COMPLETE: [Finished; 1] = [Finished { place: 0, finish: Finish::Complete }];
const BOTH: u8 = flag::END_HEADERS | flag::END_STREAM;

#[test]
fn it_begins_with_preface_and_settings_and_acknowledges_those_of_the_other_side() {
    let mut session = Session::new(Limits { max_header_bytes: 1000, max_body_bytes: 1000 });
    assert!(session.output().starts_with(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    let frames = written(&mut session);
    let ours = [(0x1, 0), (0x2, 0), (0x4, 4 << 20), (0x6, 1000)];
    assert_eq!(frames[0], (kind::SETTINGS, 0, 0, settings(&ours)[HEADER_BYTES..].to_vec()));
    assert_eq!(frames[1], (kind::WINDOW_UPDATE, 0, 0, ((1 << 30) - 65_535_u32).to_be_bytes().to_vec()));
    session.feed(&settings(&[(0x3, 7)]), &mut Seen::default()).unwrap();
    assert_eq!(written(&mut session), [(kind::SETTINGS, flag::ACK, 0, vec![])]);
    assert_eq!(session.max_streams(), 7);
}

#[test]
fn requests_get_odd_streams_and_the_first_says_that_the_table_is_empty() {
    let mut session = ready(&[]);
    let bytes = session.request(0, &get(), false);
    session.request(1, &get(), false);
    assert_eq!(session.next_started(), None);
    let output = session.output().len();
    session.wrote(1, 1);
    assert_eq!((session.next_started(), session.next_started()), (Some(0), None));
    session.wrote(bytes - 1, bytes - 1);
    assert_eq!(session.next_started(), None);
    session.wrote(output - bytes, output - bytes);
    assert_eq!((session.next_started(), session.next_started()), (Some(1), None));
    let mut session = ready(&[]);
    session.request(0, &get(), false);
    session.request(1, &get(), false);
    let frames = written(&mut session);
    assert_eq!(frames[0], (kind::HEADERS, BOTH, 1, b"\x20\x82\x86\x01\x01h\x84".to_vec()));
    assert_eq!(frames[1], (kind::HEADERS, BOTH, 3, b"\x82\x86\x01\x01h\x84".to_vec()));
}

#[test]
fn answers_come_in_any_pieces_and_any_order() {
    let mut session = ready(&[]);
    session.request(0, &get(), false);
    session.request(1, &get(), false);
    let bytes = [
        frame(kind::HEADERS, flag::END_HEADERS, 3, b"\x20\x88\x0f\x0d\x012"),
        frame(kind::HEADERS, BOTH | flag::PADDED | flag::PRIORITY, 1, b"\x02\0\0\0\0\x01\x8d\0\0"),
        frame(kind::PRIORITY, 0, 9, &[0; 5]),
        frame(0x77, 0xff, 5, b"unknown"),
        frame(kind::DATA, flag::PADDED, 3, b"\x03ab\0\0\0"),
        frame(kind::DATA, flag::END_STREAM, 3, b""),
    ]
    .concat();
    for piece in [1, 2, 5, 9, 1000] {
        let mut session = ready(&[]);
        session.request(0, &get(), false);
        session.request(1, &get(), false);
        let mut seen = Seen::default();
        for piece in bytes.chunks(piece) {
            session.feed(piece, &mut seen).unwrap();
        }
        let fields = vec![("content-length".to_owned(), "2".to_owned())];
        assert_eq!(seen.heads, [(1, 200, fields), (0, 404, vec![])]);
        assert_eq!(seen.body, b"ab");
        let complete = |place| Finished { place, finish: Finish::Complete };
        assert_eq!(session.finished()[..], [complete(0), complete(1)]);
        // All but PRIORITY and the unknown frame.
        assert_eq!(seen.bytes, bytes.len() - 14 - 16);
    }
    session.feed(&bytes, &mut Seen::default()).unwrap();
    // Places are used again, numbers are not.
    session.request(1, &get(), false);
    let last = written(&mut session).pop().unwrap();
    assert_eq!((last.0, last.2), (kind::HEADERS, 5));
}

#[test]
fn interim_heads_and_trailers_are_no_answers() {
    let bytes = [
        frame(kind::HEADERS, flag::END_HEADERS, 1, b"\x08\x03103"),
        frame(kind::HEADERS, 0, 1, b"\x08\x03"),
        frame(kind::CONTINUATION, 0, 1, b"2"),
        frame(kind::CONTINUATION, flag::END_HEADERS, 1, b"01"),
        frame(kind::DATA, 0, 1, b"x"),
        frame(kind::HEADERS, BOTH, 1, b"\x00\x01t\x01v"),
    ]
    .concat();
    let (result, finished, seen) = answered(&bytes);
    result.unwrap();
    assert_eq!(finished, COMPLETE);
    assert_eq!((seen.heads, seen.body), (vec![(0, 201, vec![])], b"x".to_vec()));
    assert_eq!(seen.trailers, [("t".to_owned(), "v".to_owned())]);
}

#[test]
fn malformed_answers_end_one_request() {
    let head = |block: &[u8]| frame(kind::HEADERS, BOTH, 1, block);
    let malformed = |bytes: &[u8]| matches!(finish_of(bytes), Finish::Malformed(_));
    for block in [
        &b""[..],
        b"\x82",
        b"\x88\x88",
        b"\x00\x01a\x01b\x88",
        b"\x00\x02:x\x01b\x88",
        b"\x08\x0220",
        b"\x08\x03101",
        b"\x08\x03100",
        b"\x88\x0f\x0d\x01x",
        b"\x88\x0f\x0d\x011",
        b"\x88\x00\x01A\x01b",
        b"\x88\x00\x00\x01b",
    ] {
        assert!(malformed(&head(block)), "{block:?}");
    }
    assert!(malformed(&frame(kind::DATA, flag::END_STREAM, 1, b"x")));
    let promised = frame(kind::HEADERS, flag::END_HEADERS, 1, b"\x88\x0f\x0d\x012");
    assert!(malformed(&[&promised[..], &frame(kind::DATA, flag::END_STREAM, 1, b"x")].concat()));
    assert!(malformed(&[&promised[..], &frame(kind::DATA, 0, 1, b"xyz")].concat()));
    assert!(malformed(&[&promised[..], &promised].concat()));
    assert!(malformed(&frame(kind::WINDOW_UPDATE, 0, 1, &[0; 4])));
    assert!(malformed(&frame(kind::WINDOW_UPDATE, 0, 1, &[0x7f, 0xff, 0xff, 0xff])));
}

#[test]
fn heads_without_bodies_may_tell_lengths() {
    assert_eq!(finish_of(&frame(kind::HEADERS, BOTH, 1, b"\x8b\x0f\x0d\x019")), Finish::Complete);
    let mut session = ready(&[]);
    session.request(0, &request("HEAD / HTTP/1.1\r\n\r\n"), true);
    session.feed(&frame(kind::HEADERS, BOTH, 1, b"\x88\x0f\x0d\x019"), &mut Seen::default()).unwrap();
    assert_eq!(session.finished()[..], COMPLETE);
}

#[test]
fn limits_of_size_are_kept() {
    // The block is within the limit, the fields in it are not: 900 * 8 / 5 characters.
    let large = [&b"\x88\x00\x01a\xff\x85\x06"[..], &[0; 900]].concat();
    assert_eq!(finish_of(&frame(kind::HEADERS, BOTH, 1, &large)), Finish::HeaderTooLarge);
    let many = [&b"\x88"[..], &b"\x00\x01a\x01b".repeat(101)].concat();
    assert_eq!(finish_of(&frame(kind::HEADERS, BOTH, 1, &many)), Finish::HeaderTooLarge);
    assert_eq!(error_of(&frame(kind::HEADERS, BOTH, 1, &[0x88; 1001])), Http2Error::HeaderTooLarge);
    let mut bytes = frame(kind::HEADERS, flag::END_HEADERS, 1, b"\x88");
    (0..7).for_each(|_| bytes.extend(frame(kind::DATA, 0, 1, &[0; 16_384])));
    assert_eq!(finish_of(&bytes), Finish::BodyTooLarge);
    let told = frame(kind::HEADERS, flag::END_HEADERS, 1, b"\x88\x0f\x0d\x06100001");
    assert_eq!(finish_of(&told), Finish::BodyTooLarge);
}

#[test]
fn what_breaks_the_connection_is_named() {
    let continued = |frames: &[u8]| [&frame(kind::HEADERS, 0, 1, b"")[..], frames].concat();
    let cases = [
        (frame(kind::DATA, 0, 0, b""), Http2Error::StreamId("DATA")),
        (frame(kind::DATA, 0, 3, b""), Http2Error::StreamId("DATA")),
        (frame(kind::HEADERS, BOTH, 2, b"\x88"), Http2Error::StreamId("HEADERS")),
        (frame(kind::HEADERS, flag::PRIORITY, 1, b"\x88"), Http2Error::FrameSize("HEADERS")),
        (frame(kind::DATA, flag::PADDED, 1, b"\x01"), Http2Error::Padding),
        (frame(kind::DATA, flag::PADDED, 1, b""), Http2Error::Padding),
        (frame(kind::PRIORITY, 0, 1, b""), Http2Error::FrameSize("PRIORITY")),
        (frame(kind::RST_STREAM, 0, 1, b""), Http2Error::FrameSize("RST_STREAM")),
        (frame(kind::RST_STREAM, 0, 5, &[0; 4]), Http2Error::StreamId("RST_STREAM")),
        (frame(kind::SETTINGS, 0, 1, b""), Http2Error::StreamId("SETTINGS")),
        (frame(kind::SETTINGS, 0, 0, b"12345"), Http2Error::FrameSize("SETTINGS")),
        (frame(kind::SETTINGS, flag::ACK, 0, &[0; 6]), Http2Error::FrameSize("SETTINGS")),
        (settings(&[(0x2, 1)]), Http2Error::Setting("ENABLE_PUSH")),
        (settings(&[(0x4, 1 << 31)]), Http2Error::Setting("INITIAL_WINDOW_SIZE")),
        (settings(&[(0x5, 100)]), Http2Error::Setting("MAX_FRAME_SIZE")),
        (frame(kind::PUSH_PROMISE, flag::END_HEADERS, 1, &[0, 0, 0, 2]), Http2Error::Push),
        (frame(kind::PING, 0, 0, b""), Http2Error::FrameSize("PING")),
        (frame(kind::PING, 0, 1, &[0; 8]), Http2Error::StreamId("PING")),
        (frame(kind::GOAWAY, 0, 1, &[0; 8]), Http2Error::StreamId("GOAWAY")),
        (frame(kind::GOAWAY, 0, 0, &[0; 7]), Http2Error::FrameSize("GOAWAY")),
        (frame(kind::WINDOW_UPDATE, 0, 0, &[0; 3]), Http2Error::FrameSize("WINDOW_UPDATE")),
        (frame(kind::WINDOW_UPDATE, 0, 0, &[0; 4]), Http2Error::FlowControl("a window grows by nothing")),
        (frame(kind::CONTINUATION, 0, 1, b""), Http2Error::Continuation),
        (continued(&frame(kind::CONTINUATION, 0, 3, b"")), Http2Error::Continuation),
        (continued(&frame(kind::PING, 0, 0, &[0; 8])), Http2Error::Continuation),
        (frame(kind::HEADERS, BOTH, 1, b"\xbe"), Http2Error::Compression(HpackError::Index)),
        (b"\x00\x40\x01\x00\x00\x00\x00\x00\x01".to_vec(), Http2Error::FrameTooLarge(16_385)),
    ];
    for (bytes, expected) in cases {
        assert_eq!(error_of(&bytes), expected, "{bytes:?}");
    }
    let mut session = Session::new(Limits { max_header_bytes: 1000, max_body_bytes: 1000 });
    let http1 = session.feed(b"HTTP/1.1 400 Bad Request\r\n\r\n", &mut Seen::default());
    assert_eq!(http1.unwrap_err(), Http2Error::NotHttp2);
    let last = written(&mut session).pop().unwrap();
    assert_eq!((last.0, last.3), (kind::GOAWAY, vec![0, 0, 0, 0, 0, 0, 0, 1]));
}

#[test]
fn floods_end_and_keep_no_memory() {
    let mut session = ready(&[]);
    session.request(0, &get(), false);
    written(&mut session);
    let ping = frame(kind::PING, 0, 0, &[0; 8]);
    // A target that reads no answers: their number is bounded.
    let unread = (0..10_000).find_map(|_| session.feed(&ping, &mut Seen::default()).err());
    assert!(matches!(unread, Some(Http2Error::Flood(_))));
    assert!(session.output().len() < 100_000);
    for flood in [
        ping,
        settings(&[]),
        frame(kind::SETTINGS, flag::ACK, 0, &[]),
        frame(kind::PRIORITY, 0, 1, &[0; 5]),
        frame(0x42, 0, 0, &[]),
        frame(kind::WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]),
        frame(kind::HEADERS, flag::END_HEADERS, 1, b"\x08\x03103"),
    ] {
        let mut session = ready(&[]);
        session.request(0, &get(), false);
        let result = (0..200_000).try_for_each(|_| {
            let result = session.feed(&flood, &mut Seen::default());
            written(&mut session);
            result
        });
        assert!(matches!(result, Err(Http2Error::Flood(_))), "{flood:?}: {result:?}");
    }
    let mut session = ready(&[]);
    session.request(0, &get(), false);
    session.feed(&frame(kind::HEADERS, 0, 1, b""), &mut Seen::default()).unwrap();
    let empty = frame(kind::CONTINUATION, 0, 1, b"");
    let continuations = (0..100).find_map(|_| session.feed(&empty, &mut Seen::default()).err());
    assert_eq!(continuations, Some(Http2Error::HeaderTooLarge));
    // Empty DATA without end.
    let mut session = ready(&[]);
    session.request(0, &get(), false);
    session.feed(&frame(kind::HEADERS, flag::END_HEADERS, 1, b"\x88"), &mut Seen::default()).unwrap();
    let empty = frame(kind::DATA, 0, 1, b"");
    let result = (0..200_000).find_map(|_| session.feed(&empty, &mut Seen::default()).err());
    assert!(matches!(result, Some(Http2Error::Flood(_))));
}

#[test]
fn bodies_respect_both_windows() {
    let mut session = ready(&[(0x4, 10), (0x5, 16_384)]);
    session.request(0, &post(25), false);
    let data = |session: &mut Session| -> Vec<(u8, u32, usize)> {
        let frames = written(session);
        let data = frames.into_iter().filter(|frame| frame.0 == kind::DATA);
        data.map(|(_, flags, stream, payload)| (flags, stream, payload.len())).collect()
    };
    assert_eq!(data(&mut session), [(0, 1, 10)]);
    let update = |stream, more: u32| frame(kind::WINDOW_UPDATE, 0, stream, &more.to_be_bytes());
    session.feed(&update(1, 3), &mut Seen::default()).unwrap();
    assert_eq!(data(&mut session), [(0, 1, 3)]);
    // A smaller setting makes the window negative, a larger one opens it.
    session.feed(&settings(&[(0x4, 5)]), &mut Seen::default()).unwrap();
    session.feed(&update(1, 6), &mut Seen::default()).unwrap();
    assert_eq!(data(&mut session), [(0, 1, 1)]);
    session.feed(&settings(&[(0x4, 60_000)]), &mut Seen::default()).unwrap();
    assert_eq!(data(&mut session), [(flag::END_STREAM, 1, 11)]);
    // The connection's window: 65535 in all, of which 25 are gone.
    session.request(1, &post(60_000), false);
    session.request(2, &post(10_000), false);
    let sent: usize = data(&mut session).iter().map(|(_, _, length)| length).sum();
    assert_eq!(sent, 65_535 - 25);
    session.feed(&update(0, 4_490), &mut Seen::default()).unwrap();
    assert_eq!(data(&mut session), [(flag::END_STREAM, 5, 4_490)]);
}

#[test]
fn an_early_answer_stops_the_body() {
    let mut session = ready(&[(0x4, 1)]);
    session.request(0, &post(5), false);
    written(&mut session);
    session.feed(&frame(kind::HEADERS, BOTH, 1, b"\x88"), &mut Seen::default()).unwrap();
    assert_eq!(std::mem::take(session.finished()), COMPLETE);
    assert_eq!(written(&mut session), [(kind::RST_STREAM, 0, 1, vec![0; 4])]);
    // A reset that says the same is no matter any more.
    session.feed(&frame(kind::RST_STREAM, 0, 1, &[0; 4]), &mut Seen::default()).unwrap();
    assert!(session.finished().is_empty());
}

#[test]
fn resets_and_goodbyes_end_what_they_concern() {
    let mut session = ready(&[]);
    (0..4).for_each(|place| {
        session.request(place, &get(), false);
    });
    let mut seen = Seen::default();
    session.feed(&frame(kind::RST_STREAM, 0, 1, &[0, 0, 0, 2]), &mut seen).unwrap();
    session.feed(&frame(kind::RST_STREAM, 0, 7, &[0, 0, 0, 7]), &mut seen).unwrap();
    session.feed(&frame(kind::GOAWAY, 0, 0, b"\0\0\0\x03\0\0\0\x0bcalm"), &mut seen).unwrap();
    let finished = |place, finish| Finished { place, finish };
    let expected =
        [finished(0, Finish::Reset(2)), finished(3, Finish::Refused), finished(2, Finish::Refused)];
    assert_eq!(std::mem::take(session.finished()), expected);
    assert_eq!((session.accepts_requests(), session.goaway()), (false, Some(11)));
    session.feed(&frame(kind::HEADERS, BOTH, 3, b"\x88"), &mut seen).unwrap();
    assert_eq!(session.finished()[..], [finished(1, Finish::Complete)]);
}

#[test]
fn what_comes_for_a_cancelled_request_is_ignored() {
    let mut session = ready(&[]);
    session.request(0, &get(), false);
    session.cancel(0);
    session.request(0, &get(), false);
    let frames = written(&mut session);
    assert_eq!(frames[1], (kind::RST_STREAM, 0, 1, vec![0, 0, 0, 8]));
    assert_eq!((session.next_started(), session.next_started()), (Some(0), None));
    let mut seen = Seen::default();
    // Even an index that is wrong: nobody reads the block.
    session.feed(&frame(kind::HEADERS, flag::END_HEADERS, 1, b"\xbe"), &mut seen).unwrap();
    session.feed(&frame(kind::DATA, flag::END_STREAM, 1, b"late"), &mut seen).unwrap();
    assert!(session.finished().is_empty());
    assert_eq!(seen, Seen::default());
}

#[test]
fn windows_are_given_back_as_data_comes() {
    let limits = Limits { max_header_bytes: 1000, max_body_bytes: 1 << 40 };
    let mut session = with_limits(limits, &[]);
    session.request(0, &get(), false);
    session.feed(&frame(kind::HEADERS, flag::END_HEADERS, 1, b"\x88"), &mut Seen::default()).unwrap();
    written(&mut session);
    let data = frame(kind::DATA, 0, 1, &[0; 16_384]);
    let mut given = 0;
    for _ in 0..300 {
        session.feed(&data, &mut Seen::default()).unwrap();
        for (_, _, stream, payload) in written(&mut session) {
            assert_eq!(stream, 1);
            given += u64::from(u32::from_be_bytes(payload.try_into().unwrap()));
        }
    }
    assert!(given + (2 << 20) >= 300 * 16_384, "{given}");
}

#[test]
fn a_long_head_goes_in_pieces() {
    let mut session = ready(&[]);
    let long = "v".repeat(40_000);
    session.request(0, &request(&format!("GET / HTTP/1.1\r\nX: {long}\r\n\r\n")), false);
    let frames = written(&mut session);
    let shape: Vec<_> = frames.iter().map(|frame| (frame.0, frame.1, frame.3.len())).collect();
    assert_eq!(shape[0], (kind::HEADERS, flag::END_STREAM, 16_384));
    assert_eq!(shape[1], (kind::CONTINUATION, 0, 16_384));
    assert_eq!((shape[2].0, shape[2].1), (kind::CONTINUATION, flag::END_HEADERS));
}

fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let payload = prop::collection::vec(any::<u8>(), 0..40);
    let kinds = prop_oneof![4 => 0_u8..10, 1 => any::<u8>()];
    (kinds, any::<u8>(), 0_u32..8, payload)
        .prop_map(|(kind, flags, stream, payload)| frame(kind, flags, stream, &payload))
}

proptest! {
    #[test]
    fn any_frames_are_survived(
        choice in any::<[u8; 3]>(),
        frames in prop::collection::vec(any_frame(), 0..40),
    ) {
        fuzz_http2(&[&choice[..], &frames.concat()].concat());
    }

    #[test]
    fn any_bytes_are_survived(junk in prop::collection::vec(any::<u8>(), 0..600)) {
        fuzz_http2(&junk);
    }

    #[test]
    fn pieces_make_no_difference(
        frames in prop::collection::vec(any_frame(), 0..20),
        piece in 1_usize..60,
    ) {
        let bytes = frames.concat();
        let run = |piece: usize| {
            let mut session = ready(&[]);
            session.request(0, &get(), false);
            session.request(1, &post(4), false);
            let mut seen = Seen::default();
            let result = bytes.chunks(piece).try_for_each(|piece| session.feed(piece, &mut seen));
            (result, std::mem::take(session.finished()), session.output().to_vec(), seen)
        };
        prop_assert_eq!(run(piece), run(bytes.len().max(1)));
    }
}
