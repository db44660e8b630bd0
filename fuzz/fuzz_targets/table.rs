//! See `tests/src/outside`, `table`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::table(input));
