//! A stack that is written and read again is the same stack: over every stack file of the repository.
#![allow(clippy::unwrap_used, missing_docs)]

use proptest::prelude::*;
use std::path::{Path, PathBuf};
use swarmlab_stackfile::{Stack, load, specs, write};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The stack files of the repository; a file whose variables must be set gets them.
fn corpus() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in ["stacks", "stacks/corpus", "crates/fuzzing/corpus/stack_file"] {
        for entry in std::fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "yml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(text: &str, path: &Path) -> Result<Stack, swarmlab_yaml::Diagnostics> {
    let env = |name: &str| std::env::var(name).ok().filter(|_| name == "HOME");
    load(text, path, &env, &|file| std::fs::read(file))
}

#[test]
fn every_stack_file_comes_back() {
    let (mut tried, mut refused) = (0, 0);
    for path in corpus() {
        let Ok(stack) = read(&std::fs::read_to_string(&path).unwrap(), &path) else {
            refused += 1;
            continue;
        };
        let text = write(&stack, &|file| file.display().to_string());
        let again = read(&text, &path).unwrap_or_else(|e| panic!("{}: {e}\n{text}", path.display()));
        assert_eq!(again.unplaced(), stack.unplaced(), "{}\n{text}", path.display());
        assert_eq!(write(&again, &|file| file.display().to_string()), text, "{}", path.display());
        let (one, other) = (specs(&stack, "s").unwrap(), specs(&again, "s").unwrap());
        assert_eq!(
            (one.services, one.networks, one.configs),
            (other.services, other.networks, other.configs)
        );
        tried += 1;
    }
    assert!(tried > 55 && refused < 4, "{tried} of the corpus were tried, {refused} refused");
}

#[test]
fn a_written_file_reads_like_this() {
    let text = "services:\n  web:\n    image: nginx\n    command: echo $$HOME\n    environment: [A=yes, B]\n    \
                ports: ['8080:80']\n    deploy: { resources: { limits: { cpus: '0.50', memory: 64M } } }\n";
    let stack = load(text, Path::new("t.yml"), &|_| None, &|_| unreachable!()).unwrap();
    let expected = "\
version: \"3.8\"
services:
  web:
    image: nginx
    command:
      - echo
      - \"$$HOME\"
    environment:
      A: \"yes\"
      B: null
    ports:
      - target: 80
        published: 8080
        protocol: tcp
        mode: ingress
    deploy:
      replicas: 1
      resources:
        limits:
          cpus: \"0.5\"
          memory: \"64M\"
";
    assert_eq!(write(&stack, &|_| String::new()), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn empty_sections_come_back(sections in prop::sample::subsequence(vec![
        "healthcheck: {}", "deploy: { restart_policy: {} }", "volumes: [{ type: bind, source: /a, target: /b, bind: {} }]",
        "logging: {}", "environment: [A]", "command: []", "x-swarmlab: { demand: 1500us, alias: o }",
    ], 0..7)) {
        let body: String = sections.iter().map(|line| format!("    {line}\n")).collect();
        let text = format!("services:\n  web:\n    image: i\n{body}");
        let read = |text: &str| load(text, Path::new("t.yml"), &|_| None, &|_| unreachable!()).unwrap();
        let stack = read(&text);
        prop_assert_eq!(read(&write(&stack, &|_| String::new())).unplaced(), stack.unplaced());
    }

    /// Whatever a text of a stack holds: quotes, dollars, line ends, what looks like numbers.
    #[test]
    fn any_texts_come_back(value in "(?s).{0,20}", word in "[ -~]{1,12}", nanos in 1u32..3_000_000, size in 4i64 << 20..1 << 40) {
        let text = "services: { web: { image: i } }";
        let mut stack = load(text, Path::new("t.yml"), &|_| None, &|_| unreachable!()).unwrap();
        let web = &mut stack.services[0];
        web.environment.insert("A".to_owned(), Some(value.clone()));
        web.command = Some(vec![word.clone(), value.clone()]);
        web.labels.insert(word.clone(), value.clone());
        web.hostname = Some(word);
        web.stop_grace_period = Some(std::time::Duration::from_nanos(nanos.into()));
        web.deploy.limits = Some(swarmlab_stackfile::Limits {
            // The least that a file can ask for, and more.
            nano_cpus: Some(1_000_000 + i64::from(nanos) * 1000), memory_bytes: Some(size), pids: None,
        });
        let written = write(&stack, &|_| String::new());
        let again = load(&written, Path::new("t.yml"), &|_| None, &|_| unreachable!());
        let again = again.unwrap_or_else(|e| panic!("{e}\n{written}"));
        prop_assert_eq!(again.unplaced(), stack.unplaced());
    }
}
