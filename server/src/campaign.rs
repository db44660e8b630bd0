//! The table of campaigns: what every org pulls.

use crate::feed::{self, Key, Where};
use rusqlite::{Connection, OptionalExtension, Row};
use shared::campaign::Campaign;
use shared::id::{CampaignId, FormId};

/// Adds a campaign, or brings it up to date; says whether that changed anything. One that is closed was closed
/// at `now_ms`, or is already.
///
/// # Errors
/// A fault of the store.
pub fn put(connection: &Connection, campaign: &Campaign, now_ms: i64) -> rusqlite::Result<bool> {
    let changed = load(connection, campaign.id)?.as_ref() != Some(campaign);
    if !changed {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO campaign (id, title, notice, from_ms, to_ms, closed_ms, form)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (id) DO UPDATE SET title = excluded.title, notice = excluded.notice,
                 from_ms = excluded.from_ms, to_ms = excluded.to_ms, form = excluded.form,
                 closed_ms = iif(excluded.closed_ms IS NULL, NULL, coalesce(closed_ms, excluded.closed_ms))",
        )?
        .execute((
            campaign.id.as_bytes(),
            &campaign.title,
            &campaign.notice,
            campaign.from_ms,
            campaign.to_ms,
            campaign.closed.then_some(now_ms),
            campaign.form.as_ref().map(FormId::as_bytes),
        ))?;
    feed::touch(connection, Where::Everybody, Key::Campaign(campaign.id))?;
    Ok(true)
}

const COLUMNS: &str = "id, title, notice, from_ms, to_ms, closed_ms IS NOT NULL, form FROM campaign";

fn campaign(row: &Row<'_>) -> rusqlite::Result<Campaign> {
    Ok(Campaign {
        id: CampaignId::from_bytes(row.get(0)?),
        title: row.get(1)?,
        notice: row.get(2)?,
        from_ms: row.get(3)?,
        to_ms: row.get(4)?,
        closed: row.get(5)?,
        form: row.get::<_, Option<[u8; 16]>>(6)?.map(FormId::from_bytes),
    })
}

/// The campaign as it is pulled.
///
/// # Errors
/// A fault of the store.
pub fn load(connection: &Connection, id: CampaignId) -> rusqlite::Result<Option<Campaign>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} WHERE id = ?1"))?
        .query_row([id.as_bytes()], campaign)
        .optional()
}

/// Every campaign, the last added first.
pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<Campaign>> {
    let mut found = connection.prepare_cached(&format!("SELECT {COLUMNS} ORDER BY campaign_id DESC"))?;
    let campaigns = found.query_map([], campaign)?;
    campaigns.collect()
}
