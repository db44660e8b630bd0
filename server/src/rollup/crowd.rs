//! Who was present at a session whom somebody knows, and of whose rosters: packed.

use super::{blob, numbers, parts_of_person, put, signed, unsigned};
use crate::person;
use rusqlite::{Connection, Result};
use shared::crowd::{pack, unpack};
use std::collections::{BTreeMap, BTreeSet};

/// Who came to a session in one job.
#[derive(Debug)]
pub(crate) enum Came {
    /// These alone, whom nobody knew to be present, each with the orgs on whose roster it was then.
    More(BTreeMap<i64, BTreeSet<i64>>),
    /// Somebody is not there any more, or belongs elsewhere: everybody is read anew.
    Anew,
}

impl Default for Came {
    fn default() -> Self {
        Self::More(BTreeMap::new())
    }
}

impl Came {
    /// One more.
    pub(crate) fn add(&mut self, person_id: i64, orgs: BTreeSet<i64>) {
        if let Self::More(more) = self {
            more.insert(person_id, orgs);
        }
    }
}

/// Persons present, and how many of each org's roster are among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Present {
    people: BTreeSet<u64>,
    reached: BTreeMap<u64, u64>,
}

impl Present {
    fn add(&mut self, person_id: i64, orgs: &BTreeSet<i64>) {
        if self.people.insert(unsigned(person_id)) {
            for org in orgs {
                *self.reached.entry(unsigned(*org)).or_default() += 1;
            }
        }
    }

    fn packed(&self) -> (Vec<u8>, Vec<u8>) {
        let mut reached = Vec::new();
        for (org, n) in &self.reached {
            put(&mut reached, *org);
            put(&mut reached, *n);
        }
        (pack(self.people.iter().copied()), reached)
    }

    fn unpacked(crowd: &[u8], reached: &[u8]) -> Self {
        let mut numbers = numbers(reached);
        let pairs = std::iter::from_fn(|| numbers.next().zip(numbers.next()));
        Self { people: unpack(crowd).collect(), reached: pairs.collect() }
    }
}

/// What is kept of a session.
pub(super) fn kept(conn: &Connection, session_id: i64) -> Result<Present> {
    conn.prepare_cached("SELECT crowd, reached FROM rollup WHERE session_id = ?1")?
        .query_row([session_id], |row| {
            Ok(Present::unpacked(row.get_ref(0)?.as_blob()?, row.get_ref(1)?.as_blob()?))
        })
}

/// What the rows of its people say.
pub(super) fn of(conn: &Connection, session_id: i64, starts_ms: i64) -> Result<Present> {
    let mut found = conn.prepare_cached(
        "SELECT person_id FROM attendance
         WHERE session_id = ?1 AND shown = 1 AND present = 1 AND standing <> 'unknown'",
    )?;
    let people: Vec<i64> = found.query_map([session_id], |row| row.get(0))?.collect::<Result<Vec<i64>>>()?;
    let mut present = Present::default();
    for person_id in people {
        let mut orgs = BTreeSet::new();
        for member in parts_of_person(conn, person_id)? {
            let entries = person::entries(conn, member)?;
            orgs.extend(entries.iter().filter(|entry| entry.at(starts_ms)).map(|entry| entry.org_id));
        }
        present.add(person_id, &orgs);
    }
    Ok(present)
}

pub(super) fn set(conn: &Connection, session_id: i64, present: &Present) -> Result<()> {
    let (crowd, reached) = present.packed();
    conn.prepare_cached("UPDATE rollup SET crowd = ?2, reached = ?3 WHERE session_id = ?1")?.execute((
        session_id,
        blob(&crowd),
        blob(&reached),
    ))?;
    Ok(())
}

/// Adds those who came.
pub(super) fn add(conn: &Connection, session_id: i64, starts_ms: i64, came: &Came) -> Result<()> {
    match came {
        Came::More(more) if more.is_empty() => Ok(()),
        Came::More(more) => {
            let mut present = kept(conn, session_id)?;
            for (person_id, orgs) in more {
                present.add(*person_id, orgs);
            }
            set(conn, session_id, &present)
        }
        Came::Anew => set(conn, session_id, &of(conn, session_id, starts_ms)?),
    }
}

/// Sessions at which any of these persons is present, by what is kept: read once for all of them, since
/// attendances have no index by person.
///
/// # Errors
/// A fault of the store.
pub(crate) fn with_any(conn: &Connection, person_ids: &BTreeSet<i64>) -> Result<Vec<i64>> {
    let wanted: BTreeSet<u64> = person_ids.iter().map(|id| unsigned(*id)).collect();
    let mut sessions = Vec::new();
    let mut found = conn.prepare_cached("SELECT session_id, crowd FROM rollup")?;
    let mut rows = found.query([])?;
    while let Some(row) = rows.next()? {
        if unpack(row.get_ref(1)?.as_blob()?).any(|person| wanted.contains(&person)) {
            sessions.push(row.get(0)?);
        }
    }
    Ok(sessions)
}

/// The orgs of the column `reached`.
pub(crate) fn reached(bytes: &[u8]) -> impl Iterator<Item = i64> {
    numbers(bytes).step_by(2).map(signed)
}
