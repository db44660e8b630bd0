//! The rosters as they stand, for a file to be compared with.

use super::person::Entry;
use super::plan::{Known, Place, Places, Standing};
use crate::org;
use rusqlite::{Connection, Result, Row};
use shared::id::OrgId;
use shared::org::Level;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that an import for this org is compared with.
pub(super) fn read(conn: &Connection, org_id: i64) -> Result<Standing> {
    let (top, level) = place(conn, org_id)?;
    let below = workshops(conn, org_id)?;
    let places = Places { top, below };
    let inside: BTreeSet<i64> = places.all().map(|place| place.org_id).collect();
    let (mut known, mut former) = (Vec::new(), Vec::new());
    for org_id in &inside {
        known.extend(on_roster(conn, *org_id)?);
        former.extend(once_on_roster(conn, *org_id)?);
    }
    known.sort_by_key(|known: &Known| known.person_id);
    former.sort_by_key(|(known, until_ms): &(Known, i64)| (std::cmp::Reverse(*until_ms), known.person_id));
    let former = former.into_iter().map(|(known, _)| known).collect();
    let mut elsewhere = BTreeMap::new();
    if level == Level::Workshop.wire() {
        for other in union_of(conn, org_id)?.into_iter().filter(|other| !inside.contains(other)) {
            let name = place(conn, other)?.0.name;
            let numbers = on_roster(conn, other)?.into_iter().filter_map(|known| known.entry.staff_no);
            elsewhere.extend(numbers.map(|no| (no, name.clone())));
        }
    }
    Ok(Standing { places, known, former, elsewhere })
}

fn place(conn: &Connection, org_id: i64) -> Result<(Place, String)> {
    let mut found = conn.prepare_cached("SELECT id, code, name, level FROM org WHERE org_id = ?1")?;
    found.query_row([org_id], |row| {
        let (id, code, name) = (OrgId::from_bytes(row.get(0)?), row.get(1)?, row.get(2)?);
        Ok((Place { org_id, id, code, name }, row.get(3)?))
    })
}

/// The workshops below an org that no other union stands between: staff numbers are those of one union.
fn workshops(conn: &Connection, org_id: i64) -> Result<Vec<Place>> {
    let mut found = conn.prepare_cached(
        "WITH RECURSIVE below (org_id) AS (
             SELECT org_id FROM org WHERE parent_id = ?1 AND level = ?2
             UNION
             SELECT org.org_id FROM org JOIN below ON org.parent_id = below.org_id WHERE org.level = ?2
         ) SELECT org_id FROM below ORDER BY org_id",
    )?;
    let rows: Vec<i64> =
        found.query_map((org_id, Level::Workshop.wire()), |row| row.get(0))?.collect::<Result<_>>()?;
    rows.into_iter().map(|org_id| Ok(place(conn, org_id)?.0)).collect()
}

/// The orgs of the union that a workshop belongs to.
fn union_of(conn: &Connection, org_id: i64) -> Result<Vec<i64>> {
    for above in org::line(conn, org_id)? {
        if place(conn, above)?.1 != Level::Workshop.wire() {
            let workshops = workshops(conn, above)?.into_iter().map(|place| place.org_id);
            return Ok(std::iter::once(above).chain(workshops).collect());
        }
    }
    Ok(Vec::new())
}

const COLUMNS: &str = "SELECT person.person_id, person.name, person.staff_no, person.phone_tail,
    person.employment, person.member";

fn entry(row: &Row<'_>, org_id: i64) -> Result<Known> {
    let entry = Entry {
        name: row.get(1)?,
        staff_no: row.get(2)?,
        phone_tail: row.get(3)?,
        org_id,
        employment: row.get(4)?,
        member: row.get(5)?,
    };
    Ok(Known { person_id: row.get(0)?, entry })
}

/// Who is on the roster of an org.
fn on_roster(conn: &Connection, org_id: i64) -> Result<Vec<Known>> {
    let mut found = conn.prepare_cached(&format!(
        "{COLUMNS} FROM roster_entry JOIN person ON person.person_id = roster_entry.person_id
         WHERE roster_entry.org_id = ?1 AND roster_entry.until_ms IS NULL AND person.name IS NOT NULL"
    ))?;
    found.query_map([org_id], |row| entry(row, org_id))?.collect()
}

/// Who was on the roster of an org last, and is on none now; with when they left it.
fn once_on_roster(conn: &Connection, org_id: i64) -> Result<Vec<(Known, i64)>> {
    let mut found = conn.prepare_cached(&format!(
        "{COLUMNS}, max(roster_entry.until_ms)
         FROM roster_entry JOIN person ON person.person_id = roster_entry.person_id
         WHERE roster_entry.org_id = ?1 AND person.org_id = ?1 AND person.name IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM roster_entry AS now
                           WHERE now.person_id = person.person_id AND now.until_ms IS NULL)
         GROUP BY person.person_id"
    ))?;
    found.query_map([org_id], |row| Ok((entry(row, org_id)?, row.get(6)?)))?.collect()
}

/// Orgs that had a roster at any time.
pub(super) fn had_roster(conn: &Connection) -> Result<BTreeSet<i64>> {
    let mut found = conn.prepare_cached("SELECT DISTINCT org_id FROM roster_entry")?;
    found.query_map([], |row| row.get(0))?.collect()
}
