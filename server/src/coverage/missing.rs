//! What was declared at closing and is not here: per phone where the phone itself declared it, per
//! session where a closing code did, which does not say whose it is.

use super::WITH_PARTS;
use crate::answering;
use crate::branch::Branch;
use crate::filter::{Filter, named};
use rusqlite::{Connection, Result};
use shared::coverage::SessionFigures;
use shared::session::Declared;
use std::collections::BTreeMap;

/// What a phone or a code declared for a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct One {
    /// The number of the phone; of a code the negative of its own, so that it is no phone's.
    on: i64,
    /// Its check-ins that are here; of a code, nobody knows.
    arrived: u32,
    declared: Declared,
}

/// Declarations for one session.
#[derive(Debug, Default)]
struct All {
    phones: Vec<One>,
    codes: Vec<One>,
}

/// Fills in what is missing of each session.
pub(super) fn fill(
    conn: &Connection,
    branch: &Branch,
    filter: &Filter,
    sessions: &mut BTreeMap<i64, SessionFigures>,
) -> Result<()> {
    let mut all: BTreeMap<i64, All> = BTreeMap::new();
    let phones =
        "session.session_id, part.session_id, replica_id, check_in, declared_check_in, declared_response";
    let phones_from = "JOIN session_replica ON session_replica.session_id = part.session_id";
    read(conn, branch, filter, (phones, phones_from, ""), |session, one| {
        all.entry(session).or_default().phones.push(one);
    })?;
    // The same code by two accounts is one.
    let codes = "session.session_id, part.session_id, -min(closing.closing_id), 0, closing.check_in, closing.response";
    let codes_from = "JOIN closing ON closing.session_id = part.session_id AND closing.arrived = 0";
    let once =
        "GROUP BY session.session_id, part.session_id, closing.code, closing.check_in, closing.response";
    read(conn, branch, filter, (codes, codes_from, once), |session, one| {
        all.entry(session).or_default().codes.push(one);
    })?;
    let linked = answering::sessions(conn)?;
    for (id, all) in all {
        if let Some(session) = sessions.get_mut(&id) {
            let by_link = if linked.contains(&id) { answering::via(conn, id)?.link } else { 0 };
            all.tell(session, by_link);
        }
    }
    Ok(())
}

fn read(
    conn: &Connection,
    branch: &Branch,
    filter: &Filter,
    (columns, from, group): (&str, &str, &str),
    mut found: impl FnMut(i64, One),
) -> Result<()> {
    let sql = format!(
        "{} SELECT {columns} {WITH_PARTS} {from} WHERE {} {group} ORDER BY 1, 2, 3",
        branch.sql(),
        Filter::SQL
    );
    let mut statement = conn.prepare(&sql)?;
    let mut rows = statement.query(&*named(&filter.values()))?;
    while let Some(row) = rows.next()? {
        let declared = Declared { check_ins: row.get(4)?, responses: row.get(5)? };
        found(row.get(0)?, One { on: row.get(2)?, arrived: row.get(3)?, declared });
    }
    Ok(())
}

impl All {
    /// Of a check-in that its phone declared it is known which phone it is on. A code declares for a
    /// phone that nobody can name: against it stand the check-ins of phones that have not declared
    /// themselves. A response says nothing of its phone: all that declared responses are named. Those
    /// that came by link are nobody's declared ones.
    fn tell(&self, session: &mut SessionFigures, by_link: u32) {
        let mut undeclared = 0_u32;
        for phone in &self.phones {
            if phone.declared == Declared::default() {
                undeclared = undeclared.saturating_add(phone.arrived);
            }
            let lacking = phone.declared.check_ins.saturating_sub(phone.arrived);
            session.missing_check_ins = session.missing_check_ins.saturating_add(lacking);
            if lacking > 0 {
                session.missing_on.push(phone.on);
            }
        }
        for code in &self.codes {
            let lacking = code.declared.check_ins.saturating_sub(undeclared);
            undeclared = undeclared.saturating_sub(code.declared.check_ins);
            session.missing_check_ins = session.missing_check_ins.saturating_add(lacking);
            if lacking > 0 {
                session.missing_on.push(code.on);
            }
        }
        let both = || self.phones.iter().chain(&self.codes);
        let declared = both().fold(0_u32, |sum, one| sum.saturating_add(one.declared.responses));
        session.missing_responses = declared.saturating_sub(session.responses.saturating_sub(by_link));
        if session.missing_responses > 0 {
            session.missing_on.extend(both().filter(|one| one.declared.responses > 0).map(|one| one.on));
        }
    }
}
