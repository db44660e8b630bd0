//! How long names are kept (docs/privacy.md): who is on no roster any more, and was at no session for so
//! many months, is erased by the server, a few at a time.

use crate::fault::Rejection;
use crate::{App, erase, ledger, setting};
use rusqlite::Connection;
use serde_json::json;
use shared::id::PersonId;
use shared::setting::{Key, RETENTION_MONTHS_MAX};
use std::collections::BTreeSet;
use std::time::Duration;

/// A month, ms: the mean of the calendar, as nobody counts on the day.
const MONTH_MS: i64 = 2_629_746_000;
/// How often the server looks.
const EVERY: Duration = Duration::from_secs(24 * 3_600);
/// After its start it first does what people wait for.
const FIRST: Duration = Duration::from_secs(300);
/// So many in one transaction, so that phones never wait for long.
const TOGETHER: usize = 20;

/// Reads what an operator typed: a number of months, or `off`.
///
/// # Errors
/// One clear sentence.
pub(crate) fn read(word: &str) -> Result<Option<u32>, Rejection> {
    if word == "off" {
        return Ok(None);
    }
    match word.parse::<u32>() {
        Ok(months) if Key::RetentionMonths.takes(&json!(months)) => Ok(Some(months)),
        _ => Err(Rejection::new(
            format!("“{word}”不是月数：请给 1 到 {RETENTION_MONTHS_MAX}，或 off"),
            format!("\"{word}\" is no number of months: give 1 to {RETENTION_MONTHS_MAX}, or off"),
        )),
    }
}

/// Sets for how many months names are kept, as a command does; none: for ever.
///
/// # Errors
/// A fault of the store.
pub(crate) fn set(connection: &Connection, months: Option<u32>, now_ms: i64) -> rusqlite::Result<()> {
    setting::set(connection, Key::RetentionMonths, &json!(months), None, now_ms)
}

/// Everybody whose time is over, with all ids of theirs: on no roster, and at no session since.
///
/// # Errors
/// A fault of the store.
pub(crate) fn due(connection: &Connection, months: u32, now_ms: i64) -> rusqlite::Result<Vec<PersonId>> {
    let before_ms = now_ms - i64::from(months) * MONTH_MS;
    let mut found = connection.prepare_cached(
        "WITH seen AS (
             SELECT attendance.person_id, max(coalesce(session.starts_ms, ?2)) AS last_ms
             FROM attendance JOIN session ON session.session_id = attendance.session_id
             GROUP BY attendance.person_id
         ), listed AS (
             SELECT person_id, max(coalesce(until_ms, ?2)) AS last_ms FROM roster_entry GROUP BY person_id
         )
         SELECT person.id FROM person
         LEFT JOIN seen ON seen.person_id = person.person_id
         LEFT JOIN listed ON listed.person_id = person.person_id
         WHERE person.name IS NOT NULL
           AND coalesce(seen.last_ms, 0) < ?1 AND coalesce(listed.last_ms, 0) < ?1
           AND NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.person = person.id)
         ORDER BY person.person_id",
    )?;
    let rows = found.query_map((before_ms, now_ms), |row| row.get(0).map(PersonId::from_bytes))?;
    let over: BTreeSet<PersonId> = rows.collect::<rusqlite::Result<_>>()?;
    let mut due = Vec::new();
    for id in &over {
        // Somebody of whom one id is still in use is not gone.
        if ledger::same_person(connection, *id)?.iter().all(|same| over.contains(same)) {
            due.push(*id);
        }
    }
    Ok(due)
}

/// Looks once a day, for as long as the server runs.
pub(crate) async fn keep(app: App) {
    tokio::time::sleep(FIRST).await;
    loop {
        match once(&app).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "persons whose time was over were erased"),
            Err(error) => tracing::error!(%error, "retention"),
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Erases everybody whose time is over; says how many that were.
pub(crate) async fn once(app: &App) -> Result<usize, crate::db::Error> {
    let now_ms = app.clock.now_ms();
    let over: Vec<PersonId> = app
        .db
        .read(move |c| {
            Ok::<_, crate::db::Error>(match setting::retention_months(c)? {
                Some(months) => due(c, months, now_ms)?,
                None => Vec::new(),
            })
        })
        .await?;
    for some in over.chunks(TOGETHER).map(<[PersonId]>::to_vec) {
        let erased = app.db.write(move |c| {
            for id in &some {
                erase::erase(c, *id, now_ms)?;
            }
            erase::note(c, &some, None, now_ms)?;
            Ok::<_, crate::db::Error>(())
        });
        erased.await?;
    }
    Ok(over.len())
}

#[cfg(test)]
mod tests;
