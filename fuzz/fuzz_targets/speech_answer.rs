//! See `claque_fuzz::speech_answer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::speech_answer(data));
