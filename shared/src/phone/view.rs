//! What the screens show: pulled rows with the phone's own changes laid on top, in seq order,
//! until the rows contain them.

use super::pull::TOTALS;
use super::store::Acked;
use super::{Phone, Purpose};
use crate::attendance::{AttendanceRow, Standing};
use crate::change::{Body, Change, parse};
use crate::closing::Closing;
use crate::fold::{Memory, SessionRows};
use crate::id::{ChangeId, PersonId, SessionId};
use crate::merge::Stamped;
use crate::person::Person;
use crate::session::{Field, Session, SessionRow, Totals};
use crate::stamp::{Bounds, Stamp, stamp};
use crate::wire::Scope;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One session, as the screen shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionView {
    /// The session.
    pub session: SessionRow,
    /// Rows and totals, own changes included.
    pub rows: SessionRows,
    /// How many are expected: its own figure, else the audience's roster on this phone.
    pub expected: Option<u32>,
    /// Walk-ins by id, with their attributes.
    pub walk_ins: BTreeMap<PersonId, Person>,
    /// Changes of this phone that the server holds, by what held rows and receipts tell.
    pub held: Vec<(ChangeId, String)>,
    /// The session is long ago, and who was there is on this phone no more: the totals are the server's last.
    pub names_gone: bool,
}

/// `walk_in:<person>` as it is pulled.
#[derive(Deserialize)]
struct WalkInRow {
    person: Person,
}

impl Phone {
    /// Every session that this phone knows of, its own unsent ones included; by start.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionRow> {
        let mut own: BTreeMap<SessionId, Vec<Stamped>> = BTreeMap::new();
        for stamped in self.own_changes() {
            let sets = matches!(stamped.change.body, Body::SessionSet(_) | Body::SessionClose(_));
            if let (true, Some(session)) = (sets, stamped.change.session) {
                own.entry(session).or_default().push(stamped);
            }
        }
        let mut all: BTreeMap<SessionId, SessionRow> = self.book.sessions.clone();
        for (id, changes) in own {
            let mut memory = self.session_memory(id);
            changes.iter().for_each(|stamped| memory.take(stamped));
            if let Some(row) = memory.session_row(id) {
                all.insert(id, row);
            }
        }
        let mut sessions: Vec<SessionRow> = all.into_values().collect();
        sessions.sort_by_key(|session| (session.starts_ms, session.id));
        sessions
    }

    /// One session with all that is known of it.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<SessionView> {
        let mut memory = self.memory(id);
        let mut walk_ins = self.pulled_walk_ins(id);
        for stamped in self.own_changes().into_iter().filter(|s| s.change.session == Some(id)) {
            if let Body::PersonAdd(add) = &stamped.change.body {
                walk_ins.insert(add.person.id, add.person.clone());
            }
            memory.take(&stamped);
        }
        let session = memory.session_row(id)?;
        let audience = self.book.audience(&session);
        let mut rows = memory.rows(id, |members| {
            let person = members.iter().find_map(|id| self.book.people.get(id))?;
            Some(if audience.contains(&person.org) { Standing::Expected } else { Standing::OffRoster })
        });
        let pulled: Totals = self.row(Scope::Session(id), TOTALS).unwrap_or_default();
        rows.totals.responses = pulled.responses;
        rows.totals.photos = rows.totals.photos.saturating_add(pulled.photos);
        rows.totals.files = pulled.files;
        let names_gone = self.names_gone(id);
        if names_gone {
            (rows.totals.attended, rows.totals.walk_ins) = (pulled.attended, pulled.walk_ins);
        }
        let roster = self.book.people.values().filter(|person| audience.contains(&person.org)).count();
        let roster = u32::try_from(roster).ok().filter(|n| *n > 0);
        let expected = session.expected.or(roster);
        Some(SessionView { session, rows, expected, walk_ins, held: self.held_of(id), names_gone })
    }

    fn names_gone(&self, id: SessionId) -> bool {
        let rows = self.scopes.all.get(&Scope::Session(id));
        rows.is_some_and(|rows| rows.cursor.epoch.is_none() && rows.rows.keys().all(|key| key == TOTALS))
    }

    /// Whether the server took this change in, as far as this phone knows: its bytes may follow.
    #[must_use]
    pub fn is_received(&self, id: ChangeId) -> bool {
        let storing = self.storing.values().any(|purpose| match purpose {
            Purpose::Record { changes, .. } => changes.iter().any(|(change, _)| *change == id),
            _ => false,
        });
        !storing && !self.outbox.contains(id) && !self.held.contains_key(&id)
    }

    /// The code of this phone's last closing of a session, once that is saved; none where it did not close it.
    #[must_use]
    pub fn closing(&self, id: SessionId) -> Option<Closing> {
        let closes = |change: &Change| match &change.body {
            Body::SessionClose(close) if change.session == Some(id) => Some(close.declared),
            _ => None,
        };
        let waiting = self.outbox.changes().filter_map(|waiting| closes(waiting.change.as_ref()?)).last();
        let receipted = || {
            let kept = self.acked.values().filter_map(|acked| {
                let own = acked.replica == Some(self.identity.replica);
                let declared = closes(&parse(&acked.change).ok()?)?;
                Some(((own, crate::change::glimpse(&acked.change).seq), declared))
            });
            kept.max_by_key(|(order, _)| *order).map(|(_, declared)| declared)
        };
        waiting.or_else(receipted).map(|declared| Closing::new(id, declared))
    }

    /// What the pulled row of a session says, as older than every change laid on top.
    fn session_memory(&self, id: SessionId) -> Memory {
        let mut memory = Memory::default();
        let mut state = Session::default();
        if let Some(Value::Object(fields)) =
            self.book.sessions.get(&id).and_then(|row| serde_json::to_value(row).ok())
        {
            for field in Field::ALL {
                if let Some(value) = fields.get(field.wire()) {
                    state.set(Stamp::PULLED, *field, value.clone(), false);
                }
            }
        }
        let scope = Scope::Session(id);
        if let Some(headcount) = self.row::<Totals>(scope, TOTALS).and_then(|totals| totals.headcount) {
            state.headcount.write(Stamp::PULLED, headcount, false);
        }
        memory.start_session(id, state);
        memory
    }

    /// The same with what the pulled rows say of its people.
    fn memory(&self, id: SessionId) -> Memory {
        let mut memory = self.session_memory(id);
        if let Some(rows) = self.scopes.all.get(&Scope::Session(id)) {
            for row in super::pull::read_rows::<AttendanceRow>(rows, "attendance:") {
                memory.start_attendance(id, &row);
            }
            for row in super::pull::read_rows::<WalkInRow>(rows, "walk_in:") {
                memory.start_walk_in(id, row.person);
            }
        }
        memory
    }

    fn pulled_walk_ins(&self, id: SessionId) -> BTreeMap<PersonId, Person> {
        let rows = self.scopes.all.get(&Scope::Session(id)).into_iter();
        rows.flat_map(|rows| super::pull::read_rows::<WalkInRow>(rows, "walk_in:"))
            .map(|row| (row.person.id, row.person))
            .collect()
    }

    /// Own changes that the pulled rows do not contain yet, in seq order: receipted, waiting, and
    /// being stored. Those that the server holds are not among them.
    pub(super) fn own_changes(&self) -> Vec<Stamped> {
        let receipted = self.acked.values().filter(|acked| !self.contains(acked));
        let mut receipted: Vec<(bool, u64, Change)> = receipted
            .filter_map(|acked| {
                // What went up under an older replica of this phone was made before.
                let own = acked.replica == Some(self.identity.replica);
                Some((own, crate::change::glimpse(&acked.change).seq?, parse(&acked.change).ok()?))
            })
            .collect();
        receipted.sort_by_key(|(own, seq, _)| (*own, *seq));
        let waiting = self.outbox.changes().filter_map(|waiting| waiting.change.clone());
        let storing = self.storing.values().flat_map(|purpose| match purpose {
            Purpose::Record { changes, .. } => {
                changes.iter().filter_map(|(_, raw)| parse(raw).ok()).collect()
            }
            _ => Vec::new(),
        });
        let mut previous_ms = None;
        let all = receipted.into_iter().map(|(.., change)| change).chain(waiting).chain(storing);
        all.map(|change| self.laid(change, &mut previous_ms)).collect()
    }

    /// As the server will stamp it, as far as the phone can tell; never before the one before.
    fn laid(&self, change: Change, previous_ms: &mut Option<i64>) -> Stamped {
        let bounds = Bounds {
            recv_ms: i64::MAX,
            previous_ms: previous_ms.map(|ms: i64| ms.saturating_add(1)),
            after_ms: None,
        };
        let (eff_ms, _) = stamp(change.claim(), bounds);
        *previous_ms = Some(eff_ms);
        Stamped { change, eff_ms, suspect: false, replica: self.identity.replica }
    }

    /// A session's row lives in the org scopes, everything else in the session's own.
    pub(super) fn contains(&self, acked: &Acked) -> bool {
        let glimpse = crate::change::glimpse(&acked.change);
        let Some(session) = glimpse.session else {
            return true;
        };
        let whole = |scope| self.scopes.whole(scope, acked.epoch);
        let whole = whole(Scope::Session(session)).min(self.scopes.orgs_whole(acked.epoch));
        acked.epoch.is_some() && acked.receipt <= whole
    }

    fn held_of(&self, id: SessionId) -> Vec<(ChangeId, String)> {
        let of = |change: &Value| crate::change::glimpse(change).session == Some(id);
        let told = self.held.iter().filter(|(_, held)| of(&held.change));
        let mut all: BTreeMap<ChangeId, String> = told.map(|(id, held)| (*id, held.code.clone())).collect();
        // A change that was receipted while its session was unknown may be held later.
        if let Some(scope) = self.scopes.all.get(&Scope::Session(id)) {
            for (key, row) in scope.rows.iter().filter(|(_, row)| !row.deleted) {
                let change = key.strip_prefix("held:").and_then(|change| change.parse().ok());
                if let (Some(change), Some(code)) = (change, row.body.get("code").and_then(Value::as_str)) {
                    all.insert(change, code.to_owned());
                }
            }
        }
        all.into_iter().collect()
    }
}
