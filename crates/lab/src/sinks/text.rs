//! Messages in words.

use swarmlab_record::Phase;
use swarmlab_record::action::{ActionEvent, Progress};
use swarmlab_record::decisions::Line;

use crate::message::News;
use crate::tick::LoadTick;

/// A message as a line, if it concerns who watches.
pub fn line(news: &News) -> Option<String> {
    Some(match news {
        News::Started { name, folder, testbed, reason, .. } => {
            format!("{name} on the {testbed} testbed ({reason}); results in {}", folder.display())
        }
        News::Phase { phase, expected_s } => match expected_s {
            Some(s) if *phase == Phase::Load || *phase == Phase::WarmUp => {
                format!("{}: {s:.0} s", phase.name())
            }
            _ => phase.name().to_owned(),
        },
        News::Step(m) => format!("  {m}"),
        News::Converged { ready, of } => format!("  {ready}/{of} ready"),
        News::Action(action) => format!("  {}", action_line(action)),
        News::Warning(m) => format!("warning: {m}"),
        News::Trouble(trouble) => format!("warning: {trouble}"),
        News::Controllers(line) => format!("  {}", decision_line(line)?),
        _ => return None,
    })
}

/// News of an action as a line.
fn action_line(event: &ActionEvent) -> String {
    let what = &event.what;
    match &event.progress {
        Progress::Asked => format!("{what}: asked"),
        Progress::InForce { changed: false, .. } => format!("{what}: it was so already"),
        Progress::InForce { accepted_unix_s, done_unix_s, .. } => {
            format!("{what}: in force {:.1} s after it was taken", done_unix_s - accepted_unix_s)
        }
        Progress::Failed { why, .. } => format!("{what}: failed ({why})"),
        Progress::GivenUp { why } => format!("{what}: given up, {why}"),
    }
}

/// A decision to change something as a line; who watches need not see the others.
fn decision_line(line: &Line) -> Option<String> {
    let Line::Decision(decided) = line else { return None };
    let wants: Vec<String> = decided.wants.iter().map(ToString::to_string).collect();
    (!wants.is_empty()).then(|| format!("decided to {}: {}", wants.join(" and "), decided.decision.reason))
}

/// A load as a line.
pub fn load_line(t: &LoadTick) -> String {
    let p95 = t.p95_ms.map_or("-".to_owned(), |v| format!("{v:.1} ms"));
    let replicas: Vec<String> = t
        .replicas
        .iter()
        .map(|(name, healthy, desired)| {
            if healthy == desired {
                format!("{name} {healthy}")
            } else {
                format!("{name} {healthy}/{desired}")
            }
        })
        .collect();
    format!(
        "{} {:>4.0} s left  users {:.0}  offered {:.1}/s  completed {:.1}/s  errors {}  p95 {p95}  replicas: {}",
        t.phase.name(),
        t.left_s.max(0.0),
        t.users,
        t.offered_per_s,
        t.completed_per_s,
        t.errors,
        replicas.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_line_says_all_a_watcher_needs() {
        let tick = LoadTick {
            phase: Phase::Load,
            elapsed_s: 3.0,
            left_s: 42.0,
            users: 10.0,
            offered_per_s: 20.0,
            completed_per_s: 19.5,
            errors: 1,
            status: Default::default(),
            p95_ms: Some(12.34),
            replicas: vec![("a".to_owned(), 1, 1), ("b".to_owned(), 2, 4)],
        };
        assert_eq!(
            load_line(&tick),
            "load   42 s left  users 10  offered 20.0/s  completed 19.5/s  errors 1  p95 12.3 ms  replicas: a 1, b 2/4"
        );
    }
}
