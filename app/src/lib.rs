//! The phone and the desk, and what they share.

pub mod api;
pub mod browser;
pub mod desk;
pub mod lock;
pub mod parts;
pub mod phone;
pub mod picture;
pub mod prefs;
pub mod store;
pub mod sync;
pub mod view;
