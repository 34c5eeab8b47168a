//! JSON lines: one object a message, for programs.

use std::io;

use serde_json::{Value, json};

use swarmlab_record::decisions::Line;

use crate::bus::Sink;
use crate::message::{Message, News};
use crate::tick::Ticker;

/// Prints a JSON object for each message that concerns who watches.
pub struct JsonLines<P> {
    print: P,
    ticker: Ticker,
}

impl<P: FnMut(&Value)> JsonLines<P> {
    /// Prints with `print`.
    pub fn new(print: P) -> Self {
        Self { print, ticker: Ticker::default() }
    }
}

impl<P: FnMut(&Value) + Send> Sink for JsonLines<P> {
    fn on(&mut self, message: &Message) -> io::Result<()> {
        if let Some(tick) = self.ticker.on(message) {
            (self.print)(&json!({"event": "load", "tick": tick}));
        } else if let Some(value) = value(&message.news) {
            (self.print)(&value);
        }
        Ok(())
    }
}

fn value(news: &News) -> Option<Value> {
    Some(match news {
        News::Started { name, folder, testbed, reason, .. } => {
            json!({"event": "started", "name": name, "folder": folder.display().to_string(), "testbed": testbed, "reason": reason})
        }
        News::Phase { phase, expected_s } => {
            json!({"event": "phase", "phase": phase, "expected_s": expected_s})
        }
        News::Step(m) => json!({"event": "step", "message": m}),
        News::Converged { ready, of } => json!({"event": "converged", "ready": ready, "of": of}),
        News::Action(action) => {
            let mut value = serde_json::to_value(action).ok()?;
            value.as_object_mut()?.insert("event".to_owned(), "action".into());
            value
        }
        News::Warning(m) => json!({"event": "warning", "message": m}),
        News::Trouble(trouble) => json!({"event": "warning", "message": trouble.to_string()}),
        News::Controllers(line) => {
            let Line::Decision(decided) = line.as_ref() else { return None };
            json!({"event": "decision", "id": decided.id, "decision": decided.decision, "wants": decided.wants})
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use swarmlab_record::Phase;

    use super::*;

    #[test]
    fn whoever_watches_sees_what_concerns_him_and_no_more() {
        let mut lines = Vec::new();
        let mut sink = JsonLines::new(|v: &Value| lines.push(v.to_string()));
        for news in [
            News::Phase { phase: Phase::Load, expected_s: Some(5.0) },
            News::Log("load ended".to_owned()),
            News::Windows(None),
            News::Converged { ready: 1, of: 2 },
            News::Warning("w".to_owned()),
        ] {
            sink.on(&Message { t_unix_s: 1.0, news }).unwrap();
        }
        assert_eq!(
            lines,
            [
                r#"{"event":"phase","phase":"load","expected_s":5.0}"#,
                r#"{"event":"converged","ready":1,"of":2}"#,
                r#"{"event":"warning","message":"w"}"#,
            ]
        );
    }
}
