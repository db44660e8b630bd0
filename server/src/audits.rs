//! `GET /api/v1/audit`: what the audit (审计) says, to the admin of the whole city alone.

use crate::App;
use crate::access::{Caller, grant};
use crate::audit::{self, Asked};
use crate::extract::Query;
use crate::filter::{Paging, Params};
use crate::refuse::Refusal;
use axum::Json;
use axum::extract::State;
use shared::audit::AuditItem;
use shared::problem::Code;
use shared::wire::Page;

/// Answers with a page of it, the newest first. Filters: `act`, `login`, `from_ms`, `to_ms`.
///
/// # Errors
/// `forbidden`, `bad_value`, or the store's.
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<AuditItem>>, Refusal> {
    let (asked, paging) = (Asked::read(&params)?, Paging::read(&params)?);
    let now_ms = app.clock.now_ms();
    let listed = app.db.read(move |conn| {
        if !grant::is_admin(conn, caller.account_id, now_ms)? {
            return Err(Refusal::from(Code::Forbidden));
        }
        Ok(audit::page(conn, &asked, paging)?)
    });
    listed.await.map(Json)
}
