//! See `tests/src/outside`, `sealed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::sealed(input));
