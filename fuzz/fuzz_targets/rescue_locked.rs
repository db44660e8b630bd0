//! See `tests/src/outside`, `rescue_locked`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::rescue_locked(input));
