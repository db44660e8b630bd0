//! Backup, restore, verify and check (docs/backup.md). One way out of the data and one way in: what
//! a backup is made of is also what the roll-ups are recounted from.

mod drill;
mod frame;
mod keeper;
mod plan;
pub(crate) mod record;
pub mod restore;
mod scan;
pub mod shelf;
mod source;
pub mod state;
mod status;
mod task;

use drill::keep_key;
pub use drill::{Checked, Verified, back_up_once, check, restore_into, verify, verify_audit};
pub use keeper::Keeper;
pub use status::{Status, get};
pub(crate) use task::Task;

#[cfg(test)]
mod tests;
