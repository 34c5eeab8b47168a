//! Reading a stack file whose surroundings are given as lists.
#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use std::io;
use std::path::Path;
use swarmlab_stackfile::Stack;
use swarmlab_yaml::Diagnostics;

pub type Pairs<'a> = &'a [(&'a str, &'a str)];

pub fn load(text: &str, env: Pairs<'_>, files: Pairs<'_>) -> Result<Stack, Diagnostics> {
    let env = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    let read_file = |path: &Path| {
        let file = files.iter().find(|(name, _)| Path::new(name) == path);
        file.map(|(_, content)| content.as_bytes().to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    };
    swarmlab_stackfile::load(text, Path::new("stacks/t.yml"), &env, &read_file)
}

pub fn good(text: &str) -> Stack {
    load(text, &[], &[]).unwrap_or_else(|e| panic!("{e}\n--- in\n{text}"))
}

pub fn bad(text: &str) -> String {
    load(text, &[], &[]).expect_err(text).to_string()
}

/// One service `web` with these lines below it.
pub fn web(lines: &str) -> String {
    let body: String = lines.lines().map(|l| format!("    {l}\n")).collect();
    format!("services:\n  web:\n    image: i\n{body}")
}

/// As JSON with sorted keys, for snapshots that do not depend on the order of hash maps.
pub fn sorted(value: &impl serde::Serialize) -> String {
    fn sort(value: serde_json::Value) -> serde_json::Value {
        match value {
            serde_json::Value::Object(map) => {
                let mut entries: Vec<_> = map.into_iter().collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                entries.into_iter().map(|(k, v)| (k, sort(v))).collect()
            }
            serde_json::Value::Array(items) => items.into_iter().map(sort).collect(),
            other => other,
        }
    }
    serde_json::to_string_pretty(&sort(serde_json::to_value(value).unwrap())).unwrap()
}
