//! Import of what a union keeps in spreadsheets: the org tree and rosters, as CSV. A file is taken
//! whole or not at all, with one message per bad line.

pub mod org;
pub mod roster;
pub mod table;

#[cfg(test)]
mod tests;
