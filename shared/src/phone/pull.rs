//! Pull: rows and cursors, scope by scope.

use super::old::NAMES_KEPT_MS;
use super::pulling::Flying;
use super::store::{Acked, CURSOR, IDENTITY, Snapshot, Table, Write};
use super::{Answer, Book, CALL_TIMEOUT_MS, Call, Effect, Outgoing, Phone, Purpose};
use crate::id::{ChangeId, Epoch, SessionId};
use crate::museum::{Defect, planted};
use crate::problem::Problem;
use crate::session::State;
use crate::stamp::DAY_MS;
use crate::wire::{PROTO, PULL_MAX_ROWS, PullAnswer, PullRequest, PullScope, PulledScope, Row, Scope};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// Sessions that start within this time from now are pulled, and all that are open.
const SESSION_AHEAD_MS: i64 = 31 * DAY_MS;
/// The row of a session's scope that tells of nobody.
pub(super) const TOTALS: &str = "totals";
/// Most session scopes in one pull.
const SESSIONS_MAX: usize = 150;

/// A scope's place, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// Where the next pull goes on.
    pub(super) at: u64,
    /// Up to here every change is contained in the rows: the cursor of the last whole answer.
    pub(super) whole: u64,
    /// The life of the server's data that both count in; none where the rows are not trusted.
    pub(super) epoch: Option<Epoch>,
    /// The server's clock when it gave the cursor, ms.
    #[serde(default)]
    pub(super) at_ms: Option<i64>,
}

/// Rows of one scope.
#[derive(Debug, Clone, Default)]
pub(super) struct ScopeRows {
    pub(super) cursor: Cursor,
    pub(super) rows: BTreeMap<String, Row>,
    /// The copy that is being filled in another life of the data; swapped in once it is whole.
    pub(super) fresh: Option<Fresh>,
}

/// A copy that is being filled from the top.
#[derive(Debug, Clone)]
pub(super) struct Fresh {
    epoch: Epoch,
    at: u64,
    at_ms: Option<i64>,
    rows: BTreeMap<String, Row>,
}

impl ScopeRows {
    /// Where to go on in this life of the data, and since when that is known.
    fn next(&self, epoch: Option<Epoch>) -> (u64, Option<i64>) {
        match &self.fresh {
            Some(fresh) if Some(fresh.epoch) == epoch => (fresh.at, fresh.at_ms),
            _ if self.cursor.epoch == epoch => (self.cursor.at, self.cursor.at_ms),
            _ => (0, None),
        }
    }
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
    aged: Vec<Scope>,
    accepted: Vec<(ChangeId, Acked)>,
    more: bool,
    book: bool,
    all: bool,
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

    /// Up to which server seq a scope's rows contain every change, in this life of the data.
    pub(super) fn whole(&self, scope: Scope, epoch: Option<Epoch>) -> u64 {
        let rows = self.all.get(&scope).filter(|rows| rows.cursor.epoch == epoch);
        rows.map_or(0, |rows| rows.cursor.whole)
    }

    /// Up to which server seq every org's rows contain every change.
    pub(super) fn orgs_whole(&self, epoch: Option<Epoch>) -> u64 {
        let orgs = self.all.keys().filter(|scope| matches!(scope, Scope::Org(_)));
        orgs.map(|scope| self.whole(*scope, epoch)).min().unwrap_or(0)
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
        let leads = self.may_pull() && self.reload == super::Reload::No;
        (free && leads && !self.identity.token.is_empty()).then_some(pulling.not_before_ms)
    }

    pub(super) fn start_pull(&mut self, now_ms: i64, effects: &mut Vec<Effect>) {
        if self.pull_due().is_none_or(|due| due > now_ms) {
            return;
        }
        let all = self.pulling.all_due_ms <= now_ms;
        let mut scopes = self.scopes_to_pull(now_ms);
        if !all {
            // One that is long over is pulled no more, watched or not.
            let watched = self.pulling.watched.map(|id| Scope::Session(id).to_string());
            scopes.retain(|scope| Some(&scope.scope) == watched.as_ref());
            if scopes.is_empty() {
                self.pulling.not_before_ms = self.pulling.all_due_ms;
                return;
            }
        }
        let limit = Some(PULL_MAX_ROWS);
        let request = PullRequest { proto: PROTO, epoch: self.identity.epoch, limit, scopes };
        let Ok(body) = serde_json::to_string(&request) else {
            return;
        };
        let call = self.next_call();
        let asked = |scope: &PullScope| Some((scope.scope.parse().ok()?, scope.cursor));
        let asked = request.scopes.iter().filter_map(asked).collect();
        let bearer = self.identity.token.clone();
        self.pulling.flying =
            Some(Flying { call, sent_ms: now_ms, bearer, epoch: request.epoch, asked, all });
        effects.push(Effect::Pull(Outgoing {
            call,
            bearer: self.identity.token.clone(),
            body,
            timeout_ms: CALL_TIMEOUT_MS,
        }));
    }

    fn scopes_to_pull(&self, now_ms: i64) -> Vec<PullScope> {
        let orgs = self.identity.granted.iter().filter_map(|scope| scope.parse().ok());
        // The phone's own clock may be years off.
        let now_ms = self.server_ms(now_ms);
        let mut sessions: Vec<(i64, SessionId)> = self
            .sessions()
            .into_iter()
            .map(|session| (session.starts_ms.saturating_sub(now_ms), session.state, session.id))
            .filter(|(ahead, state, _)| {
                (-NAMES_KEPT_MS..=SESSION_AHEAD_MS).contains(ahead) || *state == State::Open
            })
            .map(|(ahead, _, id)| (ahead.saturating_abs(), id))
            .collect();
        sessions.sort_unstable();
        let sessions = sessions.into_iter().take(SESSIONS_MAX).map(|(_, id)| Scope::Session(id));
        orgs.chain(sessions).map(|scope| self.pull_scope(scope)).collect()
    }

    fn pull_scope(&self, scope: Scope) -> PullScope {
        let rows = self.scopes.all.get(&scope);
        let (cursor, at_ms) = rows.map_or((0, None), |rows| rows.next(self.identity.epoch));
        PullScope { scope: scope.to_string(), cursor, at_ms }
    }

    pub(super) fn pull_unanswered(&mut self, call: Call, now_ms: i64, dice: &[u8; 16]) {
        if self.pulling.flying.as_ref().is_some_and(|flying| flying.call == call) {
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
        let Some(flying) = self.pulling.flying.clone().filter(|flying| flying.call == call) else { return };
        let rows: Option<PullAnswer> =
            (answer.status == 200 && answer.json).then(|| serde_json::from_str(&answer.body).ok()).flatten();
        let Some(rows) = rows else {
            let problem: Option<Problem> =
                answer.json.then(|| serde_json::from_str(&answer.body).ok()).flatten();
            self.pulling.back_off(now_ms, dice, answer.retry_after_s);
            let expired = problem.is_some_and(|problem| problem.code == "login_expired");
            if expired && flying.bearer != self.identity.token {
                // Somebody has logged in since.
                self.pulling.resume(now_ms);
            } else {
                self.pulling.paused = expired;
            }
            return;
        };
        self.pulling.flying = None;
        self.pulling.failures = 0;
        self.hear_time(rows.server_ms, flying.sent_ms, now_ms, effects);
        // Asked before another life of the data was heard of, or before the rows were doubted.
        if flying.epoch != self.identity.epoch || self.doubting() {
            self.pulling.plan_all(now_ms);
            return;
        }
        if self.nothing_new(&flying, &rows) {
            self.pulling.plan_next(false, false, now_ms);
            return;
        }
        self.take_rows(&flying, rows, now_ms, effects);
    }

    /// Nobody has recorded anything at the watched session: there is nothing to store. Its cursor goes on with
    /// the next question about everything.
    fn nothing_new(&self, flying: &Flying, answer: &PullAnswer) -> bool {
        let same = flying.epoch == Some(answer.epoch) && self.identity.granted == answer.granted;
        let quiet = |part: &PulledScope| part.rows.is_empty() && !part.more && !part.reset;
        !flying.all && same && answer.scopes.len() == flying.asked.len() && answer.scopes.iter().all(quiet)
    }

    /// An answer to a push has shown that the rows cannot be trusted; that is being stored.
    fn doubting(&self) -> bool {
        self.storing.values().any(|purpose| match purpose {
            Purpose::Receipts(settled) => settled.distrust,
            _ => false,
        })
    }

    fn take_rows(&mut self, flying: &Flying, answer: PullAnswer, now_ms: i64, effects: &mut Vec<Effect>) {
        if flying.epoch == Some(answer.epoch) && answer.scopes.iter().any(|part| part.reset) {
            self.server_went_back(now_ms, effects);
            return;
        }
        let mut writes = Vec::new();
        let other_key = answer.rescue_key.is_some() && self.identity.rescue_key != answer.rescue_key;
        if self.identity.epoch != Some(answer.epoch) || self.identity.granted != answer.granted || other_key {
            self.identity.epoch = Some(answer.epoch);
            self.identity.granted.clone_from(&answer.granted);
            if other_key {
                self.identity.rescue_key.clone_from(&answer.rescue_key);
            }
            writes.push(Write::put(Table::Meta, IDENTITY, &self.identity));
        }
        let mut pulled = Pulled {
            scopes: BTreeMap::new(),
            dropped: self.no_longer_granted(flying, &answer),
            aged: self.aged(),
            accepted: Vec::new(),
            more: false,
            book: false,
            all: flying.all,
        };
        for scope in &pulled.dropped {
            writes.push(Write::DeletePrefix { table: Table::Rows, prefix: format!("{scope}|") });
            writes.push(Write::delete(Table::Meta, format!("{CURSOR}{scope}")));
        }
        for scope in &pulled.aged {
            let rows = self.scopes.all.get(scope).into_iter().flat_map(|rows| rows.rows.values());
            let of_people = rows.filter(|row| row.key != TOTALS);
            writes.extend(of_people.map(|row| Write::delete(Table::Rows, row_key(*scope, row))));
            writes.push(Write::delete(Table::Meta, format!("{CURSOR}{scope}")));
        }
        for part in &answer.scopes {
            let Ok(scope) = part.scope.parse::<Scope>() else {
                continue;
            };
            let mut rows = self.scopes.all.get(&scope).cloned().unwrap_or_default();
            pulled.more |= part.more || part.reset;
            pulled.book |= matches!(scope, Scope::Org(_)) && (!part.rows.is_empty() || part.reset);
            // Rows of a place where this phone does not stand (any more) would leave a gap.
            let stands = flying.asked.get(&scope) == Some(&rows.next(flying.epoch).0);
            if stands {
                pulled.accepted.extend(self.accepted(part, answer.epoch, answer.server_ms));
                take_scope(scope, &mut rows, part, (answer.epoch, answer.server_ms), &mut writes);
                pulled.scopes.insert(scope, rows);
            }
        }
        writes.extend(super::held::moved(&pulled.accepted));
        pulled.book |= !pulled.dropped.is_empty();
        if planted(Defect::CursorBeforeRows) {
            let (first, rest) = writes.into_iter().partition(|write| write.tables() == [Table::Meta]);
            self.memo(first, effects);
            writes = rest;
        }
        self.pulling.storing = true;
        writes.insert(0, self.only_leading());
        self.store(Purpose::Rows(pulled), writes, effects);
    }

    /// Scopes that this phone has and the account may pull no more. Sessions are asked for by
    /// name; one that the answer leaves out is gone as well.
    fn no_longer_granted(&self, flying: &Flying, answer: &PullAnswer) -> Vec<Scope> {
        let answered = |scope: &Scope| answer.scopes.iter().any(|part| part.scope == scope.to_string());
        let granted = |scope: &Scope| answer.granted.contains(&scope.to_string());
        let lists = |id: &SessionId| {
            let key = format!("session:{id}");
            let orgs = self.scopes.all.iter().filter(|(scope, _)| granted(scope));
            orgs.into_iter().any(|(_, rows)| rows.rows.contains_key(&key))
        };
        let lives = |scope: &Scope| match scope {
            Scope::Org(_) => granted(scope),
            Scope::Session(_) if flying.asked.contains_key(scope) => answered(scope),
            Scope::Session(id) => lists(id),
        };
        self.scopes.all.keys().filter(|scope| !lives(scope)).copied().collect()
    }

    /// The store has the rows: now memory takes them.
    pub(super) fn pulled(&mut self, pulled: Pulled, now_ms: i64, effects: &mut Vec<Effect>) {
        for scope in &pulled.dropped {
            self.scopes.all.remove(scope);
        }
        for scope in &pulled.aged {
            if let Some(rows) = self.scopes.all.get_mut(scope) {
                rows.rows.retain(|key, _| key == TOTALS);
                (rows.cursor, rows.fresh) = (Cursor::default(), None);
            }
        }
        self.scopes.all.extend(pulled.scopes);
        self.held_no_more(pulled.accepted);
        let known = self.book.sessions.len();
        if pulled.book {
            self.new_book();
        }
        self.pulling.storing = false;
        // New sessions bring scopes of their own: ask for them at once.
        let again = pulled.more || self.book.sessions.len() != known;
        self.pulling.plan_next(pulled.all, again, now_ms);
        self.drop_old(effects);
        effects.push(Effect::Fresh);
    }

    /// Reads the book anew.
    pub(super) fn new_book(&mut self) {
        self.book = Book::new(&self.scopes);
        self.book_rev += 1;
    }

    /// The scopes that are asked for at this moment, with the server seq up to which their rows
    /// contain every change of this life of the data.
    #[must_use]
    pub fn following(&self, epoch: Epoch, now_ms: i64) -> Vec<(Scope, u64)> {
        let asked = self.scopes_to_pull(now_ms).into_iter().filter_map(|asked| asked.scope.parse().ok());
        asked.map(|scope| (scope, self.scopes.whole(scope, Some(epoch)))).collect()
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
                .all(|scope| self.scopes.all.get(&scope).is_some_and(|rows| rows.cursor.whole > 0))
    }

    /// Content of a pulled row that is not deleted, if this version can read it.
    pub(super) fn row<T: serde::de::DeserializeOwned>(&self, scope: Scope, key: &str) -> Option<T> {
        let row = self.scopes.all.get(&scope)?.rows.get(key).filter(|row| !row.deleted)?;
        T::deserialize(&row.body).ok()
    }
}

fn take_scope(
    scope: Scope,
    rows: &mut ScopeRows,
    part: &PulledScope,
    (epoch, server_ms): (Epoch, i64),
    writes: &mut Vec<Write>,
) {
    let key = format!("{CURSOR}{scope}");
    if part.reset {
        rows.fresh = None;
        rows.cursor.epoch = None;
        writes.push(Write::put(Table::Meta, key, &rows.cursor));
        return;
    }
    let first = rows.rows.is_empty() && rows.fresh.is_none();
    if first || rows.cursor.epoch == Some(epoch) {
        for row in lay(&mut rows.rows, &part.rows) {
            writes.push(Write::put(Table::Rows, row_key(scope, &row), &row));
        }
    } else {
        let fresh = rows.fresh.take().filter(|fresh| fresh.epoch == epoch);
        let mut fresh = fresh.unwrap_or(Fresh { epoch, at: 0, at_ms: None, rows: BTreeMap::new() });
        lay(&mut fresh.rows, &part.rows);
        (fresh.at, fresh.at_ms) = (part.cursor, Some(server_ms));
        if part.more {
            rows.fresh = Some(fresh);
            return;
        }
        rows.rows = fresh.rows;
        writes.push(Write::DeletePrefix { table: Table::Rows, prefix: format!("{scope}|") });
        writes.extend(rows.rows.values().map(|row| Write::put(Table::Rows, row_key(scope, row), row)));
    }
    rows.fresh = None;
    let known = if rows.cursor.epoch == Some(epoch) { rows.cursor.whole } else { 0 };
    let whole = if part.more { known } else { part.cursor };
    rows.cursor = Cursor { at: part.cursor, whole, epoch: Some(epoch), at_ms: Some(server_ms) };
    writes.push(Write::put(Table::Meta, key, &rows.cursor));
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
