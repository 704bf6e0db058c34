//! See `claque_fuzz::yapit_answer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::yapit_answer(data));
