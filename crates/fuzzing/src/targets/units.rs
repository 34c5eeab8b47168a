//! Single values of configuration files: durations, shares, sizes, CPUs, words, variables.

use swarmlab_stackfile::{interpolate_text, parse_bytes, parse_go_duration, parse_nano_cpus, split_words};
use swarmlab_yaml::{parse_duration, parse_percent};

/// Words of its language.
pub const WORDS: &[&str] = &["1h", "30m", "1.5s", "250ms", "us", "%", "GiB", "k", ".", "-", "${A:-", "}", "$", "'", "\"", "\\"];

/// Runs the target.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = (parse_duration(text), parse_percent(text), parse_bytes(text), parse_nano_cpus(text));
    let _ = parse_go_duration(text);
    if let Ok(words) = split_words(text) {
        assert!(words.iter().map(String::len).sum::<usize>() <= text.len());
    }
    let _ = interpolate_text(text, &|name| (name == "A").then(|| "1".to_owned()));
}
