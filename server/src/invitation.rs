//! The tables of invitations and joiners. Load, apply, rows; no policy.

use crate::access::account;
use crate::access::grant::{self, Role};
use crate::branch::Branch;
use crate::filter::Paging;
use rusqlite::{Connection, OptionalExtension};
use shared::id::ReplicaId;
use shared::invite::InvitationItem;
use shared::wire::Page;
use uuid::Uuid;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whoever brings it becomes an organizer.
    Join,
    /// A new phone of an account logs in.
    Phone,
    /// An account sets a password.
    Password,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Join, Self::Phone, Self::Password];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Phone => "phone",
            Self::Password => "password",
        }
    }
}

/// A link to be made.
pub(crate) struct New<'a> {
    pub(crate) token_hash: [u8; 32],
    pub(crate) kind: Kind,
    pub(crate) org_id: i64,
    /// Whose it is; none of one to join by.
    pub(crate) account_id: Option<i64>,
    pub(crate) made_by: Option<i64>,
    pub(crate) ends_ms: i64,
    pub(crate) uses: u32,
    pub(crate) note: Option<&'a str>,
}

/// Keeps a link. One for the same account and purpose that was made before is good for nothing then.
pub(crate) fn keep(connection: &Connection, new: &New<'_>, now_ms: i64) -> rusqlite::Result<()> {
    if let Some(account_id) = new.account_id {
        connection
            .prepare_cached(
                "UPDATE invitation SET ends_ms = ?3 WHERE account_id = ?1 AND kind = ?2 AND ends_ms > ?3",
            )?
            .execute((account_id, new.kind.word(), now_ms))?;
    }
    connection
        .prepare_cached(
            "INSERT INTO invitation (id, token_hash, kind, org_id, account_id, made_by, made_ms, ends_ms, uses, note)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute((
            Uuid::new_v4().as_bytes(),
            new.token_hash,
            new.kind.word(),
            new.org_id,
            new.account_id,
            new.made_by,
            now_ms,
            new.ends_ms,
            new.uses,
            new.note,
        ))?;
    Ok(())
}

/// A link that was brought.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    pub(crate) invitation_id: i64,
    pub(crate) kind: Kind,
    pub(crate) org_id: i64,
    pub(crate) account_id: Option<i64>,
    ends_ms: i64,
    pub(crate) uses: i64,
    used: i64,
    used_ms: Option<i64>,
}

impl Found {
    /// Whether it can be used now.
    pub(crate) const fn is_good(&self, now_ms: i64) -> bool {
        now_ms < self.ends_ms && self.used < self.uses
    }

    /// Whether it was used no longer ago than this.
    pub(crate) fn was_used_within(&self, now_ms: i64, ms: i64) -> bool {
        self.used_ms.is_some_and(|used_ms| now_ms - used_ms < ms)
    }
}

/// The link of this token.
pub(crate) fn find(connection: &Connection, token_hash: [u8; 32]) -> rusqlite::Result<Option<Found>> {
    let found = connection
        .prepare_cached(
            "SELECT invitation_id, kind, org_id, account_id, ends_ms, uses, used, used_ms
             FROM invitation WHERE token_hash = ?1",
        )?
        .query_row([token_hash], |row| {
            let word: String = row.get(1)?;
            let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word);
            let (invitation_id, org_id, account_id) = (row.get(0)?, row.get(2)?, row.get(3)?);
            let (ends_ms, uses, used, used_ms) = (row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?);
            Ok(kind.map(|kind| Found {
                invitation_id,
                kind,
                org_id,
                account_id,
                ends_ms,
                uses,
                used,
                used_ms,
            }))
        })
        .optional()?;
    Ok(found.flatten())
}

/// Notes that a link was used.
pub(crate) fn use_up(connection: &Connection, invitation_id: i64, now_ms: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE invitation SET used = used + 1, used_ms = ?2 WHERE invitation_id = ?1")?
        .execute((invitation_id, now_ms))?;
    Ok(())
}

/// Ends a link of the branch; says whether there was one.
pub(crate) fn end(connection: &Connection, branch: &Branch, id: Uuid, now_ms: i64) -> rusqlite::Result<bool> {
    let text = format!(
        "{} UPDATE invitation SET ends_ms = min(ends_ms, ?2)
         WHERE id = ?1 AND org_id IN (SELECT org_id FROM branch)",
        branch.sql()
    );
    Ok(connection.prepare(&text)?.execute((id.as_bytes(), now_ms))? > 0)
}

/// The account that this phone has made by this link.
pub(crate) fn joined_as(
    connection: &Connection,
    invitation_id: i64,
    replica: ReplicaId,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached(
            "SELECT joiner.account_id FROM joiner JOIN replica ON replica.account_id = joiner.account_id
             WHERE joiner.invitation_id = ?1 AND replica.id = ?2",
        )?
        .query_row((invitation_id, replica.as_bytes()), |row| row.get(0))
        .optional()
}

/// Lets somebody in by a link: at once where it was good for one, else once that is confirmed.
pub(crate) fn join(
    connection: &Connection,
    found: &Found,
    new: account::New<'_>,
    now_ms: i64,
) -> rusqlite::Result<Option<i64>> {
    let Some(account_id) = account::add(connection, new, now_ms)? else { return Ok(None) };
    let alone = found.uses == 1;
    if alone {
        grant::add(connection, account_id, found.org_id, Role::Organizer, now_ms)?;
    }
    connection
        .prepare_cached(
            "INSERT INTO joiner (account_id, invitation_id, joined_ms, state) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((account_id, found.invitation_id, now_ms, if alone { "in" } else { "waits" }))?;
    Ok(Some(account_id))
}

/// Somebody who waits to be confirmed: the org, and since when.
pub(crate) fn waits(connection: &Connection, account_id: i64) -> rusqlite::Result<Option<(i64, i64)>> {
    connection
        .prepare_cached(
            "SELECT invitation.org_id, joiner.joined_ms
             FROM joiner JOIN invitation ON invitation.invitation_id = joiner.invitation_id
             WHERE joiner.account_id = ?1 AND joiner.state = 'waits'",
        )?
        .query_row([account_id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// Ends the waiting.
pub(crate) fn decide(connection: &Connection, account_id: i64, accept: bool) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE joiner SET state = ?2 WHERE account_id = ?1 AND state = 'waits'")?
        .execute((account_id, if accept { "in" } else { "refused" }))?;
    Ok(())
}

/// A page of the invitations to join in a branch, the latest first.
pub(crate) fn page(
    connection: &Connection,
    branch: &Branch,
    paging: Paging,
) -> rusqlite::Result<Page<InvitationItem>> {
    const FROM: &str = "FROM invitation JOIN org ON org.org_id = invitation.org_id
         LEFT JOIN account ON account.account_id = invitation.made_by
         WHERE invitation.kind = 'join' AND invitation.org_id IN (SELECT org_id FROM branch)";
    let with = branch.sql();
    let total: i64 = connection.query_row(&format!("{with} SELECT count(*) {FROM}"), [], |row| row.get(0))?;
    let text = format!(
        "{with} SELECT invitation.id, org.code, org.name, account.login, invitation.made_ms, invitation.ends_ms,
             invitation.uses, invitation.used, invitation.note
         {FROM} ORDER BY invitation.invitation_id DESC LIMIT ?1 OFFSET ?2"
    );
    let integer = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let mut found = connection.prepare(&text)?;
    let rows = found.query_map((integer(paging.size), integer(paging.skip())), |row| {
        Ok(InvitationItem {
            id: Uuid::from_bytes(row.get(0)?),
            org: row.get(1)?,
            org_name: row.get(2)?,
            made_by: row.get(3)?,
            made_ms: row.get(4)?,
            ends_ms: row.get(5)?,
            uses: row.get(6)?,
            used: row.get(7)?,
            note: row.get(8)?,
        })
    })?;
    let items = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), page: paging.page, size: paging.size })
}
