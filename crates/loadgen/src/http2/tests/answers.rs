//! Answers, whole and in pieces.

use super::{BOTH, COMPLETE, Seen, answered, finish_of, frame, get, ready, request, written};
use crate::http2::frame::{flag, kind};
use crate::http2::{Finish, Finished};

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
fn heads_without_bodies_may_tell_lengths() {
    assert_eq!(finish_of(&frame(kind::HEADERS, BOTH, 1, b"\x8b\x0f\x0d\x019")), Finish::Complete);
    let mut session = ready(&[]);
    session.request(0, &request("HEAD / HTTP/1.1\r\n\r\n"), true);
    session.feed(&frame(kind::HEADERS, BOTH, 1, b"\x88\x0f\x0d\x019"), &mut Seen::default()).unwrap();
    assert_eq!(session.finished()[..], COMPLETE);
}
