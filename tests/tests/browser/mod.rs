//! The shipped files in a real browser.

mod answers;
mod check;
mod closing;
mod first;
mod import;
mod invite;
pub(crate) mod line;
mod pin;
mod rescue;
mod restore;
mod shipped;
mod tabs;
mod weight;
