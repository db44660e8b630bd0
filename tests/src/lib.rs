//! The simulator (`sim`), behind the feature `museum` since it can plant defects. All other tests
//! are in the one test program, `tests/all.rs`.

#[cfg(feature = "museum")]
pub mod sim;
