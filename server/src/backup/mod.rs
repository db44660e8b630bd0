//! Backup, restore, verify and check (docs/backup.md). One way out of the data and one way in: what
//! a backup is made of is also what the roll-ups are recounted from.

mod drill;
mod files;
mod frame;
mod keeper;
mod plan;
pub(crate) mod record;
pub mod restore;
mod rewrite;
mod scan;
pub mod segment;
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

/// Everything that stands in a file of a backup, unpacked.
#[cfg(test)]
pub(crate) fn text(shelf: &dyn shelf::Shelf, name: &str) -> Result<Vec<u8>, crate::fault::Fault> {
    let mut text = Vec::new();
    scan::file(shelf, name, &mut |piece, _| {
        if let scan::Piece::Line(line) = piece {
            text.extend(keeper::line(&line));
        }
        Ok(true)
    })?;
    Ok(text)
}
