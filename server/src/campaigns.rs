//! `GET /api/v1/campaigns`: every campaign, for the desk's filters.

use crate::access::Reader;
use crate::extract::Query;
use crate::filter::{Paging, Params};
use crate::refuse::Refusal;
use crate::{App, sight};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use shared::campaign::Campaign;
use shared::id::CampaignId;
use shared::sight::May;
use shared::wire::Page;

/// Answers with a page of campaigns, the last added first.
///
/// # Errors
/// `bad_value`, or as [`sight::read`].
pub async fn get(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(params): Query<Params>,
) -> Result<Json<Page<Campaign>>, Refusal> {
    let paging = Paging::read(&params)?;
    let page = sight::read(&app, &caller, May::Sessions, None, move |conn, _, _| Ok(paging.cut(all(conn)?)));
    page.await.map(Json)
}

fn all(conn: &Connection) -> rusqlite::Result<Vec<Campaign>> {
    let mut found = conn.prepare("SELECT id, title, notice FROM campaign ORDER BY campaign_id DESC")?;
    let read = found.query_map([], |row| {
        Ok(Campaign { id: CampaignId::from_bytes(row.get(0)?), title: row.get(1)?, notice: row.get(2)? })
    })?;
    read.collect()
}
