//! Who a series speaks of, and what it says.

use std::collections::BTreeMap;

use swarmlab_record::series::Identity;
use swarmlab_record::topology::Topology;

use crate::labels::LabelSet;
use crate::row::{BOUND, Catalogue, Edge, Form, Keep, Row, Service, Task};
use crate::{Catalogues, service};

/// The label that an answer's class is given, whatever the source calls it; its values are `1` to `5`.
const CLASS: &str = "code_class";
/// Labels that say where a sample came from and never tell series of one task apart.
const OF_THE_SCRAPE: [&str; 3] = ["__name__", "job", "instance"];

/// The stack that is measured.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Its name.
    pub stack: &'a str,
    /// Its services. With none, every service that is named counts as one of the stack's.
    pub topology: &'a Topology,
}

impl Context<'_> {
    /// Whether a service is one of the stack's.
    pub(crate) fn knows(&self, service: &str) -> bool {
        self.is_open() && !service.is_empty() || self.topology.service(service).is_some()
    }

    /// Whether the services are unknown.
    pub(crate) fn is_open(&self) -> bool {
        self.topology.services.is_empty()
    }
}

/// What a series turned out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Identified {
    /// A series of a service of the stack.
    Series(Identity),
    /// Nothing that is collected: not catalogued, filtered out, of another stack or of no service.
    NotOurs,
    /// Catalogued, but it does not say of which service or task it speaks: the user should know, since a figure may lack
    /// it.
    Unnamed {
        /// Why, a sentence without its point.
        why: String,
        /// What it says of itself, for counting each thing once.
        who: String,
    },
}

impl Catalogues {
    /// What a series with these labels (`__name__` among them) is.
    pub fn identify(&self, labels: &impl LabelSet, context: &Context<'_>) -> Identified {
        let Some(name) = labels.value("__name__") else { return Identified::NotOurs };
        let places = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let rows = places.iter().filter_map(|&(c, r)| {
            let catalogue = self.all.get(c)?;
            Some((catalogue, catalogue.rows.get(r)?))
        });
        match rows.into_iter().find(|(_, row)| row.selector.selects(labels)) {
            Some((catalogue, row)) => of_row(catalogue, row, labels, context),
            None => Identified::NotOurs,
        }
    }
}

fn of_row(catalogue: &Catalogue, row: &Row, labels: &impl LabelSet, context: &Context<'_>) -> Identified {
    // What a row says of a label goes before what the catalogue says of it.
    let filters = catalogue.labels.only.iter().filter(|(label, _)| !row.labels.only.contains_key(*label));
    let passes = filters
        .chain(&row.labels.only)
        .all(|(label, filter)| labels.value(label).is_none_or(|value| filter.allows(value)));
    if !passes {
        return Identified::NotOurs;
    }
    let (by_job, by_instance) = (Service::by_label("job"), Task::by_label("instance"));
    let service = catalogue.said(row, |l| l.service.as_ref()).unwrap_or(&by_job);
    let Some(value) = labels.value(&service.label) else { return unnamed(service, labels, context) };
    let other_stack = |label: &String| labels.value(label).is_some_and(|stack| stack != context.stack);
    if service.namespace.as_ref().is_some_and(other_stack) {
        return Identified::NotOurs;
    }
    let Some(name) = service::named(value, service.form, &service.names, context) else {
        return Identified::NotOurs;
    };
    let task = catalogue.said(row, |l| l.task.as_ref()).unwrap_or(&by_instance);
    let or = || task.or.as_ref().and_then(|label| labels.value(label));
    let Some(task_name) = labels.value(&task.label).or_else(or) else {
        let why =
            format!("series of {} name no task: they have no label `{}`", row.selector.name, task.label);
        return Identified::Unnamed { why, who: name };
    };
    let edge = catalogue.said(row, |l| l.edge.as_ref());
    let behind =
        |edge: &Edge| Some(service::behind(labels.value(edge.label.as_ref()?)?, &edge.names, context));
    Identified::Series(Identity {
        metric: row.selector.name.clone(),
        meaning: row.meaning.clone(),
        kind: row.kind,
        unit: row.unit.clone(),
        scale: row.factor,
        upstream: edge.and_then(behind),
        task_is_exact: task.exact && labels.value(&task.label).is_some(),
        labels: kept(catalogue, row, service, task, labels),
        task: task_name.to_owned(),
        service: name,
    })
}

/// A series that names no service: the user's business if it should have.
fn unnamed(service: &Service, labels: &impl LabelSet, context: &Context<'_>) -> Identified {
    for rule in &service.unnamed {
        let Some(value) = labels.value(&rule.label) else { continue };
        let contained = rule.contains.replace("{stack}", context.stack);
        if value.contains(&contained) && rule.without.iter().all(|l| labels.value(l).is_none()) {
            return Identified::Unnamed { why: rule.why.clone(), who: value.to_owned() };
        }
    }
    Identified::NotOurs
}

/// The labels that tell series of one task apart, in the record's own words where it has them.
fn kept(
    catalogue: &Catalogue,
    row: &Row,
    service: &Service,
    task: &Task,
    labels: &impl LabelSet,
) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut keep = |label: &str, value: &str| out.insert(label.to_owned(), value.to_owned());
    match catalogue.said(row, |l| l.keep.as_ref()) {
        Some(Keep::These(list)) => {
            for label in list {
                labels.value(label).map(|value| keep(label, value));
            }
        }
        Some(Keep::All) | None => {
            let said = [&service.label, &task.label];
            let says_else = |label: &str| OF_THE_SCRAPE.contains(&label) || said.iter().any(|s| *s == label);
            for (label, value) in labels.each().filter(|(label, _)| !says_else(label)) {
                keep(label, value);
            }
        }
    }
    labels.value(BOUND).map(|value| keep(BOUND, value));
    let node = catalogue.said(row, |l| l.node.as_ref());
    node.and_then(|label| labels.value(label)).map(|value| keep("node", value));
    let class = catalogue.said(row, |l| l.class.as_ref()).into_iter().flatten();
    if let Some((label, value)) = class.into_iter().find_map(|label| Some((label, labels.value(label)?))) {
        let class = class_of(value);
        class.map(|digit| keep(CLASS, digit));
        // A class says all of `5` and `5xx`; of `503`, or of what is no class, it does not.
        if class.is_none() || value.bytes().skip(1).any(|b| b.is_ascii_digit()) {
            keep(label, value);
        }
    }
    out
}

/// The class of an answer: `2` of `2`, `2xx` and `204`.
fn class_of(value: &str) -> Option<&str> {
    let (digit, rest) = value.split_at_checked(1)?;
    let classed =
        matches!(rest, "" | "xx" | "XX") || (rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_digit()));
    (matches!(digit, "1" | "2" | "3" | "4" | "5") && classed).then_some(digit)
}

impl Service {
    /// A service that is named by a label, in any form.
    pub fn by_label(label: &str) -> Self {
        let label = label.to_owned();
        Self { label, form: Form::Service, namespace: None, names: BTreeMap::new(), unnamed: Vec::new() }
    }
}

impl Task {
    /// A task that is named by a label.
    pub fn by_label(label: &str) -> Self {
        Self { label: label.to_owned(), or: None, exact: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_read_in_every_spelling() {
        for (value, class) in [("2", Some("2")), ("2xx", Some("2")), ("204", Some("2")), ("503", Some("5"))] {
            assert_eq!(class_of(value), class, "{value}");
        }
        for value in ["", "total", "other", "0", "6xx", "20", "2x", "é", "20é"] {
            assert_eq!(class_of(value), None, "{value}");
        }
    }
}
