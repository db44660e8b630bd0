//! `/api/v1/held`: what is held (待处理), and what staff decide of it.

use crate::access::{Caller, grant};
use crate::backup::record::{bytes, hex};
use crate::decision;
use crate::extract::{Json as Body, Paging, Path, Query};
use crate::filter::named;
use crate::held::{Row, from_word};
use crate::push::accept::{By, accept, acceptable};
use crate::refuse::Refusal;
use crate::{App, audit, org};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use rusqlite::types::Value;
use serde::Deserialize;
use serde_json::json;
use shared::audit::Act;
use shared::held::{HeldDecision, HeldItem, HeldRequest, REASON_MAX_CHARS};
use shared::problem::Code;
use shared::wire::Page;
use std::collections::BTreeSet;

/// The query of the list.
#[derive(Debug, Deserialize)]
pub struct Asked {
    page: Option<u64>,
    size: Option<u64>,
    state: Option<String>,
}

/// Answers with a page of it: to managers what concerns their branch, to the city's admin everything.
/// Filter: `state`, which is `open` or `decided`; without one, open.
///
/// # Errors
/// `forbidden`, `bad_value`, or the store's.
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Page<HeldItem>>, Refusal> {
    let Asked { page, size, state } = asked;
    let paging = Paging { page, size }.checked()?;
    let decided = match state.as_deref() {
        None | Some("" | "open") => false,
        Some("decided") => true,
        Some(_) => return Err(Refusal::bad_value("state 应为 open 或 decided / state is open or decided")),
    };
    let now_ms = app.clock.now_ms();
    let listed = app.db.read::<_, Refusal, _>(move |connection| {
        let seen = Seen::of(connection, caller.account_id, now_ms)?;
        Ok(seen.page(connection, decided, paging)?)
    });
    listed.await.map(Json)
}

/// Decides of one, once: a second decision changes nothing, and answers with the first.
///
/// # Errors
/// `forbidden`, `not_found`, `bad_value` without a reason, `held_unfit`, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Path(key): Path<String>,
    Body(asked): Body<HeldRequest>,
) -> Result<Json<HeldItem>, Refusal> {
    let held_id = bytes(&key).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok()).ok_or(Code::NotFound)?;
    let refused = if asked.accept { None } else { Some(reason(asked.reason.as_deref())?) };
    let by = By { account_id: caller.account_id, at_ms: app.clock.now_ms() };
    let decided = app.db.write(move |connection| decide(connection, held_id, refused.as_deref(), by));
    decided.await.map(Json)
}

/// The reason of a refusal: its author reads it.
fn reason(given: Option<&str>) -> Result<String, Refusal> {
    let reason = given.unwrap_or_default().trim();
    if reason.is_empty() || reason.chars().count() > REASON_MAX_CHARS {
        return Err(Refusal::bad_value(format!(
            "拒绝要写理由，最多 {REASON_MAX_CHARS} 个字 / refusing needs a reason of at most {REASON_MAX_CHARS} characters"
        )));
    }
    Ok(reason.to_owned())
}

fn decide(
    connection: &Connection,
    held_id: [u8; 32],
    refused: Option<&str>,
    by: By,
) -> Result<HeldItem, Refusal> {
    let seen = Seen::of(connection, by.account_id, by.at_ms)?;
    let item = seen.one(connection, held_id)?.ok_or(Code::NotFound)?;
    if decision::is_made(connection, held_id)? {
        return Ok(item);
    }
    let row = Row::load(connection, held_id)?.ok_or(Code::NotFound)?;
    if refused.is_none() {
        accept(connection, &row, by)?;
    }
    let By { account_id, at_ms } = by;
    decision::keep(connection, decision::New { held_id, refused, account_id, at_ms })?;
    decision::tell(connection, &row, refused.is_none())?;
    let act = if refused.is_none() { Act::HeldAccept } else { Act::HeldRefuse };
    // A response is joined to nothing, not even to when it was decided of.
    let id = row.id.as_deref().filter(|_| row.replica_id.is_some());
    let key = hex(&held_id);
    let detail =
        json!({ "key": key, "id": id, "code": row.code, "login": item.login, "reason": refused }).to_string();
    let account_id = Some(account_id);
    audit::add(connection, audit::New { at_ms, account_id, act, detail: &detail })?;
    Ok(seen.one(connection, held_id)?.ok_or(Code::NotFound)?)
}

/// What an account may see of what is held.
struct Seen {
    all: bool,
    /// As a JSON array of rows of orgs.
    branch: String,
}

/// A session of the branch, or an author with a right in it; for the top of the tree everything.
const CONCERNS: &str = "FROM held
    LEFT JOIN replica ON replica.replica_id = held.replica_id
    LEFT JOIN account ON account.account_id = replica.account_id
    LEFT JOIN session ON session.id = held.session
    LEFT JOIN held_decision ON held_decision.held_id = held.held_id
    LEFT JOIN account AS decider ON decider.account_id = held_decision.account_id
    WHERE (:all OR session.org_id IN (SELECT value FROM json_each(:branch))
       OR account.account_id IN (SELECT account_id FROM role_grant
                                 WHERE org_id IN (SELECT value FROM json_each(:branch))))";

const COLUMNS: &str = "SELECT held.held_id, held.id, held.code, account.login, held.recv_ms, held.raw,
    held.replica_id IS NOT NULL, accepted, reason, decider.login, decider.name, held_decision.at_ms";

impl Seen {
    fn of(connection: &Connection, account_id: i64, now_ms: i64) -> Result<Self, Refusal> {
        let roots = grant::roots(connection, account_id, grant::Role::MANAGES, now_ms)?;
        if roots.is_empty() {
            return Err(Code::Forbidden.into());
        }
        let (mut all, mut branch) = (false, BTreeSet::new());
        for root in roots {
            all |= org::line(connection, root)?.len() == 1;
            branch.extend(org::branch(connection, root)?);
        }
        Ok(Self { all, branch: serde_json::to_string(&branch)? })
    }

    fn values(&self) -> Vec<(&'static str, Value)> {
        vec![(":all", Value::Integer(i64::from(self.all))), (":branch", Value::Text(self.branch.clone()))]
    }

    fn one(&self, connection: &Connection, held_id: [u8; 32]) -> rusqlite::Result<Option<HeldItem>> {
        let mut values = self.values();
        values.push((":held_id", Value::Blob(held_id.to_vec())));
        let text = format!("{COLUMNS} {CONCERNS} AND held.held_id = :held_id");
        let mut found = connection.prepare_cached(&text)?;
        found.query_map(named(&values).as_slice(), item)?.next().transpose()
    }

    fn page(
        &self,
        connection: &Connection,
        decided: bool,
        (page, size): (u64, u64),
    ) -> rusqlite::Result<Page<HeldItem>> {
        let mut values = self.values();
        values.push((":decided", Value::Integer(i64::from(decided))));
        let of = format!("{CONCERNS} AND (accepted IS NOT NULL) = :decided");
        let total: i64 = connection
            .prepare_cached(&format!("SELECT count(*) {of}"))?
            .query_row(named(&values).as_slice(), |row| row.get(0))?;
        let number = |n: u64| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
        values.extend([(":size", number(size)), (":skip", number((page - 1) * size))]);
        let mut found = connection.prepare_cached(&format!(
            "{COLUMNS} {of} ORDER BY coalesce(held_decision.at_ms, held.recv_ms) DESC, held.held_id
             LIMIT :size OFFSET :skip"
        ))?;
        let items =
            found.query_map(named(&values).as_slice(), item)?.collect::<rusqlite::Result<Vec<_>>>()?;
        let total = u64::try_from(total).unwrap_or(0);
        Ok(Page { items, total, page, size })
    }
}

fn item(row: &rusqlite::Row<'_>) -> rusqlite::Result<HeldItem> {
    let (code, raw): (String, String) = (row.get(2)?, row.get(5)?);
    let code = from_word(&code);
    let decision = match row.get::<_, Option<bool>>(7)? {
        Some(accepted) => Some(HeldDecision {
            accepted,
            reason: row.get(8)?,
            login: row.get(9)?,
            name: row.get(10)?,
            at_ms: row.get(11)?,
        }),
        None => None,
    };
    Ok(HeldItem {
        key: hex(row.get_ref(0)?.as_blob()?),
        id: row.get(1)?,
        code,
        login: row.get(3)?,
        recv_ms: row.get(4)?,
        acceptable: decision.is_none() && acceptable(code, row.get(6)?, &raw),
        raw,
        decision,
    })
}
