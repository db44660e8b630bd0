//! `/api/v1/settings`: what is set for the whole city, by its admins alone.

use crate::access::{Caller, grant};
use crate::extract::Json as Body;
use crate::refuse::Refusal;
use crate::{App, setting};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use shared::problem::Code;
use shared::setting::{Key, PASSWORD_DAYS_MAX, RETENTION_MONTHS_MAX, SettingItem, SettingNew, Settings};

/// Only for admins of the whole city.
pub(crate) fn admin(conn: &Connection, account_id: i64, now_ms: i64) -> Result<(), Refusal> {
    if grant::is_admin(conn, account_id, now_ms)? { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// Answers with all of them, in the order of the screen.
///
/// # Errors
/// `forbidden`, or the store's.
pub async fn get(State(app): State<App>, caller: Caller) -> Result<Json<Settings>, Refusal> {
    let now_ms = app.clock.now_ms();
    let items = app.db.read(move |conn| {
        admin(conn, caller.account_id, now_ms)?;
        let items = Key::ALL.iter().map(|key| setting::get(conn, *key));
        Ok::<_, Refusal>(Settings { items: items.collect::<rusqlite::Result<_>>()? })
    });
    items.await.map(Json)
}

/// Sets one of them; what is as it was is not noted again.
///
/// # Errors
/// `forbidden`, `not_found` for a key that is none, `bad_value`, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<SettingNew>,
) -> Result<Json<SettingItem>, Refusal> {
    let set = app.write(move |conn, now_ms| {
        admin(conn, caller.account_id, now_ms)?;
        let key = Key::from_wire(&asked.key).ok_or(Code::NotFound)?;
        if !key.takes(&asked.value) {
            return Err(Refusal::bad_value(fits(key)));
        }
        if setting::get(conn, key)?.value != asked.value {
            setting::set(conn, key, &asked.value, Some(caller.account_id), now_ms)?;
        }
        Ok(setting::get(conn, key)?)
    });
    set.await.map(Json)
}

/// What a key takes.
fn fits(key: Key) -> String {
    match key {
        Key::SecondFactor => "可为 true 或 false / it is true or false".to_owned(),
        Key::PasswordDays => {
            format!("天数为 0 到 {PASSWORD_DAYS_MAX}，0 为不限 / 0 to {PASSWORD_DAYS_MAX} days, 0: for ever")
        }
        Key::RetentionMonths => format!(
            "月数为 1 到 {RETENTION_MONTHS_MAX}，不填为一直保留 / 1 to {RETENTION_MONTHS_MAX} months, null: for ever"
        ),
    }
}
