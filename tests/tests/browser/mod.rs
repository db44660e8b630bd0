//! The shipped files in a real browser.

mod check;
mod line;
mod shipped;
