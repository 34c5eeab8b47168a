//! The content of a frame.

use crate::series::{Identity, Sample};

use super::Entry;

const SERIES: u64 = 0;
const TIME: u64 = 1;
const SAMPLE: u64 = 2;

/// A frame being filled.
#[derive(Debug, Default)]
pub(super) struct Payload {
    bytes: Vec<u8>,
    t_bits: Option<u64>,
    /// Number of the series after the last sample's.
    next: i64,
}

impl Payload {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        (self.t_bits, self.next) = (None, 0);
    }

    pub(super) fn series(&mut self, number: u32, json: &str) {
        self.number(SERIES);
        self.number(number.into());
        self.number(json.len() as u64);
        self.bytes.extend_from_slice(json.as_bytes());
    }

    pub(super) fn sample(&mut self, number: u32, t_unix_s: f64, value: f64) {
        if self.t_bits != Some(t_unix_s.to_bits()) {
            self.t_bits = Some(t_unix_s.to_bits());
            self.number(TIME);
            self.bytes.extend_from_slice(&t_unix_s.to_le_bytes());
        }
        let step = i64::from(number) - self.next;
        self.next = i64::from(number) + 1;
        self.number(SAMPLE + ((step << 1) ^ (step >> 63)) as u64);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}

/// Reads a frame. `Err` says what is wrong with it.
pub(super) fn read(bytes: &[u8], each: &mut impl FnMut(Entry)) -> Result<(), String> {
    let mut rest = bytes;
    let mut t_unix_s = None;
    let mut next = 0_i64;
    let short = || "a frame ends early".to_owned();
    while !rest.is_empty() {
        match leb128(&mut rest).ok_or_else(short)? {
            SERIES => {
                let number = leb128(&mut rest).and_then(|n| u32::try_from(n).ok()).ok_or_else(short)?;
                let length = leb128(&mut rest).and_then(|n| usize::try_from(n).ok()).ok_or_else(short)?;
                let (json, after) = rest.split_at_checked(length).ok_or_else(short)?;
                rest = after;
                let identity: Identity = serde_json::from_slice(json).map_err(|e| e.to_string())?;
                each(Entry::Series(number, identity));
            }
            TIME => t_unix_s = Some(float(&mut rest).ok_or_else(short)?),
            tag => {
                let code = tag - SAMPLE;
                let step = (code >> 1) as i64 ^ -((code & 1) as i64);
                let number = next.checked_add(step).and_then(|n| u32::try_from(n).ok());
                let number = number.ok_or("a sample of a series that cannot be")?;
                next = i64::from(number) + 1;
                let value = float(&mut rest).ok_or_else(short)?;
                let t_unix_s = t_unix_s.ok_or("a sample without a time")?;
                each(Entry::Sample(number, Sample { t_unix_s, value }));
            }
        }
    }
    Ok(())
}

fn leb128(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

fn float(rest: &mut &[u8]) -> Option<f64> {
    let (bytes, after) = rest.split_first_chunk::<8>()?;
    *rest = after;
    Some(f64::from_le_bytes(*bytes))
}
