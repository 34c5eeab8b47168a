//! Each target for a short time, from a seed and its corpus: the corpus as it is, then mutations of it.
//!
//! A failure prints the seed and the input. `SWARMLAB_FUZZ_SEED` runs another seed, `SWARMLAB_FUZZ_S` longer.
#![allow(clippy::unwrap_used, missing_docs)]

mod mutate;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mutate::Mutator;
use swarmlab_fuzzing::{TARGETS, Target};

/// Seconds of one target.
const DURATION_S: f64 = 2.0;
/// Mutations of one target at most: a fast machine need not do more.
const MUTATIONS: u64 = 50_000;
/// An input that takes longer is a finding of its own.
const LONGEST: Duration = Duration::from_secs(2);

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn room(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn corpus(target: &Target) -> Vec<(String, Vec<u8>)> {
    let folder = room("corpus").join(target.name);
    let inputs: Vec<_> = names_in(&folder)
        .into_iter()
        .map(|name| {
            let input = std::fs::read(folder.join(&name)).unwrap();
            (name, input)
        })
        .collect();
    assert!(!inputs.is_empty(), "{} is empty", folder.display());
    inputs
}

/// Runs one input; on failure says how to find it again.
fn feed(target: &Target, origin: &str, input: &[u8]) {
    let begun = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let took = begun.elapsed();
    if outcome.is_err() || took > LONGEST {
        let what = if outcome.is_err() { "panicked".to_owned() } else { format!("took {took:?}") };
        let path = std::env::temp_dir().join(format!("swarmlab-fuzz-{}-{}", target.name, std::process::id()));
        std::fs::write(&path, input).unwrap();
        panic!(
            "target {} {what} on {origin}; the input ({} bytes, also in {}):\n\"{}\"",
            target.name,
            input.len(),
            path.display(),
            input.escape_ascii()
        );
    }
}

fn run(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let seed = setting("SWARMLAB_FUZZ_SEED").unwrap_or(1_u64);
    let duration = Duration::from_secs_f64(setting("SWARMLAB_FUZZ_S").unwrap_or(DURATION_S));
    let corpus = corpus(target);
    for (file, input) in &corpus {
        feed(target, &format!("corpus/{name}/{file}"), input);
    }
    let inputs: Vec<_> = corpus.into_iter().map(|(_, input)| input).collect();
    let mut mutator = Mutator::new(seed, &inputs, target.words);
    let begun = Instant::now();
    let mut done = 0;
    while done < MUTATIONS && begun.elapsed() < duration {
        let input = mutator.next();
        feed(target, &format!("mutation {done} of seed {seed}"), &input);
        done += 1;
    }
    println!("{name}: {done} mutations in {:.2} s", begun.elapsed().as_secs_f64());
    assert!(done >= 20, "{name}: only {done} inputs in {duration:?}");
}

macro_rules! runs {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*

        #[test]
        fn every_target_runs_here_and_under_cargo_fuzz() {
            let names: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
            let here: BTreeSet<String> = [$(stringify!($name)),*].map(str::to_owned).into();
            assert_eq!(here, names, "tests/seeded.rs");
            assert_eq!(names_in(&room("corpus")), names, "corpus");
            let of_files = |names: &BTreeSet<String>| names.iter().map(|name| format!("{name}.rs")).collect::<BTreeSet<_>>();
            assert_eq!(names_in(&room("src/targets")), of_files(&names), "src/targets");
            assert_eq!(names_in(&room("../../fuzz/fuzz_targets")), of_files(&names), "fuzz/fuzz_targets");
            let manifest = std::fs::read_to_string(room("../../fuzz/Cargo.toml")).unwrap();
            for name in &names {
                let entry = format!("name = \"{name}\"\npath = \"fuzz_targets/{name}.rs\"");
                assert!(manifest.contains(&entry), "fuzz/Cargo.toml lacks {name}");
                let file = std::fs::read_to_string(room("../../fuzz/fuzz_targets").join(format!("{name}.rs"))).unwrap();
                assert!(file.contains(&format!("targets::{name}::run")), "{name}.rs runs another target");
            }
        }
    };
}

runs! {
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
    jsonpath,
    prometheus_answer,
    redirect,
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
