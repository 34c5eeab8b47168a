//! The stack's named volumes.

use crate::read::{labels, options};
use crate::stack::External;
use std::collections::BTreeMap;
use swarmlab_codes as codes;
use swarmlab_yaml::{Span, Value};

/// One entry of the top-level `volumes`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Volume {
    /// Its name in the file.
    pub name: String,
    /// Its name in the Engine, if it is not `<stack>_<name>`.
    pub engine_name: Option<String>,
    /// True if it must exist already.
    pub external: bool,
    /// Driver; the Engine's own if absent.
    pub driver: Option<String>,
    /// Options of the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Where its name stands in the file.
    pub span: Span,
}

/// One entry of the top-level `volumes`; null stands for all defaults.
pub(crate) fn read(name: &str, value: &Value<'_>) -> Option<Volume> {
    let mut volume = Volume { name: name.to_owned(), span: value.key_span(), ..Volume::default() };
    if value.is_null() {
        return Some(volume);
    }
    let map = value.mapping()?;
    let External { external, name: engine_name } = External::read(&map, name);
    volume.external = external;
    volume.engine_name = engine_name;
    volume.driver = map.optional("driver", Value::text);
    volume.driver_opts = map.optional("driver_opts", options).unwrap_or_default();
    volume.labels = map.optional("labels", labels).unwrap_or_default();
    if external {
        for key in ["driver", "driver_opts", "labels"] {
            if let Some(v) = map.get(key) {
                let message = format!("an external volume is not created, so `{key}` cannot be chosen");
                v.cx().push(
                    v.error(codes::EXTERNAL_CONFLICT, message).help(format!("remove `{key}` or `external`")),
                );
            }
        }
    }
    map.known_prefix("x-").finish();
    Some(volume)
}
