//! See `claque_fuzz::run_json`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::run_json(data));
