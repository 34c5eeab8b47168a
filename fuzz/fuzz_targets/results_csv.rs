#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| swarmlab_fuzzing::targets::results_csv::run(data));
