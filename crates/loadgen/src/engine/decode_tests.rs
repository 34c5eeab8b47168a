#![allow(clippy::unwrap_used)]
use std::io::Write;

use flate2::write::{DeflateEncoder, ZlibEncoder};
use flate2::{Compression, GzBuilder};
use proptest::prelude::*;

use super::*;

fn text() -> Vec<u8> {
    // Compressible, but not to nothing.
    (0..60_000_u32).flat_map(|n| (n * n % 1013).to_string().into_bytes()).collect()
}

fn gzip(builder: GzBuilder, text: &[u8]) -> Vec<u8> {
    let mut encoder = builder.write(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// What a body decompresses to if it comes in pieces so long; `None` if it is damaged or not whole.
fn decoded(decoder: &mut Decoder, coding: ContentCoding, body: &[u8], piece: usize) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    decoder.begin(coding);
    for piece in body.chunks(piece) {
        let mut take = |bytes: &[u8]| {
            all.extend_from_slice(bytes);
            true
        };
        decoder.feed(piece, &mut take).ok()?;
    }
    decoder.is_whole().then_some(all)
}

#[test]
fn every_form_is_read_in_pieces_of_any_length_one_after_the_other() {
    let text = text();
    let plain = gzip(GzBuilder::new(), &text);
    let named = GzBuilder::new().filename("name").comment("comment").extra(vec![7; 300]).mtime(5);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&text).unwrap();
    let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
    bare.write_all(&text).unwrap();
    let twice = [plain.clone(), plain.clone()].concat();
    // The checksum of a head, which the library does not write.
    let mut summed = plain.clone();
    summed[3] |= flag::CHECKSUM;
    summed.splice(10..10, [1, 2]);
    let mut decoder = Decoder::new();
    for (coding, body, times) in [
        (ContentCoding::Gzip, plain, 1),
        (ContentCoding::Gzip, gzip(named, &text), 1),
        (ContentCoding::Gzip, summed, 1),
        (ContentCoding::Gzip, twice, 2),
        (ContentCoding::Deflate, zlib.finish().unwrap(), 1),
        (ContentCoding::Deflate, bare.finish().unwrap(), 1),
        (ContentCoding::Gzip, gzip(GzBuilder::new(), b""), 0),
        (ContentCoding::Gzip, Vec::new(), 0),
    ] {
        let expected = text.repeat(times);
        for piece in [1, 7, 4096, usize::MAX] {
            let found = decoded(&mut decoder, coding, &body, piece);
            assert!(found.as_ref() == Some(&expected), "{coding:?} {} {piece}", body.len());
        }
    }
}

#[test]
fn what_is_cut_off_changed_or_followed_by_something_is_not_taken() {
    let whole = gzip(GzBuilder::new(), &text());
    let mut decoder = Decoder::new();
    for cut in [1, 5, 12, 1000, whole.len() - 9, whole.len() - 1] {
        assert_eq!(decoded(&mut decoder, ContentCoding::Gzip, &whole[..cut], 100), None, "{cut}");
    }
    for at in [0, 1, 2, 3, whole.len() - 8, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 0x81;
        assert_eq!(decoded(&mut decoder, ContentCoding::Gzip, &changed, 100), None, "{at}");
    }
    let followed = [&whole[..], b"x"].concat();
    assert_eq!(decoded(&mut decoder, ContentCoding::Gzip, &followed, 100), None);
    assert_eq!(decoded(&mut decoder, ContentCoding::Gzip, b"{\"plain\":1}", 100), None);
    assert!(decoded(&mut decoder, ContentCoding::Gzip, &whole, 100).is_some());
}

#[test]
fn who_wants_no_more_gets_no_more() {
    let bomb = gzip(GzBuilder::new(), &vec![0; 50 << 20]);
    let mut decoder = Decoder::new();
    let mut taken = 0;
    decoder.begin(ContentCoding::Gzip);
    let goes_on = decoder.feed(&bomb, &mut |bytes| {
        taken += bytes.len();
        taken <= 100_000
    });
    assert_eq!(goes_on, Ok(false));
    assert!((100_000..=100_000 + CHUNK_BYTES).contains(&taken));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6),
        is_gzip in any::<bool>(),
    ) {
        let mut decoder = Decoder::new();
        let coding = if is_gzip { ContentCoding::Gzip } else { ContentCoding::Deflate };
        let body = pieces.concat();
        let head = [0x1f, 0x8b, 8, body.first().copied().unwrap_or(0) & 0x1f];
        decoder.begin(coding);
        if is_gzip {
            prop_assert_eq!(decoder.feed(&head, &mut |_| true), Ok(true));
        }
        let _ = pieces.iter().try_for_each(|piece| decoder.feed(piece, &mut |_| true).map(|_| ()));
    }
}
