//! `swarmlab load` as people use it: real processes, real sockets, real signals.
#![allow(clippy::unwrap_used)]

mod exits;
mod programs;
mod results;
mod scenarios;
mod summary;
#[path = "../support/mod.rs"]
mod support;

use std::process::Output;

use serde_json::Value;
use support::swarmlab;

fn load(args: &[&str]) -> Output {
    swarmlab().arg("load").args(args).env("NO_COLOR", "1").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The JSON lines of a load, and its summary.
fn json_load(args: &[&str]) -> (Output, Vec<Value>, Value) {
    let output = load(&[args, &["--json"]].concat());
    let lines: Vec<Value> = text(&output.stdout)
        .lines()
        .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
        .collect();
    let summary = lines
        .iter()
        .rev()
        .find(|l| l["event"] == "finished")
        .unwrap_or_else(|| panic!("no summary: {}{}", text(&output.stdout), text(&output.stderr)))["summary"]
        .clone();
    (output, lines, summary)
}
