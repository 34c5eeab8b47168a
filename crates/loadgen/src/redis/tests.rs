#![allow(clippy::unwrap_used)]
//! The connection against hand-written answers, and against bytes that are none.

use proptest::prelude::*;

use super::resp::{Reply, RespError, Scanner, push_command, read};
use super::session::RedisError;
use super::{Session, Turn, fuzz_redis};

const HELLO: &[u8] = b"%2\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nmodules\r\n*1\r\n%1\r\n+a\r\n_\r\n";

fn subscribed(channel: &str) -> Vec<u8> {
    format!(">3\r\n$9\r\nsubscribe\r\n${}\r\n{channel}\r\n:1\r\n", channel.len()).into_bytes()
}

fn message(channel: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(">3\r\n$7\r\nmessage\r\n${}\r\n{channel}\r\n${}\r\n", channel.len(), payload.len());
    [head.as_bytes(), payload, b"\r\n"].concat()
}

fn feed(session: &mut Session, bytes: &[u8]) -> Result<Turn, RedisError> {
    session.feed(bytes, &mut |_| {})
}

/// Takes the output.
fn output(session: &mut Session) -> Vec<u8> {
    std::mem::take(session.output())
}

/// A connection that has published on `c`; and the payload.
fn published() -> (Session, Vec<u8>) {
    let mut session = Session::new(None, 10_000);
    assert_eq!(session.begin(b"c", b"hi"), Turn::Wait);
    output(&mut session);
    assert_eq!(feed(&mut session, &[HELLO, &subscribed("c")].concat()), Ok(Turn::Publish));
    session.publish();
    let command = output(&mut session);
    let payload = command[command.len() - 2 - 35..command.len() - 2].to_vec();
    (session, payload)
}

#[test]
fn it_asks_for_resp3_subscribes_once_and_finds_its_own_message() {
    let mut session = Session::new(Some((b"user", b"secret")), 10_000);
    assert_eq!(session.begin(b"c", b"hi"), Turn::Wait);
    let mut expected = Vec::new();
    push_command(&mut expected, &[b"HELLO", b"3", b"AUTH", b"user", b"secret"]);
    push_command(&mut expected, &[b"SUBSCRIBE", b"c"]);
    assert_eq!(output(&mut session), expected);

    let (mut session, payload) = published();
    assert!(payload.ends_with(b" hi") && payload[..32].iter().all(u8::is_ascii_hexdigit));
    // Others' messages, one that looks like it, and the same on another channel.
    let mut seen = Vec::new();
    for foreign in [message("c", b"other"), message("c", &payload[1..]), message("d", &payload)] {
        let turn = session.feed(&foreign, &mut |message| seen.push(message.to_vec()));
        assert_eq!(turn, Ok(Turn::Wait));
    }
    let own = [message("c", &payload), b":2\r\n".to_vec(), message("c", b"more")].concat();
    let turn = session.feed(&own, &mut |message| seen.push(message.to_vec()));
    assert_eq!((turn, seen), (Ok(Turn::Received), vec![b"hi".to_vec()]));
    // The second time there is nothing to prepare, and the identifier is a new one.
    assert_eq!(session.begin(b"c", b"hi"), Turn::Publish);
    session.publish();
    assert_ne!(output(&mut session)[..], payload[..]);
    assert_eq!(feed(&mut session, &message("c", &payload)), Ok(Turn::Wait));
}

#[test]
fn answers_may_come_before_or_after_the_message_and_in_pieces() {
    for piece in [1, 3, 7, 1000] {
        for order in [0, 1] {
            let (mut session, payload) = published();
            let mut answers = [message("c", &payload), b":1\r\n".to_vec()];
            answers.rotate_left(order);
            let mut turns: Vec<Turn> =
                answers.concat().chunks(piece).map(|piece| feed(&mut session, piece).unwrap()).collect();
            turns.retain(|turn| *turn != Turn::Wait);
            assert_eq!(turns, [Turn::Received], "{piece} {order}");
            assert_eq!(session.begin(b"c", b"x"), Turn::Publish);
        }
    }
}

#[test]
fn refusals_are_told_apart() {
    let mut session = Session::new(None, 10_000);
    session.begin(b"c", b"hi");
    let refused = |text: &str| Err(RedisError::Refused(text.to_owned()));
    assert_eq!(feed(&mut session, b"-NOAUTH x\r\n"), refused("NOAUTH x"));
    let mut session = Session::new(None, 10_000);
    session.begin(b"c", b"hi");
    assert_eq!(feed(&mut session, &[HELLO, b"!8\r\nNOPERM x\r\n"].concat()), refused("NOPERM x"));
    let (mut session, _) = published();
    assert_eq!(feed(&mut session, b"-NOPERM y\r\n"), Ok(Turn::Refused));
    assert_eq!(session.error(), "NOPERM y");
    assert_eq!(session.begin(b"c", b"hi"), Turn::Publish);
    assert_eq!(feed(&mut session, b":1\r\n"), Err(RedisError::Unasked));
}

#[test]
fn subscriptions_are_bounded() {
    let mut session = Session::new(None, 10_000);
    feed(&mut session, HELLO).unwrap();
    for number in 0..20 {
        let channel = format!("c{number}");
        assert_eq!(session.begin(channel.as_bytes(), b""), Turn::Wait);
        let commands = String::from_utf8(output(&mut session)).unwrap();
        let unsubscribes = number >= 16;
        assert_eq!(commands.contains("UNSUBSCRIBE"), unsubscribes, "{commands}");
        if unsubscribes {
            assert!(commands.contains(&format!("c{}\r\n", number - 16)), "{commands}");
            let gone = b">3\r\n$11\r\nunsubscribe\r\n$2\r\nc0\r\n:1\r\n";
            assert_eq!(feed(&mut session, gone), Ok(Turn::Wait));
        }
        assert_eq!(feed(&mut session, &subscribed(&channel)), Ok(Turn::Publish));
    }
}

#[test]
fn what_is_no_value_is_refused_by_name() {
    let scan = |bytes: &[u8]| Scanner::default().scan(bytes, 1000);
    assert_eq!(scan(b"HTTP/1.1 400\r\n"), Err(RespError::Kind(b'H')));
    for wrong in
        [&b"$x\r\n"[..], b"$\r\n", b"$-2\r\n", b"\r\n", b"+a\n", b"$1\r\nabc", b"*9999999999\r\n", b"$?\r\n"]
    {
        assert_eq!(scan(wrong), Err(RespError::Length), "{wrong:?}");
    }
    for large in [&b"$1001\r\n"[..], b"*400\r\n", b"%200\r\n"] {
        assert_eq!(scan(large), Err(RespError::TooLarge), "{large:?}");
    }
    assert_eq!(Scanner::default().scan(&b"+".repeat(70_000), 100_000), Err(RespError::TooLarge));
    // Nested without end.
    assert!(matches!(Scanner::default().scan(&b"*1\r\n".repeat(1000), 1000), Err(RespError::TooLarge)));
    assert!(matches!(Scanner::default().scan(&b"*9\r\n".repeat(1000), 10_000), Err(RespError::TooLarge)));
    for whole in
        [&b"_\r\n"[..], b"#t\r\n", b",1.5\r\n", b"(9\r\n", b"=5\r\ntxt:a\r\n", b"~1\r\n:1\r\n", b"$-1\r\n"]
    {
        assert_eq!(scan(whole), Ok(Some(whole.len())), "{whole:?}");
        assert_eq!(read(whole), Reply::Other);
    }
    let attributed = b"|1\r\n+a\r\n:1\r\n+OK\r\n";
    assert_eq!(scan(attributed), Ok(Some(attributed.len())));
}

/// A value of RESP3.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        "[+:_#,-][a-z0-9 ]{0,9}".prop_map(|text| format!("{text}\r\n").into_bytes()),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(|text| [
            format!("${}\r\n", text.len()).as_bytes(),
            &text,
            b"\r\n"
        ]
        .concat()),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        (prop::sample::select(vec!['*', '>', '~']), prop::collection::vec(inner, 0..4)).prop_map(
            |(kind, values)| [format!("{kind}{}\r\n", values.len()).as_bytes(), &values.concat()].concat(),
        )
    })
}

proptest! {
    #[test]
    fn the_end_of_a_value_is_found_in_any_pieces(one in value(), next in value(), piece in 1_usize..30) {
        let bytes = [one.clone(), next].concat();
        let mut scanner = Scanner::default();
        let mut end = piece.min(bytes.len());
        loop {
            match scanner.scan(&bytes[..end], 10_000).unwrap() {
                Some(length) => {
                    prop_assert_eq!(length, one.len());
                    prop_assert!(end >= length && end < length + piece);
                    break;
                }
                None => end = (end + piece).min(bytes.len()),
            }
        }
        let _ = read(&one);
    }

    #[test]
    fn any_values_are_survived(choice in any::<[u8; 2]>(), values in prop::collection::vec(value(), 0..20)) {
        fuzz_redis(&[&choice[..], &values.concat()].concat());
    }

    #[test]
    fn any_bytes_are_survived(junk in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzz_redis(&junk);
        let _ = read(&junk);
    }
}
