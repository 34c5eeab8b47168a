//! Recorded load: parsers of trace formats, and the shape that a trace becomes.
//!
//! Parsers read from any [`BufRead`] line by line or record by record and keep at most [`MAX_POINTS`] points, so
//! that a file of any size costs bounded memory. Every error names its line or record. A [`Reading`] is turned into
//! a [`Series`], which can be cut, scaled, compressed and resampled, and that into a [`Trace`]. How requests spread
//! inside a bin is the arrival law's business: uniform or Poisson, see [`Arrivals`](crate::Arrivals).

pub mod access_log;
pub mod azure;
pub mod canonical;
mod counter;
mod error;
pub mod limbo;
mod lines;
mod options;
mod series;
mod shape;
pub mod worldcup;

pub use error::TraceError;
pub use lines::MAX_LINE_BYTES;
pub use options::{Format, Options, Select};
pub use series::{Reading, Series};
pub use shape::{Between, Trace};

use std::io::BufRead;

/// Most points of a trace.
pub const MAX_POINTS: usize = 1 << 18;

/// Reads a trace.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn read(format: Format, input: impl BufRead, options: &Options) -> Result<Reading, TraceError> {
    options.check()?;
    let reading = match format {
        Format::Csv => canonical::read(input, options),
        Format::Limbo => limbo::read(input, options),
        Format::Azure2019 => azure::read(input, options),
        Format::Worldcup98 => worldcup::read(input, options),
        Format::AccessLog => access_log::read(input, options),
    }?;
    if reading.series.points.is_empty() {
        return Err(if reading.records == 0 { TraceError::Empty } else { TraceError::NothingSelected });
    }
    Ok(reading)
}

/// Reads a trace from memory with the default options, all the way to its shape: the entry point for fuzzing.
///
/// # Errors
/// What is wrong with the input, and where.
pub fn parse_bytes(format: Format, bytes: &[u8]) -> Result<Trace, TraceError> {
    let reading = read(format, bytes, &Options::default())?;
    Ok(Trace::new(reading.series, Between::Hold, format.word()))
}

#[cfg(test)]
mod tests;
