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
        assert_eq!(front.fronts.iter().map(|f| f.value.as_str()).collect::<Vec<_>>(), [name]);
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

#[test]
fn its_demands_are_declared_and_follow_the_variables() {
    let demands = |env: &dyn Fn(&str) -> Option<String>| {
        let stack = exercise(env);
        ["gateway", "ms-exercise", "ms-other"].map(|name| stack.service(name).unwrap().demand)
    };
    let ms = |ms: u64| Some(std::time::Duration::from_micros(ms));
    assert_eq!(demands(&|_| None), [ms(2_000), ms(15_000), ms(1_000)]);
    let set = |name: &str| (name == "EXERCISE_DEMAND_MS").then(|| "2.5".to_owned());
    assert_eq!(demands(&set), [ms(2_000), ms(2_500), ms(1_000)]);
}
