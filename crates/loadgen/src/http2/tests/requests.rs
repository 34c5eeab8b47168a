//! Requests: how they begin, their bodies, and windows.

use super::{BOTH, COMPLETE, Seen, frame, get, post, ready, request, settings, with_limits, written};
use crate::http2::frame::{HEADER_BYTES, flag, kind};
use crate::http2::{Limits, Session};

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
