//! The tables of forms. A version of a form never changes once it is here.

use crate::db::corrupt;
use crate::feed::{self, Key, Where};
use rusqlite::{Connection, OptionalExtension, Row};
use shared::form::desk::{FormDetail, FormItem, FormVersion};
use shared::form::{Form, Kind, Question};
use shared::id::{CampaignId, FormId};

/// Adds a version of a form that came with the program; one that is here already stays as it is.
///
/// # Errors
/// A fault of the store.
pub fn put(connection: &Connection, form: &Form) -> rusqlite::Result<()> {
    add(connection, form, None)
}

/// Adds a version of a form that went out at this moment; one that is here already stays as it is.
pub(crate) fn add(connection: &Connection, form: &Form, at_ms: Option<i64>) -> rusqlite::Result<()> {
    let body = serde_json::to_string(form).map_err(corrupt)?;
    let added = connection
        .prepare_cached(
            "INSERT INTO form (id, version, body, at_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id, version) DO NOTHING",
        )?
        .execute((form.id.as_bytes(), form.version, body, at_ms))?;
    if added > 0 {
        feed::touch(connection, Where::Everybody, Key::Form(form.id, form.version))?;
    }
    Ok(())
}

/// A version of a form.
///
/// # Errors
/// A fault of the store.
pub fn load(connection: &Connection, id: FormId, version: u32) -> rusqlite::Result<Option<Form>> {
    let found = text(connection, id, version)?;
    found.map(|text| serde_json::from_str(&text).map_err(corrupt)).transpose()
}

/// A version of a form as it is pulled, ready text.
///
/// # Errors
/// A fault of the store.
pub fn text(connection: &Connection, id: FormId, version: u32) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_cached("SELECT body FROM form WHERE id = ?1 AND version = ?2")?
        .query_row((id.as_bytes(), version), |row| row.get(0))
        .optional()
}

/// The form that a session of this campaign asks: the latest version of the one that the campaign names, else
/// of the first one. Phones choose in the same way (`shared::phone::Book::form`).
///
/// # Errors
/// A fault of the store.
pub fn asked(connection: &Connection, campaign: Option<CampaignId>) -> rusqlite::Result<Option<Form>> {
    let found: Option<String> = connection
        .prepare_cached(
            "SELECT body FROM form WHERE id = coalesce(
                 (SELECT campaign.form FROM campaign JOIN form ON form.id = campaign.form WHERE campaign.id = ?1),
                 (SELECT min(id) FROM form))
             ORDER BY version DESC LIMIT 1",
        )?
        .query_row([campaign.as_ref().map(CampaignId::as_bytes)], |row| row.get(0))
        .optional()?;
    found.map(|text| serde_json::from_str(&text).map_err(corrupt)).transpose()
}

/// The form that is asked where a campaign names none: the one with the least id.
pub(crate) fn usual(connection: &Connection) -> rusqlite::Result<Option<FormId>> {
    let least: Option<[u8; 16]> = connection.query_row("SELECT min(id) FROM form", [], |row| row.get(0))?;
    Ok(least.map(FormId::from_bytes))
}

/// Since when nobody can choose it, ms.
pub(crate) fn closed_ms(connection: &Connection, id: FormId) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT at_ms FROM form_closing WHERE form = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()
}

/// Closes a form, or opens it again.
pub(crate) fn close(connection: &Connection, id: FormId, at_ms: Option<i64>) -> rusqlite::Result<()> {
    match at_ms {
        Some(at_ms) => connection.execute(
            "INSERT INTO form_closing (form, at_ms) VALUES (?1, ?2) ON CONFLICT (form) DO NOTHING",
            (id.as_bytes(), at_ms),
        ),
        None => connection.execute("DELETE FROM form_closing WHERE form = ?1", [id.as_bytes()]),
    }
    .map(drop)
}

/// Titles of the campaigns that name a form, those that are open alone if `open`.
pub(crate) fn campaigns(connection: &Connection, id: FormId, open: bool) -> rusqlite::Result<Vec<String>> {
    let mut found = connection.prepare_cached(
        "SELECT title FROM campaign WHERE form = ?1 AND (closed_ms IS NULL OR NOT ?2) ORDER BY campaign_id",
    )?;
    let titles = found.query_map((id.as_bytes(), open), |row| row.get(0))?;
    titles.collect()
}

fn version(row: &Row<'_>) -> rusqlite::Result<FormVersion> {
    let body: String = row.get(0)?;
    Ok(FormVersion { form: serde_json::from_str(&body).map_err(corrupt)?, at_ms: row.get(1)? })
}

/// Every version of a form, the latest last.
pub(crate) fn versions(connection: &Connection, id: FormId) -> rusqlite::Result<Vec<FormVersion>> {
    let mut found =
        connection.prepare_cached("SELECT body, at_ms FROM form WHERE id = ?1 ORDER BY version")?;
    let versions = found.query_map([id.as_bytes()], version)?;
    versions.collect()
}

/// Every form in its latest version, the usual one first, then those that were made last.
pub(crate) fn items(connection: &Connection) -> rusqlite::Result<Vec<FormItem>> {
    let mut found = connection.prepare(
        "SELECT body, at_ms FROM form
         WHERE version = (SELECT max(version) FROM form AS other WHERE other.id = form.id)
         ORDER BY id <> (SELECT min(id) FROM form), id DESC",
    )?;
    let latest = found.query_map([], version)?.collect::<rusqlite::Result<Vec<_>>>()?;
    latest.iter().map(|version| item(connection, version)).collect()
}

fn item(connection: &Connection, latest: &FormVersion) -> rusqlite::Result<FormItem> {
    let form = &latest.form;
    let asks = |question: &&Question| question.kind != Kind::Section;
    let questions = form.questions.iter().filter(asks).count();
    Ok(FormItem {
        id: form.id,
        title: form.title.clone(),
        version: form.version,
        questions: u32::try_from(questions).unwrap_or(u32::MAX),
        at_ms: latest.at_ms,
        closed_ms: closed_ms(connection, form.id)?,
        usual: usual(connection)? == Some(form.id),
        campaigns: campaigns(connection, form.id, false)?,
    })
}

/// A form with all its versions.
pub(crate) fn detail(connection: &Connection, id: FormId) -> rusqlite::Result<Option<FormDetail>> {
    let versions = versions(connection, id)?;
    let Some(latest) = versions.last() else { return Ok(None) };
    Ok(Some(FormDetail { item: item(connection, latest)?, versions }))
}
