#![allow(clippy::unwrap_used)]
//! A connection against hand-written frames: the cases of the Autobahn test suite that concern a client.

use proptest::prelude::*;

use super::error::WsError;
use super::frame::{Head, Opcode, push_frame};
use super::handshake::{Answer, Offer};
use super::{Session, fuzz_websocket};

const LIMIT: usize = 70_000;

/// A frame of a server: first byte and payload.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = payload.len();
    let mut out = vec![first];
    match length {
        0..=125 => out.push(length as u8),
        126..=0xFFFF => out.extend_from_slice(&[&[126][..], &(length as u16).to_be_bytes()].concat()),
        _ => out.extend_from_slice(&[&[127][..], &(length as u64).to_be_bytes()].concat()),
    }
    out.extend_from_slice(payload);
    out
}

fn session() -> Session {
    let mut session = Session::new(LIMIT, 7);
    session.open();
    session
}

/// What came of these bytes, fed in pieces of this size.
fn fed(bytes: &[u8], piece: usize) -> (Result<(), WsError>, Vec<Vec<u8>>, Session) {
    let mut session = session();
    let mut result = Ok(());
    let mut messages = Vec::new();
    for piece in bytes.chunks(piece) {
        result = session.feed(piece);
        while let Some(message) = session.message() {
            messages.push(message.to_vec());
            session.skip_message();
        }
        if result.is_err() {
            break;
        }
    }
    (result, messages, session)
}

/// The frames of a client, unmasked: first byte and payload.
fn sent(session: &mut Session) -> Vec<(u8, Vec<u8>)> {
    let bytes = std::mem::take(session.output());
    let mut rest = &bytes[..];
    let mut frames = Vec::new();
    while let [first, second, after @ ..] = rest {
        assert!(second & 0x80 != 0, "a client masks");
        let (length, after) = match second & 0x7F {
            126 => (usize::from(u16::from_be_bytes([after[0], after[1]])), &after[2..]),
            127 => (u64::from_be_bytes(*after.first_chunk().unwrap()) as usize, &after[8..]),
            short => (usize::from(short), after),
        };
        let (key, after) = after.split_at(4);
        let payload = after[..length].iter().zip(key.iter().cycle()).map(|(byte, mask)| byte ^ mask);
        frames.push((*first, payload.collect()));
        rest = &after[length..];
    }
    frames
}

#[test]
fn the_key_is_answered_as_the_rfc_says() {
    // The example of section 1.3.
    let offer = Offer { key: "dGhlIHNhbXBsZSBub25jZQ==".to_owned() };
    assert_eq!(offer.accept(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let (one, other) = (Session::new(1, 1), Session::new(1, 2));
    assert_eq!(one.offer().key.len(), 24);
    assert_ne!(one.offer(), other.offer());
    assert_eq!(one.offer(), Session::new(1, 1).offer());
}

#[test]
fn an_answer_that_opens_nothing_is_told_by_what_it_lacks() {
    let offer = Offer::new([1; 16]);
    let accept = offer.accept();
    let good = Answer {
        upgrade: Some(b"WebSocket"),
        has_connection_upgrade: true,
        accept: Some(accept.as_bytes()),
        protocol: None,
        extensions: None,
    };
    assert_eq!(offer.judge(good, &[]), Ok(()));
    let asked = ["chat.v2".to_owned(), "chat.v1".to_owned()];
    assert_eq!(offer.judge(Answer { protocol: Some(b"chat.v1"), ..good }, &asked), Ok(()));
    for (answer, asked, part) in [
        (Answer { upgrade: None, ..good }, &[][..], "without `Upgrade"),
        (Answer { has_connection_upgrade: false, ..good }, &[], "without `Connection"),
        (Answer { accept: None, ..good }, &[], "without `Sec-WebSocket-Accept"),
        (Answer { accept: Some(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), ..good }, &[], "does not answer the key"),
        (Answer { extensions: Some(b"permessage-deflate"), ..good }, &[], "permessage-deflate"),
        (Answer { protocol: Some(b"soap"), ..good }, &asked, "the protocol soap"),
        (good, &asked, "none of the protocols asked for (chat.v2, chat.v1)"),
    ] {
        let problem = offer.judge(answer, asked).unwrap_err();
        assert!(problem.contains(part), "{problem}");
    }
}

#[test]
fn messages_of_all_lengths_come_in_any_pieces() {
    // Autobahn 1.*: lengths where the form of the head changes.
    let lengths = [0, 1, 125, 126, 127, 128, 65_535, 65_536];
    let all: Vec<Vec<u8>> = lengths.iter().map(|length| vec![b'*'; *length]).collect();
    let bytes = all.iter().zip([0x81, 0x82].iter().cycle()).map(|(m, first)| frame(*first, m));
    let bytes = bytes.collect::<Vec<_>>().concat();
    for piece in [1, 3, 997, bytes.len()] {
        let (result, messages, _) = fed(&bytes, piece);
        assert_eq!(result, Ok(()));
        assert!(messages == all, "{piece}");
    }
}

#[test]
fn fragments_make_one_message_with_control_frames_between_them() {
    // Autobahn 5.*.
    let bytes = [
        frame(0x01, "caf\u{e9}".as_bytes().split_at(4).0),
        frame(0x89, b"ping"),
        frame(0x00, b""),
        frame(0x8A, b"unasked pong"),
        frame(0x80, "caf\u{e9}".as_bytes().split_at(4).1),
    ]
    .concat();
    for piece in [1, 2, bytes.len()] {
        let (result, messages, mut session) = fed(&bytes, piece);
        assert_eq!((result, messages), (Ok(()), vec!["caf\u{e9}".as_bytes().to_vec()]));
        assert_eq!(sent(&mut session), [(0x8A, b"ping".to_vec())]);
        assert!(!session.has_partial());
    }
}

#[test]
fn what_breaks_the_rules_is_named_and_told_to_the_other_side() {
    let long_ping = [&[0x89, 126, 0, 126][..], &[0; 126]].concat();
    let cases: Vec<(&str, Vec<u8>, WsError, u16)> = vec![
        ("3.* reserved bits", frame(0xC1, b"x"), WsError::Reserved, 1002),
        ("4.* opcode", frame(0x83, b"x"), WsError::Opcode(3), 1002),
        ("4.* control opcode", frame(0x8B, b""), WsError::Opcode(11), 1002),
        ("masked", vec![0x81, 0x80, 0, 0, 0, 0], WsError::Masked, 1002),
        ("a length too long", vec![0x81, 126, 0, 125], WsError::Length, 1002),
        ("a length beyond 63 bits", vec![0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0], WsError::Length, 1002),
        ("2.5 ping too long", long_ping, WsError::ControlTooLong, 1002),
        ("5.1 ping in fragments", frame(0x09, b"x"), WsError::ControlFragmented, 1002),
        ("5.9 continuation of nothing", frame(0x80, b"x"), WsError::Continuation, 1002),
        ("5.18 text in text", [frame(0x01, b"x"), frame(0x81, b"y")].concat(), WsError::Interleaved, 1002),
        ("6.3 no UTF-8", frame(0x81, b"\xce\xba\xe1\xbd\xb9\xcf\x83\xed\xa0\x80"), WsError::Utf8, 1007),
        ("6.* cut UTF-8", [frame(0x01, b"a"), frame(0x80, b"\xce")].concat(), WsError::Utf8, 1007),
        ("7.3.2 close of one byte", frame(0x88, b"\x03"), WsError::CloseBody, 1002),
        ("7.5.1 reason", frame(0x88, b"\x03\xe8\xce\xba\xed\xa0\x80"), WsError::CloseReason, 1007),
        ("7.9 code", frame(0x88, &1005_u16.to_be_bytes()), WsError::CloseCode(1005), 1002),
        ("7.9 code", frame(0x88, &999_u16.to_be_bytes()), WsError::CloseCode(999), 1002),
        ("too large", vec![0x82, 127, 0, 0, 0, 1, 0, 0, 0, 0], WsError::TooLarge, 1009),
        (
            "too large in fragments",
            [frame(0x02, &[0; 40_000]), frame(0x80, &[0; 40_000])].concat(),
            WsError::TooLarge,
            1009,
        ),
    ];
    for (name, bytes, error, code) in cases {
        for piece in [1, bytes.len()] {
            let (result, messages, mut session) = fed(&bytes, piece);
            assert_eq!((result, messages), (Err(error), vec![]), "{name}");
            assert_eq!(sent(&mut session), [(0x88, code.to_be_bytes().to_vec())], "{name}");
            // Nothing is said after that.
            session.close(1000, "");
            assert!(!session.has_output());
        }
    }
}

#[test]
fn the_end_is_answered_with_its_code_and_told_in_words() {
    // Autobahn 7.*.
    for (payload, text, answer) in [
        (&b""[..], "no code", 1000_u16),
        (&b"\x03\xe8"[..], "1000 (normal closure)", 1000),
        (b"\x03\xf3full", "1011 (internal error): full", 1011),
        (b"\x03\xf4", "1012 (service restart)", 1012),
        (b"\x0f\xa0", "4000 (private)", 4000),
    ] {
        let bytes = [frame(0x88, payload), frame(0x81, b"late")].concat();
        let (result, messages, mut session) = fed(&bytes, 3);
        assert_eq!((result, messages), (Ok(()), vec![]));
        assert_eq!(session.ended(), Some(text));
        assert_eq!(sent(&mut session), [(0x88, answer.to_be_bytes().to_vec())]);
    }
    let mut session = session();
    session.close(3001, "done");
    assert_eq!(sent(&mut session), [(0x88, b"\x0b\xb9done".to_vec())]);
    // Pings go unanswered then; the answer to the end is not answered again.
    session.feed(&[frame(0x89, b""), frame(0x88, b"\x0b\xb9")].concat()).unwrap();
    assert!(!session.has_output() && session.ended().is_some());
}

#[test]
fn what_is_sent_is_masked_and_forgets_what_came_before() {
    let mut session = session();
    session.feed(&frame(0x81, b"before")).unwrap();
    assert!(session.message().is_some());
    session.send(true, b"hello");
    assert!(session.message().is_none());
    let raw = session.output().clone();
    assert!(!raw.windows(5).any(|window| window == b"hello"));
    session.send(false, &[7; 126]);
    session.send(false, &vec![8; 65_536]);
    let frames = sent(&mut session);
    assert_eq!(frames, [(0x81, b"hello".to_vec()), (0x82, vec![7; 126]), (0x82, vec![8; 65_536])]);
}

#[test]
fn floods_end_and_keep_no_memory() {
    let mut session = session();
    let pings = frame(0x89, &[0; 125]).repeat(10_000);
    assert_eq!(session.feed(&pings), Err(WsError::Flood));
    assert!(session.output().len() < 70_000);
    // Messages that nobody looks at: the oldest go.
    let mut session = self::session();
    for number in 0..5000_u32 {
        session.feed(&frame(0x82, &[&number.to_be_bytes()[..], &[0; 1000]].concat())).unwrap();
    }
    assert_eq!(session.message().unwrap()[..4], 3976_u32.to_be_bytes());
}

proptest! {
    #[test]
    fn a_head_is_read_back(length in 0_usize..70_000, key in any::<[u8; 4]>()) {
        let mut out = Vec::new();
        push_frame(&mut out, Opcode::Binary, key, &vec![5; length]);
        // Without the bit of the mask it is one of a server.
        out[1] &= 0x7F;
        let (head, head_bytes) = Head::read(&out).unwrap().unwrap();
        prop_assert_eq!(head, Head { opcode: Opcode::Binary, is_final: true, payload_bytes: length as u64 });
        prop_assert_eq!(out.len(), head_bytes + 4 + length);
    }

    #[test]
    fn pieces_make_no_difference(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..300), 0..8), piece in 1_usize..50,
    ) {
        let bytes: Vec<u8> = messages.iter().flat_map(|message| {
            let (head, tail) = message.split_at(message.len() / 2);
            [frame(0x02, head), frame(0x89, b"p"), frame(0x80, tail)].concat()
        }).collect();
        let (result, seen, _) = fed(&bytes, piece);
        prop_assert_eq!((result, seen), (Ok(()), messages));
    }

    #[test]
    fn any_frames_are_survived(
        choice in any::<[u8; 2]>(),
        frames in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)), 0..12),
    ) {
        let bytes: Vec<u8> = frames.iter().flat_map(|(first, payload)| frame(first & 0x8F, payload)).collect();
        fuzz_websocket(&[&choice[..], &bytes].concat());
    }

    #[test]
    fn any_bytes_are_survived(junk in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_websocket(&junk);
    }
}
