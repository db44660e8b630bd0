//! What tests and other programs have in common: the readers of bytes from outside with their promises
//! (`outside`), and the simulator (`sim`), behind the feature `museum` since it can plant defects.
//! All other tests are in the one test program, `tests/all.rs`.

pub mod outside;
#[cfg(feature = "museum")]
pub mod sim;
