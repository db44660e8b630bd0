//! The ledger of `shared::merge` in SQL. It decides nothing: states are kept as they are given,
//! what they touch is remembered, and at the end of a job [`Sql::finish`] writes the rows, the
//! counters and the feed that follow from them.

mod alias;
mod project;
mod roster;

pub use alias::same_person;
pub use roster::{expected, roster_changed, tree_changed};

use crate::db::corrupt;
use crate::{attendance, org, person, session};
use rusqlite::{Connection, OptionalExtension};
use shared::attendance::Attendance;
use shared::change;
use shared::id::{ChangeId, OrgId, PersonId, SessionId};
use shared::merge::{Ledger, Link, Place, place_of};
use shared::session::{Field, Session};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where a session hangs, as far as its changes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Home {
    /// Every required field has a value.
    pub exists: bool,
    /// The row of its org.
    pub org_id: Option<i64>,
}

/// Something kept in memory until the job ends.
struct Kept<T> {
    state: T,
    dirty: bool,
}

/// The ledger of one job on the store; it must not outlive the job's transaction.
pub struct Sql<'c> {
    connection: &'c Connection,
    sessions: BTreeMap<SessionId, Kept<Session>>,
    attendance: BTreeMap<(SessionId, PersonId), Kept<Attendance>>,
    session_ids: HashMap<SessionId, i64>,
    person_ids: HashMap<PersonId, i64>,
    homes: HashMap<SessionId, Home>,
    lines: HashMap<i64, Vec<i64>>,
    /// Persons whom somebody began or ceased to have added on the spot.
    added: BTreeSet<PersonId>,
    /// Ends of links that came or went.
    linked_sessions: BTreeSet<SessionId>,
    linked_persons: BTreeSet<PersonId>,
    /// (session, replica row) → check-ins that came.
    check_ins: BTreeMap<(SessionId, i64), i64>,
    /// Sessions of which only the totals may have changed.
    responded: BTreeSet<i64>,
    /// Sessions about which a closing code was typed in.
    told: BTreeSet<SessionId>,
}

impl<'c> Sql<'c> {
    /// The ledger for a job in this transaction.
    #[must_use]
    pub fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            sessions: BTreeMap::new(),
            attendance: BTreeMap::new(),
            session_ids: HashMap::new(),
            person_ids: HashMap::new(),
            homes: HashMap::new(),
            lines: HashMap::new(),
            added: BTreeSet::new(),
            linked_sessions: BTreeSet::new(),
            linked_persons: BTreeSet::new(),
            check_ins: BTreeMap::new(),
            responded: BTreeSet::new(),
            told: BTreeSet::new(),
        }
    }

    /// Where a session hangs now, this job's changes included.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn home(&mut self, id: SessionId) -> rusqlite::Result<Home> {
        if let Some(known) = self.homes.get(&id) {
            return Ok(*known);
        }
        self.load_session(id)?;
        let Some(kept) = self.sessions.get(&id) else { return Ok(Home::default()) };
        let org: Option<OrgId> = kept.state.get(Field::Org);
        let exists = kept.state.row(id).is_some();
        let org_id = match org {
            Some(org) => org::find(self.connection, org)?,
            None => None,
        };
        let home = Home { exists, org_id };
        self.homes.insert(id, home);
        Ok(home)
    }

    /// The org and those above it.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn line(&mut self, org_id: i64) -> rusqlite::Result<&[i64]> {
        if !self.lines.contains_key(&org_id) {
            self.lines.insert(org_id, org::line(self.connection, org_id)?);
        }
        Ok(self.lines.get(&org_id).map_or(&[], Vec::as_slice))
    }

    /// Counts a check-in of a replica that came, whatever becomes of it.
    pub fn count_check_in(&mut self, session: SessionId, replica_id: i64) {
        *self.check_ins.entry((session, replica_id)).or_default() += 1;
    }

    /// Says that responses came to the session of this row.
    pub fn responded(&mut self, session_id: i64) {
        self.responded.insert(session_id);
    }

    /// Says that a closing code declares something for this session, or that a file of it came or went.
    pub fn told(&mut self, session: SessionId) {
        self.told.insert(session);
    }

    fn session_id(&mut self, id: SessionId) -> rusqlite::Result<i64> {
        if let Some(known) = self.session_ids.get(&id) {
            return Ok(*known);
        }
        let session_id = session::ensure(self.connection, id)?;
        self.session_ids.insert(id, session_id);
        Ok(session_id)
    }

    fn person_id(&mut self, id: PersonId) -> rusqlite::Result<i64> {
        if let Some(known) = self.person_ids.get(&id) {
            return Ok(*known);
        }
        let person_id = person::ensure(self.connection, id)?;
        self.person_ids.insert(id, person_id);
        Ok(person_id)
    }

    fn load_session(&mut self, id: SessionId) -> rusqlite::Result<()> {
        if !self.sessions.contains_key(&id) {
            let state = session::state(self.connection, id)?.unwrap_or_default();
            self.sessions.insert(id, Kept { state, dirty: false });
        }
        Ok(())
    }

    fn load_attendance(&mut self, key: (SessionId, PersonId)) -> rusqlite::Result<()> {
        if !self.attendance.contains_key(&key) {
            let (session_id, person_id) = (self.session_id(key.0)?, self.person_id(key.1)?);
            let state = attendance::state(self.connection, session_id, person_id)?;
            self.attendance.insert(key, Kept { state: state.unwrap_or_default(), dirty: false });
        }
        Ok(())
    }
}

impl Ledger for Sql<'_> {
    type Error = rusqlite::Error;

    fn session(&mut self, id: SessionId) -> rusqlite::Result<Session> {
        self.load_session(id)?;
        Ok(self.sessions.get(&id).map(|kept| kept.state.clone()).unwrap_or_default())
    }

    fn set_session(&mut self, id: SessionId, state: Session) -> rusqlite::Result<()> {
        self.homes.remove(&id);
        self.sessions.insert(id, Kept { state, dirty: true });
        Ok(())
    }

    fn attendance(&mut self, session: SessionId, person: PersonId) -> rusqlite::Result<Attendance> {
        self.load_attendance((session, person))?;
        Ok(self.attendance.get(&(session, person)).map(|kept| kept.state.clone()).unwrap_or_default())
    }

    fn set_attendance(
        &mut self,
        session: SessionId,
        person: PersonId,
        state: Attendance,
    ) -> rusqlite::Result<()> {
        let before = self.attendance.get(&(session, person)).map(|kept| &kept.state.added);
        if before != Some(&state.added) && (before.is_some() || !state.added.is_empty()) {
            self.added.insert(person);
        }
        self.attendance.insert((session, person), Kept { state, dirty: true });
        Ok(())
    }

    fn place(&mut self, id: ChangeId) -> rusqlite::Result<Option<Place>> {
        let raw: Option<String> = self
            .connection
            .prepare_cached("SELECT raw FROM change WHERE id = ?1 AND state = 'taken'")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        let Some(raw) = raw else { return Ok(None) };
        let value = serde_json::from_str(&raw).map_err(corrupt)?;
        Ok(change::parse(&value).ok().and_then(|change| place_of(&change)))
    }

    fn is_voided(&mut self, id: ChangeId, session: Option<SessionId>) -> rusqlite::Result<bool> {
        self.connection
            .prepare_cached("SELECT 1 FROM void_target WHERE target = ?1 AND session = ?2")?
            .exists((id.as_bytes(), own(session)))
    }

    fn set_voided(&mut self, id: ChangeId, session: Option<SessionId>) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached(
                "INSERT INTO void_target (target, session) VALUES (?1, ?2)
                 ON CONFLICT (target, session) DO NOTHING",
            )?
            .execute((id.as_bytes(), own(session)))?;
        Ok(())
    }

    fn link(&mut self, id: ChangeId, link: Link) -> rusqlite::Result<()> {
        alias::add(self.connection, id, link)?;
        self.mark_link(link);
        Ok(())
    }

    fn unlink(&mut self, id: ChangeId) -> rusqlite::Result<()> {
        if let Some(link) = alias::remove(self.connection, id)? {
            self.mark_link(link);
        }
        Ok(())
    }
}

impl Sql<'_> {
    fn mark_link(&mut self, link: Link) {
        match link {
            Link::Sessions(a, b) => self.linked_sessions.extend([a, b]),
            Link::Persons(a, b) => self.linked_persons.extend([a, b]),
        }
    }
}

/// A void's own session as the table keeps it: empty for voids of aliases.
fn own(session: Option<SessionId>) -> Vec<u8> {
    session.map(|id| id.as_bytes().to_vec()).unwrap_or_default()
}
