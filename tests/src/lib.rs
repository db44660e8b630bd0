//! Nothing here: the package is its one test program, `tests/all.rs`.
