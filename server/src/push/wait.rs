//! Facts whose session was not known: judged when it comes, in the order in which they came.

use super::intake::Intake;
use super::judge::{Maker, Verdict};
use super::log::{self, State, Waiting};
use crate::access::grant::Role;
use crate::db::corrupt;
use crate::feed::{self, Key, Where};
use crate::{held, session};
use rusqlite::Connection;
use serde_json::Value;
use shared::change::{self, Change, HeldCode};
use shared::id::{ChangeId, SessionId};
use shared::merge::Stamped;

/// Judges all that waits for a session; one that is taken may let others go on.
pub(super) fn wake(intake: &mut Intake<'_>, session: SessionId) -> rusqlite::Result<()> {
    loop {
        let mut went_on = false;
        for waiting in log::waiting(intake.connection, session)? {
            went_on |= one(intake, session, waiting)?;
        }
        if !went_on {
            return Ok(());
        }
    }
}

/// Says whether the change waits for this session no more.
fn one(intake: &mut Intake<'_>, session: SessionId, waiting: Waiting) -> rusqlite::Result<bool> {
    let c = intake.connection;
    let value = serde_json::from_str(&waiting.raw).map_err(corrupt)?;
    let Ok(change) = change::parse(&value) else {
        return hold(intake, session, &waiting, &value, None).map(|()| true);
    };
    let Waiting { account_id, eff_ms, recv_ms, .. } = waiting;
    let maker = Maker { account_id, roles: Role::RECORDS, eff_ms, recv_ms };
    match intake.judge.judge(&mut intake.ledger, &change, maker)? {
        Verdict::Wait(still) if still == session => Ok(false),
        Verdict::Wait(other) => {
            log::settle(c, waiting.seq, State::Waiting, Some(other))?;
            Ok(true)
        }
        Verdict::Hold => hold(intake, session, &waiting, &value, Some(&change)).map(|()| true),
        Verdict::Take => {
            log::settle(c, waiting.seq, State::Taken, change.session)?;
            let (suspect, replica) = (waiting.suspect, waiting.replica);
            let stamped = Stamped { change, eff_ms, suspect, replica };
            intake.apply(&stamped, waiting.replica_id)?;
            Ok(true)
        }
    }
}

/// The phone was told `ok`; the session's rows tell it that the change is held after all.
fn hold(
    intake: &Intake<'_>,
    session: SessionId,
    waiting: &Waiting,
    value: &Value,
    change: Option<&Change>,
) -> rusqlite::Result<()> {
    let c = intake.connection;
    let id = change.map(|change| change.id);
    log::settle(c, waiting.seq, State::Held, change.and_then(|change| change.session))?;
    let text = id.map(|id| id.to_string());
    held::keep(
        c,
        held::New {
            held_id: held::id_of(Some(waiting.account), &waiting.raw, Some(value)),
            id: text.as_deref(),
            replica_id: Some(waiting.replica_id),
            session: Some(session),
            code: HeldCode::NotPermitted,
            recv_ms: Some(waiting.recv_ms),
            raw: &waiting.raw,
        },
    )?;
    match id {
        Some(id) => tell_held(c, Some(session), id),
        None => Ok(()),
    }
}

/// Tells phones that look at the session that this change is held.
pub(super) fn tell_held(
    connection: &Connection,
    session: Option<SessionId>,
    id: ChangeId,
) -> rusqlite::Result<()> {
    let Some(session) = session else { return Ok(()) };
    let session_id = session::ensure(connection, session)?;
    feed::touch(connection, Where::Session(session_id), Key::Held(id))
}
