//! `RLE_DICTIONARY` of a column that is a few long runs of equal whole numbers: some bytes a run.

/// The dictionary: each number once, eight bytes little-endian.
pub(super) fn dictionary(runs: &[(u64, usize)]) -> Vec<u8> {
    runs.iter().flat_map(|(number, _)| number.to_le_bytes()).collect()
}

/// The indices: bit width, then runs (twice the length as LEB128, the index in whole bytes).
pub(super) fn indices(runs: &[(u64, usize)]) -> Vec<u8> {
    let bits = (u64::BITS - (runs.len().saturating_sub(1) as u64).leading_zeros()).max(1);
    let mut out = vec![bits as u8];
    for (index, (_, length)) in runs.iter().enumerate() {
        let mut head = (*length as u64) << 1;
        while head >= 0x80 {
            out.push(head as u8 | 0x80);
            head >>= 7;
        }
        out.push(head as u8);
        out.extend_from_slice(&index.to_le_bytes()[..bits.div_ceil(8) as usize]);
    }
    out
}

/// The runs of a dictionary and a page of indices; `None` when the page is not of runs alone, or damaged.
pub(super) fn decode(dictionary: &[u8], page: &[u8], values: usize) -> Option<Vec<(u64, usize)>> {
    let (bits, mut rest) = page.split_first()?;
    let width = usize::from(*bits).div_ceil(8);
    let mut out: Vec<(u64, usize)> = Vec::new();
    let mut seen = 0_usize;
    while seen < values {
        let mut head = 0_u64;
        for shift in (0..).step_by(7) {
            let (byte, after) = rest.split_first()?;
            rest = after;
            head |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                break;
            }
        }
        if head & 1 == 1 {
            return None;
        }
        let (index, after) = rest.split_at_checked(width)?;
        rest = after;
        let index = index.iter().rev().fold(0_usize, |sum, byte| sum.wrapping_shl(8) | usize::from(*byte));
        let at = index.checked_mul(8)?;
        let number = u64::from_le_bytes(*dictionary.get(at..)?.first_chunk()?);
        let length = usize::try_from(head >> 1).ok()?.min(values - seen);
        seen += length;
        match out.last_mut() {
            Some((same, more)) if *same == number => *more += length,
            _ => out.push((number, length)),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_come_back() {
        for count in [1, 2, 3, 255, 256, 257, 70_000] {
            let runs: Vec<(u64, usize)> = (0..count).map(|i| (i * 3, i as usize % 300 + 1)).collect();
            let values = runs.iter().map(|r| r.1).sum();
            let back = decode(&dictionary(&runs), &indices(&runs), values);
            assert_eq!(back.as_ref(), Some(&runs), "{count}");
        }
    }

    #[test]
    fn damage_is_no_runs() {
        let runs = [(5, 300), (6, 2)];
        let page = indices(&runs);
        for cut in 0..page.len() {
            assert_eq!(decode(&dictionary(&runs), &page[..cut], 302), None);
        }
        assert_eq!(decode(&dictionary(&runs[..1]), &page, 302), None);
        assert_eq!(decode(&dictionary(&runs), &[1, 3, 0xff], 8), None);
    }
}
