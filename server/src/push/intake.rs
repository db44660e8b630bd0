//! One change after the other: known already, unreadable, not permitted, waiting, or taken.

use super::judge::{Judge, Maker, Verdict};
use super::log::{self, SEQ_CLASH, State, TIME_SUSPECT};
use super::replica::Replica;
use super::{anonymous, wait};
use crate::access::grant::Role;
use crate::db::corrupt;
use crate::ledger::Sql;
use crate::{erase, held};
use rusqlite::Connection;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use shared::change::{self, Body, CHANGE_TAKEN_BYTES, Change, Glimpse, HeldCode, glimpse};
use shared::id::AccountId;
use shared::merge::{Stamped, take};
use shared::museum::{Defect, planted};
use shared::stamp::{Bounds, stamp};
use shared::wire::{Outcome, PushResult, RetryCode};

/// What a batch is taken in with.
pub(super) struct Intake<'c> {
    pub(super) connection: &'c Connection,
    pub(super) account_id: i64,
    account: AccountId,
    pub(super) recv_ms: i64,
    pub(super) judge: Judge<'c>,
    pub(super) ledger: Sql<'c>,
    rotate: bool,
    /// It comes from a device that is reported lost: staff decide.
    pub(super) lost: bool,
    /// Something is held that was not before, of the account or of the anonymous.
    pub(super) held: bool,
    pub(super) held_anonymous: bool,
}

/// What was sent, and as much of it as could be read.
pub(super) struct Sent<'a> {
    pub(super) raw: &'a str,
    /// None of what is JSON, but cannot be held as a value: too deep, or a number too large.
    pub(super) value: Option<Value>,
    pub(super) seen: Glimpse,
    /// The id as it was sent.
    pub(super) id: Value,
}

impl<'a> Sent<'a> {
    pub(super) fn new(raw: &'a str) -> Self {
        let value: Option<Value> = serde_json::from_str(raw).ok();
        let outline = value.clone().map_or_else(|| outline(raw), Some).unwrap_or_default();
        let id = outline.get("id").filter(|id| id.is_string()).cloned().unwrap_or_default();
        Self { raw, seen: glimpse(&outline), id, value }
    }

    /// The change, or why it is held.
    pub(super) fn parse(&self) -> Result<Change, HeldCode> {
        match &self.value {
            Some(value) if self.raw.len() <= CHANGE_TAKEN_BYTES => change::parse(value),
            _ => Err(HeldCode::Unparseable),
        }
    }

    pub(super) fn seq(&self) -> Option<i64> {
        self.seen.seq.and_then(|seq| i64::try_from(seq).ok()).filter(|seq| *seq > 0)
    }

    /// The word of its kind.
    pub(super) fn kind(&self) -> &str {
        self.value.as_ref().and_then(|value| value.get("kind")?.as_str()).unwrap_or_default()
    }

    pub(super) fn result(&self, outcome: Outcome) -> PushResult {
        PushResult { id: self.id.clone(), outcome }
    }
}

/// The fields that identify a change, of JSON whose other parts cannot be held.
fn outline(raw: &str) -> Option<Value> {
    #[derive(Deserialize)]
    struct Outline<'a> {
        #[serde(borrow, default)]
        id: Option<&'a RawValue>,
        #[serde(borrow, default)]
        seq: Option<&'a RawValue>,
        #[serde(borrow, default)]
        session: Option<&'a RawValue>,
        #[serde(borrow, default)]
        kind: Option<&'a RawValue>,
    }
    let outline: Outline<'_> = serde_json::from_str(raw).ok()?;
    let read = |part: Option<&RawValue>| part.and_then(|part| serde_json::from_str::<Value>(part.get()).ok());
    let Outline { id, seq, session, kind } = outline;
    Some(serde_json::json!({
        "id": read(id), "seq": read(seq), "session": read(session), "kind": read(kind),
    }))
}

impl<'c> Intake<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        (account_id, account): (i64, AccountId),
        recv_ms: i64,
    ) -> Self {
        Self {
            connection,
            account_id,
            account,
            recv_ms,
            judge: Judge::new(connection),
            ledger: Sql::new(connection),
            rotate: false,
            lost: false,
            held: false,
            held_anonymous: false,
        }
    }

    /// Writes what follows from all that was taken; says whether the phone must take a new replica.
    pub(super) fn finish(self) -> rusqlite::Result<bool> {
        self.ledger.finish()?;
        Ok(self.rotate)
    }

    /// Takes one change in.
    pub(super) fn one(&mut self, raw: &str, replica: Option<&mut Replica>) -> rusqlite::Result<PushResult> {
        let sent = Sent::new(raw);
        let outcome = if sent.seen.response {
            // A response is anonymous even in a batch that is not.
            anonymous::response(self, &sent)?
        } else if let Some(replica) = replica {
            self.of_replica(&sent, replica)?
        } else {
            anonymous::hold(self, &sent, HeldCode::Unparseable)?
        };
        Ok(sent.result(outcome))
    }

    fn of_replica(&mut self, sent: &Sent<'_>, replica: &mut Replica) -> rusqlite::Result<Outcome> {
        let c = self.connection;
        let seq = sent.seq();
        if let Some(id) = sent.seen.id
            && let Some(known) = log::find(c, id)?
        {
            if let Some(seq) = seq {
                replica.note(c, seq)?;
            }
            let value = sent.value.clone().unwrap_or_default();
            if planted(Defect::RepeatCounts)
                && let Ok(change) = sent.parse()
                && let (Body::CheckIn(_), Some(session)) = (&change.body, change.session)
            {
                self.ledger.count_check_in(session, replica.replica_id);
            }
            if !planted(Defect::IdAloneIsEnough) && !known.is(sent.raw, &value)? {
                return self.hold(sent, replica, HeldCode::IdClash);
            }
            self.rotate |= known.clashed;
            return Ok(Outcome::Dup { seq: u64::try_from(known.seq).unwrap_or(0) });
        }
        let held_id = held::id_of(Some(self.account), sent.raw, sent.value.as_ref());
        if let Some(code) = held::code(c, held_id)? {
            // It may come under another seq than before, or by another replica.
            if let Some(seq) = seq {
                replica.note(c, seq)?;
            }
            return Ok(Outcome::Held { code });
        }
        match sent.parse() {
            Ok(change) => self.stamp_and_judge(sent, &change, seq, replica),
            Err(code) => self.hold(sent, replica, code),
        }
    }

    fn stamp_and_judge(
        &mut self,
        sent: &Sent<'_>,
        change: &Change,
        seq: Option<i64>,
        replica: &mut Replica,
    ) -> rusqlite::Result<Outcome> {
        let c = self.connection;
        let after_ms = match change.after {
            Some(id) => log::eff_ms(c, id)?,
            None => None,
        };
        let previous_ms = replica.previous_ms(c, seq)?;
        let bounds = Bounds { recv_ms: self.recv_ms, previous_ms, after_ms };
        let (eff_ms, suspect) = stamp(change.claim(), bounds);
        let eff_ms = if planted(Defect::ArrivalOrder) { self.recv_ms } else { eff_ms };
        let (account_id, recv_ms) = (self.account_id, self.recv_ms);
        let maker = Maker { account_id, roles: Role::RECORDS, eff_ms, recv_ms };
        if let Some(outcome) = self.spoiled(change, seq, replica)? {
            return Ok(outcome);
        }
        let verdict = self.judge.judge(&mut self.ledger, change, maker)?;
        let (state, session) = match verdict {
            Verdict::Take => (State::Taken, change.session),
            Verdict::Wait(session) => (State::Waiting, Some(session)),
            Verdict::Hold => return self.hold(sent, replica, HeldCode::NotPermitted),
        };
        if self.lost {
            return self.hold(sent, replica, HeldCode::NotPermitted);
        }
        let mut tags = Vec::new();
        if suspect {
            tags.push(TIME_SUSPECT);
        }
        let erased = erase::instead(c, change)?;
        if erased.is_some() {
            tags.push(erase::TAG);
        }
        let rewritten = erased.as_ref().map(serde_json::to_string).transpose().map_err(corrupt)?;
        let change = erased.as_ref().unwrap_or(change);
        if let Some(seq) = seq {
            if replica.clashes(c, seq)? {
                tags.push(SEQ_CLASH);
                self.rotate = true;
                replica.clashed();
            }
            replica.note(c, seq)?;
        }
        replica.logged(seq, eff_ms);
        let new = log::New {
            id: change.id,
            replica_id: replica.replica_id,
            replica_seq: seq,
            session,
            recv_ms: self.recv_ms,
            eff_ms,
            state,
            tags: &tags.join(" "),
            kind: sent.kind(),
            raw: rewritten.as_deref().unwrap_or(sent.raw),
        };
        let seq = log::append(c, &new)?;
        if state == State::Taken {
            let stamped = Stamped { change: change.clone(), eff_ms, suspect, replica: replica.id };
            self.take(&stamped, replica.replica_id)?;
        }
        Ok(Outcome::Ok { seq: u64::try_from(seq).unwrap_or(0) })
    }

    /// Exhibits of the museum: a change that is turned away.
    fn spoiled(
        &self,
        change: &Change,
        seq: Option<i64>,
        replica: &Replica,
    ) -> rusqlite::Result<Option<Outcome>> {
        if planted(Defect::UnknownVoidComesAgain)
            && let Body::Void(void) = &change.body
        {
            for target in &void.targets {
                if log::find(self.connection, *target)?.is_none() {
                    return Ok(Some(Outcome::Retry { code: RetryCode::Other }));
                }
            }
        }
        let used = planted(Defect::SeqIsIdentity)
            && match seq {
                Some(seq) => replica.clashes(self.connection, seq)?,
                None => false,
            };
        Ok(used.then_some(Outcome::Dup { seq: 1 }))
    }

    /// Gives a change its effect, and what waited for its session a chance.
    pub(super) fn take(&mut self, stamped: &Stamped, replica_id: i64) -> rusqlite::Result<()> {
        let sets = match (&stamped.change.body, stamped.change.session) {
            (Body::SessionSet(_), Some(session)) => Some((session, self.ledger.home(session)?)),
            _ => None,
        };
        self.apply(stamped, replica_id)?;
        if let Some((session, before)) = sets
            && self.ledger.home(session)? != before
        {
            wait::wake(self, session)?;
        }
        Ok(())
    }

    /// Gives a change its effect.
    pub(super) fn apply(&mut self, stamped: &Stamped, replica_id: i64) -> rusqlite::Result<()> {
        apply(&mut self.ledger, stamped, replica_id)
    }

    fn hold(&mut self, sent: &Sent<'_>, replica: &mut Replica, code: HeldCode) -> rusqlite::Result<Outcome> {
        if let Some(seq) = sent.seq() {
            replica.note(self.connection, seq)?;
        }
        let by = HeldBy { account: self.account, replica_id: replica.replica_id, recv_ms: self.recv_ms };
        hold(self, sent, code, Some(by))
    }
}

/// Gives a change its effect, now or when a backup is restored.
pub(super) fn apply(ledger: &mut Sql<'_>, stamped: &Stamped, replica_id: i64) -> rusqlite::Result<()> {
    take(ledger, stamped)?;
    if let (Body::CheckIn(_), Some(session)) = (&stamped.change.body, stamped.change.session) {
        ledger.count_check_in(session, replica_id);
    }
    Ok(())
}

/// Who sent what is held, and when.
pub(super) struct HeldBy {
    account: AccountId,
    replica_id: i64,
    recv_ms: i64,
}

/// Holds what was sent, by a replica or anonymously.
pub(super) fn hold(
    intake: &mut Intake<'_>,
    sent: &Sent<'_>,
    code: HeldCode,
    by: Option<HeldBy>,
) -> rusqlite::Result<Outcome> {
    // What names somebody who was erased is found by its bytes, but not kept byte for byte.
    let erased = match sent.parse() {
        Ok(change) => erase::instead(intake.connection, &change)?,
        Err(_) => None,
    };
    let rewritten = erased.as_ref().map(serde_json::to_string).transpose().map_err(corrupt)?;
    let anonymous = by.is_none();
    let new = held::New {
        held_id: held::id_of(by.as_ref().map(|by| by.account), sent.raw, sent.value.as_ref()),
        id: sent.id.as_str(),
        replica_id: by.as_ref().map(|by| by.replica_id),
        session: sent.seen.session,
        code,
        recv_ms: by.as_ref().map(|by| by.recv_ms),
        raw: rewritten.as_deref().unwrap_or(sent.raw),
    };
    if held::keep(intake.connection, new)? {
        let held = if anonymous { &mut intake.held_anonymous } else { &mut intake.held };
        *held = true;
    }
    Ok(Outcome::Held { code })
}
