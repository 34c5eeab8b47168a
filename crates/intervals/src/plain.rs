//! A line of an interval log as any tool writes it: tags are its own, and nothing says the unit of the values.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};

use crate::Histogram;

/// One histogram of a log.
#[derive(Debug, Clone)]
pub struct Plain {
    /// Its tag.
    pub tag: Option<String>,
    /// Start, seconds since what the log's header says.
    pub start_s: f64,
    /// Length, seconds.
    pub length_s: f64,
    /// The histogram, in the tool's unit.
    pub histogram: Histogram,
}

/// Reads a line that is no comment, without its end.
///
/// # Errors
/// What is wrong with it, in words.
pub fn plain(line: &str) -> Result<Plain, String> {
    let text = format!("{line}\n");
    let found = match IntervalLogIterator::new(text.as_bytes()).next() {
        Some(Ok(LogEntry::Interval(found))) => found,
        _ => return Err("no line of an interval log".to_owned()),
    };
    let bytes = STANDARD.decode(found.encoded_histogram()).map_err(|e| e.to_string())?;
    let histogram = Deserializer::new().deserialize(&mut bytes.as_slice()).map_err(|e| e.to_string())?;
    Ok(Plain {
        tag: found.tag().map(|tag| tag.as_str().to_owned()),
        start_s: found.start_timestamp().as_secs_f64(),
        length_s: found.duration().as_secs_f64(),
        histogram,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::log::{LogWriter, Quantity};
    use crate::new_histogram;

    #[test]
    fn tags_of_others_are_taken_as_they_are_and_damage_is_told() {
        let (mut out, mut histogram) = (Vec::new(), new_histogram());
        histogram.record_n(1000, 3).unwrap();
        let mut writer = LogWriter::new(&mut out, 1_700_000_000.0).unwrap();
        writer.write_histograms(1_700_000_002.0, 1.0, [(Quantity::Response, "a", &histogram)]).unwrap();
        let text = String::from_utf8(out).unwrap();
        let line = text.lines().last().unwrap();
        let read = plain(&line.replace("response|a", "reads")).unwrap();
        assert_eq!((read.tag.as_deref(), read.start_s, read.length_s), (Some("reads"), 2.0, 1.0));
        assert_eq!((read.histogram.len(), read.histogram.max()), (3, 1000));
        assert_eq!(plain(line.split_once(',').unwrap().1).unwrap().tag, None);
        assert!(plain("what is this").is_err() && plain("0.0,1.0,2.0,HISTFAAA").is_err());
    }
}
