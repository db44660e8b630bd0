//! Somebody who may see everything, and reads it all from the top: what the server shows.

use super::server::Server;
use super::template::ACCOUNTS;
use super::world::World;
use rusqlite::Connection;
use serde_json::{Value, json};
use server::access::{self, Caller, login};
use server::pull;
use server::refuse::Refusal;
use shared::fold::SessionRows;
use shared::id::SessionId;
use shared::phone::{Phone, Table};
use shared::session::SessionRow;
use shared::wire::{PullAnswer, PullRequest, Row, Scope};
use std::collections::BTreeMap;

type Rows = BTreeMap<String, Row>;

/// Everything that the server shows, from the top.
pub(super) struct Watcher {
    org: Rows,
    sessions: BTreeMap<SessionId, Rows>,
}

/// All rows of some scopes as an account gets them that begins now.
pub(super) fn snapshot(
    data: &Connection,
    token: &str,
    scopes: &[Scope],
    now_ms: i64,
) -> BTreeMap<Scope, Rows> {
    let asked: Vec<Value> =
        scopes.iter().map(|scope| json!({ "scope": scope.to_string(), "cursor": 0 })).collect();
    let request: PullRequest = serde_json::from_value(json!({ "proto": 1, "scopes": asked })).unwrap();
    let caller = access::who(data, token, now_ms).and_then(Caller::beyond_push).unwrap();
    let answer: PullAnswer = pull::answer(data, &caller, &request, now_ms).unwrap();
    let rows = |rows: Vec<Row>| rows.into_iter().map(|row| (row.key.clone(), row)).collect();
    answer.scopes.into_iter().filter_map(|part| Some((part.scope.parse().ok()?, rows(part.rows)))).collect()
}

impl Watcher {
    /// Logs the city's manager in, with a grant that never ended.
    pub(super) fn new(data: &mut Connection, now_ms: i64) -> Self {
        let zhao = ACCOUNTS[3].row;
        let token = "the watcher's token";
        server::db::transaction::<_, Refusal>(data, |c| {
            let org_id = server::org::find(c, World::city())?.unwrap_or_default();
            access::grant::add(c, zhao, org_id, access::grant::Role::Manager, 0)?;
            login::enter(c, zhao, None, None, (token, "the watcher's push"), now_ms)
        })
        .unwrap();
        let city = Scope::Org(World::city());
        let org = snapshot(data, token, &[city], now_ms).remove(&city).unwrap_or_default();
        let ids: Vec<SessionId> =
            org.keys().filter_map(|key| key.strip_prefix("session:")?.parse().ok()).collect();
        let scopes: Vec<Scope> = ids.iter().map(|id| Scope::Session(*id)).collect();
        let mut rows = snapshot(data, token, &scopes, now_ms);
        let sessions =
            ids.into_iter().map(|id| (id, rows.remove(&Scope::Session(id)).unwrap_or_default())).collect();
        Self { org, sessions }
    }

    pub(super) fn sessions(&self) -> usize {
        self.sessions.len()
    }

    pub(super) fn responses(&self, id: SessionId) -> Option<u64> {
        self.sessions.get(&id)?.get("totals")?.body["responses"].as_u64()
    }

    /// The first difference between what the server shows of a session and what it should.
    pub(super) fn differs(&self, id: SessionId, row: &SessionRow, rows: &SessionRows) -> Option<String> {
        let shown = self.org.get(&format!("session:{id}")).map(|row| &row.body);
        let row = serde_json::to_value(row).unwrap_or_default();
        if shown != Some(&row) {
            return Some(format!("the session is {shown:?}, not {row}"));
        }
        let there = self.sessions.get(&id)?;
        let people = |noun: &str| there.keys().filter(|key| key.starts_with(noun)).count();
        if people("attendance:") != rows.attendance.len() || people("walk_in:") != rows.walk_ins.len() {
            return Some("other people".to_owned());
        }
        for (person, expected) in &rows.attendance {
            let shown = there.get(&format!("attendance:{person}")).map(|row| &row.body);
            let expected = serde_json::to_value(expected).unwrap_or_default();
            if shown != Some(&expected) {
                return Some(format!("{shown:?}, not {expected}"));
            }
        }
        let totals = there.get("totals").map(|row| row.body.clone()).unwrap_or_default();
        let mut expected = serde_json::to_value(rows.totals).unwrap_or_default();
        expected["responses"] = totals["responses"].clone();
        (totals != expected).then(|| format!("totals {totals}, not {expected}"))
    }

    /// What a screen should show of who is present.
    fn present(&self, id: SessionId) -> Vec<String> {
        let rows = self.sessions.get(&id).into_iter().flatten();
        let present = rows.filter(|(key, row)| key.starts_with("attendance:") && row.body["present"] == true);
        present.map(|(key, _)| key["attendance:".len()..].to_owned()).collect()
    }
}

impl World {
    /// Every open account's phone has the rows that one gets who begins now, no others, and shows
    /// what the server shows.
    pub(super) fn screens_agree(&mut self, watcher: &Watcher) {
        let now_ms = self.now_ms + self.server.skew_ms;
        let fronts: Vec<(usize, usize, Phone)> =
            self.fronts().map(|(device, account, phone)| (device, account, phone.clone())).collect();
        for (device, account, phone) in fronts {
            let followed = phone.following(self.server.epoch, self.clock(device));
            let scopes: Vec<Scope> =
                followed.into_iter().filter(|(_, whole)| *whole > 0).map(|(scope, _)| scope).collect();
            let token = token(&mut self.server, account, now_ms);
            let fresh = snapshot(&self.server.data, &token, &scopes, now_ms);
            for scope in &scopes {
                self.same_rows(device, account, *scope, fresh.get(scope));
            }
            self.no_others(device, account, &phone);
            self.same_screen(device, &phone, &scopes, watcher);
            self.same_counts(device, account, &phone);
        }
    }

    fn same_rows(&mut self, device: usize, account: usize, scope: Scope, fresh: Option<&Rows>) {
        let prefix = format!("{scope}|");
        let stored: Rows = self
            .stored(device, account, Table::Rows)
            .into_iter()
            .filter_map(|(key, value)| {
                let row: Row = serde_json::from_slice(value).ok()?;
                key.starts_with(&prefix).then(|| (row.key.clone(), row))
            })
            .filter(|(_, row)| !row.deleted)
            .collect();
        let Some(fresh) = fresh else {
            if !stored.is_empty() {
                let rows = stored.len();
                self.breaks("ScopeIsolation", || format!("phone {device} keeps {rows} rows of {scope}"));
            }
            return;
        };
        let keys = |rows: &Rows| rows.keys().cloned().collect::<Vec<_>>();
        if let Some(key) = fresh.keys().find(|key| !stored.contains_key(*key)) {
            self.breaks("NoFeedGap", || format!("phone {device} has no {key} of {scope}"));
        }
        if keys(&stored) != keys(fresh) {
            self.breaks("SnapshotEqualsDelta", || {
                format!("phone {device}, {scope}: more rows than the snapshot")
            });
        }
        for (key, row) in fresh {
            if stored.get(key).is_some_and(|known| known.seq < row.seq) {
                self.breaks("NoFeedGap", || format!("phone {device}, {scope}: {key} is an older one"));
            }
            if stored.get(key).is_some_and(|known| known != row) {
                self.breaks("SnapshotEqualsDelta", || format!("phone {device}, {scope}: {key} differs"));
            }
        }
    }

    /// No rows lie on the phone but of what the account may see.
    fn no_others(&mut self, device: usize, account: usize, phone: &Phone) {
        let granted = &phone.identity().granted;
        let may = |union: usize| !granted.is_empty() && ACCOUNTS[account].unions.contains(&union);
        let known = |scope: &str| match scope.parse() {
            Ok(Scope::Session(id)) => self.sessions.iter().any(|(known, union)| *known == id && may(*union)),
            _ => granted.iter().any(|granted| granted == scope),
        };
        let rows = self.stored(device, account, Table::Rows);
        let other = rows.iter().find_map(|(key, _)| key.split_once('|').filter(|(scope, _)| !known(scope)));
        if let Some(scope) = other.map(|(scope, _)| scope.to_owned()) {
            self.breaks("ScopeIsolation", || format!("phone {device} keeps rows of {scope}"));
        }
    }

    fn same_screen(&mut self, device: usize, phone: &Phone, pulled: &[Scope], watcher: &Watcher) {
        for session in phone.sessions() {
            if !pulled.contains(&Scope::Session(session.id)) || !watcher.sessions.contains_key(&session.id) {
                continue;
            }
            let Some(view) = phone.session(session.id) else { continue };
            let rows = view.rows.attendance.values().filter(|row| row.present);
            let shown: Vec<String> = rows.map(|row| row.person.to_string()).collect();
            let expected = watcher.present(session.id);
            if shown != expected {
                let id = session.id;
                self.breaks("HonestCount", || {
                    format!("phone {device}, session {id} shows {shown:?}, not {expected:?}")
                });
            }
        }
    }

    /// What the phone says of its own records: nothing waits, and held is not counted as done.
    fn same_counts(&mut self, device: usize, account: usize, phone: &Phone) {
        let mut sent: BTreeMap<Option<SessionId>, u32> = BTreeMap::new();
        let mut held: BTreeMap<Option<SessionId>, u32> = BTreeMap::new();
        for (table, counts) in [(Table::Acked, &mut sent), (Table::Held, &mut held)] {
            for (_, value) in self.stored(device, account, table) {
                let value: Value = serde_json::from_slice(value).unwrap_or_default();
                let session = value["change"]["session"].as_str().and_then(|id| id.parse().ok());
                *counts.entry(session).or_default() += 1;
            }
        }
        let sessions: Vec<SessionId> = sent.keys().chain(held.keys()).flatten().copied().collect();
        for id in sessions {
            let said = phone.session_safety(id);
            let count =
                |counts: &BTreeMap<Option<SessionId>, u32>| counts.get(&Some(id)).copied().unwrap_or(0);
            if (said.sent, said.held) != (count(&sent), count(&held)) {
                let (there, kept) = (count(&sent), count(&held));
                self.breaks("HonestCount", || {
                    format!("phone {device}, session {id}: says {said:?}; {there} receipted, {kept} held")
                });
            }
        }
        let unsent = phone.safety().unsent;
        if unsent != 0 {
            self.breaks("HonestCount", || format!("phone {device} says that {unsent} wait"));
        }
    }
}

fn token(server: &mut Server, account: usize, now_ms: i64) -> String {
    let token = format!("look {account}");
    let row = ACCOUNTS[account].row;
    let known = access::who(&server.data, &token, now_ms).is_ok();
    if !known {
        server::db::transaction::<_, Refusal>(&mut server.data, |c| {
            login::enter(c, row, None, None, (&token, &format!("look push {account}")), now_ms)
        })
        .unwrap();
    }
    token
}
