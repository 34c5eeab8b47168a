//! Any table that has a line for each request, with a mapping of its columns.

use swarmlab_intervals::ErrorKind;

use super::clock::{Clock, duration_us, number};
use super::gather::{Ending, Gathered, Sample};
use super::lines::Lines;
use super::mapping::Mapping;
use super::problem::Problem;
use super::table::{Record, Table};
use super::{Format, Options, WORD_CSV};

/// A table with a mapping.
pub struct Mapped;

impl Format for Mapped {
    fn word(&self) -> &'static str {
        WORD_CSV
    }

    fn about(&self) -> &'static str {
        "a table with a line for each request"
    }

    fn times(&self) -> &'static str {
        "Times are the durations of the table; when a request was due is not known."
    }

    /// What else it may be, its mapping says what it is.
    fn looks(&self, head: &str) -> bool {
        !head.is_empty()
    }

    fn read(
        &self,
        file: &str,
        lines: &mut Lines<'_>,
        options: &Options,
        into: &mut Gathered,
    ) -> Result<(), Problem> {
        let io = |source| Problem::Io { file: file.to_owned(), source };
        let Some(mapping) = &options.mapping else { return Ok(()) };
        let opened = Table::open(lines, mapping.separator, &mut into.remarks).map_err(io)?;
        let Some(mut table) = opened else { return Ok(()) };
        let columns = Columns::of(mapping, &mut table, file)?;
        let clock = Clock {
            unit: mapping.time.unit,
            zero_us: mapping.time.zero_us,
            zone_s: mapping.time.zone_s.or(options.zone_s),
        };
        let mut record = Record::default();
        while table.next(&mut record, &mut into.remarks).map_err(io)? {
            request(&record, &columns, mapping, &clock, into)?;
        }
        Ok(())
    }
}

/// Places of the columns.
struct Columns {
    time: usize,
    duration: usize,
    endpoint: Option<usize>,
    status: Option<usize>,
    error: Option<usize>,
    success: Option<usize>,
    users: Option<usize>,
    bytes_sent: Option<usize>,
    bytes_received: Option<usize>,
}

impl Columns {
    fn of(mapping: &Mapping, table: &mut Table<'_, '_>, file: &str) -> Result<Self, Problem> {
        let texts = |of: &Option<super::mapping::Texts>| of.as_ref().map(|t| t.column.clone());
        let wanted = [
            Some(mapping.time.column.clone()),
            Some(mapping.duration.column.clone()),
            mapping.endpoint.clone(),
            mapping.status.clone(),
            texts(&mapping.error),
            texts(&mapping.success),
            mapping.users.clone(),
            mapping.bytes_sent.clone(),
            mapping.bytes_received.clone(),
        ];
        let is_number = |name: &String| name.bytes().all(|b| b.is_ascii_digit());
        let there = table.names().join(", ");
        // Nobody calls a column 3.
        if wanted.iter().flatten().all(|name| table.column(name).is_none() && is_number(name)) {
            table.without_names(Vec::new());
        }
        let missing: Vec<String> =
            wanted.iter().flatten().filter(|name| table.column(name).is_none()).cloned().collect();
        let [time, duration, endpoint, status, error, success, users, bytes_sent, bytes_received] =
            wanted.map(|name| name.and_then(|name| table.column(&name)));
        let (Some(time), Some(duration), true) = (time, duration, missing.is_empty()) else {
            return Err(Problem::Columns { file: file.to_owned(), missing, there });
        };
        let all = [endpoint, status, error, success, users, bytes_sent, bytes_received];
        table.needs(all.into_iter().flatten().chain([time, duration]));
        Ok(Self { time, duration, endpoint, status, error, success, users, bytes_sent, bytes_received })
    }
}

fn request(
    record: &Record,
    columns: &Columns,
    mapping: &Mapping,
    clock: &Clock,
    into: &mut Gathered,
) -> Result<(), Problem> {
    let line = record.line;
    let get = |column: Option<usize>| column.and_then(|c| record.get(c));
    let text = |column: usize| record.get(column).unwrap_or_default();
    let (time, duration) = (text(columns.time), text(columns.duration));
    let Some(moment) = clock.read(time) else {
        into.remarks.note(line, "a time that is none, left out", || time.to_owned());
        return Ok(());
    };
    let Some(duration_us) = duration_us(duration, mapping.duration.unit) else {
        into.remarks.note(line, "a duration that is none, left out", || duration.to_owned());
        return Ok(());
    };
    if moment.zoneless {
        into.remarks.note(line, "times without a zone, taken as UTC (--zone)", || time.to_owned());
    }
    let written = get(columns.status).unwrap_or_default();
    let status: Option<u16> = written.parse().ok().filter(|status| (100..1000).contains(status));
    if status.is_none() && !matches!(written, "" | "0" | "-" | "N/A") {
        into.remarks.note(line, "a status that is none, taken as no answer", || written.to_owned());
    }
    let among = |of: &Option<super::mapping::Texts>, text: &str| {
        of.as_ref().is_some_and(|t| t.texts.iter().any(|known| known.eq_ignore_ascii_case(text)))
    };
    let says_why = get(columns.error).filter(|text| !among(&mapping.error, text));
    let failed = match get(columns.success) {
        Some(text) => !among(&mapping.success, text),
        None => says_why.is_some() || columns.status.is_some() && status.is_none_or(|s| s >= 400),
    };
    let ending = match (failed, status) {
        (false, _) => Ending::Well,
        (true, Some(status)) if status >= 400 => Ending::Named(ErrorKind::UnexpectedStatus),
        (true, _) => says_why.and_then(ErrorKind::named).map_or(Ending::Otherwise, Ending::Named),
    };
    if ending == Ending::Otherwise {
        let what = "requests that failed in a way that has no name here (failed_otherwise)";
        into.remarks.note(line, what, || says_why.unwrap_or_default().to_owned());
    }
    if let Some(users) = get(columns.users).and_then(number) {
        into.users(moment.us, users.max(0.0));
    }
    let bytes = |column| get(column).and_then(|text| text.parse().ok());
    into.sample(&Sample {
        line,
        endpoint: get(columns.endpoint).unwrap_or("request"),
        start_us: if mapping.time.is_end {
            moment.us.saturating_sub_unsigned(duration_us)
        } else {
            moment.us
        },
        duration_us,
        answered: if columns.status.is_some() { status.is_some() } else { !failed },
        status,
        ending,
        bytes_sent: bytes(columns.bytes_sent),
        bytes_received: bytes(columns.bytes_received),
    })
}
