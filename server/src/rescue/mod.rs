//! Rescue files (docs/sync.md, "Rescue file"): what a phone could not send, in a file sealed to
//! this server, taken in as if its authors had pushed it.

mod import;
mod key;
mod open;
mod unlock;

pub use import::Vouched;
pub use key::Key;
pub use open::open;
pub use unlock::unlock;

use self::import::{Counts, import_part};
use crate::access::{Caller, grant};
use crate::extract::octets;
use crate::refuse::Refusal;
use crate::{App, audit, db};
use axum::Json;
use axum::extract::{Request, State};
use rusqlite::Connection;
use shared::audit::Act;
use shared::problem::Code;
use shared::rescue::{Content, FILE_MAX_BYTES, Part, RefusedPart, RescueAnswer};

/// `POST /api/v1/rescue`: managers bring a file, its parts say whose they are. Parts that were taken
/// in before a fault of the store stay; the file can be brought again.
///
/// # Errors
/// `forbidden`, one of the `rescue_…` refusals of a whole file (nothing was stored then), or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    request: Request,
) -> Result<Json<RescueAnswer>, Refusal> {
    let now_ms = app.clock.now_ms();
    let account_id = caller.account_id;
    let may = app.db.read::<_, Refusal, _>(move |connection| {
        Ok(!grant::roots(connection, account_id, grant::Role::MANAGES, now_ms)?.is_empty())
    });
    if !may.await? {
        return Err(Code::Forbidden.into());
    }
    let (parts, body) = request.into_parts();
    let file = octets(&parts.headers, body, FILE_MAX_BYTES, Code::RescueTooLarge).await?;
    let opened = {
        let app = app.clone();
        // Takes a moment of computing, and other requests must not wait for it.
        tokio::task::spawn_blocking(move || open(&app.rescue, &file)).await
    };
    let content = opened.map_err(|_| Code::Internal)??;
    let mut answer = RescueAnswer::default();
    for part in content.parts {
        let clock = app.clock.clone();
        let (told, made_ms) = (Told::of(&part), content.made_ms);
        let done = app.db.write::<_, Refusal, _>(move |connection| {
            note(connection, Some(account_id), &part, clock.now_ms())?;
            import_part(connection, clock.now_ms(), &part, made_ms, None)
        });
        add(&mut answer, told, done.await)?;
    }
    Ok(Json(answer))
}

/// Takes every part of a file in, for the command beside a running server.
///
/// # Errors
/// A fault of the store; parts that were taken in before it stay.
pub fn import(
    connection: &mut Connection,
    now_ms: i64,
    content: &Content,
    vouched: Option<&Vouched>,
) -> Result<RescueAnswer, Refusal> {
    let mut answer = RescueAnswer::default();
    for part in &content.parts {
        let done = db::transaction(connection, |connection| {
            note(connection, None, part, now_ms)?;
            import_part(connection, now_ms, part, content.made_ms, vouched)
        });
        add(&mut answer, Told::of(part), done)?;
    }
    Ok(answer)
}

/// Who brought whose records. Nothing of responses stands in it: not even how many there were.
fn note(connection: &Connection, by: Option<i64>, part: &Part, now_ms: i64) -> rusqlite::Result<()> {
    let changes: usize = part.replicas.iter().map(|numbered| numbered.changes.len()).sum();
    let detail = serde_json::json!({ "login": part.login(), "changes": changes }).to_string();
    audit::add(connection, audit::New { at_ms: now_ms, account_id: by, act: Act::Rescue, detail: &detail })
}

/// What is said of a part that was not taken in.
struct Told {
    login: String,
    count: u64,
}

impl Told {
    fn of(part: &Part) -> Self {
        Self { login: part.login(), count: u64::try_from(part.count()).unwrap_or(u64::MAX) }
    }
}

/// Adds what became of a part. What is wrong with one part is said of it; what is wrong with the
/// store ends the import.
fn add(answer: &mut RescueAnswer, told: Told, done: Result<Counts, Refusal>) -> Result<(), Refusal> {
    match done {
        Ok(counts) => {
            answer.taken += counts.taken;
            answer.dup += counts.dup;
            answer.held += counts.held;
        }
        Err(refusal) if matches!(refusal.code, Code::Busy | Code::Internal) => return Err(refusal),
        Err(refusal) => {
            let Told { login, count } = told;
            let code = refusal.code.code().to_owned();
            answer.refused.push(RefusedPart { login, count, code });
        }
    }
    Ok(())
}
