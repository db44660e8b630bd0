//! The tables of persons and of rosters. No policy: what a roster import means is decided by it.

use crate::feed::{self, Key, Where};
use rusqlite::{Connection, OptionalExtension};
use shared::id::{OrgId, PersonId};
use shared::person::Person;

/// The row's number of a person.
///
/// # Errors
/// A fault of the store.
pub fn find(connection: &Connection, id: PersonId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT person_id FROM person WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
}

/// The row's number of a person of whom perhaps only the id is known.
///
/// # Errors
/// A fault of the store.
pub fn ensure(connection: &Connection, id: PersonId) -> rusqlite::Result<i64> {
    if let Some(known) = find(connection, id)? {
        return Ok(known);
    }
    connection
        .prepare_cached("INSERT INTO person (id, origin) VALUES (?1, 'unknown') RETURNING person_id")?
        .query_row([id.as_bytes()], |row| row.get(0))
}

/// The person of a row's number.
///
/// # Errors
/// A fault of the store.
pub fn id_of(connection: &Connection, person_id: i64) -> rusqlite::Result<PersonId> {
    connection
        .prepare_cached("SELECT id FROM person WHERE person_id = ?1")?
        .query_row([person_id], |row| row.get(0).map(PersonId::from_bytes))
}

/// The person with name and org; none of one of whom only the id is known, or whose org is not.
///
/// # Errors
/// A fault of the store.
pub fn load(connection: &Connection, id: PersonId) -> rusqlite::Result<Option<Person>> {
    connection
        .prepare_cached(
            "SELECT person.name, org.id, person.staff_no, person.phone_tail
             FROM person JOIN org ON org.org_id = person.org_id
             WHERE person.id = ?1 AND person.name IS NOT NULL",
        )?
        .query_row([id.as_bytes()], |row| {
            Ok(Person {
                id,
                name: row.get(0)?,
                org: OrgId::from_bytes(row.get(1)?),
                staff_no: row.get(2)?,
                phone_tail: row.get(3)?,
            })
        })
        .optional()
}

/// Puts a person on the roster of an org (the row's number; `person.org` is not looked at) from a
/// moment on, or brings name and numbers up to date. Who was on another roster leaves it at that
/// moment. Phones are told of what changed. Says whether who is expected where may have changed:
/// then call [`crate::ledger::roster_changed`] once for all such persons.
///
/// # Errors
/// A fault of the store.
pub fn put_on_roster(
    connection: &Connection,
    person: &Person,
    org_id: i64,
    from_ms: i64,
) -> rusqlite::Result<(i64, bool)> {
    let person_id = ensure(connection, person.id)?;
    let on: Vec<i64> = connection
        .prepare_cached("SELECT org_id FROM roster_entry WHERE person_id = ?1 AND until_ms IS NULL")?
        .query_map([person_id], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for other in on.iter().filter(|other| **other != org_id) {
        end_entry(connection, person_id, *other, from_ms)?;
        feed::remove(connection, Where::Org(*other), Key::Person(person.id))?;
    }
    let joins = !on.contains(&org_id);
    if joins {
        connection
            .prepare_cached(
                "INSERT INTO roster_entry (person_id, org_id, from_ms) VALUES (?1, ?2, ?3)
                 ON CONFLICT (org_id, person_id, from_ms) DO UPDATE SET until_ms = NULL",
            )?
            .execute((person_id, org_id, from_ms))?;
    }
    let changed = connection
        .prepare_cached(
            "UPDATE person SET origin = 'roster', org_id = ?2, name = ?3, staff_no = ?4, phone_tail = ?5
             WHERE person_id = ?1 AND (origin <> 'roster' OR org_id IS NOT ?2 OR name IS NOT ?3
                 OR staff_no IS NOT ?4 OR phone_tail IS NOT ?5)",
        )?
        .execute((person_id, org_id, &person.name, &person.staff_no, &person.phone_tail))?;
    if joins || changed > 0 {
        feed::touch(connection, Where::Org(org_id), Key::Person(person.id))?;
    }
    Ok((person_id, joins))
}

/// Keeps what an office says besides; phones are not told.
///
/// # Errors
/// A fault of the store.
pub fn set_terms(
    connection: &Connection,
    person_id: i64,
    employment: Option<&str>,
    member: Option<bool>,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE person SET employment = ?2, member = ?3
             WHERE person_id = ?1 AND (employment IS NOT ?2 OR member IS NOT ?3)",
        )?
        .execute((person_id, employment, member))?;
    Ok(())
}

/// Takes a person off the roster of an org from a moment on. Afterwards call
/// [`crate::ledger::roster_changed`].
///
/// # Errors
/// A fault of the store.
pub fn take_off_roster(
    connection: &Connection,
    person_id: i64,
    org_id: i64,
    until_ms: i64,
) -> rusqlite::Result<()> {
    end_entry(connection, person_id, org_id, until_ms)?;
    let id = id_of(connection, person_id)?;
    feed::remove(connection, Where::Org(org_id), Key::Person(id))
}

/// Takes name and numbers from a person of a roster, who leaves it now where still on it; says whether
/// that changed who is expected where: then call [`crate::ledger::roster_changed`]. Those added on the
/// spot are what the log says of them.
///
/// # Errors
/// A fault of the store.
pub fn erase(connection: &Connection, person_id: i64, now_ms: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "UPDATE person SET name = ?2, staff_no = NULL, phone_tail = NULL
             WHERE person_id = ?1 AND origin = 'roster'",
        )?
        .execute((person_id, shared::erase::NAME))?;
    let mut leaves = false;
    for entry in entries(connection, person_id)?.iter().filter(|entry| entry.until_ms.is_none()) {
        take_off_roster(connection, person_id, entry.org_id, now_ms)?;
        leaves = true;
    }
    Ok(leaves)
}

fn end_entry(connection: &Connection, person_id: i64, org_id: i64, until_ms: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE roster_entry SET until_ms = max(?3, from_ms)
             WHERE person_id = ?1 AND org_id = ?2 AND until_ms IS NULL",
        )?
        .execute((person_id, org_id, until_ms))?;
    Ok(())
}

/// A time on a roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Whose roster.
    pub org_id: i64,
    /// From when, ms.
    pub from_ms: i64,
    /// Until before when, ms; none: still.
    pub until_ms: Option<i64>,
}

impl Entry {
    /// Whether it was then, ms.
    #[must_use]
    pub fn at(&self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && self.until_ms.is_none_or(|until| at_ms < until)
    }
}

/// Every time on a roster that exactly this person had.
///
/// # Errors
/// A fault of the store.
pub fn entries(connection: &Connection, person_id: i64) -> rusqlite::Result<Vec<Entry>> {
    let mut found = connection
        .prepare_cached("SELECT org_id, from_ms, until_ms FROM roster_entry WHERE person_id = ?1")?;
    found
        .query_map([person_id], |row| {
            Ok(Entry { org_id: row.get(0)?, from_ms: row.get(1)?, until_ms: row.get(2)? })
        })?
        .collect()
}

/// Which person stands for this one: itself, but for aliases.
///
/// # Errors
/// A fault of the store.
pub fn stands(connection: &Connection, person_id: i64) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT coalesce(stands_id, person_id) FROM person WHERE person_id = ?1")?
        .query_row([person_id], |row| row.get(0))
}

/// Says which person stands for this one (itself, but for aliases).
///
/// # Errors
/// A fault of the store.
pub fn set_stands(connection: &Connection, person_id: i64, stands_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE person SET stands_id = ?2 WHERE person_id = ?1")?
        .execute((person_id, stands_id))?;
    Ok(())
}

/// Writes what is said of a walk-in; nothing any more if nobody adds it now. A person of a roster
/// stays as the roster says.
///
/// # Errors
/// A fault of the store.
pub fn set_walk_in(connection: &Connection, person_id: i64, said: Option<&Person>) -> rusqlite::Result<()> {
    let org_id = match said {
        Some(person) => crate::org::find(connection, person.org)?,
        None => None,
    };
    connection
        .prepare_cached(
            "UPDATE person SET origin = ?2, org_id = ?3, name = ?4, staff_no = ?5, phone_tail = ?6
             WHERE person_id = ?1 AND origin <> 'roster'",
        )?
        .execute((
            person_id,
            if said.is_some() { "walk_in" } else { "unknown" },
            org_id,
            said.map(|person| &person.name),
            said.and_then(|person| person.staff_no.as_ref()),
            said.and_then(|person| person.phone_tail.as_ref()),
        ))?;
    Ok(())
}

/// Rows of the orgs that answer for a person: of a roster's the roster's, of one added on the spot
/// its own and those of the sessions that added it; none of one of whom only the id is known.
///
/// # Errors
/// A fault of the store.
pub fn answerable(connection: &Connection, id: PersonId) -> rusqlite::Result<Vec<i64>> {
    let found: Option<(i64, String, Option<i64>)> = connection
        .prepare_cached("SELECT person_id, origin, org_id FROM person WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((person_id, origin, org_id)) = found else { return Ok(Vec::new()) };
    let mut orgs: Vec<i64> = org_id.into_iter().collect();
    if origin == "walk_in" {
        for session_id in crate::attendance::sessions_as_stranger(connection, person_id)? {
            orgs.extend(crate::session::shown(connection, session_id)?.org_id);
        }
    }
    Ok(orgs)
}
