//! One step: an HTTP request, a GraphQL operation, or a message on Redis.

use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_loadgen::{Action, Step, Template};
use swarmlab_yaml::{MapReader, Value};

use super::{answer, request};

pub(super) fn read(value: &Value<'_>, target: &Option<String>) -> Option<Step> {
    let map = value.mapping()?;
    let step = body(&map, target);
    map.finish();
    step
}

/// The keys of a step; the caller may know others.
pub(super) fn body(map: &MapReader<'_>, target: &Option<String>) -> Option<Step> {
    let name = map.optional("name", Value::name);
    let target = map.optional("target", Value::name).or_else(|| target.clone());
    let probability = map.or("probability", 1.0, probability);
    let timeout_s = map.optional("timeout", Value::positive_duration).as_ref().map(Duration::as_secs_f64);
    let extract = map.or("extract", Vec::new(), answer::extract);
    let checks = map.or("check", Vec::new(), answer::checks);
    let publish = map.optional("publish", publish);
    let has = |key| map.get(key).filter(|v| !v.is_null());
    let action = match (has("publish"), has("request").or_else(|| has("graphql"))) {
        (Some(_), None) => publish,
        (Some(both), Some(_)) => {
            both.fail(
                codes::BAD_VALUE,
                format!("{} stands beside a request", both.path()),
                "one action a step",
            );
            None
        }
        (None, _) => request::read(map).map(Action::Http),
    };
    let name = name.or_else(|| name_of(map.value()))?;
    Some(Step { name, target, action: action?, probability, timeout_s, extract, checks })
}

/// The name of a step, or what stands for it: the request as it is written, so that all paths that it leads to
/// share one endpoint.
pub(super) fn name_of(value: &Value<'_>) -> Option<String> {
    let text = |key| value.node().get(key).and_then(|node| node.text()).map(str::to_owned);
    text("name").or_else(|| text("request")).or_else(|| {
        let node = value.node();
        if node.get("graphql").is_some() {
            return Some("graphql".to_owned());
        }
        node.get("publish").map(|_| "publish".to_owned())
    })
}

pub(super) fn template(value: &Value<'_>) -> Option<Template> {
    value.parse("text with {{variables}}", Template::parse)
}

/// `{ channel: …, message: … }`.
fn publish(value: &Value<'_>) -> Option<Action> {
    let map = value.mapping()?;
    let channel = map.required("channel", template);
    let message = map.required("message", template);
    map.finish();
    Some(Action::Redis { channel: channel?, message: message? })
}

/// `0.2` or `20%`.
fn probability(value: &Value<'_>) -> Option<f64> {
    let found = match value.node().kind {
        swarmlab_yaml::Kind::String(_) => value.percent()?,
        _ => value.float(0.0..=1.0)?,
    };
    if found <= 0.0 {
        value.fail(
            codes::BAD_VALUE,
            format!("{} must be above 0", value.path()),
            "a probability such as 0.2 or 20%",
        );
        return None;
    }
    Some(found)
}
