//! `hpa`: metrics by kind, behavior by direction.

use swarmlab_codes as codes;
use swarmlab_control::controllers::Hpa;
use swarmlab_control::controllers::hpa::behavior::{Behavior, Policy, PolicyKind, Rules, Select, Tolerances};
use swarmlab_control::controllers::hpa::metric::{MetricSpec, Target};
use swarmlab_control::controllers::hpa::pods::Timing;
use swarmlab_control::metrics::{self, Metric};
use swarmlab_yaml::{MapReader, Value};

use super::{Place, keys};

pub fn hpa(map: &MapReader<'_>, place: &Place<'_>) -> Option<Hpa> {
    let metrics = map.required("metrics", |v| keys::some(v, "metric", |item| metric(item, place)));
    let standard = Tolerances::default();
    let tolerances = map
        .optional("tolerance", |v| {
            let map = v.mapping()?;
            let read = Tolerances {
                up: map.or("up", standard.up, Value::percent),
                down: map.or("down", standard.down, Value::percent),
            };
            map.finish();
            Some(read)
        })
        .unwrap_or(standard);
    let times = Timing::default();
    let timing = Timing {
        cpu_initialization_s: keys::seconds(map, "cpu_initialization", times.cpu_initialization_s),
        initial_readiness_delay_s: keys::seconds(
            map,
            "initial_readiness_delay",
            times.initial_readiness_delay_s,
        ),
    };
    let behavior = map.optional("behavior", |v| {
        let map = v.mapping()?;
        let read = Behavior {
            up: map.or("up", Rules::default_up(), |v| rules(v, Rules::default_up())),
            down: map.or("down", Rules::default_down(), |v| rules(v, Rules::default_down())),
        };
        map.finish();
        Some(read)
    });
    let down_stabilization_s = keys::seconds(map, "down_stabilization", 300.0);
    Some(Hpa { tolerances, timing, behavior, down_stabilization_s, ..Hpa::new(metrics?) })
}

fn rules(value: &Value<'_>, standard: Rules) -> Option<Rules> {
    let map = value.mapping()?;
    let words = [("max", Select::Max), ("min", Select::Min), ("disabled", Select::Disabled)];
    let stabilization = map.optional("stabilization", Value::duration).map(|d| d.as_secs_f64());
    let read = Rules {
        stabilization_s: stabilization.or(standard.stabilization_s),
        select: map.or("select", standard.select, |v| v.enum_of(&words)),
        policies: map.or("policies", standard.policies, |v| keys::some(v, "policy", policy)),
    };
    map.finish();
    Some(read)
}

/// `{ pods: 4, period: 15s }` or `{ percent: 100, period: 15s }`.
fn policy(value: &Value<'_>) -> Option<Policy> {
    let map = value.mapping()?;
    let pods = map.optional("pods", |v| v.int(1..=10_000)).map(|n| (PolicyKind::Pods, n));
    let percent = map.optional("percent", |v| v.int(1..=100_000)).map(|n| (PolicyKind::Percent, n));
    let period = map.required("period", Value::positive_duration);
    map.finish();
    let (kind, amount) = match (pods, percent) {
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) if value.cx().has_errors() => return None,
        _ => {
            value.fail(
                codes::BAD_VALUE,
                format!("{} is no policy", value.path()),
                "one of `pods` and `percent`",
            );
            return None;
        }
    };
    Some(Policy { kind, value: amount, period_s: period?.as_secs_f64() })
}

/// The keys that say what kind of metric it is.
const KINDS: [&str; 4] = ["resource", "pods", "object", "external"];

/// `{ resource: cpu, utilization: 60% }`, `{ resource: cpu, container: app, average: 0.5 }`, `{ pods: in_flight, average: 5 }`,
/// `{ object: gateway.request_rate, value: 100 }`, `{ external: request_rate, average: 50 }`.
fn metric(value: &Value<'_>, place: &Place<'_>) -> Option<MetricSpec> {
    let map = value.mapping()?;
    let given: Vec<_> = KINDS.into_iter().filter_map(|k| Some((k, map.get(k)?))).collect();
    let read = match given.as_slice() {
        [(kind, name)] => of_kind(&map, kind, name, place),
        _ => {
            value.fail(
                codes::BAD_VALUE,
                format!("{} must say of which one kind the metric is", value.path()),
                "one of `resource`, `pods`, `object`, `external`",
            );
            None
        }
    };
    map.finish();
    read
}

fn of_kind(map: &MapReader<'_>, kind: &str, name: &Value<'_>, place: &Place<'_>) -> Option<MetricSpec> {
    let found = match kind {
        "resource" => name
            .enum_of(&[(metrics::CPU, metrics::CPU), (metrics::MEMORY, metrics::MEMORY)])
            .and_then(|n| Some((n.to_owned(), metrics::find(n)?))),
        _ => keys::metric(name, place),
    };
    let container = if kind == "resource" { map.optional("container", Value::name) } else { None };
    let allowed: &[&str] = match kind {
        "resource" => &["utilization", "average"],
        "pods" => &["average"],
        _ => &["value", "average"],
    };
    let target = target(map, allowed, found.as_ref().map(|(_, m)| *m));
    let (metric, target) = (found?.0, target?);
    if kind == "pods" || container.is_some() {
        keys::has_of_tasks(name, &metric, container.as_deref(), place);
    }
    // Utilisation is usage over the limit of each task.
    if kind == "resource" && matches!(target, Target::Utilization(_)) {
        let of_limit =
            if metric == metrics::CPU { metrics::CPU_UTILIZATION } else { metrics::MEMORY_UTILIZATION };
        keys::has(name, of_limit, place);
    }
    Some(match (kind, container) {
        ("resource", Some(container)) => MetricSpec::ContainerResource { container, metric, target },
        ("resource", None) => MetricSpec::Resource { metric, target },
        ("pods", _) => MetricSpec::Pods { metric, target },
        ("object", _) => MetricSpec::Object { metric, target },
        _ => MetricSpec::External { metric, target },
    })
}

fn target(map: &MapReader<'_>, allowed: &[&str], metric: Option<&Metric>) -> Option<Target> {
    let mut targets = Vec::new();
    let mut wrong = false;
    for key in ["utilization", "average", "value"].into_iter().filter(|k| allowed.contains(k)) {
        let Some(v) = map.get(key).filter(|v| !v.is_null()) else { continue };
        let read = match key {
            "utilization" => {
                v.parse("a whole percentage such as 60%", whole_percent).map(Target::Utilization)
            }
            "average" => metric.and_then(|m| keys::above_zero(&v, m)).map(Target::AverageValue),
            _ => metric.and_then(|m| keys::above_zero(&v, m)).map(Target::Value),
        };
        wrong |= read.is_none();
        targets.extend(read);
    }
    match targets.as_slice() {
        [one] if !wrong => Some(*one),
        _ if wrong => None,
        _ => {
            let list = allowed.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
            let path = map.value().path();
            map.value().fail(codes::BAD_VALUE, format!("{path} needs one target"), format!("one of {list}"));
            None
        }
    }
}

/// More than 100 % is a target too: of a request that is less than what is used.
fn whole_percent(text: &str) -> Result<i32, String> {
    let number = text.strip_suffix('%').map(|n| n.trim().parse::<i32>());
    match number {
        Some(Ok(n)) if (1..=100_000).contains(&n) => Ok(n),
        Some(_) => Err("is no whole percentage above 0%".to_owned()),
        None => Err("has no `%`".to_owned()),
    }
}
