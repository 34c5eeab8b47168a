//! The access logs of the 1998 World Cup's web site, in their binary form.
//!
//! M. Arlitt and T. Jin, "1998 World Cup Web Site Access Logs", Internet Traffic Archive: records of 20 bytes in
//! network order: time (seconds since 1970, GMT), client, object, size (32 bits each), method, status, type, server
//! (8 bits each).

use std::io::{BufRead, ErrorKind};

use super::counter::Counter;
use super::{Options, Reading, TraceError};

/// Bytes of one record.
pub const RECORD_BYTES: usize = 20;

/// Methods by their number in the records.
pub const METHODS: [&str; 9] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "OPTIONS", "CONNECT", "OTHER"];

/// Reads a log of fixed-length binary records.
///
/// # Errors
/// An input that fails or ends within a record, or too many bins.
pub fn read(mut input: impl BufRead, options: &Options) -> Result<Reading, TraceError> {
    let mut counter = Counter::new(options.bin_s, &options.select);
    let (mut records, mut selected) = (0, 0);
    let mut record = [0; RECORD_BYTES];
    while fill(&mut input, &mut record, records)? {
        records += 1;
        let [t0, t1, t2, t3, .., method, _status, _type, server] = record;
        let unix_s = i64::from(u32::from_be_bytes([t0, t1, t2, t3]));
        counter.begin(unix_s);
        let name = METHODS.get(usize::from(method)).copied().unwrap_or("OTHER");
        let wanted = options.select.method.as_ref().is_none_or(|wanted| name.eq_ignore_ascii_case(wanted))
            && options.select.server.is_none_or(|wanted| wanted == server);
        if wanted && counter.count(unix_s)? {
            selected += 1;
        }
    }
    Ok(Reading { series: counter.finish(), records, selected, bad_lines: 0 })
}

/// Reads one record; false at the end of the input.
fn fill(input: &mut impl BufRead, record: &mut [u8], records: u64) -> Result<bool, TraceError> {
    let mut bytes = 0;
    while bytes < record.len() {
        match input.read(&mut record[bytes..]) {
            Ok(0) if bytes == 0 => return Ok(false),
            Ok(0) => return Err(TraceError::CutOff { record: records + 1, bytes, expected: RECORD_BYTES }),
            Ok(read) => bytes += read,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(source) => return Err(TraceError::Io { place: format!("record {records}"), source }),
        }
    }
    Ok(true)
}
