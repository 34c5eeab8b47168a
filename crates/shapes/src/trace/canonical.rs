//! The canonical form: `t,rate`, one row a bin.
//!
//! `t` is the start of the bin in seconds, `rate` requests per second. Time counts from the first row, so that
//! Unix times will do. A heading, blank lines and comments (`#`) may be there. The last bin is as wide as the one
//! before it, unless a last row gives the end with no rate (`600,`).

use std::io::BufRead;

use super::lines::{Lines, number, shown};
use super::{MAX_POINTS, Options, Reading, Series, TraceError};

/// Reads the canonical form.
///
/// # Errors
/// What is wrong with the input, and in which line.
pub fn read(input: impl BufRead, options: &Options) -> Result<Reading, TraceError> {
    let mut lines = Lines::new(input);
    let mut rows = Rows::new(options);
    let mut ended = false;
    while let Some((line, text)) = lines.next()? {
        if ended {
            return Err(TraceError::line(line, "there is a row after the one that gives the end"));
        }
        let Some((t_s, rate)) = fields(line, text, rows.records == 0)? else { continue };
        match rate {
            Some(rate) => {
                if rows.add(line, t_s, rate)? {
                    break;
                }
            }
            None => {
                rows.end(line, t_s)?;
                ended = true;
            }
        }
    }
    rows.finish()
}

/// The two numbers of a row, the second of which may be missing; `None` for a heading.
pub(super) fn fields(
    line: u64,
    text: &[u8],
    heading_allowed: bool,
) -> Result<Option<(f64, Option<f64>)>, TraceError> {
    let mut fields = text.split(|b| matches!(b, b',' | b';'));
    let (first, second) = (fields.next().unwrap_or_default(), fields.next());
    let (Some(second), None) = (second, fields.next()) else {
        return Err(TraceError::line(
            line,
            format!("expected two fields, a time and a rate, found `{}`", shown(text)),
        ));
    };
    match (number(first), number(second)) {
        (Some(t_s), Some(rate)) if rate >= 0.0 => Ok(Some((t_s, Some(rate)))),
        (Some(_), Some(rate)) => Err(TraceError::line(line, format!("the rate {rate} is below 0"))),
        (Some(t_s), None) if second.trim_ascii().is_empty() => Ok(Some((t_s, None))),
        (None, None) if heading_allowed => Ok(None),
        (None, _) => Err(TraceError::line(line, format!("`{}` is no time in seconds", shown(first)))),
        (_, None) => Err(TraceError::line(line, format!("`{}` is no rate", shown(second)))),
    }
}

/// Rows in order of time, cut to the window as they come.
#[derive(Debug)]
pub(super) struct Rows {
    from_s: f64,
    to_s: f64,
    points: Vec<(f64, f64)>,
    /// The first row's time, and the last one's, seconds.
    span: Option<(f64, f64)>,
    /// Distance of the last two rows, seconds.
    width_s: Option<f64>,
    end_s: Option<f64>,
    pub records: u64,
}

impl Rows {
    pub fn new(options: &Options) -> Self {
        Self {
            from_s: options.select.begin_s(),
            to_s: options.select.end_s(),
            points: Vec::new(),
            span: None,
            width_s: None,
            end_s: None,
            records: 0,
        }
    }

    /// Takes a row; true if the window ends here.
    pub fn add(&mut self, line: u64, t_s: f64, rate: f64) -> Result<bool, TraceError> {
        let since_s = self.advance(line, t_s)?;
        self.records += 1;
        if since_s >= self.to_s {
            self.end_s = Some(since_s);
            return Ok(true);
        }
        if since_s <= self.from_s {
            self.points.clear();
        }
        if self.points.len() >= MAX_POINTS {
            return Err(TraceError::TooManyPoints);
        }
        self.points.push(((since_s - self.from_s).max(0.0), rate));
        Ok(false)
    }

    /// Takes the row that gives the end.
    pub fn end(&mut self, line: u64, t_s: f64) -> Result<(), TraceError> {
        if self.span.is_none() {
            return Err(TraceError::line(line, "the first row has no rate"));
        }
        self.end_s = Some(self.advance(line, t_s)?);
        Ok(())
    }

    /// Seconds since the first row.
    fn advance(&mut self, line: u64, t_s: f64) -> Result<f64, TraceError> {
        let (first_s, last_s) = self.span.unwrap_or((t_s, f64::NEG_INFINITY));
        if t_s <= last_s {
            let problem = format!("the time {t_s} does not come after the one before it, {last_s}");
            return Err(TraceError::line(line, problem));
        }
        self.width_s = self.span.map(|_| t_s - last_s);
        self.span = Some((first_s, t_s));
        Ok(t_s - first_s)
    }

    pub fn finish(self) -> Result<Reading, TraceError> {
        let selected = self.points.len() as u64;
        let mut series = Series { points: self.points, end_s: 0.0 };
        if let Some((first_s, last_s)) = self.span {
            let end_s = match (self.end_s, self.width_s) {
                (Some(end_s), _) => end_s,
                (None, Some(width_s)) => last_s - first_s + width_s,
                (None, None) => return Err(TraceError::NoWidth),
            };
            series.end_s = end_s.min(self.to_s) - self.from_s;
            if series.end_s <= series.points.last().map_or(0.0, |(t_s, _)| *t_s) {
                // The window begins where the trace has ended.
                series = Series::default();
            }
        }
        Ok(Reading { series, records: self.records, selected, bad_lines: 0 })
    }
}
