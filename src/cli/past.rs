//! What commands that ask the past of a Prometheus share: where, who asks, from when to when.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use swarmlab_telemetry::past::{
    Access, Address, Asker, Job, Login, News, PastError, Patience, Secret, Stop, fetch,
};
use swarmlab_yaml::parse_duration;

use super::{output, session};
use crate::exit::Exit;

/// Environment variable of the password.
const PASSWORD: &str = "SWARMLAB_PROMETHEUS_PASSWORD";
/// Environment variable of the token.
const BEARER: &str = "SWARMLAB_PROMETHEUS_BEARER";

/// Said in the help of each such command.
pub const MOMENTS: &str = "\
FROM and TO are dates with a zone (2026-11-28T02:00:00Z), Unix seconds, or now-90m; now is the time of Prometheus' own \
clock. Passwords and tokens come from a file or the environment (SWARMLAB_PROMETHEUS_PASSWORD, SWARMLAB_PROMETHEUS_BEARER), \
since every user of a machine sees the arguments of a command.";

/// Where the Prometheus is, and what it wants to be asked with.
#[derive(Debug, Args)]
pub struct PrometheusArgs {
    /// User for basic authentication; the password comes from --password-file or SWARMLAB_PROMETHEUS_PASSWORD
    #[arg(long, value_name = "NAME", conflicts_with = "bearer_file")]
    user: Option<String>,
    /// File with the password
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// File with a token (Authorization: Bearer); or SWARMLAB_PROMETHEUS_BEARER
    #[arg(long, value_name = "FILE")]
    bearer_file: Option<PathBuf>,
    /// PEM of the certificates to trust, in place of Mozilla's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    /// Questions under way at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub parallel: u8,
    /// How often a question is asked again that was refused for the moment (503, 429), cut off or not answered; each time
    /// after twice the wait
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=100))]
    retries: u32,
    /// How long Prometheus may say nothing before a question counts as not answered
    #[arg(long, value_name = "D", default_value = "2m", value_parser = parse_duration)]
    timeout: Duration,
}

impl PrometheusArgs {
    /// Whoever asks. Nothing is sent yet.
    ///
    /// # Errors
    /// [`PastError`]: an address, credentials or certificates that cannot be used.
    pub fn asker(&self, url: &str, stop: &Stop) -> Result<Asker, PastError> {
        let address = Address::parse(url)?;
        let access = Access {
            login: self.login()?,
            ca_pem: self.cacert.as_deref().map(|path| read("--cacert", path)).transpose()?,
        };
        if self.timeout.is_zero() {
            return Err(PastError::Access { what: "--timeout".into(), why: "it is no time at all".into() });
        }
        let patience = Patience { silence: self.timeout, retries: self.retries, ..Patience::default() };
        Asker::new(address, &access, patience, stop.clone())
    }

    fn login(&self) -> Result<Option<Login>, PastError> {
        let environment = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        if let Some(user) = &self.user {
            let password = match &self.password_file {
                Some(path) => secret("--password-file", path)?,
                None => Secret::new(&environment(PASSWORD).ok_or_else(|| PastError::Access {
                    what: "--user".into(),
                    why: format!("there is no password: give --password-file FILE, or set {PASSWORD}"),
                })?),
            };
            return Ok(Some(Login::Basic { user: user.clone(), password }));
        }
        let token = match &self.bearer_file {
            Some(path) => Some(secret("--bearer-file", path)?),
            None => environment(BEARER).map(|token| Secret::new(&token)),
        };
        Ok(token.map(Login::Bearer))
    }
}

/// Does work that blocks, and that ends in order when the command is interrupted.
pub fn interruptible(work: impl FnOnce(&Stop, &session::Left) -> Exit) -> Exit {
    session::block_on(|cancel, left| async move {
        let stop = Stop::default();
        let wanted = stop.clone();
        tokio::spawn(async move {
            cancel.cancelled().await;
            wanted.now();
        });
        tokio::task::block_in_place(|| work(&stop, &left))
    })
}

fn read(option: &str, path: &Path) -> Result<Vec<u8>, PastError> {
    let what = || format!("{option} {}", path.display());
    std::fs::read(path).map_err(|e| PastError::Access { what: what(), why: e.to_string() })
}

fn secret(option: &str, path: &Path) -> Result<Secret, PastError> {
    let wrong =
        |why: &str| PastError::Access { what: format!("{option} {}", path.display()), why: why.into() };
    let text = String::from_utf8(read(option, path)?).map_err(|_| wrong("it is no UTF-8"))?;
    if text.trim().is_empty() {
        return Err(wrong("it is empty"));
    }
    Ok(Secret::new(&text))
}

/// A moment as it is written, Unix milliseconds.
///
/// # Errors
/// [`PastError::Window`].
pub fn moment_ms(option: &str, text: &str, now_ms: i64) -> Result<i64, PastError> {
    let wrong = |why: String| PastError::Window(format!("{option} {text}: {why}"));
    if let Some(rest) = text.strip_prefix("now") {
        let (sign, length) = match (rest.strip_prefix('-'), rest.strip_prefix('+')) {
            (Some(length), _) => (-1, length),
            (_, Some(length)) => (1, length),
            _ if rest.is_empty() => return Ok(now_ms),
            _ => return Err(wrong("`now` is followed by `-` and a duration, as in now-90m".to_owned())),
        };
        let length = parse_duration(length).map_err(wrong)?;
        let length_ms = i64::try_from(length.as_millis()).map_err(|_| wrong("too long ago".to_owned()))?;
        return now_ms.checked_add(sign * length_ms).ok_or_else(|| wrong("too long ago".to_owned()));
    }
    let unix_s =
        swarmlab_units::utc::parse_s(text).or_else(|| text.parse().ok().filter(|s: &f64| s.is_finite()));
    match unix_s {
        Some(s) if s.abs() > 1e11 => {
            Err(wrong("no Unix seconds; are these milliseconds? Divide by 1000".to_owned()))
        }
        Some(s) => Ok((s * 1e3).round() as i64),
        None => Err(wrong(
            "a date with a zone (2026-11-28T02:00:00Z), Unix seconds, or now-90m was expected".to_owned(),
        )),
    }
}

/// A moment as a date.
pub fn shown(ms: i64) -> String {
    swarmlab_units::utc::extended(ms.div_euclid(1000)).unwrap_or_else(|| ms.to_string())
}

/// From when to when, Unix milliseconds, by the clock of Prometheus. An end in the future is moved to now, which is told.
///
/// # Errors
/// [`PastError::Window`].
pub fn window_ms(from: &str, to: &str, now_ms: i64, json: bool) -> Result<(i64, i64), PastError> {
    let (from_ms, to_ms) = (moment_ms("--from", from, now_ms)?, moment_ms("--to", to, now_ms)?);
    if to_ms < from_ms {
        return Err(PastError::Window(format!(
            "the window ends ({}) before it begins ({})",
            shown(to_ms),
            shown(from_ms)
        )));
    }
    if from_ms > now_ms {
        return Err(PastError::Window(format!(
            "the window begins in the future: at {}, and Prometheus' clock says {}",
            shown(from_ms),
            shown(now_ms)
        )));
    }
    if to_ms > now_ms {
        let text = format!(
            "the window ends in the future; what is fetched ends now, at {}, by Prometheus' clock",
            shown(now_ms)
        );
        output::remark(&text, json);
    }
    Ok((from_ms, to_ms.min(now_ms)))
}

/// Fetches what is missing, and tells what does not go smoothly.
///
/// # Errors
/// [`PastError`].
pub fn fetched(job: &Job<'_>, json: bool) -> Result<(), PastError> {
    fetch(job, &|news| tell(news, json))
}

/// Tells what does not go smoothly; the rest to who asks for more (`-v`).
pub fn tell(news: News, json: bool) {
    match news {
        News::Again { why, wait_s } => {
            output::remark(&format!("{why}; asked again in {wait_s:.1} s"), json);
        }
        News::Halved { why } => tracing::info!("{why}; asked for in halves"),
        News::Part { done, of } => tracing::info!("{done} of {of} parts"),
    }
}

/// What to do about an error.
pub fn help(error: &PastError) -> Option<&'static str> {
    match error {
        PastError::Login { .. } => Some(
            "give --user NAME with --password-file FILE, or --bearer-file FILE, as this Prometheus wants it",
        ),
        PastError::NotPrometheus { .. } => Some(
            "give the address before /api/v1, with the path below which Prometheus is served, if there is one",
        ),
        PastError::Silent { .. } => {
            Some("is it running, and reachable from here? --retries and --timeout say how patient to be")
        }
        PastError::OtherParts { .. } => {
            Some("take another -o FILE, repeat the command that began it, or throw it away with --restart")
        }
        PastError::Busy { .. } => Some("wait for it, end it with Ctrl-C, or take another -o FILE"),
        PastError::Part { .. } => Some("fetch it anew with --restart"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn moments_are_dates_seconds_or_relative_to_now() {
        let now_ms = 1_795_275_753_500;
        for (text, ms) in [
            ("now", now_ms),
            ("now-90m", now_ms - 5_400_000),
            ("now-1h30m", now_ms - 5_400_000),
            ("2026-11-21T15:42:33.25Z", 1_795_275_753_250),
            ("2026-11-21T16:42:33+01:00", 1_795_275_753_000),
            ("1795275753.25", 1_795_275_753_250),
        ] {
            assert_eq!(moment_ms("--from", text, now_ms).unwrap(), ms, "{text}");
        }
        for (text, why) in [
            ("yesterday", "a date with a zone"),
            ("2026-11-21T15:42:33", "a date with a zone"),
            ("1795275753250", "milliseconds"),
            ("now-90", "unit"),
            ("nowish", "followed by"),
            ("NaN", "a date"),
        ] {
            let told = moment_ms("--from", text, now_ms).unwrap_err().to_string();
            assert!(told.contains(why) && told.contains(text), "{told}");
        }
    }

    #[test]
    fn a_window_in_the_future_is_refused_and_its_end_is_cut() {
        let now_ms = 1_000_000_000;
        let told = window_ms("now+1s", "now+2s", now_ms, false).unwrap_err().to_string();
        assert!(told.contains("in the future"), "{told}");
        assert_eq!(window_ms("now-1s", "now+2s", now_ms, true).unwrap(), (now_ms - 1000, now_ms));
        assert!(window_ms("now", "now-2s", now_ms, false).is_err());
    }
}
