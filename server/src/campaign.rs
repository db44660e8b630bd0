//! The table of campaigns: what every org pulls.

use crate::feed::{self, Key, Where};
use rusqlite::{Connection, OptionalExtension};
use shared::campaign::Campaign;
use shared::id::CampaignId;

/// Adds a campaign, or brings its title and notice up to date.
///
/// # Errors
/// A fault of the store.
pub fn put(connection: &Connection, campaign: &Campaign) -> rusqlite::Result<()> {
    let changed = connection
        .prepare_cached(
            "INSERT INTO campaign (id, title, notice) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET title = excluded.title, notice = excluded.notice
             WHERE title <> excluded.title OR notice IS NOT excluded.notice",
        )?
        .execute((campaign.id.as_bytes(), &campaign.title, &campaign.notice))?;
    if changed > 0 {
        feed::touch(connection, Where::Everybody, Key::Campaign(campaign.id))?;
    }
    Ok(())
}

/// The campaign as it is pulled.
///
/// # Errors
/// A fault of the store.
pub fn load(connection: &Connection, id: CampaignId) -> rusqlite::Result<Option<Campaign>> {
    connection
        .prepare_cached("SELECT title, notice FROM campaign WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| Ok(Campaign { id, title: row.get(0)?, notice: row.get(1)? }))
        .optional()
}
