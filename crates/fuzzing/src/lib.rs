//! Fuzz targets: one small file over one parser each, in [`targets`]. The same functions run twice: under
//! `cargo fuzz` (the `fuzz` folder of the repository) without an end, and for two seconds each, from a seed
//! and the committed corpus, among the tests (`tests/seeded.rs`).
//!
//! A new target is a file in `src/targets` with `run` and `WORDS`, its line in [`targets`], a folder of small
//! real inputs in `corpus`, and its file and entry in `fuzz`; a test says what of it is missing.

// The command line prints (`src/cli`); nobody else does.
#![cfg_attr(not(test), deny(clippy::print_stdout))]

mod imported;
mod results;

/// A parser that any bytes may be given to.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Name: of the file, of the corpus' folder, of the fuzz target.
    pub name: &'static str,
    /// Gives it the bytes; panics if it does not keep its promise.
    pub run: fn(&[u8]),
    /// Words of its language, for mutations that get past the first byte.
    pub words: &'static [&'static str],
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        /// One module for each parser.
        pub mod targets {
            $(pub mod $name;)*
        }

        /// All targets.
        pub const TARGETS: &[Target] = &[
            $(Target { name: stringify!($name), run: targets::$name::run, words: targets::$name::WORDS }),*
        ];
    };
}

targets! {
    campaign_file,
    catalogue_file,
    check,
    chunked,
    compressed,
    controller_reply,
    controllers_file,
    cookies,
    exposition,
    expression,
    extract_json,
    extract_regex,
    feeder_csv,
    feeder_jsonl,
    grpc,
    http2,
    http_response,
    import_har,
    import_openapi,
    interval_log,
    journal_frame,
    json,
    prometheus_answer,
    redirect,
    jsonpath,
    redis,
    request,
    results_csv,
    results_hdr,
    results_jmeter,
    results_k6_csv,
    results_k6_json,
    results_locust,
    results_mapping,
    scenario_file,
    schedule,
    shape_file,
    simulation_file,
    stack_file,
    target_url,
    template,
    trace,
    units,
    utc,
    websocket,
    yaml,
}
