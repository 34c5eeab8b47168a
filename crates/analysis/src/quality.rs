//! What a reader should know about the data: gaps, warnings of the run, clocks.

use swarmlab_frame::frame::Frame;

use super::column;
use crate::assemble::Raw;
use swarmlab_record::client::{ALL_ENDPOINTS, Totals};
use swarmlab_record::events::Event;
use swarmlab_record::manifest::State;
use swarmlab_record::summary::{Note, Status};
use swarmlab_record::topology::Bed;

/// Share of unknown bins from which a column is worth a note.
const GAP_SHARE: f64 = 0.02;

/// All remarks, gravest first.
pub fn notes(raw: &Raw, load: &Frame) -> Vec<Note> {
    let mut out = Vec::new();
    match &raw.manifest.state {
        State::Complete => {}
        State::Running => out.push(Note {
            status: Status::Warn,
            text: "The run was cut off (the command was killed): everything up to the last second is here."
                .to_owned(),
        }),
        State::Partial { reason } => {
            out.push(Note { status: Status::Warn, text: format!("The run ended early: {reason}.") });
        }
    }
    out.extend(missing_intervals(raw));
    let (width_s, plan_s) = (load.bins().width_s(), raw.manifest.plan.bin_s);
    if width_s > plan_s {
        let source =
            if raw.manifest.testbed == Some(Bed::Swarm) { "Prometheus scrapes" } else { "Samples come" };
        let text = format!(
            "{source} less often than every {plan_s:.0} s: bins of {width_s:.0} s, which hold one interval of the slowest source."
        );
        out.push(Note { status: Status::Warn, text });
    }
    let bins = load.bins().count();
    for service in &raw.manifest.plan.measured {
        for (metric, unit) in [("cpu", "cores"), ("memory", "bytes")] {
            let name = column(service, metric, unit);
            let Some(values) = load.get(&name) else {
                out.push(Note { status: Status::Fail, text: format!("{name} was never sampled.") });
                continue;
            };
            let unknown = values.iter().filter(|v| v.is_none()).count();
            if bins > 0 && unknown as f64 > GAP_SHARE * bins as f64 {
                out.push(Note {
                    status: Status::Warn,
                    text: format!(
                        "{name} is unknown in {unknown} of {bins} bins of the load; they are gaps, not zeros."
                    ),
                });
            }
        }
    }
    for event in &raw.events {
        if let Event::Warning { message, .. } = event {
            out.push(Note { status: Status::Warn, text: message.clone() });
        }
    }
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

/// Intervals of the load that the load engine's log does not have.
fn missing_intervals(raw: &Raw) -> Option<Note> {
    let (w, bin_s) = (raw.windows().ok()?, raw.manifest.plan.bin_s);
    let expected = ((w.load_end_unix_s - w.load_start_unix_s) / bin_s + 1e-6).floor();
    let all = Totals::of(&raw.client, ALL_ENDPOINTS, w.load_start_unix_s, w.load_end_unix_s);
    let missing = expected - (all.inside_s / bin_s).round();
    (missing >= 1.0).then(|| Note {
        status: if missing > GAP_SHARE * expected { Status::Fail } else { Status::Warn },
        text: format!("The load engine's log lacks {missing:.0} of {expected:.0} intervals of the load."),
    })
}

#[cfg(test)]
mod tests {
    use swarmlab_record::client::fixture::row;

    use super::*;
    use crate::assemble::fixture::load_alone;

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
}
