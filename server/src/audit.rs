//! The table of the audit: a chain of hashes, appended to by one function (docs/security.md, "Audit").

use crate::fault::Rejection;
use crate::filter::{BadValue, Paging, Params, named, parsed};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::audit::{Act, AuditItem};
use shared::id::AccountId;
use shared::wire::Page;

/// What the first row follows.
const START: [u8; 32] = [0; 32];

/// Something that was done.
#[derive(Debug, Clone, Copy)]
pub struct New<'a> {
    /// When, ms.
    pub at_ms: i64,
    /// Row of the account that did it; none of the console.
    pub account_id: Option<i64>,
    /// What it was.
    pub act: Act,
    /// What exactly: never a password, never a token.
    pub detail: &'a str,
}

/// A row as it goes into the chain.
struct Link {
    audit_id: i64,
    at_ms: i64,
    account: Option<AccountId>,
    act: String,
    detail: String,
}

impl Link {
    /// From the columns of [`LINKS`].
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            audit_id: row.get(0)?,
            at_ms: row.get(1)?,
            account: row.get::<_, Option<[u8; 16]>>(2)?.map(AccountId::from_bytes),
            act: row.get(3)?,
            detail: row.get(4)?,
        })
    }

    /// SHA-256 over the hash before and the row as a JSON array without blanks.
    fn hash(&self, before: &[u8]) -> [u8; 32] {
        let Self { audit_id, at_ms, account, act, detail } = self;
        let row = json!([audit_id, at_ms, account, act, detail]).to_string();
        Sha256::new().chain_update(before).chain_update(row).finalize().into()
    }
}

const LINKS: &str = "SELECT audit_id, at_ms, account.id, act, detail, hash FROM audit
    LEFT JOIN account ON account.account_id = audit.account_id ORDER BY audit_id";

/// Appends to the audit; the only way into it. It must run inside the transaction of what it notes.
///
/// # Errors
/// A fault of the store.
pub fn add(connection: &Connection, new: New<'_>) -> rusqlite::Result<()> {
    let last: Option<(i64, Option<Vec<u8>>)> = connection
        .prepare_cached("SELECT audit_id, hash FROM audit ORDER BY audit_id DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (last_id, before) = last.unwrap_or((0, Some(START.to_vec())));
    let account = match new.account_id {
        Some(account_id) => Some(
            connection
                .prepare_cached("SELECT id FROM account WHERE account_id = ?1")?
                .query_row([account_id], |row| row.get(0).map(AccountId::from_bytes))?,
        ),
        None => None,
    };
    let link = Link {
        audit_id: last_id + 1,
        at_ms: new.at_ms,
        account,
        act: new.act.wire().to_owned(),
        detail: new.detail.to_owned(),
    };
    connection
        .prepare_cached(
            "INSERT INTO audit (audit_id, at_ms, account_id, act, detail, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            link.audit_id,
            new.at_ms,
            new.account_id,
            &link.act,
            new.detail,
            link.hash(&before.unwrap_or_default()),
        ))?;
    Ok(())
}

/// What refuses everything but appending.
const GUARD: &str = "
    CREATE TRIGGER audit_not_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;
    CREATE TRIGGER audit_not_removed BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'nothing is removed from the audit'); END;
    CREATE TRIGGER audit_appended BEFORE INSERT ON audit
        WHEN NEW.hash IS NULL OR EXISTS (SELECT 1 FROM audit WHERE audit_id >= NEW.audit_id)
        BEGIN SELECT RAISE(ABORT, 'the audit is appended to, in its chain'); END;";

/// Makes the chain of rows that are older than it, and closes the table for all but appending. Done
/// once: when the tables come to have a chain, or were filled from a backup.
///
/// # Errors
/// A fault of the store.
pub(crate) fn settle(connection: &mut Connection) -> rusqlite::Result<()> {
    const GUARDED: &str = "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'audit_appended'";
    if connection.prepare(GUARDED)?.exists([])? {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // One hash shows that the rows have had a chain: what is wrong with it is for `verify` to tell.
    if !transaction.prepare("SELECT 1 FROM audit WHERE hash IS NOT NULL")?.exists([])? {
        let mut hash = START;
        let links: Vec<Link> =
            transaction.prepare(LINKS)?.query_map([], Link::read)?.collect::<rusqlite::Result<_>>()?;
        for link in links {
            hash = link.hash(&hash);
            transaction
                .prepare_cached("UPDATE audit SET hash = ?2 WHERE audit_id = ?1")?
                .execute((link.audit_id, hash))?;
        }
    }
    transaction.execute_batch(GUARD)?;
    transaction.commit()
}

/// A chain in which every row fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chain {
    /// How many rows it has.
    pub count: u64,
    /// The hash of its last row, to be noted down: zeros of an empty one.
    pub head: [u8; 32],
    /// The row whose hash is the noted one, where one was asked for and is there.
    pub noted: Option<i64>,
}

/// Walks the chain. `noted`: a head that somebody noted down, to be found in it.
///
/// # Errors
/// One clear line that names the first row that does not fit.
pub fn verify(connection: &Connection, noted: Option<[u8; 32]>) -> Result<Chain, Rejection> {
    let mut chain = Chain { count: 0, head: START, noted: None };
    let mut found = connection.prepare_cached(LINKS)?;
    let mut rows = found.query([])?;
    while let Some(row) = rows.next()? {
        let (audit_id, stored): (i64, Option<Vec<u8>>) = (row.get(0)?, row.get(5)?);
        // A row of which a value has another type was changed as well.
        let hash = Link::read(row).ok().map(|link| link.hash(&chain.head));
        let Some(hash) = hash.filter(|hash| stored.as_deref() == Some(hash)) else {
            return Err(Rejection::new(
                format!("审计链从第 {audit_id} 条起对不上：有记录被改动、删除或插入"),
                format!(
                    "the audit does not fit from row {audit_id} on: a row was changed, removed or inserted"
                ),
            ));
        };
        chain.count += 1;
        chain.head = hash;
        if noted == Some(hash) {
            chain.noted = Some(audit_id);
        }
    }
    Ok(chain)
}

/// Which rows are asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    act: Option<String>,
    login: Option<String>,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
}

impl Asked {
    /// Reads the query.
    pub(crate) fn read(params: &Params) -> Result<Self, BadValue> {
        let time = ("毫秒时间", "a time in milliseconds");
        Ok(Self {
            act: params.get("act").map(str::to_owned),
            login: params.get("login").map(str::to_owned),
            from_ms: params.read("from_ms", time, parsed)?,
            to_ms: params.read("to_ms", time, parsed)?,
        })
    }

    /// By whom, or about whom: a refused login is nobody's, and says which name was typed.
    const SQL: &'static str = "FROM audit LEFT JOIN account ON account.account_id = audit.account_id
        WHERE (:act IS NULL OR act = :act) AND at_ms >= :from_ms AND at_ms < :to_ms
          AND (:login IS NULL OR account.login = :login
               OR iif(json_valid(detail), detail ->> '$.login' = :login, 0))";

    fn values(&self) -> [(&'static str, Value); 4] {
        let text = |value: &Option<String>| value.clone().map_or(Value::Null, Value::Text);
        [
            (":act", text(&self.act)),
            (":login", text(&self.login)),
            (":from_ms", Value::Integer(self.from_ms.unwrap_or(i64::MIN))),
            (":to_ms", Value::Integer(self.to_ms.unwrap_or(i64::MAX))),
        ]
    }
}

/// A page of the audit, the newest first.
pub(crate) fn page(
    connection: &Connection,
    asked: &Asked,
    paging: Paging,
) -> rusqlite::Result<Page<AuditItem>> {
    let mut values = asked.values().to_vec();
    let total: i64 = connection
        .prepare_cached(&format!("SELECT count(*) {}", Asked::SQL))?
        .query_row(named(&values).as_slice(), |row| row.get(0))?;
    let number = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    values.extend([(":size", number(paging.size)), (":skip", number(paging.skip()))]);
    let mut found = connection.prepare_cached(&format!(
        "SELECT audit_id, at_ms, account.login, account.name, act, detail, lower(hex(hash)) {}
         ORDER BY audit_id DESC LIMIT :size OFFSET :skip",
        Asked::SQL
    ))?;
    let items = found.query_map(named(&values).as_slice(), |row| {
        Ok(AuditItem {
            place: u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0),
            at_ms: row.get(1)?,
            login: row.get(2)?,
            name: row.get(3)?,
            act: row.get(4)?,
            detail: row.get(5)?,
            hash: row.get(6)?,
        })
    })?;
    let items = items.collect::<rusqlite::Result<_>>()?;
    let total = u64::try_from(total).unwrap_or(0);
    Ok(Page { items, total, page: paging.page, size: paging.size })
}

#[cfg(test)]
mod tests;
