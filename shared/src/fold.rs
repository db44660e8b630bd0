//! `fold(changes) → rows`: what the changes of a city amount to. Simple and whole; the server
//! keeps the same rows in tables, change by change, and tests hold the two together.

use crate::attendance::{Attendance, AttendanceRow, Standing};
use crate::change::Change;
use crate::id::{ChangeId, PersonId, SessionId};
use crate::merge::{Ledger, Link, Place, Stamped, class, place_of, take};
use crate::person::Person;
use crate::session::{Session, SessionRow, Totals};
use crate::stamp::Stamp;
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

/// A ledger in memory.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    sessions: BTreeMap<SessionId, Session>,
    attendance: BTreeMap<(SessionId, PersonId), Attendance>,
    places: BTreeMap<ChangeId, Place>,
    voided: BTreeSet<(ChangeId, Option<SessionId>)>,
    links: BTreeMap<ChangeId, Link>,
}

impl Ledger for Memory {
    type Error = Infallible;

    fn session(&mut self, id: SessionId) -> Result<Session, Infallible> {
        Ok(self.sessions.get(&id).cloned().unwrap_or_default())
    }

    fn set_session(&mut self, id: SessionId, state: Session) -> Result<(), Infallible> {
        self.sessions.insert(id, state);
        Ok(())
    }

    fn attendance(&mut self, session: SessionId, person: PersonId) -> Result<Attendance, Infallible> {
        Ok(self.attendance.get(&(session, person)).cloned().unwrap_or_default())
    }

    fn set_attendance(
        &mut self,
        session: SessionId,
        person: PersonId,
        state: Attendance,
    ) -> Result<(), Infallible> {
        self.attendance.insert((session, person), state);
        Ok(())
    }

    fn place(&mut self, id: ChangeId) -> Result<Option<Place>, Infallible> {
        Ok(self.places.get(&id).copied())
    }

    fn is_voided(&mut self, id: ChangeId, session: Option<SessionId>) -> Result<bool, Infallible> {
        Ok(self.voided.contains(&(id, session)))
    }

    fn set_voided(&mut self, id: ChangeId, session: Option<SessionId>) -> Result<(), Infallible> {
        self.voided.insert((id, session));
        Ok(())
    }

    fn link(&mut self, id: ChangeId, link: Link) -> Result<(), Infallible> {
        self.links.insert(id, link);
        Ok(())
    }

    fn unlink(&mut self, id: ChangeId) -> Result<(), Infallible> {
        self.links.remove(&id);
        Ok(())
    }
}

/// The rows of one session, aliases resolved.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionRows {
    /// The session, once every required field has a value.
    pub session: Option<SessionRow>,
    /// One row per person of whom anything is known here.
    pub attendance: BTreeMap<PersonId, AttendanceRow>,
    /// Persons who were added on the spot.
    pub walk_ins: BTreeSet<PersonId>,
    /// The totals; responses and files are counted elsewhere and left 0.
    pub totals: Totals,
}

impl Memory {
    /// Takes a change in.
    pub fn take(&mut self, stamped: &Stamped) {
        if let Some(place) = place_of(&stamped.change) {
            self.places.insert(stamped.change.id, place);
        }
        match take(self, stamped) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// Begins from what a pulled session row and its totals say.
    pub fn start_session(&mut self, id: SessionId, state: Session) {
        self.sessions.insert(id, state);
    }

    /// Begins from what a pulled attendance row says; its check-ins can then be voided.
    pub fn start_attendance(&mut self, session: SessionId, row: &AttendanceRow) {
        for id in &row.check_ins {
            self.places.insert(*id, Place::Attendance(session, row.person));
        }
        self.attendance.insert((session, row.person), Attendance::from(row));
    }

    /// Begins from what a pulled walk-in row says.
    pub fn start_walk_in(&mut self, session: SessionId, person: Person) {
        let known = self.attendance.entry((session, person.id)).or_default();
        known.added.write(Stamp::PULLED, person, false);
    }

    /// The session that stands for this one: the smallest of its class.
    #[must_use]
    pub fn stands_for(&self, id: SessionId) -> SessionId {
        class(id, &self.session_pairs()).first().copied().unwrap_or(id)
    }

    /// Every session that stands for itself, whether or not it exists yet.
    #[must_use]
    pub fn session_ids(&self) -> BTreeSet<SessionId> {
        let facts = self.attendance.keys().map(|(session, _)| *session);
        self.sessions.keys().copied().chain(facts).map(|id| self.stands_for(id)).collect()
    }

    /// The row of the session that stands for this one, without those of its people.
    #[must_use]
    pub fn session_row(&self, id: SessionId) -> Option<SessionRow> {
        let sessions = class(id, &self.session_pairs());
        self.joined(&sessions).row(sessions.first().copied().unwrap_or(id))
    }

    /// The rows of the session that stands for this one. `roster` says who a person of a
    /// roster is to a session; walk-ins and the unknown are told apart here.
    pub fn rows(&self, id: SessionId, roster: impl Fn(&[PersonId]) -> Option<Standing>) -> SessionRows {
        let sessions = class(id, &self.session_pairs());
        let state = self.joined(&sessions);
        let mut rows = SessionRows {
            session: state.row(sessions.first().copied().unwrap_or(id)),
            attendance: BTreeMap::new(),
            walk_ins: BTreeSet::new(),
            totals: Totals { declared: state.declared_total(), ..Totals::default() },
        };
        let closed = state.closed_at();
        for (person, (members, known)) in self.attendance_of(&sessions) {
            let added = known.added.get().is_some();
            let standing = roster(&members).unwrap_or_else(|| self.off_every_roster(&members));
            let row = known.row(person, standing, closed);
            if added {
                rows.walk_ins.insert(person);
            }
            rows.totals.attended += u32::from(row.present && standing != Standing::Unknown);
            rows.totals.walk_ins += u32::from(row.present && standing == Standing::WalkIn);
            rows.attendance.insert(person, row);
        }
        rows.totals.photos = u32::try_from(state.standing_photos().count()).unwrap_or(u32::MAX);
        rows.totals.headcount = state.headcount.get().copied();
        rows.totals.attended = rows.totals.attended.max(rows.totals.headcount.unwrap_or(0));
        rows
    }

    /// Per person that stands for its class: the class, and all that is known of it here.
    fn attendance_of(&self, sessions: &[SessionId]) -> BTreeMap<PersonId, (Vec<PersonId>, Attendance)> {
        let pairs = self.person_pairs();
        let mut all: BTreeMap<PersonId, (Vec<PersonId>, Attendance)> = BTreeMap::new();
        for ((session, person), known) in &self.attendance {
            if !sessions.contains(session) {
                continue;
            }
            let members = class(*person, &pairs);
            let stands = members.first().copied().unwrap_or(*person);
            let entry = all.entry(stands).or_insert_with(|| (members, Attendance::default()));
            entry.1.join(known);
        }
        all
    }

    /// All that is known of the sessions of one class.
    fn joined(&self, sessions: &[SessionId]) -> Session {
        let mut state = Session::default();
        for known in sessions.iter().filter_map(|member| self.sessions.get(member)) {
            state.join(known);
        }
        state
    }

    fn off_every_roster(&self, members: &[PersonId]) -> Standing {
        if self.added_anywhere(members) { Standing::WalkIn } else { Standing::Unknown }
    }

    fn added_anywhere(&self, members: &[PersonId]) -> bool {
        let of_class = |((_, person), known): (&(SessionId, PersonId), &Attendance)| {
            members.contains(person) && known.added.get().is_some()
        };
        self.attendance.iter().any(of_class)
    }

    fn session_pairs(&self) -> Vec<(SessionId, SessionId)> {
        let pair = |link: &Link| match link {
            Link::Sessions(a, b) => Some((*a, *b)),
            Link::Persons(..) => None,
        };
        self.links.values().filter_map(pair).collect()
    }

    fn person_pairs(&self) -> Vec<(PersonId, PersonId)> {
        let pair = |link: &Link| match link {
            Link::Persons(a, b) => Some((*a, *b)),
            Link::Sessions(..) => None,
        };
        self.links.values().filter_map(pair).collect()
    }
}

/// Whether this change can be folded: every kind but the anonymous response.
#[must_use]
pub const fn folds(change: &Change) -> bool {
    !matches!(change.body, crate::change::Body::Response(_))
}

/// Takes all changes into one ledger.
#[must_use]
pub fn fold<'a>(changes: impl IntoIterator<Item = &'a Stamped>) -> Memory {
    let mut memory = Memory::default();
    for stamped in changes.into_iter().filter(|stamped| folds(&stamped.change)) {
        memory.take(stamped);
    }
    memory
}
