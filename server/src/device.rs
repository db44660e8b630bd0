//! The table of devices: what each replica told of itself, and what it reported to be lost.

use crate::branch::Branch;
use crate::filter::Paging;
use rusqlite::{Connection, OptionalExtension};
use shared::id::ReplicaId;
use shared::stamp::HOUR_MS;
use shared::wire::{DeviceItem, DeviceLoss, Loss, LossKind, OtherDevice, Page};

/// A pull is noted as a contact at most once in this time, ms.
const CONTACT_MS: i64 = HOUR_MS / 12;
/// Most losses that are taken from one push, and shown of one device.
const LOSSES_MAX: usize = 20;
/// Most other devices that a login is told of.
const OTHERS_MAX: usize = 20;

/// Whether a contact of this moment is worth noting: none was for a while.
///
/// # Errors
/// A fault of the store.
pub fn contact_is_due(connection: &Connection, replica_id: i64, now_ms: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM replica WHERE replica_id = ?1 AND last_seen_ms <= ?2")?
        .exists((replica_id, now_ms.saturating_sub(CONTACT_MS)))
}

/// Notes a contact.
///
/// # Errors
/// A fault of the store.
pub fn seen(connection: &Connection, replica_id: i64, now_ms: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE replica SET last_seen_ms = max(last_seen_ms, ?2) WHERE replica_id = ?1")?
        .execute((replica_id, now_ms))?;
    Ok(())
}

/// A phone goes on under a new replica that has just been registered. It takes its name, its
/// logins and what it has not sent along, so that the old one neither looks alive nor in arrears.
///
/// # Errors
/// A fault of the store.
pub fn follow(connection: &Connection, from_id: i64, to_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "UPDATE replica SET (device, lost_ms) =
                 (SELECT device, lost_ms FROM replica WHERE replica_id = ?1)
             WHERE replica_id = ?2",
        )?
        .execute((from_id, to_id))?;
    connection.prepare_cached("UPDATE replica SET pending = 0 WHERE replica_id = ?1")?.execute([from_id])?;
    connection
        .prepare_cached("UPDATE login SET replica_id = ?2 WHERE replica_id = ?1")?
        .execute((from_id, to_id))?;
    Ok(())
}

/// The rows of a replica and of the account that it belongs to.
///
/// # Errors
/// A fault of the store.
pub fn find(connection: &Connection, id: ReplicaId) -> rusqlite::Result<Option<(i64, i64)>> {
    connection
        .prepare_cached("SELECT replica_id, account_id FROM replica WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Ends the logins of a replica; its push token lives on, so that nothing that waits is lost.
///
/// # Errors
/// A fault of the store.
pub fn revoke(connection: &Connection, replica_id: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM login WHERE replica_id = ?1 AND kind <> 'push'")?
        .execute([replica_id])?;
    Ok(())
}

/// Says since when a replica's device is lost; none: it is not.
///
/// # Errors
/// A fault of the store.
pub fn set_lost(connection: &Connection, replica_id: i64, lost_ms: Option<i64>) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE replica SET lost_ms = ?2 WHERE replica_id = ?1")?
        .execute((replica_id, lost_ms))?;
    Ok(())
}

/// Whether a replica's device is reported lost.
///
/// # Errors
/// A fault of the store.
pub fn is_lost(connection: &Connection, replica_id: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM replica WHERE replica_id = ?1 AND lost_ms IS NOT NULL")?
        .exists([replica_id])
}

/// What stands of a replica: what it last told, and how many of its seqs are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pending: i64,
    last_seen_ms: i64,
    here: i64,
}

/// What stands of a replica; none of one that nobody has seen yet.
///
/// # Errors
/// A fault of the store.
pub fn standing(connection: &Connection, id: ReplicaId) -> rusqlite::Result<Option<Standing>> {
    connection
        .prepare_cached(
            "SELECT pending, last_seen_ms,
                    have + (SELECT count(*) FROM replica_ahead
                            WHERE replica_ahead.replica_id = replica.replica_id)
             FROM replica WHERE id = ?1",
        )?
        .query_row([id.as_bytes()], |row| {
            Ok(Standing { pending: row.get(0)?, last_seen_ms: row.get(1)?, here: row.get(2)? })
        })
        .optional()
}

/// Changes of a replica have come by another way than from itself: its last contact is what it was
/// before, and what it then had not sent is as much less as has come.
///
/// # Errors
/// A fault of the store.
pub fn rescued(connection: &Connection, id: ReplicaId, before: Option<Standing>) -> rusqlite::Result<()> {
    let before = before.unwrap_or(Standing { pending: 0, last_seen_ms: 0, here: 0 });
    let here = standing(connection, id)?.map_or(0, |now| now.here);
    let pending = before.pending.saturating_sub(here.saturating_sub(before.here)).max(0);
    connection
        .prepare_cached("UPDATE replica SET pending = ?2, last_seen_ms = ?3 WHERE id = ?1")?
        .execute((id.as_bytes(), pending, before.last_seen_ms))?;
    Ok(())
}

/// Notes what is reported to be lost, each once; what is of another account's replica is passed
/// over, as is what is more than anybody can have noticed at once.
///
/// # Errors
/// A fault of the store.
pub fn note_losses(connection: &Connection, account_id: i64, losses: &[Loss]) -> rusqlite::Result<()> {
    for loss in losses.iter().take(LOSSES_MAX) {
        // A server that was put back may not know the replica any more; somebody else's stays theirs.
        crate::access::account::replica(connection, account_id, loss.replica, None)?;
        connection
            .prepare_cached(
                "INSERT INTO device_loss (replica_id, kind, at_ms, missing)
                 SELECT replica_id, ?3, ?4, ?5 FROM replica WHERE id = ?1 AND account_id = ?2
                 ON CONFLICT (replica_id, kind, at_ms) DO NOTHING",
            )?
            .execute((
                loss.replica.as_bytes(),
                account_id,
                loss.kind.wire(),
                loss.at_ms,
                loss.missing.map(|n| i64::try_from(n).unwrap_or(i64::MAX)),
            ))?;
    }
    Ok(())
}

/// The account's other devices that last said to have unsent changes, the latest contact first.
///
/// # Errors
/// A fault of the store.
pub fn others(
    connection: &Connection,
    account_id: i64,
    replica_id: i64,
) -> rusqlite::Result<Vec<OtherDevice>> {
    let mut found = connection.prepare_cached(
        "SELECT device, pending, last_seen_ms FROM replica
         WHERE account_id = ?1 AND replica_id <> ?2 AND pending > 0
         ORDER BY last_seen_ms DESC, replica_id DESC LIMIT ?3",
    )?;
    let most = i64::try_from(OTHERS_MAX).unwrap_or(i64::MAX);
    let rows = found.query_map((account_id, replica_id, most), |row| {
        Ok(OtherDevice { device: row.get(0)?, pending: count(row.get(1)?), last_seen_ms: row.get(2)? })
    })?;
    rows.collect()
}

/// Devices of accounts that ever had a grant in the branch. What of a replica is here above
/// `have` stands in `replica_ahead`, all of it; what is missing below the highest is a gap.
const OF_BRANCH: &str = ", device AS (
        SELECT replica.*, max(have, top_seq, coalesce(ahead.top, 0)) - have - coalesce(ahead.n, 0) AS gap,
               EXISTS (SELECT 1 FROM device_loss WHERE device_loss.replica_id = replica.replica_id)
                   OR clashed_ms IS NOT NULL AS lost
        FROM replica
        LEFT JOIN (SELECT replica_id, max(seq) AS top, count(*) AS n FROM replica_ahead GROUP BY replica_id)
            AS ahead ON ahead.replica_id = replica.replica_id
        WHERE replica.account_id IN (SELECT account_id FROM role_grant
                                     JOIN branch ON branch.org_id = role_grant.org_id)
    )";

/// A page of the devices of a branch: those with a loss first, then the most gaps, then the most
/// that is unsent, then the latest contact.
pub(crate) fn page(
    connection: &Connection,
    branch: &Branch,
    paging: Paging,
) -> rusqlite::Result<Page<DeviceItem>> {
    let with = format!("{}{OF_BRANCH}", branch.sql());
    let total: i64 =
        connection.query_row(&format!("{with} SELECT count(*) FROM device"), [], |row| row.get(0))?;
    let sql = format!(
        "{with} SELECT device.replica_id, device.id, device.device, account.login, account.name,
                device.last_seen_ms, device.pending, device.have, device.gap, device.clashed_ms, device.lost_ms
         FROM device JOIN account ON account.account_id = device.account_id
         ORDER BY device.lost DESC, device.gap DESC, device.pending DESC, device.last_seen_ms DESC,
                  device.replica_id DESC
         LIMIT ?1 OFFSET ?2"
    );
    let integer = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut found = connection.prepare(&sql)?;
    let rows = found.query_map((integer(paging.size), integer(paging.skip())), |row| {
        let replica_id: i64 = row.get(0)?;
        Ok(DeviceItem {
            replica: ReplicaId::from_bytes(row.get(1)?),
            device: row.get(2)?,
            login: row.get(3)?,
            name: row.get(4)?,
            last_seen_ms: Some(row.get(5)?).filter(|ms| *ms > 0),
            pending: count(row.get(6)?),
            have: count(row.get(7)?),
            gaps: count(row.get(8)?),
            clashed_ms: row.get(9)?,
            lost_ms: row.get(10)?,
            losses: losses(connection, replica_id)?,
        })
    })?;
    let items = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Page { items, total: count(total), page: paging.page, size: paging.size })
}

fn losses(connection: &Connection, replica_id: i64) -> rusqlite::Result<Vec<DeviceLoss>> {
    let mut found = connection.prepare_cached(
        "SELECT kind, at_ms, missing FROM device_loss WHERE replica_id = ?1
         ORDER BY at_ms DESC, kind LIMIT ?2",
    )?;
    let most = i64::try_from(LOSSES_MAX).unwrap_or(i64::MAX);
    let rows = found.query_map((replica_id, most), |row| {
        let missing: Option<i64> = row.get(2)?;
        let kind = from_word(&row.get::<_, String>(0)?);
        Ok(DeviceLoss { kind, at_ms: row.get(1)?, missing: missing.map(count) })
    })?;
    rows.collect()
}

fn from_word(word: &str) -> LossKind {
    serde_json::from_value(serde_json::Value::from(word)).unwrap_or(LossKind::Other)
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}
