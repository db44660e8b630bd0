//! What a change does to what is known: the one place where it is decided, for phone and server.
//!
//! The law: states only ever join, so taking the same changes in any order, any number of
//! times, ends in the same states. `take` decides; a [`Ledger`] only keeps. Two of them live:
//! in memory (`fold.rs`: phone and tests) and in SQL (the server), and one suite holds both to
//! the same outcome.

use crate::attendance::{Attendance, CheckIn, Method};
use crate::change::{Body, Change, Mark, MarkValue};
use crate::id::{ChangeId, PersonId, ReplicaId, SessionId};
use crate::session::Session;
use crate::stamp::Stamp;

/// A change with all that its effect depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamped {
    /// The change.
    pub change: Change,
    /// When it counts as made, ms.
    pub eff_ms: i64,
    /// Its claimed time had to be clamped.
    pub suspect: bool,
    /// The replica that made it; its declared counts are kept apart from others'.
    pub replica: ReplicaId,
}

impl Stamped {
    /// Its place in the common order.
    #[must_use]
    pub const fn at(&self) -> Stamp {
        Stamp { eff_ms: self.eff_ms, id: self.change.id }
    }
}

/// Where a change that can be voided left its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In one person's attendance.
    Attendance(SessionId, PersonId),
    /// In the session itself.
    Session(SessionId),
    /// Between two sessions.
    SessionAlias,
    /// Between two persons.
    PersonAlias,
}

/// Two things that are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// Two sessions.
    Sessions(SessionId, SessionId),
    /// Two persons.
    Persons(PersonId, PersonId),
}

/// Keeps states; decides nothing.
pub trait Ledger {
    /// A fault of the keeping itself.
    type Error;

    /// What is known of a session; the default where nothing is.
    ///
    /// # Errors
    /// A fault of the keeping.
    fn session(&mut self, id: SessionId) -> Result<Session, Self::Error>;

    /// Replaces what is known of a session.
    ///
    /// # Errors
    /// A fault of the keeping.
    fn set_session(&mut self, id: SessionId, state: Session) -> Result<(), Self::Error>;

    /// What is known of a person at a session; the default where nothing is.
    ///
    /// # Errors
    /// A fault of the keeping.
    fn attendance(&mut self, session: SessionId, person: PersonId) -> Result<Attendance, Self::Error>;

    /// Replaces what is known of a person at a session.
    ///
    /// # Errors
    /// A fault of the keeping.
    fn set_attendance(
        &mut self,
        session: SessionId,
        person: PersonId,
        state: Attendance,
    ) -> Result<(), Self::Error>;

    /// Where a change that was taken left its effect; none if it was not taken (yet), or is of
    /// a kind that cannot be voided.
    ///
    /// # Errors
    /// A fault of the keeping.
    fn place(&mut self, id: ChangeId) -> Result<Option<Place>, Self::Error>;

    /// Whether a void of this session (none: of aliases) that was taken names the change.
    ///
    /// # Errors
    /// A fault of the keeping.
    fn is_voided(&mut self, id: ChangeId, session: Option<SessionId>) -> Result<bool, Self::Error>;

    /// Remembers that a void names the change, whether or not the change is known.
    ///
    /// # Errors
    /// A fault of the keeping.
    fn set_voided(&mut self, id: ChangeId, session: Option<SessionId>) -> Result<(), Self::Error>;

    /// Keeps that two are one, as this change says.
    ///
    /// # Errors
    /// A fault of the keeping.
    fn link(&mut self, id: ChangeId, link: Link) -> Result<(), Self::Error>;

    /// Takes back what this change said.
    ///
    /// # Errors
    /// A fault of the keeping.
    fn unlink(&mut self, id: ChangeId) -> Result<(), Self::Error>;
}

/// Takes a change in. Responses are not among them: they are anonymous and go another way.
///
/// # Errors
/// A fault of the ledger's keeping; nothing else can go wrong.
pub fn take<L: Ledger>(ledger: &mut L, stamped: &Stamped) -> Result<(), L::Error> {
    let change = &stamped.change;
    if let Body::Void(void) = &change.body {
        for target in &void.targets {
            take_out(ledger, *target, change.session)?;
        }
        return Ok(());
    }
    let voided = ledger.is_voided(change.id, change.session)?;
    match (&change.body, change.session) {
        (Body::SessionAlias(alias), _) if !voided => ledger.link(change.id, Link::Sessions(alias.a, alias.b)),
        (Body::PersonAlias(alias), _) if !voided => ledger.link(change.id, Link::Persons(alias.a, alias.b)),
        (body, Some(session)) => match person_of(body) {
            Some(person) => {
                let mut state = ledger.attendance(session, person)?;
                write_attendance(&mut state, stamped, voided);
                ledger.set_attendance(session, person, state)
            }
            None => {
                let mut state = ledger.session(session)?;
                write_session(&mut state, stamped, voided);
                ledger.set_session(session, state)
            }
        },
        _ => Ok(()),
    }
}

/// The person whose attendance a change is about, if it is about one.
#[must_use]
pub const fn person_of(body: &Body) -> Option<PersonId> {
    match body {
        Body::CheckIn(body) => Some(body.person),
        Body::Mark(mark) => Some(mark.person),
        Body::PersonAdd(add) => Some(add.person.id),
        _ => None,
    }
}

/// Where a change of this kind leaves its effect, if a void may name it.
#[must_use]
pub fn place_of(change: &Change) -> Option<Place> {
    match (&change.body, change.session) {
        (Body::SessionAlias(_), _) => Some(Place::SessionAlias),
        (Body::PersonAlias(_), _) => Some(Place::PersonAlias),
        (Body::Headcount(_) | Body::SessionClose(_) | Body::Photo(_), Some(session)) => {
            Some(Place::Session(session))
        }
        (body, Some(session)) => person_of(body).map(|person| Place::Attendance(session, person)),
        _ => None,
    }
}

/// A void acts only on changes with the same session as its own.
fn take_out<L: Ledger>(ledger: &mut L, target: ChangeId, session: Option<SessionId>) -> Result<(), L::Error> {
    ledger.set_voided(target, session)?;
    match ledger.place(target)? {
        Some(Place::Attendance(of, person)) if Some(of) == session => {
            let mut state = ledger.attendance(of, person)?;
            state.void(target);
            ledger.set_attendance(of, person, state)
        }
        Some(Place::Session(of)) if Some(of) == session => {
            let mut state = ledger.session(of)?;
            state.void(target);
            ledger.set_session(of, state)
        }
        Some(Place::SessionAlias | Place::PersonAlias) if session.is_none() => ledger.unlink(target),
        _ => Ok(()),
    }
}

fn write_attendance(state: &mut Attendance, stamped: &Stamped, voided: bool) {
    let at = stamped.at();
    match &stamped.change.body {
        Body::CheckIn(body) => {
            // Paper tells nothing of the time unless somebody typed it.
            let made = (body.method != Method::Paper).then_some(stamped.eff_ms);
            state.check_in(CheckIn { at, arrived_ms: body.at_ms.or(made), suspect: stamped.suspect, voided });
        }
        Body::Mark(Mark { what: MarkValue::Status(status), .. }) => state.status.write(at, *status, voided),
        Body::Mark(Mark { what: MarkValue::Note(note), .. }) => state.note.write(at, note.clone(), voided),
        Body::PersonAdd(add) => state.added.write(at, add.person.clone(), voided),
        _ => {}
    }
}

fn write_session(state: &mut Session, stamped: &Stamped, voided: bool) {
    let at = stamped.at();
    match &stamped.change.body {
        Body::SessionSet(body) => {
            for (field, value) in &body.set {
                state.set(at, *field, value.clone(), false);
            }
        }
        Body::SessionClose(body) => state.close(at, stamped.replica, body.declared, voided),
        Body::Headcount(body) => state.headcount.write(at, body.count, voided),
        Body::Photo(body) => state.photos.write(at, body.clone(), voided),
        _ => {}
    }
}

/// The members of the class that `start` belongs to, the smallest first, by the pairs given.
#[must_use]
pub fn class<T: Copy + Ord>(start: T, pairs: &[(T, T)]) -> Vec<T> {
    let mut members = vec![start];
    let mut next = 0;
    while let Some(member) = members.get(next).copied() {
        next += 1;
        for (a, b) in pairs {
            let other = if *a == member {
                *b
            } else if *b == member {
                *a
            } else {
                continue;
            };
            if !members.contains(&other) {
                members.push(other);
            }
        }
    }
    members.sort_unstable();
    members
}
