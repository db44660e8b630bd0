//! Pull: rows and cursors, scope by scope.

use super::store::{CURSOR, IDENTITY, Snapshot, Table, Write};
use super::{Answer, Book, CALL_TIMEOUT_MS, Call, Effect, Outgoing, Phone, Purpose};
use crate::id::SessionId;
use crate::problem::Problem;
use crate::session::State;
use crate::stamp::DAY_MS;
use crate::wire::{PROTO, PULL_MAX_ROWS, PullAnswer, PullRequest, PullScope, PulledScope, Row, Scope};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// While the app is open it asks this often.
const EVERY_MS: i64 = 30_000;
/// Sessions that start within this time before or after now are pulled, and all that are open.
const SESSION_WINDOW_MS: i64 = 31 * DAY_MS;
/// Most session scopes in one pull.
const SESSIONS_MAX: usize = 150;

/// Where pulling stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Pulling {
    flying: Option<(Call, i64)>,
    storing: bool,
    not_before_ms: i64,
    failures: u32,
    /// Our own 401: waits for a login.
    pub(super) paused: bool,
}

impl Pulling {
    pub(super) fn try_now(&mut self, now_ms: i64) {
        self.failures = 0;
        self.not_before_ms = now_ms;
    }

    /// Something went up: look soon at what became of it.
    pub(super) fn try_soon(&mut self, now_ms: i64) {
        if self.failures == 0 {
            self.not_before_ms = self.not_before_ms.min(now_ms + super::push::GATHER_MS);
        }
    }

    pub(super) fn resume(&mut self, now_ms: i64) {
        self.paused = false;
        self.try_now(now_ms);
    }

    pub(super) fn back_off(&mut self, now_ms: i64, dice: &[u8; 16], retry_after_s: Option<u32>) {
        self.flying = None;
        self.storing = false;
        self.failures = self.failures.saturating_add(1);
        self.not_before_ms = now_ms + super::push::wait_ms(self.failures, dice, retry_after_s);
    }
}

/// A scope's place, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// Where the next pull goes on.
    pub(super) at: u64,
    /// Up to here every change is contained in the rows: the cursor of the last whole answer.
    pub(super) whole: u64,
}

/// Rows of one scope.
#[derive(Debug, Clone, Default)]
pub(super) struct ScopeRows {
    pub(super) cursor: Cursor,
    pub(super) rows: BTreeMap<String, Row>,
    /// The copy that is being filled after a reset; swapped in once it is whole.
    fresh: Option<(u64, BTreeMap<String, Row>)>,
}

/// Every scope that was pulled.
#[derive(Debug, Clone, Default)]
pub(super) struct Scopes {
    pub(super) all: BTreeMap<Scope, ScopeRows>,
}

/// What an answer changes, once the store has it.
#[derive(Debug, Clone)]
pub(super) struct Pulled {
    scopes: BTreeMap<Scope, ScopeRows>,
    dropped: Vec<Scope>,
    more: bool,
    book: bool,
}

impl Scopes {
    pub(super) fn load(snapshot: &Snapshot) -> Self {
        let mut scopes = Self::default();
        for (key, value) in snapshot.of(Table::Meta) {
            let scope = key.strip_prefix(CURSOR).and_then(|scope| scope.parse().ok());
            if let (Some(scope), Ok(cursor)) = (scope, serde_json::from_slice(value)) {
                scopes.all.entry(scope).or_default().cursor = cursor;
            }
        }
        for (key, value) in snapshot.of(Table::Rows) {
            let scope = key.split_once('|').and_then(|(scope, _)| scope.parse().ok());
            if let (Some(scope), Ok(row)) = (scope, serde_json::from_slice::<Row>(value)) {
                scopes.all.entry(scope).or_default().rows.insert(row.key.clone(), row);
            }
        }
        scopes
    }

    /// Up to which server seq a session's rows, or those of its org, contain every change.
    pub(super) fn whole(&self, scope: Scope) -> u64 {
        self.all.get(&scope).map_or(0, |rows| rows.cursor.whole)
    }

    /// Up to which server seq every org's rows contain every change.
    pub(super) fn orgs_whole(&self) -> u64 {
        let orgs = self.all.iter().filter(|(scope, _)| matches!(scope, Scope::Org(_)));
        orgs.map(|(_, rows)| rows.cursor.whole).min().unwrap_or(0)
    }
}

/// Takes rows in: a row only if its seq is higher than that of the one there.
fn lay(rows: &mut BTreeMap<String, Row>, new: &[Row]) -> Vec<Row> {
    let mut taken = Vec::new();
    for row in new {
        if rows.get(&row.key).is_none_or(|known| known.seq < row.seq) {
            rows.insert(row.key.clone(), row.clone());
            taken.push(row.clone());
        }
    }
    taken
}

fn row_key(scope: Scope, row: &Row) -> String {
    format!("{scope}|{}", row.key)
}

impl Phone {
    pub(super) fn pull_due(&self) -> Option<i64> {
        let pulling = &self.pulling;
        let free = pulling.flying.is_none() && !pulling.storing && !pulling.paused;
        (free && !self.identity.token.is_empty()).then_some(pulling.not_before_ms)
    }

    pub(super) fn start_pull(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        if self.pull_due().is_none_or(|due| due > now_ms) {
            return;
        }
        let request = PullRequest {
            proto: PROTO,
            epoch: self.identity.epoch,
            limit: Some(PULL_MAX_ROWS),
            scopes: self.scopes_to_pull(now_ms),
        };
        let Ok(body) = serde_json::to_string(&request) else {
            return;
        };
        let call = self.next_call();
        self.pulling.flying = Some((call, now_ms));
        effects.push(Effect::Pull(Outgoing {
            call,
            bearer: self.identity.token.clone(),
            body,
            timeout_ms: CALL_TIMEOUT_MS,
        }));
        self.drop_old(now_ms, effects);
    }

    fn scopes_to_pull(&self, now_ms: i64) -> Vec<PullScope> {
        let orgs = self.identity.granted.iter().filter_map(|scope| scope.parse().ok());
        let mut sessions: Vec<(i64, SessionId)> = self
            .sessions()
            .into_iter()
            .map(|session| ((session.starts_ms - now_ms).abs(), session.state, session.id))
            .filter(|(away, state, _)| *away <= SESSION_WINDOW_MS || *state == State::Open)
            .map(|(away, _, id)| (away, id))
            .collect();
        sessions.sort_unstable();
        let sessions = sessions.into_iter().take(SESSIONS_MAX).map(|(_, id)| Scope::Session(id));
        orgs.chain(sessions).map(|scope| self.pull_scope(scope)).collect()
    }

    fn pull_scope(&self, scope: Scope) -> PullScope {
        let cursor = self.scopes.all.get(&scope).map_or(0, |rows| match &rows.fresh {
            Some((cursor, _)) => *cursor,
            None => rows.cursor.at,
        });
        PullScope { scope: scope.to_string(), cursor }
    }

    pub(super) fn pull_unanswered(&mut self, call: Call, now_ms: i64, dice: &[u8; 16]) {
        if self.pulling.flying.is_some_and(|(flying, _)| flying == call) {
            self.pulling.back_off(now_ms, dice, None);
        }
    }

    pub(super) fn pull_answered(
        &mut self,
        call: Call,
        answer: &Answer,
        now_ms: i64,
        dice: &[u8; 16],
        effects: &mut Vec<Effect>,
    ) {
        let Some((_, sent_ms)) = self.pulling.flying.filter(|(flying, _)| *flying == call) else {
            return;
        };
        let rows: Option<PullAnswer> =
            (answer.status == 200 && answer.json).then(|| serde_json::from_str(&answer.body).ok()).flatten();
        let Some(rows) = rows else {
            let problem: Option<Problem> =
                answer.json.then(|| serde_json::from_str(&answer.body).ok()).flatten();
            self.pulling.back_off(now_ms, dice, answer.retry_after_s);
            self.pulling.paused = problem.is_some_and(|problem| problem.code == "login_expired");
            return;
        };
        self.pulling.flying = None;
        self.pulling.failures = 0;
        self.heard(rows.server_ms, sent_ms, now_ms, effects);
        self.take_rows(rows, effects);
    }

    fn take_rows(&mut self, answer: PullAnswer, effects: &mut Vec<Effect>) {
        let mut writes = Vec::new();
        if self.identity.epoch != Some(answer.epoch) || self.identity.granted != answer.granted {
            self.identity.epoch = Some(answer.epoch);
            self.identity.granted.clone_from(&answer.granted);
            writes.push(Write::put(Table::Meta, IDENTITY, &self.identity));
        }
        let mut pulled = Pulled {
            scopes: BTreeMap::new(),
            dropped: self.no_longer_granted(&answer),
            more: false,
            book: false,
        };
        for scope in &pulled.dropped {
            writes.push(Write::DeletePrefix { table: Table::Rows, prefix: format!("{scope}|") });
            writes.push(Write::delete(Table::Meta, format!("{CURSOR}{scope}")));
        }
        for part in &answer.scopes {
            let Ok(scope) = part.scope.parse::<Scope>() else {
                continue;
            };
            let mut rows = self.scopes.all.get(&scope).cloned().unwrap_or_default();
            pulled.more |= part.more || part.reset;
            pulled.book |= matches!(scope, Scope::Org(_)) && (!part.rows.is_empty() || part.reset);
            take_scope(scope, &mut rows, part, &mut writes);
            pulled.scopes.insert(scope, rows);
        }
        pulled.book |= !pulled.dropped.is_empty();
        self.pulling.storing = true;
        self.store(Purpose::Rows(pulled), writes, effects);
    }

    /// Scopes that this phone has and the account may pull no more. Sessions are asked for by
    /// name; one that the answer leaves out is gone as well.
    fn no_longer_granted(&self, answer: &PullAnswer) -> Vec<Scope> {
        let answered = |scope: &Scope| answer.scopes.iter().any(|part| part.scope == scope.to_string());
        let lives = |scope: &Scope| match scope {
            Scope::Org(_) => answer.granted.contains(&scope.to_string()),
            Scope::Session(id) => answered(scope) || self.book.sessions.contains_key(id),
        };
        self.scopes.all.keys().filter(|scope| !lives(scope)).copied().collect()
    }

    /// The store has the rows: now memory takes them.
    pub(super) fn pulled(&mut self, pulled: Pulled, now_ms: i64, effects: &mut Vec<Effect>) {
        for scope in &pulled.dropped {
            self.scopes.all.remove(scope);
        }
        self.scopes.all.extend(pulled.scopes);
        let known = self.book.sessions.len();
        if pulled.book {
            self.book = Book::new(&self.scopes);
        }
        self.pulling.storing = false;
        // New sessions bring scopes of their own: ask for them at once.
        let again = pulled.more || self.book.sessions.len() != known;
        self.pulling.not_before_ms = if again { now_ms } else { now_ms + EVERY_MS };
        effects.push(Effect::Fresh);
    }

    /// Whether rows were ever pulled whole.
    #[must_use]
    pub fn pulled_whole(&self) -> bool {
        !self.identity.granted.is_empty()
            && self
                .identity
                .granted
                .iter()
                .filter_map(|s| s.parse().ok())
                .all(|scope| self.scopes.whole(scope) > 0)
    }

    /// Content of a pulled row that is not deleted, if this version can read it.
    pub(super) fn row<T: serde::de::DeserializeOwned>(&self, scope: Scope, key: &str) -> Option<T> {
        let row = self.scopes.all.get(&scope)?.rows.get(key).filter(|row| !row.deleted)?;
        T::deserialize(&row.body).ok()
    }
}

fn take_scope(scope: Scope, rows: &mut ScopeRows, part: &PulledScope, writes: &mut Vec<Write>) {
    if part.reset {
        rows.fresh = Some((0, BTreeMap::new()));
        return;
    }
    let cursor =
        |old: Cursor| Cursor { at: part.cursor, whole: if part.more { old.whole } else { part.cursor } };
    match rows.fresh.take() {
        Some((_, mut fresh)) => {
            lay(&mut fresh, &part.rows);
            if part.more {
                rows.fresh = Some((part.cursor, fresh));
                return;
            }
            rows.cursor = cursor(rows.cursor);
            rows.rows = fresh;
            writes.push(Write::DeletePrefix { table: Table::Rows, prefix: format!("{scope}|") });
            writes.extend(rows.rows.values().map(|row| Write::put(Table::Rows, row_key(scope, row), row)));
        }
        None => {
            rows.cursor = cursor(rows.cursor);
            for row in lay(&mut rows.rows, &part.rows) {
                writes.push(Write::put(Table::Rows, row_key(scope, &row), &row));
            }
        }
    }
    writes.push(Write::put(Table::Meta, format!("{CURSOR}{scope}"), &rows.cursor));
}

/// The content of every row of a scope whose key begins so, as far as this version reads it.
pub(super) fn read_rows<'a, T: serde::de::DeserializeOwned>(
    rows: &'a ScopeRows,
    noun: &'a str,
) -> impl Iterator<Item = T> + 'a {
    let from = rows.rows.range(noun.to_owned()..).take_while(move |(key, _)| key.starts_with(noun));
    from.filter(|(_, row)| !row.deleted).filter_map(|(_, row): (_, &'a Row)| {
        let body: &Value = &row.body;
        T::deserialize(body).ok()
    })
}
