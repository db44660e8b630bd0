//! What was declared at closing and is not here: per phone where the phone itself declared it, per
//! session where a closing code did, which does not say whose it is.

use super::parts;
use crate::answering;
use rusqlite::{Connection, Result};
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

/// What a session lacks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lacking {
    pub(super) check_ins: u32,
    pub(super) responses: u32,
    /// By who declared it: check-ins, and whether it declared responses where the session lacks some.
    pub(super) on: BTreeMap<i64, (u32, bool)>,
}

/// What a session lacks that exists.
pub(super) fn lacking(conn: &Connection, session_id: i64) -> Result<Lacking> {
    let mut all = All::default();
    for part in parts(conn, session_id)? {
        all.read(conn, part)?;
    }
    if all.phones.iter().all(|one| one.declared == Declared::default()) && all.codes.is_empty() {
        return Ok(Lacking::default());
    }
    let declared = all.responses();
    let here: u32 = conn
        .prepare_cached("SELECT response FROM session WHERE session_id = ?1")?
        .query_row([session_id], |row| row.get(0))?;
    // Those that came by link are nobody's declared ones.
    let by_link = if declared > 0 { answering::via(conn, session_id)?.link } else { 0 };
    Ok(all.tell(here.saturating_sub(by_link)))
}

/// What is kept of a session.
pub(super) fn kept(conn: &Connection, session_id: i64) -> Result<BTreeMap<i64, (u32, bool)>> {
    let mut found =
        conn.prepare_cached("SELECT on_id, check_in, response FROM on_phone WHERE session_id = ?1")?;
    found.query_map([session_id], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?.collect()
}

/// Writes by whom something is lacking, where that is not what stands there.
pub(super) fn set(conn: &Connection, session_id: i64, lacking: &Lacking) -> Result<()> {
    if kept(conn, session_id)? == lacking.on {
        return Ok(());
    }
    conn.prepare_cached("DELETE FROM on_phone WHERE session_id = ?1")?.execute([session_id])?;
    for (on, (check_ins, responses)) in &lacking.on {
        conn.prepare_cached(
            "INSERT INTO on_phone (session_id, on_id, check_in, response) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((session_id, on, check_ins, responses))?;
    }
    Ok(())
}

impl All {
    fn read(&mut self, conn: &Connection, part: i64) -> Result<()> {
        let mut found = conn.prepare_cached(
            "SELECT replica_id, check_in, declared_check_in, declared_response
             FROM session_replica WHERE session_id = ?1",
        )?;
        let mut rows = found.query([part])?;
        while let Some(row) = rows.next()? {
            let declared = Declared { check_ins: row.get(2)?, responses: row.get(3)? };
            self.phones.push(One { on: row.get(0)?, arrived: row.get(1)?, declared });
        }
        // The same code by two accounts is one.
        let mut found = conn.prepare_cached(
            "SELECT -min(closing_id), check_in, response FROM closing
             WHERE session_id IS NOT NULL AND session_id = ?1 AND arrived = 0
             GROUP BY code, check_in, response ORDER BY 1",
        )?;
        let mut rows = found.query([part])?;
        while let Some(row) = rows.next()? {
            let declared = Declared { check_ins: row.get(1)?, responses: row.get(2)? };
            self.codes.push(One { on: row.get(0)?, arrived: 0, declared });
        }
        Ok(())
    }

    fn both(&self) -> impl Iterator<Item = &One> {
        self.phones.iter().chain(&self.codes)
    }

    fn responses(&self) -> u32 {
        self.both().fold(0, |sum, one| sum.saturating_add(one.declared.responses))
    }

    /// Of a check-in that its phone declared it is known which phone it is on. A code declares for a
    /// phone that nobody can name: against it stand the check-ins of phones that have not declared
    /// themselves. A response says nothing of its phone: all that declared responses are named.
    fn tell(&self, responses_here: u32) -> Lacking {
        let mut told = Lacking::default();
        let mut undeclared = 0_u32;
        let mut lack = |on: i64, lacking: u32| {
            told.check_ins = told.check_ins.saturating_add(lacking);
            if lacking > 0 {
                let (sum, _) = told.on.entry(on).or_default();
                *sum = sum.saturating_add(lacking);
            }
        };
        for phone in &self.phones {
            if phone.declared == Declared::default() {
                undeclared = undeclared.saturating_add(phone.arrived);
            }
            lack(phone.on, phone.declared.check_ins.saturating_sub(phone.arrived));
        }
        for code in &self.codes {
            lack(code.on, code.declared.check_ins.saturating_sub(undeclared));
            undeclared = undeclared.saturating_sub(code.declared.check_ins);
        }
        told.responses = self.responses().saturating_sub(responses_here);
        if told.responses > 0 {
            for one in self.both().filter(|one| one.declared.responses > 0) {
                told.on.entry(one.on).or_default().1 = true;
            }
        }
        told
    }
}
