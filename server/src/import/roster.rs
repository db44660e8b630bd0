//! Rosters (花名册) as a file: names with staff number, workshop and the last four digits of a phone.
//! Whoever the file leaves out stays.

mod plan;

use super::org::Done;
use crate::commands::account::no_org;
use crate::fault::Rejection;
use crate::{ledger, org, person};
use plan::{Entry, Known, Place, Places, Step};
use rusqlite::Connection;
use shared::id::{OrgId, PersonId};
use shared::org::Level;
use shared::person::Person;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Takes a file in, in the transaction that the connection is in. The first roster that an org
/// gets holds for all its sessions; whoever comes later was not there before.
///
/// # Errors
/// One line per bad line of the file, or a fault of the database; nothing was written that the
/// caller may commit.
pub fn import(
    conn: &Connection,
    code: &str,
    file: &str,
    bytes: &[u8],
    now_ms: i64,
) -> Result<Done, Rejection> {
    let top = org::find_code(conn, code)?.ok_or_else(|| no_org(code))?;
    let places = places(conn, top)?;
    let plan = plan::plan(file, bytes, &places, known(conn, top)?)?;
    let ids: HashMap<i64, OrgId> =
        std::iter::once(&places.top).chain(&places.below).map(|place| (place.org_id, place.id)).collect();
    let had_roster = had_roster(conn)?;
    let mut done = Done { same: plan.same, ..Done::default() };
    let mut moved = BTreeSet::new();
    for step in plan.steps {
        let (id, entry, from_ms) = match step {
            Step::Add(entry) => {
                done.added += 1;
                let from_ms = if had_roster.contains(&entry.org_id) { now_ms } else { 0 };
                (PersonId::from(Uuid::now_v7()), entry, from_ms)
            }
            Step::Change { person_id, to } => {
                done.changed += 1;
                (person::id_of(conn, person_id)?, to, now_ms)
            }
        };
        let Entry { name, staff_no, phone_tail, org_id } = entry;
        let Some(org) = ids.get(&org_id).copied() else { continue };
        let person = Person { id, name, org, staff_no, phone_tail };
        let (person_id, joined) = person::put_on_roster(conn, &person, org_id, from_ms)?;
        if joined {
            moved.insert(person_id);
        }
    }
    ledger::roster_changed(conn, &moved)?;
    Ok(done)
}

/// The org and the workshops below it.
fn places(conn: &Connection, top: i64) -> Result<Places, Rejection> {
    let mut below = Vec::new();
    let mut found = conn.prepare("SELECT id, code, name, level FROM org WHERE org_id = ?1")?;
    let mut place = |org_id: i64| {
        found.query_row([org_id], |row| {
            let (id, code, name) = (OrgId::from_bytes(row.get(0)?), row.get(1)?, row.get(2)?);
            let level: String = row.get(3)?;
            Ok((Place { org_id, id, code, name }, level))
        })
    };
    for org_id in org::branch(conn, top)? {
        let (place, level) = place(org_id)?;
        if org_id != top && level == Level::Workshop.wire() {
            below.push(place);
        }
    }
    let (top, _) = place(top)?;
    Ok(Places { top, below })
}

/// Who is on the rosters of the branch.
fn known(conn: &Connection, top: i64) -> Result<Vec<Known>, Rejection> {
    let mut found = conn.prepare(
        "SELECT person.person_id, person.name, person.staff_no, person.phone_tail
         FROM roster_entry JOIN person ON person.person_id = roster_entry.person_id
         WHERE roster_entry.org_id = ?1 AND roster_entry.until_ms IS NULL AND person.name IS NOT NULL",
    )?;
    let mut known = Vec::new();
    for org_id in org::branch(conn, top)? {
        let read = found.query_map([org_id], |row| {
            let entry = Entry { name: row.get(1)?, staff_no: row.get(2)?, phone_tail: row.get(3)?, org_id };
            Ok(Known { person_id: row.get(0)?, entry })
        })?;
        known.extend(read.collect::<rusqlite::Result<Vec<_>>>()?);
    }
    Ok(known)
}

/// Orgs that had a roster at any time.
fn had_roster(conn: &Connection) -> Result<BTreeSet<i64>, Rejection> {
    let mut found = conn.prepare("SELECT DISTINCT org_id FROM roster_entry")?;
    let orgs = found.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(orgs)
}
