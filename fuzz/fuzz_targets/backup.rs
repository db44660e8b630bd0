//! See `tests/src/outside`, `backup`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| tests::outside::backup(input));
