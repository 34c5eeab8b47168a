//! What the other side does wrong, and what ends early.

use super::{BOTH, Seen, error_of, finish_of, frame, get, ready, settings, written};
use crate::http2::error::Http2Error;
use crate::http2::frame::{flag, kind};
use crate::http2::hpack::HpackError;
use crate::http2::{Finish, Finished, Limits, Session};

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
