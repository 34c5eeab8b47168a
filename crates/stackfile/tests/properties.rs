//! No text makes the room panic, and every error lies in the file.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::load;
use proptest::prelude::*;

fn exercise(text: &str) {
    let files = [("stacks/f", "A=1\n"), ("stacks/g", "=\n")];
    match load(text, &[("A", "1"), ("B", "x:y"), ("C", "")], &files) {
        Ok(stack) => {
            let _ = swarmlab_stackfile::specs(&stack, "s")
                .map(|specs| serde_json::to_string(&specs.services[0].spec));
        }
        Err(all) => {
            assert!(all.has_errors());
            for d in &all {
                assert!(d.span.slice(text).is_some(), "{d}");
            }
            let _ = all.to_string();
        }
    }
}

/// A value such as people write, right or wrong, for any key.
fn value() -> impl Strategy<Value = String> {
    let scalar = prop::sample::select(vec![
        "a",
        "80",
        "\"8080:80\"",
        "0440",
        "true",
        "~",
        "1s",
        "128M",
        "\"0.5\"",
        "/x",
        "a:/b:ro",
        "./f",
        "$A",
        "${B}",
        "${C:-d}",
        "${D:?m}",
        "$",
        "A=1",
        "'it'",
        "-1",
        "1.5",
        "dnsrr",
        "global",
        "host",
        "f",
        "g",
        "[CMD, x]",
        "é",
    ])
    .prop_map(str::to_owned);
    let key = prop::sample::select(vec![
        "source", "target", "file", "external", "name", "type", "labels", "aliases", "mode", "replicas",
        "limits", "memory", "cpus", "test", "x",
    ]);
    scalar.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|v| format!("[{}]", v.join(", "))),
            prop::collection::btree_map(key.clone(), inner, 0..3).prop_map(|m| {
                let entries: Vec<_> = m.iter().map(|(k, v)| format!("{k}: {v}")).collect();
                format!("{{ {} }}", entries.join(", "))
            }),
        ]
    })
}

const KEYS: [&str; 32] = [
    "image",
    "command",
    "entrypoint",
    "environment",
    "env_file",
    "hostname",
    "init",
    "user",
    "labels",
    "healthcheck",
    "networks",
    "ports",
    "configs",
    "secrets",
    "volumes",
    "stop_grace_period",
    "read_only",
    "cap_add",
    "tmpfs",
    "ulimits",
    "sysctls",
    "dns",
    "extra_hosts",
    "logging",
    "depends_on",
    "deploy",
    "x-swarmlab",
    "restart",
    "extends",
    "unknown",
    "oom_score_adj",
    "dns_search",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn random_text_never_panics(text in "(?s).{0,80}") {
        exercise(&text);
    }

    #[test]
    fn random_services_never_panic(
        entries in prop::collection::btree_map(prop::sample::select(KEYS.to_vec()), value(), 0..6),
        top in prop::sample::select(vec!["networks", "volumes", "configs", "secrets", "x-a", "name", "other"]),
        declared in value(),
    ) {
        let lines: String = entries.iter().map(|(k, v)| format!("    {k}: {v}\n")).collect();
        exercise(&format!("services:\n  web:\n    tty: true\n{lines}{top}:\n  a: {declared}\n"));
    }

    #[test]
    fn random_deploy_sections_never_panic(
        entries in prop::collection::btree_map(
            prop::sample::select(vec!["mode", "replicas", "endpoint_mode", "labels", "resources", "restart_policy", "placement", "update_config"]),
            value(),
            0..5,
        ),
    ) {
        let lines: String = entries.iter().map(|(k, v)| format!("      {k}: {v}\n")).collect();
        exercise(&format!("services:\n  web:\n    image: i\n    deploy:\n      x-a: 1\n{lines}"));
    }
}

#[test]
fn many_bad_variables_are_read_in_moderate_time() {
    let text = format!("services:\n  web:\n    image: i\n    command: \"{}\"\n", "$ ".repeat(10_000));
    assert!(load(&text, &[], &[]).unwrap_err().len() <= 200);
}
