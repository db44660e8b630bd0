//! Pieces of screen that several pages use.

pub mod form;
pub mod hold;
pub mod icon;
pub mod mark;
pub mod qr;
pub mod sheet;
pub mod snackbar;
pub mod strip;
pub mod update;
