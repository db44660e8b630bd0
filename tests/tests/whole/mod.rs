//! The whole system in one process: the app's own store and sync core against the real routes
//! and a real database.

mod city;
mod golden;
mod handset;
mod hostile;
mod line;
mod made;
mod privacy;
mod reident;
mod rescue;
mod size;

use city::City;
use handset::{Handset, Way};
