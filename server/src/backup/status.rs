//! How the backup stands, and what was restored: what phones, the desk and the operator are told.

use super::restore;
use crate::access::{Caller, grant};
use crate::refuse::Refusal;
use crate::{App, fault::Fault};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use shared::problem::Code;
use shared::wire::{BackupState, RestoredState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How the backup stands, as far as this program keeps one.
#[derive(Debug, Default)]
pub struct Status(Mutex<Standing>);

#[derive(Debug, Clone, Default)]
struct Standing {
    configured: bool,
    durable_seq: u64,
    last_ms: Option<i64>,
    fault: Option<Fault>,
}

impl Status {
    fn lock(&self) -> MutexGuard<'_, Standing> {
        // Whoever panicked left whole values.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Highest server seq that is also backed up; 0 without a backup.
    #[must_use]
    pub fn durable_seq(&self) -> u64 {
        self.lock().durable_seq
    }

    /// When everything was last known to be safe, ms; none without a backup.
    #[must_use]
    pub fn last_ms(&self) -> Option<i64> {
        self.lock().last_ms
    }

    pub(super) fn begun(&self, durable_seq: u64) {
        let mut standing = self.lock();
        (standing.configured, standing.durable_seq) = (true, durable_seq);
    }

    pub(super) fn done(&self, durable_seq: u64, now_ms: i64) {
        let mut standing = self.lock();
        (standing.durable_seq, standing.last_ms, standing.fault) = (durable_seq, Some(now_ms), None);
    }

    /// What was safe stays safe.
    pub(super) fn failed(&self, fault: Fault) {
        self.lock().fault = Some(fault);
    }
}

/// `GET /api/v1/backup`: to staff who manage anything.
///
/// # Errors
/// `forbidden`, or the store's.
pub async fn get(State(app): State<App>, caller: Caller) -> Result<Json<BackupState>, Refusal> {
    let now_ms = app.clock.now_ms();
    let standing = app.backup.lock().clone();
    let read = app.db.read::<_, Refusal, _>(move |connection| {
        let roots = grant::roots(connection, caller.account_id, grant::Role::MANAGES, now_ms)?;
        if roots.is_empty() {
            return Err(Code::Forbidden.into());
        }
        Ok(BackupState {
            configured: standing.configured,
            durable_seq: standing.durable_seq,
            last_ms: standing.last_ms,
            fault: standing.fault.map(|fault| fault.to_string()),
            restored: came_back(connection)?,
        })
    });
    read.await.map(Json)
}

/// What was restored, and what phones have brought back since: changes that came after it and were
/// made before it.
fn came_back(connection: &Connection) -> rusqlite::Result<Option<RestoredState>> {
    let Some(restored) = restore::remembered(connection)? else { return Ok(None) };
    let (changes, devices) = connection
        .prepare_cached(
            "SELECT count(*), count(DISTINCT replica_id) FROM change WHERE seq > ?1 AND eff_ms <= ?2",
        )?
        .query_row((restored.seq, restored.at_ms), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Some(RestoredState {
        at_ms: restored.at_ms,
        backup_ms: restored.backup_ms,
        changes: restored.changes,
        responses: restored.responses,
        came_back: changes,
        devices,
    }))
}
