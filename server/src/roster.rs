//! `/api/v1/roster`: who is on the rosters of a branch now, and how many.

use crate::App;
use crate::access::Caller;
use crate::branch::{self, Branch};
use crate::extract::Query;
use crate::filter::{Paging, Params, named};
use crate::orgs;
use crate::refuse::Refusal;
use axum::Json;
use axum::extract::State;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use shared::id::{OrgId, PersonId};
use shared::import::{RosterCount, RosterItem};
use shared::person::Person;
use shared::wire::Page;
use std::collections::HashMap;

/// Answers with a page of persons by org, staff number and name. Filters: `org` (the whole branch),
/// `q` (part of name or staff number, or a phone tail that one knows, whole). The answer has no tails.
///
/// # Errors
/// `bad_value`, or as [`branch::read`].
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<RosterItem>>, Refusal> {
    let paging = Paging::read(&params)?;
    let q = params.get("q").map(str::to_lowercase);
    let asked = params.get("org").map(str::to_owned);
    let page = branch::read(&app, &caller, asked, move |conn, branch, _| Ok(page(conn, branch, paging, q)?));
    page.await.map(Json)
}

const FROM: &str = "FROM branch
    JOIN roster_entry ON roster_entry.org_id = branch.org_id AND roster_entry.until_ms IS NULL
    JOIN person ON person.person_id = roster_entry.person_id AND person.name IS NOT NULL
    JOIN org ON org.org_id = roster_entry.org_id
    WHERE (:q IS NULL OR instr(lower(person.name), :q) OR instr(lower(person.staff_no), :q)
           OR person.phone_tail = :q)";

fn page(
    conn: &Connection,
    branch: &Branch,
    paging: Paging,
    q: Option<String>,
) -> rusqlite::Result<Page<RosterItem>> {
    let whole = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let mut values = vec![(":q", q.map_or(Value::Null, Value::Text))];
    let with = branch.sql();
    let total: i64 =
        conn.query_row(&format!("{with} SELECT count(*) {FROM}"), named(&values).as_slice(), |row| {
            row.get(0)
        })?;
    values.extend([(":size", whole(paging.size)), (":skip", whole(paging.skip()))]);
    let mut found = conn.prepare(&format!(
        "{with} SELECT person.id, person.name, org.id, person.staff_no, org.name,
             person.employment, person.member, roster_entry.from_ms
         {FROM}
         ORDER BY org.code, person.staff_no IS NULL, person.staff_no, person.name, person.person_id
         LIMIT :size OFFSET :skip"
    ))?;
    let items = found.query_map(named(&values).as_slice(), item)?.collect::<rusqlite::Result<_>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), page: paging.page, size: paging.size })
}

fn item(row: &Row<'_>) -> rusqlite::Result<RosterItem> {
    let person = Person {
        id: PersonId::from_bytes(row.get(0)?),
        name: row.get(1)?,
        org: OrgId::from_bytes(row.get(2)?),
        staff_no: row.get(3)?,
        // Nobody's to see at the desk without a reason.
        phone_tail: None,
    };
    Ok(RosterItem {
        person,
        org_name: row.get(4)?,
        employment: row.get(5)?,
        member: row.get(6)?,
        from_ms: row.get(7)?,
    })
}

/// Answers with the head count of every org of the branch. Filter: `org`.
///
/// # Errors
/// As [`branch::read`].
pub async fn counts(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Vec<RosterCount>>, Refusal> {
    let asked = params.get("org").map(str::to_owned);
    let counts = branch::read(&app, &caller, asked, |conn, branch, _| Ok(count(conn, branch)?));
    counts.await.map(Json)
}

fn count(conn: &Connection, branch: &Branch) -> rusqlite::Result<Vec<RosterCount>> {
    let mut found = conn.prepare(
        "SELECT roster_entry.org_id, count(*)
         FROM roster_entry JOIN person ON person.person_id = roster_entry.person_id
         WHERE roster_entry.until_ms IS NULL AND person.name IS NOT NULL GROUP BY roster_entry.org_id",
    )?;
    let own: HashMap<i64, i64> =
        found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let orgs = orgs::of(conn, branch)?;
    let own_of = |org_id: i64| own.get(&org_id).and_then(|n| u64::try_from(*n).ok()).unwrap_or(0);
    let parents: HashMap<OrgId, OrgId> =
        orgs.iter().filter_map(|(_, org)| Some((org.id, org.parent?))).collect();
    let mut all: HashMap<OrgId, u64> = HashMap::new();
    for (org_id, org) in &orgs {
        let mut at = Some(org.id);
        // No more steps than orgs: a ring, which nothing can make, must not hang the server.
        for _ in 0..=orgs.len() {
            let Some(above) = at else { break };
            *all.entry(above).or_default() += own_of(*org_id);
            at = parents.get(&above).copied();
        }
    }
    let count = |(org_id, org): &(i64, shared::org::Org)| RosterCount {
        org: org.id,
        own: own_of(*org_id),
        all: all.get(&org.id).copied().unwrap_or(0),
    };
    Ok(orgs.iter().map(count).collect())
}
