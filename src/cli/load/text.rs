//! The text summary of a load, in words known from wrk and oha.

use std::collections::BTreeMap;
use std::fmt::Write;

use swarmlab_intervals::trust::Trust;
use swarmlab_intervals::{ErrorKind, FirstAnswer, status_name};

use super::plan::plural;
use crate::cli::output;
use crate::load::checks::Checked;
use crate::load::objectives::{Figure, Objective};
use crate::load::summary::{Counts, EndpointSummary, LoadSummary, Quantiles, Times};

/// The whole summary.
pub fn summary(s: &LoadSummary) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, s);
    out
}

fn write(out: &mut String, s: &LoadSummary) -> std::fmt::Result {
    let c = &s.counts;
    writeln!(out, "Summary")?;
    writeln!(out, "  Requests/sec: {:.2}", s.requests_per_s)?;
    if s.requests_per_s == 0.0 && c.completed > 0 {
        writeln!(out, "                (all answers came after the load's end)")?;
    }
    writeln!(out, "  Offered/sec:  {:.2}", s.offered_per_s)?;
    let drain = if s.drain_s >= 0.0005 && c.completed > 0 {
        format!(", the last answer {} later", span(s.drain_s * 1e3))
    } else if s.drain_s >= 0.0005 {
        format!(", given up {} later", span(s.drain_s * 1e3))
    } else {
        String::new()
    };
    let end = if s.end == "completed" { String::new() } else { format!(" ({})", s.end) };
    writeln!(out, "  Load:         {:.2} s{end}{drain}", s.load_s)?;
    writeln!(
        out,
        "  Requests:     {} due, {} sent, {} answered, {} as expected, {} failed",
        c.offered, c.sent, c.completed, c.succeeded, c.failed
    )?;
    writeln!(
        out,
        "  Transfer:     {} received ({}/s), {} sent",
        bytes(c.bytes_received as f64),
        bytes(c.bytes_received as f64 / (s.load_s + s.drain_s).max(f64::MIN_POSITIVE)),
        bytes(c.bytes_sent as f64)
    )?;
    let retired = match s.connections_retired {
        none if none.total() == 0 => String::new(),
        retired => format!(", of them ended: {retired}"),
    };
    writeln!(out, "  Connections:  {} opened{retired}", s.connections_opened)?;
    time_table(out, &s.times, s.connect.as_ref(), s.tls.as_ref())?;
    endpoint_table(out, &s.endpoints)?;
    named(out, "Answers", &c.status, c)?;
    errors(out, c)?;
    for (name, text) in &s.first_errors {
        writeln!(out, "  first {name}: {text}")?;
    }
    for answer in &s.first_answers {
        failed(out, answer)?;
    }
    for remark in &s.remarks {
        writeln!(out, "\nwarning: {remark}")?;
    }
    objectives(out, &s.objectives)?;
    checks(out, &s.checks)?;
    writeln!(out)?;
    generator(out, s)
}

/// The first answer of an error and status: what a person looks at first.
fn failed(out: &mut String, a: &FirstAnswer) -> std::fmt::Result {
    let Some(error) = a.error else { return Ok(()) };
    // A message on Redis or a WebSocket has no status.
    let what = if a.status == 0 { "message".to_owned() } else { status_name(a.status) };
    writeln!(out, "\n  first {what} ({error}) of {}", a.endpoint)?;
    for header in a.headers.lines() {
        writeln!(out, "    {header}")?;
    }
    if a.body == FirstAnswer::BINARY {
        return writeln!(out, "    | (binary, {} bytes: no text that could be shown)", a.body_bytes);
    }
    let body: Vec<&str> = a.body.lines().collect();
    for line in body.iter().take(ANSWER_LINES) {
        let shown: String = line.chars().filter(|c| !c.is_control()).take(ANSWER_CHARS).collect();
        writeln!(out, "    | {shown}")?;
    }
    if body.len() > ANSWER_LINES || a.body_bytes > a.body.len() as u64 {
        writeln!(out, "    | … ({} bytes; --json and load.json have the first 2 KiB)", a.body_bytes)?;
    }
    Ok(())
}

/// Lines and characters of an answer's body that are printed.
const ANSWER_LINES: usize = 8;
const ANSWER_CHARS: usize = 160;

fn objectives(out: &mut String, objectives: &[Objective]) -> std::fmt::Result {
    if objectives.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nObjectives")?;
    for o in objectives {
        let (name, in_words): (_, fn(f64) -> String) = match o.figure {
            Figure::ResponseP95Ms => ("response time p95", span),
            Figure::ErrorRate => ("failed requests", |share| format!("{:.2} %", share * 100.0)),
        };
        let word = match o.value {
            Some(_) if o.met => "met   ",
            Some(_) => "MISSED",
            None => "----  ",
        };
        let value = o.value.map_or("unknown".to_owned(), in_words);
        let why = o.because.as_ref().map_or(String::new(), |why| format!(" ({why})"));
        writeln!(out, "  {word}  {name} {value}{why}, at most {}", in_words(o.limit))?;
    }
    Ok(())
}

fn checks(out: &mut String, checks: &[Checked]) -> std::fmt::Result {
    if checks.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nChecks")?;
    for c in checks {
        let word = match c.holds {
            Some(true) => "holds ",
            Some(false) => "MISSED",
            None => "----  ",
        };
        writeln!(out, "  {word}  {}: {}", c.check, c.because)?;
    }
    Ok(())
}

/// The times of requests and of connections.
pub fn time_table(
    out: &mut String,
    times: &Times,
    connect: Option<&Quantiles>,
    tls: Option<&Quantiles>,
) -> std::fmt::Result {
    let rows: Vec<Vec<String>> = [
        ("response", times.response.as_ref()),
        ("service", times.service.as_ref()),
        ("lateness", times.lateness.as_ref()),
        ("connect", connect),
        ("tls", tls),
    ]
    .into_iter()
    .filter_map(|(name, q)| q.map(|q| quantile_row(name, q)))
    .collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    out.push_str(&indent(&output::table(
        &["Time", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"],
        &rows,
    )));
    writeln!(
        out,
        "  response = done - intended (what users felt), service = done - sent, lateness = sent - intended"
    )
}

/// A line an endpoint, if there are several.
pub fn endpoint_table(out: &mut String, endpoints: &[EndpointSummary]) -> std::fmt::Result {
    if endpoints.len() < 2 {
        return Ok(());
    }
    let rows: Vec<Vec<String>> = endpoints
        .iter()
        .map(|e| {
            let q =
                |f: fn(&Quantiles) -> f64| e.times.response.as_ref().map_or("-".to_owned(), |q| span(f(q)));
            vec![
                e.name.clone(),
                e.counts.sent.to_string(),
                e.counts.failed.to_string(),
                format!("{:.2}", e.requests_per_s),
                q(|q| q.p50_ms),
                q(|q| q.p95_ms),
                q(|q| q.p99_ms),
                by_status(&e.counts.status),
            ]
        })
        .collect();
    writeln!(out)?;
    out.push_str(&indent(&output::table(
        &["Endpoint", "sent", "failed", "per s", "p50", "p95", "p99", "answers"],
        &rows,
    )));
    Ok(())
}

/// `200: 97, 404: 3`
fn by_status(status: &BTreeMap<String, u64>) -> String {
    status.iter().map(|(status, n)| format!("{status}: {n}")).collect::<Vec<_>>().join(", ")
}

/// Counts under a title, with their share of what was due.
pub fn named(out: &mut String, title: &str, counts: &BTreeMap<String, u64>, c: &Counts) -> std::fmt::Result {
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    for (name, n) in counts {
        writeln!(out, "  {name}: {n} ({:.2} %)", *n as f64 * 100.0 / c.offered.max(1) as f64)?;
    }
    Ok(())
}

/// Failed requests by the name of their error, each with what it means and what to look at.
pub fn errors(out: &mut String, c: &Counts) -> std::fmt::Result {
    if c.errors.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nErrors")?;
    for (name, n) in &c.errors {
        writeln!(out, "  {name}: {n} ({:.2} %)", *n as f64 * 100.0 / c.offered.max(1) as f64)?;
        if let Some(kind) = ErrorKind::named(name) {
            writeln!(out, "    {}", kind.means())?;
            writeln!(out, "    look at: {}", kind.advice())?;
        }
    }
    Ok(())
}

fn generator(out: &mut String, s: &LoadSummary) -> std::fmt::Result {
    let g = &s.generator;
    let word = match g.verdict.trust {
        Trust::Valid => "VALID",
        Trust::Suspect => "SUSPECT",
        Trust::Invalid => "INVALID",
    };
    writeln!(
        out,
        "Generator: {word} (busiest thread {:.0} % of a core; {}: {} suspect, {} invalid)",
        g.inputs.worst_cpu_cores * 100.0,
        plural(g.inputs.intervals.count as usize, "interval"),
        g.inputs.intervals.suspect,
        g.inputs.intervals.invalid
    )?;
    for r in &g.verdict.reasons {
        writeln!(out, "  {}", r.text)?;
    }
    Ok(())
}

fn quantile_row(name: &str, q: &Quantiles) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    row.extend(
        [q.mean_ms, q.p50_ms, q.p90_ms, q.p95_ms, q.p99_ms, q.p999_ms, q.max_ms].into_iter().map(span),
    );
    row
}

/// Milliseconds as people write them: three digits and a unit that fits.
pub fn span(ms: f64) -> String {
    let (value, unit) = if ms < 1.0 {
        (ms * 1e3, "us")
    } else if ms < 1e3 {
        (ms, "ms")
    } else {
        (ms / 1e3, "s")
    };
    let digits = if value >= 100.0 || unit == "us" {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$} {unit}")
}

fn bytes(value: f64) -> String {
    let (value, unit) = match value {
        v if v < 1e3 => return format!("{v:.0} B"),
        v if v < 1e6 => (v / 1e3, "kB"),
        v if v < 1e9 => (v / 1e6, "MB"),
        v => (v / 1e9, "GB"),
    };
    format!("{value:.1} {unit}")
}

fn indent(table: &str) -> String {
    table.lines().map(|l| format!("  {l}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_words_and_something_to_look_at() {
        let names = ErrorKind::ALL.map(|kind| (kind.name().to_owned(), 1));
        let counts = Counts { offered: 72, errors: names.into(), ..Counts::default() };
        let mut out = String::new();
        assert!(errors(&mut out, &counts).is_ok());
        for kind in ErrorKind::ALL {
            let told =
                format!("  {kind}: 1 (1.39 %)\n    {}\n    look at: {}\n", kind.means(), kind.advice());
            assert!(out.contains(&told), "{told} is not in\n{out}");
        }
    }

    #[test]
    fn a_body_that_is_no_text_is_told_with_its_length_alone() {
        let mut answer = FirstAnswer {
            endpoint: "a".to_owned(),
            status: 500,
            error: Some(ErrorKind::UnexpectedStatus),
            headers: "content-type: image/png\n".to_owned(),
            body: FirstAnswer::BINARY.to_owned(),
            body_bytes: 5000,
        };
        let told = |answer: &FirstAnswer| {
            let mut out = String::new();
            assert!(failed(&mut out, answer).is_ok());
            out
        };
        let said = told(&answer);
        assert!(said.contains("| (binary, 5000 bytes") && !said.contains("load.json"), "{said}");
        answer.body = "x".repeat(2048);
        assert!(told(&answer).contains("(5000 bytes; --json and load.json have the first 2 KiB)"));
    }

    #[test]
    fn spans_have_three_digits_and_a_unit_that_fits() {
        let cases = [
            (0.0123, "12 us"),
            (0.9994, "999 us"),
            (1.234, "1.23 ms"),
            (56.78, "56.8 ms"),
            (999.0, "999 ms"),
            (61_000.0, "61.0 s"),
        ];
        for (ms, text) in cases {
            assert_eq!(span(ms), text);
        }
        assert_eq!((bytes(999.0), bytes(1.25e6)), ("999 B".to_owned(), "1.2 MB".to_owned()));
    }
}
