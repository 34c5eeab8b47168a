//! One step: an HTTP request, a GraphQL operation, a message on Redis, an action on a WebSocket, a gRPC call.

use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_loadgen::{Action, Step, Template};
use swarmlab_yaml::{MapReader, Value};

use super::{answer, grpc, request, websocket};

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
    let websocket = map.optional("websocket", websocket::read);
    let call = map.optional("grpc", grpc::read);
    let has = |key| map.get(key).filter(|v| !v.is_null());
    let others: Vec<_> = ["publish", "websocket", "grpc"].into_iter().filter_map(has).collect();
    let request = has("request").or_else(|| has("graphql"));
    let action = match (others.as_slice(), request) {
        ([_], None) => publish.or(websocket).or(call),
        ([both, ..], other) => {
            let beside = if other.is_some() { "a request" } else { "another action" };
            both.fail(
                codes::BAD_VALUE,
                format!("{} stands beside {beside}", both.path()),
                "one action a step",
            );
            None
        }
        ([], _) => request::read(map).map(Action::Http),
    };
    let name = name.or_else(|| name_of(map.value()))?;
    Some(Step { name, target, action: action?, probability, timeout_s, extract, checks })
}

/// The name of a step, or what stands for it: the request as it is written, so that all paths that it leads to
/// share one endpoint.
pub(super) fn name_of(value: &Value<'_>) -> Option<String> {
    let text = |key| value.node().get(key).and_then(|node| node.text()).map(str::to_owned);
    text("name")
        .or_else(|| text("request"))
        .or_else(|| {
            let node = value.node();
            if node.get("graphql").is_some() {
                return Some("graphql".to_owned());
            }
            node.get("publish").map(|_| "publish".to_owned())
        })
        .or_else(|| websocket::name_of(value))
        .or_else(|| grpc::name_of(value))
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
