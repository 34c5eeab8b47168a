//! `load: { model: closed, shape: …, scenario: …, … }`

use std::path::Path;
use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_loadgen::{ConnectionLifetime, LoadTarget, Scenario};
use swarmlab_shapes::{Arrivals, Shape};
use swarmlab_yaml::{Cx, Diagnostic, Diagnostics, Document, Value};

use super::{FileKind, read_named_file, scenario, shape};

/// Closed loop (users) or open loop (requests by schedule).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ModelKind {
    /// The shape counts users; each waits for its answer, thinks, and goes on.
    Closed {
        /// Users started per second at most; none: the shape alone decides.
        spawn_rate_per_s: Option<f64>,
    },
    /// The shape is requests per second, whatever the answers.
    Open {
        /// How arrivals spread.
        arrivals: Arrivals,
    },
}

/// Load that is not measured, before the load that is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmUp {
    /// How long.
    pub duration: Duration,
    /// Users or requests per second.
    pub level: f64,
}

/// The load that is measured, and the one before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Load {
    /// Closed or open.
    pub model: ModelKind,
    /// How much, over time.
    pub shape: Shape,
    /// What each user does.
    pub scenario: Scenario,
    /// Before the measurement.
    pub warm_up: Option<WarmUp>,
    /// How long connections are used, to any target.
    pub lifetime: ConnectionLifetime,
    /// Further targets that steps of the scenario may name.
    pub targets: Vec<LoadTarget>,
    /// Threads of the load engine.
    pub threads: usize,
    /// After this a request counts as failed.
    pub timeout: Duration,
    /// Connections at most.
    pub connections: usize,
    /// Keep the CPUs of this machine from sleeping while load is sent.
    pub keep_awake: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Model {
    Closed,
    Open,
}

impl Load {
    pub(super) fn read(value: &Value<'_>, base: &Path, foreign: &mut Vec<Diagnostic>) -> Option<Self> {
        let map = value.mapping()?;
        let model = map.required("model", |v| v.enum_of(&[("closed", Model::Closed), ("open", Model::Open)]));
        let shape = map.required("shape", |v| named(v, base, foreign, FileKind::Shape, shape::element));
        let scenario =
            map.required("scenario", |v| named(v, base, foreign, FileKind::Scenario, scenario::element));
        let spawn_rate = map.optional("spawn_rate", |v| v.float(0.001..=1e6));
        let arrivals = map.optional("arrivals", shape::arrivals);
        for (key, wanted, other) in
            [("spawn_rate", Model::Closed, "closed"), ("arrivals", Model::Open, "open")]
        {
            if let (Some(v), Some(m)) = (map.get(key).filter(|v| !v.is_null()), model)
                && m != wanted
            {
                v.fail(
                    codes::NOT_IN_THIS_MODEL,
                    format!("{} has no meaning here", v.path()),
                    format!("`model: {other}`"),
                );
            }
        }
        let warm_up = map.optional("warmup", |v| {
            let m = v.mapping()?;
            let duration = m.required("duration", Value::positive_duration);
            let level = m.required("level", |l| l.float(0.1..=1e6));
            m.finish();
            Some(WarmUp { duration: duration?, level: level? })
        });
        let targets = map.or("targets", Vec::new(), |v| {
            let named = v.map(|url| url.parse("a URL such as http://host:port", LoadTarget::parse))?;
            let name = |(key, mut target): (swarmlab_yaml::Key, LoadTarget)| {
                target.name = key.name;
                target
            };
            Some(named.into_iter().map(name).collect())
        });
        let strangers = scenario.iter().flat_map(Scenario::targets);
        for name in strangers.filter(|name| !targets.iter().any(|t| t.name == *name)) {
            map.get("targets").unwrap_or_else(|| value.clone()).fail(
                codes::UNKNOWN_TARGET,
                format!(
                    "a step of the scenario goes to `{name}`, which is no key of {}.targets",
                    value.path()
                ),
                format!("targets: {{ {name}: http://host:port }}"),
            );
        }
        let redirects = map.optional("redirects", scenario::redirects::read);
        let lifetime = map.or("connection", ConnectionLifetime::default(), lifetime);
        let targets: Vec<LoadTarget> =
            targets.into_iter().map(|target| LoadTarget { lifetime, ..target }).collect();
        let threads = map.or("threads", 1, |v| v.int(1..=64));
        let timeout = map.or("timeout", Duration::from_secs(30), Value::positive_duration);
        let connections = map.or("connections", 512, |v| v.int(1..=100_000));
        let keep_awake = map.or("keep_awake", false, Value::bool);
        map.finish();
        let model = match model? {
            Model::Closed => ModelKind::Closed { spawn_rate_per_s: spawn_rate },
            Model::Open => ModelKind::Open { arrivals: arrivals.unwrap_or(Arrivals::Uniform) },
        };
        let mut scenario = scenario?;
        if let Some(most) = redirects {
            scenario.follow_redirects(most);
        }
        Some(Self {
            model,
            shape: shape?,
            scenario,
            warm_up,
            lifetime,
            targets,
            threads: usize::try_from(threads).unwrap_or(1),
            timeout,
            connections: usize::try_from(connections).unwrap_or(512),
            keep_awake,
        })
    }
}

/// `{ max_age: 30s, max_requests: 100, max_idle: 5s }`
fn lifetime(value: &Value<'_>) -> Option<ConnectionLifetime> {
    let map = value.mapping()?;
    let seconds = |key| map.optional(key, Value::positive_duration).as_ref().map(Duration::as_secs_f64);
    let (max_age_s, max_idle_s) = (seconds("max_age"), seconds("max_idle"));
    let max_requests = map.optional("max_requests", |v| v.int(1..=i64::MAX));
    map.finish();
    let max_requests = max_requests.and_then(|requests| u64::try_from(requests).ok());
    Some(ConnectionLifetime { max_age_s, max_requests, max_idle_s })
}

/// Reads a file named by a value with that file's own reader; its findings go to `foreign`.
pub(super) fn named<T>(
    value: &Value<'_>,
    base: &Path,
    foreign: &mut Vec<Diagnostic>,
    kind: FileKind,
    read: impl FnOnce(&Value<'_>) -> Option<T>,
) -> Option<T> {
    let (path, text) = read_named_file(value, base)?;
    kept(kind.parse(&path, &text, read), foreign)
}

/// What was found in another file; its findings go to `foreign`.
pub(super) fn kept<T>(
    read: Result<(T, Diagnostics), Diagnostics>,
    foreign: &mut Vec<Diagnostic>,
) -> Option<T> {
    match read {
        Ok((found, warnings)) => {
            foreign.extend(warnings.into_vec());
            Some(found)
        }
        Err(findings) => {
            foreign.extend(findings.into_vec());
            None
        }
    }
}

/// Parses a text with a reader.
pub(super) fn parse<T>(
    path: &Path,
    text: &str,
    read: impl FnOnce(&Value<'_>) -> Option<T>,
) -> Result<(T, Diagnostics), Diagnostics> {
    let document: Document = swarmlab_yaml::load(text, &path.display().to_string())?;
    let cx = Cx::new(&document);
    let found = read(&cx.root());
    cx.finish(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_lifetime_has_three_bounds_and_nothing_else() {
        let read = |text: &str| parse(Path::new("x.yml"), text, lifetime).map(|(found, _)| found);
        let all = read("{ max_age: 30s, max_requests: 100, max_idle: 500ms }").unwrap();
        let expected =
            ConnectionLifetime { max_age_s: Some(30.0), max_requests: Some(100), max_idle_s: Some(0.5) };
        assert_eq!(all, expected);
        assert_eq!(read("{}").unwrap(), ConnectionLifetime::default());
        for wrong in ["{ max_age: 0s }", "{ max_requests: 0 }", "{ max_idle: soon }", "{ idle: 3s }", "5s"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
