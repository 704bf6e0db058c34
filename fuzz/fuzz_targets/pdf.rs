//! See `claque_fuzz::pdf`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::pdf(data));
