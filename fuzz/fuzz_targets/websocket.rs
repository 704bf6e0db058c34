//! See `claque_fuzz::websocket`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| claque_fuzz::websocket(data));
