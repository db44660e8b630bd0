//! `POST /api/v1/unlock`: a phone whose PIN was forgotten, and whose person has logged in again.

use super::open::spare;
use crate::access::{Caller, account};
use crate::extract::Json as Body;
use crate::refuse::Refusal;
use crate::{App, audit};
use axum::Json;
use axum::extract::State;
use serde_json::json;
use shared::audit::Act;
use shared::problem::Code;
use shared::sealed::{UnlockAnswer, UnlockRequest, hex};

/// Gives the caller the key of a store of the caller's own, which the phone had sealed to this server.
///
/// # Errors
/// `forbidden` where it is another account's, `rescue_damaged` or `rescue_foreign` where this server cannot
/// open it, or the store's.
pub async fn unlock(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<UnlockRequest>,
) -> Result<Json<UnlockAnswer>, Refusal> {
    let (owner, key) = spare(&app.rescue, &asked.spare)?;
    if owner != caller.account {
        return Err(Code::Forbidden.into());
    }
    let (account_id, at_ms) = (caller.account_id, app.clock.now_ms());
    let noted = app.db.write::<_, Refusal, _>(move |connection| {
        let detail = json!({ "login": account::load(connection, account_id)?.login }).to_string();
        let new = audit::New { at_ms, account_id: Some(account_id), act: Act::Unlock, detail: &detail };
        Ok(audit::add(connection, new)?)
    });
    noted.await?;
    Ok(Json(UnlockAnswer { key: hex(key.bytes()) }))
}
