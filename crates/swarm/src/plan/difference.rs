//! In what two specifications of a service differ, where the one is what a file asks for and the other what the Engine
//! stores: it fills in defaults, writes ids for names, and leaves out what is empty.

use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use swarmlab_stackfile::is_secret_name;

/// Names of networks and configs by id.
pub(super) type Names = BTreeMap<String, String>;

/// One place in which they differ. Values of variables that are called like secrets are not in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where, as the Engine calls it: `TaskTemplate.ContainerSpec.Image`.
    pub path: String,
    /// What is there; none if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<String>,
    /// What would be there; none if nothing would be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<String>,
}

/// What a file names, and the Engine stores the id of.
const NAMED_BY_ID: [&str; 2] = ["Target", "Config"];

/// Ids of what is named as well, and names that follow from the content.
const IDS: [&str; 2] = ["ConfigID", "SecretID"];

/// Everything in which `then` differs from `now`, in the order of paths.
pub(super) fn differences(now: &Value, then: &Value, names: &Names) -> Vec<Difference> {
    let mut out = Vec::new();
    compare("", "", now, then, names, &mut out);
    out
}

fn compare(path: &str, key: &str, now: &Value, then: &Value, names: &Names, out: &mut Vec<Difference>) {
    match (now, then) {
        (Value::Object(_) | Value::Null, Value::Object(_) | Value::Null) => {
            let (now, then) = (by_key(key, now), by_key(key, then));
            let keys: BTreeSet<&String> = now.keys().chain(then.keys()).collect();
            for lower in keys {
                let (was, is) = (now.get(lower), then.get(lower));
                let Some((key, _)) = was.or(is) else { continue };
                // An earlier forced update is kept.
                if IDS.contains(key) || (*key == "ForceUpdate" && is.is_none()) {
                    continue;
                }
                let below = if path.is_empty() { (*key).to_owned() } else { format!("{path}.{key}") };
                let value = |side: Option<&(&str, &Value)>| side.map_or(Value::Null, |(_, v)| (*v).clone());
                compare(&below, key, &value(was), &value(is), names, out);
            }
        }
        (Value::Array(was), Value::Array(is)) if key == "Env" => variables(path, was, is, out),
        (Value::Array(was), Value::Array(is)) if was.len() == is.len() => {
            for (i, (was, is)) in was.iter().zip(is).enumerate() {
                compare(&format!("{path}[{i}]"), key, was, is, names, out);
            }
        }
        (Value::Array(_), Value::Null) | (Value::Null, Value::Array(_)) if key == "Env" => {
            let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
            variables(path, &list(now), &list(then), out);
        }
        _ => {
            let (was, is) = (shown(key, now, names), shown(key, then, names));
            if was != is {
                out.push(Difference { path: path.to_owned(), now: was, then: is });
            }
        }
    }
}

/// The fields that say something, by their name in lower case: clients and engines differ in capitals.
fn by_key<'a>(parent: &str, value: &'a Value) -> BTreeMap<String, (&'a str, &'a Value)> {
    let fields = value.as_object().into_iter().flatten();
    let fields = fields.filter(|(key, value)| !is_empty(value) && !is_default(parent, key, value));
    fields.map(|(key, value)| (key.to_lowercase(), (key.as_str(), value))).collect()
}

/// What the Engine writes, or takes, where nothing was asked for.
fn is_default(parent: &str, key: &str, value: &Value) -> bool {
    match (parent, key, value) {
        (_, "ForceUpdate", Value::Number(n))
        | ("RestartPolicy", "MaxAttempts", Value::Number(n))
        | ("Healthcheck" | "HealthCheck", _, Value::Number(n))
        | ("UpdateConfig" | "RollbackConfig", "Delay" | "MaxFailureRatio", Value::Number(n)) => {
            n.as_f64() == Some(0.0)
        }
        (_, "Runtime", Value::String(text)) => text == "container",
        (_, "Isolation", Value::String(text)) => text == "default",
        ("EndpointSpec", "Mode", Value::String(text)) => text == "vip",
        ("RestartPolicy", "Condition", Value::String(text)) => text == "any",
        ("UpdateConfig" | "RollbackConfig", "FailureAction", Value::String(text)) => text == "pause",
        ("UpdateConfig" | "RollbackConfig", "Order", Value::String(text)) => text == "stop-first",
        (_, "NoNewPrivileges", Value::Bool(is)) => !is,
        _ => false,
    }
}

/// Whether all of it says nothing: the Engine stores none of both.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(is_empty),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn shown(key: &str, value: &Value, names: &Names) -> Option<String> {
    match value {
        value if is_empty(value) => None,
        Value::String(text) if NAMED_BY_ID.contains(&key) => Some(names.get(text).unwrap_or(text).clone()),
        Value::String(text) => Some(text.clone()),
        // A whole number is the same with and without a point.
        Value::Number(n) => match n.as_f64() {
            Some(f) if n.is_f64() => Some(f.to_string()),
            _ => Some(n.to_string()),
        },
        other => Some(other.to_string()),
    }
}

/// Variables by their names; one that is called like a secret is only said to differ.
fn variables(path: &str, now: &[Value], then: &[Value], out: &mut Vec<Difference>) {
    let read = |list: &[Value]| -> BTreeMap<String, String> {
        let texts = list.iter().filter_map(Value::as_str);
        texts.map(|t| t.split_once('=').unwrap_or((t, ""))).map(|(k, v)| (k.into(), v.into())).collect()
    };
    let (now, then) = (read(now), read(then));
    for name in now.keys().chain(then.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (now.get(name), then.get(name));
        if was != is {
            let said =
                |value: &String| if is_secret_name(name) { "(not shown)".to_owned() } else { value.clone() };
            let path = format!("{path}.{name}");
            out.push(Difference { path, now: was.map(said), then: is.map(said) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(now: Value, then: Value) -> Vec<String> {
        let names = BTreeMap::from([("id1".to_owned(), "lab_net".to_owned())]);
        let text = |side: Option<String>| side.unwrap_or_else(|| "nothing".to_owned());
        let differences = differences(&now, &then, &names);
        differences.into_iter().map(|d| format!("{}: {} -> {}", d.path, text(d.now), text(d.then))).collect()
    }

    #[test]
    fn what_the_engine_fills_in_is_no_difference() {
        let stored = json!({
            "Name": "lab_web", "Labels": {"a": "1"}, "Networks": [],
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": "web", "Isolation": "default", "DNSConfig": {}, "Healthcheck": {"Retries": 2},
                    "Configs": [{"ConfigID": "x", "ConfigName": "lab_c_1"}],
                },
                "Networks": [{"Target": "id1"}], "ForceUpdate": 3, "Runtime": "container",
            },
            "EndpointSpec": {"Mode": "vip"}, "UpdateConfig": {"Parallelism": 1, "MaxFailureRatio": 0, "Order": "stop-first"},
        });
        let asked = json!({
            "Name": "lab_web", "Labels": {"a": "1"},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": "web", "Env": null, "HealthCheck": {"Retries": 2},
                    "Configs": [{"ConfigID": null, "ConfigName": "lab_c_1"}],
                },
                "Networks": [{"Target": "lab_net"}],
            },
            "UpdateConfig": {"Parallelism": 1, "MaxFailureRatio": 0.0, "Delay": 0},
        });
        assert_eq!(found(stored, asked), [""; 0]);
    }

    #[test]
    fn what_differs_is_told_by_its_path_and_secrets_are_not_shown() {
        let stored = json!({
            "Mode": {"Replicated": {"Replicas": 2}},
            "TaskTemplate": {
                "ContainerSpec": {"Image": "web:1", "Args": ["a", "b"], "Env": ["A=1", "DB_PASSWORD=old", "GONE=x"]},
                "Networks": [{"Target": "id1"}],
            },
        });
        let asked = json!({
            "Mode": {"Replicated": {"Replicas": 0}},
            "TaskTemplate": {
                "ContainerSpec": {"Image": "web:2", "Args": ["a", "c"], "Env": ["DB_PASSWORD=new", "A=1", "NEW=y"]},
                "Networks": [{"Target": "lab_net"}, {"Target": "lab_other"}],
                "Resources": {"Limits": {"NanoCPUs": 500_000_000}},
            },
        });
        assert_eq!(
            found(stored, asked),
            [
                "Mode.Replicated.Replicas: 2 -> 0",
                "TaskTemplate.ContainerSpec.Args[1]: b -> c",
                "TaskTemplate.ContainerSpec.Env.DB_PASSWORD: (not shown) -> (not shown)",
                "TaskTemplate.ContainerSpec.Env.GONE: x -> nothing",
                "TaskTemplate.ContainerSpec.Env.NEW: nothing -> y",
                "TaskTemplate.ContainerSpec.Image: web:1 -> web:2",
                "TaskTemplate.Networks: [{\"Target\":\"id1\"}] -> [{\"Target\":\"lab_net\"},{\"Target\":\"lab_other\"}]",
                "TaskTemplate.Resources.Limits.NanoCPUs: nothing -> 500000000",
            ]
        );
    }
}
