//! Tables with a mapping: whatever is in them becomes requests that end once each.

use swarmlab_import::results::{Mapping, Options};

/// Words of its language.
pub const WORDS: &[&str] = &[
    "started;elapsed;path;code;err;vus;extra\n", "2026-11-21 16:42:33,250", "0,05", "1795275753", "N/A", "-", ";", ",", "\"", "\n", "\r\n", "404", "connection_reset",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let text = "time: { column: started, zone: \"+01:00\" }\nduration: { column: elapsed, unit: s }\nendpoint: path\nstatus: code\nerror: err\nusers: vus\n";
    let mapping = Mapping::parse(text, "m.yml").unwrap_or_else(|e| panic!("{e}"));
    super::super::results::run("csv", data, &Options { mapping: Some(mapping), ..Options::default() });
}
