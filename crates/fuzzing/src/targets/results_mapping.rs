//! Mappings of tables.

use swarmlab_import::results::Mapping;

/// Words of its language.
pub const WORDS: &[&str] = &[
    "time: {", "column: a", "unit: ms", "unit: date", "at: end", "zero: 2021-01-31T00:00:00Z", "zone: \"+02:00\"", "duration: ", "endpoint: ",
    "status: code", "error: { column: e, none: [\"\"] }", "success: ", "separator: \";\"", "}", "\n", ", ",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Err(findings) = Mapping::parse(&text, "m.yml") {
        assert!(!findings.to_string().is_empty());
    }
}
