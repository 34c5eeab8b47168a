//! Any frames and any bytes.

use proptest::prelude::*;

use super::{Seen, frame, get, post, ready};
use crate::http2::fuzz_http2;

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
