//! A load's progress: a live line on a terminal, plain lines in a pipe, JSON lines on request.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use swarmlab_intervals::{ErrorKind, Interval};
use swarmlab_lab::bus::Sink;
use swarmlab_lab::message::{Message, News};
use swarmlab_loadgen::Model;

use super::plan::Plan;
use super::text::span;
use crate::cli::output;
use crate::load::judge;

/// Intervals between plain lines.
const PLAIN_EVERY: u64 = 5;

/// The watcher for a command's output, by where it goes.
pub fn live(plan: &Plan, json: bool) -> Box<dyn Sink> {
    let state = State {
        duration_s: plan.spec.model.shape().duration_s(),
        is_closed: matches!(plan.spec.model, Model::Closed { .. }),
        start_unix_s: None,
        failed: 0,
    };
    if json {
        Box::new(Json { state })
    } else if std::io::stderr().is_terminal() {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        bar.println(&plan.title);
        Box::new(Terminal { bar, state })
    } else {
        tell!("{}", plan.title);
        Box::new(Plain { state })
    }
}

struct State {
    duration_s: f64,
    is_closed: bool,
    start_unix_s: Option<f64>,
    failed: u64,
}

impl State {
    fn line(&mut self, interval: &Interval) -> String {
        let start = *self.start_unix_s.get_or_insert(interval.start_unix_s);
        let left_s = (start + self.duration_s - interval.end_unix_s).max(0.0);
        let overall = interval.overall();
        let length_s = interval.length_s();
        self.failed += overall.tally.failed + interval.unassigned_errors.values().sum::<u64>();
        let p95 = if overall.response.is_empty() {
            "-".to_owned()
        } else {
            span(overall.response.value_at_quantile(0.95) as f64 / 1e3)
        };
        let left = if left_s == 0.0 || interval.offered == 0 && interval.in_flight_end > 0 {
            "awaiting answers".to_owned()
        } else {
            format!("{left_s:>4.0} s left")
        };
        let users = if self.is_closed { format!("  users {:.0}", interval.users) } else { String::new() };
        format!(
            "{left}{users}  offered {:.1}/s  completed {:.1}/s  failed {}  p95 {p95}  in flight {}  waiting {}  {}",
            interval.offered as f64 / length_s,
            overall.tally.completed as f64 / length_s,
            self.failed,
            interval.in_flight_end,
            interval.queued_end,
            format!("{:?}", judge(interval).trust).to_uppercase()
        )
    }
}

struct Plain {
    state: State,
}

impl Sink for Plain {
    fn on(&mut self, message: &Message) -> std::io::Result<()> {
        let News::Interval { interval, .. } = &message.news else { return Ok(()) };
        let line = self.state.line(interval);
        if (interval.index + 1).is_multiple_of(PLAIN_EVERY) {
            tell!("{line}");
        }
        Ok(())
    }
}

struct Terminal {
    bar: ProgressBar,
    state: State,
}

impl Sink for Terminal {
    fn on(&mut self, message: &Message) -> std::io::Result<()> {
        let News::Interval { interval, .. } = &message.news else { return Ok(()) };
        self.bar.set_message(self.state.line(interval));
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

struct Json {
    state: State,
}

impl Sink for Json {
    fn on(&mut self, message: &Message) -> std::io::Result<()> {
        let News::Interval { interval: i, .. } = &message.news else { return Ok(()) };
        let overall = i.overall();
        let t = &overall.tally;
        let judged = judge(i);
        let errors: serde_json::Map<String, serde_json::Value> = ErrorKind::ALL
            .iter()
            .map(|&k| (k, t.errors_of(k) + i.unassigned_errors.get(&k).copied().unwrap_or(0)))
            .filter(|(_, n)| *n > 0)
            .map(|(k, n)| (k.name().to_owned(), n.into()))
            .collect();
        let ms = |h: &swarmlab_intervals::Histogram, q: f64| {
            (!h.is_empty()).then(|| h.value_at_quantile(q) as f64 / 1e3)
        };
        let start_unix_s = *self.state.start_unix_s.get_or_insert(i.start_unix_s);
        let is_drain = i.start_unix_s >= start_unix_s + self.state.duration_s - 1e-3;
        output::try_line(&serde_json::json!({
            "event": "interval",
            "phase": if is_drain { "drain" } else { "load" },
            "index": i.index,
            "start_unix_s": i.start_unix_s,
            "end_unix_s": i.end_unix_s,
            "users": i.users,
            "offered": i.offered,
            "sent": t.sent,
            "completed": t.completed,
            "failed": t.failed + i.unassigned_errors.values().sum::<u64>(),
            "late": t.late,
            "in_flight": i.in_flight_end,
            "queued": i.queued_end,
            "errors": errors,
            "status": t.statuses.by_name(),
            "response_p50_ms": ms(&overall.response, 0.5),
            "response_p95_ms": ms(&overall.response, 0.95),
            "response_p99_ms": ms(&overall.response, 0.99),
            "lateness_p99_ms": ms(&overall.lateness, 0.99),
            "generator": judged,
        }))
    }
}
