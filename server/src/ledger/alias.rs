//! The table of aliases: two that are one, as a change says.

use rusqlite::{Connection, OptionalExtension, Row};
use shared::id::{ChangeId, PersonId, SessionId};
use shared::merge::{Link, class};
use std::collections::HashSet;

pub(super) fn add(connection: &Connection, id: ChangeId, link: Link) -> rusqlite::Result<()> {
    let (kind, a, b) = match &link {
        Link::Sessions(a, b) => ("session", a.as_bytes(), b.as_bytes()),
        Link::Persons(a, b) => ("person", a.as_bytes(), b.as_bytes()),
    };
    connection
        .prepare_cached(
            "INSERT INTO alias (change_id, kind, a, b) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (change_id) DO NOTHING",
        )?
        .execute((id.as_bytes(), kind, a, b))?;
    Ok(())
}

pub(super) fn remove(connection: &Connection, id: ChangeId) -> rusqlite::Result<Option<Link>> {
    connection
        .prepare_cached("DELETE FROM alias WHERE change_id = ?1 RETURNING kind, a, b")?
        .query_row([id.as_bytes()], read)
        .optional()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Link> {
    let kind: String = row.get(0)?;
    Ok(if kind == "session" {
        Link::Sessions(SessionId::from_bytes(row.get(1)?), SessionId::from_bytes(row.get(2)?))
    } else {
        Link::Persons(PersonId::from_bytes(row.get(1)?), PersonId::from_bytes(row.get(2)?))
    })
}

/// All aliases of one kind of thing. Most things have none, which is told quickly.
pub(super) struct Pairs<T> {
    pairs: Vec<(T, T)>,
    mentioned: HashSet<T>,
}

impl<T: Copy + Ord + std::hash::Hash> Pairs<T> {
    fn new(pairs: Vec<(T, T)>) -> Self {
        let mentioned = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
        Self { pairs, mentioned }
    }

    /// The class of a thing, the smallest first.
    pub(super) fn class(&self, of: T) -> Vec<T> {
        if self.mentioned.contains(&of) { class(of, &self.pairs) } else { vec![of] }
    }

    /// The thing that stands for this one.
    pub(super) fn stands(&self, of: T) -> T {
        self.class(of).first().copied().unwrap_or(of)
    }
}

/// Everybody who is known to be this person.
///
/// # Errors
/// A fault of the store.
pub fn same_person(connection: &Connection, id: PersonId) -> rusqlite::Result<Vec<PersonId>> {
    Ok(all(connection)?.1.class(id))
}

/// Every alias that stands.
pub(super) fn all(connection: &Connection) -> rusqlite::Result<(Pairs<SessionId>, Pairs<PersonId>)> {
    let (mut sessions, mut persons) = (Vec::new(), Vec::new());
    let mut found = connection.prepare_cached("SELECT kind, a, b FROM alias")?;
    for link in found.query_map([], read)? {
        match link? {
            Link::Sessions(a, b) => sessions.push((a, b)),
            Link::Persons(a, b) => persons.push((a, b)),
        }
    }
    Ok((Pairs::new(sessions), Pairs::new(persons)))
}
