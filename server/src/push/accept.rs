//! Something held is accepted: its stored bytes go the way of a push, under its author, replica and
//! seq and with the stamp that it would have had when it came in. The right to it is that of
//! whoever accepts.

use super::intake::{Intake, Sent};
use super::judge::{Maker, Verdict};
use super::log::{self, SEQ_CLASH, State, TIME_SUSPECT};
use crate::access::grant::{self, Role};
use crate::refuse::Refusal;
use crate::response::{self, Stored};
use crate::{feed, held};
use rusqlite::Connection;
use shared::change::{Body, Change, HeldCode};
use shared::id::{AccountId, ChangeId, ReplicaId};
use shared::merge::Stamped;
use shared::problem::Code;
use shared::stamp::{Bounds, stamp};

/// Who accepts, and when.
#[derive(Clone, Copy)]
pub(crate) struct By {
    pub(crate) account_id: i64,
    pub(crate) at_ms: i64,
}

impl By {
    /// Judged as if whoever accepts had made it now, by what that account administers.
    const fn maker(self) -> Maker {
        let Self { account_id, at_ms } = self;
        Maker { account_id, roles: Role::MANAGES, eff_ms: at_ms, recv_ms: at_ms }
    }
}

fn unfit(why: &str) -> Refusal {
    Refusal::new(Code::HeldUnfit, why)
}

/// Whether this program could give it an effect, so far as its own bytes tell.
pub(crate) fn acceptable(code: HeldCode, by_replica: bool, raw: &str) -> bool {
    code != HeldCode::IdClash && read(&Sent::new(raw), by_replica).is_ok()
}

/// What it is, for this program.
fn read(sent: &Sent<'_>, by_replica: bool) -> Result<Change, Refusal> {
    let change = sent.parse().map_err(|_| {
        unfit(
            "本版程序仍读不懂它，更新后再试 / this version cannot read it either; try again after an update",
        )
    })?;
    match (&change.body, by_replica) {
        (Body::Response(_), false) => Ok(change),
        (Body::Response(_), true) | (_, false) => {
            Err(unfit("不知道是谁记录的，无法生效 / nobody knows who recorded it, so it can have no effect"))
        }
        (_, true) => Ok(change),
    }
}

/// Gives it its effect. It must run inside one transaction, which the caller takes back where this fails.
///
/// # Errors
/// `held_unfit`, `forbidden`, or the store's.
pub(crate) fn accept(connection: &Connection, row: &held::Row, by: By) -> Result<(), Refusal> {
    if row.code == HeldCode::IdClash {
        return Err(clash());
    }
    let sent = Sent::new(&row.raw);
    let change = read(&sent, row.replica_id.is_some())?;
    let Some((replica_id, recv_ms)) = row.replica_id.zip(row.recv_ms) else {
        return response(connection, change, by);
    };
    let (account_id, account, replica) = author(connection, replica_id)?;
    let mut intake = Intake::new(connection, (account_id, account), recv_ms);
    match intake.judge.judge(&mut intake.ledger, &change, by.maker())? {
        Verdict::Take => {}
        Verdict::Wait(_) => {
            return Err(unfit(
                "它的场次还没有上传，等来了再接受 / its session is not here yet: accept it then",
            ));
        }
        Verdict::Hold if grant::is_admin(connection, by.account_id, by.at_ms)? => {
            return Err(unfit(
                "它所说的工会组织不在本市 / the organisation that it names is none of this city's",
            ));
        }
        Verdict::Hold => return Err(Code::Forbidden.into()),
    }
    let stamped = match log::find(connection, change.id)? {
        // It had waited in the log, and keeps its place and its stamp.
        Some(known) if known.held && known.replica_id == replica_id => {
            log::settle(connection, known.seq, State::Taken, change.session)?;
            Stamped { eff_ms: known.eff_ms, suspect: known.suspect, change, replica }
        }
        Some(_) => return Err(clash()),
        None => append(&intake, &sent, change, (replica_id, replica))?,
    };
    intake.take(&stamped, replica_id)?;
    intake.finish()?;
    Ok(())
}

fn clash() -> Refusal {
    unfit("同一编号已有别的内容 / another record has its id")
}

/// The account of a replica.
fn author(connection: &Connection, replica_id: i64) -> rusqlite::Result<(i64, AccountId, ReplicaId)> {
    connection
        .prepare_cached(
            "SELECT account.account_id, account.id, replica.id FROM replica
             JOIN account ON account.account_id = replica.account_id WHERE replica_id = ?1",
        )?
        .query_row([replica_id], |row| {
            let (account, replica) = (AccountId::from_bytes(row.get(1)?), ReplicaId::from_bytes(row.get(2)?));
            Ok((row.get(0)?, account, replica))
        })
}

/// Into the log, with the stamp of the time when it came in: what came later is not looked at.
fn append(
    intake: &Intake<'_>,
    sent: &Sent<'_>,
    change: Change,
    (replica_id, replica): (i64, ReplicaId),
) -> rusqlite::Result<Stamped> {
    let (c, recv_ms, seq) = (intake.connection, intake.recv_ms, sent.seq());
    let after_ms = match change.after {
        Some(id) => log::eff_ms_by(c, id, recv_ms)?,
        None => None,
    };
    let previous_ms = log::previous_by(c, (replica_id, seq), recv_ms)?;
    let (eff_ms, suspect) = stamp(change.claim(), Bounds { recv_ms, previous_ms, after_ms });
    let mut tags = Vec::new();
    if suspect {
        tags.push(TIME_SUSPECT);
    }
    if log::has_seq(c, replica_id, seq)? {
        tags.push(SEQ_CLASH);
    }
    log::append(
        c,
        &log::New {
            id: change.id,
            replica_id,
            replica_seq: seq,
            session: change.session,
            recv_ms,
            eff_ms,
            state: State::Taken,
            tags: &tags.join(" "),
            kind: sent.kind(),
            raw: sent.raw,
        },
    )?;
    if let Some(seq) = seq {
        // The next stamps of the replica follow this one.
        c.prepare_cached(
            "UPDATE replica SET top_eff_ms = iif(top_seq = 0, ?3, max(top_eff_ms, ?3)), top_seq = max(top_seq, ?2)
             WHERE replica_id = ?1",
        )?
        .execute((replica_id, seq, eff_ms))?;
    }
    Ok(Stamped { change, eff_ms, suspect, replica })
}

/// A response: whoever accepts administers the org of its session.
fn response(connection: &Connection, change: Change, by: By) -> Result<(), Refusal> {
    let Change { id, session: Some(session), wall_ms, body: Body::Response(body), .. } = change else {
        return Err(clash());
    };
    if known(connection, id)? {
        return Err(clash());
    }
    let mut intake = Intake::new(connection, (by.account_id, AccountId::from_bytes([0; 16])), by.at_ms);
    let home = intake.ledger.home(session)?;
    let roots = grant::roots(connection, by.account_id, Role::MANAGES, by.at_ms)?;
    if let Some(org_id) = home.org_id.filter(|_| home.exists)
        && !grant::covers(connection, &roots, org_id)?
    {
        return Err(Code::Forbidden.into());
    }
    if let Some(session_id) = response::keep(connection, id, &Stored::new(session, wall_ms, body))? {
        intake.ledger.responded(session_id);
    }
    intake.finish()?;
    // A backup that was made before it must be seen to be older.
    feed::next_seq(connection)?;
    Ok(())
}

fn known(connection: &Connection, id: ChangeId) -> rusqlite::Result<bool> {
    Ok(response::load(connection, id)?.is_some() || log::find(connection, id)?.is_some())
}
