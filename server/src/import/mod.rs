//! Import of what a union keeps in spreadsheets: the org tree and rosters (docs/import.md). A file is
//! taken whole or not at all, with one message per bad line.

mod answer;
mod book;
pub mod org;
pub mod roster;
pub mod table;
mod text;

pub(crate) use answer::{bad, note};

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;
