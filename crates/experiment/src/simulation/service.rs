//! A service of a model file, and its calls.

use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_simulate::model::{LEAST_PERIOD_S, MAX_REPLICAS, MAX_VISITS};
use swarmlab_simulate::{Balance, Call, Law, Quota, Service, Step};
use swarmlab_yaml::Value;

use super::{law, unknown_service};

/// Reads a service. `names` are those of all, in their order.
pub(super) fn read(name: &str, value: &Value<'_>, names: &[String]) -> Option<Service> {
    let map = value.mapping()?;
    let before = map.required("demand", law::read);
    let law = |key| map.or(key, Law::NOTHING, law::read);
    let count = |key, least: i64, most: i64| {
        map.optional(key, |v| v.int(least..=most)).and_then(|n| usize::try_from(n).ok())
    };
    let service = Service {
        name: name.to_owned(),
        before: Law::NOTHING,
        wait: law("wait"),
        steps: map.or("calls", Vec::new(), |v| v.list(|v| step(v, names))),
        after: law("after"),
        replicas: count("replicas", 0, MAX_REPLICAS as i64).unwrap_or(1),
        limit_cores: map.or("cpu", 1.0, |v| v.float(0.001..=1024.0)),
        idle_cores: map.or("idle", 0.0, |v| v.float(0.0..=1024.0)),
        quota: map.optional("quota", quota).flatten(),
        concurrency: count("concurrency", 1, 1_000_000),
        queue: count("queue", 0, 1_000_000_000),
        start_up: law("start_up"),
        drain_s: map.duration_or("drain", Duration::from_secs(10)).as_secs_f64(),
        balance: map.or("balance", Balance::RoundRobin, |v| {
            v.enum_of(&[
                ("round-robin", Balance::RoundRobin),
                ("least-request", Balance::LeastRequest),
                ("random", Balance::Random),
            ])
        }),
    };
    if let Some(idle) = map.get("idle").filter(|_| service.idle_cores >= service.limit_cores) {
        let message = format!("{} leaves nothing of the {} cores of `cpu`", idle.path(), service.limit_cores);
        idle.fail(codes::BAD_VALUE, message, "less than `cpu`");
    }
    map.finish();
    Some(Service { before: before?, ..service })
}

/// `true`, or `{ period: 100ms, node_cores: 4 }`; `false` is none.
fn quota(value: &Value<'_>) -> Option<Option<Quota>> {
    if value.node().text().is_some() {
        return value.bool().map(|on| on.then(Quota::default));
    }
    let map = value.mapping()?;
    let d = Quota::default();
    let quota = Quota {
        period_s: map
            .or("period", Duration::from_secs_f64(d.period_s), |v| {
                let period = v.positive_duration()?;
                if period.as_secs_f64() < LEAST_PERIOD_S {
                    v.fail(
                        codes::BAD_VALUE,
                        format!("{} is shorter than a kernel's can be", v.path()),
                        "at least 1ms",
                    );
                    return None;
                }
                Some(period)
            })
            .as_secs_f64(),
        node_cores: map.or("node_cores", d.node_cores, |v| v.float(0.001..=1024.0)),
    };
    map.finish();
    Some(Some(quota))
}

/// A call, or `parallel:` with several.
fn step(value: &Value<'_>, names: &[String]) -> Option<Step> {
    if value.node().text().is_some() {
        return Some(Step::Sequential(Call { service: service(value, names)?, times: 1.0, timeout_s: None }));
    }
    let map = value.mapping()?;
    if map.get("parallel").is_some() {
        let calls = map.required("parallel", |v| v.list(|v| call(v, names)));
        map.finish();
        return calls.map(Step::Parallel);
    }
    call(value, names).map(Step::Sequential)
}

/// `NAME`, or `{ service: NAME, times: 1.5, timeout: 1s }`.
fn call(value: &Value<'_>, names: &[String]) -> Option<Call> {
    if value.node().text().is_some() {
        return Some(Call { service: service(value, names)?, times: 1.0, timeout_s: None });
    }
    let map = value.mapping()?;
    let service = map.required("service", |v| service(v, names));
    let times = map.or("times", 1.0, |v| v.float(0.0..=MAX_VISITS));
    let timeout = map.optional("timeout", Value::positive_duration);
    map.finish();
    Some(Call { service: service?, times, timeout_s: timeout.map(|d| d.as_secs_f64()) })
}

fn service(value: &Value<'_>, names: &[String]) -> Option<usize> {
    let name = value.string()?;
    let found = names.iter().position(|n| *n == name);
    if found.is_none() {
        unknown_service(value, &name, &names.iter().map(String::as_str).collect::<Vec<_>>());
    }
    found
}
