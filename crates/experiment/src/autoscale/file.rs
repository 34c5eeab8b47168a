//! The controllers file: `autoscale:` with the services that are scaled, and perhaps the `stack:` that has them.

use std::path::Path;

use swarmlab_yaml::{Cx, Diagnostic, Diagnostics, Value};

use super::Autoscale;
use crate::{read_named_file, stack_file, unreadable};

/// What a controllers file says, and what is odd about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Controllers {
    /// In the order of the file, at least one.
    pub services: Vec<Autoscale>,
    /// Warnings.
    pub warnings: Diagnostics,
}

/// Reads a controllers file. `services` are those of the run that it is for, if it is for one; without them services are
/// compared with the stack that the file names, else with nothing. `environment` answers the stack's variables.
///
/// # Errors
/// All findings, also those of the stack file.
pub fn read_file(
    path: &Path,
    environment: &stack_file::Variables<'_>,
    services: Option<&[String]>,
) -> Result<Controllers, Diagnostics> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    from_text(&text, path, environment, services)
}

/// As [`read_file`], of a text at hand; `path` is where its names are relative to.
pub(crate) fn from_text(
    text: &str,
    path: &Path,
    environment: &stack_file::Variables<'_>,
    services: Option<&[String]>,
) -> Result<Controllers, Diagnostics> {
    let document = swarmlab_yaml::load(text, &path.display().to_string())?;
    let cx = Cx::new(&document);
    let mut foreign = Vec::new();
    let found = root(&cx.root(), path, environment, services, &mut foreign);
    // Errors of a file that this one names are no error of this one.
    if found.is_none() && !cx.has_errors() && !foreign.is_empty() {
        return Err(Diagnostics::new(foreign));
    }
    match cx.finish(found) {
        Ok((services, warnings)) if foreign.is_empty() => Ok(Controllers { services, warnings }),
        Ok((_, warnings)) => Err(Diagnostics::new(warnings.into_vec().into_iter().chain(foreign).collect())),
        Err(all) => Err(Diagnostics::new(all.into_vec().into_iter().chain(foreign).collect())),
    }
}

fn root(
    value: &Value<'_>,
    path: &Path,
    environment: &stack_file::Variables<'_>,
    services: Option<&[String]>,
    foreign: &mut Vec<Diagnostic>,
) -> Option<Vec<Autoscale>> {
    let base = path.parent().unwrap_or(Path::new("."));
    let map = value.mapping()?;
    let stack = map.optional("stack", |v| {
        let (stack_path, _) = read_named_file(v, base)?;
        stack_file::read(&stack_path, environment).map_err(|all| foreign.extend(all.into_vec())).ok()
    });
    let autoscale = map.required("autoscale", |v| {
        let read = super::read(v, stack.as_ref(), services, base, None)?;
        if read.is_empty() && !v.cx().has_errors() {
            let message = format!("{} is empty", v.path());
            v.fail(swarmlab_codes::BAD_VALUE, message, "at least one service with its controller");
            return None;
        }
        Some(read)
    });
    map.known_prefix("x-");
    map.finish();
    if foreign.is_empty() { autoscale } else { None }
}
