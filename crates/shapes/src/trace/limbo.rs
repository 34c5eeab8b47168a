//! LIMBO's arrival rates: `mid-interval time,rate`, as its "Simple Arrival Rate File" exporters write them and its
//! HTTP load generator reads them. The first column is the middle of an interval, all intervals are equally long.

use std::io::BufRead;

use super::canonical::{Rows, fields};
use super::lines::Lines;
use super::{Options, Reading, TraceError};

/// Reads LIMBO's form.
///
/// # Errors
/// What is wrong with the input, and in which line.
pub fn read(input: impl BufRead, options: &Options) -> Result<Reading, TraceError> {
    let mut lines = Lines::new(input);
    let mut rows = Rows::new(options);
    let mut first: Option<(f64, f64)> = None;
    let mut last_s = 0.0;
    let mut width_s = 0.0;
    let mut index = 0.0;
    while let Some((line, text)) = lines.next()? {
        let Some((middle_s, rate)) = fields(line, text, first.is_none())? else { continue };
        let Some(rate) = rate else {
            return Err(TraceError::line(line, "the rate is missing"));
        };
        match first {
            None => first = Some((middle_s, rate)),
            Some((first_s, first_rate)) => {
                if width_s == 0.0 {
                    width_s = middle_s - first_s;
                    rows.add(line, first_s, first_rate)?;
                } else if ((middle_s - last_s) / width_s - 1.0).abs() > 1e-3 {
                    let problem = format!(
                        "the time {middle_s} is {} s after the one before it; intervals of {width_s} s must \
                         follow each other without a gap",
                        middle_s - last_s
                    );
                    return Err(TraceError::line(line, problem));
                }
                index += 1.0;
                // Counted, not added up: decimal fractions would drift.
                if rows.add(line, first_s + index * width_s, rate)? {
                    return rows.finish();
                }
            }
        }
        last_s = middle_s;
    }
    if let (Some((middle_s, rate)), 0.0) = (first, index) {
        // A single interval begins at 0, so that its middle is half its width.
        if middle_s <= 0.0 {
            return Err(TraceError::NoWidth);
        }
        rows.add(1, 0.0, rate)?;
        rows.end(1, 2.0 * middle_s)?;
    }
    rows.finish()
}
