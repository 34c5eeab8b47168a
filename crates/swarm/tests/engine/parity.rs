//! What the engine is asked for is what `docker stack deploy` asks for: each file of `stacks/corpus` is deployed by the
//! docker command line and by us, one after the other on the same engine, and what the engine then says of services,
//! networks, configs and secrets is compared field by field.
//!
//! Left out of the comparison: ids, dates and versions; our own labels (`swarmlab.…`); the hash that our names of configs
//! and secrets end with; numbers that the engine draws (VXLAN ids, addresses of networks that choose none).
//! The same files try `plan`: after `up` it must find nothing to do.
//! An empty list, map or text is the same as none: both are absent in what the Swarm stores.

use crate::support::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use swarmlab_swarm::*;

fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stacks/corpus").canonicalize().unwrap();
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "yml")).collect();
    files.sort();
    files
}

fn docker(engine: &Engine, args: &[&str]) -> Result<String, String> {
    let mut command = Command::new("docker");
    command.env("DOCKER_HOST", &engine.info().address).env_remove("DOCKER_CONTEXT").args(args);
    let out = command.output().map_err(|error| format!("the docker command line is needed: {error}"))?;
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    if out.status.success() { Ok(String::from_utf8_lossy(&out.stdout).into_owned()) } else { Err(said) }
}

fn inspected(engine: &Engine, kind: &str, filter: &str) -> Vec<Value> {
    let ids = docker(engine, &[kind, "ls", "-q", "--filter", filter]).unwrap();
    let ids: Vec<&str> = ids.split_whitespace().collect();
    if ids.is_empty() {
        return Vec::new();
    }
    let text = docker(engine, &[&[kind, "inspect"], &ids[..]].concat()).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Everything of a stack, by kind and name, without what may differ.
fn seen(engine: &Engine, stack: &str) -> BTreeMap<String, Value> {
    let filter = format!("label=com.docker.stack.namespace={stack}");
    // Listed and not inspected: other tests' networks come and go.
    let listed = docker(engine, &["network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"]).unwrap();
    let names: BTreeMap<String, String> = listed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(id, name)| (id.to_owned(), name.to_owned()))
        .collect();
    let mut found = BTreeMap::new();
    for service in inspected(engine, "service", &filter) {
        found.insert(
            format!("service {}", service["Spec"]["Name"].as_str().unwrap()),
            service["Spec"].clone(),
        );
    }
    for kind in ["config", "secret"] {
        for blob in inspected(engine, kind, &filter) {
            let name = unhashed(blob["Spec"]["Name"].as_str().unwrap());
            found.insert(format!("{kind} {name}"), blob["Spec"].clone());
        }
    }
    for mut network in inspected(engine, "network", &filter) {
        let chosen = network["IPAM"]["Config"]
            .as_array()
            .is_some_and(|c| c.iter().any(|c| c["Subnet"] == "10.97.0.0/24"));
        let map = network.as_object_mut().unwrap();
        for key in ["Id", "Created", "Containers", "Peers", "ConfigFrom", "Status"] {
            map.remove(key);
        }
        if !chosen {
            map["IPAM"]["Config"] = Value::Null;
        }
        if let Some(options) = map["Options"].as_object_mut() {
            options.remove("com.docker.network.driver.overlay.vxlanid_list");
        }
        found.insert(format!("network {}", map["Name"].as_str().unwrap()), network);
    }
    found.values_mut().for_each(|value| tidy(value, &names));
    found
}

/// `s_c_ca978112` is `s_c`.
fn unhashed(name: &str) -> String {
    match name.rsplit_once('_') {
        Some((name, hash)) if hash.len() == 8 && hash.bytes().all(|b| b.is_ascii_hexdigit()) => {
            name.to_owned()
        }
        _ => name.to_owned(),
    }
}

fn tidy(value: &mut Value, networks: &BTreeMap<String, String>) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !key.starts_with("swarmlab.") && key != "ConfigID" && key != "SecretID");
            if let Some(config) = map.get_mut("CredentialSpec").and_then(|spec| spec.get_mut("Config")) {
                *config = json!(!config.as_str().unwrap_or_default().is_empty());
            }
            for (key, value) in map.iter_mut() {
                tidy(value, networks);
                let text = value.as_str().map(str::to_owned);
                if let Some(text) = text {
                    if key == "Target" && networks.contains_key(&text) {
                        *value = json!(networks[&text]);
                    } else if key == "ConfigName" || key == "SecretName" || key == "Name" {
                        *value = json!(unhashed(&text));
                    }
                }
            }
            // What the command line makes of a field that the engine did not send.
            map.retain(|key, value| {
                !(is_empty(value) || (key == "NoNewPrivileges" && *value == json!(false)))
            });
        }
        Value::Array(items) => items.iter_mut().for_each(|item| tidy(item, networks)),
        _ => {}
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Every place where two values differ.
fn differences(path: &str, theirs: &Value, ours: &Value, out: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
                let (a, b) = (a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null));
                differences(&format!("{path}.{key}"), a, b, out);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter()
                .zip(b)
                .enumerate()
                .for_each(|(i, (a, b))| differences(&format!("{path}[{i}]"), a, b, out));
        }
        _ if theirs != ours => out.push(format!("{path}: docker {theirs}, we {ours}")),
        _ => {}
    }
}

/// Removes what the command line deployed. It returns before its networks are gone, and fails where a task holds one still.
async fn remove(engine: &Engine, stack: &str) {
    let said = docker(engine, &["stack", "rm", stack]);
    let insist = DownOptions { foreign: true, ..Default::default() };
    if let Err(error) = down(engine, stack, &insist, &mut |_| {}).await {
        assert_eq!(error.code().name(), "no-such-stack", "{error}; docker: {said:?}");
    }
}

/// Deploys a file both ways and says where the engine sees a difference.
async fn compare(engine: &Engine, file: &Path, stack: &str) -> Vec<String> {
    let path = file.to_str().unwrap();
    // Without words on detaching: older command lines do not know them, and all return at once.
    if let Err(why) = docker(engine, &["stack", "deploy", "--resolve-image", "never", "-c", path, stack]) {
        remove(engine, stack).await;
        return vec![format!("docker refuses it: {why}")];
    }
    let theirs = seen(engine, stack);
    remove(engine, stack).await;
    let model = swarmlab_stackfile::load_file(file, &|name| (name == "HOME").then(|| "/root".to_owned()));
    let specs = match model {
        Ok(model) => swarmlab_stackfile::specs(&model, stack).unwrap(),
        Err(findings) => return vec![format!("we refuse it: {findings}")],
    };
    // No task of it finds a node: what was asked for is there, and that is all that is wanted here.
    let asked = UpOptions { wait_s: 0.0, keep_on_failure: true, ..Default::default() };
    let up = up(engine, &specs, &asked, &mut |_| {}).await;
    let ours = seen(engine, stack);
    let mut out = Vec::new();
    match up {
        Ok(_) | Err(SwarmError::NotConverged(_)) => {}
        Err(error) => out.push(format!("we fail: {error}")),
    }
    // Whatever the engine has filled in: what was just asked for has no difference to itself.
    let plan = plan_up(engine, &specs, true, false).await.unwrap();
    let moved = plan.objects.iter().filter(|o| !matches!(o.change, Change::Keep | Change::External));
    out.extend(moved.map(|o| format!("a plan at once: {} {:?}", o.object, o.change)));
    quick_down(engine, stack).await.unwrap();
    for name in theirs.keys().chain(ours.keys().filter(|name| !theirs.contains_key(*name))) {
        let of = |seen: &BTreeMap<String, Value>| seen.get(name).cloned().unwrap_or_default();
        differences(name, &of(&theirs), &of(&ours), &mut out);
    }
    out
}

/// What the corpus calls external.
async fn outsiders(engine: &Engine) {
    let there = |kind: &str| docker(engine, &[kind, "inspect", "corpus-external"]).is_ok();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stacks/corpus/files/a.conf");
    if !there("network") {
        docker(engine, &["network", "create", "-d", "overlay", "corpus-external"]).unwrap();
    }
    for kind in ["config", "secret"] {
        if !there(kind) {
            docker(engine, &[kind, "create", "corpus-external", file.to_str().unwrap()]).unwrap();
        }
    }
}

async fn all_equal(files: &[PathBuf], stack: &str) {
    let engine = engine().await;
    outsiders(&engine).await;
    let mut wrong = Vec::new();
    for file in files {
        let found = compare(&engine, file, stack).await;
        if !found.is_empty() {
            wrong.push(format!("{}\n  {}", file.file_name().unwrap().display(), found.join("\n  ")));
        }
    }
    for kind in ["network", "config", "secret"] {
        docker(&engine, &[kind, "rm", "corpus-external"]).unwrap();
    }
    println!("{} of {} files are equal field by field", files.len() - wrong.len(), files.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Those that say most in one file; all of them are compared by the long test.
const TELLING: [&str; 14] = [
    "binds",
    "configs",
    "environment-map",
    "global",
    "kernel",
    "network-options",
    "placement",
    "ports-long",
    "resources",
    "restart-older",
    "secrets",
    "updates",
    "variables",
    "volumes-named",
];

#[tokio::test]
#[ignore = "needs a Docker engine (scripts/test)"]
async fn telling_files_are_deployed_as_docker_deploys_them() {
    let mut files = corpus();
    files.retain(|file| TELLING.contains(&file.file_stem().unwrap().to_str().unwrap()));
    assert_eq!(files.len(), TELLING.len());
    all_equal(&files, "t-parity").await;
}

#[tokio::test]
#[ignore = "the whole corpus, some minutes on a Docker engine: scripts/test --long"]
async fn endurance_the_whole_corpus_is_deployed_as_docker_deploys_it() {
    let files = corpus();
    assert!(files.len() >= 40, "only {} files", files.len());
    all_equal(&files, "t-corpus").await;
}
