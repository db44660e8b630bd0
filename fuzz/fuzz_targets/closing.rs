//! See `tests/src/outside`, `closing`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::closing(input));
