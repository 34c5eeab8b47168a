//! The figures of a load that ended, as people and machines read them.

use std::collections::BTreeMap;

use serde::Serialize;
use swarmlab_intervals::trust::{Thresholds, Verdict, VerdictInputs, verdict};
use swarmlab_intervals::{
    End, EndpointStats, ErrorKind, FirstAnswer, Histogram, Outcome, Retired, Tally, is_redirect, redirects,
};
use swarmlab_loadgen::{LoadSpec, Model};

use super::checks::{self, Checked};
use super::objectives::{Objective, Objectives};
use super::{Beat, Ended};

/// Everything that is said about a load.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoadSummary {
    /// Version of this form.
    pub format: u32,
    /// Where the load went.
    pub target: String,
    /// `closed` or `open`.
    pub model: &'static str,
    /// Threads of the generator.
    pub threads: usize,
    /// Connections at most.
    pub connections: usize,
    /// Seed of everything random.
    pub seed: u64,
    /// `completed`, `stopped` (by the user) or `aborted`.
    pub end: &'static str,
    /// Start, seconds since the Unix epoch.
    pub start_unix_s: f64,
    /// Time over which requests were sent, seconds.
    pub load_s: f64,
    /// Time from there until the last answer, seconds.
    pub drain_s: f64,
    /// Complete answers per second of the load. Answers that came after its end (the drain) are left out where the
    /// load is made of whole intervals.
    pub requests_per_s: f64,
    /// Requests that were due, per second of the load.
    pub offered_per_s: f64,
    /// Counts of all endpoints.
    pub counts: Counts,
    /// Times of all endpoints.
    pub times: Times,
    /// Time to establish a TCP or Unix connection.
    pub connect: Option<Quantiles>,
    /// Time of the TLS handshake after it.
    pub tls: Option<Quantiles>,
    /// Journeys that came to their last step with success.
    pub iterations: u64,
    /// Connections established.
    pub connections_opened: u64,
    /// Connections that were ended because they had been used for long enough, by bound.
    pub connections_retired: Retired,
    /// The first error of a kind in words, where there are any.
    pub first_errors: BTreeMap<String, String>,
    /// The first answer of each error and status, and of each redirect that was accepted.
    pub first_answers: Vec<FirstAnswer>,
    /// What a reader should know before the figures.
    pub remarks: Vec<String>,
    /// Per endpoint, in the scenario's order.
    pub endpoints: Vec<EndpointSummary>,
    /// What the user demanded, against what was measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<Objective>,
    /// Thresholds against what was measured.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Checked>,
    /// Whether the generator's own figures can be believed, and why not.
    pub generator: GeneratorSummary,
}

/// Counts of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Due.
    pub offered: u64,
    /// At least their first byte was written.
    pub sent: u64,
    /// Answered completely.
    pub completed: u64,
    /// Answered as the step expects.
    pub succeeded: u64,
    /// Everything else.
    pub failed: u64,
    /// Bytes written.
    pub bytes_sent: u64,
    /// Bytes read.
    pub bytes_received: u64,
    /// Complete answers by status (`200`, `404`; `4xx` for those beyond sixteen different ones).
    pub status: BTreeMap<String, u64>,
    /// Failed requests by the error's name.
    pub errors: BTreeMap<String, u64>,
}

/// The three times of a request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Times {
    /// Done − intended: what users felt.
    pub response: Option<Quantiles>,
    /// Done − sent: what the target took.
    pub service: Option<Quantiles>,
    /// Sent − intended: how late requests left.
    pub lateness: Option<Quantiles>,
}

/// Mean and quantiles, milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Quantiles {
    /// Number of values.
    pub count: u64,
    /// Exact mean.
    pub mean_ms: f64,
    /// Median.
    pub p50_ms: f64,
    /// 90 %.
    pub p90_ms: f64,
    /// 95 %.
    pub p95_ms: f64,
    /// 99 %.
    pub p99_ms: f64,
    /// 99.9 %.
    pub p999_ms: f64,
    /// Largest.
    pub max_ms: f64,
}

/// One endpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EndpointSummary {
    /// Name of the step, with its variant.
    pub name: String,
    /// Counts.
    pub counts: Counts,
    /// Complete answers per second of the load, counted as those of the whole load are.
    pub requests_per_s: f64,
    /// Times.
    pub times: Times,
}

/// Successes that are none, and failures of everything: one sentence each.
fn remarks(s: &LoadSummary) -> Vec<String> {
    let (mut out, c) = (Vec::new(), &s.counts);
    let statuses =
        || c.status.iter().map(|(status, n)| format!("{n} times {status}")).collect::<Vec<_>>().join(", ");
    if c.completed > 0 && c.succeeded == 0 {
        out.push(format!("no answer was as expected ({}): the times are those of failures", statuses()));
    }
    let redirected = redirects(&c.status);
    // Those that are followed are not among the first answers.
    let is_answer =
        s.first_answers.iter().any(|answer| is_redirect(answer.status) && !followed_too_far(answer));
    if redirected * 2 > c.completed && is_answer {
        let location = s.first_answers.iter().find_map(FirstAnswer::location);
        let to = location.map_or_else(String::new, |to| format!(", the first to {to}"));
        out.push(format!(
            "{redirected} of {} answers are redirects{to}: they are not followed (`--follow-redirects` follows them), and the times are those of the redirect",
            c.completed
        ));
    }
    out
}

/// Whether a redirect is an error of one that is followed, which is told by its own name.
fn followed_too_far(answer: &FirstAnswer) -> bool {
    matches!(answer.error, Some(ErrorKind::TooManyRedirects | ErrorKind::RedirectRefused))
}

/// The generator's judgement of itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GeneratorSummary {
    /// Over the whole run.
    pub verdict: Verdict,
    /// What it is made from.
    pub inputs: VerdictInputs,
}

impl LoadSummary {
    /// Sums up a load; `target` is where it went, in words.
    pub fn of(spec: &LoadSpec, target: &str, ended: &Ended, objectives: &Objectives) -> Self {
        let o = &ended.outcome;
        let load_s = (o.load_end_unix_s - o.start_unix_s).max(0.0);
        let mut counts = counts(&o.overall.tally);
        counts.offered = o.offered;
        for (kind, n) in &o.unassigned_errors {
            counts.failed += n;
            *counts.errors.entry(kind.name().to_owned()).or_default() += n;
        }
        let mut summary = Self {
            format: 1,
            target: target.to_owned(),
            model: match spec.model {
                Model::Closed { .. } => "closed",
                Model::Open { .. } => "open",
            },
            threads: spec.threads,
            connections: spec.limits.max_connections,
            seed: spec.seed,
            end: match o.end {
                End::Completed => "completed",
                End::Stopped => "stopped",
                End::Aborted => "aborted",
            },
            start_unix_s: o.start_unix_s,
            load_s,
            drain_s: (o.end_unix_s - o.load_end_unix_s).max(0.0),
            requests_per_s: throughput(
                o,
                &ended.beats,
                &|b| b.completed.iter().sum(),
                o.overall.tally.completed,
            ),
            offered_per_s: if load_s > 0.0 { o.offered as f64 / load_s } else { 0.0 },
            counts,
            times: times(&o.overall),
            connect: Quantiles::of(&o.connect, None),
            tls: Quantiles::of(&o.tls, None),
            iterations: o.iterations_completed,
            connections_opened: o.connections_opened,
            connections_retired: o.connections_retired,
            first_errors: o.first_errors.iter().map(|(k, t)| (k.name().to_owned(), t.clone())).collect(),
            first_answers: o.first_answers.clone(),
            remarks: Vec::new(),
            endpoints: o
                .endpoints
                .iter()
                .enumerate()
                .map(|(k, e)| EndpointSummary {
                    name: e.endpoint.clone(),
                    counts: self::counts(&e.tally),
                    requests_per_s: throughput(o, &ended.beats, &|b| b.completed[k], e.tally.completed),
                    times: times(e),
                })
                .collect(),
            objectives: Vec::new(),
            checks: Vec::new(),
            generator: GeneratorSummary {
                verdict: verdict(&o.verdict_inputs, &Thresholds::default()),
                inputs: o.verdict_inputs,
            },
        };
        summary.objectives = objectives.judge(&summary);
        summary.checks = checks::judge(&objectives.checks, &summary);
        summary.remarks = remarks(&summary);
        summary
    }
}

/// Complete answers per second: over the whole intervals inside the load, if they cover nine tenths of it; else over
/// everything up to the last answer, so that a slow drain lowers the figure instead of raising it.
fn throughput(o: &Outcome, beats: &[Beat], of: &dyn Fn(&Beat) -> u64, completed_at_all: u64) -> f64 {
    const CLOCK_S: f64 = 1e-3;
    let load_s = o.load_end_unix_s - o.start_unix_s;
    let inside = beats.iter().take_while(|b| b.end_unix_s <= o.load_end_unix_s + CLOCK_S);
    let (covered_s, completed) =
        inside.fold((0.0_f64, 0_u64), |(t, n), b| (t.max(b.end_unix_s - o.start_unix_s), n + of(b)));
    if covered_s > 0.9 * load_s {
        return completed as f64 / covered_s;
    }
    let whole_s = o.end_unix_s - o.start_unix_s;
    if whole_s > 0.0 { completed_at_all as f64 / whole_s } else { 0.0 }
}

fn counts(t: &Tally) -> Counts {
    Counts {
        offered: t.offered,
        sent: t.sent,
        completed: t.completed,
        succeeded: t.succeeded,
        failed: t.failed,
        bytes_sent: t.bytes_sent,
        bytes_received: t.bytes_received,
        status: t.statuses.by_name(),
        errors: t.errors().into_iter().map(|(kind, n)| (kind.name().to_owned(), n)).collect(),
    }
}

fn times(e: &EndpointStats) -> Times {
    Times {
        response: Quantiles::of(&e.response, Some(e.tally.response_sum_s)),
        service: Quantiles::of(&e.service, Some(e.tally.service_sum_s)),
        lateness: Quantiles::of(&e.lateness, Some(e.tally.lateness_sum_s)),
    }
}

impl Quantiles {
    /// Of a histogram of microseconds; `sum_s` is the exact sum where it is known.
    pub fn of(h: &Histogram, sum_s: Option<f64>) -> Option<Self> {
        let ms = |us: u64| us as f64 / 1e3;
        let at = |q: f64| ms(h.value_at_quantile(q));
        (!h.is_empty()).then(|| Self {
            count: h.len(),
            mean_ms: sum_s.map_or_else(|| h.mean() / 1e3, |s| s * 1e3 / h.len() as f64),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p95_ms: at(0.95),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: ms(h.max()),
        })
    }
}
