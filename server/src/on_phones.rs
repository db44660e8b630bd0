//! `GET /api/v1/coverage/phones`: what was declared at closing and is still on phones, phone by phone.

use crate::App;
use crate::access::Caller;
use crate::branch::{self, Branch};
use crate::extract::Query;
use crate::filter::{Filter, Paging, Params, named};
use crate::refuse::Refusal;
use axum::Json;
use axum::extract::State;
use rusqlite::types::Value;
use rusqlite::{Connection, Result};
use shared::id::{OrgId, SessionId};
use shared::on_phones::OnPhone;
use shared::wire::Page;

/// Answers those who record with a page of it, the oldest first. Filters as of `/coverage`.
///
/// # Errors
/// `bad_value`, or as [`branch::read`].
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> std::result::Result<Json<Page<OnPhone>>, Refusal> {
    let (filter, paging) = (Filter::read(&params)?, Paging::read(&params)?);
    let asked = filter.org.clone();
    let page =
        branch::read(&app, &caller, asked, move |conn, branch, _| Ok(page(conn, branch, &filter, paging)?));
    page.await.map(Json)
}

fn page(conn: &Connection, branch: &Branch, filter: &Filter, paging: Paging) -> Result<Page<OnPhone>> {
    let from = format!(
        "FROM on_phone JOIN rollup ON rollup.session_id = on_phone.session_id
         JOIN branch ON branch.org_id = rollup.org_id WHERE {}",
        Filter::ROLLUP
    );
    let count = format!("{} SELECT count(*) {from}", branch.sql());
    let total: i64 = conn.query_row(&count, &*named(&filter.values()), |row| row.get(0))?;
    let integer = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let mut values = filter.values().to_vec();
    values.extend([(":size", integer(paging.size)), (":skip", integer(paging.skip()))]);
    let sql = format!(
        "{}, lacking AS (
             SELECT on_phone.session_id, on_id, check_in, on_phone.response AS some, missing_response {from}
         )
         SELECT session.id, session.title, session.starts_ms, org.id, org.name, account.name, replica.device,
             replica.last_seen_ms, coalesce(closing.at_ms, session.closed_eff_ms, session.starts_ms) AS since_ms,
             lacking.check_in, iif(some, missing_response, 0)
         FROM lacking JOIN session ON session.session_id = lacking.session_id
         JOIN org ON org.org_id = session.org_id
         LEFT JOIN replica ON replica.replica_id = on_id
         LEFT JOIN account ON account.account_id = replica.account_id
         LEFT JOIN closing ON closing.closing_id = -on_id
         ORDER BY since_ms, session.id, on_id LIMIT :size OFFSET :skip",
        branch.sql()
    );
    let mut found = conn.prepare(&sql)?;
    let items = found.query_map(&*named(&values), |row| {
        Ok(OnPhone {
            session: SessionId::from_bytes(row.get(0)?),
            title: row.get(1)?,
            starts_ms: row.get(2)?,
            org: OrgId::from_bytes(row.get(3)?),
            org_name: row.get(4)?,
            name: row.get(5)?,
            device: row.get(6)?,
            last_seen_ms: row.get::<_, Option<i64>>(7)?.filter(|ms| *ms > 0),
            since_ms: row.get(8)?,
            check_ins: row.get(9)?,
            responses: row.get(10)?,
        })
    })?;
    let items = items.collect::<Result<_>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), page: paging.page, size: paging.size })
}
