//! `actions: [{ at: 30s, scale: { ms-exercise: 3 } }, { at: 90s, restart: gateway }]`, and `max_replicas`.

use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_record::action::Action;
use swarmlab_stackfile::{Mode, MountKind, Service, Stack, parse_bytes, parse_nano_cpus};
use swarmlab_yaml::{MapReader, Value};

use super::target::known_service;
use super::{Load, TestbedChoice};

/// Replicas that an action may ask for where the experiment does not say: a slip of a digit starts no hundred containers.
pub const MAX_REPLICAS: u64 = 10;
/// What the Swarm bed takes at most of one service (`swarmlab_swarm`'s own bound).
const MOST_REPLICAS: i64 = 100;
/// The least memory limit, bytes: the Engine refuses less.
const MIN_MEMORY_BYTES: i64 = 6 << 20;

/// What is changed of the testbed while the experiment goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Actions {
    /// In the order of the file.
    pub timeline: Vec<TimedAction>,
    /// Replicas of one service that an action may ask for.
    pub max_replicas: u64,
}

/// One action at its time.
#[derive(Debug, Clone, PartialEq)]
pub struct TimedAction {
    /// When.
    pub at: ActAt,
    /// What.
    pub action: Action,
}

/// When an action is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ActAt {
    /// When the warm-up begins; the load waits until it is in force.
    WarmUp,
    /// Before the load, after the warm-up; the load waits until it is in force.
    Settle,
    /// So long after the beginning of the load.
    Load(Duration),
}

/// What the actions are held against.
pub(super) struct Against<'a> {
    /// None where the stack file could not be read.
    pub stack: Option<&'a Stack>,
    /// None where the load could not be read.
    pub load: Option<&'a Load>,
    pub testbed: TestbedChoice,
}

impl Actions {
    /// Reads both keys.
    pub(super) fn read(map: &MapReader<'_>, against: &Against<'_>) -> Self {
        let max_replicas =
            map.or("max_replicas", MAX_REPLICAS, |v| v.int(1..=MOST_REPLICAS).map(i64::unsigned_abs));
        let one = |item: &Value<'_>| Reader { against, max_replicas }.item(item);
        let timeline = map.or("actions", Vec::new(), |v| v.list(one));
        Self { timeline: timeline.concat(), max_replicas }
    }
}

struct Reader<'a> {
    against: &'a Against<'a>,
    max_replicas: u64,
}

impl Reader<'_> {
    /// One item; scaling several services is an action for each.
    fn item(&self, value: &Value<'_>) -> Option<Vec<TimedAction>> {
        let map = value.mapping()?;
        let at = map.required("at", |v| self.at(v));
        let scale = map.optional("scale", |v| self.each(v, |service, of| self.scale(service, of)));
        let limits = map.optional("limits", |v| self.each(v, |service, of| self.limits(service, of)));
        let restart = map.optional("restart", |v| {
            let service = known_service(v, self.services().as_deref())?;
            Some(vec![Action::Restart { service, task: None }])
        });
        map.finish();
        let named = ["scale", "limits", "restart"].iter().filter(|key| map.key(key).is_some()).count();
        if named != 1 {
            let message = format!("{} must name one change, not {named}", value.path());
            value.fail(codes::NOT_ONE_ACTION, message, "one of scale, limits, restart");
            return None;
        }
        let (at, actions) = (at?, scale.or(limits).or(restart)?);
        Some(actions.into_iter().map(|action| TimedAction { at, action }).collect())
    }

    fn at(&self, value: &Value<'_>) -> Option<ActAt> {
        let at = match value.node().text() {
            Some("warmup") => ActAt::WarmUp,
            Some("settle") => ActAt::Settle,
            Some("load") => ActAt::Load(Duration::ZERO),
            Some(word) if !word.is_empty() && word.chars().all(|c| c.is_ascii_alphabetic() || c == '_') => {
                value.fail(
                    codes::BAD_VALUE,
                    format!("{} cannot be `{word}`", value.path()),
                    "a time since the beginning of the load such as 30s, or one of warmup, settle, load",
                );
                return None;
            }
            _ => ActAt::Load(value.duration()?),
        };
        let Some(load) = self.against.load else { return Some(at) };
        let length_s = load.shape.duration_s();
        let never = match at {
            ActAt::WarmUp if load.warm_up.is_none() => {
                format!("{} is `warmup`, and the load has none", value.path())
            }
            ActAt::Load(after) if after.as_secs_f64() >= length_s => {
                format!("{} is not before the end of the load, which is {length_s} s long", value.path())
            }
            _ => return Some(at),
        };
        value.fail(codes::NEVER_ACTED, never, "a moment before the end of the load");
        None
    }

    /// A map from services to what is done with them.
    fn each(
        &self,
        value: &Value<'_>,
        read: impl Fn(String, &Value<'_>) -> Option<Action>,
    ) -> Option<Vec<Action>> {
        let services = self.services();
        let mut out = Vec::new();
        let entries = value.entries()?;
        if entries.is_empty() {
            return value.wrong_type("at least one service");
        }
        for (key, of) in entries {
            let name = of.cx().value(of.node(), of.path());
            out.push(known(&key.name, key.span, &name, services.as_deref()).and_then(|s| read(s, &of)));
        }
        out.into_iter().collect()
    }

    fn scale(&self, service: String, value: &Value<'_>) -> Option<Action> {
        let replicas = value.int(0..=i64::MAX)?.unsigned_abs();
        if replicas > self.max_replicas {
            let message = format!("{replicas} replicas of {service} are more than this experiment allows");
            let finding = value
                .error(codes::ABOVE_MAX_REPLICAS, message)
                .expected(format!("0 to {}", self.max_replicas))
                .help(format!("if it is meant, raise the bound: `max_replicas: {replicas}`"));
            value.cx().push(finding);
            return None;
        }
        if let Some(why) = self.of_stack(&service).and_then(unscalable) {
            let message = format!("{service} cannot be scaled: {why}");
            value.fail(codes::CANNOT_SCALE, message, "a replicated service that keeps nothing");
            return None;
        }
        Some(Action::Scale { service, replicas })
    }

    fn limits(&self, service: String, value: &Value<'_>) -> Option<Action> {
        if self.against.testbed == TestbedChoice::Embedded {
            let message = "the embedded testbed has no limits: its services are plain processes";
            value.fail(codes::CANNOT_LIMIT, message, "`testbed: swarm`, or scale and restart only");
            return None;
        }
        let map = value.mapping()?;
        let nano_cpus = map.optional("cpus", |v| {
            let nano = v.parse("a number of processors such as 0.50", parse_nano_cpus)?;
            if nano < 1_000_000 {
                v.fail(codes::BAD_VALUE, format!("{} is too small", v.path()), "at least 0.001");
                return None;
            }
            Some(nano)
        });
        let memory_bytes = map.optional("memory", |v| {
            let bytes = v.parse("a size such as 128M or 1.5G", parse_bytes)?;
            if bytes < MIN_MEMORY_BYTES {
                v.fail(codes::BAD_VALUE, format!("{} is too small", v.path()), "at least 6M");
                return None;
            }
            Some(bytes.unsigned_abs())
        });
        map.finish();
        if map.key("cpus").is_none() && map.key("memory").is_none() {
            return value.wrong_type("at least one of cpus and memory");
        }
        if nano_cpus.is_none() && memory_bytes.is_none() {
            return None;
        }
        Some(Action::SetLimits { service, cpu_cores: nano_cpus.map(|n| n as f64 / 1e9), memory_bytes })
    }

    fn services(&self) -> Option<Vec<String>> {
        let stack = self.against.stack?;
        Some(stack.services.iter().map(|s| s.name.clone()).collect())
    }

    fn of_stack(&self, service: &str) -> Option<&Service> {
        self.against.stack?.services.iter().find(|s| s.name == service)
    }
}

/// A key that must be a service of the stack; `of` is its value.
fn known(
    name: &str,
    span: swarmlab_yaml::Span,
    of: &Value<'_>,
    services: Option<&[String]>,
) -> Option<String> {
    match services {
        Some(known) if !known.iter().any(|k| k == name) => {
            of.cx().push(super::target::one_of(
                of.cx()
                    .error(codes::UNKNOWN_SERVICE, span, format!("the stack has no service `{name}`"))
                    .at(of.path()),
                name,
                known,
            ));
            None
        }
        _ => Some(name.to_owned()),
    }
}

/// Why a service has as many tasks as it has; nothing where it can have others.
fn unscalable(service: &Service) -> Option<String> {
    match service.deploy.mode {
        Mode::Replicated { .. } => {}
        Mode::Global => return Some("it runs once on each node (`deploy.mode: global`)".to_owned()),
        _ => return Some("it is a job, which ends".to_owned()),
    }
    // Replicas would write to one volume, or each to one of its own: either way it is another service than before.
    let writes = |m: &&swarmlab_stackfile::Mount| !m.read_only && !matches!(m.kind, MountKind::Tmpfs { .. });
    let mount = service.mounts.iter().find(writes)?;
    Some(format!("it keeps data in a volume at {}", mount.target))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const STACK: &str = "services:\n  web: { image: nginx, ports: ['80:80'] }\n  db: { image: postgres, volumes: ['data:/data'] }\n  \
                         agent: { image: agent, deploy: { mode: global } }\nvolumes: { data: }\n";

    fn read(testbed: &str, actions: &str) -> Result<Actions, String> {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("stack.yml", STACK);
        write("shape.yml", "shape: constant\nlevel: 2\nduration: 60s\n");
        write("scenario.yml", "name: a\nsteps: [{ name: a, request: GET / }]\n");
        write(
            "e.yml",
            &format!(
                "name: a\ntestbed: {testbed}\nstack: stack.yml\ntarget: {{ service: web, port: 80 }}\n\
                 load: {{ model: closed, shape: shape.yml, scenario: scenario.yml }}\n{actions}"
            ),
        );
        let prefix = format!("{}/", folder.path().display());
        crate::read(&folder.path().join("e.yml"), &|_| None)
            .map(|loaded| loaded.experiment.actions)
            .map_err(|findings| findings.to_string().replace(&prefix, ""))
    }

    #[test]
    fn a_timeline_is_read_in_its_order() {
        let read = read(
            "swarm",
            "max_replicas: 20\nactions:\n  - { at: settle, limits: { web: { cpus: 0.5, memory: 256M } } }\n  \
             - { at: 30s, scale: { web: 12 } }\n  - { at: load, restart: db }\n",
        )
        .unwrap();
        assert_eq!(read.max_replicas, 20);
        let limits =
            Action::SetLimits { service: "web".into(), cpu_cores: Some(0.5), memory_bytes: Some(256 << 20) };
        assert_eq!(
            read.timeline,
            [
                TimedAction { at: ActAt::Settle, action: limits },
                TimedAction {
                    at: ActAt::Load(Duration::from_secs(30)),
                    action: Action::Scale { service: "web".into(), replicas: 12 }
                },
                TimedAction {
                    at: ActAt::Load(Duration::ZERO),
                    action: Action::Restart { service: "db".into(), task: None }
                },
            ]
        );
        let none = self::read("swarm", "").unwrap();
        assert_eq!(none, Actions { timeline: vec![], max_replicas: MAX_REPLICAS });
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_place() {
        let wrong = read(
            "swarm",
            "actions:
  - { at: 60s, scale: { web: 3 } }
  - { at: warmup, scale: { web: 3 } }
  - { at: noon, scale: { wep: 3 } }
  - { at: 1s, scale: { web: 11 } }
  - { at: 1s, scale: { db: 2, agent: 2 } }
  - { at: 1s, scale: { web: 2 }, restart: web }
  - { at: 1s }
  - { at: 1s, limits: { web: { cpus: 0.0001, memory: 1M } } }
",
        )
        .unwrap_err();
        let said: Vec<&str> = wrong.lines().filter(|l| l.starts_with("error") || l.contains("-->")).collect();
        let said: Vec<String> = said.iter().map(|l| l.trim().to_owned()).collect();
        assert_eq!(
            said,
            [
                "error[E140-never-acted]: actions[0].at is not before the end of the load, which is 60 s long",
                "--> e.yml:7:11 (actions[0].at)",
                "error[E140-never-acted]: actions[1].at is `warmup`, and the load has none",
                "--> e.yml:8:11 (actions[1].at)",
                "error[E004-bad-value]: actions[2].at cannot be `noon`",
                "--> e.yml:9:11 (actions[2].at)",
                "error[E204-unknown-service]: the stack has no service `wep`",
                "--> e.yml:9:26 (actions[2].scale.wep)",
                "error[E143-above-max-replicas]: 11 replicas of web are more than this experiment allows",
                "--> e.yml:10:29 (actions[3].scale.web)",
                "error[E141-cannot-scale]: db cannot be scaled: it keeps data in a volume at /data",
                "--> e.yml:11:28 (actions[4].scale.db)",
                "error[E141-cannot-scale]: agent cannot be scaled: it runs once on each node (`deploy.mode: global`)",
                "--> e.yml:11:38 (actions[4].scale.agent)",
                "error[E142-not-one-action]: actions[5] must name one change, not 2",
                "--> e.yml:12:5 (actions[5])",
                "error[E142-not-one-action]: actions[6] must name one change, not 0",
                "--> e.yml:13:5 (actions[6])",
                "error[E004-bad-value]: actions[7].limits.web.cpus is too small",
                "--> e.yml:14:38 (actions[7].limits.web.cpus)",
                "error[E004-bad-value]: actions[7].limits.web.memory is too small",
                "--> e.yml:14:54 (actions[7].limits.web.memory)",
            ]
        );
        assert!(wrong.contains("did you mean `web`?") && wrong.contains("`max_replicas: 11`"), "{wrong}");
    }

    #[test]
    fn plain_processes_have_no_limits() {
        let wrong = read("embedded", "actions: [{ at: 1s, limits: { web: { cpus: 1 } } }]\n").unwrap_err();
        assert!(wrong.contains("E144-cannot-limit") && wrong.contains("plain processes"), "{wrong}");
    }
}
