//! A person is erased (docs/privacy.md): names and texts are rewritten in the log, in what is held, in
//! states and rows; ids, stamps and counts stay as they were. The backup follows with its next round.

use crate::db::corrupt;
use crate::ledger::{self, Sql};
use crate::{attendance, audit, person, session};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};
use shared::audit::Act;
use shared::change::{self, Body, Change};
use shared::erase;
use shared::id::{ChangeId, PersonId};
use shared::merge::{Ledger, Place, person_of};
use std::collections::BTreeSet;

/// The tag of a change whose content was rewritten: whatever is sent again under its id is the same change.
pub(crate) const TAG: &str = "erased";

/// What was rewritten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// Ids that were known to be this person.
    pub persons: usize,
    /// Changes of the log.
    pub changes: usize,
    /// Changes that are held.
    pub held: usize,
    /// Sessions at which the person is known.
    pub sessions: usize,
}

/// Erases a person with all ids that are known to be the same one. Again, it rewrites what has come since.
///
/// # Errors
/// A fault of the store; the transaction is then to be given up.
pub fn erase(connection: &Connection, who: PersonId, now_ms: i64) -> rusqlite::Result<Done> {
    let class: BTreeSet<PersonId> = ledger::same_person(connection, who)?.into_iter().collect();
    let mut done = Done { persons: class.len(), ..Done::default() };
    let mut left = BTreeSet::new();
    for id in &class {
        connection
            .prepare_cached(
                "INSERT INTO erasure (person, at_ms) VALUES (?1, ?2) ON CONFLICT (person) DO NOTHING",
            )?
            .execute((id.as_bytes(), now_ms))?;
    }
    for id in &class {
        done.changes += log(connection, *id)?;
        done.held += held(connection, *id)?;
    }
    done.changes += voids(connection, &class)?;
    let mut ledger = Sql::new(connection);
    for id in &class {
        let Some(person_id) = person::find(connection, *id)? else { continue };
        for session_id in attendance::sessions(connection, person_id)? {
            let of = session::id_of(connection, session_id)?;
            let mut state = ledger.attendance(of, *id)?;
            done.sessions += 1;
            if state.erase() {
                ledger.set_attendance(of, *id, state)?;
            }
        }
        if person::erase(connection, person_id, now_ms)? {
            left.insert(person_id);
        }
    }
    ledger.finish()?;
    ledger::roster_changed(connection, &left)?;
    Ok(done)
}

/// Whether this person was erased.
///
/// # Errors
/// A fault of the store.
pub fn is_erased(connection: &Connection, id: PersonId) -> rusqlite::Result<bool> {
    connection.prepare_cached("SELECT 1 FROM erasure WHERE person = ?1")?.exists([id.as_bytes()])
}

/// What has to be logged instead of a change that names somebody who was erased; none of all else.
///
/// # Errors
/// A fault of the store.
pub(crate) fn instead(connection: &Connection, change: &Change) -> rusqlite::Result<Option<Change>> {
    let Some(erased) = change.erased() else { return Ok(None) };
    let concerned = match &change.body {
        Body::Void(void) => {
            let mut concerned = false;
            for target in &void.targets {
                concerned |= match whose(connection, *target)? {
                    Some(person) => is_erased(connection, person)?,
                    None => false,
                };
            }
            concerned
        }
        body => match person_of(body) {
            Some(person) => is_erased(connection, person)?,
            None => false,
        },
    };
    Ok(concerned.then_some(erased))
}

/// The person whom a change of the log is about.
fn whose(connection: &Connection, id: ChangeId) -> rusqlite::Result<Option<PersonId>> {
    Ok(match Sql::new(connection).place(id)? {
        Some(Place::Attendance(_, person)) => Some(person),
        _ => None,
    })
}

/// Rewrites what the log says of a person; says how many changes that were.
fn log(connection: &Connection, id: PersonId) -> rusqlite::Result<usize> {
    let mut found = connection.prepare_cached(
        "SELECT seq, raw FROM change WHERE kind IN ('person_add', 'mark')
             AND (instr(lower(raw), ?1) > 0 OR instr(raw, '\\u') > 0)",
    )?;
    let rows = found.query_map([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut count = 0;
    for (seq, raw) in rows {
        let Some(change) = read(&raw)? else { continue };
        if person_of(&change.body) == Some(id) {
            count += usize::from(rewrite(connection, seq, &change)?);
        }
    }
    Ok(count)
}

/// Rewrites why something of theirs was voided.
fn voids(connection: &Connection, class: &BTreeSet<PersonId>) -> rusqlite::Result<usize> {
    let mut found = connection
        .prepare_cached("SELECT seq, raw FROM change WHERE kind = 'void' AND instr(raw, '\"reason\"') > 0")?;
    let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(i64, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut count = 0;
    for (seq, raw) in rows {
        let Some(change) = read(&raw)? else { continue };
        let Body::Void(void) = &change.body else { continue };
        let mut concerned = false;
        for target in &void.targets {
            concerned |= whose(connection, *target)?.is_some_and(|person| class.contains(&person));
        }
        count += usize::from(concerned && rewrite(connection, seq, &change)?);
    }
    Ok(count)
}

fn read(raw: &str) -> rusqlite::Result<Option<Change>> {
    let value: Value = serde_json::from_str(raw).map_err(corrupt)?;
    Ok(change::parse(&value).ok())
}

fn rewrite(connection: &Connection, seq: i64, change: &Change) -> rusqlite::Result<bool> {
    let Some(erased) = change.erased() else { return Ok(false) };
    let raw = serde_json::to_string(&erased).map_err(corrupt)?;
    connection
        .prepare_cached("UPDATE change SET raw = ?2, tags = trim(tags || ' ' || ?3) WHERE seq = ?1")?
        .execute((seq, raw, TAG))?;
    Ok(true)
}

/// Rewrites what is held of a person. What cannot be read keeps no more than what it is known by.
fn held(connection: &Connection, id: PersonId) -> rusqlite::Result<usize> {
    let mut found = connection.prepare_cached(
        "SELECT held_id, raw FROM held
             WHERE instr(lower(raw), ?1) > 0 OR instr(raw, '\\u') > 0",
    )?;
    let rows = found.query_map([id.to_string()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(Vec<u8>, String)> = rows.collect::<rusqlite::Result<_>>()?;
    let mut count = 0;
    for (held_id, raw) in rows {
        let value: Value = serde_json::from_str(&raw).unwrap_or_default();
        let left = match change::parse(&value) {
            Ok(change) => match change.erased() {
                Some(erased) => serde_json::to_value(&erased).map_err(corrupt)?,
                None => continue,
            },
            Err(_) if raw.to_lowercase().contains(&id.to_string()) => outline(&value),
            Err(_) => continue,
        };
        let left = left.to_string();
        if left != raw {
            connection
                .prepare_cached("UPDATE held SET raw = ?2 WHERE held_id = ?1")?
                .execute((held_id, left))?;
            count += 1;
        }
    }
    Ok(count)
}

fn outline(value: &Value) -> Value {
    let glimpse = change::glimpse(value);
    let kind = value.get("kind").and_then(Value::as_str).filter(|kind| change::KINDS.contains(kind));
    json!({ "id": glimpse.id, "seq": glimpse.seq, "kind": kind, "session": glimpse.session, "body": erase::NAME })
}

/// Notes in the audit who was erased, by ids alone. `by`: the account; none: the server itself, or a command.
///
/// # Errors
/// A fault of the store.
pub fn note(connection: &Connection, who: &[PersonId], by: Option<i64>, now_ms: i64) -> rusqlite::Result<()> {
    let ids: Vec<String> = who.iter().map(PersonId::to_string).collect();
    let detail = ids.join(" ");
    audit::add(connection, audit::New { at_ms: now_ms, account_id: by, act: Act::Erasure, detail: &detail })
}

/// Somebody of a roster, as an operator names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The person.
    pub id: PersonId,
    /// The name.
    pub name: String,
    /// The staff number.
    pub staff_no: Option<String>,
    /// The org's name.
    pub org: String,
}

/// Everybody of this name, or with this staff number, on the rosters of a branch or added there on the spot.
///
/// # Errors
/// A fault of the store.
pub fn find(connection: &Connection, org_id: i64, wanted: &str) -> rusqlite::Result<Vec<Found>> {
    let mut found = connection.prepare_cached(
        "WITH RECURSIVE branch (org_id) AS (
             SELECT ?1 UNION SELECT org.org_id FROM org JOIN branch ON org.parent_id = branch.org_id
         )
         SELECT person.id, person.name, person.staff_no, org.name
         FROM person JOIN org ON org.org_id = person.org_id
         WHERE person.org_id IN (SELECT org_id FROM branch) AND (person.name = ?2 OR person.staff_no = ?2)
         ORDER BY person.person_id",
    )?;
    let rows = found.query_map((org_id, wanted), |row| {
        Ok(Found {
            id: PersonId::from_bytes(row.get(0)?),
            name: row.get(1)?,
            staff_no: row.get(2)?,
            org: row.get(3)?,
        })
    })?;
    rows.collect()
}

/// The name of a person, if the id is known.
///
/// # Errors
/// A fault of the store.
pub fn name(connection: &Connection, id: PersonId) -> rusqlite::Result<Option<String>> {
    let found: Option<Option<String>> = connection
        .prepare_cached("SELECT name FROM person WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.map(|name| name.unwrap_or_default()))
}

#[cfg(test)]
mod tests;
