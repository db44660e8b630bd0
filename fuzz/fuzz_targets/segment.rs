//! See `tests/src/outside`, `segment`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::segment(input));
