//! The stack file, with the variables that an experiment, the environment and locally built images give it.

use std::path::Path;

use swarmlab_stackfile::{Role, Stack};
use swarmlab_yaml::Diagnostics;

use super::FileKind;

/// Answers a variable of the stack file.
pub type Variables<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Reads a stack file.
///
/// # Errors
/// All findings in the file, or why it cannot be read.
pub fn read(path: &Path, variables: &Variables<'_>) -> Result<Stack, Diagnostics> {
    FileKind::Stack.expect_file(path)?;
    swarmlab_stackfile::load_file(path, variables)
}

/// Short names of all services.
pub fn service_names(stack: &Stack) -> Vec<&str> {
    stack.services.iter().map(|s| s.name.as_str()).collect()
}

/// Short names of the applications.
pub fn applications(stack: &Stack) -> Vec<String> {
    stack.services.iter().filter(|s| s.role == Role::Application).map(|s| s.name.clone()).collect()
}
