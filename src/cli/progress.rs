//! Shows a run's progress: a live line on a terminal, plain lines in a pipe, JSON lines on request.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use swarmlab_lab::bus::Sink;
use swarmlab_lab::message::{Message, News};
use swarmlab_lab::sinks::{JsonLines, PlainLines, text};
use swarmlab_lab::tick::Ticker;

use super::output;

/// Who watches a command, by where its output goes.
pub fn watcher(json: bool) -> Box<dyn Sink> {
    if json {
        Box::new(JsonLines::new(|value: &serde_json::Value| output::line(value)))
    } else if io::stderr().is_terminal() {
        Box::new(Terminal::new())
    } else {
        Box::new(PlainLines::new(|line: &str| tell!("{line}")))
    }
}

struct Terminal {
    bar: ProgressBar,
    ticker: Ticker,
}

impl Terminal {
    fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self { bar, ticker: Ticker::default() }
    }
}

impl Sink for Terminal {
    fn on(&mut self, message: &Message) -> io::Result<()> {
        if let Some(tick) = self.ticker.on(message) {
            self.bar.set_message(text::load_line(&tick));
        } else if let News::Converged { ready, of } = message.news {
            self.bar.set_message(format!("{ready}/{of} ready"));
        } else if let Some(line) = text::line(&message.news) {
            self.bar.println(&line);
            self.bar.set_message(line);
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
