//! Shows a run's progress: a live line on a terminal, plain lines in a pipe, JSON lines on request.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::run::progress::{LoadTick, Observer, Progress};
use swarmlab_record::Phase;
use swarmlab_testbed::Note;

/// Seconds between plain progress lines.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// The observer for a command's output, by where it goes.
pub fn observer(json: bool) -> Box<dyn Observer> {
    if json {
        Box::new(Json)
    } else if std::io::stderr().is_terminal() {
        Box::new(Terminal::new())
    } else {
        Box::new(Plain { last: None })
    }
}

struct Json;

impl Observer for Json {
    fn on(&mut self, progress: Progress) {
        let value = match progress {
            Progress::Started { name, folder, testbed, reason } => {
                serde_json::json!({"event": "started", "name": name, "folder": folder, "testbed": testbed, "reason": reason})
            }
            Progress::Phase { phase, expected_s } => {
                serde_json::json!({"event": "phase", "phase": phase, "expected_s": expected_s})
            }
            Progress::Load(tick) => serde_json::json!({"event": "load", "tick": tick}),
            Progress::Note(Note::Step(m)) => serde_json::json!({"event": "step", "message": m}),
            Progress::Note(Note::Converged { ready, of }) => {
                serde_json::json!({"event": "converged", "ready": ready, "of": of})
            }
            Progress::Note(Note::Warning(m)) => serde_json::json!({"event": "warning", "message": m}),
        };
        super::output::line(&value);
    }
}

struct Plain {
    last: Option<Instant>,
}

impl Observer for Plain {
    fn on(&mut self, progress: Progress) {
        if let Progress::Load(tick) = &progress {
            if self.last.is_some_and(|t| t.elapsed() < PLAIN_EVERY) {
                return;
            }
            self.last = Some(Instant::now());
            eprintln!("{}", load_line(tick));
        } else if let Some(line) = line(&progress) {
            self.last = None;
            eprintln!("{line}");
        }
    }
}

struct Terminal {
    bar: ProgressBar,
}

impl Terminal {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar }
    }
}

impl Observer for Terminal {
    fn on(&mut self, progress: Progress) {
        match &progress {
            Progress::Load(tick) => self.bar.set_message(load_line(tick)),
            Progress::Note(Note::Converged { ready, of }) => {
                self.bar.set_message(format!("{ready}/{of} ready"))
            }
            other => {
                if let Some(line) = line(other) {
                    self.bar.println(&line);
                    self.bar.set_message(line);
                }
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn line(progress: &Progress) -> Option<String> {
    Some(match progress {
        Progress::Started { name, folder, testbed, reason } => {
            format!("{name} on the {testbed} testbed ({reason}); results in {}", folder.display())
        }
        Progress::Phase { phase, expected_s } => match expected_s {
            Some(s) if *phase == Phase::Load || *phase == Phase::WarmUp => {
                format!("{}: {s:.0} s", phase.name())
            }
            _ => phase.name().to_owned(),
        },
        Progress::Note(Note::Step(m)) => format!("  {m}"),
        Progress::Note(Note::Converged { ready, of }) => format!("  {ready}/{of} ready"),
        Progress::Note(Note::Warning(m)) => format!("warning: {m}"),
        Progress::Load(_) => return None,
    })
}

fn load_line(t: &LoadTick) -> String {
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
            p95_ms: Some(12.34),
            replicas: vec![("a".to_owned(), 1, 1), ("b".to_owned(), 2, 4)],
        };
        assert_eq!(
            load_line(&tick),
            "load   42 s left  users 10  offered 20.0/s  completed 19.5/s  errors 1  p95 12.3 ms  replicas: a 1, b 2/4"
        );
    }
}
