//! What phone, desk and server of 讲到 have in common: types, merge rules, protocol and words.
//!
//! Pure: no clock, network, storage, randomness or database. Whoever calls brings them.

pub mod answering;
pub mod attendance;
pub mod audit;
pub mod campaign;
pub mod change;
pub mod chart;
pub mod closing;
pub mod coverage;
pub mod crowd;
pub mod erase;
pub mod export;
pub mod feedback;
pub mod first;
pub mod fold;
pub mod form;
pub mod held;
pub mod id;
pub mod import;
pub mod invite;
pub mod me;
pub mod merge;
pub mod museum;
pub mod on_phones;
pub mod org;
pub mod person;
pub mod person_code;
pub mod phone;
pub mod photo;
pub mod problem;
pub mod publication;
pub mod register;
pub mod report;
pub mod rescue;
pub mod sealed;
pub mod session;
pub mod setting;
pub mod sheet;
pub mod sight;
pub mod stamp;
pub mod text;
pub mod wire;
