//! See `claque_fuzz::yapit_message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::yapit_message(data));
