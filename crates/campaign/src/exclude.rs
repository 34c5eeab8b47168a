//! `exclude`: combinations that are left out. Each is a mapping of axes to a level or a list of levels; what it does not name may
//! be anything.

use swarmlab_codes as codes;
use swarmlab_yaml::{Kind, Value, nearest};

use crate::axis::Axis;

/// A combination that is left out: by axis the levels that make it, as their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Exclusion(Vec<(usize, Vec<usize>)>);

impl Exclusion {
    /// Whether it leaves out these levels, one of each axis.
    pub(crate) fn leaves_out(&self, levels: &[usize]) -> bool {
        self.0.iter().all(|(axis, of)| levels.get(*axis).is_some_and(|level| of.contains(level)))
    }
}

/// Reads `exclude`.
pub(crate) fn read(value: &Value<'_>, axes: &[Axis]) -> Option<Vec<Exclusion>> {
    value.list(|one| {
        let entries = one.entries()?;
        if entries.is_empty() {
            one.fail(
                codes::BAD_VALUE,
                format!("{} would leave out everything", one.path()),
                "axes and levels",
            );
            return None;
        }
        let read: Vec<Option<(usize, Vec<usize>)>> = entries
            .iter()
            .map(|(key, value)| {
                let Some(axis) = axes.iter().position(|axis| axis.name == key.name) else {
                    let names = axes.iter().map(|axis| axis.name.as_str());
                    unknown(value, format!("there is no axis `{}`", key.name), &key.name, names.collect());
                    return None;
                };
                let levels = match value.node().kind {
                    Kind::Sequence(_) => value.list(|item| level(item, &axes[axis])),
                    _ => level(value, &axes[axis]).map(|level| vec![level]),
                };
                Some((axis, levels?))
            })
            .collect();
        read.into_iter().collect::<Option<Vec<_>>>().map(Exclusion)
    })
}

fn level(value: &Value<'_>, axis: &Axis) -> Option<usize> {
    let name = value.text()?;
    let found = axis.levels.iter().position(|level| level.name == name);
    if found.is_none() {
        let names = axis.levels.iter().map(|level| level.name.as_str());
        unknown(value, format!("axis `{}` has no level `{name}`", axis.name), &name, names.collect());
    }
    found
}

fn unknown(value: &Value<'_>, message: String, name: &str, known: Vec<&str>) {
    let help = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.join(", ")),
    };
    value.cx().push(value.error(codes::BAD_VALUE, message).help(help));
}
