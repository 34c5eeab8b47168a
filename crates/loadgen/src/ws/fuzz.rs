//! An entry for fuzzing: any bytes from the other side, in any pieces.

use super::{Answer, Session};

/// Feeds `data` to a client's open connection. The first byte chooses the size of the pieces; what is to be written is
/// taken away between them, or not.
///
/// # Panics
/// If something that must hold does not.
pub fn fuzz_websocket(data: &[u8]) {
    let Some((&[piece, takes], data)) = data.split_first_chunk::<2>() else { return };
    let mut session = Session::new(300, u64::from(piece));
    let _ = session.offer().judge(Answer { accept: Some(data), ..Answer::default() }, &[]);
    session.open();
    session.send(takes & 2 == 0, data);
    let mut received = 0;
    for piece in data.chunks(usize::from(piece) + 1) {
        if takes & 1 == 1 {
            session.output().clear();
        }
        let result = session.feed(piece);
        while let Some(message) = session.message() {
            assert!(message.len() <= 300);
            received += message.len();
            session.skip_message();
        }
        if result.is_err() || session.ended().is_some() {
            // It says so to the other side.
            assert!(session.has_output());
            break;
        }
    }
    assert!(received <= data.len());
    assert!(session.output().len() < (128 << 10) + 2 * data.len());
}
