//! `shape: trace`: a recorded load, read from a file that is named relative to this one.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use swarmlab_codes as codes;
use swarmlab_shapes::shape::Shape;
use swarmlab_shapes::trace::{Between, Format, Options, Reading, Select, Series, Trace, TraceError, read};
use swarmlab_yaml::{MapReader, Value};

use super::keys::MAX_LEVEL;

/// What is done to the trace after it was read.
struct Changes {
    compress: f64,
    scale: Option<f64>,
    peak: Option<f64>,
    resample_s: Option<f64>,
    between: Between,
}

pub fn trace(map: &MapReader<'_>) -> Option<Shape> {
    let file = map.required("file", Value::name);
    let format = map.or("format", Some(Format::Csv), |v| {
        Some(v.enum_of(&Format::ALL.map(|format| (format.word(), format))))
    });
    let select = map.or("select", Select::default(), |v| select(v, format));
    let bin = map.optional("bin", Value::positive_duration);
    let bad_lines = map.optional("bad_lines", |v| v.int(0..=1_000_000_000));
    let seconds = |key| map.optional(key, Value::positive_duration).map(|d| d.as_secs_f64());
    let changes = Changes {
        compress: map.or("compress", 1.0, |v| v.float(1e-6..=1e9)),
        scale: map.optional("scale", |v| v.float(0.0..=1e9)),
        peak: map.optional("peak", |v| v.float(0.0..=MAX_LEVEL)),
        resample_s: seconds("resample"),
        between: map.or("between", Between::Hold, |v| {
            v.enum_of(&[("hold", Between::Hold), ("linear", Between::Linear)])
        }),
    };
    let (file, format) = (file?, format?);
    only_with(map, "bin", format.is_events(), "worldcup98, access-log");
    only_with(map, "bad_lines", format == Format::AccessLog, "access-log");
    only_with(map, "between", matches!(format, Format::Csv | Format::Limbo), "csv, limbo");
    if let (Some(v), true) = (map.get("peak").filter(|v| !v.is_null()), changes.scale.is_some()) {
        v.fail(codes::CONTRADICTION, "`scale` and `peak` both say how high the trace is", "one of them");
    }
    let plain = Options::default();
    let options = Options {
        select,
        bin_s: bin.map_or(plain.bin_s, |d| d.as_secs_f64()),
        bad_lines: bad_lines.map_or(plain.bad_lines, i64::unsigned_abs),
    };
    if map.value().cx().has_errors() {
        return None;
    }
    let value = map.get("file")?;
    let reading = open(&value, &file, format, &options)?;
    if reading.bad_lines > 0 {
        value.warn(
            codes::BAD_LINES,
            format!("{} lines of {file} are unreadable and left out", reading.bad_lines),
        );
    }
    let origin = format!(
        "{file} ({}): {} of {} rows{}",
        format.word(),
        reading.selected,
        reading.records,
        changes.described()
    );
    match changes.apply(reading) {
        Ok((series, between)) => Some(Shape::Trace(Trace::new(series, between, origin))),
        Err(e) => {
            bad_trace(&map.get("resample").unwrap_or(value), &file, &e);
            None
        }
    }
}

impl Changes {
    fn apply(&self, reading: Reading) -> Result<(Series, Between), TraceError> {
        let mut series = reading.series.compressed(self.compress);
        let mut between = self.between;
        if let Some(bin_s) = self.resample_s {
            series = series.resampled(bin_s, between)?;
            // Means of bins are held, whatever was between the points they are the means of.
            between = Between::Hold;
        }
        if let Some(factor) = self.scale {
            series = series.scaled(factor);
        }
        if let Some(peak) = self.peak {
            series = series.scaled_to_peak(peak);
        }
        Ok((series, between))
    }

    fn described(&self) -> String {
        let mut text = String::new();
        if self.compress != 1.0 {
            text.push_str(&format!(", time {} times as fast", self.compress));
        }
        if let Some(bin_s) = self.resample_s {
            text.push_str(&format!(", means of {bin_s} s"));
        }
        if let Some(factor) = self.scale {
            text.push_str(&format!(", rates times {factor}"));
        }
        if let Some(peak) = self.peak {
            text.push_str(&format!(", scaled to a peak of {peak}"));
        }
        text
    }
}

/// Opens and reads the file; what is wrong with it is a finding at the place that names it.
fn open(value: &Value<'_>, name: &str, format: Format, options: &Options) -> Option<Reading> {
    let path = beside(value, name);
    let file = std::fs::metadata(&path).and_then(|about| {
        // A folder cannot be read, and opening a pipe would wait for its other end.
        if about.is_file() { File::open(&path) } else { Err(std::io::Error::other("not a regular file")) }
    });
    match file {
        Ok(file) => match read(format, BufReader::with_capacity(64 << 10, file), options) {
            Ok(reading) => Some(reading),
            Err(e) => {
                bad_trace(value, name, &e);
                None
            }
        },
        Err(e) => {
            super::super::cannot_read(value, name, &path, &e);
            None
        }
    }
}

fn bad_trace(value: &Value<'_>, name: &str, error: &TraceError) {
    let finding = value.error(codes::BAD_TRACE, format!("{name}: {error}"));
    let help = match error {
        TraceError::Line { .. } => "see `format` and, for access logs, `bad_lines`",
        TraceError::TooManyPoints => "set `select: { from: …, to: … }`, `bin` or a longer `resample`",
        TraceError::NothingSelected => "loosen `select`, or see whether `format` is right",
        _ => "see whether `format` is right",
    };
    value.cx().push(finding.expected("a trace as its format says").help(help));
}

/// The path of a file that the document names.
fn beside(value: &Value<'_>, name: &str) -> PathBuf {
    Path::new(&value.cx().document().file).parent().unwrap_or(Path::new("")).join(name)
}

/// A key that has a meaning with some formats only.
fn only_with(map: &MapReader<'_>, key: &'static str, meant: bool, formats: &str) {
    if let Some(v) = map.get(key).filter(|v| !v.is_null() && !meant) {
        v.fail(
            codes::CONTRADICTION,
            format!("{} has no meaning with this format", v.path()),
            format!("`format: {}`", formats.replace(", ", "` or `format: ")),
        );
    }
}

fn select(value: &Value<'_>, format: Option<Format>) -> Option<Select> {
    let map = value.mapping()?;
    let nanoseconds =
        |key| map.optional(key, Value::duration).map(|d| u64::try_from(d.as_nanos()).unwrap_or(u64::MAX));
    let text = |key| map.optional(key, Value::name);
    let select = Select {
        from_ns: nanoseconds("from").unwrap_or(0),
        to_ns: nanoseconds("to"),
        owner: text("owner"),
        app: text("app"),
        function: text("function"),
        trigger: text("trigger"),
        row: map.optional("row", |v| v.int(1..=i64::MAX)).map(i64::unsigned_abs),
        method: text("method"),
        server: map.optional("server", |v| v.int(0..=255)).and_then(|n| u8::try_from(n).ok()),
        path: text("path"),
        status: map.optional("status", |v| v.parse("a status such as 200 or 2xx", status)),
    };
    if let Some(format) = format {
        let azure = format == Format::Azure2019;
        for key in ["owner", "app", "function", "trigger", "row"] {
            only_with(&map, key, azure, "azure2019");
        }
        only_with(&map, "method", format.is_events(), "worldcup98, access-log");
        only_with(&map, "server", format == Format::Worldcup98, "worldcup98");
        for key in ["path", "status"] {
            only_with(&map, key, format == Format::AccessLog, "access-log");
        }
    }
    if let (Some(to_ns), Some(v)) = (select.to_ns, map.get("to"))
        && to_ns <= select.from_ns
    {
        v.fail(codes::CONTRADICTION, "the window ends before it begins", "a time after `from`");
    }
    map.finish();
    Some(select)
}

fn status(text: &str) -> Result<String, &'static str> {
    let plain = text.len() == 3 && text.bytes().all(|b| b.is_ascii_digit() || b.eq_ignore_ascii_case(&b'x'));
    if plain { Ok(text.to_owned()) } else { Err("no status") }
}
