//! The repository's own stack file.
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::{Path, PathBuf};
use swarmlab_stackfile::{Role, Stack, load_file, specs};

fn stack_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stacks/exercise.yml")
}

fn exercise(env: &dyn Fn(&str) -> Option<String>) -> Stack {
    load_file(&stack_file(), env).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn it_loads_without_a_warning_and_without_any_variable() {
    let stack = exercise(&|_| None);
    assert!(stack.warnings.is_empty(), "{:#?}", stack.warnings);
    for name in ["gateway", "ms-exercise", "ms-other"] {
        let service = stack.service(name).unwrap();
        assert_eq!(service.role, Role::Application, "{name}");
        let front = stack.service(&format!("{name}-envoy")).unwrap();
        assert_eq!(front.role, Role::Proxy);
        assert_eq!(front.fronts.as_ref().unwrap().value, name);
    }
    assert!(specs(&stack, "exercise").is_ok());
}

#[test]
fn its_images_come_by_interpolation() {
    let stack = exercise(&|name| name.ends_with("_IMAGE").then(|| format!("local/{}", name.to_lowercase())));
    for service in &stack.services {
        assert!(service.image.starts_with("local/"), "{}: {}", service.name, service.image);
    }
}
