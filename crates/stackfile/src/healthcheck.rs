//! How a task's health is probed.

use crate::read::{duration_from_ms, number};
use std::time::Duration;
use swarmlab_codes as codes;
use swarmlab_yaml::{Kind, Value};

/// A service's health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Healthcheck {
    /// What is run; `None` keeps the image's own probe.
    pub probe: Option<Probe>,
    /// Time between two probes; the Engine's default if absent.
    pub interval: Option<Duration>,
    /// Time after which a probe has failed.
    pub timeout: Option<Duration>,
    /// Time after the start in which failures do not count.
    pub start_period: Option<Duration>,
    /// Time between two probes within the start period (Engines from 25.0).
    pub start_interval: Option<Duration>,
    /// Failures in a row that make the task unhealthy.
    pub retries: Option<u32>,
}

/// What a health check runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Nothing: the image's own probe is switched off.
    Disabled,
    /// A program with its arguments.
    Exec(Vec<String>),
    /// A command line for the container's shell.
    Shell(String),
}

impl Probe {
    /// As the Engine writes it.
    pub fn engine_form(&self) -> Vec<String> {
        match self {
            Probe::Disabled => vec!["NONE".to_owned()],
            Probe::Exec(words) => std::iter::once("CMD".to_owned()).chain(words.iter().cloned()).collect(),
            Probe::Shell(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
        }
    }
}

pub(crate) fn read(value: &Value<'_>) -> Option<Healthcheck> {
    let map = value.mapping()?;
    let disable = map.or("disable", false, Value::bool);
    let test = map.get("test").filter(|v| !v.is_null());
    let probe = match &test {
        Some(test) if disable => {
            let message = "a health check cannot have a test and be disabled";
            value.cx().push(test.error(codes::BAD_VALUE, message).help("remove `test` or `disable: true`"));
            None
        }
        Some(test) => read_probe(test),
        None => disable.then_some(Probe::Disabled),
    };
    let interval = map.optional("interval", duration_from_ms);
    let timeout = map.optional("timeout", duration_from_ms);
    let start_period = map.optional("start_period", duration_from_ms);
    let start_interval = map.optional("start_interval", duration_from_ms);
    let retries = map.optional("retries", |v| number(v, 0..=i64::from(i32::MAX)));
    map.known_prefix("x-").finish();
    Some(Healthcheck { probe, interval, timeout, start_period, start_interval, retries })
}

fn read_probe(test: &Value<'_>) -> Option<Probe> {
    const EXPECTED: &str = "a command line, or a list that begins with CMD, CMD-SHELL or NONE";
    let Kind::Sequence(_) = test.node().kind else {
        return test.parse(EXPECTED, |line| Ok::<_, String>(Probe::Shell(line.to_owned())));
    };
    let words = test.list(Value::text)?;
    let (kind, rest) = match words.split_first() {
        Some((kind, rest)) => (kind.as_str(), rest),
        None => ("", &[][..]),
    };
    match (kind, rest) {
        ("NONE", []) => Some(Probe::Disabled),
        ("CMD", [_, ..]) => Some(Probe::Exec(rest.to_vec())),
        ("CMD-SHELL", [line]) => Some(Probe::Shell(line.clone())),
        _ => {
            let message = match kind {
                "CMD" | "CMD-SHELL" | "NONE" => {
                    format!("{} has the wrong number of words for {kind}", test.path())
                }
                _ => format!("{} must begin with CMD, CMD-SHELL or NONE", test.path()),
            };
            test.fail(codes::BAD_VALUE, message, EXPECTED);
            None
        }
    }
}
