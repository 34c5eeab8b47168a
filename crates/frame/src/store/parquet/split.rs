//! `BYTE_STREAM_SPLIT`: the first bytes of all numbers, then the second bytes, and so on. Neighbouring measurements share
//! their high bytes, which zstd then sees as runs.

const WIDTH: usize = 8;

/// Appends the streams of some numbers.
pub(super) fn encode(numbers: &[f64], out: &mut Vec<u8>) {
    let begin = out.len();
    out.resize(begin + numbers.len() * WIDTH, 0);
    if numbers.is_empty() {
        return;
    }
    for (byte, stream) in out[begin..].chunks_exact_mut(numbers.len()).enumerate() {
        for (to, number) in stream.iter_mut().zip(numbers) {
            *to = (number.to_bits() >> (8 * byte)) as u8;
        }
    }
}

/// Appends the numbers of some streams; `false` when they are of unequal length.
pub(super) fn decode(streams: &[u8], out: &mut Vec<f64>) -> bool {
    let count = streams.len() / WIDTH;
    if count * WIDTH != streams.len() {
        return false;
    }
    let [a, b, c, d, e, f, g, h]: [&[u8]; WIDTH] =
        std::array::from_fn(|i| &streams[i * count..(i + 1) * count]);
    out.extend((0..count).map(|i| f64::from_le_bytes([a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]])));
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn streams_by_hand() {
        let mut out = vec![7];
        encode(&[f64::from_bits(0x0807_0605_0403_0201), f64::from_bits(0x1817_1615_1413_1211)], &mut out);
        assert_eq!(out, [7, 1, 0x11, 2, 0x12, 3, 0x13, 4, 0x14, 5, 0x15, 6, 0x16, 7, 0x17, 8, 0x18]);
        assert!(!decode(&[0; 9], &mut Vec::new()));
    }

    proptest! {
        #[test]
        fn what_is_split_comes_back(bits in prop::collection::vec(any::<u64>(), 0..50)) {
            let numbers: Vec<f64> = bits.iter().map(|b| f64::from_bits(*b)).collect();
            let (mut streams, mut back) = (Vec::new(), Vec::new());
            encode(&numbers, &mut streams);
            prop_assert!(decode(&streams, &mut back));
            prop_assert_eq!(back.into_iter().map(f64::to_bits).collect::<Vec<_>>(), bits);
        }
    }
}
