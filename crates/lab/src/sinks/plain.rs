//! Plain lines, for a pipe.

use std::io;

use super::text;
use crate::bus::Sink;
use crate::message::Message;
use crate::tick::Ticker;

/// Time between two lines of a load, seconds.
const EVERY_S: f64 = 5.0;

/// Prints a line for each message that concerns who watches, and a line of the load every 5 s.
pub struct PlainLines<P> {
    print: P,
    ticker: Ticker,
    last_unix_s: Option<f64>,
}

impl<P: FnMut(&str)> PlainLines<P> {
    /// Prints with `print`.
    pub fn new(print: P) -> Self {
        Self { print, ticker: Ticker::default(), last_unix_s: None }
    }
}

impl<P: FnMut(&str) + Send> Sink for PlainLines<P> {
    fn on(&mut self, message: &Message) -> io::Result<()> {
        let now = message.t_unix_s;
        if let Some(tick) = self.ticker.on(message) {
            // A little less, so that intervals of 1 s that come a moment early are not skipped.
            if self.last_unix_s.is_none_or(|t| now - t > EVERY_S - 0.1) {
                self.last_unix_s = Some(now);
                (self.print)(&text::load_line(&tick));
            }
        } else if let Some(line) = text::line(&message.news) {
            self.last_unix_s = None;
            (self.print)(&line);
        }
        Ok(())
    }
}
