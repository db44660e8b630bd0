//! What comes without a replica: responses. Nothing of the sender, of the time finer than a day,
//! or of the order of arrival is kept.

use super::intake::{Intake, Sent, hold as hold_sent};
use super::log;
use crate::held;
use crate::response::{self, Stored};
use shared::change::{Body, HeldCode};
use shared::id::SessionId;
use shared::stamp::{DAY_MS, day_ms};
use shared::wire::Outcome;

/// Holds what was sent, with nothing of who sent it and when.
pub(super) fn hold(intake: &mut Intake<'_>, sent: &Sent<'_>, code: HeldCode) -> rusqlite::Result<Outcome> {
    hold_sent(intake, sent, code, None)
}

/// Takes a response in.
pub(super) fn response(intake: &mut Intake<'_>, sent: &Sent<'_>) -> rusqlite::Result<Outcome> {
    let c = intake.connection;
    let new = match sent.parse() {
        Ok(change) => match (change.body, change.session) {
            (Body::Response(response), Some(session)) => {
                Some((change.id, Stored::new(session, change.wall_ms, response)))
            }
            _ => None,
        },
        Err(code) => return hold(intake, sent, code),
    };
    let Some((id, new)) = new else { return hold(intake, sent, HeldCode::Unparseable) };
    if let Some(known) = response::load(c, id)? {
        return if known == new {
            Ok(Outcome::Dup { seq: 0 })
        } else {
            hold(intake, sent, HeldCode::IdClash)
        };
    }
    if log::find(c, id)?.is_some() {
        return hold(intake, sent, HeldCode::IdClash);
    }
    if let Some(code) = held::code(c, held::id_of(None, sent.raw, sent.value.as_ref()))? {
        return Ok(Outcome::Held { code });
    }
    if intake.lost || !permitted(intake, new.session, day_ms(new.day_ms))? {
        return hold(intake, sent, HeldCode::NotPermitted);
    }
    if let Some(session_id) = response::keep(c, id, &new)? {
        intake.ledger.responded(session_id);
    }
    Ok(Outcome::Ok { seq: 0 })
}

/// The account's grants covered the session at any time of that day, or do now. A session that is
/// not known yet is not judged: when it comes, nobody knows any more who sent the response.
fn permitted(intake: &mut Intake<'_>, session: SessionId, from_ms: i64) -> rusqlite::Result<bool> {
    let home = intake.ledger.home(session)?;
    let Some(org_id) = home.org_id.filter(|_| home.exists) else { return Ok(true) };
    let now_ms = intake.recv_ms;
    let until_ms = from_ms.saturating_add(DAY_MS);
    intake.judge.any(&mut intake.ledger, intake.account_id, org_id, |grant| {
        grant.valid_at(now_ms) || grant.valid_within(from_ms, until_ms)
    })
}
