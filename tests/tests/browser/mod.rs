//! The shipped files in a real browser.

mod check;
mod closing;
mod import;
pub(crate) mod line;
mod rescue;
mod restore;
mod shipped;
mod tabs;
