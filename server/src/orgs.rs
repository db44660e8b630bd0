//! `GET /api/v1/orgs`: the orgs that the caller may see.

use crate::App;
use crate::access::Reader;
use crate::branch::Branch;
use crate::extract::Query;
use crate::filter::{Paging, Params};
use crate::refuse::Refusal;
use crate::{org, sight};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use shared::id::OrgId;
use shared::org::{Level, Org};
use shared::sight::May;
use shared::wire::Page;
use std::collections::HashMap;

/// Answers with a page of orgs in order of code. Filters: `org` (the whole branch), `parent`
/// (its children alone), `level`, `q` (part of name or code).
///
/// # Errors
/// `bad_value`, or as [`sight::read`].
pub async fn get(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(params): Query<Params>,
) -> Result<Json<Page<Org>>, Refusal> {
    let paging = Paging::read(&params)?;
    let level = params.read("level", ("组织级别", "a level such as grassroots"), Level::from_wire)?;
    let parent = params.get("parent").map(str::to_owned);
    let q = params.get("q").map(str::to_lowercase);
    let asked = params.get("org").map(str::to_owned);
    let page = sight::read(&app, &caller, May::Figures, asked, move |conn, sight, _| {
        let mut orgs: Vec<Org> = of(conn, &sight.branch)?.into_iter().map(|(_, org)| org).collect();
        if let Some(parent) = parent {
            let id =
                orgs.iter().find(|org| org.code == parent || org.id.to_string() == parent).map(|org| org.id);
            orgs.retain(|org| id.is_some() && org.parent == id);
        }
        orgs.retain(|org| level.is_none_or(|level| org.level == level));
        let says = |text: &str, part: &str| text.to_lowercase().contains(part);
        orgs.retain(|org| q.as_deref().is_none_or(|q| says(&org.name, q) || says(&org.code, q)));
        Ok(paging.cut(orgs))
    });
    page.await.map(Json)
}

/// All orgs of a branch by code, with the numbers of their rows.
pub(crate) fn of(conn: &Connection, branch: &Branch) -> rusqlite::Result<Vec<(i64, Org)>> {
    let sql = format!(
        "{} SELECT org.id, org.org_id FROM branch JOIN org ON org.org_id = branch.org_id",
        branch.sql()
    );
    let mut statement = conn.prepare(&sql)?;
    let read = statement.query_map([], |row| Ok((OrgId::from_bytes(row.get(0)?), row.get(1)?)))?;
    let keys: HashMap<OrgId, i64> = read.collect::<rusqlite::Result<_>>()?;
    let all = org::all(conn)?.into_iter();
    Ok(all.filter_map(|org| keys.get(&org.id).map(|key| (*key, org))).collect())
}
