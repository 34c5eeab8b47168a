//! What a reader should know about the data: gaps, warnings of the run, clocks.

use swarmlab_frame::frame::Frame;

use super::column;
use crate::assemble::Raw;
use crate::assemble::queries::columns;
use crate::mishaps;
use swarmlab_intervals::{ErrorKind, FirstAnswer, is_redirect, redirects, status_name};
use swarmlab_record::client::{ALL_ENDPOINTS, Totals};
use swarmlab_record::events::Event;
use swarmlab_record::manifest::{Imported, Origin, State};
use swarmlab_record::summary::{Note, Status};
use swarmlab_record::topology::{Bed, Role};

/// Share of unknown bins from which a column is worth a note.
const GAP_SHARE: f64 = 0.02;
/// Share of unknown bins from which a column of a service's CPU or memory is not one of the load any more.
const LOST_SHARE: f64 = 0.10;
/// Unknown bins that any load may have, however short: where sampling begins and ends.
const EDGE_BINS: usize = 2;

/// What no Prometheus kept.
const UNKNOWN_IN_IMPORTS: &str = "An import has servers alone. Not known are: what clients sent and felt (requests, response times, errors), \
     and so nothing of them is correlated; replicas that were asked for; when tasks began and ended, but by their series; and \
     whether requests were counted alike everywhere, since the window was not quiet at its ends.";

/// All remarks, gravest first.
pub fn notes(raw: &Raw, load: &Frame) -> Vec<Note> {
    let mut out = Vec::new();
    match &raw.manifest.state {
        State::Complete => {}
        State::Running | State::Killed => out.push(Note {
            status: Status::Warn,
            text: "The run was cut off (the command was killed): everything up to the last second is here."
                .to_owned(),
        }),
        State::Partial { reason } => {
            out.push(Note { status: Status::Warn, text: format!("The run ended early: {reason}.") });
        }
    }
    match raw.manifest.origin {
        Origin::Import => out.push(Note { status: Status::Info, text: UNKNOWN_IN_IMPORTS.to_owned() }),
        Origin::Run | Origin::Load => out.extend(missing_intervals(raw)),
    }
    out.extend(raw.manifest.imported.as_ref().map(imported));
    let (width_s, plan_s) = (load.bins().width_s(), raw.manifest.plan.bin_s);
    if width_s > plan_s {
        let source = if raw.manifest.testbed == Some(Bed::Swarm) || raw.manifest.origin == Origin::Import {
            "Prometheus scrapes"
        } else {
            "Samples come"
        };
        let text = format!(
            "{source} less often than every {plan_s:.0} s: bins of {width_s:.0} s, which hold one interval of the slowest source."
        );
        out.push(Note { status: Status::Warn, text });
    }
    let bins = load.bins().count();
    out.extend(unmeasured(raw));
    for service in raw.manifest.plan.measured.iter().filter(|_| has_source(raw)) {
        for (metric, unit) in expected(raw) {
            let name = column(service, metric, unit);
            let Some(values) = load.get(&name) else {
                out.push(Note { status: Status::Fail, text: format!("{name} was never sampled.") });
                continue;
            };
            let unknown = values.iter().filter(|v| v.is_none()).count();
            if bins > 0 && unknown as f64 > GAP_SHARE * bins as f64 {
                let lost = unknown as f64 > LOST_SHARE * bins as f64 && unknown > EDGE_BINS;
                out.push(Note {
                    status: if lost { Status::Fail } else { Status::Warn },
                    text: format!(
                        "{name} is unknown in {unknown} of {bins} bins of the load; they are gaps, not zeros."
                    ),
                });
            }
        }
    }
    if let Ok(w) = raw.windows() {
        // A warning, though the testbed may have given one: what nobody asked for is no part of the measurement.
        let told = mishaps::all(raw).into_iter().map(|m| m.sentence(w.load_start_unix_s));
        out.extend(told.map(|text| Note { status: Status::Warn, text }));
    }
    let outside = mishaps::outside(raw).map(|trouble| format!("{trouble}, not within the load."));
    out.extend(outside.map(|text| Note { status: Status::Warn, text }));
    out.extend(unanswered(raw, load));
    out.extend(unsuccessful(raw));
    out.extend(redirected(raw));
    let warnings = raw.events.iter().filter_map(|event| match event {
        Event::Warning { message, .. } => Some(message.clone()),
        _ => None,
    });
    out.extend(warnings.map(|text| Note { status: Status::Warn, text }));
    out.extend(failures(raw).into_iter().map(|text| Note { status: Status::Info, text }));
    out.extend(retired(raw));
    if let Some(o) = raw.manifest.clock_offset {
        let text = format!(
            "Prometheus's clock is {:+.1} ms from ours (± {:.1} ms, half the round trip); samples are moved by it when it exceeds its error.",
            o.offset_s * 1e3,
            o.error_s * 1e3
        );
        out.push(Note { status: Status::Info, text });
    }
    out.sort_by_key(|n| std::cmp::Reverse(n.status));
    out
}

/// What another tool's times are, and what it does not tell.
fn imported(of: &Imported) -> Note {
    let mut text = format!(
        "Imported from {} ({}). {} Not known, and null in every table: {}.",
        of.tool,
        of.files.join(", "),
        of.times,
        of.unknown.join(", ")
    );
    if !of.failures.is_empty() {
        text.push_str(&format!(" What failed, in its words: {}.", of.failures.join("; ")));
    }
    Note { status: Status::Info, text }
}

/// What is known of every measured service, by the end of its column's name and unit. Memory is not simulated.
fn expected(raw: &Raw) -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_simulated = raw.manifest.testbed == Some(Bed::Simulated);
    [("cpu", "cores"), ("memory", "bytes")]
        .into_iter()
        .filter(move |(name, _)| !is_simulated || *name != "memory")
}

/// Whether anything could have told what the containers use. On a Swarm that is a service of the role telemetry; where no
/// service is known, nobody can say that there was none.
fn has_source(raw: &Raw) -> bool {
    let services = &raw.manifest.topology.services;
    raw.manifest.testbed != Some(Bed::Swarm)
        || services.is_empty()
        || services.iter().any(|s| s.role == Role::Telemetry)
}

/// A stack that has nothing to measure with is not one that was measured badly.
fn unmeasured(raw: &Raw) -> Option<Note> {
    let measured = &raw.manifest.plan.measured;
    (!has_source(raw) && !measured.is_empty()).then(|| Note {
        status: Status::NotJudged,
        text: format!(
            "CPU and memory of {} are not known: the stack has no Prometheus (a service with the deploy label `swarmlab.role: telemetry`).",
            measured.join(", ")
        ),
    })
}

/// The user's queries that Prometheus did not answer, or not always.
fn unanswered(raw: &Raw, load: &Frame) -> Vec<Note> {
    let (plan, bins) = (&raw.manifest.plan, load.bins().count());
    let mut out = Vec::new();
    for query in &plan.queries {
        for name in columns(query, &plan.measured) {
            let unknown =
                load.get(&name).map_or(bins, |values| values.iter().filter(|v| v.is_none()).count());
            if bins == 0 || unknown as f64 <= GAP_SHARE * bins as f64 {
                continue;
            }
            let why = match raw.manifest.testbed {
                Some(Bed::Embedded) => "the embedded testbed has no Prometheus to ask",
                Some(Bed::Simulated) => "a simulation has no Prometheus to ask",
                Some(Bed::Swarm) | None => "they are gaps, not zeros",
            };
            let text = format!(
                "measure.queries.{}: {name} is unknown in {unknown} of {bins} bins of the load; {why}. Asked: {}",
                query.name, query.promql
            );
            out.push(Note { status: Status::Warn, text });
        }
    }
    out
}

/// The first answer of each kind that failed, and the first error of each kind in words: what a person looks at first.
pub fn failures(raw: &Raw) -> Vec<String> {
    let sentence = |event: &Event| match event {
        Event::Answer { answer, .. } => answer.error.map(|kind| failed(answer, kind)),
        Event::FirstError { error, message, .. } => Some(format!("The first {error}: {message}.")),
        _ => None,
    };
    raw.events.iter().filter_map(sentence).collect()
}

/// How many connections ended because of a bound of `connection`, if any has one.
fn retired(raw: &Raw) -> Option<Note> {
    raw.events.iter().find_map(|event| match event {
        Event::Connections { opened, retired, .. } if retired.total() > 0 => Some(Note {
            status: Status::Info,
            text: format!("Of {opened} connections the load engine ended {retired}."),
        }),
        _ => None,
    })
}

/// That nothing went well: the times are those of failures then.
fn unsuccessful(raw: &Raw) -> Option<Note> {
    let w = raw.windows().ok()?;
    let all = Totals::of(&raw.client, ALL_ENDPOINTS, w.load_start_unix_s, w.load_end_unix_s);
    (all.completed > 0 && all.succeeded == 0).then(|| {
        let statuses: Vec<String> = all.statuses.iter().map(|(s, n)| format!("{n} times {s}")).collect();
        let text = format!(
            "No answer was as expected ({}): the response times are those of failures.",
            statuses.join(", ")
        );
        Note { status: Status::Warn, text }
    })
}

/// Characters of an answer's body that a note shows; `events.jsonl` has more.
const SHOWN_CHARS: usize = 160;

fn failed(answer: &FirstAnswer, kind: ErrorKind) -> String {
    // A message on Redis or a WebSocket has no status, one of gRPC has a name.
    let what = match answer.status {
        0 => "message".to_owned(),
        status => status_name(status),
    };
    let mut text = format!("The first {what} ({kind}) was an answer of {}", answer.endpoint);
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let begin: String = answer.body.chars().map(plain).take(SHOWN_CHARS).collect();
    if !begin.is_empty() {
        text.push_str(&format!(": “{begin}”"));
    }
    text.push('.');
    text
}

/// Redirects count as answers where a step accepts them; a load of little else measures the redirect.
fn redirected(raw: &Raw) -> Option<Note> {
    let w = raw.windows().ok()?;
    let all = Totals::of(&raw.client, ALL_ENDPOINTS, w.load_start_unix_s, w.load_end_unix_s);
    let redirects = redirects(&all.statuses);
    let answers = raw.events.iter().filter_map(|event| match event {
        Event::Answer { answer, .. } => Some(answer),
        _ => None,
    });
    // Those that are followed are not among the first answers.
    let is_followed = |answer: &&FirstAnswer| {
        matches!(answer.error, Some(ErrorKind::TooManyRedirects | ErrorKind::RedirectRefused))
    };
    let mut kept = answers.filter(|answer| is_redirect(answer.status) && !is_followed(answer)).peekable();
    kept.peek()?;
    let location = kept.find_map(|answer| answer.location());
    let to = location.map_or_else(String::new, |to| format!(", the first to {to}"));
    let text = format!(
        "{redirects} of {} answers are redirects{to}; they are not followed, and the response times are those of the redirect.",
        all.completed
    );
    (redirects * 2 > all.completed).then_some(Note { status: Status::Warn, text })
}

/// Intervals of the load that the load engine's log does not have.
fn missing_intervals(raw: &Raw) -> Option<Note> {
    let (w, bin_s) = (raw.windows().ok()?, raw.manifest.plan.bin_s);
    let expected = ((w.load_end_unix_s - w.load_start_unix_s) / bin_s + 1e-6).floor();
    let all = Totals::of(&raw.client, ALL_ENDPOINTS, w.load_start_unix_s, w.load_end_unix_s);
    let missing = expected - (all.inside_s / bin_s).round();
    let who = match &raw.manifest.imported {
        Some(of) => format!("record of {}", of.tool),
        None => "load engine's log".to_owned(),
    };
    (missing >= 1.0).then(|| Note {
        status: if missing > GAP_SHARE * expected { Status::Fail } else { Status::Warn },
        text: format!("The {who} lacks {missing:.0} of {expected:.0} intervals of the load."),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_frame::clock::Bins;
    use swarmlab_intervals::Retired;
    use swarmlab_record::client::fixture::row;
    use swarmlab_record::topology::Service;

    use super::*;
    use crate::assemble::fixture::load_alone;
    use crate::verdicts::completeness;

    fn answer(status: u16, error: Option<ErrorKind>) -> FirstAnswer {
        let (endpoint, headers, body) = ("create".to_owned(), String::new(), String::new());
        FirstAnswer { endpoint, status, error, headers, body, body_bytes: 0 }
    }

    #[test]
    fn a_load_of_redirects_is_told_with_where_they_lead() {
        let mut raw = load_alone(10);
        assert_eq!(redirected(&raw), None);
        raw.client.iter_mut().for_each(|r| r.statuses_json = "{\"302\":60,\"200\":40}".to_owned());
        raw.events.push(Event::Answer {
            t_unix_s: 1010.0,
            answer: FirstAnswer {
                headers: "date: today\nlocation: /login\n".to_owned(),
                ..answer(302, None)
            },
        });
        let told = redirected(&raw).map(|n| n.text).unwrap_or_default();
        assert!(told.starts_with("600 of 1000 answers are redirects, the first to /login;"), "{told}");
        raw.client.iter_mut().for_each(|r| r.statuses_json = "{\"302\":40,\"200\":60}".to_owned());
        assert_eq!(redirected(&raw), None);
    }

    #[test]
    fn a_load_in_which_nothing_went_well_says_so() {
        let mut raw = load_alone(10);
        assert_eq!(unsuccessful(&raw), None);
        raw.client.iter_mut().for_each(|r| {
            (r.succeeded, r.failed) = (0, r.completed);
            r.statuses_json = "{\"404\":90,\"503\":10}".to_owned();
        });
        let told = unsuccessful(&raw).map(|n| (n.status, n.text)).unwrap();
        assert_eq!(told.0, Status::Warn);
        assert!(told.1.starts_with("No answer was as expected (900 times 404, 100 times 503)"), "{}", told.1);
        // One success among them, and the times are those of answers again.
        raw.client[3].succeeded = 1;
        assert_eq!(unsuccessful(&raw), None);
    }

    #[test]
    fn the_first_error_of_each_kind_is_told_in_words() {
        let mut raw = load_alone(1);
        raw.events = vec![
            Event::Answer { t_unix_s: 1001.0, answer: answer(302, None) },
            Event::Answer { t_unix_s: 1001.0, answer: answer(404, Some(ErrorKind::UnexpectedStatus)) },
            Event::FirstError {
                t_unix_s: 1001.0,
                error: ErrorKind::TlsFailed,
                message: "door: unknown issuer".to_owned(),
            },
        ];
        let expected = [
            "The first 404 (unexpected_status) was an answer of create.",
            "The first tls_failed: door: unknown issuer.",
        ];
        assert_eq!(failures(&raw), expected);
    }

    #[test]
    fn connections_that_were_used_for_long_enough_are_told_by_bound() {
        let mut raw = load_alone(1);
        let connections = |max_age| Event::Connections {
            t_unix_s: 1001.0,
            opened: 9,
            retired: Retired { max_age, ..Retired::default() },
        };
        raw.events = vec![connections(0)];
        assert_eq!(retired(&raw), None);
        raw.events = vec![connections(5)];
        let text = retired(&raw).map(|n| n.text);
        assert_eq!(text.as_deref(), Some("Of 9 connections the load engine ended 5 by max_age."));
    }

    #[test]
    fn the_first_failing_answer_is_shown_on_one_line() {
        let kind = ErrorKind::UnexpectedStatus;
        let answer = FirstAnswer { body: "no\nhealthy upstream".to_owned(), ..answer(503, Some(kind)) };
        assert_eq!(
            failed(&answer, kind),
            "The first 503 (unexpected_status) was an answer of create: “no healthy upstream”."
        );
    }

    /// The verdict of a run on a Swarm that has these services and no column of any.
    fn complete(services: &[(&str, Role)]) -> (Status, Vec<Note>) {
        let mut raw = load_alone(10);
        raw.manifest.testbed = Some(Bed::Swarm);
        raw.manifest.plan.measured = vec!["web".to_owned()];
        let service = |(name, role): &(&str, Role)| Service {
            name: (*name).to_owned(),
            role: *role,
            replicas: 1,
            image: String::new(),
        };
        raw.manifest.topology.services = services.iter().map(service).collect();
        // The testbed tells it as well.
        raw.events.push(Event::Warning { t_unix_s: 1000.0, message: "not measured".to_owned() });
        let frame = Frame::new(Bins::new(1000.0, 1.0, 10).unwrap());
        let notes = notes(&raw, &frame);
        (completeness(&raw, 10, &notes).status, notes)
    }

    #[test]
    fn where_nothing_can_measure_nothing_is_judged() {
        let web = ("web", Role::Application);
        let (status, notes) = complete(&[web]);
        assert_eq!((status, notes.len()), (Status::NotJudged, 2));
        assert!(notes[1].text.contains("CPU and memory of web are not known"), "{notes:?}");
        // With something that measures, what was never sampled is a fault; and so where nothing is known of the stack.
        assert_eq!(complete(&[web, ("prometheus", Role::Telemetry)]).0, Status::Fail);
        assert_eq!(complete(&[]).0, Status::Fail);
    }

    #[test]
    fn a_hole_in_the_clients_log_is_told_and_a_large_one_fails() {
        let mut raw = load_alone(100);
        assert_eq!(missing_intervals(&raw), None);
        raw.client.remove(50);
        assert_eq!(missing_intervals(&raw).map(|n| n.status), Some(Status::Warn));
        raw.client.truncate(90);
        let note = missing_intervals(&raw);
        assert!(
            note.as_ref().is_some_and(|n| n.status == Status::Fail && n.text.contains("10 of 100")),
            "{note:?}"
        );
        // A row of another phase does not fill it.
        let mut other = row(1050.0, ALL_ENDPOINTS);
        other.phase = swarmlab_record::Phase::WarmUp;
        raw.client.push(other);
        assert_eq!(missing_intervals(&raw), note);
    }

    /// What is said of CPU that is unknown in the first of so many bins.
    fn gaps(unknown: usize, bins: usize) -> Status {
        use swarmlab_frame::frame::{Column, Fold};
        let mut raw = load_alone(bins as u32);
        raw.manifest.testbed = Some(Bed::Embedded);
        raw.manifest.plan.measured = vec!["web".to_owned()];
        let mut frame = Frame::new(Bins::new(1000.0, 1.0, bins).unwrap());
        let column = |metric: &str, unit: &str, unknown: usize| {
            let values = (0..bins).map(|i| (i >= unknown).then_some(1.0)).collect();
            Column::server("web", metric, unit, "", Fold::Mean, values).unwrap()
        };
        frame.extend(vec![column("cpu", "cores", unknown), column("memory", "bytes", 0)]).unwrap();
        completeness(&raw, bins, &notes(&raw, &frame)).status
    }

    #[test]
    fn few_bins_without_cpu_are_told_and_many_fail() {
        assert_eq!(gaps(0, 40), Status::Pass);
        assert_eq!(gaps(1, 40), Status::Warn);
        assert_eq!(gaps(4, 40), Status::Warn);
        assert_eq!(gaps(5, 40), Status::Fail);
        assert_eq!(gaps(9, 40), Status::Fail);
        // Of a short load the bins at its ends weigh too much.
        assert_eq!(gaps(2, 8), Status::Warn);
        assert_eq!(gaps(3, 8), Status::Fail);
    }
}
