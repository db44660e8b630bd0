//! A simulator of bad days: phones with tabs and disks that fail, a network that drops, doubles,
//! delays and lies, a server that crashes and is put back, people who share phones; in virtual time,
//! from a seed. The phone's core and the server's core are the real ones, and the database is a real
//! SQLite. Every run ends calm, and is then held against named promises (`check`).

#![expect(clippy::unwrap_used, reason = "a simulator that meets what it did not foresee stops")]

mod calm;
mod check;
mod city;
mod device;
mod faults;
mod hand;
mod measure;
mod museum;
mod net;
mod oracle;
mod people;
mod plan;
mod reached;
mod run;
mod server;
mod template;
mod watcher;
mod world;

pub use check::INVARIANTS;
pub use city::{city, pages};
pub use measure::measure;
pub use museum::{Caught, visit};
pub use reached::{REQUIRED, Reached};
pub use run::{Failure, Options, Report, Stage, run};
pub use world::Broken;
