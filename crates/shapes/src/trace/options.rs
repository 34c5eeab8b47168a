//! Which format, and which part of a trace.

use super::TraceError;

/// A trace's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `t,rate`: see [`canonical`](super::canonical).
    Csv,
    /// LIMBO's `mid-interval time,rate`: see [`limbo`](super::limbo).
    Limbo,
    /// Azure Functions 2019, invocations per minute: see [`azure`](super::azure).
    Azure2019,
    /// The binary records of the 1998 World Cup: see [`worldcup`](super::worldcup).
    Worldcup98,
    /// Common or combined access log: see [`access_log`](super::access_log).
    AccessLog,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 5] =
        [Format::Csv, Format::Limbo, Format::Azure2019, Format::Worldcup98, Format::AccessLog];

    /// The word for it in shape files.
    pub fn word(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Limbo => "limbo",
            Format::Azure2019 => "azure2019",
            Format::Worldcup98 => "worldcup98",
            Format::AccessLog => "access-log",
        }
    }

    /// Whether it is a list of requests, which are counted in bins, and not a list of rates.
    pub fn is_events(self) -> bool {
        matches!(self, Format::Worldcup98 | Format::AccessLog)
    }
}

/// How a trace is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Which part of it.
    pub select: Select,
    /// Width of the bins that requests are counted in, seconds; formats that hold rates have bins of their own.
    pub bin_s: f64,
    /// Number of lines of an access log that may be unreadable; they are counted and left out.
    pub bad_lines: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { select: Select::default(), bin_s: 1.0, bad_lines: 0 }
    }
}

/// Which part of a trace. What a format does not know is not looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Select {
    /// Start of the window, nanoseconds since the trace's first moment.
    pub from_ns: u64,
    /// End of the window, nanoseconds since the trace's first moment; none: the trace's end.
    pub to_ns: Option<u64>,
    /// Azure: beginning of the owner's hash.
    pub owner: Option<String>,
    /// Azure: beginning of the application's hash.
    pub app: Option<String>,
    /// Azure: beginning of the function's hash.
    pub function: Option<String>,
    /// Azure: trigger, as `http`.
    pub trigger: Option<String>,
    /// Azure: number of the row below the heading, from 1.
    pub row: Option<u64>,
    /// World Cup and access logs: method, as `GET`.
    pub method: Option<String>,
    /// World Cup: number of the server, all 8 bits.
    pub server: Option<u8>,
    /// Access logs: beginning of the path.
    pub path: Option<String>,
    /// Access logs: status, as `200` or `2xx`.
    pub status: Option<String>,
}

impl Select {
    pub(super) fn begin_s(&self) -> f64 {
        self.from_ns as f64 / 1e9
    }

    pub(super) fn end_s(&self) -> f64 {
        self.to_ns.map_or(f64::INFINITY, |to_ns| to_ns as f64 / 1e9)
    }
}

impl Options {
    pub(super) fn check(&self) -> Result<(), TraceError> {
        if !(self.bin_s >= 1e-3 && self.bin_s <= 1e6) {
            let expected = "0.001 to 1000000 seconds";
            return Err(TraceError::Option { option: "bin", value: self.bin_s, expected });
        }
        if self.select.end_s() <= self.select.begin_s() {
            let (value, expected) = (self.select.end_s(), "after `from`");
            return Err(TraceError::Option { option: "to", value, expected });
        }
        Ok(())
    }
}
