//! See `claque_fuzz::pcm`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::pcm(data));
