//! Interval logs: the histograms of each interval as text, one line a histogram, in the format of
//! HdrHistogram's log tools (version 1.2 of the log, V2 compressed histograms).
//!
//! The tag of a line is `response|endpoint`, `service|endpoint` or `lateness|endpoint`, or `connect|` or `tls|`
//! for connections, which belong to no endpoint; characters that a tag cannot hold are percent-encoded. Values are microseconds. Each interval is written and flushed as a whole,
//! so a crash loses at most the interval under way, and what is read back merges exactly: also over the logs
//! of several generators.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::interval_log::{
    IntervalLogIterator, IntervalLogWriterBuilder, IntervalLogWriterError, LogEntry, Tag,
};
use hdrhistogram::serialization::{DeserializeError, Deserializer, Serializer, V2DeflateSerializer};
use thiserror::Error;

use crate::{Histogram, Interval, add_histogram, new_histogram};

/// Which of the times a histogram holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantity {
    /// Done − intended.
    Response,
    /// Done − sent.
    Service,
    /// Sent − intended.
    Lateness,
    /// From the attempt to the connected socket; under the empty endpoint.
    Connect,
    /// From the connected socket to the end of the TLS handshake; under the empty endpoint.
    Tls,
}

impl Quantity {
    const ALL: [Quantity; 5] =
        [Quantity::Response, Quantity::Service, Quantity::Lateness, Quantity::Connect, Quantity::Tls];

    /// The name that begins a tag.
    pub fn name(self) -> &'static str {
        match self {
            Quantity::Response => "response",
            Quantity::Service => "service",
            Quantity::Lateness => "lateness",
            Quantity::Connect => "connect",
            Quantity::Tls => "tls",
        }
    }
}

/// Writes an interval log as the intervals come.
#[derive(Debug)]
pub struct LogWriter<W: Write> {
    out: W,
    start_unix_s: f64,
}

impl<W: Write> LogWriter<W> {
    /// Begins a log with its header. `start_unix_s` is the start of the first interval.
    ///
    /// # Errors
    /// What the writer refuses.
    pub fn new(mut out: W, start_unix_s: f64) -> io::Result<Self> {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs_f64(start_unix_s.max(0.0));
        let mut text = Vec::new();
        let mut serializer = V2DeflateSerializer::new();
        IntervalLogWriterBuilder::new()
            .add_comment("[Histogram log format version 1.2]")
            .add_comment("[Values: microseconds. Tags: response, service or lateness, then the endpoint; connect, tls]")
            .with_start_time(start)
            .with_base_time(start)
            .begin_log_with(&mut text, &mut serializer)?;
        text.extend_from_slice(
            b"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
        );
        out.write_all(&text)?;
        out.flush()?;
        Ok(Self { out, start_unix_s })
    }

    /// Writes one interval and flushes. Empty histograms are left out.
    ///
    /// # Errors
    /// What the writer refuses.
    pub fn write(&mut self, interval: &Interval) -> io::Result<()> {
        let of_endpoints = interval.endpoints.iter().flat_map(|e| {
            [
                (Quantity::Response, e.endpoint.as_str(), &e.response),
                (Quantity::Service, e.endpoint.as_str(), &e.service),
                (Quantity::Lateness, e.endpoint.as_str(), &e.lateness),
            ]
        });
        let of_connections = [(Quantity::Connect, "", &interval.connect), (Quantity::Tls, "", &interval.tls)];
        self.write_histograms(interval.start_unix_s, interval.length_s(), of_endpoints.chain(of_connections))
    }

    /// Writes the histograms of one stretch of time and flushes. Empty ones are left out.
    ///
    /// # Errors
    /// What the writer refuses.
    pub fn write_histograms<'a>(
        &mut self,
        start_unix_s: f64,
        length_s: f64,
        histograms: impl IntoIterator<Item = (Quantity, &'a str, &'a Histogram)>,
    ) -> io::Result<()> {
        let start = Duration::from_secs_f64((start_unix_s - self.start_unix_s).max(0.0));
        let length = Duration::from_secs_f64(length_s.max(0.0));
        let mut text = Vec::new();
        let mut serializer = V2DeflateSerializer::new();
        let mut log = IntervalLogWriterBuilder::new().begin_log_with(&mut text, &mut serializer)?;
        for (quantity, endpoint, histogram) in histograms {
            if histogram.is_empty() {
                continue;
            }
            let tag = format!("{}|{}", quantity.name(), encode(endpoint));
            log.write_histogram(histogram, start, length, Tag::new(&tag)).map_err(|error| match error {
                IntervalLogWriterError::IoError(error) => error,
                IntervalLogWriterError::SerializeError(error) => io::Error::other(error),
            })?;
        }
        self.out.write_all(&text)?;
        self.out.flush()
    }
}

/// A histogram read from a log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Start, seconds since the start of the log's first interval (to the millisecond, as the format has it).
    pub start_s: f64,
    /// Length, seconds.
    pub length_s: f64,
    /// Which time.
    pub quantity: Quantity,
    /// Of which endpoint.
    pub endpoint: String,
    /// The histogram, microseconds.
    pub histogram: Packed,
}

/// A histogram as a log has it, a fiftieth of its size: of an hour of six endpoints there are 20,000 and more.
#[derive(Debug, Clone)]
pub struct Packed {
    bytes: Box<[u8]>,
    values: u64,
}

impl Packed {
    fn new(bytes: Vec<u8>, deserializer: &mut Deserializer) -> Result<Self, DeserializeError> {
        let histogram: Histogram = deserializer.deserialize(&mut bytes.as_slice())?;
        Ok(Self { values: histogram.len(), bytes: bytes.into() })
    }

    /// A histogram, packed as a log would have it.
    pub fn of(histogram: &Histogram) -> Self {
        let mut bytes = Vec::new();
        // Into memory it cannot fail; counts beyond what the format holds are none that a log could hold.
        let packed = V2DeflateSerializer::new().serialize(histogram, &mut bytes);
        let values = packed.map_or(0, |_| histogram.len());
        Self { bytes: bytes.into(), values }
    }

    /// How many values are in it.
    pub fn values(&self) -> u64 {
        self.values
    }

    /// The histogram.
    pub fn unpack(&self) -> Histogram {
        // It was unpacked before, when it was read.
        Deserializer::new().deserialize(&mut &*self.bytes).unwrap_or_else(|_| new_histogram())
    }
}

/// Why a log cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RecordError {
    /// Not the text of an interval log.
    #[error("line {line}: not a line of an interval log")]
    Line {
        /// Number of the line, from 1.
        line: usize,
    },
    /// A tag that this crate does not write.
    #[error(
        "line {line}: the tag {tag:?} is not one of response, service or lateness with an endpoint, connect or tls"
    )]
    Tag {
        /// Number of the line, from 1.
        line: usize,
        /// The tag as it stands in the log.
        tag: String,
    },
    /// The histogram is damaged.
    #[error("line {line}: the histogram is damaged: {problem}")]
    Histogram {
        /// Number of the line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

/// Reads a log. A last line without its end, as a crash leaves it, is left out.
///
/// # Errors
/// The first line that is wrong.
pub fn read(log: &[u8]) -> Result<Vec<Entry>, RecordError> {
    lines(log).collect()
}

/// Reads what can be read of a log, and says what cannot.
pub fn read_what_can_be(log: &[u8]) -> (Vec<Entry>, Vec<RecordError>) {
    let (mut entries, mut wrong) = (Vec::new(), Vec::new());
    for line in lines(log) {
        match line {
            Ok(entry) => entries.push(entry),
            Err(error) => wrong.push(error),
        }
    }
    (entries, wrong)
}

/// Each whole line that is no comment.
fn lines(log: &[u8]) -> impl Iterator<Item = Result<Entry, RecordError>> {
    let whole = log.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let mut deserializer = Deserializer::new();
    let numbered = log[..whole].split_inclusive(|&byte| byte == b'\n').zip(1..);
    numbered
        // The legend of the columns is in quotes, comments begin with #.
        .filter(|(text, _)| {
            !(text.starts_with(b"\"") || text.starts_with(b"#") || text.trim_ascii().is_empty())
        })
        .map(move |(text, line)| entry(text, line, &mut deserializer))
}

fn entry(text: &[u8], line: usize, deserializer: &mut Deserializer) -> Result<Entry, RecordError> {
    let found = match IntervalLogIterator::new(text).next() {
        Some(Ok(LogEntry::Interval(found))) => found,
        _ => return Err(RecordError::Line { line }),
    };
    let tag = found.tag().map(|tag| tag.as_str().to_owned()).unwrap_or_default();
    let (quantity, endpoint) = split_tag(&tag).ok_or(RecordError::Tag { line, tag: tag.clone() })?;
    let damaged = |problem: String| RecordError::Histogram { line, problem };
    let bytes = STANDARD.decode(found.encoded_histogram()).map_err(|error| damaged(error.to_string()))?;
    let histogram = Packed::new(bytes, deserializer).map_err(|error| damaged(error.to_string()))?;
    Ok(Entry {
        start_s: found.start_timestamp().as_secs_f64(),
        length_s: found.duration().as_secs_f64(),
        quantity,
        endpoint,
        histogram,
    })
}

/// When the log's first interval began, seconds since the Unix epoch (to the millisecond), as its header says.
pub fn start_unix_s(log: &[u8]) -> Option<f64> {
    let header = log.split(|&byte| byte == b'\n').take_while(|line| line.starts_with(b"#"));
    header.filter_map(|line| std::str::from_utf8(line).ok()).find_map(|line| {
        let rest = line.strip_prefix("#[StartTime:")?.trim_start();
        rest.split([' ', ']']).next()?.parse().ok().filter(|s: &f64| s.is_finite())
    })
}

/// Adds up the histograms of each quantity and endpoint.
pub fn merge<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> BTreeMap<(Quantity, String), Histogram> {
    let mut sums = BTreeMap::new();
    for entry in entries {
        let sum = sums.entry((entry.quantity, entry.endpoint.clone())).or_insert_with(new_histogram);
        add_histogram(sum, &entry.histogram.unpack());
    }
    sums
}

fn split_tag(tag: &str) -> Option<(Quantity, String)> {
    let (quantity, endpoint) = tag.split_once('|')?;
    let quantity = Quantity::ALL.into_iter().find(|candidate| candidate.name() == quantity)?;
    Some((quantity, decode(endpoint)?))
}

/// Percent-encodes what a tag cannot hold.
fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for character in name.chars() {
        if character.is_control() || matches!(character, ',' | ' ' | '%') {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}

fn decode(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;
    use crate::EndpointStats;

    fn interval(index: u64, endpoints: Vec<EndpointStats>) -> Interval {
        let start_unix_s = 1_700_000_000.25 + index as f64;
        Interval { endpoints, ..Interval::empty(index, start_unix_s, start_unix_s + 1.0) }
    }

    fn stats(name: &str, values: &[u64]) -> EndpointStats {
        let mut stats = EndpointStats::fixed(name);
        for &value in values {
            stats.response.saturating_record(value);
            stats.service.saturating_record(value / 2);
        }
        stats
    }

    fn log(parts: &[(&str, Vec<u64>)]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut writer = LogWriter::new(&mut out, 1_700_000_000.25).unwrap();
        for (index, (name, values)) in parts.iter().enumerate() {
            writer.write(&interval(index as u64, vec![stats(name, values)])).unwrap();
        }
        out
    }

    #[test]
    fn a_log_says_when_it_began() {
        assert_eq!(start_unix_s(&log(&[("a", vec![1])])), Some(1_700_000_000.25));
        assert_eq!(start_unix_s(b"#[StartTime: x]\n"), None);
        assert_eq!(start_unix_s(b""), None);
    }

    #[test]
    fn times_of_connections_have_tags_of_their_own() {
        let mut out = Vec::new();
        let mut writer = LogWriter::new(&mut out, 1_700_000_000.25).unwrap();
        for value in [70, 90] {
            let mut interval = interval(0, vec![]);
            interval.connect.saturating_record(value);
            interval.tls.saturating_record(10 * value);
            writer.write(&interval).unwrap();
        }
        let merged = merge(&read(&out).unwrap());
        assert_eq!(counts(&merged[&(Quantity::Connect, String::new())]), [(70, 1), (90, 1)]);
        assert_eq!(counts(&merged[&(Quantity::Tls, String::new())]), [(700, 1), (900, 1)]);
        assert_eq!(merged.len(), 2);
    }

    #[test]
    fn a_packed_histogram_is_the_same_when_it_is_unpacked() {
        let mut histogram = new_histogram();
        for value in [1_u64, 50, 2047, 2048, 1_000_000] {
            histogram.saturating_record(value);
        }
        let packed = Packed::of(&histogram);
        assert_eq!(packed.values(), 5);
        assert_eq!(counts(&packed.unpack()), counts(&histogram));
    }

    fn counts(histogram: &Histogram) -> Vec<(u64, u64)> {
        histogram.iter_recorded().map(|v| (v.value_iterated_to(), v.count_at_value())).collect()
    }

    #[test]
    fn a_log_is_text_that_other_tools_know() {
        let text = String::from_utf8(log(&[("GET /a, b", vec![1000, 2000])])).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "#[Histogram log format version 1.2]");
        assert!(lines.iter().any(|line| line.starts_with("#[StartTime: 1700000000.250 ")));
        let line = lines.iter().find(|line| line.starts_with("Tag=response|GET%20/a%2C%20b,")).unwrap();
        let fields: Vec<&str> = line.split(',').collect();
        assert_eq!(fields[1..3], ["0.000", "1.000"]);
        // The compressed V2 cookie, in base64.
        assert!(fields[4].starts_with("HISTFAA"), "{}", fields[4]);
        assert!(!text.contains("lateness|"));
    }

    #[test]
    fn damage_is_told_with_its_line_and_a_torn_end_is_left_out() {
        let whole = log(&[("a", vec![1]), ("a", vec![2])]);
        assert_eq!(read(&whole).unwrap().len(), 4);
        assert_eq!(read(&whole[..whole.len() - 10]).unwrap().len(), 3);
        assert_eq!(read(b"what is this\n").unwrap_err(), RecordError::Line { line: 1 });
        let other = "Tag=x,0.000,1.000,2.000,HISTFAAA\n".as_bytes();
        assert_eq!(read(other).unwrap_err(), RecordError::Tag { line: 1, tag: "x".into() });
        let damaged = "#\nTag=service|x,0.000,1.000,2.000,HISTFAAA\n".as_bytes();
        assert!(matches!(read(damaged).unwrap_err(), RecordError::Histogram { line: 2, .. }));
    }

    proptest! {
        #[test]
        fn what_is_written_merges_exactly(
            first in prop::collection::vec(1_u64..100_000_000, 1..50),
            second in prop::collection::vec(1_u64..100_000_000, 1..50),
        ) {
            let entries = read(&log(&[("a", first.clone()), ("a", second.clone())])).unwrap();
            prop_assert_eq!(entries.iter().map(|e| e.start_s as u64).collect::<Vec<_>>(), [0, 0, 1, 1]);
            let merged = merge(&entries);
            let direct = stats("a", &[first, second].concat());
            prop_assert_eq!(counts(&merged[&(Quantity::Response, "a".into())]), counts(&direct.response));
            prop_assert_eq!(counts(&merged[&(Quantity::Service, "a".into())]), counts(&direct.service));
        }

        #[test]
        fn names_survive(name in "\\PC*|[ ,%\\n|a]*") {
            prop_assert_eq!(decode(&encode(&name)), Some(name));
        }

        #[test]
        fn junk_is_refused_without_panic(junk in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&junk);
        }
    }
}
