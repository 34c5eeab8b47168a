//! Arguments of `load`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use swarmlab_loadgen::ContentCoding;
use swarmlab_shapes::{Arrivals, Modulation};

/// Arguments of `load`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("levels").args(["rate", "shape"]).multiple(true)))]
#[command(after_help = "\
Without --rate, --users or --shape as many users as connections send one request after the other (as wrk does). \
With --rate requests are sent by a schedule, whatever the answers (open loop), and latency counts from the moment a \
request was due: a stalled server is not flattered (no coordinated omission).

Examples:
  swarmlab load http://127.0.0.1:8080/ --connections 50 --duration 10s
  swarmlab load http://127.0.0.1:8080/ --rate 5000 --arrivals poisson --duration 1m
  swarmlab load http://127.0.0.1:8080 --shape loadshapes/step.yml --scenario loadshapes/scenarios/exercise.yml
  swarmlab load http://127.0.0.1:8000 --target agent=http://127.0.0.1:8001 --scenario loadshapes/scenarios/ai-agent.yml
  swarmlab load http://127.0.0.1:8080/ --rate 500 --duration 30s --out results/r1 --require-valid --json
  swarmlab load http://127.0.0.1:8080 --scenario loadshapes/scenarios/basic.yml --debug
  swarmlab load http://127.0.0.1:8080/ --rate 500 --accept-encoding gzip,deflate --html load.html
  swarmlab load http://127.0.0.1:8080/ --rate 500 --max-p95 200ms --max-errors 1%
  swarmlab load http://127.0.0.1:8080/ --rate 500 --check 'p99(response) < 1s' --check 'throughput >= 95 % of offered'")]
pub struct LoadArgs {
    /// Where to send requests, e.g. http://127.0.0.1:8080/path; with a scenario the target of steps that name none, or
    /// that name the one that no --target gives
    pub url: String,
    /// Connections at most
    #[arg(short, long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub connections: u32,
    /// Threads of the generator
    #[arg(short, long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub threads: u8,
    /// How long to send
    #[arg(short, long, default_value = "10s", value_parser = duration, conflicts_with = "shape")]
    pub duration: Duration,
    /// Requests per second (open loop)
    #[arg(short, long, value_name = "PER_S", conflicts_with_all = ["users", "shape"], value_parser = positive)]
    pub rate: Option<f64>,
    /// Users, each sending, waiting for the answer, thinking, and starting again (closed loop; default: as many as
    /// connections)
    #[arg(short, long, conflicts_with = "shape", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub users: Option<u32>,
    /// Users that may start per second (closed loop; default: all at once)
    #[arg(long, value_name = "PER_S", conflicts_with = "rate", value_parser = positive)]
    pub spawn_rate: Option<f64>,
    /// How arrivals spread (open loop; with --rate or --shape)
    #[arg(long, value_enum, requires = "levels", conflicts_with_all = ["users", "spawn_rate"])]
    pub arrivals: Option<ArrivalsFlag>,
    /// Load shape (a file in the form of loadshapes/*.yml); its levels are users, or requests per second with
    /// --arrivals
    #[arg(long, value_name = "FILE")]
    pub shape: Option<PathBuf>,
    /// What each user does (a file in the form of loadshapes/scenarios/*.yml)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["method", "body", "body_file"])]
    pub scenario: Option<PathBuf>,
    /// Another target that the scenario's steps may name; may be given more than once
    #[arg(long, value_name = "NAME=URL", requires = "scenario")]
    pub target: Vec<String>,
    /// HTTP method
    #[arg(short = 'X', long, default_value = "GET")]
    pub method: String,
    /// Request header, with a scenario for each of its HTTP steps that does not set it; may be given more than once
    #[arg(short = 'H', long, value_name = "NAME: VALUE")]
    pub header: Vec<String>,
    /// Request body
    #[arg(short = 'b', long, conflicts_with = "body_file")]
    pub body: Option<String>,
    /// File with the request body, sent as it is (values are filled in only in --body)
    #[arg(long, value_name = "FILE")]
    pub body_file: Option<PathBuf>,
    /// HTTP/2: with prior knowledge over http://, through ALPN (or failing) over https://
    #[arg(long)]
    pub http2: bool,
    /// Let TLS agree on HTTP/2 or HTTP/1.1
    #[arg(long, conflicts_with = "http2")]
    pub alpn: bool,
    /// Requests under way at once on one HTTP/2 connection
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub streams: Option<u32>,
    /// Follow redirects, at most N one after the other (default: 10), to the same host or another target of the load; each
    /// counts as a request of its own. Steps of a scenario may say otherwise
    #[arg(long, value_name = "N", num_args = 0..=1, require_equals = true, default_missing_value = "10",
        value_parser = clap::value_parser!(u32).range(1..=50))]
    pub follow_redirects: Option<u32>,
    /// Ask for compressed answers (`Accept-Encoding`): gzip, deflate, or both; a body that is checked or taken values from is
    /// decompressed first. Steps of a scenario may say otherwise
    #[arg(long, value_name = "CODINGS", value_delimiter = ',', value_parser = coding)]
    pub accept_encoding: Vec<ContentCoding>,
    /// Do each task once instead of a load, and print each request, answer, extraction and check (exit code 7 if one fails)
    #[arg(long, conflicts_with_all = ["rate", "users", "shape", "spawn_rate", "out", "html", "locust_csv", "max_p95", "max_errors",
        "require_valid"])]
    pub debug: bool,
    /// Only the tasks of this class
    #[arg(long, value_name = "NAME", requires = "debug")]
    pub class: Option<String>,
    /// Only the task of this name
    #[arg(long, value_name = "NAME", requires = "debug")]
    pub task: Option<String>,
    /// A new connection for each request
    #[arg(long)]
    pub no_keepalive: bool,
    /// End a connection that is so old, between two requests: new replicas behind a balancer get some of the load
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "no_keepalive")]
    pub connection_max_age: Option<Duration>,
    /// End a connection that has carried so many requests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), conflicts_with = "no_keepalive")]
    pub connection_max_requests: Option<u64>,
    /// End a connection that nobody has needed for so long
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "no_keepalive")]
    pub connection_max_idle: Option<Duration>,
    /// Accept any certificate: for tests only, the target is not authenticated
    #[arg(long)]
    pub insecure: bool,
    /// Certificate authority to trust instead of the usual ones (PEM)
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,
    /// Client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Key of the client certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Name to ask for and to check in the certificate, instead of the URL's host
    #[arg(long, value_name = "NAME")]
    pub server_name: Option<String>,
    /// After this a request counts as failed
    #[arg(long, default_value = "30s", value_parser = duration)]
    pub timeout: Duration,
    /// How long answers under way are waited for after the last request
    #[arg(long, default_value = "10s", value_parser = swarmlab_yaml::parse_duration)]
    pub drain: Duration,
    /// Fixes arrivals, waits and draws
    #[arg(long, default_value_t = 42)]
    pub seed: u64,
    /// Watch the clock instead of sleeping for this long before each due moment: on time to microseconds, for CPU
    /// (auto: an eighth of the wait, at most 25us)
    #[arg(long, default_value = "auto", value_name = "auto|DURATION", value_parser = spin)]
    pub spin: Spin,
    /// Keep this machine's CPUs from sleeping meanwhile: on time on an idle virtual machine, too (root)
    #[arg(long)]
    pub keep_awake: bool,
    /// Folder for interval histograms, client.parquet and summary.json (new or empty)
    #[arg(short, long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write the load's report to this file: one page that opens offline, as `swarmlab report` writes it for a run; a file of
    /// that name is overwritten
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Also write PREFIX_stats.csv, PREFIX_stats_history.csv, PREFIX_failures.csv and PREFIX_exceptions.csv as Locust does
    #[arg(long, value_name = "PREFIX")]
    pub locust_csv: Option<PathBuf>,
    /// A row for each endpoint in PREFIX_stats_history.csv, too, with percentiles of the last 10 s
    #[arg(long, requires = "locust_csv")]
    pub locust_full_history: bool,
    /// Fail (exit code 7) when the 95th percentile of the response time is above this
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub max_p95: Option<Duration>,
    /// Fail (exit code 7) when more of the requests that were due failed, e.g. 1%
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    pub max_errors: Option<f64>,
    /// Fail (exit code 7) unless this holds: p95(response) < 250ms, errors / sent < 1 %, throughput >= 95 % of offered; may be
    /// given more than once
    #[arg(long, value_name = "CHECK")]
    pub check: Vec<String>,
    /// End the load (exit code 7) once a --check on response times, rates or shares is missed, so long after its beginning or later
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "check")]
    pub abort_after: Option<Duration>,
    /// Objectives, checks and the generator's verdict as a JUnit file
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Fail (exit code 6) when the generator's own figures are not valid
    #[arg(long)]
    pub require_valid: bool,
}

/// `--spin`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spin {
    /// As long as it costs little.
    Auto,
    /// That long.
    For(Duration),
}

fn spin(text: &str) -> Result<Spin, String> {
    match text {
        "auto" => Ok(Spin::Auto),
        text => swarmlab_yaml::parse_duration(text).map(Spin::For),
    }
}

/// `--arrivals`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ArrivalsFlag {
    /// Evenly spaced.
    Uniform,
    /// Independent exponential gaps.
    Poisson,
    /// Exponential gaps whose rate switches between a quiet and a busy state.
    Mmpp2,
}

impl From<ArrivalsFlag> for Arrivals {
    fn from(f: ArrivalsFlag) -> Self {
        match f {
            ArrivalsFlag::Uniform => Self::Uniform,
            ArrivalsFlag::Poisson => Self::Poisson,
            ArrivalsFlag::Mmpp2 => Self::Mmpp2(Modulation::default()),
        }
    }
}

fn coding(text: &str) -> Result<ContentCoding, String> {
    ContentCoding::named(text.trim().as_bytes()).ok_or_else(|| "expected gzip or deflate".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    match swarmlab_yaml::parse_duration(text)? {
        Duration::ZERO => Err("expected more than 0".to_owned()),
        d => Ok(d),
    }
}

/// A share from 0 to 1, written as a percentage.
fn percent(text: &str) -> Result<f64, String> {
    match text.strip_suffix('%').map(|number| number.trim().parse::<f64>()) {
        Some(Ok(v)) if (0.0..=100.0).contains(&v) => Ok(v / 100.0),
        _ => Err("expected 0% to 100%".to_owned()),
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(v) if v.is_finite() && v > 0.0 && v <= 1e7 => Ok(v),
        _ => Err("expected a number above 0, at most 1e7".to_owned()),
    }
}
