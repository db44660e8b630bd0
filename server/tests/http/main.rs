//! The server as it is asked: every test drives `router()`.

#![expect(clippy::unwrap_used, reason = "a test that meets what it did not foresee fails")]

mod answers;
mod api_example;
mod audit;
mod closing;
mod decision;
mod devices;
mod factor;
mod files;
mod first;
mod fold;
mod forms;
mod guard;
mod held;
mod imports;
mod invite;
mod login;
mod matrix;
mod me;
mod metrics;
mod openapi;
mod permission;
mod pull;
mod push;
mod rescue;
mod response;
mod rollup;
mod settings;
mod sight;
mod world;
