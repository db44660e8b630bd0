//! The table of orgs.

use crate::db::corrupt;
use crate::feed::{self, Key, Where};
use rusqlite::{Connection, OptionalExtension, Row};
use shared::id::OrgId;
use shared::org::{Level, Org};

/// The row's number of an org.
///
/// # Errors
/// A fault of the store.
pub fn find(connection: &Connection, id: OrgId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT org_id FROM org WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
}

/// The row's number of the org with this code.
///
/// # Errors
/// A fault of the store.
pub fn find_code(connection: &Connection, code: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT org_id FROM org WHERE code = ?1")?
        .query_row([code], |row| row.get(0))
        .optional()
}

/// The org of a row's number.
///
/// # Errors
/// A fault of the store.
pub fn id_of(connection: &Connection, org_id: i64) -> rusqlite::Result<OrgId> {
    connection
        .prepare_cached("SELECT id FROM org WHERE org_id = ?1")?
        .query_row([org_id], |row| row.get(0).map(OrgId::from_bytes))
}

const COLUMNS: &str = "SELECT org.id, org.code, org.name, org.level, above.id
    FROM org LEFT JOIN org AS above ON above.org_id = org.parent_id";

fn read(row: &Row<'_>) -> rusqlite::Result<Org> {
    let level: String = row.get(3)?;
    Ok(Org {
        id: OrgId::from_bytes(row.get(0)?),
        code: row.get(1)?,
        name: row.get(2)?,
        level: Level::from_wire(&level).ok_or_else(|| corrupt(std::fmt::Error))?,
        parent: row.get::<_, Option<[u8; 16]>>(4)?.map(OrgId::from_bytes),
    })
}

/// The org as it is pulled.
///
/// # Errors
/// A fault of the store.
pub fn load(connection: &Connection, id: OrgId) -> rusqlite::Result<Option<Org>> {
    connection
        .prepare_cached(&format!("{COLUMNS} WHERE org.id = ?1"))?
        .query_row([id.as_bytes()], read)
        .optional()
}

/// Every org in order of code.
///
/// # Errors
/// A fault of the store.
pub fn all(connection: &Connection) -> rusqlite::Result<Vec<Org>> {
    let mut found = connection.prepare_cached(&format!("{COLUMNS} ORDER BY org.code"))?;
    found.query_map([], read)?.collect()
}

/// Code and name of an org.
///
/// # Errors
/// A fault of the store.
pub fn labels(connection: &Connection, org_id: i64) -> rusqlite::Result<(String, String)> {
    connection
        .prepare_cached("SELECT code, name FROM org WHERE org_id = ?1")?
        .query_row([org_id], |row| Ok((row.get(0)?, row.get(1)?)))
}

/// The orgs at the top of the tree.
///
/// # Errors
/// A fault of the store.
pub fn tops(connection: &Connection) -> rusqlite::Result<Vec<i64>> {
    let mut found =
        connection.prepare_cached("SELECT org_id FROM org WHERE parent_id IS NULL ORDER BY org_id")?;
    found.query_map([], |row| row.get(0))?.collect()
}

/// The org and those above it, from below to the top.
///
/// # Errors
/// A fault of the store.
pub fn line(connection: &Connection, org_id: i64) -> rusqlite::Result<Vec<i64>> {
    let mut found = connection.prepare_cached(
        "WITH RECURSIVE line (org_id, parent_id) AS (
             SELECT org_id, parent_id FROM org WHERE org_id = ?1
             UNION
             SELECT org.org_id, org.parent_id FROM org JOIN line ON org.org_id = line.parent_id
         ) SELECT org_id FROM line",
    )?;
    found.query_map([org_id], |row| row.get(0))?.collect()
}

/// The org and all below it.
///
/// # Errors
/// A fault of the store.
pub fn branch(connection: &Connection, org_id: i64) -> rusqlite::Result<Vec<i64>> {
    let mut found = connection.prepare_cached(
        "WITH RECURSIVE branch (org_id) AS (
             SELECT ?1
             UNION
             SELECT org.org_id FROM org JOIN branch ON org.parent_id = branch.org_id
         ) SELECT org_id FROM branch",
    )?;
    found.query_map([org_id], |row| row.get(0))?.collect()
}

/// An org as an import puts it.
#[derive(Debug, Clone, Copy)]
pub struct Put<'a> {
    /// The id, used only if the code is new.
    pub id: OrgId,
    /// Its code: the key.
    pub code: &'a str,
    /// Its name.
    pub name: &'a str,
    /// How high it stands.
    pub level: Level,
    /// The row of the org above.
    pub parent_id: Option<i64>,
}

/// Adds an org, or updates the one with this code; phones are told only of what changed.
/// Gives its row's number.
///
/// # Errors
/// A fault of the store.
pub fn put(connection: &Connection, org: Put<'_>) -> rusqlite::Result<i64> {
    let changed: Option<(i64, [u8; 16])> = connection
        .prepare_cached(
            "INSERT INTO org (id, code, name, level, parent_id) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (code) DO UPDATE SET
                 name = excluded.name, level = excluded.level, parent_id = excluded.parent_id
             WHERE name <> excluded.name OR level <> excluded.level
                OR parent_id IS NOT excluded.parent_id
             RETURNING org_id, id",
        )?
        .query_row((org.id.as_bytes(), org.code, org.name, org.level.wire(), org.parent_id), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    if let Some((org_id, id)) = changed {
        feed::touch(connection, Where::Org(org_id), Key::Org(OrgId::from_bytes(id)))?;
        return Ok(org_id);
    }
    find_code(connection, org.code)?.ok_or(rusqlite::Error::QueryReturnedNoRows)
}
