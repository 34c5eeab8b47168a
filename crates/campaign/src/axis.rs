//! `axes`: what a campaign varies. A list gives values to the key or variable that the axis is called like; a mapping gives names
//! to settings of any number of keys.

use std::collections::BTreeSet;

use swarmlab_codes as codes;
use swarmlab_experiment::{Overrides, With};
use swarmlab_stackfile::is_secret_name;
use swarmlab_yaml::patch::is_within;
use swarmlab_yaml::{Kind, Span, Value, flow};

/// One thing that a level sets.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// A variable of the stack.
    Variable {
        /// Its name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A key of the experiment.
    Key(With),
}

impl Setting {
    /// As it stands on the command line of `run`.
    pub fn word(&self) -> String {
        match self {
            Self::Variable { name, value } => format!("--set {name}={value}"),
            Self::Key(with) => with.word(),
        }
    }

    /// What it sets.
    fn target(&self) -> String {
        match self {
            Self::Variable { name, .. } => format!("variables.{name}"),
            Self::Key(with) => with.key.clone(),
        }
    }

    pub(crate) fn apply(&self, to: &mut Overrides) {
        match self {
            Self::Variable { name, value } => {
                to.set.insert(name.clone(), value.clone());
            }
            Self::Key(with) => to.with.push(with.clone()),
        }
    }
}

/// One value of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// Its name.
    pub name: String,
    /// What it sets; nothing in a campaign that compares an experiment with itself.
    pub settings: Vec<Setting>,
    /// Where it stands in the campaign's file.
    pub span: Span,
}

/// What is varied, independently of other axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Its name.
    pub name: String,
    /// Its levels, in the order of the file.
    pub levels: Vec<Level>,
}

/// Reads `axes`; `None` if one of them is wrong (all are looked at).
pub(crate) fn read(value: &Value<'_>) -> Option<Vec<Axis>> {
    let entries = value.entries()?;
    if entries.is_empty() {
        value.fail(
            codes::BAD_VALUE,
            "`axes` names nothing to vary",
            "at least one axis, e.g. `POOL: [4, 8]`",
        );
        return None;
    }
    let mut set = BTreeSet::new();
    let read: Vec<Option<Axis>> = entries
        .iter()
        .map(|(key, value)| {
            let levels = match value.node().kind {
                Kind::Sequence(_) => list(&key.name, value),
                Kind::Mapping(_) => named(value),
                _ => value.wrong_type("a list of values, or a mapping of named levels"),
            }?;
            let axis = Axis { name: key.name.clone(), levels };
            one_axis_each(value, &axis, &mut set).then_some(axis)
        })
        .collect();
    read.into_iter().collect()
}

/// A key that two axes set would have the value of the later one, whatever the earlier says; so would a key in what the later one
/// sets.
fn one_axis_each(value: &Value<'_>, axis: &Axis, set: &mut BTreeSet<String>) -> bool {
    let own: BTreeSet<String> =
        axis.levels.iter().flat_map(|level| &level.settings).map(Setting::target).collect();
    let plain = |target: &str| target.trim_start_matches("variables.").to_owned();
    let mut fine = true;
    for lost in set.iter() {
        let Some(by) = own.iter().find(|target| is_within(lost, target)) else { continue };
        fine = false;
        if by == lost {
            let message = format!("`{}` is set by another axis as well", plain(lost));
            value.fail(codes::BAD_VALUE, message, "keys of its own");
        } else {
            let message = format!("`{by}` would replace `{lost}`, which an axis before sets");
            let help = "put this axis before that one, or make one axis of named levels of them";
            value.cx().push(value.error(codes::BAD_VALUE, message).help(help));
        }
    }
    set.extend(own);
    fine
}

fn list(key: &str, value: &Value<'_>) -> Option<Vec<Level>> {
    let levels = value.list(|item| {
        let Some(name) = item.node().text() else {
            let message = format!("{} is {}: a level needs a name", item.path(), item.node().kind.describe());
            let finding = item.error(codes::WRONG_TYPE, message).expected("a single value");
            item.cx().push(finding.help(format!("name it: `{key}: {{ first: {{ KEY: VALUE }}, … }}`")));
            return None;
        };
        Some(Level { name: name.to_owned(), settings: vec![setting(key, item)?], span: item.span() })
    })?;
    distinct(value, levels)
}

fn named(value: &Value<'_>) -> Option<Vec<Level>> {
    let read: Vec<Option<Level>> = value
        .entries()?
        .iter()
        .map(|(key, level)| {
            let settings: Vec<Option<Setting>> = match level.is_null() {
                true => Vec::new(),
                false => level.entries()?.iter().map(|(key, value)| setting(&key.name, value)).collect(),
            };
            let settings = settings.into_iter().collect::<Option<Vec<Setting>>>()?;
            Some(Level { name: key.name.clone(), settings, span: key.span })
        })
        .collect();
    distinct(value, read.into_iter().collect::<Option<Vec<Level>>>()?)
}

fn distinct(value: &Value<'_>, levels: Vec<Level>) -> Option<Vec<Level>> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = levels.iter().find(|level| !seen.insert(level.name.clone())) {
        let message = format!("{} has `{}` twice", value.path(), twice.name);
        let finding = value.cx().error(codes::BAD_VALUE, twice.span, message).at(value.path());
        let help =
            "to compare an experiment with itself, name two levels that set nothing: `same: { a: , b: }`";
        value.cx().push(finding.expected("each level once").help(help));
        return None;
    }
    if levels.is_empty() {
        value.fail(codes::BAD_VALUE, format!("{} has no level", value.path()), "at least one value");
        return None;
    }
    Some(levels)
}

/// A name in capitals is a variable of the stack, everything else a key of the experiment.
fn setting(key: &str, value: &Value<'_>) -> Option<Setting> {
    let capitals = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    };
    let variable = key.strip_prefix("variables.").or_else(|| capitals(key).then_some(key));
    if let Some(name) = variable {
        if is_secret_name(name) {
            let message = format!("`{name}` is called like a secret: its values would stand in every folder");
            value.fail(codes::BAD_VALUE, message, "a variable that may be written down");
            return None;
        }
        return Some(Setting::Variable { name: name.to_owned(), value: value.text()? });
    }
    match With::parse(&format!("{key}={}", flow(value.node()))) {
        Ok(with) => Some(Setting::Key(with)),
        Err(why) => {
            let finding =
                value.error(codes::BAD_VALUE, why).expected("a key of the experiment, or a variable");
            value.cx().push(
                finding.help("e.g. `load.shape: [a.yml, b.yml]`, `POOL: [4, 8]` for a variable of the stack"),
            );
            None
        }
    }
}
