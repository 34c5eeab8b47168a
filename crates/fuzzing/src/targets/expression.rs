//! Expressions in templates.

/// Words of its language.
pub const WORDS: &[&str] = &[
    "n1", "n12", "a", " + ", " - ", " * ", " / ", " % ", "(", ")", ", ", "'x'", "'-5m'", "1", "2.5", "uuid()", "now(",
    "unix_ms(", "random_int(", "random_float(", "random_string(", "choice(", "weighted(", "counter(", "int(", "round(",
    "min(", "max(", "url(", "base64(", "concat(", "default(", "length(",
];

/// Runs the target.
pub fn run(data: &[u8]) {
    swarmlab_loadgen::fuzzing::expression(data);
}
