//! One question: what an answer means, and when it is asked again.

use std::io::{Error, ErrorKind, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use swarmlab_catalogue::answer::{self, Answer, AnswerError, Each};

use super::PastError;
use super::address::{Access, Address};
use super::fetch::News;
use super::http::{Client, Response};
use super::plan::{Piece, Wanted};
use super::stop::Stop;

/// Bytes read of the body of an error.
const ERROR_BYTES: u64 = 1 << 16;
/// Longest wait that Prometheus may ask for before it is asked again, seconds.
const LONGEST_RETRY_AFTER_S: f64 = 60.0;
/// Longest wait of our own, seconds.
const LONGEST_WAIT_S: f64 = 15.0;

/// How long and how often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Patience {
    /// How long no byte may come.
    pub silence: Duration,
    /// How often a question is asked again.
    pub retries: u32,
    /// Wait before it is asked again the first time, seconds; twice as long each time after.
    pub wait_s: f64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { silence: Duration::from_secs(120), retries: 5, wait_s: 0.5 }
    }
}

/// Asks one Prometheus.
pub struct Asker {
    client: Client,
    patience: Patience,
}

/// How a question ended that has no answer.
#[derive(Debug)]
pub(super) enum Failed {
    /// It will never have one.
    Never(PastError),
    /// It is too much at once: for Prometheus' memory, or its time.
    TooMuch(String),
    /// Perhaps another time; after so many seconds if Prometheus says so.
    Now(String, Option<f64>),
}

impl Asker {
    /// Nothing is sent yet; whatever waits later ends when it is told to stop.
    ///
    /// # Errors
    /// [`PastError::Access`]: credentials or certificates that cannot be used.
    pub fn new(address: Address, access: &Access, patience: Patience, stop: Stop) -> Result<Self, PastError> {
        Ok(Self { client: Client::new(address, access, patience.silence, stop)?, patience })
    }

    /// Where.
    pub fn url(&self) -> &str {
        self.client.address.url()
    }

    /// Whether to go on.
    ///
    /// # Errors
    /// [`PastError::Interrupted`]: no.
    pub fn check(&self) -> Result<(), PastError> {
        self.client.stop.check()
    }

    /// Asks until there is an answer or none is to be hoped for, which is never [`Failed::Now`]. Who gave up elsewhere is not
    /// asked again.
    pub(super) fn insist<T>(
        &self,
        given_up: &AtomicBool,
        told: &dyn Fn(News),
        once: &mut dyn FnMut() -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let mut nth = 0;
        loop {
            let (why, wait_s) = match once() {
                Err(Failed::Now(why, wait_s)) => (why, wait_s),
                ended => return ended,
            };
            self.check().map_err(Failed::Never)?;
            if nth == self.patience.retries || given_up.load(Ordering::Relaxed) {
                let url = self.url().to_owned();
                return Err(Failed::Never(PastError::Silent { url, why, tries: nth + 1 }));
            }
            let wait = self.wait(nth, wait_s);
            told(News::Again { why, wait_s: wait.as_secs_f64() });
            self.client.stop.sleep(wait).map_err(Failed::Never)?;
            nth += 1;
        }
    }

    /// The wait before a question is asked again the `nth` time, from 0.
    fn wait(&self, nth: u32, asked_for_s: Option<f64>) -> Duration {
        let own_s = (self.patience.wait_s * 2f64.powi(nth.min(30) as i32)).min(LONGEST_WAIT_S);
        Duration::from_secs_f64(own_s.max(asked_for_s.unwrap_or(0.0).min(LONGEST_RETRY_AFTER_S)))
    }

    /// Prometheus' own time, Unix milliseconds. Whether something answers at all, whether it is a Prometheus and takes the
    /// credentials, is known then.
    ///
    /// # Errors
    /// [`PastError`].
    pub fn now_ms(&self, told: &dyn Fn(News)) -> Result<i64, PastError> {
        let mut now_ms = None;
        let asked = self.insist(&AtomicBool::new(false), told, &mut || {
            let asked = self.say("/api/v1/query", &[("query", "time()")], "time()", &mut |_, points| {
                now_ms = points.first().map(|p| p.t_ms);
                Ok(())
            });
            // Nobody asks for less than this: it is busy.
            asked.map_err(|failed| match failed {
                Failed::TooMuch(why) => Failed::Now(why, None),
                failed => failed,
            })
        });
        match asked {
            Ok(_) => now_ms.ok_or_else(|| self.other("it does not know what time it is (`time()`)")),
            Err(Failed::Never(e)) => Err(e),
            Err(Failed::TooMuch(why) | Failed::Now(why, _)) => Err(self.other(&why)),
        }
    }

    /// Asks for a piece, once.
    pub(super) fn piece(
        &self,
        promql: &str,
        piece: Piece,
        wanted: Wanted,
        each: &mut Each<'_>,
    ) -> Result<Answer, Failed> {
        match wanted {
            Wanted::Steps { step_ms } => {
                let [start, end, step] = [piece.from_ms, piece.to_ms, step_ms].map(seconds);
                let form = [("query", promql), ("start", &start), ("end", &end), ("step", &step)];
                self.say("/api/v1/query_range", &form, promql, each)
            }
            Wanted::Raw => {
                let query = format!("{promql}[{}ms]", piece.to_ms - piece.from_ms);
                self.say("/api/v1/query", &[("query", &query), ("time", &seconds(piece.to_ms))], promql, each)
            }
        }
    }

    fn say(
        &self,
        path: &str,
        form: &[(&str, &str)],
        promql: &str,
        each: &mut Each<'_>,
    ) -> Result<Answer, Failed> {
        let mut response = self.client.post(path, form).map_err(|e| self.broken(&e))?;
        if response.status != 200 {
            return Err(self.refused(response, promql));
        }
        let mut failed_here = None;
        let taken = &mut |labels: &answer::Labels, points: &[answer::Point]| {
            each(labels, points).map_err(|e| {
                failed_here = Some(e);
                Error::other("not taken")
            })
        };
        let read = answer::read(&mut response.body, taken);
        if let Some(e) = failed_here {
            return Err(Failed::Never(self.kept_not(e)));
        }
        match read {
            Ok(answer) if answer.is_success => Ok(answer),
            Ok(answer) => Err(self.of_error(200, &answer, promql, None)),
            Err(AnswerError::Io(e)) => Err(self.broken(&self.client.in_words(e))),
            Err(e @ (AnswerError::NotJson(_) | AnswerError::NotAnswer(_))) => {
                Err(Failed::Never(self.other(&e.to_string())))
            }
            Err(e @ AnswerError::NotNumbers(_)) => {
                Err(Failed::Never(PastError::Odd { url: self.url().to_owned(), why: e.to_string() }))
            }
            // Cut off or damaged on its way.
            Err(e @ (AnswerError::Cut(_) | AnswerError::Damaged(_))) => Err(Failed::Now(e.to_string(), None)),
        }
    }

    /// An answer with another status than 200.
    fn refused(&self, response: Response, promql: &str) -> Failed {
        let Response { status, location, retry_after_s, body } = response;
        let mut text = Vec::new();
        // What it says is for people; a body that is cut off says less.
        let _ = body.take(ERROR_BYTES).read_to_end(&mut text);
        let read = answer::read(&text[..], &mut |_, _| Ok(()));
        if let Ok(answer) = &read
            && !answer.is_success
            && !matches!(status, 401 | 403)
        {
            return self.of_error(status, answer, promql, retry_after_s);
        }
        let words = match &read {
            Ok(answer) if !answer.error.is_empty() => format!(": {}", answer.error),
            _ => said(&text),
        };
        match status {
            401 | 403 => Failed::Never(PastError::Login { url: self.url().to_owned(), status, words }),
            300..=399 => Failed::Never(self.other(&match location {
                Some(to) => format!("it answers {status} and sends to {to}"),
                None => format!("it answers {status}"),
            })),
            429 | 500 | 502..=504 => Failed::Now(format!("it answers {status}{words}"), retry_after_s),
            _ => Failed::Never(self.other(&format!("it answers {status}{words}"))),
        }
    }

    /// An error in Prometheus' own words.
    fn of_error(&self, status: u16, answer: &Answer, promql: &str, retry_after_s: Option<f64>) -> Failed {
        let words = answer.error.clone();
        let lower = words.to_lowercase();
        let too_much = ["too many samples", "exceeded maximum resolution", "too many points"];
        match answer.error_type.as_str() {
            _ if too_much.iter().any(|much| lower.contains(much)) => Failed::TooMuch(words),
            "timeout" => Failed::TooMuch(words),
            "bad_data" | "execution" => {
                Failed::Never(PastError::Refused { promql: promql.to_owned(), words })
            }
            kind => Failed::Now(format!("it answers {status} ({kind}: {words})"), retry_after_s),
        }
    }

    /// A connection that was not made, or broke.
    fn broken(&self, e: &Error) -> Failed {
        let mut words = e.to_string();
        // TLS says what is wrong with a certificate, and will say it again.
        let tls = e.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if matches!(tls, Some(rustls::Error::InvalidCertificate(_))) {
            let what = format!("the certificate of {}", self.url());
            return Failed::Never(PastError::Access { what, why: words });
        }
        if e.kind() == ErrorKind::InvalidData {
            return Failed::Never(self.other(&words));
        }
        if words.is_empty() {
            words = format!("{:?}", e.kind());
        }
        Failed::Now(words, None)
    }

    fn kept_not(&self, e: Error) -> PastError {
        match e.downcast::<PastError>() {
            Ok(ours) => ours,
            Err(e) => PastError::Io { action: "write", path: "the parts".into(), source: e },
        }
    }

    fn other(&self, why: &str) -> PastError {
        PastError::NotPrometheus { url: self.url().to_owned(), why: why.to_owned() }
    }
}

/// The first line of what a proxy says, behind a colon.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    match text.lines().map(str::trim).find(|line| !line.is_empty()) {
        Some(line) if !line.starts_with('<') => format!(": {}", line.chars().take(200).collect::<String>()),
        _ => String::new(),
    }
}

/// `1795275753.250`.
fn seconds(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", ms.abs() / 1000, ms.abs() % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_are_written_in_seconds() {
        assert_eq!(
            ["1795275753.250", "-0.001", "0.000"],
            [1_795_275_753_250, -1, 0].map(seconds).each_ref().map(String::as_str)
        );
    }
}
