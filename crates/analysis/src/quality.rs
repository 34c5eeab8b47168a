//! What a reader should know about the data: gaps, warnings of the run, clocks.

use swarmlab_frame::frame::Frame;

use super::column;
use crate::assemble::Raw;
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
