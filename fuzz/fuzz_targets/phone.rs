//! See `tests/src/outside`, `phone`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::phone(input));
