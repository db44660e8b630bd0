//! The table of forms. A version of a form never changes once it is here.

use crate::db::corrupt;
use crate::feed::{self, Key, Where};
use rusqlite::{Connection, OptionalExtension};
use shared::form::Form;
use shared::id::FormId;

/// Adds a version of a form; one that is here already stays as it is.
///
/// # Errors
/// A fault of the store.
pub fn put(connection: &Connection, form: &Form) -> rusqlite::Result<()> {
    let body = serde_json::to_string(form).map_err(corrupt)?;
    let added = connection
        .prepare_cached(
            "INSERT INTO form (id, version, body) VALUES (?1, ?2, ?3) ON CONFLICT (id, version) DO NOTHING",
        )?
        .execute((form.id.as_bytes(), form.version, body))?;
    if added > 0 {
        feed::touch(connection, Where::Everybody, Key::Form(form.id, form.version))?;
    }
    Ok(())
}

/// A version of a form.
///
/// # Errors
/// A fault of the store.
pub fn load(connection: &Connection, id: FormId, version: u32) -> rusqlite::Result<Option<Form>> {
    let found = text(connection, id, version)?;
    found.map(|text| serde_json::from_str(&text).map_err(corrupt)).transpose()
}

/// A version of a form as it is pulled, ready text.
///
/// # Errors
/// A fault of the store.
pub fn text(connection: &Connection, id: FormId, version: u32) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT body FROM form WHERE id = ?1 AND version = ?2")?
        .query_row((id.as_bytes(), version), |row| row.get(0))
        .optional()
}

/// The form that is asked: the latest version of the first one.
///
/// # Errors
/// A fault of the store.
pub fn first(connection: &Connection) -> rusqlite::Result<Option<Form>> {
    let found: Option<String> = connection
        .prepare_cached(
            "SELECT body FROM form WHERE id = (SELECT min(id) FROM form) ORDER BY version DESC LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    found.map(|text| serde_json::from_str(&text).map_err(corrupt)).transpose()
}
