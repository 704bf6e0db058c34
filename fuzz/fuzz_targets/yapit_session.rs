//! See `claque_fuzz::yapit_session`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::yapit_session(data));
