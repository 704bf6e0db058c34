//! See `claque_fuzz::audio`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::audio(data));
