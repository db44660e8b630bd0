//! What follows from the states of a job: rows, counters and feed. The outcome equals
//! `shared::fold` of the same changes; a test holds the two together.

use super::alias::{self, Pairs};
use super::{Kept, Sql, roster};
use crate::attendance::{self, Shown};
use crate::db::corrupt;
use crate::feed::{self, Key, Where};
use crate::rollup::{self, Came, Changed};
use crate::session::{Counts, Told};
use crate::{closing, lecturer, org, person, photo, response, session};
use shared::attendance::{Attendance, Standing};
use shared::id::{PersonId, SessionId};
use shared::session::{Declared, Session, SessionRow};
use shared::stamp::Stamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A session that stands for its class, with what the rows of its people depend on.
struct Hall {
    session_id: i64,
    members: Vec<SessionId>,
    /// None of one that does not exist (yet).
    setting: Option<Setting>,
}

/// Who is expected, and since when it is closed.
#[derive(Clone)]
struct Setting {
    starts_ms: i64,
    /// Rows of the orgs whose rosters are expected, with all below them.
    audience: Vec<i64>,
    closed: Option<Stamp>,
}

struct Project<'l, 'c> {
    ledger: &'l mut Sql<'c>,
    sessions: Pairs<SessionId>,
    persons: Pairs<PersonId>,
    halls: HashMap<SessionId, Hall>,
    /// (standing session, standing person) whose row is to be written.
    pairs: BTreeSet<(SessionId, PersonId)>,
    counts: BTreeMap<i64, Counts>,
    /// Sessions whose totals may have changed, with what was told of them where that is known anew.
    totals: BTreeMap<i64, Option<Told>>,
    /// Sessions whose figures may have changed: the last thing to be written.
    figures: BTreeMap<i64, Changed>,
}

impl Sql<'_> {
    /// Writes everything that follows from what was taken. The last thing that a job does.
    ///
    /// # Errors
    /// A fault of the store.
    pub fn finish(mut self) -> rusqlite::Result<()> {
        self.project(&BTreeSet::new())
    }

    /// As `finish`, and writes every row of these sessions anew.
    pub(super) fn project(&mut self, anew: &BTreeSet<SessionId>) -> rusqlite::Result<()> {
        let (sessions, persons) = alias::all(self.connection)?;
        let mut project = Project {
            ledger: self,
            sessions,
            persons,
            halls: HashMap::new(),
            pairs: BTreeSet::new(),
            counts: BTreeMap::new(),
            totals: BTreeMap::new(),
            figures: BTreeMap::new(),
        };
        project.keep_states()?;
        project.find_pairs()?;
        project.sessions(anew)?;
        project.write_pairs()?;
        project.totals()?;
        project.figures()
    }
}

impl Project<'_, '_> {
    /// Writes the states that others may ask for: of sessions, and of pairs that are not, or not
    /// alone, what their row says.
    fn keep_states(&mut self) -> rusqlite::Result<()> {
        let c = self.ledger.connection;
        let dirty = |kept: &&Kept<Session>| kept.dirty;
        let ids: Vec<SessionId> =
            self.ledger.sessions.iter().filter(|(_, k)| dirty(k)).map(|(id, _)| *id).collect();
        for id in ids {
            let session_id = self.ledger.session_id(id)?;
            let Some(kept) = self.ledger.sessions.get(&id) else { continue };
            session::set_state(c, session_id, &kept.state)?;
            session::set_declared(c, session_id, &kept.state)?;
            photo::set(c, session_id, &kept.state)?;
        }
        let pairs: Vec<(SessionId, PersonId)> =
            self.ledger.attendance.iter().filter(|(_, k)| k.dirty).map(|(key, _)| *key).collect();
        for key in pairs {
            let alone = self.sessions.stands(key.0) == key.0 && self.persons.stands(key.1) == key.1;
            let (session_id, person_id) = (self.ledger.session_id(key.0)?, self.ledger.person_id(key.1)?);
            let Some(kept) = self.ledger.attendance.get(&key) else { continue };
            if !alone || !kept.state.added.is_empty() {
                attendance::set_state(c, session_id, person_id, &kept.state)?;
            }
            self.pairs.insert((self.sessions.stands(key.0), self.persons.stands(key.1)));
        }
        for ((id, replica_id), by) in std::mem::take(&mut self.ledger.check_ins) {
            let session_id = self.ledger.session_id(id)?;
            session::count_check_ins(c, session_id, replica_id, by)?;
            let stands_id = self.ledger.session_id(self.sessions.stands(id))?;
            self.figures.entry(stands_id).or_default();
        }
        for session_id in std::mem::take(&mut self.ledger.responded) {
            self.totals.entry(session_id).or_default();
            self.figures.entry(session_id).or_default().marks = true;
        }
        Ok(())
    }

    /// Pairs that depend on what became known of a person elsewhere.
    fn find_pairs(&mut self) -> rusqlite::Result<()> {
        let c = self.ledger.connection;
        for id in std::mem::take(&mut self.ledger.added) {
            let person_id = self.ledger.person_id(id)?;
            let states = attendance::added(c, person_id)?;
            let all = states.iter().filter_map(|state| state.added.last());
            person::set_walk_in(c, person_id, all.max_by_key(|one| one.at).map(|one| &one.value))?;
            for member in self.persons.class(id) {
                let member_id = self.ledger.person_id(member)?;
                let at = attendance::sessions_as_stranger(c, member_id)?;
                self.add_pairs(&at, id)?;
            }
        }
        let mut rosters = BTreeSet::new();
        for end in std::mem::take(&mut self.ledger.linked_persons) {
            let class = self.persons.class(end);
            let stands_id = self.ledger.person_id(self.persons.stands(end))?;
            for member in class {
                let member_id = self.ledger.person_id(member)?;
                person::set_stands(c, member_id, stands_id)?;
                let at = attendance::sessions(c, member_id)?;
                self.add_pairs(&at, end)?;
                self.read_anew(&at)?;
                rosters.extend(person::entries(c, member_id)?.iter().map(|entry| entry.org_id));
            }
        }
        // Two of one roster who are one are expected once.
        for session_id in roster::expecting(c, &rosters)? {
            roster::recount(c, session_id)?;
            self.figures.entry(session_id).or_default();
        }
        Ok(())
    }

    fn add_pairs(&mut self, session_ids: &[i64], person: PersonId) -> rusqlite::Result<()> {
        let stands = self.persons.stands(person);
        for session_id in session_ids {
            let id = session::id_of(self.ledger.connection, *session_id)?;
            self.pairs.insert((self.sessions.stands(id), stands));
        }
        Ok(())
    }

    /// Who is one with whom decides on whose rosters somebody present was.
    fn read_anew(&mut self, session_ids: &[i64]) -> rusqlite::Result<()> {
        for session_id in session_ids {
            let id = session::id_of(self.ledger.connection, *session_id)?;
            let stands_id = self.ledger.session_id(self.sessions.stands(id))?;
            self.figures.entry(stands_id).or_default().came = Came::Anew;
        }
        Ok(())
    }

    /// Rows of the sessions that changed, were linked, or are asked for.
    fn sessions(&mut self, anew: &BTreeSet<SessionId>) -> rusqlite::Result<()> {
        let linked = std::mem::take(&mut self.ledger.linked_sessions);
        let dirty = self.ledger.sessions.iter().filter(|(_, kept)| kept.dirty).map(|(id, _)| *id);
        let mut stand: BTreeMap<SessionId, bool> = BTreeMap::new();
        let told = std::mem::take(&mut self.ledger.told);
        for id in dirty.chain(told) {
            stand.entry(self.sessions.stands(id)).or_insert(false);
        }
        for id in linked.iter().chain(anew) {
            stand.insert(self.sessions.stands(*id), true);
        }
        for (id, all) in stand {
            if self.session(id, !linked.is_empty())? || all {
                self.everybody(id)?;
            }
        }
        Ok(())
    }

    /// Writes the row of a session that stands; says whether its people's rows may change by it.
    fn session(&mut self, id: SessionId, linked: bool) -> rusqlite::Result<bool> {
        let c = self.ledger.connection;
        let members = self.sessions.class(id);
        let session_id = self.ledger.session_id(id)?;
        let mut state = Session::default();
        for member in &members {
            self.ledger.load_session(*member)?;
            if let Some(kept) = self.ledger.sessions.get(member) {
                state.join(&kept.state);
            }
            if linked {
                self.stand_for(*member, id, session_id)?;
            }
        }
        self.figures.entry(session_id).or_default();
        let old = session::shown(c, session_id)?;
        let row = state.row(id);
        let org_id = match &row {
            Some(row) => org::find(c, row.org)?,
            None => None,
        };
        let (Some(row), Some(org_id)) = (row, org_id) else {
            response::forget(c, &members)?;
            self.halls.insert(id, Hall { session_id, members, setting: None });
            return Ok(false);
        };
        let closed = state.closed_at();
        self.show_session(session_id, org_id, &row, &old, closed)?;
        let setting = self.setting(&row, org_id, closed)?;
        let same = old.row.as_ref().is_some_and(|before| {
            before.starts_ms == row.starts_ms && before.audience == row.audience && before.org == row.org
        });
        if !same {
            roster::recount(c, session_id)?;
        }
        if linked || old.row.is_none() {
            response::recount(c, session_id, &members)?;
            self.figures.entry(session_id).or_default().marks = true;
        }
        let declared = self.declared(&members, org_id, &row)?.plus(state.declared_total());
        let headcount = state.headcount.get().copied();
        let photos = photo::counted(c, &state)?;
        self.totals.insert(session_id, Some(Told { headcount, declared, photos }));
        self.halls.insert(id, Hall { session_id, members, setting: Some(setting) });
        Ok(!same || old.closed != closed)
    }

    /// What closing codes declare for the members of a class, where the phones' own closings are not here.
    fn declared(
        &mut self,
        members: &[SessionId],
        org_id: i64,
        row: &SessionRow,
    ) -> rusqlite::Result<Declared> {
        let c = self.ledger.connection;
        let mut sum = Declared::default();
        for member in members {
            let member_id = self.ledger.session_id(*member)?;
            if let Some(kept) = self.ledger.sessions.get(member) {
                closing::follow(c, *member, member_id, (org_id, row.starts_ms), &kept.state)?;
            }
            sum = sum.plus(closing::declared(c, member_id)?);
        }
        Ok(sum)
    }

    /// One of a class: notes who stands for it, and takes its row away if that is another.
    fn stand_for(&mut self, member: SessionId, stands: SessionId, stands_id: i64) -> rusqlite::Result<()> {
        let c = self.ledger.connection;
        let member_id = self.ledger.session_id(member)?;
        session::set_stands(c, member_id, stands_id)?;
        self.figures.entry(member_id).or_default();
        if member == stands {
            return Ok(());
        }
        let old = session::shown(c, member_id)?;
        if old.row.is_some() {
            session::hide(c, member_id)?;
            lecturer::set(c, member_id, &[])?;
            feed::remove(c, Where::Session(member_id), Key::Totals)?;
            if let Some(org_id) = old.org_id {
                feed::remove(c, Where::Org(org_id), Key::Session(member))?;
            }
        }
        // Where it was is still asked for, however it came to be hidden.
        session::set_org(c, member_id, self.ledger.home(member)?.org_id)
    }

    fn show_session(
        &self,
        session_id: i64,
        org_id: i64,
        row: &SessionRow,
        old: &session::Shown,
        closed: Option<Stamp>,
    ) -> rusqlite::Result<()> {
        let c = self.ledger.connection;
        let text = serde_json::to_string(row).map_err(corrupt)?;
        let same = old.row_json.as_ref() == Some(&text);
        if same && old.closed == closed {
            return Ok(());
        }
        session::show(c, session_id, org_id, row, &text, closed)?;
        // Who may see both orgs is told first that it left the one, then that it is in the other.
        if let Some(before) = old.org_id.filter(|before| *before != org_id) {
            feed::remove(c, Where::Org(before), Key::Session(row.id))?;
        }
        if !same {
            lecturer::set(c, session_id, &row.lecturers)?;
            feed::touch(c, Where::Org(org_id), Key::Session(row.id))?;
        }
        Ok(())
    }

    fn setting(&self, row: &SessionRow, org_id: i64, closed: Option<Stamp>) -> rusqlite::Result<Setting> {
        let audience = roster::audience(self.ledger.connection, row, org_id)?;
        Ok(Setting { starts_ms: row.starts_ms, audience, closed })
    }

    /// Everybody of whom anything is known at the session's class.
    fn everybody(&mut self, id: SessionId) -> rusqlite::Result<()> {
        let session_id = self.ledger.session_id(id)?;
        self.figures.entry(session_id).or_default().came = Came::Anew;
        let members = self.sessions.class(id);
        for member in members {
            let member_id = self.ledger.session_id(member)?;
            for person_id in attendance::persons(self.ledger.connection, member_id)? {
                let person = person::id_of(self.ledger.connection, person_id)?;
                self.pairs.insert((id, self.persons.stands(person)));
            }
        }
        Ok(())
    }

    fn load_hall(&mut self, id: SessionId) -> rusqlite::Result<()> {
        if self.halls.contains_key(&id) {
            return Ok(());
        }
        let session_id = self.ledger.session_id(id)?;
        let old = session::shown(self.ledger.connection, session_id)?;
        let setting = match (&old.row, old.org_id) {
            (Some(row), Some(org_id)) => Some(self.setting(row, org_id, old.closed)?),
            _ => None,
        };
        let members = self.sessions.class(id);
        self.halls.insert(id, Hall { session_id, members, setting });
        Ok(())
    }

    fn write_pairs(&mut self) -> rusqlite::Result<()> {
        for (session, person) in std::mem::take(&mut self.pairs) {
            self.load_hall(session)?;
            let Some(hall) = self.halls.get(&session) else { continue };
            let (session_id, members, setting) =
                (hall.session_id, hall.members.clone(), hall.setting.clone());
            self.write_pair((session, person), session_id, &members, setting.as_ref())?;
        }
        for (session_id, by) in &self.counts {
            session::count(self.ledger.connection, *session_id, *by)?;
            self.totals.entry(*session_id).or_default();
        }
        Ok(())
    }

    /// Writes the row of the pair that stands, and takes those of the others of its class away.
    fn write_pair(
        &mut self,
        stands: (SessionId, PersonId),
        session_id: i64,
        halls: &[SessionId],
        setting: Option<&Setting>,
    ) -> rusqlite::Result<()> {
        let people = self.persons.class(stands.1);
        let mut known = Attendance::default();
        for key in halls.iter().flat_map(|hall| people.iter().map(|person| (*hall, *person))) {
            self.ledger.load_attendance(key)?;
            if let Some(kept) = self.ledger.attendance.get(&key) {
                known.join(&kept.state);
            }
            if key != stands {
                self.hide_pair(key)?;
            }
        }
        let c = self.ledger.connection;
        let person_id = self.ledger.person_id(stands.1)?;
        let Some(setting) = setting.filter(|_| known != Attendance::default()) else {
            // Nothing to show (any more), but what is known of exactly this pair is kept.
            if let Some(own) = self.ledger.attendance.get(&stands).filter(|kept| kept.dirty) {
                attendance::set_state(c, session_id, person_id, &own.state)?;
            }
            return self.hide_pair(stands);
        };
        let (standing, rosters) = self.standing(&people, setting)?;
        let row = known.row(stands.1, standing, setting.closed);
        let added = known.added.get().map(|person| shared::person::Person { id: stands.1, ..person.clone() });
        let new = Shown {
            present: row.present,
            standing: attendance::word(standing).to_owned(),
            row_json: serde_json::to_string(&row).map_err(corrupt)?,
            added_json: added.map(|person| serde_json::to_string(&person)).transpose().map_err(corrupt)?,
        };
        let old = attendance::shown(c, session_id, person_id)?;
        let empty = Attendance::default();
        let own = self.ledger.attendance.get(&stands);
        if old.as_ref() != Some(&new) || own.is_some_and(|kept| kept.dirty) {
            attendance::show(c, session_id, person_id, own.map_or(&empty, |kept| &kept.state), &new)?;
        }
        let counts = self.counts.entry(session_id).or_default();
        *counts += new.counts();
        let mut was = Counts::default();
        if let Some(old) = &old {
            was = old.counts();
            *counts += -was;
        }
        let figures = self.figures.entry(session_id).or_default();
        match (was.present > 0, new.counts().present > 0) {
            (false, true) => figures.came.add(person_id, rosters),
            (true, false) => figures.came = Came::Anew,
            _ => {}
        }
        tell(c, session_id, stands.1, old.as_ref(), &new)
    }

    fn hide_pair(&mut self, key: (SessionId, PersonId)) -> rusqlite::Result<()> {
        let c = self.ledger.connection;
        let (session_id, person_id) = (self.ledger.session_id(key.0)?, self.ledger.person_id(key.1)?);
        if let Some(old) = attendance::shown(c, session_id, person_id)? {
            *self.counts.entry(session_id).or_default() += -old.counts();
            if old.counts().present > 0 {
                self.figures.entry(session_id).or_default().came = Came::Anew;
            }
            attendance::hide(c, session_id, person_id)?;
            feed::remove(c, Where::Session(session_id), Key::Attendance(key.1))?;
            feed::remove(c, Where::Session(session_id), Key::WalkIn(key.1))?;
        }
        Ok(())
    }

    /// Who somebody is to a session, and on whose rosters when it began.
    fn standing(
        &mut self,
        people: &[PersonId],
        setting: &Setting,
    ) -> rusqlite::Result<(Standing, BTreeSet<i64>)> {
        let c = self.ledger.connection;
        let (mut on_roster, mut added, mut expected) = (false, false, false);
        let mut rosters = BTreeSet::new();
        for member in people {
            let person_id = self.ledger.person_id(*member)?;
            for entry in person::entries(c, person_id)? {
                on_roster = true;
                if entry.at(setting.starts_ms) {
                    rosters.insert(entry.org_id);
                    let line = self.ledger.line(entry.org_id)?;
                    expected = expected || line.iter().any(|org| setting.audience.contains(org));
                }
            }
            added = added || (!on_roster && attendance::is_added(c, person_id)?);
        }
        let standing = match (expected, on_roster, added) {
            (true, ..) => Standing::Expected,
            (false, true, _) => Standing::OffRoster,
            (false, false, true) => Standing::WalkIn,
            (false, false, false) => Standing::Unknown,
        };
        Ok((standing, rosters))
    }

    fn totals(&mut self) -> rusqlite::Result<()> {
        let c = self.ledger.connection;
        for (session_id, told) in &self.totals {
            if session::show_totals(c, *session_id, *told)? {
                feed::touch(c, Where::Session(*session_id), Key::Totals)?;
            }
        }
        Ok(())
    }

    /// Writes what figures of branches are added up from.
    fn figures(&mut self) -> rusqlite::Result<()> {
        for (session_id, changed) in &self.figures {
            rollup::keep(self.ledger.connection, *session_id, changed)?;
        }
        Ok(())
    }
}

/// Tells phones what of a row changed.
fn tell(
    connection: &rusqlite::Connection,
    session_id: i64,
    person: PersonId,
    old: Option<&Shown>,
    new: &Shown,
) -> rusqlite::Result<()> {
    let scope = Where::Session(session_id);
    if old.is_none_or(|old| old.row_json != new.row_json) {
        feed::touch(connection, scope, Key::Attendance(person))?;
    }
    if old.and_then(|old| old.added_json.as_ref()) != new.added_json.as_ref() {
        match &new.added_json {
            Some(_) => feed::touch(connection, scope, Key::WalkIn(person))?,
            None => feed::remove(connection, scope, Key::WalkIn(person))?,
        }
    }
    Ok(())
}
