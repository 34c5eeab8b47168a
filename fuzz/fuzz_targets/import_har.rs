#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| swarmlab_fuzzing::targets::import_har::run(data));
