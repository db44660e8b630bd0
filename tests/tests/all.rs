//! One test program, linked once.
//!
//! Tests marked as ignored need the built product (`cargo xtask test` builds it and runs them all);
//! tests in a module `long` run with `cargo xtask test --all` only.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod screens;
#[cfg(test)]
mod shots;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod whole;
