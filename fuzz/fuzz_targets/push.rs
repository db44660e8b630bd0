//! See `tests/src/outside`, `push`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::push(input));
