//! `GET /api/v1/devices`: the devices of a branch, and what is amiss with them.

use crate::access::{Caller, grant};
use crate::device;
use crate::extract::{Json as Body, Path, Query};
use crate::filter::{Paging, Params};
use crate::refuse::Refusal;
use crate::{App, audit, branch};
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use shared::audit::Act;
use shared::id::ReplicaId;
use shared::invite::{Deed, DeviceDeed};
use shared::problem::Code;
use shared::wire::{DeviceItem, Page};

/// Answers managers with a page of the devices of accounts that ever had a grant in their branch,
/// the worst off first. Filter: `org`.
///
/// # Errors
/// `bad_value`, or as [`branch::manage`].
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<DeviceItem>>, Refusal> {
    let paging = Paging::read(&params)?;
    let asked = params.get("org").map(str::to_owned);
    let page =
        branch::manage(&app, &caller, asked, move |conn, branch, _| Ok(device::page(conn, branch, paging)?));
    page.await.map(Json)
}

/// Ends a device's login, or also holds from now on what comes from it, or takes that back.
///
/// # Errors
/// `forbidden`, `not_found`, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<ReplicaId>,
    Body(asked): Body<DeviceDeed>,
) -> Result<Json<Value>, Refusal> {
    let caller_id = caller.account_id;
    let done = app.write(move |conn, now_ms| {
        let branch = branch::managed(conn, caller_id, now_ms)?;
        let (replica_id, account_id) = device::find(conn, id)?.ok_or(Code::NotFound)?;
        let mut ours = false;
        for grant in grant::of(conn, account_id)? {
            ours |= branch.covers(conn, grant.org_id)?;
        }
        if !ours {
            return Err(Refusal::from(Code::NotFound));
        }
        match asked.deed {
            Deed::Revoke => device::revoke(conn, replica_id)?,
            Deed::Lost => {
                device::revoke(conn, replica_id)?;
                device::set_lost(conn, replica_id, Some(now_ms))?;
            }
            Deed::Found => device::set_lost(conn, replica_id, None)?,
        }
        let detail = json!({ "replica": id, "deed": asked.deed }).to_string();
        let act = Act::Device;
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(caller_id), act, detail: &detail })?;
        Ok(json!({}))
    });
    done.await.map(Json)
}
