//! Kinds of keys that controllers share.

use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_control::controllers::cooldown::Cooldown;
use swarmlab_control::metrics::{self, Metric};
use swarmlab_yaml::{MapReader, Value, nearest, parse_duration, parse_percent};

use super::Place;

/// How often there is a decision: sources are sampled once a second, so no oftener; an hour is no loop any more.
pub fn period(value: &Value<'_>) -> Option<Duration> {
    let period = value.duration()?;
    if period < Duration::from_secs(1) || period > Duration::from_secs(3600) {
        value.fail(codes::BAD_VALUE, format!("{} must be from 1s to 1h", value.path()), "1s to 1h");
        return None;
    }
    Some(period)
}

/// A metric's name, and what it is. Of another service: `gateway.request_rate`.
pub fn metric(value: &Value<'_>, place: &Place<'_>) -> Option<(String, &'static Metric)> {
    let name = value.string()?;
    let (service, short) = match name.split_once('.') {
        Some((service, short)) => (Some(service), short),
        None => (None, name.as_str()),
    };
    let stranger = service.filter(|s| place.services.is_some_and(|known| !known.iter().any(|k| k == s)));
    let finding = match (metrics::find(short), stranger) {
        (Some(found), None) => {
            return has(value, &name, place).then(|| (name.clone(), found));
        }
        (_, Some(stranger)) => {
            let known = place.services.unwrap_or_default();
            let near = nearest(stranger, known.iter().map(String::as_str)).map(|n| format!("{n}.{short}"));
            (format!("`{name}` is of no service of the stack"), format!("one of {}", known.join(", ")), near)
        }
        (None, None) => {
            let names: Vec<&str> = metrics::ALL.iter().map(|m| m.name).collect();
            let near = nearest(short, names.iter().copied());
            let near = near.map(|n| service.map_or(n.to_owned(), |s| format!("{s}.{n}")));
            (format!("no controller sees a metric `{name}`"), format!("one of {}", names.join(", ")), near)
        }
    };
    let (message, expected, near) = finding;
    let finding = value.error(codes::UNKNOWN_METRIC, message).expected(expected);
    value.cx().push(match near {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding,
    });
    None
}

/// Whether the run will have a metric, as far as can be said; says at a value why not.
pub fn has(value: &Value<'_>, name: &str, place: &Place<'_>) -> bool {
    let (service, metric) = name.split_once('.').unwrap_or((place.service, name));
    let Some(why) = place.have.and_then(|have| have.lacks(service, metric)) else { return true };
    let message = format!("the run will not have `{metric}` of {service}: {why}");
    let finding = value.error(codes::NO_SUCH_METRIC, message);
    value.cx().push(finding.help(format!("let the controller of {} see another metric", place.service)));
    false
}

/// Says at a value why no run will have a metric of each task, or of one container of several in it.
pub fn has_of_tasks(value: &Value<'_>, metric: &str, container: Option<&str>, place: &Place<'_>) {
    if place.have.is_none() {
        return;
    }
    let (what, why, help) = match container {
        Some(container) => (
            format!("`{metric}` of a container `{container}` in each task"),
            "a task of a Swarm is one container",
            "leave `container` out",
        ),
        None if [metrics::CPU, metrics::MEMORY].contains(&metric) => return,
        None => (
            format!("`{metric}` of each task"),
            "of single tasks `cpu` and `memory` are known",
            "let it be of the service as a whole: `object` instead of `pods`",
        ),
    };
    let message = format!("the run will not have {what} of {}: {why}", place.service);
    value.cx().push(value.error(codes::NO_SUCH_METRIC, message).help(help));
}

/// A list with something in it: one that is empty would hold the count for ever.
pub fn some<'c, T>(value: &Value<'c>, what: &str, read: impl Fn(&Value<'c>) -> Option<T>) -> Option<Vec<T>> {
    let all = value.list(read)?;
    if all.is_empty() {
        value.fail(codes::BAD_VALUE, format!("{} is empty", value.path()), format!("at least one {what}"));
        return None;
    }
    Some(all)
}

/// An amount of a metric, in its own unit: `60%` of a fraction, `200ms` of a time, else a number.
pub fn amount(value: &Value<'_>, metric: &Metric) -> Option<f64> {
    difference(value, metric).filter(|v| {
        let can = *v >= 0.0;
        if !can {
            value.fail(
                codes::BAD_VALUE,
                format!("{} is below zero", value.path()),
                "an amount of the metric",
            );
        }
        can
    })
}

/// As [`amount`], also below zero.
pub fn difference(value: &Value<'_>, metric: &Metric) -> Option<f64> {
    let signed = |text: &str, read: &dyn Fn(&str) -> Result<f64, String>| match text.strip_prefix('-') {
        Some(rest) => read(rest).map(|v| -v),
        None => read(text),
    };
    match metric.unit {
        "fraction" => value.parse("a percentage such as 60%", |t| signed(t, &parse_percent)),
        "s" => value.parse("a duration such as 200ms", |t| {
            signed(t, &|t| parse_duration(t).map(|d| d.as_secs_f64()))
        }),
        _ => value.float(-1e15..=1e15),
    }
}

/// An amount above zero.
pub fn above_zero(value: &Value<'_>, metric: &Metric) -> Option<f64> {
    amount(value, metric).filter(|v| {
        let can = *v > 0.0;
        if !can {
            value.fail(
                codes::BAD_VALUE,
                format!("{} must be more than nothing", value.path()),
                "more than nothing",
            );
        }
        can
    })
}

/// `cooldown: { up: 0s, down: 5m }`.
pub fn cooldown(map: &MapReader<'_>, up_s: f64, down_s: f64) -> Cooldown {
    map.optional("cooldown", |v| {
        let map = v.mapping()?;
        let read = Cooldown::new(seconds(&map, "up", up_s), seconds(&map, "down", down_s));
        map.finish();
        Some(read)
    })
    .unwrap_or(Cooldown::new(up_s, down_s))
}

/// A duration in seconds, zero included.
pub fn seconds(map: &MapReader<'_>, key: &'static str, default_s: f64) -> f64 {
    map.optional(key, Value::duration).map_or(default_s, |d| d.as_secs_f64())
}

/// A share from 0 to 1, written as a percentage, that must be more than nothing.
pub fn share(value: &Value<'_>) -> Option<f64> {
    value.percent().filter(|p| {
        let can = *p > 0.0;
        if !can {
            value.fail(
                codes::BAD_VALUE,
                format!("{} must be more than 0%", value.path()),
                "a percentage above 0%",
            );
        }
        can
    })
}
