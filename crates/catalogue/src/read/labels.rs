//! Which labels say what: of a whole catalogue, or of one row.

use std::collections::BTreeMap;
use swarmlab_codes as codes;

use swarmlab_yaml::{MapReader, Value};

use super::is_plain;
use crate::row::{Edge, Filter, Form, Keep, Labels, Service, Task, Unnamed};
use crate::selector::is_label_name;

/// Words of the forms in which a service is spelt.
const FORMS: [(&str, Form); 2] = [("service", Form::Service), ("stack_service", Form::StackService)];

pub(super) fn read(map: &MapReader<'_>) -> Labels {
    Labels {
        service: map.optional("service", service),
        task: map.optional("task", task),
        node: map.optional("node", label),
        edge: map.optional("edge", edge),
        class: map.optional("class", |v| if is_plain(v) { Some(vec![label(v)?]) } else { v.list(label) }),
        keep: map.optional("keep", keep),
        only: map.or("where", BTreeMap::new(), only),
        interval_s: map.optional("interval", Value::positive_duration).map(|d| d.as_secs_f64()),
    }
}

/// A label's name.
fn label(value: &Value<'_>) -> Option<String> {
    let name = value.string()?;
    if is_label_name(&name) {
        return Some(name);
    }
    let message = format!("{} cannot be `{name}`: it is no name of a label", value.path());
    value.fail(codes::BAD_LABEL, message, "letters, digits and `_`, no digit first");
    None
}

/// `LABEL`, or `{ label, form, namespace, names, unnamed }`.
fn service(value: &Value<'_>) -> Option<Service> {
    if is_plain(value) {
        return label(value).map(|label| Service::by_label(&label));
    }
    let map = value.mapping()?;
    let label_of = map.required("label", label);
    let form = map.or("form", Form::Service, |v| v.enum_of(&FORMS));
    let namespace = map.optional("namespace", label);
    let names = map.or("names", BTreeMap::new(), names);
    let unnamed = map.or("unnamed", Vec::new(), |v| v.list(unnamed));
    map.finish();
    Some(Service { label: label_of?, form, namespace, names, unnamed })
}

fn unnamed(value: &Value<'_>) -> Option<Unnamed> {
    let map = value.mapping()?;
    let label_of = map.required("label", label);
    let contains = map.or("contains", String::new(), Value::string);
    let without = map.or("without", Vec::new(), |v| v.list(label));
    let why = map.required("why", Value::name);
    map.finish();
    Some(Unnamed { label: label_of?, contains, without, why: why? })
}

/// `LABEL`, or `{ label, or, exact }`.
fn task(value: &Value<'_>) -> Option<Task> {
    if is_plain(value) {
        return label(value).map(|label| Task::by_label(&label));
    }
    let map = value.mapping()?;
    let label_of = map.required("label", label);
    let or = map.optional("or", label);
    let exact = map.or("exact", false, Value::bool);
    map.finish();
    Some(Task { label: label_of?, or, exact })
}

/// `LABEL`, `none`, or `{ label, names }`.
fn edge(value: &Value<'_>) -> Option<Edge> {
    if is_plain(value) {
        let label = label(value)?;
        return Some(Edge { label: (label != "none").then_some(label), names: BTreeMap::new() });
    }
    let map = value.mapping()?;
    let label_of = map.required("label", label);
    let names = map.or("names", BTreeMap::new(), names);
    map.finish();
    Some(Edge { label: Some(label_of?), names })
}

/// `{ VALUE: SERVICE }`.
fn names(value: &Value<'_>) -> Option<BTreeMap<String, String>> {
    Some(value.map(Value::name)?.into_iter().map(|(key, service)| (key.name, service)).collect())
}

/// `all`, or a list of labels.
fn keep(value: &Value<'_>) -> Option<Keep> {
    if is_plain(value) { value.enum_of(&[("all", Keep::All)]) } else { value.list(label).map(Keep::These) }
}

/// `{ LABEL: { is: […], not: […] } }`.
fn only(value: &Value<'_>) -> Option<BTreeMap<String, Filter>> {
    let mut out = BTreeMap::new();
    for (key, rule) in value.entries()? {
        if !is_label_name(&key.name) {
            let message = format!("`{}` is no name of a label", key.name);
            let finding = value.cx().error(codes::BAD_LABEL, key.span, message).at(rule.path());
            value.cx().push(finding.help("letters, digits and `_`, no digit first"));
        }
        if let Some(filter) = filter(&rule) {
            out.insert(key.name.clone(), filter);
        }
    }
    Some(out)
}

fn filter(value: &Value<'_>) -> Option<Filter> {
    let map = value.mapping()?;
    let is = map.or("is", Vec::new(), |v| v.list(Value::text));
    let not = map.or("not", Vec::new(), |v| v.list(Value::text));
    map.finish();
    if map.key("is").is_none() && map.key("not").is_none() {
        value.fail(
            codes::NO_VALUES,
            format!("{} leaves nothing out", value.path()),
            "`is: [VALUE]` or `not: [VALUE]`",
        );
    }
    Some(Filter { is, not })
}
