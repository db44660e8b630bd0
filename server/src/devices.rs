//! `GET /api/v1/devices`: the devices of a branch, and what is amiss with them.

use crate::App;
use crate::access::Caller;
use crate::branch;
use crate::device;
use crate::extract::Query;
use crate::filter::{Paging, Params};
use crate::refuse::Refusal;
use axum::Json;
use axum::extract::State;
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
