#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| swarmlab_fuzzing::targets::prometheus_answer::run(data));
