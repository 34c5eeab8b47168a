//! One step: an HTTP request, a GraphQL operation, a message on Redis, an action on a WebSocket, a gRPC call, or what
//! steers others.

use std::time::Duration;

use swarmlab_codes as codes;
use swarmlab_loadgen::{Action, Group, Step, Template};
use swarmlab_yaml::{MapReader, Value, join_path};

use super::answer::keys_given;
use super::logic::{self, Steering};
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
    let steering = Steering::read(map, &target);
    let steps = map.optional("steps", |v| v.list(|v| read(v, &target)));
    let publish = map.optional("publish", publish);
    let set = map.optional("set", logic::set).map(Action::Set);
    let batch = logic::batch(map, &target).map(Action::Batch);
    let websocket = map.optional("websocket", websocket::read);
    let call = map.optional("grpc", grpc::read);
    let has = |key: &&'static str| map.get(key).is_some_and(|value| !value.is_null());
    let others = ["steps", "set", "batch", "publish", "websocket", "grpc"];
    let given: Vec<_> = others.into_iter().filter(has).collect();
    let is_request = keys_given(map, &["request", "graphql"]) > 0;
    let action = match (&given[..], is_request) {
        (["steps"], false) => Some(Action::Group(Box::new(Group::new(Vec::new())))),
        (["set"], false) => set,
        (["batch"], false) => batch,
        (["publish"], false) => publish,
        (["websocket"], false) => websocket,
        (["grpc"], false) => call,
        ([], _) => request::read(map).map(Action::Http),
        _ => {
            let value = map.value();
            let message = match &given[..] {
                [only] => format!("{} stands beside a request", join_path(value.path(), only)),
                all => format!("{} has {} at once", value.path(), all.join(" and ")),
            };
            value.fail(codes::BAD_VALUE, message, "one action a step");
            None
        }
    };
    let name = name.or_else(|| name_of(map.value()))?;
    let step = |action, probability| Step {
        name: name.clone(),
        target: target.clone(),
        action,
        probability,
        timeout_s,
        extract: extract.clone(),
        checks: checks.clone(),
    };
    match (action?, steering) {
        (Action::Group(group), steering) => {
            let steps = steps?;
            let group = match steering {
                Some(steering) => steering.group(steps),
                None => Group { steps, ..*group },
            };
            Some(step(Action::Group(Box::new(group)), probability))
        }
        (action, None) => Some(step(action, probability)),
        // What steers the step stands around it, and whether it is done is drawn once.
        (action, Some(steering)) => {
            let group = steering.group(vec![step(action, 1.0)]);
            Some(Step { probability, ..Step::group(name.clone(), group) })
        }
    }
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
        .or_else(|| logic::name_of(value))
        .or_else(|| websocket::name_of(value))
        .or_else(|| grpc::name_of(value))
}

pub(super) fn template(value: &Value<'_>) -> Option<Template> {
    let Some(text) = value.node().text() else { return value.wrong_type("text with {{variables}}") };
    template_of(value, text)
}

/// A text that stands in `value` as a template; what is wrong with it says what should stand there.
pub(super) fn template_of(value: &Value<'_>, text: &str) -> Option<Template> {
    match Template::parse(text) {
        Ok(template) => Some(template),
        Err(error) => {
            value.fail(codes::BAD_VALUE, format!("{}: {error}", value.path()), error.expected());
            None
        }
    }
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
