//! An entry for fuzzing: any bytes from the other side, in any pieces.

use super::{Session, Turn};

/// Feeds `data` to a client's connection that publishes again and again. The first two bytes choose the size of
/// the pieces and whether the connection is already subscribed.
///
/// # Panics
/// If something that must hold does not.
pub fn fuzz_redis(data: &[u8]) {
    let Some((&[piece, ready], data)) = data.split_first_chunk::<2>() else { return };
    let mut session = Session::new(None, 1000);
    let mut turn = session.begin(b"c", b"m");
    if ready & 1 == 1 {
        let answers = b"%1\r\n+proto\r\n:3\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n";
        turn = session.feed(answers, &mut |_| {}).unwrap_or(Turn::Wait);
        assert_eq!(turn, Turn::Publish);
    }
    let mut received = 0;
    for piece in data.chunks(usize::from(piece) + 1) {
        if turn == Turn::Publish {
            session.publish();
        }
        session.output().clear();
        turn = match session.feed(piece, &mut |message| received += message.len()) {
            Err(_) => return,
            Ok(Turn::Received | Turn::Refused) => session.begin(&[b'c', ready], b"m"),
            Ok(turn) => turn,
        };
    }
    assert!(received <= data.len());
}
