//! A load as the load engine takes it, and what the engine would refuse of it only when it starts.

use std::net::{Ipv4Addr, SocketAddr};

use swarmlab_codes as codes;
use swarmlab_loadgen::{Limits, LoadError, LoadSpec, LoadTarget, Model, TargetError};
use swarmlab_shapes::Shape;
use swarmlab_shapes::shape::Constant;
use swarmlab_yaml::Value;

use super::{Load, ModelKind, TargetRef, WarmUp};

impl WarmUp {
    /// Its level over its time.
    pub fn shape(&self) -> Shape {
        Shape::Constant(Constant { level: self.level, duration_s: self.duration.as_secs_f64() })
    }
}

impl Load {
    /// What the engine is asked for with this shape, that of the load or of the warm-up. Seed, interval, start and draining are of
    /// whoever sends it.
    pub fn spec(&self, shape: Shape, addresses: Vec<SocketAddr>, host: &str) -> LoadSpec {
        let model = match self.model {
            ModelKind::Closed { spawn_rate_per_s } => Model::Closed { users: shape, spawn_rate_per_s },
            ModelKind::Open { arrivals } => Model::Open { rate_per_s: shape, arrivals },
        };
        let target = LoadTarget { lifetime: self.lifetime, ..LoadTarget::plain(addresses, host) };
        let limits = Limits {
            max_connections: self.connections,
            max_in_flight: self.connections,
            ..Limits::default()
        };
        let mut spec = LoadSpec::new(Vec::new(), host, model, self.scenario.clone());
        spec.targets = std::iter::once(target).chain(self.targets.iter().cloned()).collect();
        spec.threads = self.threads;
        spec.limits = limits;
        spec.timeout_s = self.timeout.as_secs_f64();
        spec.keep_awake = self.keep_awake;
        spec
    }

    /// Refuses what the engine would refuse; `value` is the load's element.
    pub(super) fn refuse_unstartable(&self, target: &TargetRef, value: &Value<'_>) {
        // Where the service will be is not known yet; that it will be somewhere is enough.
        let somewhere = vec![SocketAddr::from((Ipv4Addr::LOCALHOST, target.port))];
        let host = format!("{}:{}", target.service, target.port);
        let shapes = [("warmup", self.warm_up.map(|w| w.shape())), ("shape", Some(self.shape.clone()))];
        let refused = |(key, shape): (&'static str, Option<Shape>)| {
            self.spec(shape?, somewhere.clone(), &host).validate().err().map(|e| (key, e))
        };
        let (shape, why) = match shapes.into_iter().find_map(refused) {
            None => return,
            // Said where they were read.
            Some(("shape", LoadError::Shape(_)) | (_, LoadError::UnknownTarget { .. })) => return,
            Some(found) => found,
        };
        let at = value.mapping().and_then(|map| map.get(key(&why, shape))).unwrap_or_else(|| value.clone());
        let message = match &why {
            LoadError::Parameter { expected, value, .. } => {
                format!("{} must be {expected}, not {value}", at.path())
            }
            other => format!("{}: {other}", at.path()),
        };
        at.cx().push(
            at.error(codes::BAD_VALUE, message).help("the load engine would refuse it when the load starts"),
        );
    }
}

/// The key that says what is refused.
fn key(why: &LoadError, shape: &'static str) -> &'static str {
    match why {
        LoadError::Parameter { parameter, .. } => match *parameter {
            "timeout_s" => "timeout",
            "limits.max_connections" | "limits.max_in_flight" => "connections",
            "spawn_rate_per_s" => "spawn_rate",
            other => other,
        },
        LoadError::Target { problem: TargetError::Lifetime(_), .. } => "connection",
        LoadError::Target { .. } => "targets",
        LoadError::Shape(_) => shape,
        LoadError::Arrivals(_) => "arrivals",
        _ => "scenario",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    fn read(load: &str, rest: &str, scenario: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("stack.yml", "services:\n  web: { image: nginx }\n");
        write("shape.yml", "shape: constant\nlevel: 2\nduration: 30s\n");
        write("scenario.yml", &format!("name: a\nsteps: [{scenario}]\n"));
        write(
            "experiment.yml",
            &format!(
                "name: a\nstack: stack.yml\ntarget: {{ service: web, port: 80 }}\n\
                 load:\n  model: open\n  shape: shape.yml\n  scenario: scenario.yml\n  {load}\n{rest}\n"
            ),
        );
        let read = crate::read(&folder.path().join("experiment.yml"), &|_| None);
        read.map(|loaded| loaded.warnings.to_string()).map_err(|e| e.to_string())
    }

    const STEP: &str = "{ name: a, request: GET / }";

    #[test]
    fn what_the_engine_would_refuse_is_refused_where_it_stands() {
        let publish = "{ name: a, publish: { channel: c, message: m } }";
        for (load, scenario, words) in [
            ("timeout: 10us", STEP, "load.timeout must be 0.001 to 86400 seconds, not 0.00001"),
            ("timeout: 25h", STEP, "load.timeout must be 0.001 to 86400 seconds, not 90000"),
            ("threads: 8\n  connections: 4", STEP, "load.connections must be at least the number of threads"),
            ("connection: { max_age: 10us }", STEP, "load.connection: target"),
            ("connection: { max_idle: 20d }", STEP, "max_idle must be 0.001 to 1e6 seconds"),
            ("keep_awake: false", publish, "load.scenario: step \"a\" publishes on Redis"),
        ] {
            let said = read(load, "", scenario).unwrap_err();
            assert!(said.contains(words) && said.contains("experiment.yml:"), "{load}: {said}");
            assert!(said.contains("1 error"), "{load}: {said}");
        }
        let said = read("timeout: 10us", "", STEP).unwrap_err();
        assert!(said.contains("experiment.yml:8:12"), "{said}");
        for fine in ["timeout: 1ms", "timeout: 24h", "connections: 1", "connection: { max_age: 1ms }"] {
            assert_eq!(read(fine, "", STEP).unwrap(), "0 warnings", "{fine}");
        }
    }

    #[test]
    fn a_simulation_starts_no_engine() {
        let model = "testbed: simulated";
        assert_eq!(read("timeout: 10us", model, STEP).unwrap(), "0 warnings");
    }
}
