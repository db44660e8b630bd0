//! The promises, each with a check of its own, held against what really happened.

use super::oracle::Made;
use super::template::{ACCOUNTS, PEOPLE, roster};
use super::watcher::Watcher;
use super::world::World;
use rusqlite::Connection;
use serde_json::Value;
use shared::attendance::Standing;
use shared::change::{Body, Change, parse};
use shared::fold::Memory;
use shared::id::{ChangeId, PersonId, ReplicaId, SessionId};
use shared::merge::Stamped;
use std::collections::{BTreeMap, BTreeSet};

/// Every promise, by name.
pub const INVARIANTS: [&str; 16] = [
    "NoAckedLoss",
    "OneEffectPerChange",
    "SavedMeansDurable",
    "Convergence",
    "NoFeedGap",
    "QueueLiveness",
    "HonestCount",
    "ScopeIsolation",
    "EpochHeals",
    "RestoreHeals",
    "OldBytesAccepted",
    "TimeBracketed",
    "OwnAccountOnly",
    "SnapshotEqualsDelta",
    "LossIsReported",
    "OnePusher",
];

/// At the end of one run in so many, the data are backed up, restored and compared.
const BACKED_UP_EVERY: u32 = 8;

/// A change of the server's log.
pub(super) struct Logged {
    pub(super) seq: i64,
    pub(super) id: ChangeId,
    pub(super) replica: ReplicaId,
    pub(super) replica_seq: Option<i64>,
    pub(super) account: i64,
    pub(super) recv_ms: i64,
    pub(super) eff_ms: i64,
    pub(super) state: String,
    pub(super) suspect: bool,
    pub(super) change: Change,
}

/// Ids of everything that the server has: taken, waiting, held, or kept as a response.
pub(super) fn on_the_server(data: &Connection) -> BTreeSet<ChangeId> {
    let mut all = BTreeSet::new();
    for text in ["SELECT id FROM change", "SELECT id FROM response"] {
        let mut found = data.prepare_cached(text).unwrap();
        let ids = found.query_map([], |row| row.get(0).map(ChangeId::from_bytes)).unwrap();
        all.extend(ids.map(Result::unwrap));
    }
    let mut found = data.prepare_cached("SELECT id FROM held WHERE id IS NOT NULL").unwrap();
    let ids = found.query_map([], |row| row.get::<_, String>(0)).unwrap();
    all.extend(ids.filter_map(|id| id.unwrap().parse::<ChangeId>().ok()));
    all
}

fn logged(data: &Connection) -> Vec<Logged> {
    let mut found = data
        .prepare_cached(
            "SELECT change.seq, change.id, replica.id, change.replica_seq, replica.account_id, change.recv_ms,
                    change.eff_ms, change.state, change.tags, change.raw
             FROM change JOIN replica ON replica.replica_id = change.replica_id ORDER BY change.seq",
        )
        .unwrap();
    let rows = found.query_map([], |row| {
        let (tags, raw): (String, String) = (row.get(8)?, row.get(9)?);
        let value: Value = serde_json::from_str(&raw).unwrap_or_default();
        Ok(Logged {
            seq: row.get(0)?,
            id: ChangeId::from_bytes(row.get(1)?),
            replica: ReplicaId::from_bytes(row.get(2)?),
            replica_seq: row.get(3)?,
            account: row.get(4)?,
            recv_ms: row.get(5)?,
            eff_ms: row.get(6)?,
            state: row.get(7)?,
            suspect: tags.contains("time_suspect"),
            change: parse(&value).map_err(|code| rusqlite::Error::InvalidColumnName(format!("{code:?}")))?,
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

impl World {
    /// Holds the end of a run against every promise.
    pub(super) fn check(&mut self) {
        let log = logged(&self.server.data);
        self.nothing_is_lost();
        self.accounts_are_kept_apart(&log);
        self.times_follow_the_rule(&log);
        self.note_log(&log);
        let now_ms = self.now_ms + self.server.skew_ms;
        let watcher = Watcher::new(&mut self.server.data, now_ms);
        self.one_effect_each(&log, &watcher);
        self.screens_agree(&watcher);
        self.losses_are_told();
        // Working everything out anew takes as long as the rest of a run.
        if self.rng.u32(..BACKED_UP_EVERY) == 0 {
            let parts = self.server.lost_by_a_backup(self.now_ms);
            if !parts.is_empty() {
                self.breaks("RestoreHeals", || format!("a restore gives another state: {parts:?}"));
            }
        }
    }

    fn nothing_is_lost(&mut self) {
        let there = on_the_server(&self.server.data);
        let gone = |(id, made): &(ChangeId, &Made)| made.saved && !made.excused && !there.contains(id);
        let lost: Vec<(ChangeId, String)> = self
            .oracle
            .all()
            .filter(gone)
            // A phone that was away for weeks drops receipts of responses before it has asked for milestones.
            .filter(|(_, made)| !self.put_back || !matches!(made.body, Body::Response(_)))
            .map(|(id, made)| (id, format!("{id} of phone {} {:?}", made.device, made.body)))
            .collect();
        if let Some((id, which)) = lost.first() {
            let name = match (self.oracle.gone_with_the_data.contains(id), self.restored) {
                (true, true) => "RestoreHeals",
                (true, false) => "EpochHeals",
                (false, _) => "NoAckedLoss",
            };
            let where_now = self.whereabouts(*id);
            self.breaks(name, || format!("saved, and not at the server: {which}; {where_now}"));
        }
        let strange = self.oracle.strange.keys().find(|id| !there.contains(id)).copied();
        if let Some(id) = strange {
            self.breaks("QueueLiveness", || format!("bytes that cannot be read did not arrive: {id}"));
        }
        for (text, id, device, account) in self.oracle.clashing.clone() {
            let like = format!("%{text}%");
            let found =
                "SELECT 1 FROM held WHERE raw LIKE ?1 UNION ALL SELECT 1 FROM change WHERE raw LIKE ?1";
            let found = self.server.data.prepare_cached(found).unwrap().exists([&like]).unwrap();
            if !found {
                self.breaks("NoAckedLoss", || {
                    format!("{id} of phone {device}, account {account}: other content")
                });
            }
        }
    }

    /// Where a change lies, on which disks and in which tables.
    fn whereabouts(&self, id: ChangeId) -> String {
        let key = id.to_string();
        let mut found = Vec::new();
        for (device, phone) in self.devices.iter().enumerate() {
            for (account, disk) in &phone.disks {
                for table in shared::phone::Table::ALL {
                    if let Some(value) = disk.tables.get(table, &key) {
                        let text = String::from_utf8_lossy(value).into_owned();
                        found.push(format!("phone {device}, account {account}, {table:?}: {text}"));
                    }
                }
            }
        }
        let epoch = self.server.epoch;
        format!("epoch {epoch}; {}", found.join("; "))
    }

    fn accounts_are_kept_apart(&mut self, log: &[Logged]) {
        for entry in log {
            let Some(made) = self.oracle.get(entry.id) else { continue };
            if ACCOUNTS[made.account].row != entry.account {
                let (id, account) = (entry.id, entry.account);
                self.breaks("OwnAccountOnly", || format!("{id} stands under account {account}"));
            }
        }
    }

    /// Each stamp is what the rule gives, worked out again from what the server knew.
    fn times_follow_the_rule(&mut self, log: &[Logged]) {
        let known: BTreeMap<ChangeId, (i64, i64)> =
            log.iter().map(|entry| (entry.id, (entry.seq, entry.eff_ms))).collect();
        for (n, entry) in log.iter().enumerate() {
            let claim = entry.change.claim();
            let claimed = claim.wall_ms.saturating_add(claim.offset_ms);
            let clamped = claimed.max(claim.heard_ms).min(entry.recv_ms);
            let lower = log[..n].iter().filter(|other| {
                other.replica == entry.replica
                    && other.replica_seq.is_some()
                    && other.replica_seq < entry.replica_seq
            });
            let previous = lower.map(|other| other.eff_ms).max().unwrap_or(i64::MIN);
            let after = entry.change.after.and_then(|id| known.get(&id)).filter(|(seq, _)| *seq < entry.seq);
            let after = after.map_or(i64::MIN, |(_, eff_ms)| eff_ms + 1);
            let expected = clamped.max(previous).max(after);
            if entry.eff_ms != expected || entry.suspect != (clamped != claimed) {
                let (id, eff_ms) = (entry.id, entry.eff_ms);
                self.breaks("TimeBracketed", || format!("{id} counts as made at {eff_ms}, not {expected}"));
            }
        }
    }

    fn note_log(&mut self, log: &[Logged]) {
        if log.iter().any(|entry| entry.state != "taken") {
            self.reached.note("fact: waited for its session");
        }
        let refused = "SELECT 1 FROM held WHERE code = 'not_permitted'";
        if self.server.data.prepare_cached(refused).unwrap().exists([]).unwrap() {
            self.reached.note("fact: held for lack of a right");
        }
        let everywhere: BTreeSet<ChangeId> = self
            .devices
            .iter()
            .flat_map(|phone| phone.disks.values().flat_map(super::device::Disk::all))
            .collect();
        let dropped =
            |(id, made): (ChangeId, &Made)| made.saved && !made.excused && !everywhere.contains(&id);
        if self.oracle.all().any(dropped) {
            self.reached.note("acked: dropped after its time");
        }
    }

    /// What people did, folded in another order than that of arrival, is what the server shows.
    fn one_effect_each(&mut self, log: &[Logged], watcher: &Watcher) {
        let mut taken: Vec<&Logged> = log.iter().filter(|entry| entry.state == "taken").collect();
        taken.sort_by_key(|entry| entry.id);
        let mut memory = Memory::default();
        for entry in &taken {
            let mut change = entry.change.clone();
            if let Some(made) = self.oracle.get(entry.id) {
                change.body = made.body.clone();
            }
            memory.take(&Stamped {
                change,
                eff_ms: entry.eff_ms,
                suspect: entry.suspect,
                replica: entry.replica,
            });
        }
        let mut shown = 0;
        for id in memory.session_ids() {
            let Some(row) = memory.session_row(id) else { continue };
            shown += 1;
            let home = self.sessions.iter().find(|(session, _)| *session == id).map_or(0, |(_, home)| *home);
            let rows = memory.rows(id, |members| standing(members, home));
            if let Some(difference) = watcher.differs(id, &row, &rows) {
                self.breaks("Convergence", || format!("session {id}: {difference}"));
            }
            let responses = self.responses(&memory, id);
            if watcher.responses(id) != Some(responses) {
                let there = watcher.responses(id);
                self.breaks("OneEffectPerChange", || {
                    format!("session {id}: {there:?} responses, not {responses}")
                });
            }
        }
        if shown != watcher.sessions() {
            let there = watcher.sessions();
            self.breaks("Convergence", || format!("{there} sessions are shown, not {shown}"));
        }
        self.check_ins_are_counted_once(&taken);
    }

    /// Distinct responses that the server took for a session and those that are one with it.
    fn responses(&self, memory: &Memory, id: SessionId) -> u64 {
        let there = on_the_server_as_responses(&self.server.data);
        let of_it = self.oracle.all().filter(|(response, made)| {
            let here = made.session.is_some_and(|session| memory.stands_for(session) == id);
            matches!(made.body, Body::Response(_)) && here && there.contains(response)
        });
        of_it.count() as u64
    }

    /// What phones made and what arrived is told apart by counts; a repeat must not count again.
    fn check_ins_are_counted_once(&mut self, taken: &[&Logged]) {
        let mut expected: BTreeMap<(ReplicaId, SessionId), i64> = BTreeMap::new();
        for entry in taken {
            if let (Body::CheckIn(_), Some(session)) = (&entry.change.body, entry.change.session) {
                *expected.entry((entry.replica, session)).or_default() += 1;
            }
        }
        let mut found = self
            .server
            .data
            .prepare_cached(
                "SELECT replica.id, session.id, check_in FROM session_replica
                 JOIN replica ON replica.replica_id = session_replica.replica_id
                 JOIN session ON session.session_id = session_replica.session_id WHERE check_in > 0",
            )
            .unwrap();
        let rows = found.query_map([], |row| {
            Ok(((ReplicaId::from_bytes(row.get(0)?), SessionId::from_bytes(row.get(1)?)), row.get(2)?))
        });
        let counted: BTreeMap<_, i64> = rows.unwrap().map(Result::unwrap).collect();
        drop(found);
        if counted != expected {
            self.breaks("OneEffectPerChange", || format!("check-ins {counted:?}, not {expected:?}"));
        }
    }

    /// Staff are told by the table, the person by the phone.
    fn losses_are_told(&mut self) {
        let mut found = self
            .server
            .data
            .prepare_cached(
                "SELECT replica.id, device_loss.kind FROM device_loss
                 JOIN replica ON replica.replica_id = device_loss.replica_id",
            )
            .unwrap();
        let rows =
            found.query_map([], |row| Ok((ReplicaId::from_bytes(row.get(0)?), row.get::<_, String>(1)?)));
        let told: BTreeSet<(ReplicaId, String)> = rows.unwrap().map(Result::unwrap).collect();
        drop(found);
        for ((device, account), replica, kind) in self.oracle.losses_due.clone() {
            let tab = self.devices[device].tabs.iter().find(|tab| tab.account == account);
            let said = tab.is_some_and(|tab| {
                tab.phone.losses().iter().any(|note| note.loss.replica == replica && note.loss.kind == kind)
            });
            if !said || !told.contains(&(replica, kind.wire().to_owned())) {
                self.breaks("LossIsReported", || {
                    format!(
                        "phone {device}, {}: {kind:?} of {replica}: person {said}",
                        ACCOUNTS[account].login
                    )
                });
            }
        }
        for phone in &self.devices {
            for note in phone.tabs.iter().flat_map(|tab| tab.phone.losses()) {
                self.reached.note(match note.loss.kind {
                    shared::wire::LossKind::RolledBack => "loss: rolled back",
                    shared::wire::LossKind::ServerBehind => "loss: server behind",
                    _ => "loss: emptied",
                });
            }
        }
    }
}

fn on_the_server_as_responses(data: &Connection) -> BTreeSet<ChangeId> {
    let mut found = data.prepare_cached("SELECT id FROM response").unwrap();
    let ids = found.query_map([], |row| row.get(0).map(ChangeId::from_bytes)).unwrap();
    ids.map(Result::unwrap).collect()
}

/// Who a person of a roster is to a session of this union.
fn standing(members: &[PersonId], home: usize) -> Option<Standing> {
    let of = |union: usize| (0..PEOPLE).any(|n| members.contains(&roster(union, n)));
    if of(home) {
        Some(Standing::Expected)
    } else if of(1 - home) {
        Some(Standing::OffRoster)
    } else {
        None
    }
}
