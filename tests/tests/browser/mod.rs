//! The shipped files in a real browser.

mod check;
pub(crate) mod line;
mod shipped;
mod tabs;
