//! See `claque_fuzz::metrics`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::metrics(data));
