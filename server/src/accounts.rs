//! `/api/v1/accounts` and `/api/v1/grants`: who may do what, and by which links they come in.

use crate::access::account::{self, Row};
use crate::access::grant::{self, Role};
use crate::access::{Caller, factor, login};
use crate::branch::{self, Branch};
use crate::extract::{Json as Body, Path, Query};
use crate::filter::{Paging, Params};
use crate::invitation::{self, Kind};
use crate::join::may_link;
use crate::refuse::Refusal;
use crate::{App, audit, org};
use axum::Json;
use axum::extract::State;
use rusqlite::Connection;
use serde_json::{Value, json};
use shared::audit::Act;
use shared::id::AccountId;
use shared::invite::{
    AccountItem, AccountNew, Confirm, DAYS_USUAL, ENTER_PATH, GrantItem, GrantNew, LinkMade, PHONE_PATH,
};
use shared::problem::Code;
use shared::stamp::DAY_MS;
use shared::wire::Page;

/// Most grants that are shown of one account.
const GRANTS_MAX: usize = 20;

/// Answers managers with a page of the accounts that ever had a grant in their branch, or wait for one;
/// those that wait first. Filters: `org`, `q` (part of a name or login).
///
/// # Errors
/// `bad_value`, or as [`branch::manage`].
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(params): Query<Params>,
) -> Result<Json<Page<AccountItem>>, Refusal> {
    let paging = Paging::read(&params)?;
    let (asked, q) = (params.get("org").map(str::to_owned), params.get("q").map(str::to_owned));
    let asker_id = caller.account_id;
    let page = branch::manage(&app, &caller, asked, move |conn, branch, now_ms| {
        let rows = account::page(conn, branch, q.as_deref(), paging)?;
        let all = Branch::find(conn, &grant::roots(conn, asker_id, Role::MANAGES, now_ms)?, None)?;
        let all = all.ok_or(Code::Forbidden)?;
        let items = rows.items.into_iter().map(|row| item(conn, asker_id, &all, row, now_ms));
        let items = items.collect::<rusqlite::Result<_>>()?;
        Ok(Page { items, total: rows.total, page: rows.page, size: rows.size })
    });
    page.await.map(Json)
}

fn item(
    conn: &Connection,
    asker_id: i64,
    all: &Branch,
    row: Row,
    now_ms: i64,
) -> rusqlite::Result<AccountItem> {
    let admin = grant::is_admin(conn, asker_id, now_ms)?;
    let mut grants = Vec::new();
    for (id, grant) in grant::of_with_ids(conn, row.account_id)?.into_iter().take(GRANTS_MAX) {
        let (code, name) = org::labels(conn, grant.org_id)?;
        let open = grant.until_ms.is_none_or(|until_ms| until_ms > now_ms);
        let ours = all.covers(conn, grant.org_id)? && (admin || grant.role != Role::Admin);
        grants.push(GrantItem {
            id,
            role: grant.role.word().to_owned(),
            org: code,
            org_name: name,
            from_ms: grant.from_ms,
            until_ms: grant.until_ms,
            may_end: open && ours,
        });
    }
    let waits_for = match invitation::waits(conn, row.account_id)? {
        Some((org_id, _)) => Some(org::labels(conn, org_id)?.1),
        None => None,
    };
    Ok(AccountItem {
        id: row.account.id,
        login: row.account.login,
        name: row.account.name,
        grants,
        devices: row.devices,
        last_seen_ms: row.last_seen_ms,
        waits_for,
        may_link: may_link(conn, asker_id, row.account_id, now_ms)?,
        factor: factor::since(conn, row.account_id)?.is_some(),
        may_reset: may_reset(conn, asker_id, row.account_id, now_ms)?,
    })
}

/// Whether the asker may switch off the account's second factor: who may give it links, and admins of the
/// whole city. One's own goes off with password and code alone.
fn may_reset(conn: &Connection, asker_id: i64, account_id: i64, now_ms: i64) -> rusqlite::Result<bool> {
    Ok(asker_id != account_id
        && (grant::is_admin(conn, asker_id, now_ms)? || may_link(conn, asker_id, account_id, now_ms)?))
}

/// The role, if the caller may give or end it on this org: managers on their branch, admins alone that of
/// an admin.
fn giveable(
    conn: &Connection,
    caller_id: i64,
    role: &str,
    org_id: i64,
    now_ms: i64,
) -> Result<Role, Refusal> {
    let role = Role::from_word(role).ok_or_else(|| {
        let words: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
        let words = words.join(", ");
        Refusal::bad_value(format!("角色可为 {words} / a role is one of {words}"))
    })?;
    // Of what is elsewhere nobody is told that it is there.
    if !branch::managed(conn, caller_id, now_ms)?.covers(conn, org_id)? {
        return Err(Code::NotFound.into());
    }
    if role == Role::Admin && !grant::is_admin(conn, caller_id, now_ms)? {
        return Err(Code::Forbidden.into());
    }
    Ok(role)
}

fn until(asked: &GrantNew, now_ms: i64) -> Result<Option<i64>, Refusal> {
    match asked.until_ms {
        Some(until_ms) if until_ms <= now_ms => {
            Err(Refusal::bad_value("授权的结束时间已过 / the grant would have ended already"))
        }
        until_ms => Ok(until_ms),
    }
}

fn give(
    conn: &Connection,
    caller_id: i64,
    account_id: i64,
    asked: &GrantNew,
    now_ms: i64,
) -> Result<i64, Refusal> {
    branch::managed(conn, caller_id, now_ms)?;
    let org_id = branch::named(conn, &asked.org)?.ok_or(Code::NotFound)?;
    let role = giveable(conn, caller_id, &asked.role, org_id, now_ms)?;
    let until_ms = until(asked, now_ms)?;
    grant::add_until(conn, account_id, org_id, role, (now_ms, until_ms))?;
    let whose = account::load(conn, account_id)?.login;
    let org = org::labels(conn, org_id)?.0;
    let detail = json!({ "login": whose, "role": role.word(), "org": org, "until_ms": until_ms }).to_string();
    let act = Act::Grant;
    audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(caller_id), act, detail: &detail })?;
    Ok(org_id)
}

/// Makes an account of the staff, with its first grant and a link by which the person sets a password.
///
/// # Errors
/// `bad_value`, `login_taken`, `forbidden`, `not_found`, or the store's.
pub async fn post(
    State(app): State<App>,
    caller: Caller,
    Body(asked): Body<AccountNew>,
) -> Result<Json<LinkMade>, Refusal> {
    let names = account::fit(&asked.login, Some(&asked.name)).map_err(Refusal::bad_value)?;
    let (login, name) = names;
    let token = login::new_token()?;
    let caller_id = caller.account_id;
    let made = app.write(move |conn, now_ms| {
        let new = account::New { login: &login, name: &name, password_hash: "" };
        let account_id = account::add(conn, new, now_ms)?.ok_or(Code::LoginTaken)?;
        let detail = json!({ "login": login }).to_string();
        let act = Act::Account;
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(caller_id), act, detail: &detail })?;
        let org_id = give(conn, caller_id, account_id, &asked.grant, now_ms)?;
        link_of(conn, (caller_id, account_id, org_id), Kind::Password, &token, now_ms)
    });
    made.await.map(Json)
}

/// Gives an account a further role.
///
/// # Errors
/// `bad_value`, `forbidden`, `not_found`, or the store's.
pub async fn grant(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Body(asked): Body<GrantNew>,
) -> Result<Json<Value>, Refusal> {
    let caller_id = caller.account_id;
    let given = app.write(move |conn, now_ms| {
        let account_id = visible(conn, caller_id, id, now_ms)?;
        give(conn, caller_id, account_id, &asked, now_ms)?;
        Ok::<_, Refusal>(json!({}))
    });
    given.await.map(Json)
}

/// An account that the caller can see in the list.
fn visible(conn: &Connection, caller_id: i64, id: AccountId, now_ms: i64) -> Result<i64, Refusal> {
    let branch = branch::managed(conn, caller_id, now_ms)?;
    let account_id = account::find(conn, id)?.ok_or(Code::NotFound)?;
    let mut orgs: Vec<i64> = grant::of(conn, account_id)?.iter().map(|grant| grant.org_id).collect();
    orgs.extend(invitation::waits(conn, account_id)?.map(|(org_id, _)| org_id));
    for org_id in orgs {
        if branch.covers(conn, org_id)? {
            return Ok(account_id);
        }
    }
    Err(Code::NotFound.into())
}

/// Ends a grant now. What was recorded under it stays; what is still on the phone is taken for 72 hours.
///
/// # Errors
/// `forbidden`, `not_found`, or the store's.
pub async fn end_grant(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<i64>,
) -> Result<Json<Value>, Refusal> {
    let caller_id = caller.account_id;
    let ended = app.write(move |conn, now_ms| {
        branch::managed(conn, caller_id, now_ms)?;
        let (account_id, found) = grant::find(conn, id)?.ok_or(Code::NotFound)?;
        giveable(conn, caller_id, found.role.word(), found.org_id, now_ms)?;
        grant::end(conn, id, now_ms)?;
        let whose = account::load(conn, account_id)?.login;
        let org = org::labels(conn, found.org_id)?.0;
        let detail = json!({ "login": whose, "role": found.role.word(), "org": org }).to_string();
        let act = Act::GrantEnd;
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(caller_id), act, detail: &detail })?;
        Ok::<_, Refusal>(json!({}))
    });
    ended.await.map(Json)
}

/// Makes a link for an account: for a new phone where it is an organizer alone, else for a password.
///
/// # Errors
/// `forbidden`, `not_found`, or the store's.
pub async fn link(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<Json<LinkMade>, Refusal> {
    let token = login::new_token()?;
    let caller_id = caller.account_id;
    let made = app.write(move |conn, now_ms| {
        let account_id = visible(conn, caller_id, id, now_ms)?;
        if !may_link(conn, caller_id, account_id, now_ms)? {
            return Err(Refusal::from(Code::Forbidden));
        }
        let open: Vec<_> =
            grant::of(conn, account_id)?.into_iter().filter(|grant| grant.valid_at(now_ms)).collect();
        let first = open.first().ok_or(Code::Forbidden)?.org_id;
        // Whoever has a second factor logs a new phone in with it.
        let guarded = factor::since(conn, account_id)?.is_some();
        let phone = !guarded && open.iter().all(|grant| grant.role == Role::Organizer);
        let kind = if phone { Kind::Phone } else { Kind::Password };
        link_of(conn, (caller_id, account_id, first), kind, &token, now_ms)
    });
    made.await.map(Json)
}

fn link_of(
    conn: &Connection,
    (caller_id, account_id, org_id): (i64, i64, i64),
    kind: Kind,
    token: &str,
    now_ms: i64,
) -> Result<LinkMade, Refusal> {
    let ends_ms = now_ms + i64::from(DAYS_USUAL) * DAY_MS;
    let new = invitation::New {
        token_hash: login::hash(token),
        kind,
        org_id,
        account_id: Some(account_id),
        made_by: Some(caller_id),
        ends_ms,
        uses: 1,
        note: None,
    };
    invitation::keep(conn, &new, now_ms)?;
    let detail = json!({ "login": account::load(conn, account_id)?.login, "for": kind.word() }).to_string();
    let act = Act::Link;
    audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(caller_id), act, detail: &detail })?;
    let path = if kind == Kind::Phone { PHONE_PATH } else { ENTER_PATH };
    Ok(LinkMade { path: format!("{path}{token}"), ends_ms })
}

/// Switches off the second factor of somebody who lost phone and recovery codes.
///
/// # Errors
/// `forbidden`, `not_found` where there is none, or the store's.
pub async fn reset_factor(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<Json<Value>, Refusal> {
    let caller_id = caller.account_id;
    let reset = app.write(move |conn, now_ms| {
        let account_id = visible(conn, caller_id, id, now_ms)?;
        if !may_reset(conn, caller_id, account_id, now_ms)? {
            return Err(Refusal::from(Code::Forbidden));
        }
        if !factor::end(conn, account_id)? {
            return Err(Code::NotFound.into());
        }
        let detail = json!({ "login": account::load(conn, account_id)?.login }).to_string();
        let act = Act::FactorOff;
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(caller_id), act, detail: &detail })?;
        Ok(json!({}))
    });
    reset.await.map(Json)
}

/// Lets somebody in who joined by an invitation for several, or not.
///
/// # Errors
/// `forbidden`, `not_found` where nobody waits, or the store's.
pub async fn confirm(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Body(asked): Body<Confirm>,
) -> Result<Json<Value>, Refusal> {
    let caller_id = caller.account_id;
    let decided = app.write(move |conn, now_ms| {
        branch::managed(conn, caller_id, now_ms)?;
        let account_id = account::find(conn, id)?.ok_or(Code::NotFound)?;
        let (org_id, joined_ms) = invitation::waits(conn, account_id)?.ok_or(Code::NotFound)?;
        giveable(conn, caller_id, Role::Organizer.word(), org_id, now_ms)?;
        invitation::decide(conn, account_id, asked.accept)?;
        if asked.accept {
            // From when they joined: what was recorded while nobody had looked counts.
            grant::add(conn, account_id, org_id, Role::Organizer, joined_ms)?;
        }
        let detail =
            json!({ "login": account::load(conn, account_id)?.login, "accept": asked.accept }).to_string();
        let act = Act::Confirm;
        audit::add(conn, audit::New { at_ms: now_ms, account_id: Some(caller_id), act, detail: &detail })?;
        Ok::<_, Refusal>(json!({}))
    });
    decided.await.map(Json)
}
