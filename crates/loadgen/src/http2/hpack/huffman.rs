//! The Huffman code of HPACK (RFC 7541, section 5.2 and Appendix B).
//!
//! The code is canonical: codes of one length are consecutive, in the order of their symbols, and longer codes
//! follow shorter ones. So the lengths of Appendix B are all there is to know; the tables are computed from
//! them by the compiler.

use super::HpackError;

/// Length of the code of each octet, and of the end-of-string symbol, bits (Appendix B).
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6,
    6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7,
    8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7,
    15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24,
    23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23,
    23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26,
    26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20,
    21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27,
    27, 27, 26, 30,
];

/// The end-of-string symbol.
const EOS: u16 = 256;
/// Longest code, bits.
const LONGEST: usize = 30;

/// The canonical code, by length.
struct Code {
    /// First code of each length.
    first: [u32; LONGEST + 1],
    /// Number of codes of each length.
    count: [u32; LONGEST + 1],
    /// Where the symbols of each length begin in `symbols`.
    offset: [u32; LONGEST + 1],
    /// Symbols in the order of their codes.
    symbols: [u16; 257],
    /// What the next 8 bits begin with: a symbol in the upper bits, its length in the lower four; 0: a longer
    /// code.
    short: [u16; 256],
}

static CODE: Code = code();

const fn code() -> Code {
    let mut code = Code {
        first: [0; LONGEST + 1],
        count: [0; LONGEST + 1],
        offset: [0; LONGEST + 1],
        symbols: [0; 257],
        short: [0; 256],
    };
    let (mut next, mut at, mut length) = (0_u32, 0_usize, 1_usize);
    while length <= LONGEST {
        next <<= 1;
        code.first[length] = next;
        code.offset[length] = at as u32;
        let mut symbol = 0;
        while symbol < LENGTHS.len() {
            if LENGTHS[symbol] as usize == length {
                code.symbols[at] = symbol as u16;
                if length <= 8 {
                    // All continuations of the code.
                    let mut fill = 0;
                    while fill < 1 << (8 - length) {
                        code.short[((next << (8 - length)) + fill) as usize] =
                            (symbol as u16) << 4 | length as u16;
                        fill += 1;
                    }
                }
                next += 1;
                at += 1;
                code.count[length] += 1;
            }
            symbol += 1;
        }
        length += 1;
    }
    code
}

/// Appends the decoded text to `out`, which grows by at most `limit` octets.
///
/// # Errors
/// A code that is none, the end-of-string symbol, padding that is not its beginning, or too long a text.
pub(crate) fn decode(bytes: &[u8], out: &mut Vec<u8>, limit: usize) -> Result<(), HpackError> {
    // Bits not yet decoded, at the upper end.
    let (mut window, mut bits) = (0_u64, 0_usize);
    let mut rest = bytes.iter();
    let mut left = limit;
    loop {
        while bits <= 56 {
            let Some(&byte) = rest.next() else { break };
            window |= u64::from(byte) << (56 - bits);
            bits += 8;
        }
        if bits < 8 && window == padding(bits) {
            return Ok(());
        }
        let (symbol, length) = next(window).ok_or(HpackError::Huffman)?;
        if length > bits || symbol == EOS {
            return Err(HpackError::Huffman);
        }
        if left == 0 {
            return Err(HpackError::TooLarge);
        }
        left -= 1;
        out.push(symbol as u8);
        window <<= length;
        bits -= length;
    }
}

/// So many ones at the upper end.
fn padding(bits: usize) -> u64 {
    !(u64::MAX >> bits)
}

fn next(window: u64) -> Option<(u16, usize)> {
    let short = CODE.short[(window >> 56) as usize];
    if short != 0 {
        return Some((short >> 4, usize::from(short & 15)));
    }
    (9..=LONGEST).find_map(|length| {
        let code = (window >> (64 - length)) as u32;
        let nth = code.checked_sub(CODE.first[length]).filter(|nth| *nth < CODE.count[length])?;
        Some((CODE.symbols[(CODE.offset[length] + nth) as usize], length))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn code_of(symbol: usize) -> (u32, usize) {
        let length = usize::from(LENGTHS[symbol]);
        let from = CODE.offset[length] as usize;
        let nth = CODE.symbols[from..].iter().position(|s| usize::from(*s) == symbol).unwrap();
        (CODE.first[length] + nth as u32, length)
    }

    fn encode(text: &[u8]) -> Vec<u8> {
        let mut bits: Vec<bool> = Vec::new();
        for &byte in text {
            let (code, length) = code_of(usize::from(byte));
            bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
        }
        bits.resize(bits.len().div_ceil(8) * 8, true);
        bits.chunks(8).map(|chunk| chunk.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
    }

    fn decoded(bytes: &[u8]) -> Result<Vec<u8>, HpackError> {
        let mut out = Vec::new();
        decode(bytes, &mut out, 4096)?;
        Ok(out)
    }

    #[test]
    fn codes_are_those_of_appendix_b() {
        // (symbol, code, length): the beginning, the end and some of each part of the table.
        let known = [
            (0, 0x1ff8, 13),
            (1, 0x007f_ffd8, 23),
            (10, 0x3fff_fffc, 30),
            (32, 0x14, 6),
            (48, 0x0, 5),
            (97, 0x3, 5),
            (90, 0xfd, 8),
            (92, 0x7fff0, 19),
            (127, 0x0fff_fffc, 28),
            (128, 0xfffe6, 20),
            (195, 0x7fff1, 19),
            (249, 0x0fff_fffe, 28),
            (255, 0x03ff_ffee, 26),
            (256, 0x3fff_ffff, 30),
        ];
        for (symbol, code, length) in known {
            assert_eq!(code_of(symbol), (code, length), "{symbol}");
        }
        // A complete prefix code: the lengths fill the space of codes (Kraft's sum is 1).
        assert_eq!(
            LENGTHS.iter().map(|length| 1_u64 << (LONGEST - usize::from(*length))).sum::<u64>(),
            1 << 30
        );
    }

    #[test]
    fn the_examples_of_appendix_c() {
        let text = |bytes: &[u8]| String::from_utf8(decoded(bytes).unwrap()).unwrap();
        assert_eq!(text(b"\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff"), "www.example.com");
        assert_eq!(text(b"\xa8\xeb\x10\x64\x9c\xbf"), "no-cache");
        assert_eq!(text(b"\x25\xa8\x49\xe9\x5b\xb8\xe8\xb4\xbf"), "custom-value");
        assert_eq!(
            text(b"\xd0\x7a\xbe\x94\x10\x54\xd4\x44\xa8\x20\x05\x95\x04\x0b\x81\x66\xe0\x82\xa6\x2d\x1b\xff"),
            "Mon, 21 Oct 2013 20:13:21 GMT"
        );
    }

    #[test]
    fn wrong_padding_the_end_symbol_and_long_texts_are_refused() {
        assert_eq!(decoded(b"\x07").unwrap(), b"0");
        assert_eq!(decoded(b"\x00").unwrap_err(), HpackError::Huffman);
        assert_eq!(decoded(b"\x07\xff").unwrap_err(), HpackError::Huffman);
        assert_eq!(decoded(b"\xff\xff\xff\xff").unwrap_err(), HpackError::Huffman);
        assert_eq!(decode(&encode(b"12345"), &mut Vec::new(), 4).unwrap_err(), HpackError::TooLarge);
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(text in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(decoded(&encode(&text)).unwrap(), text);
        }

        #[test]
        fn junk_is_bounded(junk in prop::collection::vec(any::<u8>(), 0..200)) {
            // The shortest code has 5 bits.
            if let Ok(text) = decoded(&junk) {
                prop_assert!(text.len() <= junk.len() * 8 / 5);
            }
        }
    }
}
