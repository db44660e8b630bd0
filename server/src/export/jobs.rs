//! `/api/v1/exports/jobs`: the files of one's own that are written behind.

use super::{Format, Kind, file, job};
use crate::App;
use crate::access::Caller;
use crate::extract::Path;
use crate::refuse::Refusal;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use serde_json::{Value, json};
use shared::export::{JobItem, Jobs};
use shared::problem::Code;
use uuid::Uuid;

/// Answers with one's own, the latest first.
///
/// # Errors
/// The store's.
pub async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Jobs>, Refusal> {
    Ok(Json(Jobs { items: job::of(&app, caller.account_id).await? }))
}

/// Answers with one of one's own.
///
/// # Errors
/// `not_found` where it is nobody's, or somebody else's.
pub async fn one(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<JobItem>, Refusal> {
    Ok(Json(job::one(&app, caller.account_id, read(&id)?).await?))
}

/// Answers with the file of one that is ready.
///
/// # Errors
/// As [`one`], before it is ready, after a day, and to a maker who may not see it any more.
pub async fn fetch(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Refusal> {
    let (item, bytes) = job::fetch(&app, &caller, read(&id)?).await?;
    let format = Format::from_wire(&item.format).ok_or(Code::Internal)?;
    let name = item.name.rsplit_once('.').map_or(item.name.as_str(), |(name, _)| name);
    Ok(file((&item.what, name), Kind::from(format), bytes))
}

/// Takes one of one's own away, with its file.
///
/// # Errors
/// As [`one`].
pub async fn end(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    job::end(&app, caller.account_id, read(&id)?).await?;
    Ok(Json(json!({})))
}

fn read(id: &str) -> Result<Uuid, Refusal> {
    Uuid::try_parse(id).map_err(|_| Code::NotFound.into())
}
