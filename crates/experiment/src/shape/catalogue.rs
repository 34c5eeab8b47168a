//! What there is, for those who choose.

/// A kind of shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its word in shape files.
    pub word: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Its keys with their defaults, as YAML; `…` stands for what must be given.
    pub defaults: &'static str,
}

const fn entry(word: &'static str, summary: &'static str, defaults: &'static str) -> Entry {
    Entry { word, summary, defaults }
}

/// Every kind of shape, in the order of the reader's words.
pub const CATALOGUE: [Entry; 20] = [
    entry("constant", "one level all the time", "level: 50, duration: 300s"),
    entry("ramp", "a straight line from one level to another", "from: 0, to: 100, duration: 300s"),
    entry(
        "step",
        "a staircase up and, if asked, down again",
        "first: 20, increment: 20, steps: 5, hold: 60s, down: true",
    ),
    entry(
        "stages",
        "straight lines from target to target, as k6's",
        "from: 0, stages: [{ target: …, duration: … }]",
    ),
    entry(
        "spike",
        "up, hold and down over a base",
        "base: 0, peak: 100, lead: 0s, rise: 120s, hold: 60s, fall: 120s, tail: 0s",
    ),
    entry(
        "peak",
        "from nothing to a peak and back, the seed project's",
        "level: 100, rise: 120s, hold: 60s, fall: 120s",
    ),
    entry(
        "cyclical",
        "the same rise, hold and rest, repeated",
        "from: 0, peak: 100, rest: 1, rise: 60s, hold: 60s, period: 360s, cycles: 4",
    ),
    entry("sawtooth", "a line that jumps back, repeated", "from: 0, to: 100, period: 60s, cycles: 5"),
    entry("sine", "a sine between two levels", "min: 10, max: 100, period: 60s, phase: 0s, duration: 300s"),
    entry(
        "diurnal",
        "day and night, squeezed into a day of any length",
        "low: 10, high: 100, low_hour: 4, high_hour: 20, start_hour: 0, day: 24m, days: 1",
    ),
    entry(
        "double-wave",
        "two bell-shaped peaks, Locust's",
        "base: 20, first: 60, second: 40, duration: 600s",
    ),
    entry(
        "mmpp2",
        "two levels, each kept for a random time",
        "low: 20, high: 100, low_for: 60s, high_for: 20s, duration: 600s, seed: 1",
    ),
    entry(
        "dlim",
        "LIMBO's model: seasonal pattern, trend, bursts, noise",
        "seasonal: { period: 120s, peaks: 1, base: 10, inner_base: 10, first_peak: 100, last_peak: 100, \
         peaks_within: 60s, form: sin }, periods: 4, trend: { operator: multiply, points: …, every: 120s, \
         offset: 0s, form: sin }, burst: { peak: 50, width: 30s, first: 100s, every: 160s, form: exponential }, \
         noise: { law: uniform, mean: 0, spread: 3, step: 1s, seed: 1 }",
    ),
    entry(
        "trace",
        "what was recorded: CSV, LIMBO, Azure 2019, World Cup 98, access logs",
        "file: …, format: csv, select: { from: 0s }, bin: 1s, bad_lines: 0, compress: 1, scale: 1, peak: …, \
         resample: …, between: hold",
    ),
    entry("sequence", "one shape after the other", "parts: […]"),
    entry("sum", "shapes on top of each other", "parts: […]"),
    entry("scale", "a shape with levels multiplied, time stretched", "factor: 1, stretch: 1, of: …"),
    entry("repeat", "a shape several times", "times: …, of: …"),
    entry("clip", "a shape between bounds", "min: 0, max: …, of: …"),
    entry(
        "noise",
        "a shape that is off by chance",
        "law: normal, relative: 10%, absolute: 0, step: 1s, seed: 1, of: …",
    ),
];
