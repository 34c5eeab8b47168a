//! Azure Functions 2019: `invocations_per_function_md.anon.dNN.csv`, one row a function, one column a minute.
//!
//! M. Shahrad et al., "Serverless in the Wild", USENIX ATC 2020; columns `HashOwner,HashApp,HashFunction,Trigger`
//! and 1 to 1440. The selected rows are added up; a minute's count becomes a rate of a sixtieth of it.

use std::io::BufRead;

use super::lines::{Lines, shown};
use super::{Options, Reading, Select, Series, TraceError};

const HASHES: usize = 4;
const MINUTES: usize = 1440;
const HEADING: [&str; HASHES] = ["HashOwner", "HashApp", "HashFunction", "Trigger"];

/// Reads a day of invocations.
///
/// # Errors
/// What is wrong with the input, and in which line.
pub fn read(input: impl BufRead, options: &Options) -> Result<Reading, TraceError> {
    let mut lines = Lines::new(input);
    let mut counts = vec![0_u64; MINUTES];
    let (mut records, mut selected) = (0, 0);
    let minutes = match lines.next()? {
        Some((line, text)) => heading(line, text)?,
        None => MINUTES,
    };
    while let Some((line, text)) = lines.next()? {
        records += 1;
        let mut fields = text.split(|b| *b == b',');
        let mut hashes = [&b""[..]; HASHES];
        for hash in &mut hashes {
            *hash = fields.next().unwrap_or_default().trim_ascii();
        }
        let wanted = wanted(&options.select, records, &hashes);
        selected += u64::from(wanted);
        let mut columns = 0;
        for field in fields {
            let Some(sum) = counts.get_mut(columns).filter(|_| columns < minutes) else {
                return Err(TraceError::line(line, format!("more than {minutes} minutes")));
            };
            columns += 1;
            let count =
                std::str::from_utf8(field.trim_ascii()).ok().and_then(|text| text.parse::<u64>().ok());
            let Some(count) = count else {
                let problem = format!("minute {columns}: `{}` is no number of invocations", shown(field));
                return Err(TraceError::line(line, problem));
            };
            if wanted {
                *sum = sum.saturating_add(count);
            }
        }
        if columns != minutes {
            let problem = format!("{columns} minutes, but the heading names {minutes}");
            return Err(TraceError::line(line, problem));
        }
    }
    let series = if selected > 0 { cut(&counts[..minutes], &options.select) } else { Series::default() };
    Ok(Reading { series, records, selected, bad_lines: 0 })
}

/// The number of minutes that the heading names.
fn heading(line: u64, text: &[u8]) -> Result<usize, TraceError> {
    let fields: Vec<&[u8]> = text.split(|b| *b == b',').map(<[u8]>::trim_ascii).collect();
    let minutes = fields.len().saturating_sub(HASHES);
    let named = fields.iter().zip(HEADING).all(|(field, name)| *field == name.as_bytes());
    let counted = fields.iter().skip(HASHES).zip(1..).all(|(field, n)| *field == format!("{n}").as_bytes());
    if named && counted && (1..=MINUTES).contains(&minutes) {
        return Ok(minutes);
    }
    let problem = format!(
        "expected the heading `{},1,2,...` up to {MINUTES}, found `{}`",
        HEADING.join(","),
        shown(text)
    );
    Err(TraceError::line(line, problem))
}

fn wanted(select: &Select, row: u64, hashes: &[&[u8]; HASHES]) -> bool {
    let begins = |i: usize, wanted: &Option<String>| {
        wanted.as_ref().is_none_or(|begin| hashes[i].starts_with(begin.as_bytes()))
    };
    let trigger = select.trigger.as_ref().is_none_or(|name| hashes[3].eq_ignore_ascii_case(name.as_bytes()));
    select.row.is_none_or(|wanted| wanted == row)
        && begins(0, &select.owner)
        && begins(1, &select.app)
        && begins(2, &select.function)
        && trigger
}

/// The minutes within the window, as rates.
fn cut(counts: &[u64], select: &Select) -> Series {
    let (from_s, end_s) = (select.begin_s(), select.end_s().min(counts.len() as f64 * 60.0));
    let mut points = Vec::new();
    for (minute, count) in counts.iter().enumerate() {
        let start_s = minute as f64 * 60.0;
        if start_s + 60.0 > from_s && start_s < end_s {
            points.push(((start_s - from_s).max(0.0), *count as f64 / 60.0));
        }
    }
    if points.is_empty() { Series::default() } else { Series { points, end_s: end_s - from_s } }
}
