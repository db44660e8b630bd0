//! See `tests/src/outside`, `request`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::request(input));
