//! The shipped files in a real browser.

mod answers;
mod attendance;
mod check;
mod closing;
mod first;
mod forms;
mod import;
mod invite;
pub(crate) mod line;
pub(crate) mod photo;
mod pin;
mod rescue;
mod restore;
mod shipped;
mod tabs;
mod weight;
