//! See `tests/src/outside`, `rescue`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::rescue(input));
